package mockproxy

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"pullpath/internal/fault"
)

// authority is a root with one intermediate.
type authority struct {
	root, intermediate *x509.Certificate
	rootKey, key       *ecdsa.PrivateKey
	// public marks one whose leaves carry timestamps of transparency logs.
	public bool
}

const (
	// caLife and leafLife are ordinary lengths: ten years for an authority, and
	// for leaves less than the 200 days that the public web allows since 2026.
	caLife   = 10 * 365 * 24 * time.Hour
	leafLife = 90 * 24 * time.Hour
)

func newAuthority(organization, name string, now time.Time, public bool) (*authority, error) {
	a := &authority{public: public}
	var err error
	if a.rootKey, err = newKey(); err != nil {
		return nil, err
	}
	if a.key, err = newKey(); err != nil {
		return nil, err
	}
	rootName := pkix.Name{Organization: []string{organization}, CommonName: name + " Root CA"}
	root := caTemplate(rootName, now)
	if a.root, err = sign(root, root, &a.rootKey.PublicKey, a.rootKey); err != nil {
		return nil, err
	}
	middleName := pkix.Name{Organization: []string{organization}, CommonName: name + " TLS CA"}
	a.intermediate, err = sign(caTemplate(middleName, now), a.root, &a.key.PublicKey, a.rootKey)
	return a, err
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func caTemplate(name pkix.Name, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject: name, NotBefore: now.Add(-caLife / 2), NotAfter: now.Add(caLife / 2),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

func sign(template, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, fmt.Errorf("sign certificate for %q: %w", template.Subject.CommonName, err)
	}
	return x509.ParseCertificate(der)
}

func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.Raw})
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.root)
	return pool
}

// leaf issues a certificate for a host in the shape that a fault asks for.
func (a *authority) leaf(host string, shape fault.Certificate, now time.Time) (*tls.Certificate, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template := leafTemplate(host, shape, now)
	parent, signer := a.intermediate, a.key
	chain := [][]byte{a.intermediate.Raw}
	switch {
	case shape.Issuer == "self":
		parent, signer, chain = template, key, nil
	case shape.CAKey:
		// As Squid does: signed by the root, with the root's own key.
		key, parent, signer, chain = a.rootKey, a.root, a.rootKey, [][]byte{a.root.Raw}
	case shape.OmitIntermediate:
		chain = nil
	case !a.public:
		// Interceptors and private authorities send their root along; public
		// servers leave it out.
		chain = append(chain, a.root.Raw)
	}
	if a.public && shape.Issuer == "" {
		likePublic(template)
	}
	cert, err := sign(template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	if shape.NegativeSerial {
		der, err := negateSerial(cert, signer)
		return &tls.Certificate{Certificate: append([][]byte{der}, chain...), PrivateKey: key}, err
	}
	return &tls.Certificate{Certificate: append([][]byte{cert.Raw}, chain...), PrivateKey: key, Leaf: cert}, nil
}

// negateSerial signs a certificate again with a negative serial number, which
// crypto/x509 neither makes nor parses.
func negateSerial(cert *x509.Certificate, signer *ecdsa.PrivateKey) ([]byte, error) {
	// The fields of TBSCertificate (RFC 5280 section 4.1) one by one: all but the
	// serial number are kept as they stand.
	var fields []asn1.RawValue
	if _, err := asn1.Unmarshal(cert.RawTBSCertificate, &fields); err != nil {
		return nil, err
	}
	serial, err := asn1.Marshal(new(big.Int).Neg(cert.SerialNumber))
	if err != nil {
		return nil, err
	}
	fields[1] = asn1.RawValue{FullBytes: serial}
	rawTBS, err := asn1.Marshal(fields)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(rawTBS)
	signature, err := ecdsa.SignASN1(rand.Reader, signer, sum[:])
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: rawTBS}, pkix.AlgorithmIdentifier{Algorithm: oidECDSAWithSHA256},
		asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}})
}

// oidECDSAWithSHA256: RFC 5758 section 3.2.
var oidECDSAWithSHA256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}

func leafTemplate(host string, shape fault.Certificate, now time.Time) *x509.Certificate {
	names := shape.Names
	if names == nil {
		names = []string{host}
	}
	notBefore, notAfter := now.Add(-leafLife/3), now.Add(leafLife*2/3)
	if shape.NotBefore != 0 || shape.NotAfter != 0 {
		notBefore, notAfter = now.Add(shape.NotBefore), now.Add(shape.NotAfter)
	}
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: notBefore, NotAfter: notAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

// likePublic gives a leaf what those of the public web have: timestamps, the
// policy of a validated domain (CA/Browser Forum Baseline Requirements 7.1.6.1)
// and where its issuer and its revocation list can be had.
func likePublic(template *x509.Certificate) {
	template.ExtraExtensions = append(template.ExtraExtensions, sctList())
	template.Policies = []x509.OID{domainValidated()}
	template.IssuingCertificateURL = []string{"http://crt.public.example/mock-public-tls-ca.cer"}
	template.CRLDistributionPoints = []string{"http://crl.public.example/mock-public-tls-ca.crl"}
}

func domainValidated() x509.OID {
	oid, err := x509.OIDFromInts([]uint64{2, 23, 140, 1, 2, 1})
	if err != nil {
		panic("a constant that is an OID: " + err.Error())
	}
	return oid
}

// sctList is a well-formed list of two timestamps (RFC 6962 section 3.3) by
// logs that do not exist: the mock's leaves look like those of the public web
// and prove nothing.
func sctList() pkix.Extension {
	var sct cryptobyte.Builder
	sct.AddUint8(0)
	sct.AddBytes(bytes.Repeat([]byte{0x5a}, 32))
	sct.AddUint64(0)
	sct.AddUint16(0)
	sct.AddUint16(0x0403)
	sct.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(make([]byte, 70)) })
	var list cryptobyte.Builder
	list.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		for range 2 {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(sct.BytesOrPanic()) })
		}
	})
	value, err := asn1.Marshal(list.BytesOrPanic())
	if err != nil {
		panic("marshal of an octet string cannot fail: " + err.Error())
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}, Value: value}
}
