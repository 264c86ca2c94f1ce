package transcript_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
)

// shownCauses is how many causes a terminal shows of a text that decides nothing.
const shownCauses = 4

// Of no text in undecided.txt is a finding made, and each of its codes is among the first causes.
func TestUndecided(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/undecided.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(string(data), "\n== ")[1:] {
		title, rest, _ := strings.Cut(block, "\n-- ")
		codes, text, _ := strings.Cut(rest, "\n")
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			trace, err := read(t, text)
			if err != nil {
				t.Fatal(err)
			}
			result := diagnosis.Diagnose(trace, catalogue.All())
			if causes := result.Verdict.RootCauses; len(causes) > 0 {
				t.Errorf("the text does not carry %v", causes)
			}
			var shown []string
			for _, c := range result.Candidates[:min(shownCauses, len(result.Candidates))] {
				shown = append(shown, c.Code)
			}
			for code := range strings.FieldsSeq(codes) {
				if !slices.Contains(shown, code) {
					t.Errorf("%s is not among %v", code, shown)
				}
			}
		})
	}
}
