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

// day in relative dates of Worlds.
const day = 24 * time.Hour

// tlsChain are the rows about handshakes that completed: what was presented.
func tlsChain() []diagnosis.Entry {
	return slices.Concat(interceptions(), validity(), authorities())
}

// sso puts a certificate's fault on the token server alone.
func sso(c fault.Certificate) []fault.Fault {
	c.Host = "sso.redhat.com"
	return []fault.Fault{c}
}

// interceptions are the rows about chains that something on the way made.
func interceptions() []diagnosis.Entry {
	return []diagnosis.Entry{
		chainRow("tls-intercepted-untrusted", diagnosis.Error, diagnosis.HostAdmin,
			"TLS to {hosts} is intercepted, and the client does not trust the interceptor",
			"A proxy or firewall on the way decrypts TLS and signs certificates of its own{product}. The client's trust store does not hold its CA.",
			"exempt {targets} from TLS inspection (preferred), or put the CA {ca} into the client's trust store and restart the daemon",
			[]string{"failures E2: containers/podman#24773, abiosoft/colima#256", "interception 1.1"},
			fault.World{Title: "TLS is inspected with a CA that the client does not know",
				Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, Issuer: "interceptor"}}},
			fault.World{Title: "one host is inspected, and the leaf carries its CA's key", Direct: true,
				Faults: sso(fault.Certificate{Issuer: "interceptor", CAKey: true})},
			fault.World{Title: "one host is inspected", Faults: sso(fault.Certificate{Issuer: "interceptor"})}),
		interceptedTrusted(),
	}
}

// validity are the rows about dates and name.
func validity() []diagnosis.Entry {
	return []diagnosis.Entry{
		chainRow("tls-certificate-expired", diagnosis.Error, diagnosis.NetworkTeam,
			"the certificate of {hosts} has expired",
			"The leaf is past its end by this host's clock. If this host's clock is wrong, many hosts fail alike.",
			"check this host's clock first; then have the certificate of {targets} renewed by whoever presents it",
			[]string{"failures E6, E7: containers/podman#17921", "RFC 5280 section 4.1.2.5"},
			fault.World{Title: "the certificate has expired", Faults: sso(fault.Certificate{NotBefore: -90 * day, NotAfter: -day})}),
		chainRow("tls-certificate-not-yet-valid", diagnosis.Error, diagnosis.HostAdmin,
			"the certificate of {hosts} is not valid yet",
			"The leaf begins in the future by this host's clock. Most often that clock is behind.",
			"check this host's clock (NTP, 123/udp); if it is right, have the certificate's issuer looked at",
			[]string{"failures E6: containers/podman-desktop#1713", "RFC 5280 section 4.1.2.5"},
			fault.World{Title: "the certificate begins tomorrow", Faults: sso(fault.Certificate{NotBefore: day, NotAfter: 60 * day})}),
		chainRow("tls-name-mismatch", diagnosis.Error, diagnosis.NetworkTeam,
			"the certificate presented for {hosts} is for another name",
			"It is valid for {names}. Something else than the host answered: a block page, an appliance under its own name, or a wrong address.",
			"find what answers for {targets} at {peers}; do not install its CA",
			[]string{"failures E3, B7: moby/moby#33154, docker/for-linux#994", "RFC 9525 section 6"},
			fault.World{Title: "an appliance presents its own certificate",
				Faults: sso(fault.Certificate{Issuer: "interceptor", Names: []string{"FG100E0000000001.corp.example"}})}),
	}
}

// authorities are the rows about who signed.
func authorities() []diagnosis.Entry {
	private := []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150", Private: true}}
	return []diagnosis.Entry{
		chainRow("tls-self-signed", diagnosis.Error, diagnosis.NetworkTeam,
			"{hosts} presents a self-signed certificate",
			"One certificate that signs itself is no chain: a device's own certificate, a test server, or a registry set up so.",
			"find what answers for {targets} at {peers}; for a registry of your own, give it a certificate of your CA",
			[]string{"failures E25", "RFC 5280 section 6.1"},
			fault.World{Title: "a self-signed certificate is presented", Faults: sso(fault.Certificate{Issuer: "self"})}),
		chainRow("tls-incomplete-chain", diagnosis.Error, diagnosis.RegistryOperator,
			"{hosts} leaves out the intermediate certificate",
			"The presented chain stops at a certificate issued by {issuer}, which was not sent and is in no store. Browsers fetch it; container clients do not.",
			"have the server, or the proxy that presents this chain, send the intermediate certificate {issuer}",
			[]string{"failures E5: docker/desktop-feedback#40, measured: same text as interception", "RFC 8446 section 4.4.2"},
			fault.World{Title: "the intermediate certificate is missing", Faults: sso(fault.Certificate{OmitIntermediate: true})}),
		chainRow("tls-trust-store-lacks-public-roots", diagnosis.Error, diagnosis.HostAdmin,
			"the client's trust store lacks the public root that {hosts} needs",
			"The chain is sound for the public web (root {ca}), and the client's store does not hold that root: an empty, old or replaced store.",
			"install or update the CA certificates of this host (package ca-certificates), and check SSL_CERT_FILE and SSL_CERT_DIR",
			[]string{"failures E24: docker/docs#25124", "interception 1, method a (the reverse)"},
			fault.World{Title: "the client's trust store is empty", EmptyStore: true}),
		chainRow("tls-unknown-authority", diagnosis.Error, diagnosis.HostAdmin,
			"the authority behind {hosts} is unknown",
			"The chain ends in {anchor}, which is neither a public root nor in the client's store. For a registry with a company's own CA that is normal before the CA is installed.",
			"if {ca} is your company's CA, put it into the client's trust store; if not, find out who presents it",
			[]string{"failures E2, E21", "containers-certs.d(5)"},
			fault.World{Title: "a private registry under a CA that is not installed", Direct: true, Hosts: private,
				Targets: []string{"registry.corp.example"},
				Faults:  []fault.Fault{fault.Certificate{Host: "registry.corp.example", Issuer: "private"}}}),
	}
}

func chainRow(code string, severity diagnosis.Severity, audience diagnosis.Audience, title, means, remedy string, cite []string, world fault.World, also ...fault.World) diagnosis.Entry {
	return diagnosis.Entry{
		Code: code, Since: since, Layer: diagnosis.TLS, Severity: severity, Strength: diagnosis.Proven, Audience: audience,
		Title: title, Seen: "{peers}: chain of {length}, leaf {leaf} issued by {issuer}, anchor {anchor}; {text}{proof}",
		Means: means, Remedy: remedy, Cite: cite,
		Values: []string{"peers", "leaf", "issuer", "length", "anchor", "text", "names", "product", "proof", "ca"},
		Needs:  []evidence.Op{evidence.OpHandshake}, After: wrongAddress(),
		Match:   func(v *diagnosis.View) []diagnosis.Match { return matchChain(v, code) },
		Provoke: world, Also: also,
	}
}

func interceptedTrusted() diagnosis.Entry {
	e := chainRow("tls-intercepted-trusted", diagnosis.Warning, diagnosis.ProxyAdmin,
		"TLS to {hosts} is intercepted, with a CA that the client trusts",
		"A proxy or firewall on the way decrypts TLS{product}. Pulls work as long as it neither alters nor blocks what passes, and it sees credentials and tokens.",
		"exempt {targets} from TLS inspection; if policy forbids that, nothing has to change for the pull",
		[]string{"interception 1.1", "failures E23: abiosoft/colima#624"},
		fault.World{Title: "TLS is inspected with a CA that the client trusts", TrustInterceptor: true,
			Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, Issuer: "interceptor"}}})
	// What was found inside the intercepted connection says more about the same device.
	e.After = append(e.After, "http-block-page", "http-redirected-elsewhere", "http-gateway-error", "http-body-altered")
	return e
}

func matchChain(v *diagnosis.View, code string) []diagnosis.Match {
	hops := v.Hops(evidence.OpHandshake, func(h evidence.Hop) bool {
		return h.OnPath() && h.Role != evidence.Proxy && chainCode(v, h) == code
	})
	groups := diagnosis.Group(hops, func(h evidence.Hop) string {
		d := evidence.DetailOf[evidence.Handshake](h)
		if strings.HasPrefix(code, "tls-intercepted") {
			return d.Anchor.SPKI
		}
		return d.Anchor.SPKI + h.Via + string(h.Kind())
	})
	return matchEachWith(groups, func(g []evidence.Hop) diagnosis.Match {
		m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: chainValues(g)}
		if strings.HasPrefix(code, "tls-intercepted") {
			m.Strength = interceptionStrength(g)
		}
		return m
	})
}

func chainValues(g []evidence.Hop) map[string]string {
	d := evidence.DetailOf[evidence.Handshake](g[0])
	out := map[string]string{"peers": far(g), "length": count(len(d.Chain), "certificate"), "anchor": anchorName(d),
		"text": cmpOr(reason(g[0]), "the client accepts it"), "product": productOfChain(d), "proof": proof(g), "ca": quoted(d.Anchor.Subject)}
	if len(d.Chain) > 0 {
		leaf := d.Chain[0]
		out["leaf"], out["issuer"] = quoted(leaf.Subject), quoted(leaf.Issuer)
		out["names"] = cmpOr(strings.Join(leaf.Names, ", "), leaf.SubjectCN)
	}
	return out
}

func anchorName(d evidence.Handshake) string {
	if d.Anchor.Kind == evidence.AnchorMissing {
		return "missing"
	}
	return quoted(d.Anchor.Subject) + " (" + map[string]string{
		evidence.AnchorPublic: "a public root", evidence.AnchorLocal: "in this host's store only",
		evidence.AnchorPresented: "presented by the peer, in no store"}[d.Anchor.Kind] + ")"
}

// chainCode gives a completed handshake its one code, empty for a sound one
// (CONTRACT.md 4.3).
func chainCode(v *diagnosis.View, h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Handshake](h)
	if len(d.Chain) == 0 || h.State == evidence.Skipped {
		return ""
	}
	nameOK, _ := d.Judged("client", "name")
	datesOK, _ := d.Judged("client", "dates")
	switch {
	case !nameOK:
		return "tls-name-mismatch"
	case intercepted(v.Target(h.Target), d) && (!h.FailedWith() || h.FailedWith(evidence.Untrusted)):
		if h.FailedWith() {
			return "tls-intercepted-untrusted"
		}
		return "tls-intercepted-trusted"
	case !h.FailedWith():
		return ""
	case !datesOK && h.FailedWith(evidence.NotYetValid):
		return "tls-certificate-not-yet-valid"
	case !datesOK:
		return "tls-certificate-expired"
	case len(d.Chain) == 1 && d.Chain[0].SelfSigned:
		return "tls-self-signed"
	case d.Anchor.Kind == evidence.AnchorPublic:
		return "tls-trust-store-lacks-public-roots"
	case d.Anchor.Kind == evidence.AnchorMissing && len(d.Chain) == 1:
		return "tls-incomplete-chain"
	}
	return "tls-unknown-authority"
}

// intercepted: a public host whose chain ends in a certificate that the peer
// sent or that only this machine knows, and whose leaf no transparency log has
// seen. A lone self-signed certificate is a device's own.
func intercepted(t evidence.Target, d evidence.Handshake) bool {
	lone := len(d.Chain) == 1 && d.Chain[0].SelfSigned
	local := d.Anchor.Kind == evidence.AnchorPresented || d.Anchor.Kind == evidence.AnchorLocal
	return t.Public && local && d.SCTs == 0 && !lone
}

// interceptionStrength is proven when the leaf carries its issuer's key, or one
// anchor signs for hosts of different owners.
func interceptionStrength(g []evidence.Hop) diagnosis.Strength {
	if proof(g) != "" {
		return diagnosis.Proven
	}
	return diagnosis.Likely
}

func proof(g []evidence.Hop) string {
	var owners []string
	for _, h := range g {
		d := evidence.DetailOf[evidence.Handshake](h)
		if d.LeafKeySigned {
			return "; the leaf carries its issuer's own key"
		}
		if o := owner(d.ServerName); !slices.Contains(owners, o) {
			owners = append(owners, o)
		}
	}
	if len(owners) > 1 {
		return "; one anchor signs for hosts of different owners: " + strings.Join(owners, ", ")
	}
	return ""
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

// productOfChain names the product of a forged chain, in brackets for a
// sentence, empty where nothing tells. A mark from memory alone names nothing.
func productOfChain(d evidence.Handshake) string {
	if m, ok := product.Best(product.OfChain(d.Chain)); ok && m.Grade != product.Memory {
		return " (" + m.Name + ", by its issuer)"
	}
	return ""
}
