package main

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"pullpath/internal/fault"
	"pullpath/internal/sandbox"
	"pullpath/mockproxy"
)

// httpPort and dnsPort are those of clients that have no proxy; every other port of
// a host is its TLS.
const (
	httpPort = 80
	dnsPort  = 53
)

// layoutOf returns the network as a namespace has it, without IPv6 where its kernel has
// none.
func layoutOf(n *mockproxy.Network, ipv6 bool) sandbox.Layout {
	l := sandbox.Layout{Hosts: map[netip.Addr][]string{}}
	routes := n.Map().Routes
	// An address comes before those of its ports: what holds for all of it is what
	// stands first.
	for _, key := range slices.Sorted(maps.Keys(routes)) {
		route := routes[key]
		p, ok := placeOf(key, route)
		if !ok || p.Address.Is6() && !ipv6 {
			continue
		}
		server := len(route.Hosts) > 0 && strings.HasPrefix(route.Hosts[0], fault.TheResolver)
		if p.Address.IsLoopback() {
			if !server {
				continue // the mock's own listeners are there
			}
			p.Port = dnsPort
		}
		if p.Ways = waysTo(n, route, server, p.Address.IsLoopback()); p.Address.Is6() {
			p.Ways = over6(p.Ways)
		}
		l.Places = append(l.Places, p)
	}
	slices.SortStableFunc(l.Places, func(a, b sandbox.Place) int { return a.Address.Compare(b.Address) })
	for _, at := range n.ResolverPlaces() {
		if at.Is4() || ipv6 {
			l.Resolvers = append(l.Resolvers, at)
		}
	}
	for name, address := range n.World().Pins {
		if at, err := netip.ParseAddr(address); err == nil {
			l.Hosts[at] = append(l.Hosts[at], name)
		}
	}
	return l
}

// placeOf returns the address of a route, with or without a port, with what is broken
// there.
func placeOf(key string, route mockproxy.Route) (sandbox.Place, bool) {
	at, err := netip.ParseAddr(key)
	if with, bad := netip.ParseAddrPort(key); bad == nil {
		at, err = with.Addr(), nil
	}
	p := sandbox.Place{Address: at, Effect: route.Effect, Port: route.Port, MTU: route.MTU}
	if p.Effect == "" && route.TCP != "" {
		p.Effect, p.TCP = route.TCP, true
	}
	return p, err == nil && canBePlace(at)
}

// canBePlace reports whether a host can have an address on its loopback interface. One with
// a zone, or of a link, means nothing here.
func canBePlace(at netip.Addr) bool {
	return at.Is4() || !at.Is4In6() && at.Zone() == "" && !at.IsUnspecified() && !at.IsMulticast() && !at.IsLinkLocalUnicast()
}

// waysTo leads the ports of an address to listeners. A name server that is asked over
// TLS answers plain questions too: those of clients that do not ask as the report did.
func waysTo(n *mockproxy.Network, route mockproxy.Route, server, loopback bool) []sandbox.Way {
	to, err := netip.ParseAddrPort(route.To)
	if err != nil {
		return nil
	}
	var ways []sandbox.Way
	switch {
	case server:
		names := to
		if n.OverTLS(route.To) {
			names = n.ResolverAddress()
		}
		ways = []sandbox.Way{{Protocol: "udp", Port: dnsPort, To: names}, {Protocol: "tcp", Port: dnsPort, To: names}}
	case len(route.Hosts) > 0 && n.Origin(route.Hosts[0]) != "":
		ways = []sandbox.Way{{Protocol: "tcp", Port: httpPort, To: netip.MustParseAddrPort(n.Plain())}}
	}
	if !loopback {
		ways = append(ways, sandbox.Way{Protocol: "tcp", To: to})
	}
	return ways
}

// over6 leads ways to ::1, where the mock listens at the same ports.
func over6(ways []sandbox.Way) []sandbox.Way {
	for i := range ways {
		ways[i].To = netip.AddrPortFrom(netip.IPv6Loopback(), ways[i].To.Port())
	}
	return ways
}

// beyond names the hosts that a namespace without IPv6 does not have, for their
// addresses are of IPv6 alone.
func beyond(n *mockproxy.Network) []string {
	var out []string
	for _, h := range append(n.World().AllHosts(), n.World().Proxies()...) {
		if !slices.ContainsFunc(h.Addresses(), func(a string) bool { return strings.Contains(a, ".") }) {
			out = append(out, h.Name)
		}
	}
	return out
}
