package grid

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/report"
)

// What changes from run to run is taken out of the golden texts: times, the
// loopback ports of the mock, and digests.
var varying = []struct {
	form *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "TIME"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+ > `), ""},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`\b\d+\.\d s\b`), "N s"},
	{regexp.MustCompile(`\b\d+\.\d ms\b`), "N ms"},
	{regexp.MustCompile(`(no answer in N s)(, no answer in N s)+`), "$1"},
	{regexp.MustCompile(`\b\d+ bytes (sent|received)|\b\d+ received`), "N bytes"},
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

func TestTextsAreGolden(t *testing.T) {
	for name, w := range all() {
		if w.err == nil {
			golden(t, filepath.Join("testdata", name+".txt"), text(w))
		}
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, ok := all()[strings.TrimSuffix(filepath.Base(f), ".txt")]; !ok {
			t.Errorf("%s belongs to no World", f)
		}
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%v; go test ./internal/grid -update writes it", err)
		return
	}
	if string(want) != got {
		t.Errorf("%s differs; go test ./internal/grid -update rewrites it. Got:\n%s\nwant:\n%s", path, got, want)
	}
}

// The page that lists the catalogue is made of the rows.
func TestDocsAreFresh(t *testing.T) {
	var b bytes.Buffer
	if err := report.Docs(&b, catalogue.All()); err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("..", "..", "docs", "diagnoses.md"), b.String())
}

// Texts are for a network engineer in a hurry.
func TestTextsKeepTheHouseVoice(t *testing.T) {
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
