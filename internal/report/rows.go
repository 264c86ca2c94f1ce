package report

import (
	"cmp"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// Results of a row.
const (
	resultOK   = "ok"
	resultFail = "FAIL"
	resultWarn = "warn"
	resultInfo = "info"
	resultNone = "-"
)

// row is one line of the table before it is laid out. Host stands only on the
// first row of a block.
type row struct {
	host, hop, peer, result, time, seen string
}

// ledger makes rows of a trace.
type ledger struct {
	trace  *evidence.Trace
	result diagnosis.Result
	all    bool // show every hop
	raw    bool // end a failed row in the failure's raw text
	wide   bool // add what the short table has no room for
	// hops are those of each target, findings those that point at a hop; a report of
	// many hosts is not gone through once for each of them.
	hops     map[string][]evidence.Hop
	findings map[int][]*diagnosis.Finding
	// findingsOn are those on each target.
	findingsOn map[string][]*diagnosis.Finding
	// failing tells of the findings that point at a failed hop.
	failing map[*diagnosis.Finding]bool
	// proxyOf is the address of each target's proxy, proxyNamed that of the first target's
	// whose proxy has a name.
	proxyOf, proxyNamed map[string]string
	// proxyLookups are the path's look-ups of proxies' names, which belong to no target.
	proxyLookups []evidence.Hop
	// causes are the hops that those which were left out go back to, once asked for.
	causes map[int]int
}

// maxProxyLookups is how many look-ups of proxies' names are told with each target. A
// run has one for each proxy, and seldom more than two of these.
const maxProxyLookups = 8

func newLedger(t *evidence.Trace, r diagnosis.Result, opts TableOptions) ledger {
	l := ledger{trace: t, result: r, all: opts.Wide || opts.Verbose, raw: opts.Verbose, wide: opts.Wide,
		hops: map[string][]evidence.Hop{}, findings: map[int][]*diagnosis.Finding{}, findingsOn: map[string][]*diagnosis.Finding{},
		failing: map[*diagnosis.Finding]bool{}, proxyOf: map[string]string{}, proxyNamed: map[string]string{}, causes: map[int]int{}}
	for _, h := range t.Hops {
		l.hops[h.Target] = append(l.hops[h.Target], h)
		if h.Target == "" && h.OnPath() && h.Role == evidence.Proxy && h.Op == evidence.OpResolve && len(l.proxyLookups) < maxProxyLookups {
			l.proxyLookups = append(l.proxyLookups, h)
		}
	}
	for _, target := range t.Targets {
		proxy := evidence.ProxyAddress(target.Route.Proxy)
		l.proxyOf[target.ID] = proxy
		if name := evidence.ProxyHost(target.Route.Proxy); proxy != "" && l.proxyNamed[name] == "" {
			l.proxyNamed[name] = proxy
		}
	}
	for i, f := range r.Findings {
		for _, id := range f.Hops {
			l.findings[id] = append(l.findings[id], &r.Findings[i])
			if h, ok := t.Hop(id); ok && h.State == evidence.Failed {
				l.failing[&r.Findings[i]] = true
			}
		}
		for _, id := range f.Targets {
			l.findingsOn[id] = append(l.findingsOn[id], &r.Findings[i])
		}
	}
	return l
}

// rows gives what several targets share first, then a block for each target.
func (l ledger) rows() []row {
	out := l.sharedRows()
	for _, t := range l.trace.Targets {
		out = append(out, l.targetRows(t)...)
	}
	return out
}

// askedTrail is the probe that --trace asks for.
const askedTrail = "trace"

// shown tells whether a reader needs the hop. The path is always shown, a
// setting when something is wrong with it, a side probe when it failed and a
// finding that counts points at it.
func (l ledger) shown(h evidence.Hop) bool {
	switch {
	case l.all:
		return true
	case h.Op == evidence.OpSetting:
		return h.OnPath() && (h.State == evidence.Failed || len(evidence.DetailOf[evidence.Setting](h).Problems) > 0)
	case h.OnPath(), h.Probe == askedTrail:
		return true
	case h.State != evidence.Failed:
		return false
	}
	return slices.ContainsFunc(l.findings[h.ID], func(f *diagnosis.Finding) bool { return f.MaskedBy == "" && f.Severity != diagnosis.Info })
}

// targetRows is the block of one target.
func (l ledger) targetRows(t evidence.Target) []row {
	var own []evidence.Hop
	walked := false
	for _, h := range l.hops[t.ID] {
		if !shared(h) && l.shown(h) {
			own = append(own, h)
		}
		walked = true
	}
	if len(own) == 0 {
		text := "nothing to show"
		if !walked {
			text = "not walked"
		}
		return []row{{host: t.ID, result: resultNone, seen: text}}
	}
	if brief, ok := l.brief(own); ok {
		brief.host = t.ID
		return []row{brief}
	}
	var out []row
	for len(own) > 0 {
		n := l.skippedRun(own)
		next := l.row(own[0])
		if n > 1 {
			next.hop += " …"
		}
		out = append(out, next)
		own = own[n:]
	}
	out[0].host = t.ID
	return out
}

// skippedRun counts the hops at the front that one row stands for: several
// that were skipped for the same reason, else one.
func (l ledger) skippedRun(hops []evidence.Hop) int {
	n := 1
	if l.all || hops[0].State != evidence.Skipped {
		return n
	}
	for n < len(hops) && hops[n].State == evidence.Skipped && l.notReached(hops[n]) == l.notReached(hops[0]) {
		n++
	}
	return n
}

// brief is the one row of a target on which all is well and of which no more
// was asked than a handshake.
func (l ledger) brief(own []evidence.Hop) (row, bool) {
	last := own[len(own)-1]
	if l.all || last.Op != evidence.OpHandshake {
		return row{}, false
	}
	out, took := row{hop: hopName(last), result: resultOK}, 0.0
	for _, h := range own {
		if l.outcome(h) != resultOK || !h.OnPath() {
			return row{}, false
		}
		took += h.TookMS
		if h.Op == evidence.OpTunnel {
			d := evidence.DetailOf[evidence.Tunnel](h)
			if out.seen = "CONNECT " + statusPhrase(d.Code, "", d.StatusLine); d.SOCKS != nil {
				out.seen = resolvedBy(*d.SOCKS)
			}
		}
		if h.Op != evidence.OpResolve && h.Peer != "" {
			out.peer = h.Peer
		}
	}
	d := evidence.DetailOf[evidence.Handshake](last)
	out.seen = sentence(out.seen, cmp.Or(trust(d), tlsVersion(d)))
	out.time = duration(took)
	return out, true
}

// row is one hop as a row.
func (l ledger) row(h evidence.Hop) row {
	out := row{hop: hopName(h), peer: peerName(h), result: l.outcome(h)}
	if h.State == evidence.Skipped {
		out.seen = sentence(l.notReached(h), leftOut(h))
		return out
	}
	out.seen = seen(h, l.raw)
	if more := further(h); l.wide && !strings.Contains(out.seen, more) {
		out.seen = sentence(out.seen, more)
	}
	if h.Op != evidence.OpSetting {
		out.time = duration(h.TookMS)
	}
	return out
}

// outcome is the RESULT of a hop. A failure is FAIL unless the findings take it
// for less. A hop that went well is a warning where it is all the evidence that
// a finding has.
func (l ledger) outcome(h evidence.Hop) string {
	switch h.State {
	case evidence.Skipped:
		return resultNone
	case evidence.Failed:
		return l.weighed(h)
	}
	for _, f := range l.findings[h.ID] {
		if f.MaskedBy == "" && f.Severity != diagnosis.Info && !l.failing[f] {
			return resultWarn
		}
	}
	return resultOK
}

// weighed is the RESULT of a failed hop: as bad as the worst finding on it.
func (l ledger) weighed(h evidence.Hop) string {
	out := ""
	for _, f := range l.findings[h.ID] {
		switch {
		case f.Severity == diagnosis.Error:
			return resultFail
		case f.Severity == diagnosis.Warning:
			out = resultWarn
		case out == "":
			out = resultInfo
		}
	}
	return cmp.Or(out, resultFail)
}
