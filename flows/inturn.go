package flows

import (
	"net/netip"
	"slices"
)

// Turn is by which of several addresses a run goes. The zero value goes by the order of the
// answer, as a client does. A run that is made again and again goes by each in turn, so that
// the bad one of two is found although clients mostly take the other.
type Turn struct {
	// Proxy and Host are the places of the addresses of a proxy's name, and of a host's, in
	// the order of their numbers; 0 keeps the answer's order, 1 begins with the first.
	Proxy, Host int
	// Resolver is the place of the name server that is asked first.
	Resolver int
}

// beginningAt returns addresses in the order of their numbers, beginning at a place, which may
// be beyond the last one.
func beginningAt(place int, addresses []netip.Addr) []netip.Addr {
	if place == 0 || len(addresses) < 2 {
		return addresses
	}
	sorted := slices.SortedFunc(slices.Values(addresses), netip.Addr.Compare)
	return rotated(place, sorted)
}

// rotated returns a list that begins at a place, counted from 1.
func rotated[T any](place int, list []T) []T {
	if place == 0 || len(list) == 0 {
		return list
	}
	first := (place - 1) % len(list)
	return slices.Concat(list[first:], list[:first])
}

// InTurn sets by which addresses the run goes.
func (n *Net) InTurn(c *Config, t Turn) {
	c.Turn = t
	if r := n.Resolver; r != nil && len(r.Servers) > 1 {
		own := *r
		own.Servers = rotated(t.Resolver, r.Servers)
		n.Resolver = &own
	}
}
