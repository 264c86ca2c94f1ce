package mockproxy

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"strings"

	"pullpath/internal/fault"
)

// seen are the chains of a report, made anew.
type seen struct {
	keys   map[string]crypto.Signer
	certs  map[string]*x509.Certificate
	hosts  map[string]*tls.Certificate
	public []*x509.Certificate
	client []*x509.Certificate
	given  []*x509.Certificate
	others map[string][]*x509.Certificate
	// refused are roots that the client does not take at a host, by the host.
	refused map[string][]*x509.Certificate
}

// strays adds the addresses that belong to no host.
func (n *Network) strays(m Map) {
	if n.world.Site == nil {
		return
	}
	for address, effect := range n.world.Site.Strays {
		if _, taken := m.Routes[address]; !taken {
			m.Routes[address] = Route{Effect: effect}
		}
	}
}

// chains makes the World's chains anew.
func (n *Network) chains() error {
	n.seen = seen{keys: map[string]crypto.Signer{}, certs: map[string]*x509.Certificate{}, hosts: map[string]*tls.Certificate{},
		others: map[string][]*x509.Certificate{}, refused: map[string][]*x509.Certificate{}}
	for _, f := range n.world.Faults {
		c, ok := fault.Bare(f).(fault.Chain)
		if !ok || n.seen.hosts[c.Host] != nil || len(c.Certs) == 0 {
			continue
		}
		made, err := n.chain(c)
		if err != nil {
			return fmt.Errorf("chain of %s: %w", c.Host, err)
		}
		n.seen.hosts[c.Host] = made
	}
	return nil
}

// keyOf returns the new key that stands for a report's.
func (n *Network) keyOf(c fault.Cert) (crypto.Signer, error) {
	if key := n.seen.keys[c.KeyID]; key != nil && c.KeyID != "" {
		return key, nil
	}
	var key crypto.Signer
	var err error
	switch {
	case strings.HasPrefix(c.Key, "RSA "):
		// Longer ones cost seconds each and look no different to a client.
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case c.Key == "ECDSA P-384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	default:
		key, err = newKey()
	}
	n.seen.keys[c.KeyID] = key
	return key, err
}

// issue makes one certificate; that of an authority once, where its key is known.
func (n *Network) issue(c fault.Cert, copied bool, parent *x509.Certificate, public crypto.PublicKey,
	key crypto.Signer) (*x509.Certificate, []byte, error) {
	name := fmt.Sprint(c.KeyID, c.CommonName, c.Organization, c.IssuerName, c.SelfSigned)
	if known := n.seen.certs[name]; known != nil && c.CA && c.KeyID != "" {
		return known, known.Raw, nil
	}
	template, err := n.templateOf(c)
	if err != nil {
		return nil, nil, err
	}
	if parent == nil {
		parent = template
	}
	if c.Timestamps {
		if err := n.stamp(template, copied, parent, public, key); err != nil {
			return nil, nil, err
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	n.seen.certs[name] = cert
	der, err = spoil(cert, fault.Certificate{NegativeSerial: c.NegativeSerial, SHA1: c.SHA1}, key)
	return cert, der, err
}

func (n *Network) templateOf(c fault.Cert) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := n.Now()
	out := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: c.CommonName, Organization: c.Organization},
		DNSNames:  c.Names,
		NotBefore: now.Add(c.NotBefore), NotAfter: now.Add(c.NotAfter), IssuingCertificateURL: c.AIA, CRLDistributionPoints: c.CRL}
	for _, text := range c.Names {
		if ip := net.ParseIP(text); ip != nil {
			out.IPAddresses = append(out.IPAddresses, ip)
		}
	}
	for _, text := range c.Policies {
		if oid, err := x509.ParseOID(text); err == nil {
			out.Policies = append(out.Policies, oid)
		}
	}
	switch {
	case c.CA:
		out.IsCA, out.BasicConstraintsValid, out.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	case c.ForClients:
		out.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	default:
		out.KeyUsage, out.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	if c.OnlyFor != "" {
		out.PermittedDNSDomains, out.PermittedDNSDomainsCritical = []string{c.OnlyFor}, true
	}
	return out, nil
}

// stamp adds timestamps of the World's logs; copied ones are of another
// certificate.
func (n *Network) stamp(template *x509.Certificate, copied bool, parent *x509.Certificate, public crypto.PublicKey,
	key crypto.Signer) error {
	of := *template
	if copied {
		of.SerialNumber = new(big.Int).Add(template.SerialNumber, big.NewInt(1))
	}
	der, err := x509.CreateCertificate(rand.Reader, &of, parent, public, key)
	if err != nil {
		return err
	}
	bare, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	extension, err := n.public.logs.timestamps(bare, parent)
	template.ExtraExtensions = append(template.ExtraExtensions, extension)
	return err
}

func certsPEM(certs []*x509.Certificate) []byte {
	var out []byte
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}
