package catalogue

import (
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// printed has what clients print in the Worlds, by row.
const printed = "internal/catalogue/testdata/printed.txt"

func matchEachWith(groups [][]evidence.Hop, match func([]evidence.Hop) diagnosis.Match) []diagnosis.Match {
	var out []diagnosis.Match
	for _, g := range groups {
		out = append(out, match(g))
	}
	return out
}

func targetsOf(hops []evidence.Hop) []string {
	var out []string
	for _, h := range hops {
		out = append(out, h.Target)
	}
	return out
}

// setOf is a list for questions about its members.
func setOf(list []string) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, s := range list {
		out[s] = true
	}
	return out
}

// groupOf splits lists of hops by a key, in the order of first appearance.
func groupOf(lists [][]evidence.Hop, key func([]evidence.Hop) string) [][][]evidence.Hop {
	places := map[string]int{}
	var out [][][]evidence.Hop
	for _, l := range lists {
		k := key(l)
		i, known := places[k]
		if !known {
			i = len(out)
			places[k], out = i, append(out, nil)
		}
		out[i] = append(out[i], l)
	}
	return out
}

// matchEach makes a match of every group of hops with the same key.
func matchEach(groups [][]evidence.Hop, values func([]evidence.Hop) map[string]string) []diagnosis.Match {
	var out []diagnosis.Match
	for _, g := range groups {
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(g), Values: values(g)})
	}
	return out
}

// byKind groups hops by what their failure is and the way they went.
func byKind(hops []evidence.Hop) [][]evidence.Hop {
	return diagnosis.Group(hops, func(h evidence.Hop) string { return string(h.Kind()) + " " + h.Via })
}

// notProxy keeps hops that talk to a host of the registry.
func notProxy(hops []evidence.Hop) []evidence.Hop {
	return slices.DeleteFunc(hops, func(h evidence.Hop) bool { return h.Role == evidence.Proxy })
}

// toProxy keeps hops that talk to the proxy.
func toProxy(hops []evidence.Hop) []evidence.Hop {
	return slices.DeleteFunc(hops, func(h evidence.Hop) bool { return h.Role != evidence.Proxy })
}
