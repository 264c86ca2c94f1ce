package mockproxy

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	_ "crypto/sha1" // a signature that crypto/x509 does not take any more
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"

	"github.com/elazarl/goproxy"

	"pullpath/internal/fault"
)

// authority is a root with one intermediate.
type authority struct {
	root, intermediate *x509.Certificate
	rootKey, key       *ecdsa.PrivateKey
	// logs, where set, mark a public one: its leaves carry a timestamp of each.
	logs *logs
}

const (
	// caLife and leafLife are ordinary lengths: ten years for an authority, and
	// for leaves less than the 200 days that the public web allows since 2026.
	caLife   = 10 * 365 * 24 * time.Hour
	leafLife = 90 * 24 * time.Hour
)

func newAuthority(organization, name string, now time.Time) (*authority, error) {
	a := &authority{}
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

func sign(template, parent *x509.Certificate, public *ecdsa.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	if template.SerialNumber == nil {
		serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
		if err != nil {
			return nil, err
		}
		template.SerialNumber = serial
	}
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

// leaf issues a certificate for a host in the shape that a fault asks for, with
// further extensions.
func (a *authority) leaf(host string, shape fault.Certificate, now time.Time, extra ...pkix.Extension) (*tls.Certificate, error) {
	by, err := a.issuing(shape, now)
	if err != nil {
		return nil, err
	}
	key := by.leafKey
	if key == nil {
		if key, err = newKey(); err != nil {
			return nil, err
		}
	}
	template := leafTemplate(host, shape, now)
	template.ExtraExtensions = extra
	if by.parent == nil {
		by.parent, by.key = template, key
	}
	cert, err := a.sign(template, shape, by.parent, &key.PublicKey, by.key)
	if err != nil {
		return nil, err
	}
	der, err := spoil(cert, shape, by.key)
	return &tls.Certificate{Certificate: append([][]byte{der}, by.chain...), PrivateKey: key}, err
}

// signer is who signs a leaf, and what is sent along with it.
type signer struct {
	// parent is nil for a leaf that signs itself.
	parent *x509.Certificate
	key    crypto.Signer
	chain  [][]byte
	// leafKey is the leaf's own key where it is not a new one.
	leafKey *ecdsa.PrivateKey
}

// issuing picks the signer that a fault asks for.
func (a *authority) issuing(shape fault.Certificate, now time.Time) (signer, error) {
	switch {
	case shape.Issuer == "self":
		return signer{}, nil
	case shape.Issuer == "goproxy":
		return publicKeyAuthority()
	case shape.CAKey:
		// As Squid does: signed by the root, with the root's own key; mitmproxy sends
		// no more than the leaf.
		out := signer{a.root, a.rootKey, [][]byte{a.root.Raw}, a.rootKey}
		if shape.OmitIntermediate {
			out.chain = nil
		}
		return out, nil
	case shape.OnlyFor != "":
		return a.constrained(shape.OnlyFor, now)
	}
	out := signer{parent: a.intermediate, key: a.key, chain: [][]byte{a.intermediate.Raw}}
	switch {
	case shape.OmitIntermediate:
		out.chain = nil
	case a.logs == nil:
		// Interceptors and private authorities send their root along; public
		// servers leave it out.
		out.chain = append(out.chain, a.root.Raw)
	}
	return out, nil
}

// publicKeyAuthority is goproxy's own CA: its key is in the library's source.
func publicKeyAuthority() (signer, error) {
	cert, err := x509.ParseCertificate(goproxy.GoproxyCa.Certificate[0])
	if err != nil {
		return signer{}, fmt.Errorf("goproxy's CA: %w", err)
	}
	key, ok := goproxy.GoproxyCa.PrivateKey.(crypto.Signer)
	if !ok {
		return signer{}, fmt.Errorf("goproxy's CA: its key cannot sign")
	}
	return signer{parent: cert, key: key, chain: [][]byte{cert.Raw}}, nil
}

// constrained returns an intermediate that may sign for names below a domain only (RFC
// 5280 section 4.2.1.10).
func (a *authority) constrained(domain string, now time.Time) (signer, error) {
	key, err := newKey()
	if err != nil {
		return signer{}, err
	}
	name := a.intermediate.Subject
	name.CommonName += " for " + domain
	template := caTemplate(name, now)
	template.PermittedDNSDomains, template.PermittedDNSDomainsCritical = []string{domain}, true
	cert, err := sign(template, a.root, &key.PublicKey, a.rootKey)
	if err != nil {
		return signer{}, err
	}
	return signer{parent: cert, key: key, chain: [][]byte{cert.Raw}}, nil
}

// sign signs a leaf, one of the public web with what those have: timestamps, the
// policy of a validated domain (CA/Browser Forum Baseline Requirements 7.1.6.1)
// and where its issuer and its revocation list can be had.
func (a *authority) sign(template *x509.Certificate, shape fault.Certificate, parent *x509.Certificate,
	public *ecdsa.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	if a.logs == nil || shape.Issuer != "" {
		return sign(template, parent, public, key)
	}
	template.Policies = []x509.OID{domainValidated()}
	template.IssuingCertificateURL = []string{"http://crt.public.example/mock-public-tls-ca.cer"}
	template.CRLDistributionPoints = []string{"http://crl.public.example/mock-public-tls-ca.crl"}
	bare, err := sign(template, parent, public, key)
	if err != nil {
		return nil, err
	}
	timestamps, err := a.logs.timestamps(bare, parent)
	if err != nil {
		return nil, fmt.Errorf("timestamps of %q: %w", template.Subject.CommonName, err)
	}
	template.ExtraExtensions = append(template.ExtraExtensions, timestamps)
	return sign(template, parent, public, key)
}

// spoil signs a leaf again with what crypto/x509 neither makes nor takes.
func spoil(cert *x509.Certificate, shape fault.Certificate, key crypto.Signer) ([]byte, error) {
	if !shape.NegativeSerial && !shape.SHA1 {
		return cert.Raw, nil
	}
	// The fields of TBSCertificate (RFC 5280 section 4.1) one by one: all but
	// version, serial number and algorithm are kept as they stand.
	var fields []asn1.RawValue
	if _, err := asn1.Unmarshal(cert.RawTBSCertificate, &fields); err != nil {
		return nil, err
	}
	algorithm, hash := pkix.AlgorithmIdentifier{Algorithm: oidECDSAWithSHA256}, crypto.SHA256
	if shape.SHA1 {
		algorithm, hash = pkix.AlgorithmIdentifier{Algorithm: oidECDSAWithSHA1}, crypto.SHA1
	}
	name, err := asn1.Marshal(algorithm)
	if err != nil {
		return nil, err
	}
	fields[2] = asn1.RawValue{FullBytes: name}
	if shape.NegativeSerial {
		serial, err := asn1.Marshal(new(big.Int).Neg(cert.SerialNumber))
		if err != nil {
			return nil, err
		}
		fields[1] = asn1.RawValue{FullBytes: serial}
	}
	rawTBS, err := asn1.Marshal(fields)
	if err != nil {
		return nil, err
	}
	sum := hash.New()
	sum.Write(rawTBS)
	signature, err := key.Sign(rand.Reader, sum.Sum(nil), hash)
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: rawTBS}, algorithm, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}})
}

// The algorithms of a leaf that is signed again: RFC 5758 section 3.2, RFC 3279 section 2.2.3.
var (
	oidECDSAWithSHA256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	oidECDSAWithSHA1   = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}
)

func leafTemplate(host string, shape fault.Certificate, now time.Time) *x509.Certificate {
	names := shape.Names
	if names == nil {
		names = []string{host}
	}
	notBefore, notAfter := now.Add(-leafLife/3), now.Add(leafLife*2/3)
	if shape.NotBefore != 0 || shape.NotAfter != 0 {
		notBefore, notAfter = now.Add(shape.NotBefore), now.Add(shape.NotAfter)
	}
	out := &x509.Certificate{
		Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: notBefore, NotAfter: notAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			out.IPAddresses = append(out.IPAddresses, ip)
		}
	}
	if shape.NoNames {
		out.DNSNames = nil
	}
	if shape.ForClients {
		out.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	return out
}

func domainValidated() x509.OID {
	oid, err := x509.OIDFromInts([]uint64{2, 23, 140, 1, 2, 1})
	if err != nil {
		panic("a constant that is an OID: " + err.Error())
	}
	return oid
}
