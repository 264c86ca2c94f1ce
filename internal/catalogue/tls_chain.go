package catalogue

import (
	"slices"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/words"
)

// tlsChain are the rows about handshakes that completed: what was presented.
func tlsChain() []diagnosis.Entry {
	return slices.Concat(clocks(), interceptions(), validity(), authorities(), []diagnosis.Entry{misused(), malformed(),
		compromised(), trustedInThisRunOnly(), publicRootsSuspect()})
}

// sso puts a certificate's fault on the token server alone.
func sso(c fault.Certificate) []fault.Fault {
	c.Host = "sso.redhat.com"
	return []fault.Fault{c}
}

// validity are the rows about dates and name.
func validity() []diagnosis.Entry {
	return []diagnosis.Entry{tlsCertificateExpired(), tlsCertificateNotYetValid(), tlsNameMismatch()}
}

func tlsCertificateExpired() diagnosis.Entry {
	return chainRow(diagnosis.Entry{
		Code: TLSCertificateExpired, Since: "0.1.0",
		Audience: diagnosis.RegistryOperator,
		Title:    "the certificate of {hosts} has expired",
		Means: "By this host's clock, the leaf certificate has expired. If this host's clock is wrong, other hosts fail in the " +
			"same way.",
		Remedy: "renew the certificate of {targets}",
		Or:     diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "set this host's clock, if that is what is wrong (date -u)"},
		Symptoms: []diagnosis.Symptom{
			{Text: `SSL certificate problem: certificate has expired`, Cite: printed},
			{Text: "x509: certificate has expired or is not yet valid", Cite: "https://github.com/containers/podman/issues/17921"},
		},
		Cite: []string{"https://github.com/containers/podman/issues/17921", "RFC 5280 section 4.1.2.5"},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(h.FailedWith() && !datesRight(h))
		},
		Provoke: fault.World{Title: "the certificate has expired", Faults: sso(fault.Certificate{NotBefore: -90 * day, NotAfter: -day})},
	})
}

func tlsCertificateNotYetValid() diagnosis.Entry {
	return chainRow(diagnosis.Entry{
		Code: TLSCertificateNotYetValid, Since: "0.1.0",
		Audience: diagnosis.HostAdmin,
		Title:    "the certificate of {hosts} is not valid yet",
		Means:    "By this host's clock, the leaf certificate is not valid yet. Most often that clock is behind.",
		Remedy:   "check this host's clock (NTP, 123/udp)",
		Or: diagnosis.Way{Audience: diagnosis.RegistryOperator,
			Remedy: "if the clock is right, have the certificate of {targets} reissued"},
		Symptoms: []diagnosis.Symptom{
			{Text: `SSL certificate problem: certificate is not yet valid`, Cite: printed},
			{Text: "x509: certificate has expired or is not yet valid", Cite: "https://github.com/containers/podman-desktop/issues/1713"},
		},
		Cite: []string{"https://github.com/containers/podman-desktop/issues/1713", "RFC 5280 section 4.1.2.5"},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(h.FailedWith(evidence.NotYetValid) && !datesRight(h))
		},
		Provoke: fault.World{Title: "the certificate begins tomorrow", Faults: sso(fault.Certificate{NotBefore: day, NotAfter: 60 * day})},
	})
}

func tlsNameMismatch() diagnosis.Entry {
	return chainRow(diagnosis.Entry{
		Code: TLSNameMismatch, Since: "0.1.0",
		Audience: diagnosis.NetworkTeam,
		Title:    "the certificate presented for {hosts} is for another name",
		Means: "It is valid for {names}{product}. Either something else answers in the host's place (a block page, an appliance, " +
			"or another server at a wrong address), or the host presents a certificate without its own name.",
		Remedy: "find what answers for {targets} at {peers}; do not install its CA",
		Symptoms: []diagnosis.Symptom{
			{Text: "x509: certificate is valid for …, not …", Cite: "https://github.com/moby/moby/issues/33154"},
			{Text: "certificate is not valid for any names, but wanted to match …", Cite: "https://github.com/sameersbn/docker-squid/issues/12"},
		},
		Cite: []string{
			"https://github.com/moby/moby/issues/33154",
			"https://github.com/docker/for-linux/issues/994",
			"RFC 9525 section 6",
		},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			d := evidence.DetailOf[evidence.Handshake](h)
			right, _ := d.Judged(evidence.StoreClient, evidence.AspectName)
			return when(!right && !namesInSubject(d))
		},
		Values: []string{"wanted", "host", "fits"},
		Needs:  []evidence.Op{evidence.OpResolve},
		Refine: refineMismatch,
		Provoke: fault.World{Title: "an appliance presents its own certificate",
			Faults: sso(fault.Certificate{Issuer: "interceptor", Names: []string{"FG100E0000000001.corp.example"}})},
		Also: []fault.World{
			{Title: "a firewall presents its own certificate in place of a blocked host's", Direct: true,
				Faults: sso(fault.Certificate{Issuer: "interceptor", Organization: "Fortinet", CommonName: "FortiGate CA",
					Names: []string{"FG3K6C3A15800021"}})},
			{Title: "an ingress has no certificate for the host", Direct: true,
				Faults: sso(fault.Certificate{Issuer: "self", CommonName: "Kubernetes Ingress Controller Fake Certificate",
					Organization: "Acme Co", Names: []string{"ingress.local"}})},
			{Title: "the host is an alias of a public service whose certificate lacks its name", Direct: true,
				Faults: append(sso(fault.Certificate{Names: []string{"*.store.cloud.example"}}), fault.DNS{Name: "sso.redhat.com", Rcode: "NOERROR",
					Alias: "sso.store.cloud.example", Addresses: []string{"203.0.113.102"}})},
			{Title: "the name server leads two hosts to a block page under its own name", Direct: true, Targets: []string{fault.Image},
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NOERROR", Addresses: []string{"203.0.113.116"}},
					fault.DNS{Name: "sso.redhat.com", Rcode: "NOERROR", Addresses: []string{"203.0.113.116"}},
					fault.Certificate{Host: "cdn06.quay.io", Issuer: "interceptor", Names: []string{"blockpage.corp.example"}},
					fault.HTTP{Host: "cdn06.quay.io", Status: 403, Headers: []string{"Content-Type: text/html"},
						Body: "<html><head><title>Web page blocked</title></head><body>This site is blocked by policy.</body></html>"}}},
		},
	})
}

// authorities are the rows about who signed.
func authorities() []diagnosis.Entry {
	return []diagnosis.Entry{tlsSelfSigned(), incompleteChain(), tlsTrustStoreLacksPublicRoots(), tlsUnknownAuthority()}
}

func tlsSelfSigned() diagnosis.Entry {
	return chainRow(diagnosis.Entry{
		Code: TLSSelfSigned, Since: "0.1.0",
		Audience: diagnosis.NetworkTeam,
		Title:    "{hosts} presents a self-signed certificate",
		Means: "A single certificate that signs itself is not a chain. It may be a device's own certificate, that of a test " +
			"server, or that of a registry that is configured this way.",
		Remedy: "find what answers for {targets} at {peers}; for a registry of your own, give it a certificate of your CA",
		Symptoms: []diagnosis.Symptom{
			{Text: `SSL certificate problem: self-signed certificate`, Cite: printed},
			{Text: "x509: certificate signed by unknown authority", Cite: "docs/field-notes.md#certificates"},
		},
		Cite: []string{"docs/field-notes.md#certificates", "RFC 5280 section 6.1"},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			chain := evidence.DetailOf[evidence.Handshake](h).Chain
			return when(h.FailedWith() && len(chain) == 1 && chain[0].SelfSigned)
		},
		Provoke: fault.World{Title: "a self-signed certificate is presented", Faults: sso(fault.Certificate{Issuer: "self"})},
	})
}

func tlsTrustStoreLacksPublicRoots() diagnosis.Entry {
	return chainRow(diagnosis.Entry{
		Code: TLSTrustStoreLacksPublicRoots, Since: "0.1.0",
		Audience: diagnosis.HostAdmin,
		Title:    "the client's trust store lacks the public root that {hosts} needs",
		Means: "The chain is valid for the public web (root {ca}), and the client's store does not hold that root: it may be " +
			"empty, old or replaced.",
		Remedy: "{renew}",
		Values: []string{"renew"},
		Refine: func(v *diagnosis.View, _ []evidence.Hop, m *diagnosis.Match) {
			m.Values["renew"] = renewRoots(v.Vantage().OS)
		},
		Symptoms: []diagnosis.Symptom{
			{Text: `SSL certificate problem: unable to get local issuer certificate`, Cite: printed},
			{Text: "x509: certificate signed by unknown authority", Cite: "https://github.com/docker/docs/issues/25124"},
		},
		Cite: []string{"https://github.com/docker/docs/issues/25124", "docs/field-notes.md#chains"},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(h.FailedWith() && evidence.DetailOf[evidence.Handshake](h).Anchor.Kind == evidence.AnchorPublic)
		},
		Provoke: fault.World{Title: "the client's trust store is empty", EmptyStore: true},
	})
}

// renewRoots is how a host of a system gets the roots of the public web.
func renewRoots(os string) string {
	switch os {
	case "windows":
		return "let Windows Update renew the roots, or certutil -generateSSTFromWU roots.sst and certutil -addstore AuthRoot roots.sst"
	case "darwin":
		return "update macOS, which brings the roots; for an engine in a machine update that"
	}
	return "install or update the CA certificates of this host (package ca-certificates), and check SSL_CERT_FILE and SSL_CERT_DIR"
}

func tlsUnknownAuthority() diagnosis.Entry {
	private := []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150", Private: true}}
	return chainRow(diagnosis.Entry{
		Code: TLSUnknownAuthority, Since: "0.1.0",
		Audience: diagnosis.HostAdmin,
		Title:    "the authority behind {hosts} is unknown",
		Means: "The chain ends in {anchor}, which is not a public root and not in the client's store. For a registry with a " +
			"company's own CA that is normal before the CA is installed.",
		Remedy: "find out who presents {ca}; if it is your company's CA, {install}",
		Symptoms: []diagnosis.Symptom{
			{Text: `SSL certificate problem: unable to get local issuer certificate`, Cite: printed},
			{Text: `SSL certificate problem: self-signed certificate in certificate chain`, Cite: printed},
			{Text: "x509: certificate signed by unknown authority", Cite: "internal/oracle/network_test.go"},
		},
		Cite:   []string{"https://github.com/moby/moby/issues/39869", "containers-certs.d(5)"},
		When:   func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match { return when(h.FailedWith()) },
		Refine: refineUnknown,
		Provoke: fault.World{Title: "a private registry under a CA that is not installed", Direct: true, Hosts: private,
			Targets: []string{"registry.corp.example"},
			Faults:  []fault.Fault{fault.Certificate{Host: "registry.corp.example", Issuer: "private"}}},
		Also: []fault.World{{Title: "the CA of two registries stands in podman's folder for one of them", Direct: true, Anonymous: true,
			Flags:   asClient("podman"),
			Targets: []string{"registry.corp.example", "harbor.corp.example"},
			Hosts: append(slices.Clone(private),
				fault.Host{Name: "harbor.corp.example", Role: "registry", Address: "203.0.113.151", Private: true}),
			Files: map[string]string{"/etc/containers/certs.d/harbor.corp.example/ca.crt": fault.InterceptorCA},
			Faults: []fault.Fault{fault.Certificate{Host: "registry.corp.example", Issuer: "interceptor"},
				fault.Certificate{Host: "harbor.corp.example", Issuer: "interceptor"}}}},
	})
}

// chains are the rows about what a handshake presented. A wrong name and a key that everybody
// has say what it is, whoever signed; then who signed; and of a chain that nobody forged
// and the client refuses, what is wrong with it (docs/rules.md, rule 3).
var chains = diagnosis.Family{Name: "presented chain", Order: []diagnosis.Code{
	TLSNameMismatch,
	TLSCompromisedAuthority,
	TLSInterceptedBroken,
	TLSInterceptedTrusted,
	TLSInterceptedUntrusted,
	TLSCertificateMalformed,
	TLSCertificateNotYetValid,
	TLSCertificateExpired,
	TLSCertificateMisused,
	TLSSelfSigned,
	TLSTrustStoreLacksPublicRoots,
	TLSIncompleteChain,
	TLSUnknownAuthority, // whatever else the client refuses
}}

// refusedChains are the causes that end a pull before its first request, whoever answers behind
// them: what is said there to a probe is no second cause. An interceptor that is not trusted is
// none of them, since its page tells whether the host is allowed at all.
func refusedChains() []diagnosis.Code {
	return []diagnosis.Code{TLSNameMismatch, TLSCertificateMalformed, TLSCertificateNotYetValid, TLSCertificateExpired,
		TLSCertificateMisused, TLSSelfSigned, TLSTrustStoreLacksPublicRoots, TLSIncompleteChain, TLSUnknownAuthority}
}

// chainRow is a row of the family about a handshake that completed.
func chainRow(e diagnosis.Entry) diagnosis.Entry {
	takes := e.When
	e.When = func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
		if !evidence.DetailOf[evidence.Handshake](h).Completed() {
			return nil
		}
		return takes(v, h)
	}
	return chainRowOf(shared(diagnosis.Entry{
		Layer: diagnosis.TLS, Severity: diagnosis.Error, Strength: diagnosis.Proven,
		Seen: "{peers}: chain of {length}, leaf {leaf} issued by {issuer}, ends in {anchor}; {text}{proof}{clients}",
		Values: []string{"peers", "leaf", "issuer", "length", "anchor", "text", "names", "product", "proof", "ca", "clients",
			"install"},
		Needs: []evidence.Op{evidence.OpHandshake, evidence.OpRequest},
		After: append(wrongAddress(), ClockSkew, ClientTrustMisplaced),
	}, e))
}

// chainRowOf is a row of the family that says everything else itself.
func chainRowOf(e diagnosis.Entry) diagnosis.Entry {
	e.Family = &chains
	e.Match = func(v *diagnosis.View) []diagnosis.Match {
		out := takenBy(v, e, shownChains(v), func(h evidence.Hop) string { return chainKey(v, h) },
			func(g []evidence.Hop) diagnosis.Match { return chainMatch(v, g) })
		return accepted(v, e, out)
	}
	return e
}

// accepted makes a warning of what is wrong with a chain that the client takes as it was told to take
// any: it breaks no pull.
func accepted(v *diagnosis.View, e diagnosis.Entry, list []diagnosis.Match) []diagnosis.Match {
	for i, m := range list {
		taken := e.Severity == diagnosis.Error && len(m.Hops) > 0
		for _, id := range m.Hops {
			h, _ := v.Hop(id)
			taken = taken && (h.Op != evidence.OpHandshake || h.State == evidence.OK && evidence.DetailOf[evidence.Handshake](h).Unverified)
		}
		if taken {
			list[i].Severity = diagnosis.Warning
		}
	}
	return list
}

// interceptions are the rows about chains that something on the way made.
func interceptions() []diagnosis.Entry {
	return []diagnosis.Entry{tlsInterceptedUntrusted(), interceptedTrusted(), interceptedBroken()}
}

func tlsInterceptedUntrusted() diagnosis.Entry {
	return chainRow(diagnosis.Entry{
		Code: TLSInterceptedUntrusted, Since: "0.1.0",
		Audience: diagnosis.ProxyAdmin,
		Title:    "TLS to {hosts} is intercepted, and the client does not trust the interceptor",
		Means: "A proxy or firewall on the way decrypts TLS and signs certificates of its own{product}. The client's trust store " +
			"does not hold its CA.",
		Remedy:  "exempt {targets} from TLS inspection for {source}",
		Or:      diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "trust the CA {ca}: {install}"},
		Changes: []diagnosis.Change{diagnosis.ExemptInspection, diagnosis.Mend},
		Symptoms: []diagnosis.Symptom{
			{Text: `SSL certificate problem: self-signed certificate in certificate chain`, Cite: printed},
			{Text: "x509: certificate signed by unknown authority", Cite: "https://github.com/containers/podman/issues/13330"},
		},
		Cite: []string{
			"https://github.com/containers/podman/issues/24773",
			"https://github.com/abiosoft/colima/issues/256",
			"docs/field-notes.md#chains",
		},
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(forged(v, h) && h.FailedWith(evidence.Untrusted))
		},
		Group:  byAnchor,
		Refine: refineForged,
		Provoke: fault.World{Title: "TLS is inspected with a CA that the client does not know",
			Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, Issuer: "interceptor"}}},
		Also: []fault.World{
			{Title: "one host is inspected, and the leaf carries its CA's key", Direct: true,
				Faults: sso(fault.Certificate{Issuer: "interceptor", CAKey: true})},
			{Title: "an interceptor signs with its authority's key and presents the leaf alone",
				Faults: sso(fault.Certificate{Issuer: "interceptor", CAKey: true, OmitIntermediate: true})},
			{Title: "one host is inspected", Faults: sso(fault.Certificate{Issuer: "interceptor"})},
			{Title: "one host is inspected, and the leaf carries the genuine one's timestamps", Direct: true,
				Faults: sso(fault.Certificate{Issuer: "interceptor", CopiedTimestamps: true})},
			{Title: "TLS is inspected, and the CA is installed for another client",
				Flags: asClient("crane"), Env: fault.Canonical(), Files: map[string]string{dockerUnit: plainUnit, dockerDropIn: dropIn(fault.ProxyURL),
					"/etc/docker/certs.d/registry.redhat.io/ca.crt": fault.InterceptorCA, "/usr/bin/podman": "no ELF",
					"/etc/containers/certs.d/registry.redhat.io/README": "nothing yet",
					"/etc/pki/ca-trust/source/anchors/README":           "see update-ca-trust(8)"},
				Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, Issuer: "interceptor"}}},
			{Title: "one host is inspected, and the proxy forges a certificate for a name that cannot exist", Flags: []string{"--deep"},
				Faults: append(sso(fault.Certificate{Issuer: "interceptor"}), fault.Connect{Host: invalidHost, Effect: fault.Forge})},
		},
	})
}

// interceptedBroken is about interceptors whose certificates nobody should come
// to accept: the remedy is never to trust their authority.
func interceptedBroken() diagnosis.Entry {
	inspected := func(c fault.Certificate) []fault.Fault {
		c.Host, c.Issuer = fault.Everyone, "interceptor"
		return []fault.Fault{c}
	}
	return chainRow(diagnosis.Entry{
		Code: TLSInterceptedBroken, Since: "0.1.0",
		Audience: diagnosis.ProxyAdmin,
		Title:    "TLS to {hosts} is intercepted, and the interceptor's certificates are broken",
		Means:    "{broken}. The device on the way{product} is at fault; trusting its CA would hide the fault, not fix it.",
		Remedy:   "exempt {targets} from TLS inspection, or repair the device ({repair}); do not install its CA for this",
		Changes:  []diagnosis.Change{diagnosis.ExemptInspection},
		Symptoms: []diagnosis.Symptom{
			{Text: "x509: certificate has expired or is not yet valid", Cite: "https://github.com/docker/desktop-feedback/issues/40"},
			{Text: "certificate relies on legacy Common Name field, use SANs instead", Cite: "https://github.com/goharbor/harbor/issues/16971"},
			{Text: "cannot verify signature: insecure algorithm SHA1-RSA", Cite: "https://github.com/moby/moby/issues/15704"},
		},
		Cite: []string{
			"https://github.com/docker/desktop-feedback/issues/40",
			"docs/field-notes.md#chains (Forward Untrust, Fortinet_CA_Untrusted, Squid, e2guardian)",
		},
		Values: []string{"broken", "repair"},
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(forged(v, h) && breakage(h, skewOf(v)).what != "")
		},
		Group: byAnchor,
		Refine: func(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			refineForged(v, g, m)
			breakage(g[0], skewOf(v)).write(m)
		},
		Provoke: fault.World{Title: "the interceptor could not verify the origin and says so", TrustInterceptor: true,
			Faults: inspected(fault.Certificate{Organization: "Fortinet", CommonName: "Fortinet_CA_Untrusted"})},
		Also: []fault.World{
			{Title: "the interceptor's leaves have expired", Faults: inspected(fault.Certificate{NotBefore: -90 * day, NotAfter: -day})},
			{Title: "the interceptor's clock is ahead", TrustInterceptor: true, Direct: true,
				Faults: inspected(fault.Certificate{NotBefore: day, NotAfter: 60 * day})},
			{Title: "the interceptor's authority has expired", Direct: true,
				Faults: sso(fault.Certificate{Issuer: "interceptor", ExpiredAuthority: true})},
			{Title: "the interceptor forges certificates without a subject alternative name", TrustInterceptor: true,
				Faults: inspected(fault.Certificate{NoNames: true})},
			{Title: "the interceptor signs with SHA-1", TrustInterceptor: true, Direct: true,
				Faults: inspected(fault.Certificate{SHA1: true})},
		},
	})
}

func interceptedTrusted() diagnosis.Entry {
	return chainRow(diagnosis.Entry{
		Code: TLSInterceptedTrusted, Since: "0.1.0",
		Severity: diagnosis.Warning, Audience: diagnosis.ProxyAdmin,
		Title: "TLS to {hosts} is intercepted, with a CA that {truster} trusts",
		Means: "A proxy or firewall on the way decrypts TLS{product}. Pulls work as long as it does not alter or block what " +
			"passes. It can see credentials and tokens.",
		Remedy:  "exempt {targets} from TLS inspection; if policy forbids that, {asitis}",
		Values:  []string{"truster", "asitis"},
		Needs:   []evidence.Op{evidence.OpSetting},
		Changes: []diagnosis.Change{diagnosis.ExemptInspection},
		Cite:    []string{"docs/field-notes.md#chains", "https://github.com/abiosoft/colima/issues/624"},
		// What was found inside the intercepted connection says more about the same device.
		After: []diagnosis.Code{HTTPBlockPage, HTTPRedirectedElsewhere, HTTPGatewayError, HTTPClosed, HTTPBodyAltered,
			HTTPBlockedByOrigin, HTTPProxyAuthInside, HTTPAuthorizationStripped, HTTPMethodBlocked, HTTPHeaderTooLarge},
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(forged(v, h) && !h.FailedWith())
		},
		Group: byAnchor,
		Refine: func(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			refineForged(v, g, m)
			m.Values["truster"], m.Values["asitis"] = "the client", "the pull works as it is"
			if trustedByHostAlone(v) {
				m.Values["truster"], m.Values["asitis"] = "this host", "the machine of the client needs the CA too"
				m.Means = "A proxy or firewall on the way decrypts TLS. It can see credentials and tokens."
			}
		},
		Provoke: fault.World{Title: "TLS is inspected with a CA that the client trusts", TrustInterceptor: true,
			Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, Issuer: "interceptor"}}},
		Also: []fault.World{
			fault.WithForeignRoots(fault.World{Title: "TLS seems inspected, and --public-roots names a file with other roots",
				TrustInterceptor: true,
				Faults:           []fault.Fault{fault.Certificate{Host: fault.Everyone, Issuer: "interceptor"}}}),
		},
	})
}

// trustedByHostAlone tells that a remark says of the run's client that its machine is not given a CA
// of the host.
func trustedByHostAlone(v *diagnosis.View) bool {
	return len(v.Hops(evidence.OpSetting, func(h evidence.Hop) bool {
		return slices.ContainsFunc(setting(h).Remarks, func(r evidence.SettingRemark) bool { return r.Code == caOfHost })
	})) > 0
}

// incompleteChain is about chains that stop before a root. Another host of the
// run that presents what is missing proves it; without one a leaf by itself may
// also be that of a private root.
func incompleteChain() diagnosis.Entry {
	return chainRow(diagnosis.Entry{
		Code: TLSIncompleteChain, Since: "0.1.0",
		Audience: diagnosis.RegistryOperator,
		Title:    "the certificate of {hosts} has an issuer that was not sent and is in no store",
		Means: "The presented chain stops at a certificate whose issuer, {issuer}, was not sent and is in no store{missing}. " +
			"Browsers fetch it or have it stored; container clients do not.",
		Remedy: "have the server, or the proxy that presents this chain, send the intermediate certificate {issuer}{fetch}",
		Symptoms: []diagnosis.Symptom{
			{Text: `SSL certificate problem: unable to get local issuer certificate`, Cite: printed},
			{Text: "x509: certificate signed by unknown authority", Cite: "https://github.com/docker/desktop-feedback/issues/40"},
		},
		Cite: []string{
			"https://github.com/docker/desktop-feedback/issues/40",
			"internal/oracle/network_test.go",
			"RFC 8446 section 4.4.2",
			"RFC 5280 section 4.2.2.1",
		},
		Values: []string{"missing", "fetch"},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			d := evidence.DetailOf[evidence.Handshake](h)
			return when(h.FailedWith() && (d.Completion != nil || d.Anchor.Kind == evidence.AnchorMissing && len(d.Chain) == 1))
		},
		Refine:  refineIncomplete,
		Provoke: fault.World{Title: "the intermediate certificate is missing", Faults: sso(fault.Certificate{OmitIntermediate: true})},
		Also: []fault.World{
			{Title: "every host leaves out the intermediate certificate", Direct: true,
				Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, OmitIntermediate: true}}},
			{Title: "every host leaves out the intermediate certificate, which can be fetched", Direct: true, Flags: []string{"--deep"},
				Hosts:  append(fault.Hosts(), fault.Host{Name: "crt.public.example", Role: fault.IssuerRole, Address: "203.0.113.180"}),
				Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, OmitIntermediate: true}}},
		},
	})
}

// compromised is about authorities whose private key is public.
func compromised() diagnosis.Entry {
	return chainRow(diagnosis.Entry{
		Code: TLSCompromisedAuthority, Since: "0.1.0",
		Audience: diagnosis.HostAdmin,
		Title:    "TLS to {hosts} is signed by an authority whose private key is public",
		Means: "The chain ends in {leaked}. Whoever has its key can sign for any name and read what passes: a client that trusts " +
			"this authority trusts them all.",
		Remedy: "remove this CA from every trust store that has it, and find what answers for {targets}; do not install it",
		Symptoms: []diagnosis.Symptom{
			{Text: "x509: certificate signed by unknown authority", Cite: printed},
			{Text: "SSL certificate problem: self-signed certificate in certificate chain", Cite: printed},
		},
		Cite: []string{
			"internal/product/compromised.go",
			"https://github.com/chromium/chromium/blob/main/net/cert/cert_verify_proc_blocklist.inc",
		},
		Values: []string{"leaked"},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			_, leaked := leakedAuthority(evidence.DetailOf[evidence.Handshake](h))
			return when(leaked)
		},
		Refine: func(_ *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			found, _ := leakedAuthority(evidence.DetailOf[evidence.Handshake](g[0]))
			m.Values["leaked"] = found.Name
		},
		Provoke: fault.World{Title: "TLS is intercepted with a CA whose key everybody has",
			Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, Issuer: "goproxy"}}},
	})
}

// misused is about sound chains whose certificates may not be used for this: the
// leaf not for servers, or an authority not for this name.
func misused() diagnosis.Entry {
	return chainRow(diagnosis.Entry{
		Code: TLSCertificateMisused, Since: "0.1.0",
		Audience: diagnosis.RegistryOperator,
		Title:    "the certificate of {hosts} may not be used for that host",
		Means:    "The chain ends in a root that the client trusts, and {forbidden}.",
		Remedy:   "have the certificate that {targets} presents reissued for this use; no client setting helps",
		Symptoms: []diagnosis.Symptom{
			{Text: `SSL certificate problem: unsuitable certificate purpose`, Cite: printed},
			{Text: "certificate specifies an incompatible key usage", Cite: "docs/field-notes.md#certificates"},
			{Text: "parent certificate cannot sign this kind of certificate", Cite: "docs/field-notes.md#certificates"},
			{Text: "not authorized to sign for this name", Cite: "https://github.com/moby/moby/issues/31949"},
		},
		Cite: []string{
			"RFC 5280 sections 4.2.1.9, 4.2.1.10 and 4.2.1.12",
			"https://github.com/golang/go/blob/go1.26.8/src/crypto/x509/verify.go (IncompatibleUsage, CANotAuthorizedForThisName)",
		},
		Values: []string{"forbidden"},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(h.FailedWith() && forbidden(evidence.DetailOf[evidence.Handshake](h)) != "")
		},
		Refine: func(_ *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			m.Values["forbidden"] = forbidden(evidence.DetailOf[evidence.Handshake](g[0]))
			if d := evidence.DetailOf[evidence.Handshake](g[0]); d.Anchor.Kind == evidence.AnchorMissing {
				m.Values["anchor"] = "a root that the client trusts" // it is found only for chains that may be used
			}
		},
		Provoke: fault.World{Title: "the certificate is one for TLS clients", Faults: sso(fault.Certificate{ForClients: true})},
		Also: []fault.World{
			{Title: "the authority may sign for another domain only", Direct: true, Faults: sso(fault.Certificate{OnlyFor: "corp.example"})},
		},
	})
}

// malformed is about certificates whose form some clients refuse, whoever signed
// them.
func malformed() diagnosis.Entry {
	return chainRowOf(diagnosis.Entry{
		Code: TLSCertificateMalformed, Since: "0.1.0",
		Layer: diagnosis.TLS, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
		Title:  "the certificate of {hosts} has a form that clients refuse",
		Seen:   "{peers}: {text}{leaf}",
		Means:  "{what}. {refused}. Such certificates often come from inspecting proxies and old internal CAs.",
		Remedy: "have the certificate that {targets} presents reissued{until}",
		Symptoms: []diagnosis.Symptom{
			{Text: "failed to parse certificate from server: x509: negative serial number", Cite: "https://github.com/ollama/ollama/issues/10783"},
			{Text: "unhandled critical extension", Cite: "https://github.com/golang/go/blob/go1.26.8/src/crypto/x509/verify.go " +
				"(UnhandledCriticalExtension)"},
		},
		Cite: []string{
			"https://github.com/ollama/ollama/issues/10783",
			"https://github.com/docker/for-win/issues/14803",
			"https://github.com/golang/go/blob/go1.26.8/src/crypto/x509/parser.go",
			"https://go.dev/doc/go1.15 and https://go.dev/doc/go1.17 (common name)",
			"https://go.dev/doc/go1.18 and https://go.dev/doc/go1.24 (SHA-1)",
			"https://go.dev/doc/devel/release#go1.20.minor (1.20.7, size of RSA keys)",
			"https://go.dev/doc/go1.23 (negative serial)",
			"RFC 5280 sections 4.1.2.2 and 4.2.1.6",
		},
		Values: []string{"peers", "text", "leaf", "what", "refused", "until"},
		Needs:  []evidence.Op{evidence.OpHandshake, evidence.OpRequest},
		After:  append(beforeTLS(), ClockSkew),
		When:   takesMalformed,
		Group:  func(_ *diagnosis.View, h evidence.Hop) string { return reason(h) },
		Refine: refineMalformed,
		Provoke: fault.World{Title: "the certificate has a negative serial number",
			Faults: sso(fault.Certificate{Issuer: "interceptor", NegativeSerial: true})},
		Also: []fault.World{
			{Title: "the certificate has no subject alternative name", Faults: sso(fault.Certificate{NoNames: true})},
			{Title: "the certificate is signed with SHA-1", Direct: true, Faults: sso(fault.Certificate{SHA1: true})},
		},
	})
}

// publicRootsSuspect is about a file of --public-roots that does not hold what it
// stands for: a fault of the question, not of the network (docs/rules.md, rule 3).
// trustedInThisRunOnly is about what passes because the run was given a CA that the client
// under test does not have.
func trustedInThisRunOnly() diagnosis.Entry {
	private := []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150", Private: true}}
	return diagnosis.Entry{
		Code: TLSTrustedInThisRunOnly, Since: "0.1.0",
		Layer: diagnosis.TLS, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "the certificate of {whom} is trusted only because of {added}",
		Seen: "{peers} presented a chain that ends in {ca}; the client's own store does not lead there, and {added} adds it for this " +
			"run{clients}",
		Means:  "This run passes. A pull by {client} on this host refuses the same certificate, because its own store lacks the CA.",
		Remedy: "find out whose CA {ca} is; if it is your company's, {install}; then check again without {added}",
		Cite: []string{"docs/decisions/0053-what-a-run-adds-to-trust.md",
			"https://github.com/containers/image/blob/v5.36.2/docs/containers-certs.d.5.md"},
		Values: []string{"whom", "added", "peers", "ca", "clients", "client", "install"},
		Needs:  []evidence.Op{evidence.OpHandshake},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			var out []diagnosis.Match
			for _, g := range diagnosis.Group(v.Hops(evidence.OpHandshake, passesByAddition), givenAnchor) {
				out = append(out, givenMatch(v, g))
			}
			return out
		},
		Provoke: fault.WithGivenRoots(fault.World{Title: "a private registry whose CA the run is given and the client lacks", Direct: true,
			Hosts: private, Targets: []string{"registry.corp.example"},
			Faults: []fault.Fault{fault.Certificate{Host: "registry.corp.example", Issuer: "private"}}}, fault.OtherRoots),
		Also: []fault.World{
			fault.WithGivenRoots(behindTLS("the proxy speaks TLS under a CA that the run is given"), fault.OtherRoots),
		},
	}
}

func publicRootsSuspect() diagnosis.Entry {
	return diagnosis.Entry{
		Code: PublicRootsFileSuspect, Since: "0.1.0",
		Layer: diagnosis.TLS, Severity: diagnosis.Warning, Strength: diagnosis.Likely, Audience: diagnosis.HostAdmin,
		Title:  "the file of --public-roots does not hold the roots of the public web",
		Seen:   "{count} fail against {file} and hold against this host's own store; {logged}",
		Means:  "The client accepts what every host presents. Only this file says that none of it is public.",
		Remedy: "give the roots that stand for the public web here, or leave --public-roots out",
		Symptoms: []diagnosis.Symptom{
			{Text: "x509: certificate signed by unknown authority", Cite: "https://github.com/docker/docs/issues/25124"},
		},
		Cite:   []string{"docs/field-notes.md#chains"},
		Values: []string{"count", "file", "logged"},
		Needs:  []evidence.Op{evidence.OpHandshake},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops, suspect := suspectRoots(v)
			if !suspect {
				return nil
			}
			logged := len(slices.DeleteFunc(slices.Clone(hops),
				func(h evidence.Hop) bool { return evidence.DetailOf[evidence.Handshake](h).SCTs == 0 }))
			if logged == 0 {
				return nil // an interception of everything looks the same; its own row names the file
			}
			return []diagnosis.Match{{Hops: diagnosis.IDs(hops), Values: map[string]string{"count": words.Count(len(hops), "chain"),
				"file": v.Run().PublicRoots, "logged": "transparency logs know " + words.Count(logged, "leaf certificate") +
					", which they do of public authorities alone"}}}
		},
		Provoke: fault.WithForeignRoots(fault.World{Title: "--public-roots names a file with other roots"}),
	}
}

// clocks are the rows about this host's clock.
func clocks() []diagnosis.Entry {
	return []diagnosis.Entry{clockSkew()}
}

func clockSkew() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	return diagnosis.Entry{
		Code: ClockSkew, Since: "0.1.0",
		Layer: diagnosis.TLS, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "this host's clock is {amount}",
		Seen:  "by the Date of {servers} it is {amount}{chains}",
		Means: "The certificates are valid at the servers' time and not at this host's. Checks of dates on this host give " +
			"wrong results: certificates, tokens, signed URLs.",
		Remedy: "set this host's clock (chronyc tracking; chronyc makestep, or timedatectl set-ntp true) and let it reach its time " +
			"server (123/udp); on a virtual machine, check the hypervisor's clock too",
		Symptoms: []diagnosis.Symptom{
			{Text: "x509: certificate has expired or is not yet valid: current time …",
				Cite: "https://github.com/containers/podman/issues/10198"},
		},
		Cite: []string{
			"https://github.com/containers/podman-desktop/issues/1713",
			"https://github.com/containers/podman/issues/10198",
			"https://github.com/moby/moby/issues/11534",
			"RFC 9110 sections 5.6.7 and 6.6.1",
		},
		Values:  []string{"amount", "servers", "chains"},
		Needs:   []evidence.Op{evidence.OpHandshake, evidence.OpRequest},
		Match:   matchClock,
		Provoke: fault.World{Title: "this host's clock is 45 days behind", Direct: true, ClientClock: -45 * day},
		Also: []fault.World{
			{Title: "this host's clock is 70 days ahead", ClientClock: 70 * day},
			{Title: "this host's clock is behind, and an image is asked for", ClientClock: -45 * day, Targets: image},
			{Title: "this host's clock is five minutes ahead", Direct: true, ClientClock: 5 * time.Minute, Targets: image},
		},
	}
}
