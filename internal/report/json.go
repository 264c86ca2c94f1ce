package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// document is the report pullpath.report/v1: the trace, its findings and the verdict.
type document struct {
	evidence.Trace
	Findings   []diagnosis.Finding   `json:"findings"`
	Candidates []diagnosis.Candidate `json:"candidates,omitempty"`
	Verdict    diagnosis.Verdict     `json:"verdict"`
	Outcome    cameOut               `json:"outcome"`
}

// cameOut is what reports are grouped by.
type cameOut struct {
	Fingerprint string `json:"fingerprint"`
}

// JSON writes the report: the trace with each target's status filled in, the
// findings and the verdict. docs/report.schema.json describes it. The same
// input always gives the same bytes, and lists are never null.
func JSON(w io.Writer, t *evidence.Trace, r diagnosis.Result) error {
	if err := IndentedJSON(w, newDocument(t, r)); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func newDocument(t *evidence.Trace, r diagnosis.Result) document {
	d := document{Trace: *t, Findings: present(slices.Clone(r.Findings)), Candidates: r.Candidates, Verdict: r.Verdict,
		Outcome: cameOut{diagnosis.Fingerprint(t, r)}}
	d.Targets = present(slices.Clone(t.Targets))
	for i, target := range d.Targets {
		d.Targets[i].Status = status(r, target)
	}
	d.Hops = present(t.Hops)
	d.Vantage.Addresses = present(t.Vantage.Addresses)
	d.Vantage.Resolvers = present(t.Vantage.Resolvers)
	d.Verdict.RootCauses = present(r.Verdict.RootCauses)
	for i, f := range d.Findings {
		d.Findings[i].Targets, d.Findings[i].Hops = present(f.Targets), present(f.Hops)
	}
	return d
}

// status returns the status of a target by the diagnosis, or by the trace itself where the
// diagnosis has none.
func status(r diagnosis.Result, t evidence.Target) string {
	if s, ok := r.Targets[t.ID]; ok {
		return s
	}
	return t.Status
}

// present returns s, empty where it is nil.
func present[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// IndentedJSON writes a value for readers and programs. Nothing in its texts moves a cursor.
func IndentedJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(escaped{w}) // it writes once, when all is encoded
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// escaped writes JSON on by [escapeJSON].
type escaped struct{ w io.Writer }

func (e escaped) Write(p []byte) (int, error) {
	if !bytes.ContainsFunc(p, obeyed) {
		return e.w.Write(p)
	}
	if _, err := io.WriteString(e.w, escapeJSON(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// obeyed are the characters that a terminal might obey.
func obeyed(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }

// escapeJSON writes every character that a terminal might obey as \uXXXX. Such
// characters stand only inside strings, where this means the same.
func escapeJSON(s string) string {
	if !strings.ContainsFunc(s, obeyed) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if !obeyed(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
