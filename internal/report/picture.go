package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// stop is one station of the path and the edge that leads to it.
type stop struct {
	Kind, Name string
	edge
	// from is the place of the station before it on the spine, -1 for the first.
	from int
}

// edge is a part of the path: its outcome, and the finding that explains it.
type edge struct {
	Outcome string
	Code    string
	Finding int
	// severity is that of the finding.
	severity diagnosis.Severity
}

// path is the picture before it is laid out: the spine from this host to the last
// station that targets share, and the targets, those of the last station first.
type path struct{ spine, ends []stop }

// maxEnds bounds the targets that are drawn: about as many fit on a page. Those that failed
// come first, and the rest is one box.
const maxEnds = 20

// picture makes the path of a trace.
func (l ledger) picture() path {
	p := path{spine: []stop{{Kind: "this host", Name: vantage(l.trace.Vantage), edge: edge{Outcome: resultOK}, from: -1}}}
	resolver := p.extend(0, l.resolverStop())
	proxy, interceptor := resolver, resolver
	if s, ok := l.proxyStop(); ok {
		proxy = p.extend(resolver, s)
		interceptor = proxy
	}
	if s, ok := l.interceptorStop(); ok {
		interceptor = p.extend(proxy, s)
	}
	for _, t := range l.trace.Targets {
		from := resolver
		switch {
		case len(l.interceptions(t.ID)) > 0:
			from = interceptor
		case t.Route.Kind == "proxy":
			from = proxy
		}
		p.ends = append(p.ends, stop{Kind: kindOfEnd(t), Name: t.ID, from: from, edge: l.endEdge(t)})
	}
	p.bound()
	return p
}

func (p *path) extend(from int, s stop) int {
	s.from = from
	p.spine = append(p.spine, s)
	return len(p.spine) - 1
}

// bound puts the ends in order. Where they are many it folds those that pass into one for
// each station, and those beyond maxEnds into another.
func (p *path) bound() {
	if len(p.ends) > maxPassing {
		p.foldPassing()
	}
	if len(p.ends) > maxEnds {
		slices.SortStableFunc(p.ends, func(a, b stop) int { return badness(b.Outcome) - badness(a.Outcome) })
		rest := p.ends[maxEnds-1:]
		worst := rest[0]
		others := stop{Kind: "others", Name: words.Count(len(rest), "more host"), from: worst.from, edge: worst.edge}
		p.ends = append(slices.Clone(p.ends[:maxEnds-1]), others)
	}
	slices.SortStableFunc(p.ends, func(a, b stop) int { return b.from - a.from })
}

func (p *path) foldPassing() {
	var rest []stop
	passing := map[int][]stop{}
	for _, s := range p.ends {
		if s.Outcome == resultOK {
			passing[s.from] = append(passing[s.from], s)
		} else {
			rest = append(rest, s)
		}
	}
	for _, from := range slices.Sorted(maps.Keys(passing)) {
		hosts := passing[from]
		if len(hosts) > 1 {
			hosts = []stop{{Kind: "others", Name: words.Count(len(hosts), "more host"), from: from, edge: hosts[0].edge}}
		}
		rest = append(rest, hosts...)
	}
	p.ends = rest
}

// badness orders outcomes; the worst has the highest number. What was not looked at is worse
// than what passed.
func badness(outcome string) int {
	return slices.Index([]string{resultOK, resultInfo, resultNone, resultWarn, resultFail}, outcome)
}

// edgeOver returns the edge of several hops: as bad as the worst hop that was made, and not
// reached where none was.
func (l ledger) edgeOver(hops []evidence.Hop) edge {
	e := edge{Outcome: resultNone}
	for _, h := range hops {
		outcome := l.outcome(h)
		if e.Outcome == resultNone || outcome != resultNone && badness(outcome) > badness(e.Outcome) {
			e.Outcome = outcome
		}
		for _, f := range l.findings[h.ID] {
			worse := e.Code == "" || f.Severity == diagnosis.Error && e.severity != diagnosis.Error
			if f.MaskedBy == "" && f.Severity != diagnosis.Info && worse {
				e.Code, e.Finding, e.severity = f.Code, f.ID, f.Severity
			}
		}
	}
	return e
}

// pathHops returns the wanted hops of the path.
func pathHops(among []evidence.Hop, want func(evidence.Hop) bool) []evidence.Hop {
	var out []evidence.Hop
	for _, h := range among {
		if h.OnPath() && want(h) {
			out = append(out, h)
		}
	}
	return out
}

func (l ledger) resolverStop() stop {
	name := strings.Join(l.trace.Vantage.Resolvers, ", ")
	if name == "" {
		name = "none configured"
	}
	return stop{Kind: "resolver", Name: name,
		edge: l.edgeOver(pathHops(l.trace.Hops, func(h evidence.Hop) bool { return h.Op == evidence.OpResolve }))}
}

func (l ledger) proxyStop() (stop, bool) {
	var proxies []string
	known := map[string]bool{}
	for _, t := range l.trace.Targets {
		if proxy := l.proxyOf[t.ID]; t.Route.Kind == "proxy" && !known[proxy] {
			known[proxy] = true
			proxies = append(proxies, proxy)
		}
	}
	if len(proxies) == 0 {
		return stop{}, false
	}
	name := proxies[0]
	if len(proxies) > 1 {
		name = fmt.Sprintf("%s and %d more", name, len(proxies)-1)
	}
	return stop{Kind: "proxy", Name: name, edge: l.edgeOver(pathHops(l.trace.Hops, func(h evidence.Hop) bool {
		return h.Role == evidence.Proxy && (h.Op == evidence.OpDial || h.Op == evidence.OpHandshake)
	}))}, true
}

// interceptions returns the findings which say that a target's TLS is intercepted.
func (l ledger) interceptions(target string) []*diagnosis.Finding {
	return slices.DeleteFunc(slices.Clone(l.findingsOn[target]), func(f *diagnosis.Finding) bool { return !intercepts(*f) })
}

func intercepts(f diagnosis.Finding) bool { return strings.HasPrefix(f.Code, "tls-intercepted-") }

func (l ledger) interceptorStop() (stop, bool) {
	found := slices.DeleteFunc(slices.Clone(l.result.Findings), func(f diagnosis.Finding) bool { return !intercepts(f) })
	if len(found) == 0 {
		return stop{}, false
	}
	var hops []evidence.Hop
	for _, f := range found {
		for _, id := range f.Hops {
			if h, ok := l.trace.Hop(id); ok && h.Op == evidence.OpHandshake {
				hops = append(hops, h)
			}
		}
	}
	name := "an inspecting device"
	for _, h := range hops {
		if d := evidence.DetailOf[evidence.Handshake](h); len(d.Chain) > 0 {
			name = words.Issuer(d.Chain[0])
			break
		}
	}
	return stop{Kind: "interceptor", Name: name, edge: l.edgeOver(hops)}, true
}

// endEdge returns the last part of a target's path: its requests where it is intercepted,
// else everything from CONNECT or TCP on.
func (l ledger) endEdge(t evidence.Target) edge {
	intercepted := len(l.interceptions(t.ID)) > 0
	own := pathHops(l.hops[t.ID], func(h evidence.Hop) bool {
		switch {
		case shared(h) || h.Op == evidence.OpSetting || h.Op == evidence.OpResolve:
			return false
		case intercepted:
			return h.Op == evidence.OpRequest
		}
		return true
	})
	e := l.edgeOver(own)
	state := status(l.result, t)
	if intercepted && len(own) == 0 && state != diagnosis.StatusFail || e.Outcome == resultOK && state == diagnosis.StatusSkipped {
		e.Outcome = resultInfo
	}
	return e
}

// kindOfEnd names what a host is for, and that a pull can do without it.
func kindOfEnd(t evidence.Target) string {
	if !t.Required {
		return roleName(t.Role) + ", optional"
	}
	return roleName(t.Role)
}

func roleName(r evidence.Role) string {
	switch r {
	case evidence.Registry, evidence.Mirror:
		return "registry"
	case evidence.Auth:
		return "SSO"
	case evidence.Blob:
		return "CDN"
	}
	return string(r)
}
