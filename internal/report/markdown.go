package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// Markdown writes the report for a ticket or a chat: the verdict, the findings
// with their evidence and the change that is asked for, and every hop folded
// away beneath.
func Markdown(w io.Writer, t *evidence.Trace, r diagnosis.Result, opts TableOptions) error {
	var buf bytes.Buffer
	fmt.Fprintf(&buf, "## %s: %s\n\n**%s**\n\n%s\n", markdown(r.Verdict.Effective()), markdown(r.Verdict.Summary), markdown(sum(t, r)),
		markdown(headLine(t)))
	for _, f := range r.Unmasked() {
		markdownFinding(&buf, f)
	}
	markdownCandidates(&buf, t, r)
	markdownMasked(&buf, r)
	markdownHops(&buf, newLedger(t, r, TableOptions{Verbose: true, Failures: opts.Failures}))
	fmt.Fprintf(&buf, "\n%s\n", markdown(footLine(t, r)))
	_, err := buf.WriteTo(w)
	return err
}

func markdownFinding(buf *bytes.Buffer, f diagnosis.Finding) {
	strength := ""
	if f.Strength != diagnosis.Proven && f.Strength != "" {
		strength = ", " + string(f.Strength)
	}
	fmt.Fprintf(buf, "\n### %s: %s\n\n", markdown(f.Code), markdown(f.Title))
	if f.Optional {
		strength += ", optional"
	}
	fmt.Fprintf(buf, "- **%s** for %s\n", markdown(string(f.Severity)+strength), markdown(diagnosis.List(f.Targets)))
	fmt.Fprintf(buf, "- **seen** %s\n", markdown(f.Seen))
	fmt.Fprintf(buf, "- **means** %s\n", markdown(f.Explanation))
	fmt.Fprintf(buf, "- **ask** %s: %s\n", markdown(audience(f.Audience)), markdown(f.Remedy))
	if or := otherWay(f.Or); or != "" {
		fmt.Fprintf(buf, "- **or** %s\n", markdown(or))
	}
	markdownBlock(buf, "Find it in the logs:", f.Find)
	markdownBlock(buf, "Show it without this tool:", f.Reproduce)
}

func markdownBlock(buf *bytes.Buffer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(buf, "\n%s\n\n", title)
	for _, line := range lines {
		fmt.Fprintf(buf, "    %s\n", printable(line))
	}
}

func markdownMasked(buf *bytes.Buffer, r diagnosis.Result) {
	var lines []string
	for _, f := range r.Findings {
		if f.MaskedBy != "" {
			lines = words.AppendNew(lines, fmt.Sprintf("- also %s, explained by %s", markdown(f.Code), markdown(f.MaskedBy)))
		}
	}
	if len(lines) > 0 {
		fmt.Fprintf(buf, "\n%s\n", strings.Join(lines, "\n"))
	}
}

func markdownHops(buf *bytes.Buffer, l ledger) {
	fmt.Fprintf(buf, "\n<details>\n<summary>%s</summary>\n\n", words.Count(len(l.trace.Hops), "hop"))
	buf.WriteString("| host | hop | peer | result | time | seen |\n|---|---|---|---|---:|---|\n")
	for _, r := range l.rows() {
		for _, cell := range []string{r.host, r.hop, r.peer, r.result, r.time, r.seen} {
			fmt.Fprintf(buf, "| %s ", markdown(cell))
		}
		buf.WriteString("|\n")
	}
	buf.WriteString("\n</details>\n")
}

// markdown escapes everything that Markdown or HTML would obey. Line ends are
// escaped as characters, so that a text is always one line.
func markdown(s string) string { return markdownEscapes.Replace(printable(s)) }

var markdownEscapes = strings.NewReplacer(`\`, `\\`, "&", "&amp;", "<", "&lt;", ">", "&gt;", "|", `\|`, "`", "\\`",
	"*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "~", `\~`, "#", `\#`, "@", "&#64;")
