package tlsinspect

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pullpath/internal/evidence"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const host = "registry.redhat.io"

// issuer is a certificate with its key.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func issue(t *testing.T, by *issuer, change func(*x509.Certificate)) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "x"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	change(template)
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{cert, key}
}

func authority(name string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.Subject.CommonName, c.IsCA, c.BasicConstraintsValid, c.ExtKeyUsage = name, true, true, nil
		c.KeyUsage = x509.KeyUsageCertSign
		c.NotBefore, c.NotAfter = time.Now().AddDate(-5, 0, 0), time.Now().AddDate(5, 0, 0)
	}
}

func leaf(change func(*x509.Certificate)) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.Subject.CommonName, c.DNSNames = host, []string{host}
		if change != nil {
			change(c)
		}
	}
}

func pool(certs ...*issuer) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range certs {
		p.AddCert(c.cert)
	}
	return p
}

// serve makes a TLS server of a chain over one end of a pipe and returns the other.
func serve(t *testing.T, chain ...*issuer) net.Conn {
	t.Helper()
	certificate := tls.Certificate{PrivateKey: chain[0].key}
	for _, c := range chain {
		certificate.Certificate = append(certificate.Certificate, c.cert.Raw)
	}
	return wire(t, func(conn net.Conn) {
		_ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}}).Handshake()
		_, _ = io.Copy(io.Discard, conn)
	})
}

// wire runs a peer on a real socket and returns the client's end.
func wire(t *testing.T, script func(net.Conn)) net.Conn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if conn, err := l.Accept(); err == nil {
			script(conn)
			_ = conn.Close()
		}
	}()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(); _ = l.Close(); <-done })
	return client
}

func options(stores Stores) Options { return Options{ServerName: host, Stores: stores, Now: time.Now} }

// oracle asks a plain crypto/tls client with the same store what it thinks.
func oracle(roots *x509.CertPool, chain []*issuer) error {
	intermediates := x509.NewCertPool()
	for _, c := range chain[1:] {
		intermediates.AddCert(c.cert)
	}
	_, err := chain[0].cert.Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates, DNSName: host})
	return err
}

func TestChainsAreJudgedAspectByAspect(t *testing.T) {
	root := issue(t, nil, authority("root"))
	middle := issue(t, root, authority("middle"))
	other := issue(t, nil, authority("other"))
	good := issue(t, middle, leaf(nil))
	wrong := issue(t, middle, leaf(func(c *x509.Certificate) { c.DNSNames = []string{"elsewhere.example"} }))
	expired := issue(t, middle, leaf(func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	}))
	early := issue(t, middle, leaf(func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
	}))
	client := issue(t, middle, leaf(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }))
	lone := issue(t, nil, leaf(nil))
	both := issue(t, other, leaf(func(c *x509.Certificate) { c.DNSNames = []string{"elsewhere.example"} }))
	for _, row := range []struct {
		name                      string
		chain                     []*issuer
		nameOK, dates, trust, use bool
		kind                      evidence.Kind
		anchor                    string
	}{
		{"sound", []*issuer{good, middle}, true, true, true, true, "", evidence.AnchorPublic},
		{"wrong name", []*issuer{wrong, middle}, false, true, true, true, evidence.WrongName, evidence.AnchorPublic},
		{"expired", []*issuer{expired, middle}, true, false, true, true, evidence.Expired, evidence.AnchorPublic},
		{"not yet valid", []*issuer{early, middle}, true, false, true, true, evidence.NotYetValid, evidence.AnchorPublic},
		{"wrong usage", []*issuer{client, middle}, true, true, true, false, evidence.Untrusted, evidence.AnchorPublic},
		{"incomplete", []*issuer{good}, true, true, false, true, evidence.Untrusted, evidence.AnchorMissing},
		{"self-signed", []*issuer{lone}, true, true, false, true, evidence.Untrusted, evidence.AnchorPresented},
		// A wrong name must not hide that the authority is unknown too.
		{"unknown and wrong name", []*issuer{both, other}, false, true, false, true, evidence.WrongName, evidence.AnchorPresented},
	} {
		t.Run(row.name, func(t *testing.T) {
			roots := pool(root)
			res := Handshake(t.Context(), serve(t, row.chain...), options(Stores{Public: roots, Client: roots}))
			if len(res.Detail.Chain) != len(row.chain) || res.Conn == nil {
				t.Fatalf("%d certificates recorded, want %d (%v)", len(res.Detail.Chain), len(row.chain), res.Failure)
			}
			for aspect, want := range map[evidence.Aspect]bool{evidence.AspectName: row.nameOK, evidence.AspectDates: row.dates,
				evidence.AspectTrust: row.trust, evidence.AspectUsage: row.use} {
				if ok, looked := res.Detail.Judged("public", aspect); !looked || ok != want {
					t.Errorf("%s: %v (looked %v), want %v", aspect, ok, looked, want)
				}
				if _, looked := res.Detail.Judged("system", aspect); looked {
					t.Errorf("%s judged against a store that was not given", aspect)
				}
			}
			if got := kind(res.Failure); got != row.kind || res.Detail.Anchor.Kind != row.anchor {
				t.Errorf("kind %q anchor %q, want %q %q", got, res.Detail.Anchor.Kind, row.kind, row.anchor)
			}
			if want := oracle(roots, row.chain); (want == nil) != (res.Failure == nil) || want != nil &&
				want.Error() != errors.Unwrap(res.Failure).Error() {
				t.Errorf("the client would say %v, we say %v", want, res.Failure)
			}
		})
	}
}

func kind(f *evidence.Failure) evidence.Kind {
	if f == nil {
		return ""
	}
	return f.Kind
}

func TestLeafSignedByItsOwnKeyIsSeen(t *testing.T) {
	root := issue(t, nil, authority("root"))
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, root.cert, &root.key.PublicKey, root.key)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if !leafKeySigned(forged) || leafKeySigned(root.cert) || leafKeySigned(issue(t, root, leaf(nil)).cert) {
		t.Error("only a leaf that carries its issuer's key is to be marked")
	}
}

func TestBrokenHandshakes(t *testing.T) {
	hello := func(then func(net.Conn)) func(net.Conn) {
		return func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)); then(c) }
	}
	for name, row := range map[string]struct {
		script func(net.Conn)
		kind   evidence.Kind
		alert  int
	}{
		"reset":     {hello(func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }), evidence.Reset, 0},
		"closed":    {hello(func(net.Conn) {}), evidence.Closed, 0},
		"silence":   {hello(func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), evidence.Timeout, 0},
		"alert 40":  {hello(func(c net.Conn) { _, _ = c.Write([]byte{21, 3, 3, 0, 2, 2, 40}) }), evidence.Alert, 40},
		"alert 112": {hello(func(c net.Conn) { _, _ = c.Write([]byte{21, 3, 3, 0, 2, 2, 112}) }), evidence.Alert, 112},
		"alert 255": {hello(func(c net.Conn) { _, _ = c.Write([]byte{21, 3, 3, 0, 2, 2, 255}) }), evidence.Alert, 255},
		"http": {hello(func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 403 No\r\n\r\n<html><title>Blocked</title>") }),
			evidence.NotTLS, 0},
		"ssh":         {func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-x\r\n"); _, _ = io.Copy(io.Discard, c) }, evidence.NotTLS, 0},
		"tls 1.1 max": {hello(func(c net.Conn) { _, _ = c.Write([]byte{21, 3, 1, 0, 2, 2, 70}) }), evidence.Alert, 70},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
			defer cancel()
			res := Handshake(ctx, wire(t, row.script), options(Stores{Client: x509.NewCertPool()}))
			if got := kind(res.Failure); got != row.kind || res.Detail.Alert != row.alert || res.Conn != nil {
				t.Errorf("kind %q alert %d, want %q %d (%v)", got, res.Detail.Alert, row.kind, row.alert, res.Failure)
			}
			if name == "http" && (res.Detail.Page == nil || res.Detail.Page.Title != "Blocked") {
				t.Errorf("page %+v", res.Detail.Page)
			}
		})
	}
}

func TestPublicRootsAreBuiltIn(t *testing.T) {
	roots, err := PublicRoots()
	if err != nil || roots.Equal(x509.NewCertPool()) {
		t.Errorf("no roots: %v", err)
	}
}

// What became of the ClientHello is asked while the connection is open, which crypto/tls ends
// where a handshake has no more time, and only where no answer came.
func TestDeliveryIsAskedBeforeTheEnd(t *testing.T) {
	for _, row := range []struct {
		name  string
		after func(net.Conn, context.CancelFunc)
		kind  evidence.Kind
		asked bool
	}{
		{"no answer", func(_ net.Conn, cancel context.CancelFunc) { cancel() }, evidence.Timeout, true},
		{"an end", func(far net.Conn, _ context.CancelFunc) { _ = far.Close() }, evidence.Closed, false},
	} {
		near, far := net.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		closed := false
		go func() {
			_, _ = io.ReadAtLeast(far, make([]byte, maxFlight), 1)
			row.after(far, cancel)
		}()
		res := Handshake(ctx, &noting{near, &closed}, Options{ServerName: host, Now: time.Now, Shape: Shape{Classical: true},
			Delivered: func(net.Conn) *evidence.Delivery {
				if closed && row.asked {
					t.Errorf("%s: asked of a connection that has ended", row.name)
				}
				return &evidence.Delivery{Acked: 1}
			}})
		cancel()
		_, _ = near.Close(), far.Close()
		if res.Failure == nil || res.Failure.Kind != row.kind || (res.Detail.Delivery != nil) != row.asked {
			t.Errorf("%s: %v, delivery %v", row.name, res.Failure, res.Detail.Delivery)
		}
	}
}

// noting is a connection that notes its end.
type noting struct {
	net.Conn
	closed *bool
}

func (n *noting) Close() error {
	*n.closed = true
	return n.Conn.Close()
}
