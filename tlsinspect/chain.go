package tlsinspect

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"fmt"

	"golang.org/x/crypto/cryptobyte"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
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

// oidSCTList is the extension that embeds SCTs (RFC 6962 section 3.3).
var oidSCTList = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}

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
		d.SCTs = countSCTs(certs[0]) + len(state.SignedCertificateTimestamps)
		d.LeafKeySigned = leafKeySigned(certs[0])
	}
}

func (o Options) certificate(c *x509.Certificate) evidence.Certificate {
	out := evidence.Certificate{
		Subject: text(c.Subject.String()), Issuer: text(c.Issuer.String()),
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
		Key: keyName(c), Serial: fmt.Sprintf("%x", c.SerialNumber), CA: c.IsCA,
		SelfSigned: selfSigned(c), SHA256: fingerprint(c), SPKI: spki(c),
		SubjectCN: text(c.Subject.CommonName), IssuerCN: text(c.Issuer.CommonName),
		SubjectOrg: texts(c.Subject.Organization), IssuerOrg: texts(c.Issuer.Organization),
	}
	out.AIA, out.CRL = texts(c.IssuingCertificateURL), texts(c.CRLDistributionPoints)
	for _, oid := range c.Policies {
		out.Policies = append(out.Policies, oid.String())
	}
	out.EmbeddedSCTs = countSCTs(c)
	out.Names = texts(c.DNSNames)
	for _, ip := range c.IPAddresses {
		out.Names = append(out.Names, ip.String())
	}
	if len(out.Names) > maxNames {
		out.Names = out.Names[:maxNames]
	}
	return out
}

func text(s string) string { return redact.Text(s, maxAttribute) }

func texts(in []string) []string {
	var out []string
	for _, s := range in {
		if len(out) < maxNames {
			out = append(out, text(s))
		}
	}
	return out
}

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

// leafKeySigned tells that the leaf's own key verifies its signature although
// its issuer is another: Squid and mitmproxy give every forged leaf the key of
// their CA (squid ssl/gadgets.cc, mitmproxy certs.py).
func leafKeySigned(c *x509.Certificate) bool {
	return !bytes.Equal(c.RawSubject, c.RawIssuer) &&
		c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// countSCTs counts the timestamps embedded in a certificate. A list that
// cannot be read counts as none: it proves nothing.
func countSCTs(c *x509.Certificate) int {
	for _, ext := range c.Extensions {
		if ext.Id.Equal(oidSCTList) {
			return parseSCTList(ext.Value)
		}
	}
	return 0
}

// parseSCTList counts the entries of a SignedCertificateTimestampList in its
// OCTET STRING (RFC 6962 section 3.3); 0 where the form is wrong.
func parseSCTList(der []byte) int {
	var octets cryptobyte.String
	outer := cryptobyte.String(der)
	if !outer.ReadASN1(&octets, 0x04) || !outer.Empty() {
		return 0
	}
	var list cryptobyte.String
	if !octets.ReadUint16LengthPrefixed(&list) || !octets.Empty() {
		return 0
	}
	count := 0
	for !list.Empty() {
		var sct cryptobyte.String
		// Version, log ID, timestamp, empty extensions, algorithm and an empty
		// signature make 47 bytes; less is no SCT.
		if !list.ReadUint16LengthPrefixed(&sct) || len(sct) < 47 {
			return 0
		}
		count++
	}
	return count
}
