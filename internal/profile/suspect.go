package profile

import (
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/hint"
)

// Meant returns the registry of a built-in profile as which a host is almost called; empty
// for none, and where the host is one of them.
func Meant(at evidence.Endpoint) string {
	if Of(at) != "" {
		return ""
	}
	host := evidence.HostName(at.Host)
	for _, p := range BuiltIn() {
		for _, h := range p.Hosts {
			if known := evidence.HostName(h.Host); h.Role == evidence.Registry && h.Walkable() && misspelt(host, known) {
				return known
			}
		}
	}
	return ""
}

// misspelt reports whether a name is a known one with a mistake in one label. Registries are
// called alike on purpose, too: nvcr.io beside ghcr.io, jp.icr.io beside cp.icr.io. So a label of
// fewer than four letters is none that somebody mistyped, and two letters of a short one must have
// changed places.
func misspelt(name, known string) bool {
	const short, long = 4, 8
	a, b := strings.Split(name, "."), strings.Split(known, ".")
	if len(a) != len(b) {
		return false
	}
	var differ []int
	for i := range a {
		if a[i] != b[i] {
			differ = append(differ, i)
		}
	}
	if len(differ) != 1 {
		return false
	}
	i := differ[0]
	far := hint.Distance(a[i], b[i])
	if i == len(a)-1 {
		return i > 1 && far <= 2 // registry.redhat.com: of two labels, anybody may own the one
	}
	return len(b[i]) >= short && (far == 1 || far == 2 && (len(b[i]) >= long || sameLetters(a[i], b[i])))
}

func sameLetters(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}
