package grid

import (
	"context"
	"fmt"
	"testing"

	"pullpath/flows"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/vantage"
	"pullpath/mockproxy"
)

// nothingIsReadIntoTheEnd: where the time of a run ends while a hop is under way, no row
// speaks on that hop, and no error on what was not reached, whatever had been seen of it.
// Without an error on what came before, the run is incomplete.
func nothingIsReadIntoTheEnd(t *testing.T, _ string, w walked) {
	if w.world.Survey != nil {
		t.Skip("settings are read, no path is walked")
	}
	for _, h := range hopsToCut(w.trace) {
		cut := cutAt(w.trace, h)
		if err := cut.Check(); err != nil {
			t.Fatal(err)
		}
		endsWell(t, fmt.Sprintf("cut at hop %d, %s of %s", h.ID, h.Op, h.Target), cut)
	}
}

// endsWell holds the judgement of a run whose time ended to the law.
func endsWell(t *testing.T, when string, cut *evidence.Trace) {
	t.Helper()
	result := diagnosis.Diagnose(cut, catalogue.All())
	errors := 0
	for _, f := range result.Findings {
		for _, id := range f.Hops {
			got, _ := cut.Hop(id)
			unmade := got.OnPath() && got.State == evidence.Skipped && f.Severity == diagnosis.Error
			if got.Kind() == evidence.Budget || unmade {
				t.Errorf("%s: %s speaks on hop %d (%s, %s)", when, f.Code, id, got.Op, got.State)
			}
		}
		if f.Severity == diagnosis.Error && f.MaskedBy == "" {
			errors++
		}
	}
	status, outcome := result.Verdict.Status, result.Verdict.Outcome(cut.Run.Ended)
	if got := passing(cut); result.Verdict.Counts.Passed > got {
		t.Errorf("%s: %d hosts pass, of %d that got as far as TLS", when, result.Verdict.Counts.Passed, got)
	}
	if errors == 0 && (status != diagnosis.StatusIncomplete || outcome != diagnosis.Unfinished) {
		t.Errorf("%s: the verdict is %s, exit status %d", when, status, outcome)
	}
}

// hopsToCut are the hops at which a run is cut: one of each kind.
func hopsToCut(trace *evidence.Trace) []evidence.Hop {
	type kind struct {
		op    evidence.Op
		role  evidence.Role
		step  string
		state evidence.State
		kind  evidence.Kind
		path  bool
	}
	var out []evidence.Hop
	known := map[kind]bool{}
	for _, h := range trace.Hops {
		k := kind{h.Op, h.Role, string(evidence.DetailOf[evidence.Request](h).Step) + string(h.Probe), h.State, h.Kind(), h.OnPath()}
		if h.State != evidence.Skipped && h.Op != evidence.OpSetting && !known[k] {
			known[k] = true
			out = append(out, h)
		}
	}
	return out
}

// cutAt returns a trace whose time ended half-way through a hop. What was under way is cut
// off, with all that had been seen of it; what came later was not reached, and probes of
// then do not exist.
func cutAt(trace *evidence.Trace, at evidence.Hop) *evidence.Trace {
	end := at.BeganMS + at.TookMS/2
	out := *trace
	out.Run.Ended, out.Hops = evidence.EndedBudget, nil
	ids := map[int]int{}
	for _, h := range trace.Hops {
		late := h.BeganMS > end && h.Op != evidence.OpSetting && h.State != evidence.Skipped
		if late && !h.OnPath() {
			continue
		}
		switch {
		case late:
			h.State, h.Failure, h.Detail, h.Because = evidence.Skipped, nil, nil, 0
		case h.ID == at.ID, h.BeganMS+h.TookMS > end && h.State != evidence.Skipped && h.Op != evidence.OpSetting:
			h.State, h.Failure = evidence.Failed, evidence.Fail(evidence.Budget, "the run's time limit ended while this was under way", nil)
		}
		out.Hops = append(out.Hops, h)
		ids[h.ID] = len(out.Hops)
	}
	for i := range out.Hops {
		h := &out.Hops[i]
		h.ID, h.Parent, h.Because = i+1, ids[h.Parent], ids[h.Because]
	}
	return &out
}

// The same where the walk itself ends, as each of its hops begins.
func TestTheEndOfARunIsReadAsNothing(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"proxy-name-unresolved", "proxy-connect-denied", "proxy-timeout", "dns-resolver-unreachable", "dns-servfail",
		"tcp-timeout", "tcp-refused", "tls-intercepted-untrusted", "tls-timeout", "http-timeout", "auth-credentials-rejected"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := walkOf(name)
			if whole.err != nil {
				t.Fatal(whole.err)
			}
			for n := 1; n <= len(whole.trace.Hops); n += 1 + n/8 {
				cut, err := walkUntil(whole.world, n)
				if err != nil {
					t.Fatal(err)
				}
				if cut.Run.Ended != "" {
					endsWell(t, fmt.Sprintf("cut as hop %d began", n), cut)
				}
			}
		})
	}
}

// walkUntil walks a World until its n-th hop begins. Its time is then up.
func walkUntil(world fault.World, n int) (*evidence.Trace, error) {
	network, err := mockproxy.Start(world)
	if err != nil {
		return nil, err
	}
	defer network.Close()
	from, err := vantage.Of(network.Pass())
	if err != nil {
		return nil, err
	}
	defer from.Close()
	run, err := prepare(from, nil)
	if err != nil {
		return nil, err
	}
	ctx, end := context.WithCancelCause(context.Background())
	defer end(context.Canceled)
	run.Net.Watch = func(e flows.Event) {
		if e.Stage == flows.Begun && e.Serial >= n {
			end(context.DeadlineExceeded)
		}
	}
	return run.Walk(ctx), nil
}
