package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// Numbers of alerts (RFC 8446 section 6).
const (
	alertHandshakeFailure    = 40
	alertBadCertificate      = 42
	alertProtocolVersion     = 70
	alertCertificateRequired = 116
)

// postQuantum is the number of X25519MLKEM768 among the TLS Supported Groups.
const postQuantum = 4588

// hello are the rows about what a ClientHello has in it: the name, the size,
// the version, and what comes back for it.
func hello() []diagnosis.Entry {
	return []diagnosis.Entry{nameBlocked(), largeHello(), versionUnsupported(), clientCertificate()}
}

func nameBlocked() diagnosis.Entry {
	return helloRow("tls-sni-blocked", diagnosis.NetworkTeam,
		"TLS to {hosts} is blocked by its name",
		"{peers}: SNI {name}: {text}; SNI {control} on the same address: {controlled}",
		"A device on the way reads the name in the ClientHello and {manner}. Address and port are open, and the shape of the handshake is not at fault: the same ClientHello with another name passes.",
		"allow the name in the URL, application or SNI filter for {source}: {targets}",
		[]string{"failures E1: moby/buildkit#5839", "OONI sni_blocking: interference.reset, interference.closed", "CONTRACT 4.8"},
		fault.World{Title: "a filter resets ClientHellos with the host's name", Direct: true,
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Only: fault.Hello{OwnName: true}}}},
		fault.World{Title: "a filter drops ClientHellos with the host's name", Direct: true, HopTimeout: quick,
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Silence, Only: fault.Hello{OwnName: true}}}})
}

func largeHello() diagnosis.Entry {
	return helloRow("tls-large-hello-dropped", diagnosis.NetworkTeam,
		"the ClientHello to {hosts} is too large or too new for a device on the way",
		"{peers}: ClientHello of {size} bytes: {text}; of {small} bytes, without the post-quantum group: handshake completes{cause}",
		"Go since 1.24 offers X25519MLKEM768, which makes the ClientHello longer than one TCP segment. A device on the way {manner}. curl with OpenSSL 3.0 to 3.4 sends a small one and works.",
		"update the device, or exempt {targets} from its TLS inspection; until then set GODEBUG=tlsmlkem=0 in the environment of the client or of its daemon's unit, and restart it",
		[]string{"failures E10: canonical/lxd#14839, tailscale/tailscale#20777", "Go 1.24 release notes, crypto/tls", "interception 3.1, sizes measured"},
		fault.World{Title: "ClientHellos of more than one segment are dropped", Direct: true, HopTimeout: quick,
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Silence, Only: fault.Hello{MinBytes: 1400}}}},
		fault.World{Title: "ClientHellos with a group that a device does not know are reset", Direct: true,
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Only: fault.Hello{Group: postQuantum}}}})
}

func versionUnsupported() diagnosis.Entry {
	return helloRow("tls-version-unsupported", diagnosis.NetworkTeam,
		"{hosts} does not take the TLS versions that the client offers",
		"{peers}: {text}{versions}",
		"The client offers TLS 1.2 and 1.3. What answers, or a device on the way, takes something else only: an old server or appliance, or a filter that stumbles over TLS 1.3.",
		"have whoever terminates TLS for {targets} enable TLS 1.2 and 1.3; if TLS 1.2 alone gets through, update the device that drops TLS 1.3",
		[]string{"failures E13", "RFC 8446 section 6.2, protocol_version", "RFC 8996"},
		fault.World{Title: "the server speaks nothing newer than TLS 1.1", Direct: true,
			Faults: []fault.Fault{fault.TLSServer{Host: "sso.redhat.com", MaxVersion: 0x0302}}},
		fault.World{Title: "a device resets ClientHellos that offer TLS 1.3", Direct: true,
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Only: fault.Hello{Version: 0x0304}}}})
}

func clientCertificate() diagnosis.Entry {
	e := helloRow("tls-client-certificate-required", diagnosis.HostAdmin,
		"{hosts} demands a certificate of the client",
		"{peers}: {text}{asked}",
		"The server asks for a client certificate in the handshake and ends the connection without one. A registry may be set up so; for a public one, what answers is not the registry.",
		"put the client's certificate and key where {client} reads them (for podman and docker: client.cert and client.key below certs.d/HOST), or find what answers for {targets}",
		[]string{"failures E14", "RFC 8446 sections 4.3.2 and 6.2", "containers-certs.d(5)"},
		fault.World{Title: "the server demands a client certificate", Direct: true,
			Faults: []fault.Fault{fault.TLSServer{Host: "registry.redhat.io", ClientCertificate: true}}},
		fault.World{Title: "the server demands a client certificate, in TLS 1.2",
			Faults: []fault.Fault{fault.TLSServer{Host: "registry.redhat.io", ClientCertificate: true, MaxVersion: 0x0303}}})
	e.Needs = append(e.Needs, evidence.OpRequest)
	return e
}

func helloRow(code string, audience diagnosis.Audience, title, seen, means, remedy string, cite []string, world fault.World, also ...fault.World) diagnosis.Entry {
	return diagnosis.Entry{
		Code: code, Since: since, Layer: diagnosis.TLS, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: audience,
		Title: title, Seen: seen, Means: means, Remedy: remedy, Cite: cite,
		Values: []string{"peers", "text", "name", "control", "controlled", "manner", "size", "small", "cause", "versions", "asked", "client"},
		Needs:  []evidence.Op{evidence.OpHandshake, evidence.OpDial}, After: beforeTLS(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.PathFailed(evidence.OpHandshake)
			if code == "tls-client-certificate-required" {
				hops = append(hops, v.PathFailed(evidence.OpRequest, evidence.Closed)...)
			}
			hops = slices.DeleteFunc(notProxy(hops), func(h evidence.Hop) bool { return helloCode(v, h) != code })
			return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) diagnosis.Match {
				return diagnosis.Match{Hops: diagnosis.IDs(slices.Concat(g, helloProbes(v, g[0]))), Values: helloValues(v, g[0])}
			})
		},
		Provoke: world, Also: also,
	}
}

// helloCode gives a handshake that did not complete, or a request that was
// answered by an alert, its code where the ClientHello or the client's part
// explains it; empty where they do not.
func helloCode(v *diagnosis.View, h evidence.Hop) string {
	if h.Op == evidence.OpRequest {
		if evidence.DetailOf[evidence.Request](h).Alert == alertCertificateRequired {
			return "tls-client-certificate-required"
		}
		return ""
	}
	d := evidence.DetailOf[evidence.Handshake](h)
	refusedClient := d.Alert == alertHandshakeFailure || d.Alert == alertBadCertificate || d.Alert == alertCertificateRequired
	other := passes(v, h, "small-hello") || passes(v, h, "tls-1.2") || passes(v, h, "tls-1.3")
	switch {
	case d.Completed() || len(resetInSilence(v, h)) > 0:
		return ""
	case refusedClient && d.ClientCertificate != nil:
		return "tls-client-certificate-required"
	case d.Alert == alertProtocolVersion, h.FailedWith(evidence.Protocol) && strings.Contains(h.Failure.Text, "unsupported protocol version"):
		return "tls-version-unsupported"
	case passes(v, h, "small-hello"):
		return "tls-large-hello-dropped"
	case passes(v, h, "tls-1.2"):
		return "tls-version-unsupported"
	case !other && passes(v, h, "control-sni") && h.FailedWith(evidence.Reset, evidence.Closed, evidence.Timeout):
		return "tls-sni-blocked"
	}
	return ""
}

// helloProbe is the side probe of a kind for the same target and address.
func helloProbe(v *diagnosis.View, h evidence.Hop, probe string) (evidence.Hop, bool) {
	found := v.Hops(evidence.OpHandshake, func(p evidence.Hop) bool {
		return p.Probe == probe && p.Target == h.Target && p.Peer == h.Peer && p.State != evidence.Skipped
	})
	if len(found) == 0 {
		return evidence.Hop{}, false
	}
	return found[0], true
}

// passes tells that a side probe brought the peer's certificate, whatever that
// is worth.
func passes(v *diagnosis.View, h evidence.Hop, probe string) bool {
	p, ok := helloProbe(v, h, probe)
	return ok && evidence.DetailOf[evidence.Handshake](p).Completed()
}

// helloProbes are the side probes that went through, which are the proof.
func helloProbes(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	return v.Hops(evidence.OpHandshake, func(p evidence.Hop) bool {
		return !p.OnPath() && p.Target == h.Target && p.Peer == h.Peer && evidence.DetailOf[evidence.Handshake](p).Completed()
	})
}

func helloValues(v *diagnosis.View, h evidence.Hop) map[string]string {
	d := evidence.DetailOf[evidence.Handshake](h)
	out := map[string]string{"peers": far([]evidence.Hop{h}), "text": reason(h), "name": d.ServerName, "manner": mannerOf(h),
		"size": fmt.Sprint(d.HelloBytes), "cause": helloCause(v, h), "versions": versionsTaken(v, h), "asked": asked(v, h), "client": v.Run().Client}
	if p, ok := helloProbe(v, h, "control-sni"); ok {
		out["control"] = evidence.DetailOf[evidence.Handshake](p).ServerName
		out["controlled"] = "handshake completes"
	}
	if p, ok := helloProbe(v, h, "small-hello"); ok {
		out["small"] = fmt.Sprint(evidence.DetailOf[evidence.Handshake](p).HelloBytes)
	}
	return out
}

// mannerOf says what happens to what is not let through.
func mannerOf(h evidence.Hop) string {
	switch h.Kind() {
	case evidence.Reset:
		return "resets the connection"
	case evidence.Timeout:
		return "drops what follows"
	case evidence.Alert:
		return "answers with an alert"
	}
	return "closes the connection"
}

// helloCause tells size from group, by a large ClientHello without the group.
func helloCause(v *diagnosis.View, h evidence.Hop) string {
	p, looked := helloProbe(v, h, "large-hello")
	size := evidence.DetailOf[evidence.Handshake](p).HelloBytes
	switch {
	case !looked:
		return ""
	case passes(v, h, "large-hello"):
		return fmt.Sprintf("; one of %d bytes without that group passes too, so the group is at fault and not the size", size)
	}
	return fmt.Sprintf("; one of %d bytes without that group fails too, so the size is at fault", size)
}

// versionsTaken lists what the side probes found to be spoken.
func versionsTaken(v *diagnosis.View, h evidence.Hop) string {
	var out []string
	for _, probe := range []string{"tls-1.0", "tls-1.2", "tls-1.3"} {
		if p, ok := helloProbe(v, h, probe); ok {
			d := evidence.DetailOf[evidence.Handshake](p)
			if d.Completed() {
				out = append(out, d.Version+" alone passes")
			} else if probe != "tls-1.0" {
				out = append(out, strings.Replace(probe, "tls-", "TLS ", 1)+" alone fails")
			}
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "; " + strings.Join(out, ", ")
}

// asked says which authorities' certificates the peer would take.
func asked(v *diagnosis.View, h evidence.Hop) string {
	if h.Op == evidence.OpRequest {
		for _, parent := range v.Hops(evidence.OpHandshake, func(p evidence.Hop) bool { return p.ID == h.Parent }) {
			h = parent
		}
	}
	wish := evidence.DetailOf[evidence.Handshake](h).ClientCertificate
	if wish == nil || len(wish.Authorities) == 0 {
		return ""
	}
	return "; it would take one signed by " + strings.Join(wish.Authorities, " or ")
}
