package catalogue

import (
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/product"
)

// compromised is about authorities whose private key is public.
func compromised() diagnosis.Entry {
	e := chainRow("tls-compromised-authority", diagnosis.Error, diagnosis.HostAdmin,
		"TLS to {hosts} is signed by an authority whose private key is public",
		"The chain ends in {leaked}. Whoever has its key can sign for any name and read what passes: a client that trusts this authority trusts everybody.",
		"remove this CA from every trust store that has it, and find what answers for {targets}; do not install it",
		[]string{"interception 2.1 rows 12, 55, 56, 65", "chromium net/cert/cert_verify_proc_blocklist.inc"},
		fault.World{Title: "TLS is intercepted with a CA whose key everybody has",
			Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, Issuer: "goproxy"}}})
	e.Values = append(e.Values, "leaked")
	return e
}

// leakedAuthority finds such an authority in a chain, presented or in a store.
func leakedAuthority(d evidence.Handshake) (product.Leaked, bool) {
	if found, ok := product.LeakedKey(d.Anchor.SPKI); ok {
		return found, true
	}
	for _, c := range d.Chain {
		if found, ok := product.LeakedKey(c.SPKI); ok {
			return found, true
		}
	}
	return product.Leaked{}, false
}
