package compare

import (
	"testing"

	"pullpath/internal/evidence"
)

// Traces of hostile reports: hosts that one lacks, hops without details.
func TestTracesWithoutDetails(t *testing.T) {
	a := &evidence.Trace{Targets: []evidence.Target{{ID: "a:443", Host: "a"}}}
	for _, op := range operations() {
		a.Hops = append(a.Hops, evidence.Hop{ID: len(a.Hops) + 1, Op: op, Target: "a:443", Purpose: evidence.Path, State: evidence.OK},
			evidence.Hop{ID: len(a.Hops) + 2, Op: op, Target: "a:443", Purpose: evidence.Path, State: evidence.Failed, Failure: evidence.Fail(evidence.Unknown, "x", nil)})
	}
	b := &evidence.Trace{Targets: []evidence.Target{{ID: "b:443", Host: "b"}}}
	r := Traces([]string{"a", "b"}, []*evidence.Trace{a, b})
	if r.Same() || len(r.Hosts) != 2 || r.Hosts[0].Cells[1].Walked {
		t.Errorf("%+v", r)
	}
	if same := Traces([]string{"a", "a"}, []*evidence.Trace{a, a}); !same.Same() {
		t.Errorf("a report differs from itself: %+v", same.Findings)
	}
}

func TestRotatedAnswersAreAlike(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{{"1.1.1.1 2.2.2.2", "2.2.2.2 3.3.3.3", true}, {"1.1.1.1", "2.2.2.2", false}, {"", "1.1.1.1", false}} {
		if got := alike(evidence.OpResolve, c.a, c.b); got != c.same {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}
