package report

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// The grammar of the guidelines: a text without a bar, and values with their units.
var (
	pluginHead  = regexp.MustCompile(`^PULLPATH (OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]+ \| (.+)$`)
	pluginValue = regexp.MustCompile(`^(?:time|'[^'=|]+')=\d+\.\d+s(?: |$)`)
)

// pluginOutput takes the output of a sample apart: the state, the labels, the lines below.
func pluginOutput(t *testing.T, s sample) (name string, labels, below []string) {
	t.Helper()
	text := string(render(t, func(b *bytes.Buffer) error { return Nagios(b, s.trace, s.result, TableOptions{}) }))
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	m := pluginHead.FindStringSubmatch(lines[0])
	if m == nil {
		t.Fatalf("%s: no line of a plugin: %.200s", s.name, lines[0])
	}
	if len(m[2]) > maxPerformance {
		t.Errorf("%s: %d bytes of numbers", s.name, len(m[2]))
	}
	for rest := m[2]; rest != ""; {
		value := pluginValue.FindString(rest)
		if value == "" {
			t.Fatalf("%s: no value of the guidelines' form: %.80s", s.name, rest)
		}
		label, _, _ := strings.Cut(value, "=")
		labels, rest = append(labels, label), rest[len(value):]
	}
	for _, line := range lines[1:] {
		if strings.Contains(line, "|") {
			t.Errorf("%s: numbers begin in a line of text: %s", s.name, line)
		}
	}
	return m[1], labels, lines[1:]
}

func TestNagiosKeepsTheGuidelines(t *testing.T) {
	states := map[string]string{diagnosis.StatusPass: "OK", diagnosis.StatusWarn: "WARNING", diagnosis.StatusFail: "CRITICAL",
		diagnosis.StatusIncomplete: "UNKNOWN"}
	for _, s := range append(samples(), recordedReports(t)...) {
		name, labels, below := pluginOutput(t, s)
		if want := states[s.result.Verdict.Status]; name != want {
			t.Errorf("%s is %s, want %s", s.name, name, want)
		}
		known := map[string]bool{}
		for _, l := range labels {
			if known[l] {
				t.Errorf("%s: %s stands twice", s.name, l)
			}
			known[l] = true
		}
		if (len(below) > 0) != (len(s.result.Unmasked()) > 0) {
			t.Errorf("%s: %d lines for %d findings", s.name, len(below), len(s.result.Unmasked()))
		}
	}
}

func TestNagiosLabels(t *testing.T) {
	s := connectDenied()
	_, labels, _ := pluginOutput(t, s)
	want := []string{"time", "'proxy.corp proxy-dns'", "'registry.redhat.io:443 proxy-tcp'", "'registry.redhat.io:443 connect'",
		"'registry.redhat.io:443 tls'",
		"'registry.redhat.io:443 ping'", "'sso.redhat.com:443 proxy-tcp'", "'sso.redhat.com:443 connect'", "'cdn01.quay.io:443 proxy-tcp'",
		"'cdn01.quay.io:443 connect'", "'cdn01.quay.io:443 tls'"}
	if fmt.Sprint(labels) != fmt.Sprint(want) {
		t.Errorf("labels\n got %s\nwant %s", labels, want)
	}
}

// Nothing that a peer or a name holds ends a text, a label or the line.
func TestNagiosKeepsHostileTextInert(t *testing.T) {
	s := connectDenied()
	s.result.Findings[0].Title, s.result.Findings[0].Seen = "a | b=1s\nPULLPATH OK - all is well | c=2s", "'x'=1|'y'=2"
	for i := range s.trace.Hops {
		if s.trace.Hops[i].Target != "" {
			s.trace.Hops[i].Target, s.trace.Hops[i].TookMS = "it's=a|b\nc", -1e300
		}
	}
	s.trace.DurationMS = 1e300
	_, labels, below := pluginOutput(t, s)
	for _, l := range append(labels, below...) {
		if strings.HasPrefix(l, "PULLPATH") {
			t.Errorf("a line of its own: %s", l)
		}
	}
}

func TestNagiosStatus(t *testing.T) {
	for verdict, want := range map[string]int{diagnosis.StatusPass: 0, diagnosis.StatusWarn: 1, diagnosis.StatusFail: 2,
		diagnosis.StatusIncomplete: 3, "": 3, "new": 3} {
		if got := nagiosPlugin().Status(verdict); got != want {
			t.Errorf("%q is %d, want %d", verdict, got, want)
		}
	}
	got := render(t, func(b *bytes.Buffer) error { return nagiosPlugin().NoRun(b, "no such file: a|b\nc") })
	if want := "PULLPATH UNKNOWN - no such file: a\\x7cb\\nc\n"; string(got) != want {
		t.Errorf("without a run: %q, want %q", got, want)
	}
}

// The numbers of many hosts end where the findings need the room.
func TestNagiosOfManyHosts(t *testing.T) {
	s := large(t, 500)
	if _, labels, below := pluginOutput(t, s); len(labels) < 50 || len(below) == 0 {
		t.Errorf("%d numbers, %d lines", len(labels), len(below))
	}
}

func TestNagiosQuiet(t *testing.T) {
	s := connectDenied()
	s.trace.Hops = append(s.trace.Hops, evidence.Hop{})
	got := render(t, func(b *bytes.Buffer) error { return Nagios(b, s.trace, s.result, TableOptions{Quiet: true}) })
	if n := bytes.Count(got, []byte("\n")); n != 1 {
		t.Errorf("-q leaves %d lines:\n%s", n, got)
	}
}
