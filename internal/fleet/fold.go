package fleet

import (
	"net/netip"
	"slices"
)

// mostPrefixes is how many rows of addresses somebody writes into a rule by hand.
const mostPrefixes = 16

// Fold returns the networks in which addresses lie: the smallest of those in which networks are
// commonly divided, so that there are no more than a rule may have. Two that make up a larger one
// are that one. Addresses of both families are folded each by itself.
func Fold(addresses []netip.Addr) []netip.Prefix {
	var out []netip.Prefix
	for _, v4 := range []bool{true, false} {
		var own []netip.Addr
		for _, a := range addresses {
			if a.IsValid() && a.Is4() == v4 {
				own = append(own, a)
			}
		}
		out = append(out, foldFamily(own, slices.Backward(append(prefixes[v4], map[bool]int{true: 32, false: 128}[v4])))...)
	}
	return out
}

func foldFamily(addresses []netip.Addr, lengths func(func(int, int) bool)) []netip.Prefix {
	var found []netip.Prefix
	for _, bits := range lengths {
		found = found[:0]
		for _, a := range addresses {
			if p, err := a.Prefix(bits); err == nil {
				found = append(found, p)
			}
		}
		slices.SortFunc(found, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
		if found = joined(slices.Compact(found)); len(found) <= mostPrefixes {
			break
		}
	}
	return found
}

// joined puts two halves of a network, which stand side by side, together as long as there are any.
func joined(sorted []netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range sorted {
		out = append(out, p)
		for n := len(out); n > 1; n = len(out) {
			whole, err := out[n-1].Addr().Prefix(out[n-1].Bits() - 1)
			if err != nil || out[n-2].Bits() != out[n-1].Bits() || out[n-2].Addr() != whole.Addr() {
				break
			}
			out = append(out[:n-2], whole)
		}
	}
	return out
}

// Sources are the networks from which the connections of a group come.
type Sources struct {
	Networks []netip.Prefix
	// Unknown counts the hosts of the group whose address is not known, Others the hosts of
	// other groups that are in the networks too.
	Unknown, Others int
}

// SourcesOf folds the addresses of a group's hosts.
func (f Fleet) SourcesOf(g Group) Sources {
	var out Sources
	var own []netip.Addr
	member := make([]bool, len(f.Reports))
	for _, i := range g.members {
		member[i] = true
		if a := f.Reports[i].Source; a.IsValid() {
			own = append(own, a)
		} else {
			out.Unknown++
		}
	}
	out.Networks = Fold(own)
	for i, r := range f.Reports {
		if !member[i] && slices.ContainsFunc(out.Networks, func(p netip.Prefix) bool { return r.Source.IsValid() && p.Contains(r.Source) }) {
			out.Others++
		}
	}
	return out
}
