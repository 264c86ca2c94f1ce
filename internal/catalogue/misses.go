package catalogue

import (
	"cmp"
	"net"
	"net/netip"
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// noProxyMisses is the other half of no-proxy-bypasses-target: a host that belongs
// on the list and is not on it, or not in a form that the client takes.
func noProxyMisses() diagnosis.Entry {
	private := []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "10.20.30.40", Private: true}}
	return diagnosis.Entry{
		Code: "no-proxy-misses-target", Since: since, Layer: diagnosis.Settings,
		Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "{hosts} goes through the proxy, which does not get there, and direct works",
		Seen:   "{peers} answered {request}: {answer}; direct, {address} completes the TLS handshake. {meant}",
		Means:  "The host is inside, where the proxy has no way or no rule. It has to be on the list of hosts that are reached without it.",
		Remedy: "add {entries} to {variable} where the client reads it, and restart the daemon if it is one",
		Cite: []string{"failures A11, A12", "golang.org/x/net/http/httpproxy, Config.NoProxy",
			"openshift/cluster-authentication-operator, checkProxyConfig (the four-way answer)", "RFC 1918 section 3"},
		Values: []string{"peers", "request", "answer", "address", "meant", "entries", "variable"},
		Needs:  []evidence.Op{evidence.OpSetting, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest},
		After:  []string{"proxy-url-invalid", "proxy-credentials-unescaped"},
		Match:  matchNoProxyMisses,
		Provoke: fault.World{Title: "the proxy denies a registry at a private address", Targets: []string{"registry.corp.example"}, Hosts: private,
			Faults: []fault.Fault{fault.Connect{Status: 403}}},
		Also: []fault.World{
			{Title: "an entry of NO_PROXY is meant for the registry and does not match it", Targets: []string{"registry.corp.example"},
				Env:    map[string]string{"HTTPS_PROXY": fault.ProxyURL, "NO_PROXY": "localhost,https://registry.corp.example"},
				Hosts:  []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150"}},
				Faults: []fault.Fault{fault.Connect{Status: 503, Headers: []string{"Server: squid/5.7", "X-Squid-Error: ERR_DNS_FAIL 0"}}}},
		},
	}
}

func matchNoProxyMisses(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	for _, failed := range v.PathFailed(evidence.OpTunnel) {
		direct, works := reachedDirect(v, failed.Target)
		ways := v.HopsAbout(evidence.OpSetting, diagnosis.About{}.Target(failed.Target), evidence.Hop.OnPath)
		if !works || len(ways) == 0 || failed.Kind() == evidence.Budget {
			continue
		}
		way := setting(ways[0])
		m := diagnosis.Match{Hops: diagnosis.IDs([]evidence.Hop{ways[0], failed, direct}), Targets: []string{failed.Target}}
		switch {
		case len(way.NearMisses) > 0:
			m.Values = map[string]string{"meant": "The entry " + way.NearMisses[0].Entry + " reads as if meant for it: " + way.NearMisses[0].Text + "."}
		case isPrivate(direct.Peer):
			m.Strength = diagnosis.Likely
			m.Values = map[string]string{"meant": "Its address is private, and no entry is meant for it."}
		default:
			continue
		}
		g := []evidence.Hop{failed}
		for name, value := range map[string]string{"peers": failed.Peer, "request": requested(g), "answer": answer(failed) + pageText(v, g),
			"address": direct.Peer, "entries": v.Target(failed.Target).Host, "variable": cmp.Or(way.NoProxyVariable, "NO_PROXY")} {
			m.Values[name] = value
		}
		out = append(out, m)
	}
	return out
}

// reachedDirect is the handshake of the side probe that went to a target without
// the proxy. A chain was shown, so it was reached, whoever trusts it.
func reachedDirect(v *diagnosis.View, target string) (evidence.Hop, bool) {
	return v.FirstAbout(evidence.OpHandshake, diagnosis.About{}.Probe("direct").Target(target), func(h evidence.Hop) bool {
		return len(evidence.DetailOf[evidence.Handshake](h).Chain) > 0
	})
}

// isPrivate tells that an address with port is of a network that no proxy serves
// by default: private (RFC 1918, RFC 4193), link-local or loopback.
func isPrivate(peer string) bool {
	host, _, err := net.SplitHostPort(peer)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc([]func() bool{addr.IsPrivate, addr.IsLinkLocalUnicast, addr.IsLoopback},
		func(is func() bool) bool { return is() })
}

// withoutProxy says whether a refused host is reached direct, by the side probe
// that went there: the proxy's refusal weighs more where it is the only way. A
// silent proxy has used the run's time up, and whether the probe then still got
// through tells nothing.
func withoutProxy(v *diagnosis.View, g []evidence.Hop) string {
	if g[0].FailedWith(evidence.Timeout) {
		return ""
	}
	for _, h := range g {
		if direct, works := reachedDirect(v, h.Target); works {
			return "; without the proxy " + direct.Peer + " answers for " + v.Target(h.Target).Host
		}
	}
	among := setOf(targetsOf(g))
	dead := v.HopsAbout(evidence.OpDial, diagnosis.About{}.Probe("direct").State(evidence.Failed), func(h evidence.Hop) bool {
		return h.Kind() != evidence.Budget && among[h.Target]
	})
	if len(dead) == 0 {
		return ""
	}
	return "; without the proxy there is no way either (" + dead[0].Peer + ": " + reason(dead[0]) + ")"
}
