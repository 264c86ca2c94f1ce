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
		Hosts:    []compare.Host{{Target: hostile, Differs: evidence.OpDial, Cells: []compare.Cell{{Walked: true, Odd: true, Steps: []compare.Step{{Op: evidence.OpDial, Saw: hostile}}}}}},
		Findings: []compare.Finding{{Code: compare.Refused, Text: hostile, Targets: []string{hostile}}}}
	var table, document bytes.Buffer
	if err := CompareTable(&table, r); err != nil {
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
	if lines := strings.Count(table.String(), "\n"); lines != 5 {
		t.Errorf("%d lines, want 5: %q", lines, table.String())
	}
	if want := `* \x1b[2J\r\n\tx\x9b\x7f\u202e`; !strings.Contains(table.String(), want) {
		t.Errorf("%q lacks %q", table.String(), want)
	}
}

// Columns are as wide as their widest cell, but for one that is longer than any answer.
func TestComparisonColumns(t *testing.T) {
	long := strings.Repeat("x", maxPadded+1)
	for name, c := range map[string]struct{ hosts, want []string }{
		"padded":   {[]string{"é", "abcdefg"}, []string{"HOST     FIRST DIFFERENCE", "é        none", "abcdefg  none"}},
		"one long": {[]string{"a", long}, []string{"HOST  FIRST DIFFERENCE", "a     none", long + "  none"}},
	} {
		var r compare.Result
		for _, h := range c.hosts {
			r.Hosts = append(r.Hosts, compare.Host{Target: h})
		}
		var out bytes.Buffer
		if err := CompareTable(&out, r); err != nil {
			t.Fatal(err)
		}
		if got := strings.Split(out.String(), "\n")[:3]; strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// What was left out is not fine.
func TestSkippedCellsSaySo(t *testing.T) {
	for saw, want := range map[string]string{"skipped": "skipped", "by x": "ok"} {
		c := compare.Cell{Walked: true, Steps: []compare.Step{{Op: evidence.OpSetting, Saw: "direct"}, {Op: evidence.OpTunnel, Saw: saw}}}
		if got := inCell(c, ""); got != want {
			t.Errorf("%s: %q", saw, got)
		}
	}
}
