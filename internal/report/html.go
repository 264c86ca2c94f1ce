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
	Facts                       [][2]string
	Drawings                    []drawing
	Findings                    []pageFinding
	Lanes                       []lane
	End                         string
	Settings                    [][]string
	Hosts                       []hostEvidence
	Article                     []articleRequest
	Document                    template.JS
}

// pageFinding is a finding with its words.
type pageFinding struct {
	diagnosis.Finding
	Class, Sign, Word, Audience string
	Also                        []string
	Anchors                     []anchor
}

// anchor is a hop and the place on the page where it is told.
type anchor struct {
	ID    int
	Place string
}

// anchorOf is a hop's place in the evidence, or in the waterfall where there is no
// more of it than that.
func anchorOf(h evidence.Hop) string {
	if h.State == evidence.Skipped || h.Op == evidence.OpSetting {
		return fmt.Sprintf("bar-%d", h.ID)
	}
	return fmt.Sprintf("hop-%d", h.ID)
}

// HTML writes the report as one page: a picture of the path, the findings, a
// waterfall and all evidence. It needs no other file, no network and no script,
// and carries the report in JSON for whoever reads it back.
func HTML(w io.Writer, t *evidence.Trace, r diagnosis.Result) error {
	// Everything that the page shows goes through printable; html/template escapes
	// for the place where it stands.
	tmpl, err := template.New("page").Funcs(template.FuncMap{"p": printable, "list": printableList}).Parse(pageTemplate)
	if err != nil {
		return err
	}
	data, err := newPage(t, r)
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

func newPage(t *evidence.Trace, r diagnosis.Result) (page, error) {
	l := newLedger(t, r, TableOptions{Verbose: true})
	document, err := scriptJSON(newDocument(t, r))
	if err != nil {
		return page{}, err
	}
	words := outcomeWords[outcomeOf(r.Verdict.Status)]
	p := page{Style: template.CSS(pageStyle), Title: "pullpath: " + sum(t, r), Head: headLine(t), Foot: footLine(t, r), //nolint:gosec // our own file
		Status: words[2], Sign: words[0], Word: r.Verdict.Status, Summary: r.Verdict.Summary, Facts: facts(t),
		Lanes: l.waterfall(), End: duration(t.DurationMS), Settings: l.settingRows(), Hosts: l.evidenceByHost(), Article: article(t), Document: document}
	if len(t.Targets) > 0 {
		picture := l.picture()
		p.Drawings = []drawing{picture.wide(), picture.narrow()}
	}
	also := explainedAway(r)
	for _, severity := range []diagnosis.Severity{diagnosis.Error, diagnosis.Warning, diagnosis.Info} {
		for _, f := range r.Unmasked() {
			if f.Severity == severity {
				p.Findings = append(p.Findings, newPageFinding(f, t, also[f.ID]))
			}
		}
	}
	return p, nil
}

func newPageFinding(f diagnosis.Finding, t *evidence.Trace, also []string) pageFinding {
	out := pageFinding{Finding: f, Also: also, Audience: audience(f.Audience), Class: "ok", Sign: "i", Word: "note"}
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
		if h, ok := t.Hop(id); ok {
			out.Anchors = append(out.Anchors, anchor{id, anchorOf(h)})
		}
	}
	return out
}

// facts are where and how the run was made.
func facts(t *evidence.Trace) [][2]string {
	all := [][2]string{
		{"tool", "pullpath " + t.Tool.Version},
		{"run", t.Started.UTC().Format("2006-01-02 15:04:05 UTC") + ", id " + t.Seed},
		{"from", sentence(vantage(t.Vantage), t.Vantage.OS)},
		{"resolvers", strings.Join(t.Vantage.Resolvers, ", ")},
		{"way", strings.Join(routes(t), "; ")},
		{"profile", t.Run.Profile}, {"client", t.Run.Client}, {"credentials", sentence(t.Run.Credentials, t.Run.User)},
		{"network", t.Vantage.Network}, {"not modelled", t.Run.NotModelled},
	}
	var out [][2]string
	for _, f := range all {
		if f[1] != "" {
			out = append(out, f)
		}
	}
	return out
}

// scriptJSON is a document as it may stand inside a script element: nothing in it
// ends the element or opens another, and nothing is obeyed by a terminal.
func scriptJSON(d document) (template.JS, error) {
	data, err := json.Marshal(d) // writes <, > and & as \u003c, \u003e and \u0026
	if err != nil {
		return "", err
	}
	return template.JS(escapeJSON(string(data))), nil //nolint:gosec // JSON without <, > and &
}
