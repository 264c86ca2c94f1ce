package grid

import (
	"fmt"
	"runtime"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// repeated is a trace as a run over so many times the hosts would have left it. Alike,
// the copies fail in the same way at the same peers; unlike, each has its own peers,
// proxies, texts and keys, so that nothing of one can be said with another.
func repeated(t *evidence.Trace, times int, unlike bool) *evidence.Trace {
	out := *t
	out.Targets, out.Hops = nil, nil
	for round := range times {
		before := len(out.Hops)
		for _, target := range t.Targets {
			target.ID, target.Host = fmt.Sprintf("r%d.%s", round, target.ID), fmt.Sprintf("r%d.%s", round, target.Host)
			out.Targets = append(out.Targets, target)
		}
		for _, h := range t.Hops {
			h.ID += before
			if h.Target != "" {
				h.Target = fmt.Sprintf("r%d.%s", round, h.Target)
			}
			if h.Parent != 0 {
				h.Parent += before
			}
			if h.Because != 0 {
				h.Because += before
			}
			if unlike {
				h = otherwise(h, round)
			}
			out.Hops = append(out.Hops, h)
		}
	}
	return &out
}

// otherwise gives a hop a place and words of its own.
func otherwise(h evidence.Hop, round int) evidence.Hop {
	own := func(s string) string {
		if s == "" {
			return ""
		}
		return fmt.Sprintf("%s-%d", s, round)
	}
	h.Peer, h.Via = own(h.Peer), own(h.Via)
	if h.Failure != nil {
		f := *h.Failure
		f.Text = own(f.Text)
		h.Failure = &f
	}
	switch d := h.Detail.(type) {
	case evidence.Handshake:
		d.Anchor.SPKI, d.Anchor.Subject = own(d.Anchor.SPKI), own(d.Anchor.Subject)
		h.Detail = d
	case evidence.Resolve:
		d.Server, d.Name = own(d.Server), own(d.Name)
		h.Detail = d
	case evidence.Tunnel:
		d.StatusLine = own(d.StatusLine)
		h.Detail = d
	case evidence.Request:
		d.StatusLine = own(d.StatusLine)
		h.Detail = d
	case evidence.Setting:
		d.Value, d.Proxy, d.Token = own(d.Value), own(d.Proxy), own(d.Token)
		h.Detail = d
	}
	return h
}

// work is what judging a trace takes: the hops that rows look at, and the memory of the
// whole in bytes, garbage included.
func work(t *evidence.Trace) (steps, bytes float64) {
	v := diagnosis.NewView(t)
	for _, e := range catalogue.All() {
		if e.Match != nil {
			e.Match(v)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	diagnosis.Diagnose(t, catalogue.All())
	runtime.ReadMemStats(&after)
	return float64(v.Steps()), float64(after.TotalAlloc - before.TotalAlloc)
}

// Judging four times as many hosts takes about four times the work, whatever is wrong
// with them. Sixteen times would be a row that looks at each hop once for every other.
func TestJudgingGrowsWithTheHops(t *testing.T) {
	const few, many, most = 8, 32, 6.0
	for name, w := range all() {
		if w.err != nil {
			continue
		}
		for _, unlike := range []bool{false, true} {
			s0, b0 := work(repeated(w.trace, few, unlike))
			s1, b1 := work(repeated(w.trace, many, unlike))
			if s1/s0 > most || b1/b0 > most {
				t.Errorf("%s, copies unlike %v: %.1f times the steps, %.1f times the memory", name, unlike, s1/s0, b1/b0)
			}
		}
	}
}
