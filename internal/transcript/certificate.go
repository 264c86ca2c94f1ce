package transcript

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"pullpath/internal/evidence"
)

// maxPEM bounds a certificate in text, in bytes: the largest that public servers present, with
// hundreds of names, have some ten thousand.
const maxPEM = 64 << 10

// pemBlock collects a certificate that is printed in base64 (RFC 7468).
type pemBlock struct {
	open bool
	text strings.Builder
}

// line reads a line of it, false where it belongs to none.
func (p *pemBlock) line(text string) bool {
	switch text = strings.TrimSpace(text); {
	case text == "-----BEGIN CERTIFICATE-----":
		p.open = true
		p.text.Reset()
	case !p.open:
		return false
	case text == "-----END CERTIFICATE-----":
		p.open = false
	case len(text) > 76 || p.text.Len() > maxPEM || strings.Contains(text, " "):
		p.open = false
		p.text.Reset()
		return false
	default:
		p.text.WriteString(text)
	}
	return true
}

// certificate is the one that was read whole, nil for none.
func (p *pemBlock) certificate() *x509.Certificate {
	if p.open || p.text.Len() == 0 {
		return nil
	}
	der, err := base64.StdEncoding.DecodeString(p.text.String())
	p.text.Reset()
	if err != nil {
		return nil
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return c
}

// certified is what is kept of a certificate that a text has in full.
func (r *reader) certified(c *x509.Certificate) *evidence.Certificate {
	whole, key := sha256.Sum256(c.Raw), sha256.Sum256(c.RawSubjectPublicKeyInfo)
	names := r.scribe.Each(c.DNSNames, maxNames, maxQuote)
	for _, ip := range c.IPAddresses[:min(len(c.IPAddresses), maxNames)] {
		names = append(names, ip.String())
	}
	short := func(text string) string { return r.scribe.Short(text, maxQuote) }
	return &evidence.Certificate{Subject: short(c.Subject.String()), Issuer: short(c.Issuer.String()), Names: names,
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), Serial: c.SerialNumber.Text(16), CA: c.IsCA,
		SelfSigned: string(c.RawSubject) == string(c.RawIssuer) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate,
			c.Signature) == nil,
		SHA256: hex.EncodeToString(whole[:]), SPKI: hex.EncodeToString(key[:]),
		SubjectCN: short(c.Subject.CommonName), SubjectOrg: r.scribe.Each(c.Subject.Organization, maxNames, maxQuote),
		IssuerCN: short(c.Issuer.CommonName), IssuerOrg: r.scribe.Each(c.Issuer.Organization, maxNames, maxQuote),
		SignatureAlgorithm: c.SignatureAlgorithm.String()}
}

// certificate reads a line of s_client about the chain. The first certificate is the host's: in
// the list that of depth 0, in full the first that is printed.
func (o *openssl) certificate(l line) bool {
	s, text := o.s, l.text
	if s.pem.line(text) {
		if c := s.pem.certificate(); c != nil {
			if s.certificates == 0 {
				s.leaf = o.r.certified(c)
			}
			s.certificates++
		}
		return true
	}
	if m := sslChain.FindStringSubmatch(text); m != nil {
		s.depth = number(m[1])
		o.named(s.depth == 0, "subject", m[2])
		return true
	}
	if m := sslIssuer.FindStringSubmatch(text); m != nil {
		o.named(s.depth == 0, "issuer", m[1])
		return true
	}
	if m := sslDates.FindStringSubmatch(text); m != nil && s.depth == 0 && s.certificates == 0 && s.leaf != nil {
		s.leaf.NotBefore, _ = dateIn(m[1])
		s.leaf.NotAfter, _ = dateIn(m[2])
		return true
	}
	if m := sslSubject.FindStringSubmatch(text); m != nil {
		o.named(s.leaf == nil || s.leaf.Subject == "" || s.leaf.Issuer == "", m[1], m[2])
		return true
	}
	if rest, ok := strings.CutPrefix(text, "Peer certificate: "); ok { // -brief
		o.named(true, "subject", rest)
		return true
	}
	return false
}

// named is a name of the host's certificate, which is kept where that was not printed in full.
func (o *openssl) named(ofLeaf bool, which, name string) {
	s := o.s
	if !ofLeaf || s.certificates > 0 {
		return
	}
	if s.leaf == nil {
		s.leaf = &evidence.Certificate{}
	}
	name = o.r.scribe.Short(strings.TrimSpace(name), maxQuote)
	if which == "issuer" {
		issuer(s.leaf, name)
		return
	}
	s.leaf.Subject, s.leaf.SubjectCN = name, attribute(name, "CN")
}
