package grid

import (
	"fmt"
	"runtime"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// manner is how a trace is made larger.
type manner string

const (
	// alike: further hosts that fail in the same way at the same peers.
	alike manner = "further hosts"
	// unlike: each has its own peers, proxies, texts and keys besides, so that nothing of one
	// can be said with another.
	unlike manner = "further hosts, all different"
)

// repeated is a trace that has so many times the hops.
func repeated(t *evidence.Trace, times int, how manner) *evidence.Trace {
	out := *t
	out.Targets, out.Hops = nil, nil
	for round := range times {
		before := len(out.Hops)
		name := func(s string) string {
			if s == "" {
				return s
			}
			return fmt.Sprintf("r%d.%s", round, s)
		}
		for _, target := range t.Targets {
			target.ID, target.Host = name(target.ID), name(target.Host)
			out.Targets = append(out.Targets, target)
		}
		for _, h := range t.Hops {
			h.ID += before
			h.Target = name(h.Target)
			if h.Parent != 0 {
				h.Parent += before
			}
			if h.Because != 0 {
				h.Because += before
			}
			if how == unlike {
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
	v := diagnosis.NewView(t, catalogue.All())
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
	if raced {
		t.Skip("it counts work, which the race detector multiplies; .ci/test runs it without")
	}
	const few, many, most = 4, 16, 6.0
	if testing.Short() {
		t.Skip("it walks every World")
	}
	for _, w := range allWalks() { // one after the other: memory is counted
		for _, how := range []manner{alike, unlike} {
			s0, b0 := work(repeated(w.trace, few, how))
			s1, b1 := work(repeated(w.trace, many, how))
			if s1/s0 > most || b1/b0 > most {
				t.Errorf("%s, %s: %.1f times the steps, %.1f times the memory", w.world.Title, how, s1/s0, b1/b0)
			}
		}
	}
}
