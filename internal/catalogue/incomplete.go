package catalogue

import (
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// incompleteChain is about chains that stop before a root. Another host of the
// run that presents what is missing proves it; without one a leaf by itself may
// also be that of a private root.
func incompleteChain() diagnosis.Entry {
	e := chainRow("tls-incomplete-chain", diagnosis.Error, diagnosis.RegistryOperator,
		"{hosts} leaves out the intermediate certificate",
		"The presented chain stops at a certificate issued by {issuer}, which was not sent and is in no store{missing}. Browsers fetch it; container clients do not.",
		"have the server, or the proxy that presents this chain, send the intermediate certificate {issuer}{fetch}",
		[]string{"failures E5: docker/desktop-feedback#40, measured: same text as interception", "RFC 8446 section 4.4.2", "RFC 5280 section 4.2.2.1"},
		fault.World{Title: "the intermediate certificate is missing", Faults: sso(fault.Certificate{OmitIntermediate: true})},
		fault.World{Title: "every host leaves out the intermediate certificate", Direct: true,
			Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, OmitIntermediate: true}}},
		fault.World{Title: "every host leaves out the intermediate certificate, which can be fetched", Direct: true, Deep: true,
			Hosts:  append(fault.Hosts(), fault.Host{Name: "crt.public.example", Role: fault.IssuerRole, Address: "203.0.113.180"}),
			Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, OmitIntermediate: true}}})
	e.Values = append(e.Values, "missing", "fetch")
	return e
}

// writeMissing names the certificate that is missing, and where it is.
func writeMissing(g []evidence.Hop, m *diagnosis.Match) {
	d := evidence.DetailOf[evidence.Handshake](g[0])
	m.Values["missing"], m.Values["fetch"], m.Strength = "", "", diagnosis.Likely
	if c := d.Completion; c != nil {
		had := c.From + " presents it"
		if strings.HasPrefix(c.From, "http:") {
			had = "it was fetched from " + c.From
		}
		m.Values["missing"] = "; " + had + ", and with it the chain ends in " + quoted(c.Anchor.Subject)
		m.Strength = diagnosis.Proven
	}
	if leaf := d.Chain[len(d.Chain)-1]; len(leaf.AIA) > 0 {
		m.Values["fetch"] = "; it can be had at " + leaf.AIA[0]
	}
}
