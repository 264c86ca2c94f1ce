package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// oddity is what is wrong with the form of a certificate: what, who refuses it,
// and what helps until it is issued anew.
type oddity struct{ what, refused, until string }

// goClients names the clients whose judgement is Go's.
const goClients = "podman, skopeo, docker, containerd, CRI-O and crane"

// malformed is about certificates whose form some clients refuse, whoever signed
// them.
func malformed() diagnosis.Entry {
	spoilt := func(c fault.Certificate) []fault.Fault { return sso(c) }
	return diagnosis.Entry{
		Code: "tls-certificate-malformed", Since: since, Layer: diagnosis.TLS, Severity: diagnosis.Error, Strength: diagnosis.Proven,
		Audience: diagnosis.RegistryOperator, Title: "the certificate of {hosts} has a form that clients refuse",
		Seen:   "{peers}: {text}{leaf}",
		Means:  "{what}. {refused}. Inspecting proxies and old internal CAs make such certificates.",
		Remedy: "have the certificate that {targets} presents issued anew{until}",
		Cite: []string{"failures E9: ollama/ollama#10783, docker/for-win#14803", "Go crypto/x509, parser.go",
			"Go release notes: 1.15 and 1.17 (common name), 1.18 and 1.24 (SHA-1), 1.20.7 (RSA size), 1.23 (negative serial)", "RFC 5280 sections 4.1.2.2 and 4.2.1.6"},
		Values: []string{"peers", "text", "leaf", "what", "refused", "until"},
		Needs:  []evidence.Op{evidence.OpHandshake, evidence.OpRequest}, After: append(beforeTLS(), append(wrongAddress(), "clock-skew")...),
		Match: matchMalformed,
		Provoke: fault.World{Title: "the certificate has a negative serial number",
			Faults: spoilt(fault.Certificate{Issuer: "interceptor", NegativeSerial: true})},
		Also: []fault.World{
			{Title: "the certificate has no subject alternative name", Faults: spoilt(fault.Certificate{NoNames: true})},
			{Title: "the certificate is signed with SHA-1", Direct: true, Faults: spoilt(fault.Certificate{SHA1: true})},
		},
	}
}

func matchMalformed(v *diagnosis.View) []diagnosis.Match {
	clock := skewOf(v)
	hops := v.Hops(evidence.OpHandshake, func(h evidence.Hop) bool {
		return h.OnPath() && h.Role != evidence.Proxy && (h.FailedWith(evidence.MalformedCertificate) || chainCode(v, h, clock) == "tls-certificate-malformed")
	})
	return matchEach(diagnosis.Group(hops, reason), func(g []evidence.Hop) map[string]string {
		o := oddityOf(g[0])
		return map[string]string{"peers": far(g), "text": reason(g[0]), "leaf": malformedLeaf(v, g[0]), "what": o.what, "refused": o.refused, "until": o.until}
	})
}

// oddityOf names what is wrong. A handshake that was broken off shows it in the
// error's text alone.
func oddityOf(h evidence.Hop) oddity {
	d, text := evidence.DetailOf[evidence.Handshake](h), reason(h)
	switch {
	case namesInSubject(d):
		return oddity{"The name stands in the subject's common name alone, and there is no subject alternative name",
			"Go clients (" + goClients + ") refuse it since Go 1.15, with no way around since 1.17; curl takes it", ""}
	case weakSignature(d) != "":
		return oddity{"It is signed with " + weakSignature(d),
			"Go clients (" + goClients + ") refuse it since Go 1.18, with no way around since 1.24; OpenSSL refuses it at security level 2, the default of Debian and RHEL 9", ""}
	case strings.Contains(text, "negative serial"):
		return oddity{"Its serial number is negative", "Go clients (" + goClients + ") refuse it since Go 1.23; curl and openssl take it",
			"; until then GODEBUG=x509negativeserial=1 in the client's environment lets it in"}
	case strings.Contains(text, "RSA key larger"):
		return oddity{"Its RSA key is larger than 8192 bits", "Go clients (" + goClients + ") refuse it since Go 1.20.7; curl takes 16384 bits",
			"; until then GODEBUG=tlsmaxrsasize=BITS in the client's environment lets it in"}
	}
	return oddity{"crypto/x509 cannot read it", "Go clients (" + goClients + ") refuse it before anything is judged; other clients may take it", ""}
}

// namesInSubject tells that the leaf names its host in the common name only, as
// was usual until 2000 (RFC 2818 section 3.1).
func namesInSubject(d evidence.Handshake) bool {
	return d.Completed() && len(d.Chain[0].Names) == 0 && strings.EqualFold(d.Chain[0].SubjectCN, d.ServerName)
}

// weakSignature is the algorithm of a presented certificate, below its root, that
// crypto/x509 takes no more; empty where there is none.
func weakSignature(d evidence.Handshake) string {
	for _, c := range d.Chain {
		if slices.ContainsFunc([]string{"SHA1", "MD5", "MD2"}, func(hash string) bool { return strings.Contains(c.SignatureAlgorithm, hash) }) && !c.SelfSigned {
			return c.SignatureAlgorithm
		}
	}
	return ""
}

// malformedLeaf describes the certificate, from a second handshake where the first
// did not show it.
func malformedLeaf(v *diagnosis.View, h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Handshake](h)
	for _, p := range v.HopsAbout(evidence.OpHandshake, diagnosis.About{}.Probe("raw-chain").Target(h.Target), nil) {
		if len(d.Chain) == 0 {
			d = evidence.DetailOf[evidence.Handshake](p)
		}
	}
	if len(d.Chain) == 0 {
		return "; the certificate is encrypted (TLS 1.3) and could not be looked at"
	}
	return "; leaf " + quoted(d.Chain[0].Subject) + " issued by " + quoted(d.Chain[0].Issuer) + productOfChain(d)
}
