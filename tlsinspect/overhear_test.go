package tlsinspect_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"pullpath/tlsinspect"
)

// recorded notes what is written on a connection.
type recorded struct {
	net.Conn
	mu   sync.Mutex
	sent bytes.Buffer
}

func (r *recorded) Write(p []byte) (int, error) {
	r.mu.Lock()
	r.sent.Write(p)
	r.mu.Unlock()
	return r.Conn.Write(p)
}

func (r *recorded) bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.sent.Bytes())
}

// conversation has two sides speak TLS, the client trusting the server or not, and returns what
// each sent and the key log.
func conversation(t *testing.T, change func(client, server *tls.Config)) (up, down, keys []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "r.example"}, DNSNames: []string{"r.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	client := &tls.Config{ServerName: "r.example", InsecureSkipVerify: true, KeyLogWriter: &log} //nolint:gosec // a test's own
	server := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	change(client, server)
	a, b := connected(t)
	ours, theirs := &recorded{Conn: a}, &recorded{Conn: b}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn := tls.Server(theirs, server)
		buf := make([]byte, 64)
		if n, err := conn.Read(buf); err == nil {
			_, _ = conn.Write(append([]byte("answer to "), buf[:n]...)) // the client may be gone
		}
		_ = theirs.Close()
	}()
	conn := tls.Client(ours, client)
	if _, err := conn.Write([]byte("question")); err == nil {
		_, _ = conn.Read(make([]byte, 64)) // whatever comes
	}
	_ = ours.Close()
	<-done
	return ours.bytes(), theirs.bytes(), log.Bytes()
}

// connected are the two ends of a connection.
func connected(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err == nil {
		server, err = l.Accept()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = client.Close(), server.Close() })
	return client, server
}

// With a key log what was said inside is read, whatever was agreed; without one nothing is.
func TestOverhear(t *testing.T) {
	older := func(suite uint16) func(client, server *tls.Config) {
		return func(client, _ *tls.Config) {
			client.MaxVersion, client.CipherSuites = tls.VersionTLS12, []uint16{suite}
		}
	}
	for name, row := range map[string]struct {
		change  func(client, server *tls.Config)
		version string
	}{
		"TLS 1.3":                    {func(_, _ *tls.Config) {}, "TLS 1.3"},
		"TLS 1.3, another hello":     {func(_, s *tls.Config) { s.CurvePreferences = []tls.CurveID{tls.CurveP521} }, "TLS 1.3"},
		"TLS 1.2, AES-128-GCM":       {older(tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256), "TLS 1.2"},
		"TLS 1.2, AES-256-GCM":       {older(tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384), "TLS 1.2"},
		"TLS 1.2, ChaCha20-Poly1305": {older(tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256), "TLS 1.2"},
	} {
		t.Run(name, func(t *testing.T) {
			up, down, log := conversation(t, row.change)
			o, _ := tlsinspect.Overhear(up, down, tlsinspect.Options{Keys: tlsinspect.ReadKeyLog(log), Now: time.Now})
			if o.Detail.ServerName != "r.example" || o.Detail.Version != row.version || !o.Finished || len(o.Chain) != 1 {
				t.Errorf("%+v", o.Detail)
			}
			if o.Up == nil || o.Down == nil || string(o.Up.Data) != "question" || string(o.Down.Data) != "answer to question" {
				t.Errorf("inside: %+v %+v", o.Up, o.Down)
			}
			sealed, _ := tlsinspect.Overhear(up, down, tlsinspect.Options{Now: time.Now})
			if sealed.Up != nil || !sealed.Finished || row.version == "TLS 1.3" && len(sealed.Chain) != 0 {
				t.Errorf("without keys: %+v", sealed)
			}
			for n := range len(down) { // cut anywhere, it comes back
				tlsinspect.Overhear(up[:min(n, len(up))], down[:n], tlsinspect.Options{Keys: tlsinspect.ReadKeyLog(log), Now: time.Now})
			}
		})
	}
}

// A client that does not trust the server says so in an alert, which TLS 1.3 encrypts.
func TestOverhearRefusal(t *testing.T) {
	up, down, log := conversation(t, func(client, _ *tls.Config) {
		client.InsecureSkipVerify, client.RootCAs = false, x509.NewCertPool()
	})
	if o, _ := tlsinspect.Overhear(up, down, tlsinspect.Options{Now: time.Now}); !o.ClientAlerted || o.Finished {
		t.Errorf("without keys: %+v", o)
	}
	o, failure := tlsinspect.Overhear(up, down, tlsinspect.Options{Keys: tlsinspect.ReadKeyLog(log), Now: time.Now,
		Stores: tlsinspect.Stores{Client: x509.NewCertPool()}})
	if o.ByClient == nil || o.ByClient.Number != 42 || o.Finished || failure == nil {
		t.Errorf("with keys: %+v %v", o.ByClient, failure)
	}
}

func FuzzOverhear(f *testing.F) {
	f.Add([]byte{22, 3, 1, 0, 4, 1, 0, 0, 0}, []byte{21, 3, 3, 0, 2, 2, 40}, []byte("CLIENT_RANDOM 00 11"))
	f.Fuzz(func(_ *testing.T, up, down, keys []byte) {
		tlsinspect.Overhear(up, down, tlsinspect.Options{Keys: tlsinspect.ReadKeyLog(keys), Now: time.Now}) // it must only come back
	})
}
