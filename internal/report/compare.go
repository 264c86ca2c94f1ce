package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"pullpath/internal/compare"
	"pullpath/internal/evidence"
)

// CompareSchema is the form of a comparison in JSON.
const CompareSchema = "pullpath.compare/v1"

// CompareJSON writes a comparison for machines.
func CompareJSON(w io.Writer, r compare.Result) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetIndent("", "  ")
	err := enc.Encode(struct {
		Schema string `json:"schema"`
		Same   bool   `json:"same"`
		compare.Result
	}{CompareSchema, r.Same(), r})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, escapeJSON(buf.String()))
	return err
}

// CompareTable writes hosts as rows and reports as columns. The first hop that
// differs is marked with an asterisk.
func CompareTable(w io.Writer, r compare.Result) error {
	head := []string{"HOST", "FIRST DIFFERENCE"}
	for _, c := range r.Reports {
		head = append(head, printable(c.Name))
	}
	rows := [][]string{head}
	for _, h := range r.Hosts {
		row := []string{h.Target, string(h.Differs)}
		switch absent := slices.ContainsFunc(h.Cells, func(c compare.Cell) bool { return !c.Walked }); {
		case h.Differs == "" && absent:
			row[1] = "not walked"
		case h.Differs == "":
			row[1] = "none"
		}
		for _, c := range h.Cells {
			row = append(row, inCell(c, h.Differs))
		}
		rows = append(rows, clean(row...))
	}
	var out bytes.Buffer
	padded(&out, rows)
	for _, f := range r.Findings {
		fmt.Fprintf(&out, "\n%s: %s\n", f.Code, printable(f.Text))
		if len(f.Targets) > 0 {
			fmt.Fprintf(&out, "  %s\n", printable(strings.Join(f.Targets, " ")))
		}
	}
	if r.Same() {
		out.WriteString("\nThe reports saw the same.\n")
	}
	_, err := out.WriteTo(w)
	return err
}

// maxPadded is the widest cell for which the others of its column are padded. What is
// kept of one answer is less; a report with a cell of a megabyte would else make a
// megabyte of every line.
const maxPadded = 1024

// padded sets rows in columns that are as wide as their widest cell.
func padded(out *bytes.Buffer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, c := range row {
			if n := utf8.RuneCountInString(c); n <= maxPadded {
				widths[i] = max(widths[i], n)
			}
		}
	}
	for _, row := range rows {
		for i, c := range row[:len(row)-1] {
			blanks := max(widths[i]-utf8.RuneCountInString(c), 0) + gap
			out.WriteString(c + strings.Repeat(" ", blanks))
		}
		out.WriteString(row[len(row)-1] + "\n")
	}
}

// inCell is what a report saw at the first difference, with an asterisk where it stands
// out, or how its path ended.
func inCell(c compare.Cell, differs evidence.Op) string {
	if !c.Walked {
		return "not walked"
	}
	mark, out := "  ", "ok"
	if c.Odd {
		mark = "* "
	}
	for _, s := range c.Steps {
		if s.Op == differs {
			return mark + s.Saw
		}
		switch {
		case out != "ok":
		case s.Fail:
			out = string(s.Op) + ": " + s.Saw
		case s.Saw == "skipped":
			out = s.Saw
		}
	}
	if differs != "" {
		return mark + "not reached"
	}
	return out
}
