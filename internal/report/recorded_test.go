package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pullpath/internal/cost"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// recordedReports reads the runs that were recorded in made-up networks, with their
// results at that time (go test ./internal/grid -run TestRecordedReports -record).
func recordedReports(t testing.TB) []sample {
	t.Helper()
	files, err := filepath.Glob("testdata/reports/*.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d recorded reports (%v)", len(files), err)
	}
	var out []sample
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		trace, err := evidence.Read(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		var result diagnosis.Result
		if err := json.Unmarshal(data, &result); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		result.Targets = map[string]string{}
		for _, target := range trace.Targets {
			result.Targets[target.ID] = target.Status
		}
		out = append(out, sample{strings.TrimSuffix(filepath.Base(f), ".json"), trace, result})
	}
	return out
}

// forms returns every form of a report by the end of its golden file.
func forms() map[string]func(io.Writer, sample) error {
	table := func(opts TableOptions) func(io.Writer, sample) error {
		return func(w io.Writer, s sample) error { return Table(w, s.trace, s.result, opts) }
	}
	out := map[string]func(io.Writer, sample) error{
		"80.txt": table(TableOptions{Width: 80}), "120.txt": table(TableOptions{Width: 120}), "200.txt": table(TableOptions{Width: 200}),
		"wide.txt": table(TableOptions{Width: 160, Wide: true}), "quiet.txt": table(TableOptions{Quiet: true}),
	}
	for _, f := range Formats() {
		// The tables are above, and the JSON is what these reports were read from.
		if f.Name != "table" && f.Name != "wide" && f.Name != "json" {
			out[f.Name] = func(w io.Writer, s sample) error { return f.Write(w, s.trace, s.result, TableOptions{}) }
		}
	}
	return out
}

// carried is the JSON in a page; its golden file is the report itself.
var carried = regexp.MustCompile(`(id="pullpath-report">).*(</script>)`)

func TestRecordedReportsInEveryForm(t *testing.T) {
	for _, s := range recordedReports(t) {
		for name, write := range forms() {
			got := render(t, func(b *bytes.Buffer) error { return write(b, s) })
			isGolden(t, fmt.Sprintf("recorded/%s.%s", s.name, name), carried.ReplaceAll(got, []byte("${1}${2}")))
			for _, r := range string(got) {
				if r != '\n' && !unicode.IsPrint(r) {
					t.Errorf("%s.%s prints %U", s.name, name, r)
					break
				}
			}
		}
	}
}

// A page is read back as the report that it shows.
func TestPageReadsBack(t *testing.T) {
	for _, s := range recordedReports(t) {
		got, err := evidence.Read(bytes.NewReader(render(t, func(b *bytes.Buffer) error { return HTML(b, s.trace, s.result, TableOptions{}) })))
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		if diff := cmp.Diff(s.trace, got, cmpopts.IgnoreUnexported(evidence.Failure{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.name, diff)
		}
	}
}

// Whatever a peer says stays text: no element and no attribute of the page is its.
func TestPageKeepsHostileTextInert(t *testing.T) {
	for _, s := range append(recordedReports(t), hostile()) {
		got := string(render(t, func(b *bytes.Buffer) error { return HTML(b, s.trace, s.result, TableOptions{}) }))
		for _, wrong := range []string{"<img", "<iframe", "javascript:", "<script>"} {
			if strings.Contains(got, wrong) {
				t.Errorf("%s: the page has %s", s.name, wrong)
			}
		}
		if strings.Count(got, "<script") != 1 || strings.Count(got, "</script") != 1 {
			t.Errorf("%s: more than one script", s.name)
		}
		if strings.Contains(got, "ZgotmplZ") {
			t.Errorf("%s: the template refused a value", s.name)
		}
	}
}

// A case is failed, skipped or passed as its layer was, and the sums are right.
func TestJUnitCases(t *testing.T) {
	for _, s := range append(recordedReports(t), samples()...) {
		got := render(t, func(b *bytes.Buffer) error { return JUnit(b, s.trace, s.result) })
		var doc junitSuites
		if err := xml.Unmarshal(got, &doc); err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		failed, skipped, tests := 0, 0, 0
		for i, suite := range doc.Suites {
			bad := 0
			for _, c := range suite.Cases {
				tests++
				if c.Failure != nil {
					bad++
				}
				if c.Skipped != nil {
					skipped++
				}
			}
			failed += bad
			if i == 0 {
				if (s.result.Verdict.Status == diagnosis.StatusFail) != (bad == 1) {
					t.Errorf("%s: the verdict is %s with %d failures", s.name, s.result.Verdict.Status, bad)
				}
				continue
			}
			status := s.result.Targets[s.trace.Targets[i-1].ID]
			if (status == diagnosis.StatusFail) != (bad > 0) && s.name != "hostile" {
				t.Errorf("%s: %s is %q with %d failures", s.name, suite.Name, status, bad)
			}
		}
		if failed != doc.Failures || skipped != doc.Skipped || tests != doc.Tests {
			t.Errorf("%s: %d of %d failed, %d skipped, the sums say %d of %d and %d", s.name, failed, tests, skipped, doc.Failures, doc.Tests,
				doc.Skipped)
		}
	}
}

// Nothing that a peer may say makes the XML invalid (XML 1.0 section 2.2).
func FuzzJUnit(f *testing.F) {
	for _, s := range []string{"\x00", "\x1b[m", "]]>", "<!--", "\ufffe", "\xff", "&#0;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			w := newWalk("direct", "a.example")
			w.t.Targets[0].ID = text
			w.add("", 1, evidence.Dial{}, func(h *evidence.Hop) { h.Target, h.Peer = text, text }, failed(evidence.Reset, text))
			finding := diagnosis.Finding{Code: text, Severity: diagnosis.Error, Layer: diagnosis.TCP, Title: text, Seen: text,
				Targets: []string{text}, Hops: []int{1}}
			var buf bytes.Buffer
			if err := JUnit(&buf, w.t, diagnosis.Result{Findings: []diagnosis.Finding{finding}}); err != nil {
				t.Fatal(err)
			}
			for d := xml.NewDecoder(&buf); ; {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					return
				} else if err != nil {
					t.Fatalf("%q: %v", text, err)
				}
			}
		})
	})
}
