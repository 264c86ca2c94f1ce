package tlsinspect

import (
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"

	"pullpath/internal/evidence"
)

// Shape is what a side probe changes about the ClientHello, to learn what about
// it is not let through. Its values are crypto/tls's; zero ones are Go's own.
type Shape struct {
	// NoServerName leaves the SNI out. The chain is judged for the name all the
	// same.
	NoServerName bool
	// Classical offers no post-quantum group, which makes the ClientHello small
	// enough for one segment (302 bytes where Go's own has 1512, Go 1.26).
	Classical bool
	// Filler is how many bytes of made-up protocol names are offered by ALPN
	// behind those that registries know, to make a ClientHello large without a
	// group that a middlebox may not know.
	Filler int
	// MinVersion and MaxVersion bound the versions offered.
	MinVersion, MaxVersion uint16
}

// fillerName is the length of one made-up protocol name: its most is 255 (RFC
// 7301 section 3.1).
const fillerName = 250

// maxAuthorities bounds the names that are kept of a wish for a client's
// certificate: servers that send every root they know send hundreds.
const maxAuthorities = 8

func (o Options) config() *tls.Config {
	s := o.Shape
	c := &tls.Config{
		ServerName: o.ServerName, NextProtos: o.ALPN, Time: o.Now,
		MinVersion: s.MinVersion, MaxVersion: s.MaxVersion,
		// Judged afterwards, aspect by aspect; see the package comment.
		InsecureSkipVerify: true, //nolint:gosec // the point of this package
	}
	if s.NoServerName {
		c.ServerName = ""
	}
	if s.Classical {
		c.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384}
	}
	if s.Filler > 0 {
		c.NextProtos = append([]string{"h2", "http/1.1"}, filler(s.Filler)...)
	}
	return c
}

// filler makes protocol names of n bytes in all.
func filler(n int) []string {
	var out []string
	for ; n > 0; n -= fillerName {
		// A letter per name, for a server may refuse a list with a name twice.
		out = append(out, strings.Repeat(string(rune('a'+len(out)%26)), min(n, fillerName)))
	}
	return out
}

// asked keeps what a server says about the certificate that it wants.
func (o Options) asked(info *tls.CertificateRequestInfo) *evidence.CertificateRequest {
	out := &evidence.CertificateRequest{}
	for _, raw := range info.AcceptableCAs[:min(len(info.AcceptableCAs), maxAuthorities)] {
		var sequence pkix.RDNSequence
		var name pkix.Name
		if _, err := asn1.Unmarshal(raw, &sequence); err != nil {
			continue
		}
		name.FillFromRDNSequence(&sequence)
		out.Authorities = append(out.Authorities, o.Scribe.Text(name.String()))
	}
	return out
}
