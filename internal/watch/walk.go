package watch

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// Walk is what counts of one walk.
type Walk struct {
	At          time.Time
	Fingerprint string
	// Status is the verdict's, Headline its sentence.
	Status, Headline string
	// Attributes are what the walk went by: addresses, name servers, nodes, the hour.
	Attributes []Attribute
	// Addresses are how many there were of the proxy, of the host with the most, and of name
	// servers.
	Addresses Addresses
}

// Attribute is something that a walk went by, such as an address of the proxy.
type Attribute struct{ Kind, Value string }

// Kinds of attributes, as they stand before a value in a sentence.
const (
	ByProxy    = "proxy address"
	ByHost     = "address"
	ByResolver = "resolver"
	ByCDN      = "CDN node"
	ByHour     = "hour"
	ByRoute    = "route"
)

// String is the attribute in a sentence.
func (a Attribute) String() string { return a.Kind + " " + a.Value }

// Addresses counts what a walk may go by in turn.
type Addresses struct{ Proxy, Host, Resolver int }

// Of makes a walk of its report.
func Of(t *evidence.Trace, r diagnosis.Result) Walk {
	w := Walk{At: t.Started, Fingerprint: diagnosis.Fingerprint(t, r), Status: r.Verdict.Status, Headline: r.Verdict.Summary,
		Addresses: Addresses{Resolver: len(t.Vantage.Resolvers)}}
	seen := map[Attribute]bool{}
	add := func(kind, value string) {
		if a := (Attribute{kind, value}); value != "" && !seen[a] {
			seen[a] = true
			w.Attributes = append(w.Attributes, a)
		}
	}
	for _, target := range t.Targets {
		if target.Route.Kind == "proxy" {
			add(ByRoute, "through "+evidence.ProxyAddress(target.Route.Proxy))
		} else {
			add(ByRoute, target.Route.Kind)
		}
		if target.FoundBy == "redirect" {
			add(ByCDN, target.Host)
		}
	}
	for _, h := range t.Hops {
		if h.OnPath() {
			w.goneBy(h, add)
		}
	}
	add(ByHour, t.Started.UTC().Format("15")+":00 UTC")
	slices.SortFunc(w.Attributes, compareAttributes)
	return w
}

func compareAttributes(a, b Attribute) int {
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Value, b.Value))
}

// goneBy notes what a hop of the path went by, and how much choice there was.
func (w *Walk) goneBy(h evidence.Hop, add func(kind, value string)) {
	n := &w.Addresses
	switch d := h.Detail.(type) {
	case evidence.Resolve:
		add(ByResolver, d.Server)
		if h.Role == evidence.Proxy {
			n.Proxy = max(n.Proxy, len(d.Addresses))
		} else {
			n.Host = max(n.Host, len(d.Addresses))
		}
	case evidence.Dial:
		if h.Role == evidence.Proxy {
			add(ByProxy, h.Peer)
		} else {
			add(ByHost, h.Peer+" of "+h.Target)
		}
	}
}

// Place is by which of the addresses the walk with a number goes, counted from 0 for the first
// one, which goes by the order of the answer. Each walk goes by the next of each kind. When the
// pairs of proxy and host have come round, the hosts slip by one, and the name servers when the
// hosts have slipped through: two kinds that always went together could not be told apart.
func (n Addresses) Place(walk int) (proxy, host, resolver int) {
	if walk <= 0 {
		return 0, 0, 0
	}
	i, p, h, r := walk-1, max(n.Proxy, 1), max(n.Host, 1), max(n.Resolver, 1)
	round := p * h / divisor(p, h)
	return 1 + i, 1 + i + i/round, 1 + i + i/(round*divisor(p, h)*r)
}

// divisor is the greatest common one.
func divisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
