package report

import (
	"bytes"
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
)

func entries() []diagnosis.Entry {
	return []diagnosis.Entry{
		{Code: "proxy-connect-denied", Title: "The proxy refuses a tunnel to {targets}", Layer: diagnosis.Proxy,
			Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
			Seen: `{via} answered "{status}"`, Means: "The host is not on the proxy's allow-list. It is no credential problem: none was sent.",
			Remedy: "allow CONNECT {targets} for {source}", Cite: []string{"RFC 9110, 15.5.4", "Squid: ERR_ACCESS_DENIED | <deny_info>"},
			Since: "0.1.0", After: []diagnosis.Code{"no-proxy-misses-target", "proxy-auth-required"}},
		{Code: "dns-left-to-proxy", Title: "{name} does not resolve here, and need not", Layer: diagnosis.DNS,
			Severity: diagnosis.Info, Strength: diagnosis.Likely, Audience: diagnosis.HostAdmin,
			Seen: "{server} says *{rcode}*", Means: "The proxy resolves.", Remedy: "nothing", Cite: []string{"RFC 9110, 9.3.6"}, Since: "0.1.0"},
	}
}

func TestExplainGolden(t *testing.T) {
	for _, e := range entries() {
		got := render(t, func(b *bytes.Buffer) error { return Explain(b, e, 80) })
		isGolden(t, "explain/"+string(e.Code)+".txt", got)
		for line := range strings.Lines(string(got)) {
			if columns(strings.TrimRight(line, "\n")) > 80 {
				t.Errorf("too wide: %s", line)
			}
		}
	}
}

func TestDocsGolden(t *testing.T) {
	got := render(t, func(b *bytes.Buffer) error { return Docs(b, entries()) })
	isGolden(t, "docs.md", got)
	if strings.Index(string(got), "## dns") > strings.Index(string(got), "## proxy") {
		t.Error("the layers are not in the order of the path")
	}
}

func TestMarkdownGolden(t *testing.T) {
	for _, s := range samples() {
		isGolden(t, "markdown/"+s.name+".md", render(t, func(b *bytes.Buffer) error { return Markdown(b, s.trace, s.result, TableOptions{}) }))
	}
}

// A cell never ends early: every row has six cells, and no tag is open.
func TestMarkdownCellsStayCells(t *testing.T) {
	s := hostile()
	got := string(render(t, func(b *bytes.Buffer) error { return Markdown(b, s.trace, s.result, TableOptions{}) }))
	for line := range strings.Lines(got) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		bars := strings.Count(strings.NewReplacer(`\\`, "", `\|`, "").Replace(line), "|")
		if bars != 7 {
			t.Errorf("%d bars in a row: %.200s", bars, line)
		}
	}
	if n := strings.Count(got, "</details>"); n != 1+codeBlockHits(got, "</details>") {
		t.Errorf("%d ends of details", n)
	}
}

// codeBlockHits counts occurrences in indented code, where they are text.
func codeBlockHits(text, what string) int {
	n := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "    ") {
			n += strings.Count(line, what)
		}
	}
	return n
}

func TestMarkdownEscapes(t *testing.T) {
	for text, want := range map[string]string{
		"plain":          "plain",
		"a|b":            `a\|b`,
		"a\nb":           `a\\nb`,
		"<i>&":           "&lt;i&gt;&amp;",
		"`x` *y* [z](u)": "\\`x\\` \\*y\\* \\[z\\](u)",
		"@team #1":       `&#64;team \#1`,
	} {
		if got := markdown(text); got != want {
			t.Errorf("markdown(%q) = %q, want %q", text, got, want)
		}
	}
}
