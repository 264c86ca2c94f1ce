package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
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
		about := words.Join("from "+cmp.Or(c.Node, c.Hostname), c.Started, "profile "+c.Profile, "client "+c.Client)
		out.WriteString(hang("", printable(c.Name+": "+about), 2, width))
		if c.Verdict != "" {
			out.WriteString(hang("  ", printable(words.Join(c.Verdict, strings.Join(c.Codes, ", "))), 2, width))
		}
	}
	same, blocks := hostBlocks(r)
	marked := false
	for _, b := range blocks {
		out.WriteString("\n" + hang("", printable(b.title()), 2, width))
		if b.Where != "" {
			out.WriteString(hang("  ", printable(b.Where), 2, width))
		}
		for _, l := range b.Lines {
			marked = marked || l.Odd
			out.WriteString(hang(map[bool]string{true: "  * ", false: "    "}[l.Odd], printable(l.Text), 6, width))
		}
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
	case marked:
		out.WriteString("\n" + hang("", "* saw something different from most reports; where there is no majority, every report is "+
			"marked", 2, width))
	case r.Same():
		out.WriteString("\nThe reports saw the same.\n")
	}
	_, err := out.WriteTo(w)
	return err
}

// hostBlock is what each report saw of a host, or of several hosts of which it is the same.
type hostBlock struct {
	Hosts []string
	// Where says at which hops the reports differ.
	Where string
	Lines []hostLine
	// own are the lines with the addresses of the first host; Lines have none where the hosts differ in
	// their addresses alone.
	own string
	// Addresses means that each host has its own.
	Addresses bool
}

// hostLine is what a report saw; Odd marks one that saw something else than most.
type hostLine struct {
	Text string
	Odd  bool
}

// title names the hosts of a block.
func (b hostBlock) title() string {
	out := strings.Join(b.Hosts, ", ")
	if b.Addresses {
		out += ", each at addresses of its own"
	}
	return out
}

// hostBlocks returns the hosts of which all reports saw the same, and a block for those of which
// they did not. Hosts of which the same is to be said share a block, and so do those whose answers of a
// name server have other addresses.
func hostBlocks(r compare.Result) (same []string, blocks []hostBlock) {
	at := map[string]int{}
	for _, h := range r.Hosts {
		if h.Differs == "" && !slices.ContainsFunc(h.Cells, func(c compare.Cell) bool { return !c.Walked }) {
			same = append(same, fmt.Sprintf("%s (%s)", h.Target, inCell(h.Cells, 0, h)))
			continue
		}
		own, general := blockOf(r, h, false), blockOf(r, h, true)
		i, known := at[general.own]
		if !known {
			i = len(blocks)
			at[general.own], blocks = i, append(blocks, own)
		}
		b := &blocks[i]
		b.Hosts = append(b.Hosts, h.Target)
		if b.own != own.own {
			b.Lines, b.Addresses = general.Lines, true
		}
	}
	return same, blocks
}

// blockOf is the block of one host; general leaves out the addresses that a name server answered.
func blockOf(r compare.Result, h compare.Host, general bool) hostBlock {
	var out hostBlock
	var where []string
	for _, op := range h.Differences {
		where = append(where, words.OpName(op))
	}
	if len(where) > 0 {
		out.Where = "differs at " + strings.Join(where, ", ")
	}
	out.own = out.Where
	cells := h.Cells
	if general {
		cells = withoutAddresses(cells)
	}
	for i, c := range cells {
		l := hostLine{reportName(r, i) + ": " + inCell(cells, i, h), c.Odd && len(h.Cells) > 2}
		out.Lines = append(out.Lines, l)
		out.own += fmt.Sprintf("\n%v%s", l.Odd, l.Text)
	}
	return out
}

// withoutAddresses are cells in which a name server answered with some address.
func withoutAddresses(cells []compare.Cell) []compare.Cell {
	cells = slices.Clone(cells)
	for i, c := range cells {
		cells[i].Steps = slices.Clone(c.Steps)
		for j, s := range c.Steps {
			first, _, _ := strings.Cut(s.Saw, ",")
			if _, err := netip.ParseAddr(strings.TrimSpace(first)); s.Op == evidence.OpResolve && err == nil {
				cells[i].Steps[j].Saw = "answered"
			}
		}
	}
	return cells
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
