package tlsinspect

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"

	"pullpath/internal/evidence"
)

const (
	// maxChain bounds how many certificates are described; real chains have
	// four, and crypto/tls itself takes a message of 64 KiB.
	maxChain = 12
	// maxNames bounds the names kept of one certificate; CDN leaves have 100.
	maxNames = 100
	// maxAttribute bounds one text of a certificate.
	maxAttribute = 256
)

// describe writes down what was agreed and presented.
func (o Options) describe(d *evidence.Handshake, state tls.ConnectionState) {
	d.Version = tls.VersionName(state.Version)
	d.Cipher = tls.CipherSuiteName(state.CipherSuite)
	d.ALPN = state.NegotiatedProtocol
	if state.CurveID != 0 {
		d.Curve = state.CurveID.String()
	}
	certs := state.PeerCertificates
	for i, cert := range certs {
		if i < maxChain {
			d.Chain = append(d.Chain, o.certificate(cert))
		}
	}
	if len(certs) > 0 {
		d.SCTs, d.Timestamps = o.timestamps(certs, state.SignedCertificateTimestamps)
		d.LeafKeySigned = leafKeySigned(certs[0])
	}
}

func (o Options) certificate(c *x509.Certificate) evidence.Certificate {
	out := evidence.Certificate{
		Subject: o.text(c.Subject.String()), Issuer: o.text(c.Issuer.String()),
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
		Key: keyName(c), Serial: fmt.Sprintf("%x", c.SerialNumber), CA: c.IsCA,
		SelfSigned: selfSigned(c), SHA256: fingerprint(c), SPKI: spki(c),
		SubjectCN: o.text(c.Subject.CommonName), IssuerCN: o.text(c.Issuer.CommonName),
		SubjectOrg: o.texts(c.Subject.Organization), IssuerOrg: o.texts(c.Issuer.Organization),
	}
	out.AIA, out.CRL = o.texts(c.IssuingCertificateURL), o.texts(c.CRLDistributionPoints)
	for _, oid := range c.Policies {
		out.Policies = append(out.Policies, oid.String())
	}
	out.SignatureAlgorithm = c.SignatureAlgorithm.String()
	out.EmbeddedSCTs = len(embeddedSCTs(c))
	out.Names = o.texts(c.DNSNames)
	for _, ip := range c.IPAddresses {
		out.Names = append(out.Names, ip.String())
	}
	if len(out.Names) > maxNames {
		out.Names = out.Names[:maxNames]
	}
	return out
}

func (o Options) text(s string) string { return o.Scribe.Short(s, maxAttribute) }

func (o Options) texts(in []string) []string { return o.Scribe.Each(in, maxNames, maxAttribute) }

func keyName(c *x509.Certificate) string {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return c.PublicKeyAlgorithm.String()
}

func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

func spki(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawSubject, c.RawIssuer) &&
		c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// leafKeySigned reports whether the leaf's own key verifies its signature although
// its issuer is another: Squid and mitmproxy give every forged leaf the key of
// their CA (squid ssl/gadgets.cc, mitmproxy certs.py).
func leafKeySigned(c *x509.Certificate) bool {
	return !bytes.Equal(c.RawSubject, c.RawIssuer) &&
		c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}
