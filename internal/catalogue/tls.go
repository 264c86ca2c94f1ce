package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// beforeTLS are the causes that explain a handshake that did not complete.
func beforeTLS() []string { return append(beforeTCP(), "tcp-reset", "proxy-answers-with-page") }

// tlsConnection are the rows about handshakes that did not complete.
func tlsConnection() []diagnosis.Entry {
	return []diagnosis.Entry{
		tlsRow("tls-reset", evidence.Reset, diagnosis.Likely, "the TLS handshake with {hosts} is reset",
			"TCP works and the reset came after the ClientHello. A device on the way reads the handshake: the name in it, or its size or shape, is not allowed.",
			"look in the firewall's log for resets to {peers}: URL or application filter, or a rule on TLS handshakes",
			[]string{"failures E1, E10, E11: moby/buildkit#5839, canonical/lxd#14839", "OONI sni_blocking: interference.reset"},
			fault.World{Title: "the ClientHello is answered with a reset", Direct: true,
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset}}},
			fault.World{Title: "the first ClientHello is answered with a reset, the second is let through", Direct: true,
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, First: 1}}}),
		tlsRow("tls-closed", evidence.Closed, diagnosis.Likely, "the TLS handshake with {hosts} is closed by the far side",
			"TCP works and the connection was ended in the handshake without an alert. Proxies that connect late and filters that do not reset end it so.",
			"look in the logs of proxy and firewall for {targets} at the time below",
			[]string{"failures D14, 0.1 rule 4: FIN in the handshake is EOF, measured", "RFC 8446 section 6.1"},
			fault.World{Title: "the ClientHello is answered with FIN",
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Close}}},
			fault.World{Title: "the proxy says 200 before it connects, and to one host it does not get", Deep: true,
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Effect: fault.Late}, fault.Connect{Host: invalidHost, Effect: fault.Late}}},
			fault.World{Title: "a server that does not know the name warns and ends the connection", Direct: true,
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Close, Warning: 112}}}),
		tlsRow("tls-timeout", evidence.Timeout, diagnosis.Likely, "the TLS handshake with {hosts} gets no answer",
			"TCP works and the ClientHello, or what answers it, is lost: a filter that drops, a path MTU that is too small for large packets, or a firewall behind the proxy. Go clients give up after 10 s with TLS handshake timeout.",
			"look for drops of packets to {peers} on the firewall, and whether what listens there is well",
			[]string{"failures C7, E10, D14: moby/moby#20628, tailscale/tailscale#20777"},
			fault.World{Title: "the ClientHello is never answered", HopTimeout: quick,
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Silence}}}),
		tlsRow("tls-plaintext", evidence.NotTLS, diagnosis.Proven, "{hosts} answers the TLS handshake in plain text",
			"A TLS server never does so: a proxy, portal or filter speaks in its place, or the port is that of another service.",
			"find what answers for {targets}: a block page or portal on the way, or a wrong port",
			[]string{"failures E4: docker/for-linux#1291, docker/cli#3811", "RFC 8446 section 5.1"},
			fault.World{Title: "a block page is sent in plain text", Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com",
				Effect: fault.Plaintext, Text: "<html><title>Web page blocked</title>Blocked by policy.</html>"}}}),
		tlsRow("tls-alert", evidence.Alert, diagnosis.Proven, "{hosts} refuses the TLS handshake with an alert",
			"The far side speaks TLS and says why it will not go on. Behind an inspecting proxy the alert is the proxy's.",
			"give the alert to whoever terminates TLS for {targets}: version, cipher, name or policy",
			[]string{"failures E13, E14, E18, E19", "RFC 8446 section 6.2"},
			fault.World{Title: "the handshake is refused with access denied",
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Alert, Alert: 49}}},
			fault.World{Title: "the server speaks no suite that the client offers", Direct: true,
				Faults: []fault.Fault{fault.TLSServer{Host: "sso.redhat.com", OnlySuite: 0xc009}}}),
	}
}

func tlsRow(code string, kind evidence.Kind, strength diagnosis.Strength, title, means, remedy string, cite []string, world fault.World, also ...fault.World) diagnosis.Entry {
	return diagnosis.Entry{
		Code: code, Since: since, Layer: diagnosis.TLS, Severity: diagnosis.Error, Strength: strength,
		Audience: diagnosis.NetworkTeam, Title: title, Seen: "{peers}: {text}{progress}{again}{place}", Means: means, Remedy: remedy, Cite: cite,
		Values: []string{"peers", "text", "progress", "again", "place"},
		Needs:  []evidence.Op{evidence.OpHandshake, evidence.OpDial, evidence.OpTunnel}, After: beforeTLS(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			failed := slices.DeleteFunc(notProxy(brokenHandshakes(v, kind)), func(h evidence.Hop) bool { return helloCode(v, h) != "" })
			var out []diagnosis.Match
			for _, g := range byKind(failed) {
				m := tlsMatch(v, g)
				m.Values["progress"] += connectsLate(v, g)
				out = append(out, m)
			}
			return out
		},
		Provoke: world, Also: also,
	}
}

// tlsMatch makes a match of handshakes that ended alike, with what the side
// probes of the first that was probed add.
func tlsMatch(v *diagnosis.View, g []evidence.Hop) diagnosis.Match {
	h := g[max(slices.IndexFunc(g, func(h evidence.Hop) bool { return looked(v, h) }), 0)]
	d := evidence.DetailOf[evidence.Handshake](h)
	out := diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{"peers": far(g), "text": reasons(g),
		"progress": " " + progress(h), "again": again(v, h), "place": ""}}
	switch {
	case h.FailedWith(evidence.NotTLS):
		out.Values["progress"] = ""
		if d.Page != nil && d.Page.Title != "" {
			out.Values["progress"] = ", page titled " + quoted(d.Page.Title)
		}
	case looked(v, h) && !failsAgain(v, h):
		out.Means = "The same ClientHello to the same address completes a moment later, so no rule about its name, size or version ended the first. A device or a server behind the address is overloaded, one of several behind a load balancer is bad, or packets are lost."
		out.Remedy = "repeat the check a few times; if it comes and goes, give times and ports below to whoever runs {peers} and the firewall before it"
		p, _ := helloProbe(v, h, "same-hello")
		out.Hops = append(out.Hops, p.ID)
	case passes(v, h, "legacy-suites"):
		out.Means = "The far side knows no cipher suite that Go clients offer: it wants key exchange by RSA (left out since Go 1.22), 3DES or CBC suites. An old appliance or server terminates TLS here."
		out.Remedy = "have whoever terminates TLS for {targets} enable ECDHE with AES-GCM (RFC 9325 section 4.2); GODEBUG=tlsrsakex=1 in the client's environment helps against the lack of RSA key exchange alone"
	default:
		if looked(v, h) && len(helloProofs(v, h)) == 0 {
			out.Means = whateverIsSaid(h, d)
		}
		place := placeOfHello(v, h)
		out.Values["place"], out.Hops = place.text, append(out.Hops, place.hops...)
	}
	return out
}

// whateverIsSaid is what it means that every ClientHello fared alike.
func whateverIsSaid(h evidence.Hop, d evidence.Handshake) string {
	if len(d.Warnings) > 0 {
		return "What answers speaks TLS and warned of " + d.Warnings[0].Name + " before it ended the connection; Go clients pass over warnings and print a bare EOF. unrecognized name: the server there has no certificate for this name."
	}
	const alike = "Name, size, segments and version of the ClientHello make no difference"
	switch h.Kind() {
	case evidence.Reset:
		return alike + ": a device on the way, or what listens there, resets every TLS handshake with this address. TCP works."
	case evidence.Closed:
		return alike + ": every TLS handshake with this address is ended without an alert. Proxies that connect late, filters that do not reset, and load balancers without a backend do so. TCP works."
	case evidence.Timeout:
		return alike + ": TLS with this address is never answered. A filter drops it, the server hangs, or a firewall behind the proxy drops. TCP works. Go clients give up after 10 s with TLS handshake timeout."
	}
	return ""
}

// again says what became of further ClientHellos to the same address.
func again(v *diagnosis.View, h evidence.Hop) string {
	switch {
	case !looked(v, h):
		return ""
	case !failsAgain(v, h):
		return "; the same again: handshake completes"
	case passes(v, h, "legacy-suites"):
		p, _ := helloProbe(v, h, "legacy-suites")
		d := evidence.DetailOf[evidence.Handshake](p)
		return "; with suites that Go clients no longer offer: handshake completes (" + d.Version + ", " + d.Cipher + ")"
	}
	var fail, pass []string
	for _, row := range [][2]string{{"small-hello", "a small one"}, {"split-hello", "one in two segments"}, {"tls-1.2", "TLS 1.2 alone"}, {"tls-1.3", "TLS 1.3 alone"},
		{"no-sni", "no SNI"}, {"control-sni", "another SNI"}, {"mss-536", "small segments"}} {
		if _, ok := helloProbe(v, h, row[0]); ok && passes(v, h, row[0]) {
			pass = append(pass, row[1])
		} else if ok {
			fail = append(fail, row[1])
		}
	}
	out := "; the same again fails"
	if len(fail) > 0 {
		out += ", and so does " + strings.Join(fail, ", ")
	}
	if len(pass) > 0 {
		out += "; " + strings.Join(pass, ", ") + ": handshake completes"
	}
	return out
}
