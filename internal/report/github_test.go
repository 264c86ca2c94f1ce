package report

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
)

// command is a line as the runner of GitHub Actions reads it: blanks in front are dropped,
// a name of the list stands between two pairs of colons, and escapes are decoded once.
type command struct{ name, title, data string }

func commandOf(line string) (command, bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(line, " \t"), "::")
	info, data, ended := strings.Cut(rest, "::")
	if !ok || !ended {
		return command{}, false
	}
	name, properties, _ := strings.Cut(info, " ")
	c := command{name: name, data: decoded(data)}
	for p := range strings.SplitSeq(properties, ",") {
		if value, ok := strings.CutPrefix(p, "title="); ok {
			c.title = decoded(strings.NewReplacer("%3A", ":", "%2C", ",").Replace(value))
		}
	}
	return c, true
}

func decoded(s string) string {
	return strings.ReplaceAll(strings.NewReplacer("%0D", "\r", "%0A", "\n").Replace(s), "%25", "%")
}

func commandsIn(t *testing.T, s sample) []command {
	t.Helper()
	var out []command
	for line := range strings.Lines(string(render(t, func(b *bytes.Buffer) error { return GitHub(b, s.trace, s.result) }))) {
		if strings.Contains(line, "##[") {
			t.Errorf("%s: a command of the older form: %s", s.name, line)
		}
		if c, ok := commandOf(strings.TrimRight(line, "\n")); ok {
			out = append(out, c)
		}
	}
	return out
}

// The verdict and every finding that counts are one annotation of their kind, the hops are one group, and
// nothing else in the output is a command, whatever a peer said.
func TestGitHubCommands(t *testing.T) {
	kinds := map[diagnosis.Severity]string{diagnosis.Error: "error", diagnosis.Warning: "warning", diagnosis.Info: "notice"}
	for _, s := range append(samples(), recordedReports(t)...) {
		want := map[command]int{}
		for _, f := range s.result.Unmasked() {
			want[command{name: kinds[f.Severity], title: printable(f.Code)}]++
		}
		verdicts := map[string]string{diagnosis.StatusPass: "notice", diagnosis.StatusWarn: "warning", diagnosis.StatusFail: "error",
			diagnosis.StatusIncomplete: "error"}
		want[command{name: verdicts[s.result.Verdict.Status], title: "pullpath"}]++
		want[command{name: "group"}]++
		want[command{name: "endgroup"}]++
		for _, c := range commandsIn(t, s) {
			if want[command{name: c.name, title: c.title}]--; want[command{name: c.name, title: c.title}] < 0 {
				t.Errorf("%s: one command too many: %+v", s.name, c)
			}
		}
		for c, n := range want {
			if n > 0 {
				t.Errorf("%s: %d of %+v are missing", s.name, n, c)
			}
		}
	}
}

// A peer's text is never a command: it may look like a command of either form, and it
// may hold what the runner decodes.
func TestGitHubKeepsHostileTextInert(t *testing.T) {
	for _, said := range []string{"::error::x", "::set-env name=PATH::/tmp", "##[error]x", "100%0A::error::x", "a%25b", "::stop-commands::x",
		"x,file=a:b"} {
		s := connectDenied()
		for i := range s.trace.Hops {
			s.trace.Hops[i].Peer, s.trace.Hops[i].Detail = said, nil
		}
		s.trace.Vantage.Hostname, s.trace.Targets[0].ID, s.result.Findings[0].Seen, s.result.Findings[0].Code = said, said, said, said
		found := false
		for _, c := range commandsIn(t, s) {
			if c.name != "error" && c.name != "group" && c.name != "endgroup" {
				t.Errorf("%q: a command %+v", said, c)
			}
			found = found || c.title == logCommands.Replace(said) && strings.Contains(c.data, "\nseen: "+logCommands.Replace(said)+"\n")
		}
		if !found {
			t.Errorf("%q does not come through", said)
		}
	}
}

func TestGitHubReportsWhatCannotBeWritten(t *testing.T) {
	s := connectDenied()
	r, w := io.Pipe()
	_ = r.Close()
	if err := GitHub(w, s.trace, s.result); err == nil {
		t.Error("no error")
	}
}
