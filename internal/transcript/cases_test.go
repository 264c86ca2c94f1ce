package transcript_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/redact"
	"pullpath/internal/transcript"
)

// read reads one text as diagnose does.
func read(t testing.TB, text string) (*evidence.Trace, error) {
	t.Helper()
	known := func(s string) bool { return len(diagnosis.BySymptom(catalogue.All(), s)) > 0 }
	return transcript.Read(t.Context(), nil, []transcript.Source{{Name: "text", Data: strings.NewReader(text)}},
		evidence.Scribe{Secrets: &redact.Secrets{}}, known)
}

// causes are the codes of what is found in a text, best first: findings, then what remains.
func causes(t testing.TB, text string) []string {
	t.Helper()
	trace, err := read(t, text)
	if err != nil {
		t.Logf("%v", err)
		return nil
	}
	var out []string
	result := diagnosis.Diagnose(trace, catalogue.All())
	for _, f := range result.Unmasked() {
		if f.Severity != diagnosis.Info {
			out = append(out, f.Code)
		}
	}
	for _, c := range result.Candidates {
		out = append(out, c.Code)
	}
	return out
}

// Each text of the files has one of its codes first.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"cases.txt", "curl.txt"} {
		data, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(data), "\n== ")[1:] {
			title, rest, _ := strings.Cut(block, "\n-- ")
			right, text, _ := strings.Cut(rest, "\n")
			if strings.Contains(title, "--trace") {
				text = strings.ReplaceAll(text, "Info:", "== Info:")
			}
			t.Run(title, func(t *testing.T) {
				t.Parallel()
				got := append(causes(t, text), "none")
				if !slices.Contains(strings.Fields(right), got[0]) {
					t.Errorf("got %v, want first one of %s:\n%s", got, right, text)
				}
			})
		}
	}
}
