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

// Every unmasked error is asked for, each kind of change once and of its owner; what
// is no error is not.
func TestEveryErrorBecomesARequest(t *testing.T) {
	changes := map[string][]diagnosis.Change{}
	for _, e := range catalogue.All() {
		changes[e.Code] = e.Changes
	}
	for name, w := range all() {
		if w.err != nil {
			continue
		}
		var want, got []string
		for _, f := range w.result.Unmasked() {
			for _, c := range changes[f.Code] {
				if f.Severity == diagnosis.Error {
					want = append(want, string(c.Owner(f.Audience))+" "+string(c)+" "+f.Code)
				}
			}
		}
		for _, request := range ticket.Make(w.trace, w.result, catalogue.All()) {
			for _, b := range request.Blocks {
				got = append(got, string(request.Audience)+" "+string(b.Change)+" "+b.Code)
				checkBlock(t, name, b)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Errorf("%s: asked for %q, want %q", name, got, want)
		}
	}
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

func TestNoSecretIsInARequest(t *testing.T) {
	for name, w := range all() {
		if w.err != nil {
			continue
		}
		tickets := ticket.Make(w.trace, w.result, catalogue.All())
		var b bytes.Buffer
		for _, err := range []error{report.Ticket(&b, w.trace, tickets, 100), report.TicketMarkdown(&b, w.trace, tickets), report.TicketCSV(&b, tickets)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, secret := range w.secrets {
			if secret != "" && strings.Contains(b.String(), secret) {
				t.Errorf("%s: a request holds %q", name, secret)
			}
		}
	}
}

// A kind of change that stands in the table for a code that is no row is a slip.
func TestEveryKindOfChangeIsUsed(t *testing.T) {
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
