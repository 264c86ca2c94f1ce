package words

import (
	"cmp"
	"fmt"
	"strings"

	"pullpath/internal/evidence"
)

func seenHandshake(h evidence.Hop, d evidence.Handshake) string {
	parts := []string{TLSVersion(d)}
	if d.Completed() && h.Probe != "" && h.Failure != nil {
		parts = append([]string{"handshake completes"}, parts...)
	}
	if len(d.Chain) > 0 {
		parts = append(parts, "CN="+leafName(d), IssuedBy(d))
	}
	switch {
	case h.Failure == nil:
		return Join(append(parts, Trust(d))...)
	case h.Kind() == evidence.Untrusted:
		return Join(append(parts, notTrusted)...)
	}
	parts = append(parts, Reason(h))
	if d.AlertName != "" && !strings.Contains(Reason(h), d.AlertName) {
		parts = append(parts, "alert "+d.AlertName)
	}
	for _, w := range d.Warnings {
		parts = append(parts, "warning "+w.Name)
	}
	if d.FirstBytes != "" && !strings.Contains(Reason(h), d.FirstBytes) {
		parts = append(parts, "first bytes "+Quoted(d.FirstBytes))
	}
	if d.Page != nil && d.Page.Title != "" {
		parts = append(parts, "page "+Quoted(d.Page.Title))
	}
	if h.FailedWith(evidence.Reset, evidence.Closed, evidence.Timeout) {
		parts = append(parts, fmt.Sprintf("%d bytes sent, %d received", d.BytesSent, d.BytesReceived))
	}
	return Join(parts...)
}

// TLSVersion returns the version that was agreed, with its protocol's name.
func TLSVersion(d evidence.Handshake) string {
	if d.Version == "" || strings.HasPrefix(d.Version, "TLS") || strings.HasPrefix(d.Version, "SSL") {
		return d.Version
	}
	return "TLS " + d.Version
}

func leafName(d evidence.Handshake) string {
	leaf := d.Chain[0]
	first := ""
	if len(leaf.Names) > 0 {
		first = leaf.Names[0]
	}
	return cmp.Or(leaf.SubjectCN, first, leaf.Subject, "(none)")
}

// Issuer returns who signed a certificate: the organization, where it has none its
// common name.
func Issuer(c evidence.Certificate) string {
	if len(c.IssuerOrg) > 0 && c.IssuerOrg[0] != "" {
		return c.IssuerOrg[0]
	}
	return cmp.Or(c.IssuerCN, c.Issuer, "(none)")
}

// IssuedBy returns who signed the certificate of a host, empty where none was presented.
func IssuedBy(d evidence.Handshake) string {
	if len(d.Chain) == 0 {
		return ""
	}
	return "issued by " + Issuer(d.Chain[0])
}

// notTrusted is said of a chain that the client under test refuses for its anchor.
const notTrusted = "not trusted"

// Trust returns who vouches for the chain, as far as it was looked at.
func Trust(d evidence.Handshake) string {
	switch {
	case d.TrustedBy != "" && d.Public():
		return "publicly trusted, by this client only because of " + d.TrustedBy
	case d.TrustedBy != "":
		return "trusted by this client only because of " + d.TrustedBy + ", not publicly"
	case d.Public():
		return "publicly trusted"
	}
	if ok, looked := d.Judged(evidence.StoreClient, evidence.AspectTrust); ok {
		return "trusted by this client, not publicly"
	} else if looked {
		return "not trusted by this client"
	}
	return ""
}
