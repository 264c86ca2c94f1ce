package grid

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/golden"
	"pullpath/internal/report"
)

// What changes from run to run is taken out of the golden texts: times, the
// loopback ports of the mock, and digests.
var varying = []struct {
	form *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "TIME"},
	{regexp.MustCompile(`\(access\.log: \d+\.\d{3}\)`), "(access.log: EPOCH)"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+ > `), ""},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`\b\d+\.\d s\b`), "N s"},
	{regexp.MustCompile(`\b\d+\.\d ms\b`), "N ms"},
	{regexp.MustCompile(`(no answer in N s)(, no answer in N s)+`), "$1"},
	{regexp.MustCompile(`\b\d+ bytes (sent|received)|\b\d+ received`), "N bytes"},
	{regexp.MustCompile(`at \d+\.\d KiB/s all of it takes \d+ \w+`), "at N KiB/s all of it takes N"},
	{regexp.MustCompile(`\b\d+ answers? came`), "N answers came"},
	{regexp.MustCompile(`sha256:[0-9a-f]{64}`), "sha256:DIGEST"},
	{regexp.MustCompile(`/sha256/[0-9a-f]{2}/[0-9a-f]{64}`), "/sha256/DIGEST"},
}

func steady(s string) string {
	for _, v := range varying {
		s = v.form.ReplaceAllString(s, v.with)
	}
	return s
}

// text writes a result's findings as a reader meets them.
func text(w walked) string {
	var b strings.Builder
	fmt.Fprintf(&b, "world    %s\nverdict  %s: %s\n", w.world.Title, w.result.Verdict.Status, w.result.Verdict.Summary)
	for _, f := range w.result.Findings {
		if f.MaskedBy != "" {
			fmt.Fprintf(&b, "\nalso %s, explained by %s\n", f.Code, f.MaskedBy)
			continue
		}
		fmt.Fprintf(&b, "\n%s %s (%s, %s)\n%s\n", f.Severity, f.Code, f.Strength, f.Audience, f.Title)
		fmt.Fprintf(&b, "seen   %s\nmeans  %s\nask    %s\n", f.Seen, f.Explanation, f.Remedy)
		if f.Or != nil {
			fmt.Fprintf(&b, "or     %s: %s\n", f.Or.Audience, f.Or.Remedy)
		}
		for _, line := range f.Find {
			fmt.Fprintf(&b, "find   %s\n", line)
		}
		for _, line := range f.Reproduce {
			fmt.Fprintf(&b, "try    %s\n", line)
		}
	}
	return once(steady(b.String()))
}

// once leaves out a line that says the same as one before it in its finding: lines
// that differed in time alone.
func once(s string) string {
	var out []string
	begun := 0
	for _, line := range strings.Split(s, "\n") {
		if line == "" {
			begun = len(out)
		}
		if line == "" || !slices.Contains(out[begun:], line) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

func textsAreGolden(t *testing.T, name string, w walked) {
	golden.Check(t, filepath.Join("testdata", name+".txt"), text(w))
}

func TestEveryGoldenTextBelongsToAWorld(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, ok := worlds()[strings.TrimSuffix(filepath.Base(f), ".txt")]; !ok && filepath.Base(f) != claimsFile {
			t.Errorf("%s belongs to no World", f)
		}
	}
}

// The page that lists the catalogue is made of the rows.
func TestDocsAreFresh(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := report.Docs(&b, catalogue.All()); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("..", "..", "docs", "diagnoses.md"), b.String())
}

// Texts are for a network engineer in a hurry.
func TestTextsKeepTheHouseVoice(t *testing.T) {
	t.Parallel()
	for _, e := range catalogue.All() {
		for field, s := range map[string]string{"title": e.Title, "seen": e.Seen, "means": e.Means, "remedy": e.Remedy} {
			if strings.Contains(s, "!") && !strings.Contains(s, "!=") {
				t.Errorf("%s: %s has an exclamation mark", e.Code, field)
			}
			if len(s) > 420 {
				t.Errorf("%s: %s has %d characters; nobody in a hurry reads that", e.Code, field, len(s))
			}
		}
		if strings.HasSuffix(e.Remedy, ".") || strings.ToUpper(e.Remedy[:1]) == e.Remedy[:1] && e.Remedy[0] != '{' && e.Remedy[:3] != "NTP" {
			t.Errorf("%s: the remedy is no phrase that follows \"ask:\": %q", e.Code, e.Remedy)
		}
	}
}
