package report

import (
	"bytes"
	"strings"
	"testing"

	"pullpath/internal/compare"
	"pullpath/internal/evidence"
)

// What reports say reaches a terminal by a comparison too.
func TestComparisonsAreInert(t *testing.T) {
	const hostile = "\x1b[2J\r\n\tx\u009b\x7f\u202e"
	r := compare.Result{Reports: []compare.Report{{Name: hostile, Hostname: hostile}},
		Hosts: []compare.Host{{Target: hostile, Differs: evidence.OpDial,
			Cells: []compare.Cell{{Walked: true, Odd: true, Steps: []compare.Step{{Op: evidence.OpDial, Saw: hostile}}}}}},
		Findings: []compare.Finding{{Code: compare.Refused, Text: hostile, Targets: []string{hostile}}}}
	var table, document bytes.Buffer
	if err := CompareTable(&table, r, 80); err != nil {
		t.Fatal(err)
	}
	if err := CompareJSON(&document, r); err != nil {
		t.Fatal(err)
	}
	for form, text := range map[string]string{"table": table.String(), "json": document.String()} {
		if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && hidden(r) }); i >= 0 {
			t.Errorf("%s has a character that is obeyed: %q", form, text[i:])
		}
	}
	if want := `\x1b[2J\r\n\tx\x9b\x7f\u202e`; !strings.Contains(table.String(), want) {
		t.Errorf("%q lacks %q", table.String(), want)
	}
}

// Each report says who made it and how it came out, each host all its differences, no line is
// wider than the terminal, and what marks mean is said.
func TestComparisonSaysAllOfAHost(t *testing.T) {
	cell := func(odd bool, tunnel, tls string) compare.Cell {
		steps := []compare.Step{{Op: evidence.OpTunnel, Saw: tunnel}, {Op: evidence.OpHandshake, Saw: tls}}
		return compare.Cell{Walked: true, Odd: odd, Steps: steps}
	}
	r := compare.Result{
		Reports: []compare.Report{{Name: "a.json", Hostname: "node7", Started: "2026-01-02T03:04:05Z", Profile: "redhat", Client: "podman",
			Verdict: "1 of 9 hosts blocked", Codes: []string{"proxy-connect-denied"}}, {Name: "b.json", Verdict: "9 of 9 hosts blocked"}},
		Hosts: []compare.Host{{Target: "a.example:443", Differs: evidence.OpTunnel,
			Differences: []evidence.Op{evidence.OpTunnel, evidence.OpHandshake},
			Cells: []compare.Cell{cell(true, "403 Forbidden", "skipped"), cell(false, "200", "not trusted, "+strings.Repeat("long ", 30)),
				cell(false, "200", "not trusted")}}}}
	var out bytes.Buffer
	if err := CompareTable(&out, r, 60); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"node7", "2026-01-02T03:04:05Z", "profile redhat", "1 of 9 hosts blocked", "proxy-connect-denied",
		"a.example:443 differs at CONNECT, TLS", "* a.json: CONNECT: 403 Forbidden; TLS: not reached", "TLS: not trusted",
		"* saw something different from most reports"} {
		if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), want) {
			t.Errorf("%q is missing:\n%s", want, out.String())
		}
	}
	for line := range strings.Lines(out.String()) {
		if columns(strings.TrimSuffix(line, "\n")) > 60 {
			t.Errorf("wider than 60: %q", line)
		}
	}
}

// What was left out is not fine.
func TestSkippedCellsSaySo(t *testing.T) {
	for saw, want := range map[string]string{"skipped": "skipped", "by x": "ok"} {
		c := compare.Cell{Walked: true, Steps: []compare.Step{{Op: evidence.OpSetting, Saw: "direct"}, {Op: evidence.OpTunnel, Saw: saw}}}
		if got := pathEnd(c); got != want {
			t.Errorf("%s: %q", saw, got)
		}
	}
}
