package report

import (
	"bytes"
	"fmt"

	"pullpath/internal/diagnosis"
)

// labelWidth is the column at which the text of a finding's lines begins.
const labelWidth = 9

// findingsWriter writes findings for a terminal.
type findingsWriter struct {
	out   *bytes.Buffer
	width int
	paint painter
	all   bool
	// unfinished tells that the verdict is open: a finding of severity info may say why.
	unfinished bool
}

// findings writes the unmasked findings, the worst first, each with the findings that it
// explains. Findings of severity info are left out where there are worse ones, unless all
// were asked for or the verdict is open.
func (w findingsWriter) findings(r diagnosis.Result) {
	worse, also := false, explainedBy(r)
	w.unfinished = r.Verdict.Status == diagnosis.StatusIncomplete
	for _, severity := range []diagnosis.Severity{diagnosis.Error, diagnosis.Warning, diagnosis.Info} {
		for _, f := range r.Unmasked() {
			if f.Severity != severity || severity == diagnosis.Info && worse && !w.all && !w.unfinished {
				continue
			}
			w.finding(f)
			w.explained(also[f.ID])
			w.out.WriteByte('\n')
			worse = worse || severity != diagnosis.Info
		}
	}
}

// finding writes one finding. One of severity info is its title alone, and where the verdict
// is open what was seen and what to do besides.
func (w findingsWriter) finding(f diagnosis.Finding) {
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
		if w.unfinished {
			w.line("seen", f.Seen)
			w.line("ask", audience(f.Audience)+": "+f.Remedy)
		}
		return
	}
	if f.Optional {
		w.line("note", whyOptional(f))
	}
	w.line("seen", f.Seen)
	w.line("means", f.Explanation)
	w.line("ask", audience(f.Audience)+": "+f.Remedy)
	w.line("or", otherWay(f.Or))
	for i, line := range f.Find {
		w.line(onlyFirst("find", i), line)
	}
	for i, command := range f.Reproduce {
		w.out.WriteString(hangCommand(label(onlyFirst("try", i)), printable(command), labelWidth, w.width))
	}
}

// whyOptional says why an error counts as a warning.
func whyOptional(f diagnosis.Finding) string {
	switch {
	case f.Fallback:
		return "no error, because the client goes on to the next place of its registry configuration; this one costs it the time above"
	case len(f.Targets) == 1:
		return "no error, because the profile marks this host as optional; --all-required makes it one"
	}
	return "no error, because the profile marks these hosts as optional; --all-required makes it one"
}

func (w findingsWriter) line(name, text string) {
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

// explained writes a line for each code that a finding explains, directly or by way of
// another.
func (w findingsWriter) explained(lines []string) {
	for _, line := range lines {
		w.out.WriteString(hang("     ", printable("also "+line), 7, w.width))
	}
}
