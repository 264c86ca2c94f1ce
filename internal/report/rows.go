package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// Results of a row.
const (
	resultOK   = "ok"
	resultFail = "FAIL"
	resultWarn = "warn"
	resultInfo = "info"
	resultNone = "-"
)

// row is one line of the table before it is laid out. The host stands only on the first row
// of a block.
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
	narrow bool // fold hosts that pass into one line each
	// failures leaves out what passes.
	failures bool
	// passing are the targets that are named in one line for all of them.
	passing map[string]bool
	// hops are the hops of each target, findings those that point at a hop. They are an
	// index, so that a report of many hosts is not searched once for each of them.
	hops     map[string][]evidence.Hop
	findings map[int][]*diagnosis.Finding
	// findingsOn are the findings on each target.
	findingsOn map[string][]*diagnosis.Finding
	// failing holds the findings that point at a failed hop.
	failing map[*diagnosis.Finding]bool
	// proxyOf is the address of each target's proxy, proxyNamed the address by the proxy's
	// host name.
	proxyOf, proxyNamed map[string]string
	// proxyLookups are the path's look-ups of proxies' names. They belong to no target.
	proxyLookups []evidence.Hop
	// causes remembers what [ledger.cause] returned.
	causes map[int]int
}

// maxProxyLookups is how many look-ups of proxies' names are shown with each target. A run
// has one for each proxy, and seldom more than two proxies.
const maxProxyLookups = 8

func newLedger(t *evidence.Trace, r diagnosis.Result, opts TableOptions) ledger {
	l := ledger{trace: t, result: r, all: opts.Wide || opts.Verbose, raw: opts.Verbose, wide: opts.Wide, narrow: opts.width() < columnsFrom,
		failures: opts.Failures, passing: map[string]bool{},
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
	l.choosePassing()
	return l
}

// maxPassing is how many hosts that pass have a line each: with what else a table has, they
// fill half a screen of 50 lines.
const maxPassing = 12

// choosePassing chooses the hosts that have no line of their own: those that pass, where
// they are many or were not asked for. One with an image shows what was pulled.
func (l *ledger) choosePassing() {
	for _, t := range l.trace.Targets {
		if status(l.result, t) == diagnosis.StatusPass && (l.failures || len(t.Images) == 0) {
			l.passing[t.ID] = true
		}
	}
	if !l.failures && (l.all || len(l.passing) <= maxPassing) {
		clear(l.passing)
	}
}

// leftOutLine names the hosts that pass and have no line of their own.
func (l ledger) leftOutLine() string {
	var names []string
	for _, t := range l.trace.Targets {
		if l.passing[t.ID] {
			names = append(names, strings.TrimSuffix(t.ID, ":443"))
		}
	}
	switch {
	case len(names) == 0:
		return ""
	case l.failures:
		return words.Count(len(names), "more host") + " without a failure, which --failures leaves out"
	}
	return printable(words.Count(len(names), "host") + " pass: " + diagnosis.List(names))
}

// rows returns what several targets share first, then a block for each target.
func (l ledger) rows() []row {
	out := l.sharedRows()
	for _, t := range l.trace.Targets {
		if !l.passing[t.ID] {
			out = append(out, l.targetRows(t)...)
		}
	}
	return out
}

// askedTrail is the probe that --trace asks for.
const askedTrail = "trace"

// shown reports whether a reader needs the hop. The path is always shown, a setting when
// something is wrong with it, a side probe when it failed and a finding that counts points
// at it.
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

// targetRows returns the block of one target.
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
			text = "not checked"
		}
		return []row{{host: l.hostName(t), result: resultNone, seen: text}}
	}
	if line, ok := l.folded(own); ok {
		line.host = l.hostName(t)
		return []row{line}
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
	out[0].host = l.hostName(t)
	return out
}

// hostName names a host in the table. One that failed and that a pull can do without is
// marked.
func (l ledger) hostName(t evidence.Target) string {
	if e := t.Route.Registry; e != nil {
		return fmt.Sprintf("%s (%s %d, %s)", t.ID, t.Role, e.Order, e.Source)
	}
	if !t.Required && status(l.result, t) == diagnosis.StatusFail {
		return t.ID + " (optional)"
	}
	return t.ID
}

// skippedRun counts the first hops that share one row: all that were skipped for the same
// reason, else one.
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

// folded returns the one row of a target that passes and has nothing more to show. In the
// table of columns that is a target that was walked as far as the handshake; a narrow table
// has no room for more, and folds those with an answer as well.
func (l ledger) folded(own []evidence.Hop) (row, bool) {
	last := own[len(own)-1]
	if l.all || last.Origin != nil || last.Op != evidence.OpHandshake && (last.Op != evidence.OpRequest || !l.narrow) {
		return row{}, false
	}
	took, tunnel, trusted, answer, peer := 0.0, "", "", "", ""
	for _, h := range own {
		if l.outcome(h) != resultOK || !h.OnPath() {
			return row{}, false
		}
		took += h.TookMS
		switch d := h.Detail.(type) {
		case evidence.Tunnel:
			if tunnel = "CONNECT " + words.Status(d.Code, "", d.StatusLine); d.SOCKS != nil {
				tunnel = words.ResolvedBy(*d.SOCKS)
			}
		case evidence.Handshake:
			trusted = cmp.Or(words.Trust(d), words.TLSVersion(d))
		case evidence.Request:
			if worthARow(d) {
				return row{}, false
			}
			answer = fmt.Sprint(d.Code)
		}
		if h.Op != evidence.OpResolve {
			peer = cmp.Or(h.Peer, peer)
		}
	}
	if l.narrow {
		tunnel, peer = "", ""
	}
	return row{hop: words.HopName(last), peer: peer, result: resultOK, time: words.Duration(took),
		seen: words.Join(tunnel, answer, trusted)}, true
}

// worthARow reports whether an answer has more than its status: a size, a redirect, a
// complaint of the registry.
func worthARow(d evidence.Request) bool {
	return d.Digest != nil || d.Location != "" || d.Withheld != "" || len(d.Errors) > 0 && len(d.Challenges) == 0
}

// row writes one hop as a row.
func (l ledger) row(h evidence.Hop) row {
	out := row{hop: words.HopName(h), peer: words.Peer(h), result: l.outcome(h)}
	if h.State == evidence.Skipped {
		out.seen = words.Join(l.notReached(h), leftOut(h))
		return out
	}
	out.seen = words.Seen(h, l.raw)
	if more := further(h); l.wide && !strings.Contains(out.seen, more) {
		out.seen = words.Join(out.seen, more)
	}
	switch {
	case h.Origin != nil:
		out.time = words.Line(*h.Origin)
	case h.Op != evidence.OpSetting:
		out.time = words.Duration(h.TookMS)
	}
	return out
}

// outcome returns the RESULT of a hop. A failure is FAIL unless the findings on it are less
// severe. A hop that passed is a warning where a finding has no other evidence.
func (l ledger) outcome(h evidence.Hop) string {
	switch {
	case h.State == evidence.Skipped, h.Kind() == evidence.Budget: // the end of the run says nothing about the peer
		return resultNone
	case h.State == evidence.Failed:
		return l.weighed(h)
	case h.Op == evidence.OpSetting && evidence.DetailOf[evidence.Setting](h).Outcome == evidence.OutcomeUnknown:
		return resultNone // "not known" is never "ok"
	}
	for _, f := range l.findings[h.ID] {
		if f.MaskedBy == "" && f.Severity != diagnosis.Info && !l.failing[f] {
			return resultWarn
		}
	}
	return resultOK
}

// weighed returns the RESULT of a failed hop: FAIL on the path, and for a side probe as bad
// as the worst finding on it.
func (l ledger) weighed(h evidence.Hop) string {
	if h.OnPath() {
		return resultFail
	}
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
