package report

import (
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"testing"

	"pullpath/internal/evidence"
)

// large returns the recorded run with many findings, its hosts repeated until there are
// so many targets.
func large(t testing.TB, targets int) sample {
	t.Helper()
	reports := recordedReports(t)
	s := reports[slices.IndexFunc(reports, func(s sample) bool { return s.name == "many-findings" })]
	trace := *s.trace
	trace.Targets, trace.Hops = nil, nil
	result := s.result
	result.Targets = map[string]string{}
	for round := 0; len(trace.Targets) < targets; round++ {
		before := len(trace.Hops)
		for _, target := range s.trace.Targets {
			target.ID = fmt.Sprintf("%d.%s", round, target.ID)
			trace.Targets = append(trace.Targets, target)
			result.Targets[target.ID] = target.Status
		}
		for _, h := range s.trace.Hops {
			h.ID += before
			if h.Target != "" {
				h.Target = fmt.Sprintf("%d.%s", round, h.Target)
			}
			if h.Parent != 0 {
				h.Parent += before
			}
			if h.Because != 0 {
				h.Because += before
			}
			trace.Hops = append(trace.Hops, h)
		}
	}
	trace.Targets = trace.Targets[:targets]
	last := trace.Targets[targets-1].ID
	end := slices.IndexFunc(trace.Hops, func(h evidence.Hop) bool {
		_, known := result.Targets[h.Target]
		return h.Target != "" && known && !slices.ContainsFunc(trace.Targets, func(t evidence.Target) bool { return t.ID == h.Target })
	})
	if end >= 0 {
		trace.Hops = trace.Hops[:end]
	}
	if _, ok := result.Targets[last]; !ok {
		t.Fatal("no status of the last target")
	}
	return sample{"large", &trace, result}
}

// allForms returns those of forms, and JSON.
func allForms() map[string]func(io.Writer, sample) error {
	out := forms()
	out["json"] = func(w io.Writer, s sample) error { return JSON(w, s.trace, s.result) }
	return out
}

// maxAllocated bounds what one form of 500 targets allocates in sum, garbage
// included. What stands at one time is less: 64 MiB is the promise, and this fails
// where a form goes over the whole report once for each host.
const maxAllocated = 192 << 20

// A report of 500 hosts is written in every form without a form that grows with
// their square.
func TestFiveHundredTargets(t *testing.T) {
	s := large(t, 500)
	for _, name := range slices.Sorted(maps.Keys(allForms())) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := allForms()[name](io.Discard, s); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > maxAllocated {
			t.Errorf("%s allocates %d MiB", name, n>>20)
		}
	}
}

// BenchmarkFiveHundredTargets measures all forms together, and the memory that the
// largest of them holds: go test -bench FiveHundred -run - ./internal/report
func BenchmarkFiveHundredTargets(b *testing.B) {
	s := large(b, 500)
	for _, name := range append(slices.Sorted(maps.Keys(allForms())), "all") {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var written counter
			for b.Loop() {
				for form, write := range allForms() {
					if form == name || name == "all" {
						if err := write(&written, s); err != nil {
							b.Fatal(err)
						}
					}
				}
			}
			b.ReportMetric(float64(written)/float64(b.N)/(1<<20), "MiB-written/op")
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.HeapSys)/(1<<20), "MiB-heap")
		})
	}
}

// counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
