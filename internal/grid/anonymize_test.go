package grid

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/anonymize"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/report"
)

// An anonymous trace is judged as the one that it was made of, keeps the laws, is
// the same when it is made again, and names no host of the company's.
func TestAnonymousTraceIsJudgedTheSame(t *testing.T) {
	for name, w := range all() {
		if w.err != nil {
			continue
		}
		anonymous := anonymize.Trace(w.trace)
		if err := anonymous.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		result := diagnosis.Diagnose(anonymous, catalogue.All())
		if before, after := judged(w.result), judged(result); !slices.Equal(before, after) {
			t.Errorf("%s: judged\n%q, before\n%q", name, after, before)
		}
		if again := anonymize.Trace(anonymous); !reflect.DeepEqual(again, anonymous) {
			t.Errorf("%s: made anonymous twice it differs", name)
		}
		checkAnonymous(t, name, walked{trace: anonymous, result: result})
	}
}

// judged is what a judge says of each finding beside its texts.
func judged(r diagnosis.Result) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, strings.Join([]string{f.Code, string(f.Severity), string(f.Strength), string(f.Audience), f.MaskedBy, f.Values["product"]}, " "))
	}
	return append(out, r.Verdict.Status)
}

// internalNames are what Worlds call a company's own.
var internalNames = []string{"corp.example", "mock-client", "Corp Example", "10.20.3.", "/home/dev", ".corp"}

func checkAnonymous(t *testing.T, name string, w walked) {
	t.Helper()
	for format, text := range rendered(t, w) {
		for _, canary := range internalNames {
			if i := strings.Index(text, canary); i >= 0 {
				t.Errorf("%s: %s holds %q: %q", name, format, canary, text[max(0, i-60):min(len(text), i+60)])
				break
			}
		}
	}
	var before bytes.Buffer
	if err := report.JSON(&before, w.trace, w.result); err != nil {
		t.Fatal(err)
	}
}
