package catalogue

import (
	"slices"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/product"
)

// interceptions are the rows about chains that something on the way made.
func interceptions() []diagnosis.Entry {
	return []diagnosis.Entry{
		chainRow("tls-intercepted-untrusted", diagnosis.Error, diagnosis.HostAdmin,
			"TLS to {hosts} is intercepted, and the client does not trust the interceptor",
			"A proxy or firewall on the way decrypts TLS and signs certificates of its own{product}. The client's trust store does not hold its CA.",
			"exempt {targets} from TLS inspection (preferred), or have the CA {ca} trusted: {install}",
			[]string{"failures E2: containers/podman#24773, abiosoft/colima#256", "interception 1.1"},
			fault.World{Title: "TLS is inspected with a CA that the client does not know",
				Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, Issuer: "interceptor"}}},
			fault.World{Title: "one host is inspected, and the leaf carries its CA's key", Direct: true,
				Faults: sso(fault.Certificate{Issuer: "interceptor", CAKey: true})},
			fault.World{Title: "an interceptor signs with its authority's key and presents the leaf alone",
				Faults: sso(fault.Certificate{Issuer: "interceptor", CAKey: true, OmitIntermediate: true})},
			fault.World{Title: "one host is inspected", Faults: sso(fault.Certificate{Issuer: "interceptor"})},
			fault.World{Title: "one host is inspected, and the leaf carries the genuine one's timestamps", Direct: true,
				Faults: sso(fault.Certificate{Issuer: "interceptor", CopiedTimestamps: true})},
			fault.World{Title: "TLS is inspected, and the CA is installed for another client",
				Env: fault.Canonical(), Files: map[string]string{dockerUnit: plainUnit, dockerDropIn: dropIn(fault.ProxyURL),
					"/etc/docker/certs.d/registry.redhat.io/ca.crt": fault.InterceptorCA, "/usr/bin/podman": "no ELF",
					"/etc/containers/certs.d/registry.redhat.io/README": "nothing yet", "/etc/pki/ca-trust/source/anchors/README": "see update-ca-trust(8)"},
				Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, Issuer: "interceptor"}}},
			fault.World{Title: "one host is inspected, and the proxy forges a certificate for a name that cannot exist", Deep: true,
				Faults: append(sso(fault.Certificate{Issuer: "interceptor"}), fault.Connect{Host: invalidHost, Effect: fault.Forge})}),
		interceptedTrusted(),
		interceptedBroken(),
	}
}

// interceptedBroken is about interceptors whose certificates nobody should come
// to accept: the remedy is never to trust their authority.
func interceptedBroken() diagnosis.Entry {
	inspected := func(c fault.Certificate) []fault.Fault {
		c.Host, c.Issuer = fault.Everyone, "interceptor"
		return []fault.Fault{c}
	}
	e := chainRow("tls-intercepted-broken", diagnosis.Error, diagnosis.ProxyAdmin,
		"TLS to {hosts} is intercepted, and the interceptor's certificates are broken",
		"{broken}. The device on the way{product} is at fault; trusting its CA would hide the fault and not mend it.",
		"have {targets} exempted from TLS inspection, or the device repaired ({repair}); do not install its CA for this",
		[]string{"failures E7: docker/desktop-feedback#40", "interception 0 (3) and 2.1: Forward Untrust, Fortinet_CA_Untrusted, squid ssl/gadgets.cc; e2guardian OptionContainer.cpp"},
		fault.World{Title: "the interceptor could not verify the origin and says so", TrustInterceptor: true,
			Faults: inspected(fault.Certificate{Organization: "Fortinet", CommonName: "Fortinet_CA_Untrusted"})},
		fault.World{Title: "the interceptor's leaves have expired", Faults: inspected(fault.Certificate{NotBefore: -90 * day, NotAfter: -day})},
		fault.World{Title: "the interceptor's clock is ahead", TrustInterceptor: true, Direct: true,
			Faults: inspected(fault.Certificate{NotBefore: day, NotAfter: 60 * day})},
		fault.World{Title: "the interceptor's authority has expired", Direct: true,
			Faults: sso(fault.Certificate{Issuer: "interceptor", ExpiredAuthority: true})},
		fault.World{Title: "the interceptor forges certificates without a subject alternative name", TrustInterceptor: true,
			Faults: inspected(fault.Certificate{NoNames: true})},
		fault.World{Title: "the interceptor signs with SHA-1", TrustInterceptor: true, Direct: true,
			Faults: inspected(fault.Certificate{SHA1: true})})
	e.Values = append(e.Values, "broken", "repair")
	return e
}

// interceptionCode names the kind of an interception, empty where the dates
// alone are wrong and this host's clock is why.
func interceptionCode(h evidence.Hop, clock skew) string {
	switch {
	case clock.explains(h):
		return ""
	case breakage([]evidence.Hop{h}, clock).what != "":
		return "tls-intercepted-broken"
	case !h.FailedWith():
		return "tls-intercepted-trusted"
	case h.FailedWith(evidence.Untrusted):
		return "tls-intercepted-untrusted"
	}
	return ""
}

// damage is what makes an interceptor's chain one that nobody should accept.
type damage struct {
	what, repair string
	strength     diagnosis.Strength
}

// breakage looks for it in the chain of a group's first hop. Dates are facts;
// that a name says untrusted is a word of the product's, so it is likely.
func breakage(g []evidence.Hop, clock skew) damage {
	d := evidence.DetailOf[evidence.Handshake](g[0])
	now := clock.at(g[0].At)
	for i, c := range d.Chain {
		who := "its authority " + quoted(c.Subject)
		if i == 0 {
			who = "the certificate that it forged"
		}
		switch {
		case now.After(c.NotAfter):
			return damage{who + " expired at " + c.NotAfter.UTC().Format(time.RFC3339), "renew its certificate, set its clock (compare this host's first)", diagnosis.Proven}
		case now.Before(c.NotBefore):
			return damage{who + " begins only at " + c.NotBefore.UTC().Format(time.RFC3339), "set its clock (compare this host's first)", diagnosis.Proven}
		}
	}
	if what := spoiltForgery(g[0]); what != "" {
		return damage{what, "update it, or correct the template that it forges by", diagnosis.Proven}
	}
	for _, m := range product.OfChain(d.Chain) {
		if m.Untrust {
			return damage{"it signs with the authority that it keeps for origins that it could not verify itself, " + quoted(d.Chain[0].Issuer),
				"its own list of public roots may be old, or its way to the origin broken or intercepted in turn", diagnosis.Likely}
		}
	}
	return damage{}
}

// spoiltForgery says why no client would take a forged certificate whatever it
// trusts; empty where nothing of the kind is wrong.
func spoiltForgery(h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Handshake](h)
	switch {
	case namesInSubject(d):
		return "the certificate that it forged has no subject alternative name"
	case weakSignature(d) != "":
		return "it signs with " + weakSignature(d)
	case forbidden(d) != "":
		return forbidden(d)
	}
	return ""
}

func (b damage) write(m *diagnosis.Match) {
	m.Values["broken"], m.Values["repair"] = upper(b.what), b.repair
	if b.strength != diagnosis.Proven {
		m.Strength = b.strength
	}
}

// upper begins a sentence.
func upper(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func interceptedTrusted() diagnosis.Entry {
	e := chainRow("tls-intercepted-trusted", diagnosis.Warning, diagnosis.ProxyAdmin,
		"TLS to {hosts} is intercepted, with a CA that the client trusts",
		"A proxy or firewall on the way decrypts TLS{product}. Pulls work as long as it neither alters nor blocks what passes, and it sees credentials and tokens.",
		"exempt {targets} from TLS inspection; if policy forbids that, nothing has to change for the pull",
		[]string{"interception 1.1", "failures E23: abiosoft/colima#624"},
		fault.World{Title: "TLS is inspected with a CA that the client trusts", TrustInterceptor: true,
			Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, Issuer: "interceptor"}}},
		fault.World{Title: "TLS seems inspected, and --public-roots names a file with other roots", TrustInterceptor: true, PublicRootsFile: "corp-roots.pem",
			Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, Issuer: "interceptor"}}})
	// What was found inside the intercepted connection says more about the same device.
	e.After = append(e.After, "http-block-page", "http-redirected-elsewhere", "http-gateway-error", "http-closed", "http-body-altered",
		"http-proxy-auth-inside", "http-authorization-stripped", "http-method-blocked", "http-header-too-large")
	return e
}

// intercepted: a public host whose chain ends in a certificate that the peer
// sent or that only this machine knows, and whose leaf no transparency log has
// seen: it has no timestamp, or those of another certificate (docs/decisions/0019).
// One that its own key signs under another name is forged wherever the chain
// ends: mitmproxy sends nothing above it. A lone self-signed certificate is a
// device's own.
func intercepted(t evidence.Target, d evidence.Handshake) bool {
	lone := len(d.Chain) == 1 && d.Chain[0].SelfSigned
	local := d.Anchor.Kind == evidence.AnchorPresented || d.Anchor.Kind == evidence.AnchorLocal || d.LeafKeySigned
	return t.Public && local && (d.SCTs == 0 || d.Timestamps.Copied()) && !lone
}

// interceptionStrength is proven when something shows it that no origin does.
func interceptionStrength(v *diagnosis.View, g []evidence.Hop) diagnosis.Strength {
	if proof(v, g) != "" {
		return diagnosis.Proven
	}
	return diagnosis.Likely
}

// proof names what only an interceptor does (interception 1, methods b3, d2 to d4):
// the leaf carries its issuer's key or another certificate's timestamps, or one
// anchor, or one key, answers for hosts of different owners.
func proof(v *diagnosis.View, g []evidence.Hop) string {
	for _, h := range g {
		d := evidence.DetailOf[evidence.Handshake](h)
		if d.LeafKeySigned {
			return "; the leaf carries its issuer's own key"
		}
		if d.Timestamps.Copied() {
			return "; the leaf's transparency timestamps were copied from another certificate: no log's signature holds"
		}
	}
	if owners := ownersOf(g, func(evidence.Handshake) bool { return true }); len(owners) > 1 {
		return "; one anchor signs for hosts of different owners: " + diagnosis.List(owners)
	}
	return sharedKey(v, g[0])
}

// ownersOf lists the owners of the hosts whose handshakes are taken, each once.
func ownersOf(hops []evidence.Hop, take func(evidence.Handshake) bool) []string {
	hops = slices.DeleteFunc(slices.Clone(hops), func(h evidence.Hop) bool { return !take(evidence.DetailOf[evidence.Handshake](h)) })
	return distinct(hops, func(h evidence.Hop) string { return owner(evidence.DetailOf[evidence.Handshake](h).ServerName) })
}

// sharedKey looks for hosts of other owners that answer with the same key in
// another certificate: one certificate for many names is usual at a CDN.
func sharedKey(v *diagnosis.View, h evidence.Hop) string {
	own := evidence.DetailOf[evidence.Handshake](h).Chain[0]
	type byKey struct{}
	keys := diagnosis.Remember(v, byKey{}, func() map[string][]evidence.Hop {
		out := map[string][]evidence.Hop{}
		for _, o := range v.Hops(evidence.OpHandshake, evidence.Hop.OnPath) {
			if d := evidence.DetailOf[evidence.Handshake](o); d.Completed() {
				out[d.Chain[0].SPKI] = append(out[d.Chain[0].SPKI], o)
			}
		}
		return out
	})
	same := ownersOf(keys[own.SPKI], func(d evidence.Handshake) bool {
		return (d.Chain[0].SHA256 != own.SHA256 || d.ServerName == evidence.DetailOf[evidence.Handshake](h).ServerName)
	})
	if len(same) < 2 {
		return ""
	}
	return "; one key answers for hosts of different owners: " + diagnosis.List(same)
}

// owner is the registrable part of a name, taken as its last two labels. For
// names under a public suffix of two labels that joins different owners, and
// then proves less, never more.
func owner(name string) string {
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(name, ".")), ".")
	if len(labels) > 2 {
		labels = labels[len(labels)-2:]
	}
	return strings.Join(labels, ".")
}
