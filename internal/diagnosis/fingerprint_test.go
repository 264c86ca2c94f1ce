package diagnosis

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
	"time"

	"pullpath/internal/evidence"
)

// outcome is a run over two targets, the second of which a redirect named.
func outcome() (*evidence.Trace, Result) {
	t := &evidence.Trace{
		Seed: "1", Started: time.Unix(0, 0), Vantage: evidence.Vantage{Hostname: "a", Addresses: []string{"10.0.0.1"}},
		Targets: []evidence.Target{{ID: "r.example:443", FoundBy: "argument", Role: evidence.Registry, Route: evidence.Route{Kind: "proxy"}},
			{ID: "cdn1.example:443", FoundBy: "redirect", Role: evidence.Blob, Route: evidence.Route{Kind: "direct"}}},
		Hops: []evidence.Hop{
			{ID: 1, Op: evidence.OpHandshake, Target: "r.example:443", Purpose: evidence.Path, State: evidence.OK,
				Detail: evidence.Handshake{Anchor: evidence.Anchor{Kind: "public"}}},
			{ID: 2, Op: evidence.OpDial, Target: "cdn1.example:443", Purpose: evidence.Path, State: evidence.Failed,
				Failure: &evidence.Failure{Kind: evidence.Timeout}},
			{ID: 3, Op: evidence.OpDial, Target: "r.example:443", Purpose: evidence.Probing, State: evidence.OK},
		}}
	return t, Result{Findings: []Finding{{ID: 1, Code: "tcp-timeout", Targets: []string{"cdn1.example:443"}, Hops: []int{2}}}}
}

// What says nothing of the outcome leaves the fingerprint as it is, and what does changes it.
func TestFingerprint(t *testing.T) {
	plain := Fingerprint(outcome())
	if !regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(plain) {
		t.Fatalf("%q", plain)
	}
	for name, c := range map[string]struct {
		change func(*evidence.Trace, *Result)
		same   bool
	}{
		"nothing": {func(*evidence.Trace, *Result) {}, true},
		"time, seed, host, addresses": {func(t *evidence.Trace, _ *Result) {
			t.Seed, t.Started, t.Vantage = "2", time.Unix(9, 0), evidence.Vantage{Hostname: "b", Addresses: []string{"10.9.0.1"}, Node: "n"}
		}, true},
		"sockets and durations": {func(t *evidence.Trace, _ *Result) {
			t.Hops[0].Local, t.Hops[0].Peer, t.Hops[0].TookMS, t.Hops[0].At = "10.0.0.1:5", "203.0.113.1:443", 9, time.Unix(5, 0)
		}, true},
		"another node of the CDN": {func(t *evidence.Trace, r *Result) {
			t.Targets[1].ID, t.Hops[1].Target, r.Findings[0].Targets[0] = "cdn2.example:443", "cdn2.example:443", "cdn2.example:443"
		}, true},
		"the order":         {func(t *evidence.Trace, _ *Result) { slices.Reverse(t.Targets) }, true},
		"a probe's failure": {func(t *evidence.Trace, _ *Result) { t.Hops[2].State = evidence.Failed }, true},
		"a masked finding": {func(_ *evidence.Trace, r *Result) {
			r.Findings = append(r.Findings, Finding{Code: "x", MaskedBy: "tcp-timeout"})
		}, true},
		"another target":       {func(t *evidence.Trace, _ *Result) { t.Targets[0].ID, t.Hops[0].Target = "q:443", "q:443" }, false},
		"another route":        {func(t *evidence.Trace, _ *Result) { t.Targets[0].Route.Kind = "direct" }, false},
		"another kind":         {func(t *evidence.Trace, _ *Result) { t.Hops[1].Failure.Kind = evidence.Refused }, false},
		"another operation":    {func(t *evidence.Trace, _ *Result) { t.Hops[1].Op = evidence.OpResolve }, false},
		"no failure":           {func(t *evidence.Trace, _ *Result) { t.Hops[1].State, t.Hops[1].Failure = evidence.OK, nil }, false},
		"not walked":           {func(t *evidence.Trace, _ *Result) { t.Hops[0].State = evidence.Skipped }, false},
		"another chain":        {func(t *evidence.Trace, _ *Result) { t.Hops[0].Detail = evidence.Handshake{} }, false},
		"another code":         {func(_ *evidence.Trace, r *Result) { r.Findings[0].Code = "tcp-refused" }, false},
		"one code more":        {func(_ *evidence.Trace, r *Result) { r.Findings = append(r.Findings, Finding{Code: "x"}) }, false},
		"the code's target":    {func(_ *evidence.Trace, r *Result) { r.Findings[0].Targets[0] = "r.example:443" }, false},
		"cut off by its limit": {func(t *evidence.Trace, _ *Result) { t.Run.Ended = evidence.EndedBudget }, false},
	} {
		t.Run(name, func(t *testing.T) {
			trace, r := outcome()
			c.change(trace, &r)
			if got := Fingerprint(trace, r); (got == plain) != c.same {
				t.Errorf("%s, and %s without the change", got, plain)
			}
		})
	}
}

// Over any two sets of codes: the fingerprints agree exactly where the sets do, whatever the
// order in which they were found.
func TestFingerprintTellsCodesApart(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	codes := []string{"a", "b", "a-b", "c", "d", "b-c"}
	known := map[string][]string{}
	for range 2000 {
		picked := slices.Clone(codes)
		random.Shuffle(len(picked), func(i, j int) { picked[i], picked[j] = picked[j], picked[i] })
		picked = picked[:random.IntN(len(picked)+1)]
		trace, r := outcome()
		r.Findings = nil
		for _, code := range picked {
			r.Findings = append(r.Findings, Finding{Code: code, Targets: []string{"r.example:443"}})
		}
		got := Fingerprint(trace, r)
		slices.Sort(picked)
		if before, seen := known[got]; seen && !slices.Equal(before, picked) {
			t.Fatalf("%q and %q have the fingerprint %s", before, picked, got)
		}
		known[got] = picked
	}
	if len(known) != 1<<len(codes) {
		t.Errorf("%d fingerprints of %d sets", len(known), 1<<len(codes))
	}
}
