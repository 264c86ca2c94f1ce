//go:build linux

package testbed

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// oidSCTList marks the certificate extension that carries signed certificate
// timestamps: RFC 6962, section 3.3.
var oidSCTList = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}

const (
	// certBackdate keeps a certificate valid for a peer whose clock lags.
	certBackdate = time.Hour
	// certLife outlasts any test and stays below the 398 days that clients
	// accept from a public leaf.
	certLife = 90 * 24 * time.Hour
	// rsaBits is the least that OpenSSL's default security level accepts.
	rsaBits = 2048
)

// Authority signs certificates: a root, or an intermediate below one.
type Authority struct {
	Cert *x509.Certificate
	Key  crypto.Signer

	chain []*x509.Certificate // what a server presents above its leaf
}

// Leaf is what a TLS server needs.
type Leaf struct {
	// ChainPEM is the leaf and the intermediates above it, without the root.
	ChainPEM []byte
	KeyPEM   []byte
}

// NewAuthority makes a root with the key, see NewInterceptor for one as a
// proxy has it.
func NewAuthority(t testing.TB, name string, key crypto.Signer) *Authority {
	t.Helper()
	tmpl := authorityTemplate(t, name)
	return &Authority{Cert: sign(t, tmpl, tmpl, key.Public(), key), Key: key}
}

// NewInterceptor makes the root of a proxy that inspects TLS: an RSA key, as
// such boxes have, and a name that says whose it is.
func NewInterceptor(t testing.TB) *Authority {
	t.Helper()
	return NewAuthority(t, "Example Corp Web Gateway CA", rsaKey(t))
}

// NewExpiredInterceptor is NewInterceptor with a certificate that ended a day ago.
func NewExpiredInterceptor(t testing.TB) *Authority {
	t.Helper()
	key := rsaKey(t)
	tmpl := authorityTemplate(t, "Example Corp Web Gateway CA")
	tmpl.NotBefore, tmpl.NotAfter = time.Now().AddDate(-1, 0, 0), time.Now().AddDate(0, 0, -1)
	return &Authority{Cert: sign(t, tmpl, tmpl, key.Public(), key), Key: key}
}

// Intermediate makes an authority below this one.
func (a *Authority) Intermediate(t testing.TB, name string) *Authority {
	t.Helper()
	key := ecdsaKey(t)
	cert := sign(t, authorityTemplate(t, name), a.Cert, key.Public(), a.Key)
	return &Authority{Cert: cert, Key: key, chain: append([]*x509.Certificate{cert}, a.chain...)}
}

// Leaf makes a server's certificate for the names. As every public leaf it
// embeds timestamps of two transparency logs: well-formed, but of no real log.
func (a *Authority) Leaf(t testing.TB, names ...string) Leaf {
	t.Helper()
	key := ecdsaKey(t)
	tmpl := template(t, names[0])
	tmpl.DNSNames = names
	tmpl.KeyUsage = x509.KeyUsageDigitalSignature
	tmpl.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	tmpl.ExtraExtensions = []pkix.Extension{{Id: oidSCTList, Value: sctList(t)}}
	leaf := sign(t, tmpl, a.Cert, key.Public(), a.Key)
	return Leaf{ChainPEM: certPEM(append([]*x509.Certificate{leaf}, a.chain...)...), KeyPEM: keyPEM(t, key)}
}

// CertPEM returns the authority's own certificate.
func (a *Authority) CertPEM() []byte { return certPEM(a.Cert) }

// template holds what all our certificates share.
func template(t testing.TB, name string) *x509.Certificate {
	t.Helper()
	const serialBits = 127 // RFC 5280 allows 20 octets; positive and unguessable is enough
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name, Organization: []string{"pullpath testbed"}},
		NotBefore:    now.Add(-certBackdate),
		NotAfter:     now.Add(certLife),
	}
}

func authorityTemplate(t testing.TB, name string) *x509.Certificate {
	t.Helper()
	tmpl := template(t, name)
	tmpl.IsCA, tmpl.BasicConstraintsValid = true, true
	tmpl.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature
	return tmpl
}

func sign(t testing.TB, tmpl, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// sctList returns the value of the extension: an OCTET STRING around a TLS-encoded
// list of two timestamps (two, since browsers ask for two logs).
func sctList(t testing.TB) []byte {
	t.Helper()
	var list []byte
	for range 2 {
		sct := timestamp(t)
		list = binary.BigEndian.AppendUint16(list, uint16(len(sct)))
		list = append(list, sct...)
	}
	value, err := asn1.Marshal(append(binary.BigEndian.AppendUint16(nil, uint16(len(list))), list...))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// timestamp returns one SignedCertificateTimestamp of version 1 (RFC 6962, 3.2),
// signed by a log that nobody knows over something that nobody checks.
func timestamp(t testing.TB) []byte {
	t.Helper()
	log := make([]byte, 32)
	if _, err := rand.Read(log); err != nil {
		t.Fatal(err)
	}
	signature, err := ecdsaKey(t).Sign(rand.Reader, log, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	sct := append([]byte{0}, log...) // version v1, log id
	sct = binary.BigEndian.AppendUint64(sct, uint64(time.Now().UnixMilli()))
	sct = append(sct, 0, 0) // no extensions
	sct = append(sct, 4, 3) // SHA-256 with ECDSA
	sct = binary.BigEndian.AppendUint16(sct, uint16(len(signature)))
	return append(sct, signature...)
}

func ecdsaKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func certPEM(certs ...*x509.Certificate) []byte {
	var out bytes.Buffer
	for _, cert := range certs {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	}
	return out.Bytes()
}

func keyPEM(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
