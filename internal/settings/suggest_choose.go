package settings

import (
	"fmt"
	"slices"
	"strings"

	"pullpath/internal/route"
)

// plain chooses the proxy for http://. What one client alone has in a file of its own is not
// written for all, unless it stands beside the proxy that was chosen for https.
func (w Wanted) plain(plain, https []NamedProxy, chosen Choice) Choice {
	beside := func(p NamedProxy) bool {
		return slices.ContainsFunc(https, func(o NamedProxy) bool {
			return o.URL == chosen.Proxy && !o.shared && slices.Contains(o.Clients, p.Clients[0])
		})
	}
	own := slices.DeleteFunc(slices.Clone(plain), func(p NamedProxy) bool { return p.shared || beside(p) })
	common := slices.DeleteFunc(slices.Clone(plain), func(p NamedProxy) bool { return !p.shared && !beside(p) })
	switch {
	case len(common) == 1 && len(own) > 0:
		return Choice{common[0].URL, "the others are set for a single client each (" + common[0].From[0] + ")"}
	case len(common) > 0:
		return choose(common, nil, len(w.Clients))
	case len(own) > 0:
		var each []string
		for _, p := range own {
			each = append(each, fmt.Sprintf("%s for %s (%s)", p.URL, strings.Join(p.Clients, " and "), p.From[0]))
		}
		return Choice{chosen.Proxy, "the same as for https://; set for a single client: " + strings.Join(each, ", ")}
	}
	return Choice{chosen.Proxy, "no client here has one for http://, so the same is taken"}
}

// holders counts the clients that have a setting of this source.
func (w Wanted) holders(source string) int {
	n := 0
	for _, c := range w.Clients {
		if slices.ContainsFunc(c.Env, func(v route.Variable) bool { return v.Source == source }) {
			n++
		}
	}
	return n
}

// choose takes the proxy that most clients use; of several one that is not on loopback, and then
// one that is set for several clients. Where it is named with https:// and the same
// address with http:// too, one of the two is wrong, and http:// is what most proxies speak.
func choose(named, all []NamedProxy, clients int) Choice {
	equal := slices.DeleteFunc(slices.Clone(named), func(p NamedProxy) bool { return len(p.Clients) < len(named[0].Clients) })
	slices.SortStableFunc(equal, func(a, b NamedProxy) int { return a.rank() - b.rank() })
	best := equal[0]
	why := fmt.Sprintf("%d of %d clients use it (%s)", len(best.Clients), clients, best.From[0])
	switch {
	case len(named) == 1:
		why = "no other one is named here (" + best.From[0] + ")"
	case len(equal) == 1:
		why += ", more than any other"
	case equal[1].rank() == best.rank():
		why += ", as many as each of the others; it is the first"
	case best.loopback == equal[1].loopback:
		why += ", as many as each of the others; it is the one that is not set for a single client"
	default:
		why += ", as many as each of the others; it is not on loopback"
	}
	twin := slices.IndexFunc(all, func(p NamedProxy) bool { return best.https && !p.https && p.address == best.address })
	if twin >= 0 {
		return Choice{all[twin].URL, fmt.Sprintf("%s names it with https://, %s with http://, which most proxies speak; "+
			"pullpath check -x tells which of the two is right", best.From[0], all[twin].From[0])}
	}
	return Choice{best.URL, why}
}

// rank orders proxies that equally many clients use.
func (p NamedProxy) rank() int {
	n := 0
	if p.loopback {
		n += 2
	}
	if !p.shared {
		n++
	}
	return n
}

// direct says which clients go direct because a setting of their own says so.
func (w Wanted) direct() []string {
	var out []string
	for _, c := range w.Clients {
		d, idle := c.idle("https")
		switch {
		case c.Unknown != "":
		case c.off.Name != "":
			out = append(out, called(c)+": "+d.Implicit)
		case idle && d.Variable != d.Reads:
			out = append(out, fmt.Sprintf("%s: it has the proxy %s (%s from %s), and the entry * of %s (%s) exempts every host",
				called(c), d.Value, d.Variable, d.Source, d.NoProxyVariable, d.NoProxySource))
		case idle:
			out = append(out, fmt.Sprintf("%s: the entry * of %s (%s) exempts every host", called(c), d.NoProxyVariable, d.NoProxySource))
		case d.Reason == route.Empty && d.Variable != d.Reads:
			out = append(out, fmt.Sprintf("%s: %s is set and empty (%s)", called(c), d.Variable, d.Source))
		}
	}
	return out
}
