package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"pullpath/internal/compare"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
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

// CompareTable writes who made each report and how it came out, then for each host that
// differs what every report saw at each difference. No line is wider than the width; 0
// means 80.
func CompareTable(w io.Writer, r compare.Result, width int) error {
	width = TableOptions{Width: width}.width()
	var out bytes.Buffer
	for _, c := range r.Reports {
		about := words.Join("from "+c.Hostname, c.Started, "profile "+c.Profile, "client "+c.Client)
		out.WriteString(hang("", printable(c.Name+": "+about), 2, width))
		if c.Verdict != "" {
			out.WriteString(hang("  ", printable(words.Join(c.Verdict, strings.Join(c.Codes, ", "))), 2, width))
		}
	}
	var same, texts []string
	hosts := map[string][]string{}
	for _, h := range r.Hosts {
		if h.Differs == "" && !slices.ContainsFunc(h.Cells, func(c compare.Cell) bool { return !c.Walked }) {
			same = append(same, fmt.Sprintf("%s (%s)", h.Target, inCell(h.Cells, 0, h)))
			continue
		}
		text := compareHost(r, h, width)
		texts = words.AppendNew(texts, text)
		hosts[text] = append(hosts[text], h.Target)
	}
	for _, text := range texts {
		out.WriteString("\n" + hang("", printable(strings.Join(hosts[text], ", ")), 2, width) + text)
	}
	if len(same) > 0 {
		out.WriteString("\n" + hang("", printable("the same in all reports: "+strings.Join(same, ", ")), 2, width))
	}
	for _, f := range r.Findings {
		out.WriteString("\n" + hang("", f.Code+": "+printable(f.Text), 2, width))
		if len(f.Targets) > 0 {
			out.WriteString(hang("  ", printable(strings.Join(f.Targets, " ")), 2, width))
		}
	}
	switch {
	case strings.Contains(strings.Join(texts, ""), "  * "):
		out.WriteString("\n" + hang("", "* saw something different from most reports; where there is no majority, every report is "+
			"marked", 2, width))
	case r.Same():
		out.WriteString("\nThe reports saw the same.\n")
	}
	_, err := out.WriteTo(w)
	return err
}

// compareHost returns what each report saw of a host, below where they differ. Hosts with one
// text share it.
func compareHost(r compare.Result, h compare.Host, width int) string {
	var where []string
	for _, op := range h.Differences {
		where = append(where, words.OpName(op))
	}
	out := ""
	if len(where) > 0 {
		out = hang("  ", printable("differs at "+strings.Join(where, ", ")), 2, width)
	}
	for i, c := range h.Cells {
		mark := "    "
		if c.Odd && len(h.Cells) > 2 {
			mark = "  * "
		}
		out += hang(mark, printable(reportName(r, i)+": "+inCell(h.Cells, i, h)), 6, width)
	}
	return out
}

// reportName names a column.
func reportName(r compare.Result, i int) string {
	if i < len(r.Reports) {
		return r.Reports[i].Name
	}
	return fmt.Sprint(i + 1)
}

// inCell returns what a report saw at each difference, or how its path ended where there is
// none.
func inCell(cells []compare.Cell, i int, h compare.Host) string {
	c := cells[i]
	if !c.Walked {
		return "not checked"
	}
	var out []string
	for _, op := range h.Differences {
		saw := c.Step(op).Saw
		if saw == "" || saw == "skipped" {
			saw = "not reached"
		}
		out = append(out, words.OpName(op)+": "+saw)
	}
	if len(out) > 0 {
		return strings.Join(out, "; ")
	}
	return pathEnd(c)
}

// pathEnd returns how the path of a host ended.
func pathEnd(c compare.Cell) string {
	out := "ok"
	for _, s := range c.Steps {
		switch {
		case out != "ok":
		case s.Fail:
			out = words.OpName(s.Op) + ": " + s.Saw
		case s.Saw == "skipped":
			out = s.Saw
		}
	}
	return out
}

// VerdictLine says how the hosts of a run came out.
func VerdictLine(t *evidence.Trace, r diagnosis.Result) string { return printable(sum(t, r)) }
