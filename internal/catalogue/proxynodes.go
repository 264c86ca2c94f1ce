package catalogue

import (
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// nodes are the rows about a proxy's name with several addresses.
func nodes() []diagnosis.Entry {
	everyone := fault.Connect{Node: 1, Status: 403, Headers: []string{"Server: squid/5.7", "X-Squid-Error: ERR_ACCESS_DENIED 0"}}
	one := everyone
	one.Host = "sso.redhat.com"
	second := everyone
	second.Node = 2
	return []diagnosis.Entry{{
		Code: "proxy-nodes-disagree", Since: since, Layer: diagnosis.Proxy, Severity: diagnosis.Error, Strength: diagnosis.Proven,
		Audience: diagnosis.ProxyAdmin,
		Title:    "the addresses of the proxy's name do not serve alike: {odd} fails",
		Seen:     "{odd} for {request}: {answer}; {sound} on the same name gives a tunnel to it",
		Means:    "One name stands for several proxies, and not all have the same rules or state. Which one a client meets changes from connection to connection, so pulls fail now and then.",
		Remedy:   "bring {odd} in line with {sound}, or take it out of the proxy's name until it is",
		Cite:     []string{"failures D16: docker/hub-feedback#2027, podman#18482", "RFC 6724 section 6 (order of addresses)"},
		Values:   []string{"odd", "sound", "request", "answer"}, Needs: []evidence.Op{evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake},
		After: []string{"proxy-url-invalid", "proxy-credentials-unescaped", "no-proxy-misses-target"},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			return slices.Concat(refusingNodes(v), failingNodes(v), deadNodes(v))
		},
		Provoke: fault.World{Title: "the first of two proxy nodes denies every host", ProxyNodes: 2, Faults: []fault.Fault{everyone}},
		Also: []fault.World{
			{Title: "one of three proxy nodes has an old allow-list", ProxyNodes: 3, Faults: []fault.Fault{one}},
			{Title: "the first of two proxy nodes closes", ProxyNodes: 2, Faults: []fault.Fault{fault.Connect{Node: 1, Effect: fault.Close}}},
			{Title: "the first of two proxy nodes is down", ProxyNodes: 2,
				Faults: []fault.Fault{fault.Socket{Host: fault.ProxyNode(1), Effect: fault.Refuse}}},
			{Title: "the second of two proxy nodes does not answer", ProxyNodes: 2, HopTimeout: quick,
				Faults: []fault.Fault{fault.Socket{Host: fault.ProxyNode(2), Effect: fault.Drop}}},
			{Title: "the second of two proxy nodes denies, seen with --deep", ProxyNodes: 2, Deep: true, Faults: []fault.Fault{second}},
		},
	}}
}

// nodeProbes are the tunnels that further addresses of a proxy were asked for.
func nodeProbes(v *diagnosis.View, keep func(evidence.Hop) bool) []evidence.Hop {
	return v.Hops(evidence.OpTunnel, func(h evidence.Hop) bool { return h.Probe == "proxy-node" && keep(h) })
}

// refusingNodes: the path failed at one address, and another gives the tunnel.
func refusingNodes(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	for _, failed := range v.PathFailed(evidence.OpTunnel) {
		sound := v.HopsAbout(evidence.OpTunnel, diagnosis.About{}.Probe("proxy-node").Target(failed.Target).State(evidence.OK),
			nil)
		if len(sound) == 0 || failed.Kind() == evidence.Budget {
			continue
		}
		code := classify(v, failed).code
		alike := failedAlike(v)[failedAt{failed.Peer, code}]
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(slices.Concat(alike, sound)), Targets: targetsOf(alike), Values: map[string]string{
			"odd": failed.Peer, "sound": peers(sound), "request": requested(alike), "answer": answer(failed)}})
	}
	return out
}

// failedAt is an address of a proxy, and how it failed.
type failedAt struct{ peer, code string }

// failedAlike are the path's failed tunnels by address and class.
func failedAlike(v *diagnosis.View) map[failedAt][]evidence.Hop {
	return diagnosis.Remember(v, failedAt{}, func() map[failedAt][]evidence.Hop {
		out := map[failedAt][]evidence.Hop{}
		for _, h := range v.PathFailed(evidence.OpTunnel) {
			if h.Kind() != evidence.Budget {
				key := failedAt{h.Peer, classify(v, h).code}
				out[key] = append(out[key], h)
			}
		}
		return out
	})
}

// failingNodes: the path stands, and another address refuses the same tunnel.
func failingNodes(v *diagnosis.View) []diagnosis.Match {
	odd := nodeProbes(v, func(h evidence.Hop) bool {
		_, stands := sameTunnel(v, h)
		return h.FailedWith() && h.Kind() != evidence.Budget && stands
	})
	return matchEachWith(diagnosis.Group(odd, func(h evidence.Hop) string { return h.Peer }), func(g []evidence.Hop) diagnosis.Match {
		sound, _ := sameTunnel(v, g[0])
		return diagnosis.Match{Hops: diagnosis.IDs(append(g, sound)), Severity: diagnosis.Warning, Values: map[string]string{
			"odd": g[0].Peer, "sound": sound.Peer, "request": requested(g), "answer": answer(g[0])}}
	})
}

// sameTunnel is the path's open tunnel to a hop's target by the same proxy.
func sameTunnel(v *diagnosis.View, h evidence.Hop) (evidence.Hop, bool) {
	return v.FirstAbout(evidence.OpTunnel, diagnosis.About{}.Target(h.Target).State(evidence.OK), func(o evidence.Hop) bool {
		return o.OnPath() && o.Via == h.Via
	})
}

// deadNodes: an address of the proxy takes no connection while another does. A
// family that has no route here says nothing about the proxy.
func deadNodes(v *diagnosis.View) []diagnosis.Match {
	dead := notOfBrokenIPv6(v, toProxy(addressesDown(v)))
	among := setOf(targetsOf(dead))
	stands := toProxy(v.Hops(evidence.OpDial, func(h evidence.Hop) bool {
		return h.OnPath() && h.State == evidence.OK && among[h.Target]
	}))
	open := func(peer string) []evidence.Hop {
		return slices.DeleteFunc(slices.Clone(stands), func(h evidence.Hop) bool { return h.Peer == peer })
	}
	var out []diagnosis.Match
	for _, g := range diagnosis.Group(dead, func(h evidence.Hop) string { return h.Peer }) {
		if sound := open(g[0].Peer); len(sound) > 0 {
			out = append(out, diagnosis.Match{Hops: diagnosis.IDs(g), Severity: diagnosis.Warning, Values: map[string]string{
				"odd": g[0].Peer, "sound": peers(sound), "request": "a connection", "answer": reason(g[0])}})
		}
	}
	return out
}
