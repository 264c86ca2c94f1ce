package catalogue

import (
	"cmp"
	"slices"
	"strconv"
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
	return slices.Concat(clocks(), interceptions(), validity(), authorities(), []diagnosis.Entry{misused(), malformed(), compromised(), publicRootsSuspect()})
}

// sso puts a certificate's fault on the token server alone.
func sso(c fault.Certificate) []fault.Fault {
	c.Host = "sso.redhat.com"
	return []fault.Fault{c}
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
			"It is valid for {names}{product}. Something else than the host answered: a block page, an appliance under its own name, or a wrong address.",
			"find what answers for {targets} at {peers}; do not install its CA",
			[]string{"failures E3, B7: moby/moby#33154, docker/for-linux#994", "RFC 9525 section 6"},
			fault.World{Title: "an appliance presents its own certificate",
				Faults: sso(fault.Certificate{Issuer: "interceptor", Names: []string{"FG100E0000000001.corp.example"}})},
			fault.World{Title: "a firewall presents its own certificate in place of a blocked host's", Direct: true,
				Faults: sso(fault.Certificate{Issuer: "interceptor", Organization: "Fortinet", CommonName: "FortiGate CA", Names: []string{"FG3K6C3A15800021"}})}),
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
		incompleteChain(),
		chainRow("tls-trust-store-lacks-public-roots", diagnosis.Error, diagnosis.HostAdmin,
			"the client's trust store lacks the public root that {hosts} needs",
			"The chain is sound for the public web (root {ca}), and the client's store does not hold that root: an empty, old or replaced store.",
			"install or update the CA certificates of this host (package ca-certificates), and check SSL_CERT_FILE and SSL_CERT_DIR",
			[]string{"failures E24: docker/docs#25124", "interception 1, method a (the reverse)"},
			fault.World{Title: "the client's trust store is empty", EmptyStore: true}),
		chainRow("tls-unknown-authority", diagnosis.Error, diagnosis.HostAdmin,
			"the authority behind {hosts} is unknown",
			"The chain ends in {anchor}, which is neither a public root nor in the client's store. For a registry with a company's own CA that is normal before the CA is installed.",
			"find out who presents {ca}; if it is your company's CA, {install}",
			[]string{"failures E2, E21", "containers-certs.d(5)"},
			fault.World{Title: "a private registry under a CA that is not installed", Direct: true, Hosts: private,
				Targets: []string{"registry.corp.example"},
				Faults:  []fault.Fault{fault.Certificate{Host: "registry.corp.example", Issuer: "private"}}}),
	}
}

func chainRow(code string, severity diagnosis.Severity, audience diagnosis.Audience, title, means, remedy string, cite []string, world fault.World, also ...fault.World) diagnosis.Entry {
	return diagnosis.Entry{
		Code: code, Since: since, Layer: diagnosis.TLS, Severity: severity, Strength: diagnosis.Proven, Audience: audience,
		Title: title, Seen: "{peers}: chain of {length}, leaf {leaf} issued by {issuer}, anchor {anchor}; {text}{proof}{clients}",
		Means: means, Remedy: remedy, Cite: cite,
		Values: []string{"peers", "leaf", "issuer", "length", "anchor", "text", "names", "product", "proof", "ca", "clients", "install"},
		Needs:  []evidence.Op{evidence.OpHandshake, evidence.OpRequest}, After: append(wrongAddress(), "clock-skew"),
		Match:   func(v *diagnosis.View) []diagnosis.Match { return matchChain(v, code) },
		Provoke: world, Also: also,
	}
}

func matchChain(v *diagnosis.View, code string) []diagnosis.Match {
	clock := skewOf(v)
	hops := v.Hops(evidence.OpHandshake, func(h evidence.Hop) bool {
		return h.OnPath() && h.Role != evidence.Proxy && chainCode(v, h, clock) == code
	})
	groups := diagnosis.Group(hops, func(h evidence.Hop) string {
		d := evidence.DetailOf[evidence.Handshake](h)
		if strings.HasPrefix(code, "tls-intercepted") {
			return d.Anchor.SPKI
		}
		// What the clock explains stands apart from what it does not.
		return d.Anchor.SPKI + h.Via + string(h.Kind()) + strconv.FormatBool(clock.explains(h))
	})
	return matchEachWith(groups, func(g []evidence.Hop) diagnosis.Match {
		m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: chainValues(g)}
		writeTrust(v, g, &m)
		if strings.HasPrefix(code, "tls-intercepted") {
			m.Strength, m.Values["proof"] = interceptionStrength(v, g), proof(v, g)
			if words := suspectWords(v); !forgesInvalid(v, g, &m) && words != "" {
				m.Strength, m.Values["proof"] = diagnosis.Possible, m.Values["proof"]+words
			}
		}
		if code == "tls-intercepted-broken" {
			breakage(g, clock).write(&m)
		}
		switch code {
		case "tls-incomplete-chain":
			writeMissing(g, &m)
		case "tls-unknown-authority":
			m.Values["proof"] = weigh(v, g)
		case "tls-certificate-misused":
			m.Values["forbidden"] = forbidden(evidence.DetailOf[evidence.Handshake](g[0]))
		case "tls-compromised-authority":
			found, _ := leakedAuthority(evidence.DetailOf[evidence.Handshake](g[0]))
			m.Values["leaked"] = found.Name
		}
		return m
	})
}

func chainValues(g []evidence.Hop) map[string]string {
	d := evidence.DetailOf[evidence.Handshake](g[0])
	out := map[string]string{"peers": far(g), "length": count(len(d.Chain), "certificate"), "anchor": anchorName(d),
		"text": cmp.Or(reason(g[0]), "the client accepts it"), "product": productOfChain(d), "proof": "", "ca": quoted(d.Anchor.Subject)}
	if len(d.Chain) > 0 {
		leaf := d.Chain[0]
		out["leaf"], out["issuer"] = quoted(leaf.Subject), quoted(leaf.Issuer)
		out["names"] = cmp.Or(strings.Join(leaf.Names, ", "), leaf.SubjectCN)
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
func chainCode(v *diagnosis.View, h evidence.Hop, clock skew) string {
	d := evidence.DetailOf[evidence.Handshake](h)
	if !d.Completed() || h.State == evidence.Skipped {
		return ""
	}
	nameOK, _ := d.Judged("client", "name")
	if !nameOK && !namesInSubject(d) {
		return "tls-name-mismatch"
	}
	if _, ok := leakedAuthority(d); ok {
		return "tls-compromised-authority"
	}
	if intercepted(v.Target(h.Target), d) {
		if code := interceptionCode(h, clock); code != "" {
			return code
		}
	}
	return refusalCode(h, d)
}

// refusalCode names what is wrong with a chain that the client refused and
// nobody forged.
func refusalCode(h evidence.Hop, d evidence.Handshake) string {
	datesOK, _ := d.Judged("client", "dates")
	switch {
	case !h.FailedWith():
		return ""
	case namesInSubject(d):
		return "tls-certificate-malformed"
	case !datesOK && h.FailedWith(evidence.NotYetValid):
		return "tls-certificate-not-yet-valid"
	case !datesOK:
		return "tls-certificate-expired"
	case forbidden(d) != "":
		return "tls-certificate-misused"
	case weakSignature(d) != "":
		return "tls-certificate-malformed"
	case len(d.Chain) == 1 && d.Chain[0].SelfSigned:
		return "tls-self-signed"
	case d.Anchor.Kind == evidence.AnchorPublic:
		return "tls-trust-store-lacks-public-roots"
	case d.Completion != nil, d.Anchor.Kind == evidence.AnchorMissing && len(d.Chain) == 1:
		return "tls-incomplete-chain"
	}
	return "tls-unknown-authority"
}

// productOfChain names the product of a forged chain, in brackets for a
// sentence, empty where nothing tells. A mark from memory alone names nothing.
func productOfChain(d evidence.Handshake) string {
	if m, ok := product.Best(product.OfChain(d.Chain)); ok && m.Grade != product.Memory {
		return " (" + m.Name + ", by its issuer)"
	}
	return ""
}
