package report

import (
	"bytes"
	"fmt"

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
	told, also := false, explainedAway(r)
	for _, severity := range []diagnosis.Severity{diagnosis.Error, diagnosis.Warning, diagnosis.Info} {
		for _, f := range r.Unmasked() {
			if f.Severity != severity || severity == diagnosis.Info && told && !w.all {
				continue
			}
			w.finding(f)
			w.explained(also[f.ID])
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

// explained writes a line for each code that a finding explains away, directly or
// over others.
func (w writer) explained(lines []string) {
	for _, line := range lines {
		w.out.WriteString(hang("     ", printable("also "+line), 7, w.width))
	}
}
