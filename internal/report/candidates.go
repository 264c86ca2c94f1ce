package report

import (
	"bytes"
	"fmt"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// maxCandidates is how many causes a terminal shows of what a text does not decide; the JSON
// has all. Behind the fourth stand those that hardly anybody meets.
const maxCandidates = 4

// judged writes what was made of the evidence: the findings, the causes that a text leaves, and
// what is to be said of the text itself.
func (w findingsWriter) judged(t *evidence.Trace, r diagnosis.Result) {
	w.findings(r)
	shown := r.Candidates
	if !w.all {
		shown = shown[:min(len(shown), maxCandidates)]
	}
	if len(shown) > 0 {
		w.out.WriteString(hang("", "What the "+t.Texts.Noun()+" does not decide, the most likely cause first:", 0, w.width) + "\n")
	}
	for i, c := range shown {
		w.candidate(t, i, c)
	}
	if left := len(r.Candidates) - len(shown); left > 0 {
		w.out.WriteString(hang("", words.Count(left, "less likely cause")+": "+moreCodes(r.Candidates[len(shown):]), 2, w.width) + "\n")
	}
	for _, remark := range textRemarks(t) {
		w.out.WriteString(hang("", printable(remark), 2, w.width))
	}
}

// candidate writes one cause that remains.
func (w findingsWriter) candidate(t *evidence.Trace, i int, c diagnosis.Candidate) {
	lead := fmt.Sprintf("%d. %s", i+1, printable(c.Code))
	title := printable(c.Title)
	if indent := columns(lead) + 3; indent+columns(title) <= w.width {
		w.out.WriteString(lead + "   " + title + "\n")
	} else {
		w.out.WriteString(lead + "\n" + hang("  ", title, 2, w.width))
	}
	if i == 0 {
		w.line("read", quoted(t, c.Hops))
	}
	w.line("why", c.Because)
	if c.Tell != "" {
		w.out.WriteString(hangCommand(label("tell"), printable(c.Tell), labelWidth, w.width))
	}
	w.line("then", audience(c.Audience)+": "+c.Remedy)
	w.out.WriteByte('\n')
}

// quoted is the first line that a cause is about, with its place.
func quoted(t *evidence.Trace, hops []int) string {
	for _, id := range hops {
		if h, ok := t.Hop(id); ok && h.Origin != nil {
			return h.Origin.Place + ": " + h.Origin.Text
		}
	}
	return ""
}

func moreCodes(list []diagnosis.Candidate) string {
	var out []string
	for _, c := range list {
		out = append(out, c.Code)
	}
	return strings.Join(out, ", ")
}

// readFrom names the texts of a trace, for its head.
func readFrom(t *evidence.Trace) string {
	var out []string
	for _, f := range t.Texts.Files {
		name := f.Name
		if name == "-" {
			name = "stdin"
		}
		out = append(out, fmt.Sprintf("%s (%s, %s)", name, strings.Join(f.Forms, ", "), length(f)))
	}
	return "read from " + strings.Join(out, " and ")
}

// length is how long a text is, or a capture.
func length(f evidence.TextFile) string {
	if f.Frames > 0 {
		return words.Count(f.Frames, "frame")
	}
	return words.Count(f.Lines, "line")
}

// textRemarks are what is to be said of the texts themselves.
func textRemarks(t *evidence.Trace) []string {
	if !t.FromText() {
		return nil
	}
	out := append([]string(nil), t.Texts.Lacks...)
	if n := len(t.Texts.Secrets); n > 0 {
		out = append(out, "The text held logins, which were not kept: "+strings.Join(t.Texts.Secrets, "; ")+
			". Whoever pasted it should change them.")
	}
	if n := t.Texts.LeftOut; n > 0 {
		out = append(out, fmt.Sprintf("%s beyond the first are not shown.", words.Count(n, "further attempt")))
	}
	return out
}

// markdownCandidates writes the causes that a text leaves.
func markdownCandidates(buf *bytes.Buffer, t *evidence.Trace, r diagnosis.Result) {
	for i, c := range r.Candidates {
		fmt.Fprintf(buf, "\n### %d. %s: %s\n\n", i+1, markdown(c.Code), markdown(c.Title))
		if i == 0 {
			fmt.Fprintf(buf, "- **read** %s\n", markdown(quoted(t, c.Hops)))
		}
		fmt.Fprintf(buf, "- **because** %s\n- **then ask** %s: %s\n", markdown(c.Because), markdown(audience(c.Audience)), markdown(c.Remedy))
		if c.Tell != "" {
			markdownBlock(buf, "This tells it from the next:", []string{c.Tell})
		}
	}
	for _, remark := range textRemarks(t) {
		fmt.Fprintf(buf, "\n%s\n", markdown(remark))
	}
}
