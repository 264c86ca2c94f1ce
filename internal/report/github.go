package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// GitHub writes the report as workflow commands of GitHub Actions: an annotation for the
// verdict and for each finding, errors first, and the table of hops in a group that is folded in the log
// (https://docs.github.com/actions/reference/workflow-commands-for-github-actions). The
// page of a run shows ten annotations of each kind; the log has all of them.
func GitHub(w io.Writer, t *evidence.Trace, r diagnosis.Result) error {
	var buf bytes.Buffer
	verdict := map[string]string{diagnosis.StatusPass: "notice", diagnosis.StatusWarn: "warning"}[r.Verdict.Effective()]
	if r.Verdict.Outcome(t.Run.Ended) == diagnosis.Clear && r.Verdict.Status == diagnosis.StatusUndecided {
		verdict = "notice"
	}
	annotation(&buf, cmp.Or(verdict, "error"), "pullpath", footLine(t, r))
	for _, command := range annotations() {
		for _, f := range r.Unmasked() {
			if f.Severity == command.severity {
				name := command.name
				if r.Verdict.Decides(f.Severity) {
					name = "error"
				}
				annotation(&buf, name, f.Code, githubText(f))
			}
		}
	}
	if err := githubHops(&buf, t, r); err != nil {
		return err
	}
	_, err := buf.WriteTo(w)
	return err
}

// annotations returns the commands by which findings of each severity are shown.
func annotations() []struct {
	severity diagnosis.Severity
	name     string
} {
	return []struct {
		severity diagnosis.Severity
		name     string
	}{{diagnosis.Error, "error"}, {diagnosis.Warning, "warning"}, {diagnosis.Info, "notice"}}
}

func annotation(buf *bytes.Buffer, command, title, message string) {
	fmt.Fprintf(buf, "::%s title=%s::%s\n", command, commandProperty(printable(title)), commandData(message))
}

// githubText returns a finding in the lines that its readers need first.
func githubText(f diagnosis.Finding) string {
	title := f.Title
	if f.Strength != diagnosis.Proven && f.Strength != "" {
		title += " (" + string(f.Strength) + ")"
	}
	lines := []string{title, "seen: " + f.Seen, "means: " + f.Explanation, "ask " + audience(f.Audience) + ": " + f.Remedy}
	if or := otherWay(f.Or); or != "" {
		lines = append(lines, "or "+or)
	}
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}

// githubWidth is the width of the table of hops: a log on a page of 1,280 pixels has room
// for about 160 characters.
const githubWidth = 160

// githubHops writes the table of hops as a group. A bar stands before each line: the runner
// drops blanks at the beginning of a line and takes what follows for a command if it begins
// with two colons, whoever wrote it.
func githubHops(buf *bytes.Buffer, t *evidence.Trace, r diagnosis.Result) error {
	const bar = "| "
	var table bytes.Buffer
	table.WriteString(hang("", headLine(t), 2, githubWidth-len(bar)))
	if rows := newLedger(t, r, TableOptions{Width: githubWidth}).rows(); len(rows) > 0 {
		if err := (layout{width: githubWidth - len(bar), whole: true}).write(&table, rows); err != nil {
			return err
		}
	}
	fmt.Fprintf(buf, "::group::%s\n", commandData(footLine(t, r)))
	for line := range strings.Lines(table.String()) {
		buf.WriteString(bar + logCommands.Replace(line))
	}
	buf.WriteString("::endgroup::\n")
	return nil
}

// logCommands escapes the older form of commands, which the runner still reads, and that
// anywhere in a line (actions/runner at 079cdb1, src/Runner.Common/ActionCommand.cs, TryParse).
var logCommands = strings.NewReplacer("##[", `##\x5b`)

// commandData encodes the text of a command, commandProperty the value of a property, as
// the runner decodes them (the same file, _escapeDataMappings, _escapePropertyMappings).
func commandData(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(logCommands.Replace(text))
}

func commandProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(commandData(text))
}
