package catalogue

import (
	"fmt"
	"slices"

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
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset}}}),
		tlsRow("tls-closed", evidence.Closed, diagnosis.Likely, "the TLS handshake with {hosts} is closed by the far side",
			"TCP works and the connection was ended in the handshake without an alert. Proxies that connect late and filters that do not reset end it so.",
			"look in the logs of proxy and firewall for {targets} at the time below",
			[]string{"failures D14, 0.1 rule 4: FIN in the handshake is EOF, measured", "RFC 8446 section 6.1"},
			fault.World{Title: "the ClientHello is answered with FIN",
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Close}}},
			fault.World{Title: "the proxy says 200 before it connects, and to one host it does not get", Deep: true,
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Effect: fault.Late}, fault.Connect{Host: invalidHost, Effect: fault.Late}}}),
		tlsRow("tls-timeout", evidence.Timeout, diagnosis.Likely, "the TLS handshake with {hosts} gets no answer",
			"TCP works and the ClientHello, or what answers it, is lost: a filter that drops, a path MTU that is too small for large packets, or a firewall behind the proxy. Go clients give up after 10 s with TLS handshake timeout.",
			"look for drops of packets to {peers}; compare with a small ClientHello (GODEBUG=tlsmlkem=0) and with a smaller MTU",
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
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Alert, Alert: 49}}}),
	}
}

func tlsRow(code string, kind evidence.Kind, strength diagnosis.Strength, title, means, remedy string, cite []string, world fault.World, also ...fault.World) diagnosis.Entry {
	return diagnosis.Entry{
		Code: code, Since: since, Layer: diagnosis.TLS, Severity: diagnosis.Error, Strength: strength,
		Audience: diagnosis.NetworkTeam, Title: title, Seen: "{peers}: {text}{progress}", Means: means, Remedy: remedy, Cite: cite,
		Values: []string{"peers", "text", "progress"},
		Needs:  []evidence.Op{evidence.OpHandshake, evidence.OpDial, evidence.OpTunnel}, After: beforeTLS(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			failed := resetBySpeech(v, notProxy(v.PathFailed(evidence.OpHandshake, kind)))
			failed = slices.DeleteFunc(failed, func(h evidence.Hop) bool { return helloCode(v, h) != "" })
			return matchEach(byKind(failed), func(g []evidence.Hop) map[string]string {
				values := tlsValues(g)
				values["progress"] += connectsLate(v, g)
				return values
			})
		},
		Provoke: world, Also: also,
	}
}

func tlsValues(g []evidence.Hop) map[string]string {
	d := evidence.DetailOf[evidence.Handshake](g[0])
	progress := fmt.Sprintf(" (%d bytes sent, %d received)", d.BytesSent, d.BytesReceived)
	switch {
	case d.Alert != 0:
		progress = fmt.Sprintf(" (alert %d)", d.Alert)
	case d.Page != nil && d.Page.Title != "":
		progress = ", page titled " + quoted(d.Page.Title)
	}
	return map[string]string{"peers": far(g), "text": reasons(g), "progress": progress}
}
