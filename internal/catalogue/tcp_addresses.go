package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// someAddresses are the rows about names of which one address answers and
// another does not: what clients hide that fall back.
func someAddresses() []diagnosis.Entry {
	const second = "203.0.113.202"
	down := func(title string, effect fault.Effect) fault.World {
		return fault.World{Title: title, Direct: true, HopTimeout: quick, Hosts: fault.WithAddresses("sso.redhat.com", second),
			Faults: []fault.Fault{fault.Socket{Host: "sso.redhat.com", Address: second, Effect: effect}}}
	}
	dead := func(title string, effect fault.Effect) fault.World {
		return fault.World{Title: title, Direct: true, HopTimeout: quick, Hosts: fault.BothFamilies(),
			Faults: []fault.Fault{fault.Socket{Host: fault.Everyone, Family: 6, Effect: effect}}}
	}
	return []diagnosis.Entry{{
		Code: "tcp-some-addresses-down", Since: since, Layer: diagnosis.TCP, Severity: diagnosis.Warning, Strength: diagnosis.Proven,
		Audience: diagnosis.NetworkTeam,
		Title:    "some addresses of {hosts} cannot be reached, another can",
		Seen:     "{peers}: {text}; {up} answers",
		Means:    "Which address a client tries first changes from look-up to look-up, so pulls are slow or fail now and then. {cost}",
		Remedy:   "allow TCP from {source} to all addresses of {targets}: by name, not by a list of addresses",
		Cite:     []string{"failures C1, C5: docker/hub-feedback#2349", "RFC 8305 section 5", "Go net.Dialer.FallbackDelay"},
		Values:   []string{"peers", "text", "up", "cost"}, Needs: []evidence.Op{evidence.OpDial}, After: []string{"ipv6-broken"},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			return matchAddresses(v, notOfBrokenIPv6(v, notProxy(addressesDown(v))))
		},
		Provoke: down("one of two addresses does not answer", fault.Drop),
		Also:    []fault.World{down("one of two addresses refuses", fault.Refuse), down("one of two addresses is prohibited", fault.Prohibit)},
	}, {
		Code: "ipv6-broken", Since: since, Layer: diagnosis.TCP, Severity: diagnosis.Warning, Strength: diagnosis.Proven,
		Audience: diagnosis.NetworkTeam,
		Title:    "IPv6 does not work here, and names have IPv6 addresses",
		Seen:     "{peers}: {text}; no IPv6 address of this run answers, IPv4 of the same names does",
		Means:    "This host has an IPv6 address and a route, so clients try IPv6 first. {cost}",
		Remedy:   "mend IPv6 between {source} and the Internet, or take the IPv6 default route from this host",
		Cite: []string{"failures C5: docker/for-win#13728, docker/hub-feedback#2165", "RFC 8305 section 5", "Go net.Dialer.FallbackDelay (300 ms)",
			"curl(1): --happy-eyeballs-timeout-ms (200 ms)"},
		Values: []string{"peers", "text", "up", "cost"}, Needs: []evidence.Op{evidence.OpDial},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			if !ipv6Dead(v) {
				return nil
			}
			return matchAddresses(v, slices.DeleteFunc(addressesDown(v), func(h evidence.Hop) bool { return !ofIPv6(h) }))
		},
		Provoke: dead("packets of IPv6 are lost", fault.Drop),
		Also:    []fault.World{dead("a router has no way for IPv6", fault.NetUnreachable)},
	}}
}

// matchAddresses makes one match of the addresses that fail alike.
func matchAddresses(v *diagnosis.View, down []evidence.Hop) []diagnosis.Match {
	groups := diagnosis.Group(down, func(h evidence.Hop) string { return string(h.Kind()) + " " + h.Via })
	return matchEachWith(groups, func(g []evidence.Hop) diagnosis.Match {
		var up []evidence.Hop
		for _, h := range g {
			up = append(up, answeringBeside(v, h)...)
		}
		return diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{
			"peers": fewPeers(g), "text": whyFurther(g), "up": fewPeers(up), "cost": costOf(g[0])}}
	})
}

// addressesDown are the further addresses that failed while another address of
// the same name carries the path. An address that this host has no way to at
// all costs nobody anything: clients pass over it.
func addressesDown(v *diagnosis.View) []evidence.Hop {
	return v.Hops(evidence.OpDial, func(h evidence.Hop) bool {
		sent := !h.FailedWith(evidence.NoRoute) || evidence.DetailOf[evidence.Dial](h).ICMP != nil
		return h.Probe == "further-address" && h.FailedWith() && h.Kind() != evidence.Budget && sent && len(answeringBeside(v, h)) > 0
	})
}

// answeringBeside is the path's own connection beside a further address.
func answeringBeside(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	return v.HopsAbout(evidence.OpDial, diagnosis.About{}.Target(h.Target).State(evidence.OK), func(o evidence.Hop) bool {
		return o.OnPath() && o.Parent == h.Parent
	})
}

// ipv6Dead tells that IPv6 was tried and no address of it answered anybody.
func ipv6Dead(v *diagnosis.View) bool {
	return len(v.Hops(evidence.OpDial, func(h evidence.Hop) bool { return h.State == evidence.OK && ofIPv6(h) })) == 0
}

func ofIPv6(h evidence.Hop) bool { return strings.HasPrefix(h.Peer, "[") }

// notOfBrokenIPv6 leaves out what ipv6-broken says.
func notOfBrokenIPv6(v *diagnosis.View, hops []evidence.Hop) []evidence.Hop {
	if !ipv6Dead(v) {
		return hops
	}
	return slices.DeleteFunc(hops, ofIPv6)
}

// costOf says what the failure costs a client on each connection.
func costOf(h evidence.Hop) string {
	switch {
	case h.FailedWith(evidence.Timeout) && ofIPv6(h):
		return "Silence costs Go 0.3 s and curl 0.2 s on each new connection before they try IPv4 beside it; what tries one address after another (Python, Java) waits its whole connect timeout, minutes on Linux."
	case h.FailedWith(evidence.Timeout):
		return "Go gives a silent address its share of the dial limit (podman: 30 s for all addresses of a family), others wait their whole connect timeout, and some try no second."
	}
	return "The answer comes at once, so a client that tries further loses a round trip on each connection; one that does not fails."
}

// maxPeers is how many addresses a sentence names; the hops have all.
const maxPeers = 3

// fewPeers lists the first few far ends.
func fewPeers(hops []evidence.Hop) string {
	var kept []evidence.Hop
	more := 0
	for _, h := range hops {
		known := slices.ContainsFunc(kept, func(k evidence.Hop) bool { return k.Peer == h.Peer })
		switch {
		case known:
		case len(kept) < maxPeers:
			kept = append(kept, h)
		default:
			more++
		}
	}
	if more > 0 {
		return peers(kept) + " and more"
	}
	return peers(kept)
}

// whyFurther is why addresses are down, once: senders differ, the reason does
// not.
func whyFurther(hops []evidence.Hop) string {
	if hops[0].FailedWith(evidence.Timeout) {
		return whyDials(hops)
	}
	return whyDials(hops[:1])
}
