package grid

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/product"
	"pullpath/tlsinspect"
)

// publicIssuers are authorities of the public web as their certificates name
// themselves: the issuing CA and the root above it (CCADB, the leaves of the
// registries and CDNs of the built-in profiles among them).
var publicIssuers = []struct{ organization, issuing, rootOrganization, root string }{
	{"Let's Encrypt", "R12", "Internet Security Research Group", "ISRG Root X1"},
	{"Let's Encrypt", "E7", "Internet Security Research Group", "ISRG Root X2"},
	{"DigiCert Inc", "DigiCert Global G2 TLS RSA SHA256 2020 CA1", "DigiCert Inc", "DigiCert Global Root G2"},
	{"DigiCert Inc", "DigiCert TLS Hybrid ECC SHA384 2020 CA1", "DigiCert Inc", "DigiCert Global Root CA"},
	{"Amazon", "Amazon RSA 2048 M03", "Amazon", "Amazon Root CA 1"},
	{"Amazon", "Amazon ECDSA 256 M02", "Amazon", "Amazon Root CA 3"},
	{"Google Trust Services", "WE2", "Google Trust Services LLC", "GTS Root R4"},
	{"Google Trust Services", "WR1", "Google Trust Services LLC", "GTS Root R1"},
	{"Sectigo Limited", "Sectigo Public Server Authentication CA DV R36", "Sectigo Limited", "Sectigo Public Server Authentication Root R46"},
	{"GlobalSign nv-sa", "GlobalSign Atlas R3 DV TLS CA 2026 Q3", "GlobalSign", "GlobalSign Root CA - R3"},
	{"SSL Corporation", "Cloudflare TLS Issuing ECC CA 3", "SSL Corporation", "SSL.com TLS ECC Root CA 2022"},
	{"Microsoft Corporation", "Microsoft Azure RSA TLS Issuing CA 07", "DigiCert Inc", "DigiCert Global Root G2"},
	{"Cisco Systems, Inc.", "HydrantID Server CA O1", "IdenTrust", "IdenTrust Commercial Root CA 1"},
	{"Fortinet, Inc.", "DigiCert Fortinet TLS CA", "DigiCert Inc", "DigiCert Global Root G3"},
}

// genuineShape is one way in which a chain of the public web reaches a client.
type genuineShape struct {
	name string
	leaf func(*x509.Certificate)
	// sent are the certificates behind the leaf: "i" issuing, "r" root, "x" the
	// root cross-signed by an older one.
	sent string
	// stores are where the root is found: "p" among the public roots, "s" in the
	// system's store, "c" in the client's.
	stores string
	// beside puts the timestamps into the TLS extension.
	beside bool
}

func genuineShapes() []genuineShape {
	keep := func(*x509.Certificate) {}
	return []genuineShape{
		{"as usual", keep, "i", "psc", false},
		{"for six days, without a common name", func(c *x509.Certificate) {
			c.Subject, c.NotBefore, c.NotAfter = pkix.Name{}, time.Now().Add(-24*time.Hour), time.Now().Add(5*24*time.Hour)
		}, "i", "psc", false},
		{"a wildcard with an organization", func(c *x509.Certificate) {
			c.Subject.Organization, c.DNSNames = []string{"Red Hat, Inc."}, []string{"*.redhat.io", "*.quay.io"}
		}, "i", "psc", false},
		{"with a cross-signed root", keep, "ix", "psc", false},
		{"with the root", keep, "ir", "psc", false},
		{"timestamps beside it", keep, "i", "psc", true},
		{"a client without roots", keep, "i", "p", false},
		{"a root that Mozilla has dropped", keep, "ir", "sc", false},
		{"the issuing authority left out", keep, "", "psc", false},
		{"expired", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }, "i", "psc", false},
	}
}

// TestGenuineChainsAreNeverInterception: 140 chains as the public web sends them,
// sound and not, and no verdict of interception on any.
func TestGenuineChainsAreNeverInterception(t *testing.T) {
	t.Parallel()
	chains := 0
	for _, issuer := range publicIssuers {
		for _, shape := range genuineShapes() {
			chains++
			t.Run(issuer.issuing+" "+shape.name, func(t *testing.T) {
				trace := traceOf(t, issuer.organization, issuer.issuing, issuer.rootOrganization, issuer.root, shape)
				for _, f := range diagnosis.Diagnose(trace, catalogue.All()).Findings {
					if strings.HasPrefix(f.Code, "tls-intercepted") || f.Code == "tls-compromised-authority" {
						t.Errorf("%s: %s", f.Code, f.Seen)
					}
				}
			})
		}
	}
	if chains < 60 {
		t.Errorf("%d chains are too few to tell", chains)
	}
}

// traceOf shakes hands over a genuine chain and makes a trace of it.
func traceOf(t *testing.T, organization, issuing, rootOrganization, rootName string, shape genuineShape) *evidence.Trace {
	t.Helper()
	const host = "registry.redhat.io"
	old := makeCertificate(t, nil, func(c *x509.Certificate) { asAuthority(c, "Older Trust", "Older Root") })
	root := makeCertificate(t, nil, func(c *x509.Certificate) { asAuthority(c, rootOrganization, rootName) })
	crossed := &made{key: root.key, cert: crossSign(t, root, old)}
	middle := makeCertificate(t, root, func(c *x509.Certificate) { asAuthority(c, organization, issuing) })
	leaf := makeCertificate(t, middle, func(c *x509.Certificate) {
		c.Subject, c.DNSNames = pkix.Name{CommonName: host}, []string{host}
		c.IssuingCertificateURL = []string{"http://issuer.example/ca.cer"}
		if !shape.beside {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}, Value: timestampList(t)}}
		}
		shape.leaf(c)
	})
	served := tls.Certificate{Certificate: [][]byte{leaf.cert.Raw}, PrivateKey: leaf.key}
	for _, c := range shape.sent {
		served.Certificate = append(served.Certificate, map[rune]*made{'i': middle, 'r': root, 'x': crossed}[c].cert.Raw)
	}
	if shape.beside {
		served.SignedCertificateTimestamps = [][]byte{timestamp(), timestamp()}
	}
	stores := tlsinspect.Stores{Public: x509.NewCertPool(), System: x509.NewCertPool(), Client: x509.NewCertPool()}
	for _, s := range shape.stores {
		map[rune]*x509.CertPool{'p': stores.Public, 's': stores.System, 'c': stores.Client}[s].AddCert(root.cert)
	}
	logs, err := tlsinspect.BuiltInLogs()
	if err != nil {
		t.Fatal(err)
	}
	// The real list and a day on which it is fresh.
	now := func() time.Time { return time.Now() }
	logs.Date = time.Now()
	client, server := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = tls.Server(server, &tls.Config{Certificates: []tls.Certificate{served}}).Handshake()
		_, _ = io.Copy(io.Discard, server)
	}()
	res := tlsinspect.Handshake(t.Context(), client, tlsinspect.Options{ServerName: host, Stores: stores, Now: now, Logs: logs})
	_ = client.Close()
	<-done
	_ = server.Close()
	hop := evidence.Hop{ID: 1, Op: evidence.OpHandshake, Target: host + ":443", Role: evidence.Registry, Purpose: evidence.Path,
		Peer: "203.0.113.101:443", At: now(), State: evidence.OK, Failure: res.Failure, Detail: res.Detail}
	if res.Failure != nil {
		hop.State = evidence.Failed
	}
	return &evidence.Trace{Schema: evidence.Schema, Hops: []evidence.Hop{hop},
		Targets: []evidence.Target{{ID: host + ":443", Endpoint: evidence.Endpoint{Host: host, Port: 443}, Role: evidence.Registry,
			Required: true, Public: true}}}
}

type made struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func makeCertificate(t *testing.T, by *made, change func(*x509.Certificate)) *made {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-30 * 24 * time.Hour),
		NotAfter: time.Now().Add(60 * 24 * time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	change(template)
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	return &made{parseCertificate(t, template, parent, key, signer), key}
}

// crossSign issues a root's certificate again, by an older root.
func crossSign(t *testing.T, root, older *made) *x509.Certificate {
	t.Helper()
	template := *root.cert
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	return parseCertificate(t, &template, older.cert, root.key, older.key)
}

func parseCertificate(t *testing.T, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func asAuthority(c *x509.Certificate, organization, name string) {
	c.Subject = pkix.Name{Organization: []string{organization}, CommonName: name}
	c.IsCA, c.BasicConstraintsValid, c.ExtKeyUsage, c.KeyUsage = true, true, nil, x509.KeyUsageCertSign
	c.NotBefore, c.NotAfter = time.Now().AddDate(-5, 0, 0), time.Now().AddDate(5, 0, 0)
}

// timestamp is a well-formed one of a log that is on no list (RFC 6962 section
// 3.2): what a leaf has whose logs are newer than the list.
func timestamp() []byte {
	var b cryptobyte.Builder
	b.AddUint8(0)
	b.AddBytes(bytes.Repeat([]byte{0x5a}, 32))
	b.AddUint64(1)
	b.AddUint16(0)
	b.AddUint16(0x0403)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(make([]byte, 70)) })
	return b.BytesOrPanic()
}

func timestampList(t *testing.T) []byte {
	t.Helper()
	var list cryptobyte.Builder
	list.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		for range 2 {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(timestamp()) })
		}
	})
	value, err := asn1.Marshal(list.BytesOrPanic())
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestEveryProductsChainIsNamed: a chain of each product's shape, through the
// whole walk, is an interception that bears its name and no other's.
func TestEveryProductsChainIsNamed(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnce())
	for _, row := range product.Rows() {
		for i, c := range row.Chains {
			wg.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				checkChain(t, row, fmt.Sprintf("%s, chain %d", row.Name, i+1), c)
			})
		}
	}
	wg.Wait()
}

func checkChain(t *testing.T, row product.Row, label string, c fault.Certificate) {
	c.Host, c.Issuer = fault.Everyone, "interceptor"
	w := walk(fault.World{Direct: true, Targets: []string{"registry.redhat.io"}, Faults: []fault.Fault{c}})
	if w.err != nil {
		t.Errorf("%s: %v", label, w.err)
		return
	}
	m, _ := product.Best(product.OfChain(presented(w.trace)))
	want := []string{row.Name}
	if m.Grade == product.Memory {
		want = nil // what nobody has checked names nothing
	}
	found := false
	for _, f := range w.result.Findings {
		if !strings.HasPrefix(f.Code, "tls-intercepted") {
			continue
		}
		found = true
		var named []string
		for _, r := range product.Rows() {
			if strings.Contains(f.Values["product"], " ("+r.Name+", ") {
				named = append(named, r.Name)
			}
		}
		if !slices.Equal(named, want) {
			t.Errorf("%s: named %q in %q, want %q", label, named, f.Values["product"], want)
		}
	}
	if !found {
		t.Errorf("%s: no interception found: %v", label, w.result.Verdict.RootCauses)
	}
}

// presented is the first chain of a trace.
func presented(trace *evidence.Trace) []evidence.Certificate {
	for _, h := range trace.Hops {
		if d := evidence.DetailOf[evidence.Handshake](h); len(d.Chain) > 0 {
			return d.Chain
		}
	}
	return nil
}
