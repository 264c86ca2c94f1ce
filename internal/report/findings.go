package report

import (
	"bytes"
	"fmt"
	"slices"

	"pullpath/internal/diagnosis"
)

// labelWidth is where the text of a finding's lines begins.
const labelWidth = 9

// writer writes findings for a terminal.
type writer struct {
	out   *bytes.Buffer
	width int
	paint painter
	all   bool
}

// findings writes the unmasked findings, worst first, each with those that it
// explains away. Informations are for those who ask, or who have nothing else.
func (w writer) findings(r diagnosis.Result) {
	told := false
	for _, severity := range []diagnosis.Severity{diagnosis.Error, diagnosis.Warning, diagnosis.Info} {
		for _, f := range r.Unmasked() {
			if f.Severity != severity || severity == diagnosis.Info && told && !w.all {
				continue
			}
			w.finding(f)
			w.explained(f, r)
			w.out.WriteByte('\n')
			told = told || severity != diagnosis.Info
		}
	}
}

// finding writes one finding, an information as its title alone.
func (w writer) finding(f diagnosis.Finding) {
	code := printable(f.Code)
	if f.Strength == diagnosis.Likely || f.Strength == diagnosis.Possible {
		code += " (" + string(f.Strength) + ")"
	}
	title := printable(f.Title)
	lead := w.paint.severity(f.Severity) + " " + code
	if indent := 4 + 1 + columns(code) + 3; indent+columns(title) <= w.width {
		w.out.WriteString(lead + "   " + title + "\n")
	} else {
		w.out.WriteString(lead + "\n" + hang("  ", title, 2, w.width))
	}
	if f.Severity == diagnosis.Info && !w.all {
		return
	}
	w.line("seen", f.Seen)
	w.line("means", f.Explanation)
	w.line("ask", audience(f.Audience)+": "+f.Remedy)
	for i, line := range f.Find {
		w.line(onlyFirst("find", i), line)
	}
	for i, command := range f.Reproduce {
		w.out.WriteString(hangCommand(label(onlyFirst("try", i)), printable(command), labelWidth, w.width))
	}
}

func (w writer) line(name, text string) {
	if text != "" {
		w.out.WriteString(hang(label(name), printable(text), labelWidth, w.width))
	}
}

func label(name string) string { return fmt.Sprintf("  %-*s", labelWidth-2, name) }

func onlyFirst(name string, i int) string {
	if i > 0 {
		return ""
	}
	return name
}

// explained writes one line for each code that f explains away, directly or
// over others.
func (w writer) explained(f diagnosis.Finding, r diagnosis.Result) {
	var lines []string
	for _, masked := range r.Findings {
		if masked.MaskedBy != "" && root(masked, r) == f.ID {
			lines = appendNew(lines, "also "+masked.Code+", explained by "+masked.MaskedBy)
		}
	}
	for _, line := range lines {
		w.out.WriteString(hang("     ", printable(line), 7, w.width))
	}
}

// root is the ID of the unmasked finding that a masked one goes back to: one
// on a shared target where there is one. A saved result may go in circles.
func root(f diagnosis.Finding, r diagnosis.Result) int {
	for range r.Findings {
		if f.MaskedBy == "" {
			return f.ID
		}
		next := -1
		for i, g := range r.Findings {
			if g.Code == f.MaskedBy && (next < 0 || !meet(r.Findings[next].Targets, f.Targets) && meet(g.Targets, f.Targets)) {
				next = i
			}
		}
		if next < 0 {
			return 0
		}
		f = r.Findings[next]
	}
	return 0
}

func meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(id string) bool { return slices.Contains(b, id) })
}
