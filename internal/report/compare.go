package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"pullpath/internal/compare"
	"pullpath/internal/evidence"
)

// CompareSchema is the form of a comparison in JSON.
const CompareSchema = "pullpath.compare/v1"

// CompareJSON writes a comparison for machines.
func CompareJSON(w io.Writer, r compare.Result) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Schema string `json:"schema"`
		Same   bool   `json:"same"`
		compare.Result
	}{CompareSchema, r.Same(), r})
}

// CompareTable writes hosts as rows and reports as columns. The first hop that
// differs is marked with an asterisk.
func CompareTable(w io.Writer, r compare.Result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	head := []string{"HOST", "FIRST DIFFERENCE"}
	for _, c := range r.Reports {
		head = append(head, c.Name)
	}
	_, _ = fmt.Fprintln(t, strings.Join(head, "\t"))
	for _, h := range r.Hosts {
		row := []string{h.Target, string(h.Differs)}
		if h.Differs == "" {
			row[1] = "none"
		}
		for _, c := range h.Cells {
			row = append(row, inCell(c, h.Differs))
		}
		_, _ = fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, f := range r.Findings {
		text := "\n" + f.Code + ": " + f.Text + "\n"
		if len(f.Targets) > 0 {
			text += "  " + strings.Join(f.Targets, " ") + "\n"
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	if r.Same() {
		_, err := io.WriteString(w, "\nThe reports saw the same.\n")
		return err
	}
	return nil
}

// inCell is what a report saw at the first difference, or how its path ended.
func inCell(c compare.Cell, differs evidence.Op) string {
	if !c.Walked {
		return "not walked"
	}
	out := "ok"
	for _, s := range c.Steps {
		if s.Op == differs {
			return "* " + s.Saw
		}
		if s.Fail && out == "ok" {
			out = string(s.Op) + ": " + s.Saw
		}
	}
	if differs != "" {
		return "* not reached"
	}
	return out
}
