package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// Dials to one proxy that end alike are one row; those that do not say whose
// they are.
func TestFoldTellsDifferencesApart(t *testing.T) {
	w := newWalk("proxy", "a.example", "b.example", "c.example")
	w.add("a.example", 1, evidence.Dial{}, toProxy)
	w.add("b.example", 7, evidence.Dial{}, toProxy)
	rows := newLedger(w.t, diagnosis.Result{}, TableOptions{}).sharedRows()
	if want := []row{{"proxy.corp:3128", "TCP", proxyPeer, resultOK, "7 ms", ""}}; !slices.Equal(rows, want) {
		t.Errorf("alike: %+v, want %+v", rows, want)
	}
	w.add("c.example", 5, evidence.Dial{}, toProxy, failed(evidence.Reset, "reset"))
	rows = newLedger(w.t, diagnosis.Result{}, TableOptions{}).sharedRows()
	want := []row{{"proxy.corp:3128", "TCP", proxyPeer, resultOK, "7 ms", "for 2 hosts"},
		{"", "TCP", proxyPeer, resultFail, "5 ms", "connection reset by peer, for c.example:443"}}
	if !slices.Equal(rows, want) {
		t.Errorf("different: %+v, want %+v", rows, want)
	}
}

func TestOutcome(t *testing.T) {
	w := newWalk("direct", "a.example")
	good := w.add("a.example", 1, evidence.Dial{})
	bad := w.add("a.example", 1, evidence.Dial{}, failed(evidence.Reset, "reset"), probing("control"))
	w.add("a.example", 1, evidence.Dial{}, failed(evidence.Reset, "reset"))
	for name, c := range map[string]struct {
		findings  []diagnosis.Finding
		good, bad string
	}{
		"none":              {nil, resultOK, resultFail},
		"error on bad":      {[]diagnosis.Finding{{Severity: diagnosis.Error, Hops: []int{bad}}}, resultOK, resultFail},
		"warning on bad":    {[]diagnosis.Finding{{Severity: diagnosis.Warning, Hops: []int{bad}}}, resultOK, resultWarn},
		"info on bad":       {[]diagnosis.Finding{{Severity: diagnosis.Info, Hops: []int{bad}}}, resultOK, resultInfo},
		"warning on good":   {[]diagnosis.Finding{{Severity: diagnosis.Warning, Hops: []int{good}}}, resultWarn, resultFail},
		"good for contrast": {[]diagnosis.Finding{{Severity: diagnosis.Error, Hops: []int{good, bad}}}, resultOK, resultFail},
		"info on good":      {[]diagnosis.Finding{{Severity: diagnosis.Info, Hops: []int{good}}}, resultOK, resultFail},
		"masked on good":    {[]diagnosis.Finding{{Severity: diagnosis.Error, Hops: []int{good}, MaskedBy: "x"}}, resultOK, resultFail},
	} {
		l := newLedger(w.t, diagnosis.Result{Findings: c.findings}, TableOptions{})
		if g, b := l.outcome(w.t.Hops[0]), l.outcome(w.t.Hops[1]); g != c.good || b != c.bad {
			t.Errorf("%s: %s and %s, want %s and %s", name, g, b, c.good, c.bad)
		}
		// A step of the path that failed is never less than that.
		for i := range c.findings {
			c.findings[i].Hops = append(c.findings[i].Hops, 3)
		}
		if got := newLedger(w.t, diagnosis.Result{Findings: c.findings}, TableOptions{}).outcome(w.t.Hops[2]); got != resultFail {
			t.Errorf("%s: on the path %s", name, got)
		}
	}
}

// A setting that could not be told is never "ok".
func TestOutcomeOfAnUnknownSetting(t *testing.T) {
	w := newWalk("direct", "a.example")
	w.add("a.example", 0, evidence.Setting{Decision: "direct", Outcome: evidence.OutcomeUnknown})
	if got := newLedger(w.t, diagnosis.Result{}, TableOptions{}).outcome(w.t.Hops[0]); got != resultNone {
		t.Errorf("it is %s", got)
	}
}

func TestProbesAreShownWhenTheyMatter(t *testing.T) {
	probe := hopOf(evidence.Dial{}, probing("control"), failed(evidence.Timeout, "t"))
	quiet := hopOf(evidence.Dial{}, probing("control"))
	for name, c := range map[string]struct {
		hop      evidence.Hop
		finding  diagnosis.Finding
		all, yes bool
	}{
		"no finding":       {probe, diagnosis.Finding{}, false, false},
		"pointed at":       {probe, diagnosis.Finding{Severity: diagnosis.Warning, Hops: []int{1}}, false, true},
		"by an info":       {probe, diagnosis.Finding{Severity: diagnosis.Info, Hops: []int{1}}, false, false},
		"by a masked one":  {probe, diagnosis.Finding{Severity: diagnosis.Error, Hops: []int{1}, MaskedBy: "x"}, false, false},
		"not failed":       {quiet, diagnosis.Finding{Severity: diagnosis.Error, Hops: []int{1}}, false, false},
		"asked for":        {quiet, diagnosis.Finding{}, true, true},
		"on the path":      {hopOf(evidence.Dial{}), diagnosis.Finding{}, false, true},
		"a sound setting":  {hopOf(evidence.Setting{}), diagnosis.Finding{}, false, false},
		"a setting in bad": {hopOf(evidence.Setting{Problems: []evidence.SettingProblem{{}}}), diagnosis.Finding{}, false, true},
	} {
		l := newLedger(&evidence.Trace{}, diagnosis.Result{Findings: []diagnosis.Finding{c.finding}}, TableOptions{Wide: c.all})
		if got := l.shown(c.hop); got != c.yes {
			t.Errorf("%s: shown %t, want %t", name, got, c.yes)
		}
	}
}

// What is explained over several steps stands under the finding at the root;
// circles end, and informations wait until they are the news.
func TestFindingsStandUnderTheirRoot(t *testing.T) {
	r := diagnosis.Result{Findings: []diagnosis.Finding{
		{ID: 1, Code: "note", Severity: diagnosis.Info, Title: "Note"},
		{ID: 2, Code: "w", Severity: diagnosis.Warning, Title: "W"},
		{ID: 3, Code: "e", Severity: diagnosis.Error, Title: "E"},
		{ID: 4, Code: "mid", Severity: diagnosis.Error, MaskedBy: "e"},
		{ID: 5, Code: "end", Severity: diagnosis.Error, MaskedBy: "mid"},
		{ID: 6, Code: "round", MaskedBy: "trip"}, {ID: 7, Code: "trip", MaskedBy: "round"},
	}}
	for all, want := range map[bool][]string{
		false: {"FAIL e ", "also mid, explained by e", "also end, explained by mid", "warn w "},
		true:  {"FAIL e ", "also mid, explained by e", "also end, explained by mid", "warn w ", "info note "},
	} {
		var buf bytes.Buffer
		findingsWriter{out: &buf, width: 80, all: all}.findings(r)
		var got []string
		for line := range strings.Lines(buf.String()) {
			for _, w := range []string{"FAIL e ", "also mid, explained by e", "also end, explained by mid", "warn w ", "info note ", "also round"} {
				if strings.Contains(line, w) {
					got = append(got, w)
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("all %t: %q, want %q\n%s", all, got, want, buf.String())
		}
	}
}

// Where the verdict is open, what is only worth knowing says why.
func TestInformationsExplainAnOpenVerdict(t *testing.T) {
	for status, want := range map[string]bool{diagnosis.StatusIncomplete: true, diagnosis.StatusWarn: false} {
		var buf bytes.Buffer
		findingsWriter{out: &buf, width: 80}.findings(diagnosis.Result{Verdict: diagnosis.Verdict{Status: status},
			Findings: []diagnosis.Finding{
				{ID: 1, Code: "note", Severity: diagnosis.Info, Title: "Note", Seen: "no server", Remedy: "look"},
				{ID: 2, Code: "w", Severity: diagnosis.Warning, Title: "W"}}})
		for _, part := range []string{"info note", "no server", "look"} {
			if strings.Contains(buf.String(), part) != want {
				t.Errorf("%s: %q shown is not %t\n%s", status, part, want, buf.String())
			}
		}
	}
}
