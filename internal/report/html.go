package report

import (
	"bytes"
	_ "embed" // the page's template and style
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

//go:embed page.gohtml
var pageTemplate string

//go:embed page.css
var pageStyle string

// page is everything that the HTML page shows.
type page struct {
	Style                       template.CSS
	Title, Head, Foot           string
	Status, Sign, Word, Summary string
	Sum                         string
	Facts                       [][2]string
	Drawings                    []drawing
	Findings                    []pageFinding
	// Candidates are the causes that a text leaves, Read its line, and Remarks what is to be
	// said of the text.
	Candidates []pageCandidate
	Read       string
	Remarks    []string
	// Acts are the findings that somebody has to act on.
	Acts     []pageFinding
	Lanes    []lane
	End      string
	Settings [][]string
	Hosts    []hostEvidence
	Article  []articleRequest
	Document template.JS
}

// pageCandidate is a cause that a text leaves, and who would have to act.
type pageCandidate struct {
	diagnosis.Candidate
	Whom string
}

// pageFinding is a finding with its words.
type pageFinding struct {
	diagnosis.Finding
	Class, Sign, Word, Audience string
	// Other is who can fix it in another way, and OtherWay how; both are empty for nobody.
	Other, OtherWay string
	Also            []string
	Anchors         []anchor
}

// anchor is a hop and its place on the page.
type anchor struct {
	ID    int
	Place string
}

// anchorOf returns a hop's place in the evidence, or in the waterfall where the page has no
// evidence of it.
func anchorOf(h evidence.Hop) string {
	if h.State == evidence.Skipped || h.Op == evidence.OpSetting {
		return fmt.Sprintf("bar-%d", h.ID)
	}
	return fmt.Sprintf("hop-%d", h.ID)
}

// HTML writes the report as one page: a picture of the path, the findings, a
// waterfall and all evidence. It needs no other file, no network and no script,
// and carries the report in JSON for whoever reads it back.
func HTML(w io.Writer, t *evidence.Trace, r diagnosis.Result, opts TableOptions) error {
	// Everything that the page shows goes through printable; html/template escapes
	// for the place where it stands.
	tmpl, err := template.New("page").Funcs(template.FuncMap{"p": printable, "list": printableList}).Parse(pageTemplate)
	if err != nil {
		return err
	}
	data, err := newPage(t, r, opts)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := tmpl.Execute(&buf, data); err != nil {
		return err
	}
	_, err = buf.WriteTo(w)
	return err
}

func printableList(texts []string) string { return printable(diagnosis.List(texts)) }

func newPage(t *evidence.Trace, r diagnosis.Result, opts TableOptions) (page, error) {
	l := newLedger(t, r, TableOptions{Verbose: true, Failures: opts.Failures})
	document, err := scriptJSON(newDocument(t, r))
	if err != nil {
		return page{}, err
	}
	mark := outcomeMarks[outcomeOf(r.Verdict.Effective())]
	p := page{Style: template.CSS(pageStyle), //nolint:gosec // our own file
		Title: "pullpath: " + sum(t, r), Head: headLine(t), Foot: footLine(t, r),
		Status: mark.class, Sign: mark.sign, Word: r.Verdict.Effective(), Summary: r.Verdict.Summary, Sum: sum(t, r), Facts: facts(t),
		Lanes: l.waterfall(), End: words.Duration(t.DurationMS), Settings: l.settingRows(), Hosts: l.evidenceByHost(),
		Article: article(t), Document: document}
	if len(t.Targets) > 0 && !t.FromText() { // a text shows single steps, and no path
		picture := l.picture()
		p.Drawings = []drawing{picture.wide(), picture.narrow()}
	}
	for _, c := range r.Candidates {
		p.Candidates = append(p.Candidates, pageCandidate{c, audience(c.Audience)})
	}
	if len(r.Candidates) > 0 {
		p.Read = quoted(t, r.Candidates[0].Hops)
	}
	p.Remarks = textRemarks(t)
	also := explainedBy(r)
	for _, severity := range []diagnosis.Severity{diagnosis.Error, diagnosis.Warning, diagnosis.Info} {
		for _, f := range r.Unmasked() {
			if f.Severity == severity {
				next := l.pageFinding(f, also[f.ID])
				p.Findings = append(p.Findings, next)
				if severity != diagnosis.Info {
					p.Acts = append(p.Acts, next)
				}
			}
		}
	}
	return p, nil
}

func (l ledger) pageFinding(f diagnosis.Finding, also []string) pageFinding {
	out := pageFinding{Finding: f, Also: also, Audience: audience(f.Audience), Class: "ok", Sign: "i", Word: "note"}
	if f.Or != nil {
		out.Other, out.OtherWay = audience(f.Or.Audience), f.Or.Remedy
	}
	switch f.Severity {
	case diagnosis.Error:
		out.Class, out.Sign, out.Word = "fail", "✕", "error"
	case diagnosis.Warning:
		out.Class, out.Sign, out.Word = "warn", "!", "warning"
	}
	if f.Strength != diagnosis.Proven && f.Strength != "" {
		out.Word += ", " + string(f.Strength)
	}
	for _, id := range f.Hops {
		if h, ok := l.trace.Hop(id); ok && !l.passing[h.Target] {
			out.Anchors = append(out.Anchors, anchor{id, anchorOf(h)})
		}
	}
	return out
}

// ranAs says which run it was, or what was read.
func ranAs(t *evidence.Trace) string {
	if t.FromText() {
		return readFrom(t)
	}
	return t.Started.UTC().Format("2006-01-02 15:04:05 UTC") + ", id " + t.Seed
}

// facts returns where and how the run was made.
func facts(t *evidence.Trace) [][2]string {
	all := [][2]string{
		{"tool", "pullpath " + t.Tool.Version},
		{"run", ranAs(t)},
		{"from", words.Join(vantage(t.Vantage), t.Vantage.OS)},
		{"resolvers", strings.Join(t.Vantage.Resolvers, ", ")},
		{"route", strings.Join(routes(t), "; ")},
		{"profile", t.Run.Profile}, {"client", t.Run.Client}, {"credentials", words.Join(t.Run.Credentials, t.Run.User)},
		{"network", t.Vantage.Network}, {"not modelled", t.Run.NotModelled},
		{"not read here", strings.Join(t.Vantage.Unread, "; ")},
	}
	var out [][2]string
	for _, f := range all {
		if f[1] != "" {
			out = append(out, f)
		}
	}
	return out
}

// scriptJSON returns a document that may stand inside a script element: nothing in it ends
// the element or opens another, and a terminal obeys nothing in it.
func scriptJSON(d document) (template.JS, error) {
	data, err := json.Marshal(d) // writes <, > and & as \u003c, \u003e and \u0026
	if err != nil {
		return "", err
	}
	return template.JS(escapeJSON(string(data))), nil //nolint:gosec // JSON without <, > and &
}
