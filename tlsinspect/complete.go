package tlsinspect

import (
	"crypto/x509"

	"pullpath/internal/evidence"
)

// Complete tries to lead a chain that stops to a root with certificates that
// others presented, and returns the one that was missing: nil where none fits,
// or where the chain did not stop.
func (o Options) Complete(chain, others [][]byte) *evidence.Completion {
	presented := parse(chain)
	if len(presented) == 0 || o.anchor(presented).Kind != evidence.AnchorMissing {
		return nil
	}
	all := append(presented[:len(presented):len(presented)], parse(others)...)
	anchor, path := o.rooted(all, stillValid(presented, o.Now()))
	for _, c := range path {
		if !among(presented, c) {
			sum := fingerprint(c)
			return &evidence.Completion{Subject: o.text(c.Subject.String()), SHA256: sum, Anchor: anchor}
		}
	}
	return nil
}

// parse reads certificates and leaves out those that cannot be read.
func parse(ders [][]byte) []*x509.Certificate {
	var out []*x509.Certificate
	for _, der := range ders {
		if c, err := x509.ParseCertificate(der); err == nil {
			out = append(out, c)
		}
	}
	return out
}

func among(certs []*x509.Certificate, c *x509.Certificate) bool {
	for _, o := range certs {
		if o.Equal(c) {
			return true
		}
	}
	return false
}
