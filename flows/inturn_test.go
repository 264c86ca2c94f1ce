package flows

import (
	"net/netip"
	"slices"
	"testing"

	"pullpath/resolve"
)

func TestBeginningAt(t *testing.T) {
	a, b, c := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.3")
	answer := []netip.Addr{c, a, b} // as a name server that rotates gives them
	for place, want := range map[int][]netip.Addr{0: {c, a, b}, 1: {a, b, c}, 2: {b, c, a}, 3: {c, a, b}, 4: {a, b, c}, 1000: {a, b, c}} {
		if got := beginningAt(place, answer); !slices.Equal(got, want) {
			t.Errorf("place %d: %v, want %v", place, got, want)
		}
	}
	if !slices.Equal(answer, []netip.Addr{c, a, b}) {
		t.Error("the answer itself is changed")
	}
	if got := beginningAt(7, answer[:1]); !slices.Equal(got, answer[:1]) {
		t.Errorf("%v", got)
	}
}

// Another run's resolver stays as it is.
func TestInTurnRotatesTheServers(t *testing.T) {
	shared := &resolve.Resolver{Servers: []string{"a", "b"}}
	n, c := Net{Resolver: shared}, Config{}
	n.InTurn(&c, Turn{Resolver: 2})
	if !slices.Equal(n.Resolver.Servers, []string{"b", "a"}) || !slices.Equal(shared.Servers, []string{"a", "b"}) {
		t.Errorf("%v, and the shared one %v", n.Resolver.Servers, shared.Servers)
	}
}
