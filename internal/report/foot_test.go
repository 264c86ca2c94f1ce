package report

import (
	"testing"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// A run that ended while side probes were under way says so: every host is checked then.
func TestWhatARunsEndCutShort(t *testing.T) {
	const fail, incomplete = diagnosis.StatusFail, diagnosis.StatusIncomplete
	cut := evidence.Hop{Op: evidence.OpDial, Purpose: evidence.Path, State: evidence.Failed, Failure: evidence.Fail(evidence.Budget, "x", nil)}
	for name, row := range map[string]struct {
		ended     evidence.Ending
		hops      []evidence.Hop
		status    string
		unchecked int
		want      string
	}{
		"finished":               {"", nil, diagnosis.StatusPass, 0, ""},
		"finished, a host left":  {"", nil, fail, 1, ", 1 not checked to the end"},
		"probes, incomplete":     {evidence.EndedBudget, nil, incomplete, 0, ", side probes were cut off"},
		"probes, after an error": {evidence.EndedBudget, nil, fail, 0, ", side probes were cut off (the time was up)"},
		"probes, interrupted":    {evidence.EndedInterrupted, nil, fail, 0, ", side probes were cut off (the run was interrupted)"},
		"a host":                 {evidence.EndedBudget, []evidence.Hop{cut}, fail, 1, ", 1 not checked to the end (the time was up)"},
		"a host, incomplete":     {evidence.EndedBudget, []evidence.Hop{cut}, incomplete, 1, ""},
		"a step of a failed one": {evidence.EndedBudget, []evidence.Hop{cut}, fail, 0, ""},
	} {
		r := diagnosis.Result{Verdict: diagnosis.Verdict{Status: row.status, Counts: diagnosis.Counts{Hosts: 9, Unchecked: row.unchecked}}}
		if got := cutShort(&evidence.Trace{Run: evidence.Run{Ended: row.ended}, Hops: row.hops}, r); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}
