package grid

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/report"
	"pullpath/internal/ticket"
)

// errorsBecomeRequests: every unmasked error and warning is asked for, each kind of change
// once, of its owner, in the part of its need; what is neither is not.
func errorsBecomeRequests(t *testing.T, name string, w walked) {
	changes := map[string][]diagnosis.Change{}
	for _, e := range catalogue.All() {
		changes[string(e.Code)] = e.Changes
		if len(e.Changes) == 0 {
			changes[string(e.Code)] = []diagnosis.Change{diagnosis.Mend}
		}
	}
	var want, got []string
	for _, f := range w.result.Unmasked() {
		for _, c := range changes[f.Code] {
			need := map[diagnosis.Severity]string{diagnosis.Error: " required", diagnosis.Warning: " warning"}[f.Severity]
			if f.Optional {
				need = " optional"
			}
			if need != "" {
				want = append(want, string(ownerOf(c, f, changes[f.Code]))+" "+string(c)+" "+f.Code+need)
			}
		}
	}
	for _, request := range ticket.Make(w.trace, w.result, catalogue.All()) {
		for _, b := range request.Blocks {
			got = append(got, string(request.Audience)+" "+string(b.Change)+" "+b.Code+" "+string(b.Need))
			checkBlock(t, name, b)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("asked for %q, want %q", got, want)
	}
}

// ownerOf is who is asked for a change: for the repair beside a change of another kind, who
// can make the finding's other way.
func ownerOf(c diagnosis.Change, f diagnosis.Finding, all []diagnosis.Change) diagnosis.Audience {
	if c == diagnosis.Mend && all[0] != diagnosis.Mend {
		return f.Or.Audience
	}
	return c.Owner(f.Audience)
}

func checkBlock(t *testing.T, name string, b ticket.Block) {
	t.Helper()
	for _, text := range []string{b.What, b.Why, b.Seen, b.Verify, b.Unasked} {
		if text == "" {
			t.Errorf("%s: %s: a part of the request is empty: %+v", name, b.Code, b)
		}
	}
	if b.Change != diagnosis.Mend && len(b.Rows) == 0 {
		t.Errorf("%s: %s: %s without a row", name, b.Code, b.Change)
	}
	for _, r := range b.Rows {
		if r.Host == "" || r.Port == 0 || r.Source == "" {
			t.Errorf("%s: %s: row %+v lacks a part", name, b.Code, r)
		}
	}
}

func requestsHoldNoSecret(t *testing.T, _ string, w walked) {
	r := report.Requests{Trace: w.trace, Result: w.result, Tickets: ticket.Make(w.trace, w.result, catalogue.All())}
	var b bytes.Buffer
	for _, err := range []error{report.Ticket(&b, r, 100), report.TicketMarkdown(&b, r), report.TicketCSV(&b, r)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, secret := range w.secrets {
		if secret != "" && strings.Contains(b.String(), secret) {
			t.Errorf("a request holds %q", secret)
		}
	}
}

// A kind of change that stands in the table for a code that is no row is a slip.
func TestEveryKindOfChangeIsUsed(t *testing.T) {
	t.Parallel()
	used := map[diagnosis.Change]bool{}
	for _, e := range catalogue.All() {
		for _, c := range e.Changes {
			used[c] = true
			if !slices.Contains(diagnosis.Changes(), c) {
				t.Errorf("%s: no kind of change %q", e.Code, c)
			}
		}
	}
	for _, c := range diagnosis.Changes() {
		if !used[c] {
			t.Errorf("no row asks for %s", c)
		}
	}
}
