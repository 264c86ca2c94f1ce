package catalogue

import (
	"fmt"
	"slices"

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
	return []diagnosis.Entry{nameBlocked(), largeHello(), pathMTU(), versionUnsupported(), clientCertificate()}
}

func nameBlocked() diagnosis.Entry {
	return helloRow("tls-sni-blocked", diagnosis.NetworkTeam,
		"TLS to {hosts} is blocked by its name",
		"{peers}: SNI {name}: {text} {progress}, and again; SNI {control} on the same address: handshake completes{elsewhere}{place}",
		"A device on the way reads the name in the ClientHello and {manner}. Address and port are open, and the shape of the handshake is not at fault: the same ClientHello with another name passes.",
		"allow the name in the URL, application or SNI filter for {source}: {targets}",
		[]string{"failures E1: moby/buildkit#5839", "OONI sni_blocking: interference.reset, interference.closed; tlsmiddlebox", "CONTRACT 4.8"},
		fault.World{Title: "a filter resets ClientHellos with the host's name", Direct: true,
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Only: fault.Hello{OwnName: true}}}},
		fault.World{Title: "a filter drops ClientHellos with the host's name", Direct: true, HopTimeout: quick,
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Silence, Only: fault.Hello{OwnName: true}}}},
		fault.World{Title: "the site's second router resets ClientHellos with the host's name", Direct: true, Deep: true,
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Behind: 2, Only: fault.Hello{OwnName: true}},
				fault.Handshake{Host: "registry.redhat.io", Effect: fault.Reset, Behind: 2, Only: fault.Hello{Name: "sso.redhat.com"}}}},
		fault.World{Title: "the site's first router drops ClientHellos with the host's name", Direct: true, HopTimeout: quick,
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Silence, Behind: 1, Only: fault.Hello{OwnName: true}}}})
}

func largeHello() diagnosis.Entry {
	return helloRow("tls-large-hello-dropped", diagnosis.NetworkTeam,
		"the ClientHello to {hosts} is too large or too new for a device on the way",
		"{peers}: ClientHello of {size} bytes: {text}, and again; of {small} bytes, without the post-quantum group: handshake completes{cause}{place}",
		"A device on the way {manner}. Hit are clients built with Go 1.24 and later (go version FILE tells): they offer X25519MLKEM768, which makes the ClientHello longer than one TCP segment, since 1.26 SecP256r1MLKEM768 and SecP384r1MLKEM1024 besides. Go 1.23 offered a draft of Kyber, older Go nothing of the kind. curl with OpenSSL 3.0 to 3.4 sends a small one and works.",
		"update the device, or exempt {hosts} from its TLS inspection. Until then: {workaround} (a client built with Go 1.23: tlskyber=0)",
		[]string{"failures E10, E12: canonical/lxd#14839, tailscale/tailscale#20777, tldr.fail", "Go 1.23, 1.24 and 1.26 release notes, crypto/tls (defaults.go)", "interception 3.1, sizes measured"},
		fault.World{Title: "ClientHellos of more than one segment are dropped", Direct: true, HopTimeout: quick,
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Silence, Only: fault.Hello{MinBytes: 1400}}}},
		fault.World{Title: "ClientHellos with a group that a device does not know are reset", Direct: true,
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Only: fault.Hello{Group: postQuantum}}}},
		fault.World{Title: "a device that reads one segment resets what is not complete in it", Direct: true,
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Behind: 2, Only: fault.Hello{Split: true}}}},
		fault.World{Title: "behind the proxy, ClientHellos of more than one segment are reset",
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Only: fault.Hello{MinBytes: 1400}}}},
		fault.World{Title: "ClientHellos of more than one segment to a proxy that speaks TLS are reset",
			Env:    map[string]string{"HTTPS_PROXY": "https://" + fault.ProxyName + ":" + fault.ProxyTCPPort},
			Faults: []fault.Fault{fault.ProxyPort{Effect: fault.SpeaksTLS}, fault.Handshake{Host: fault.TheProxy, Effect: fault.Reset, Only: fault.Hello{MinBytes: 1400}}}},
		fault.World{Title: "ClientHellos with a new group are dropped to every host", Direct: true, HopTimeout: quick,
			Faults: []fault.Fault{fault.Handshake{Host: fault.Everyone, Effect: fault.Silence, Only: fault.Hello{Group: postQuantum}}}})
}

func pathMTU() diagnosis.Entry {
	return helloRow("tls-path-mtu", diagnosis.NetworkTeam,
		"large packets to or from {hosts} are lost",
		"{peers}: {text} {progress}, and again; with TCP segments of at most {fits}: handshake completes{fails}",
		"A path MTU black hole: {lost}, and the ICMP message that would say so (fragmentation needed, packet too big) does not come. TCP connects, for its first packets are small. Tunnels, VPNs and overlays make the path narrow; a firewall that drops ICMP makes it a black hole. Large layers would stall in the same way.",
		"have ICMP type 3 code 4 (IPv6: type 2) let through to {source}, or the MSS clamped where the path is narrow (nft: tcp flags syn tcp option maxseg size set rt mtu). Until then, on this host: ip route add {address} via GATEWAY mtu lock {mtu} advmss {segment}",
		[]string{"failures C7, C8: moby/moby#20628, moby/moby#15949, concourse/concourse#551", "RFC 1191, RFC 2923 section 2.1, RFC 8201", "tcp(7), TCP_MAXSEG"},
		fault.World{Title: "packets of more than 1000 bytes are lost on the way to a host", Direct: true, HopTimeout: quick,
			Faults: []fault.Fault{fault.PathMTU{Host: "sso.redhat.com", MTU: 1000}}},
		fault.World{Title: "packets of more than 1300 bytes are lost on the way to the proxy", HopTimeout: quick,
			Faults: []fault.Fault{fault.PathMTU{Host: fault.TheProxy, MTU: 1300}}})
}

func versionUnsupported() diagnosis.Entry {
	return helloRow("tls-version-unsupported", diagnosis.NetworkTeam,
		"{hosts} does not take the TLS versions that the client offers",
		"{peers}: {text} {progress}{versions}",
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

// helloRow is a row about hellos that did not lead to the peer's certificate. Those
// that look alike are one finding: one of them was probed (CONTRACT.md 4.7).
func helloRow(code string, audience diagnosis.Audience, title, seen, means, remedy string, cite []string, world fault.World, also ...fault.World) diagnosis.Entry {
	return diagnosis.Entry{
		Code: code, Since: since, Layer: diagnosis.TLS, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: audience,
		Title: title, Seen: seen, Means: means, Remedy: remedy, Cite: cite,
		Values: []string{"peers", "text", "progress", "name", "control", "elsewhere", "place", "manner", "size", "small", "cause", "workaround",
			"fits", "fails", "lost", "mtu", "segment", "address", "versions", "asked", "client"},
		Needs: []evidence.Op{evidence.OpHandshake, evidence.OpDial}, After: beforeTLS(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := brokenHandshakes(v)
			if code == "tls-client-certificate-required" {
				hops = append(hops, v.PathFailed(evidence.OpRequest, evidence.Closed)...)
			}
			hops = slices.DeleteFunc(hops, func(h evidence.Hop) bool { return helloCode(v, h) != code })
			return matchHellos(v, code, diagnosis.Group(hops, func(h evidence.Hop) string {
				return fmt.Sprint(h.Op, h.Kind(), h.Via, h.Role == evidence.Proxy)
			}))
		},
		Provoke: world, Also: also,
	}
}

// matchHellos makes a match of each group, by its first hop that was probed.
func matchHellos(v *diagnosis.View, code string, groups [][]evidence.Hop) []diagnosis.Match {
	var out []diagnosis.Match
	for _, g := range groups {
		first := g[max(slices.IndexFunc(g, func(h evidence.Hop) bool { return ownCode(v, h) != "" }), 0)]
		m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: helloValues(v, g, first)}
		m.Reproduce = retry(code, first, m.Values)
		for _, h := range g {
			m.Hops = append(m.Hops, diagnosis.IDs(helloProofs(v, h))...)
			if code == "tls-sni-blocked" || code == "tls-large-hello-dropped" {
				m.Hops = append(m.Hops, placeOfHello(v, h).hops...)
			}
			if ownCode(v, h) == "" {
				m.Strength = diagnosis.Likely
			}
		}
		out = append(out, m)
	}
	return out
}
