package grid

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/report"
	"pullpath/internal/ticket"
)

// everyFormSaysTheSame: each form of a report, and the exit status, say the same of the run:
// how many hosts pass, and whether the run fails. It is so for the World as it is, with
// every host optional, and with that under --strict.
func everyFormSaysTheSame(t *testing.T, _ string, w walked) {
	for name, c := range map[string]struct{ optional, strict bool }{"as it is": {}, "optional": {optional: true},
		"optional and strict": {true, true}} {
		t.Run(name, func(t *testing.T) {
			trace := *w.trace
			trace.Targets = slices.Clone(trace.Targets)
			for i := range trace.Targets {
				trace.Targets[i].Required = trace.Targets[i].Required && !c.optional
			}
			result := diagnosis.Diagnose(&trace, catalogue.All())
			result.Verdict.Strict = c.strict
			sayTheSame(t, &trace, result)
		})
	}
}

func sayTheSame(t *testing.T, trace *evidence.Trace, result diagnosis.Result) {
	status, counts := counted(trace, result), result.Verdict.Counts
	if got := int(result.Verdict.Outcome(trace.Run.Ended)); got != status {
		t.Errorf("the exit status is %d, by the findings it is %d", got, status)
	}
	if sum := counts.Passed + counts.Blocked + counts.OptionalFailed + counts.Tolerated + counts.Unchecked; sum != counts.Hosts ||
		sum != len(trace.Targets) {
		t.Errorf("%d hosts counted of %d: %+v", sum, len(trace.Targets), counts)
	}
	if got := passing(trace); counts.Passed > got {
		t.Errorf("%d hosts pass, and %d paths have no failed hop", counts.Passed, got)
	}
	for form, text := range inEveryForm(t, trace, result) {
		switch form {
		case "json":
			sameInJSON(t, text, counts)
		case "junit":
			sameInJUnit(t, text, status, trace, result)
		case "prometheus": // numbers, which are a word's below
		case "ticket csv":
			sameInCSV(t, text, result)
		default:
			sameInText(t, form, text, counts)
		}
		want := status
		if (form == "nagios" || form == "prometheus") && result.Verdict.Status == diagnosis.StatusWarn {
			want = 0 // these have a state for a warning, under --strict too
		}
		if word, known := fails(form, text); known && word != want {
			t.Errorf("%s says exit status %d, it is %d: %.300s", form, word, want, text)
		}
	}
}

// counted is the exit status by the findings alone.
func counted(trace *evidence.Trace, result diagnosis.Result) int {
	worst := 0
	for _, f := range result.Unmasked() {
		if f.Severity == diagnosis.Error || f.Severity == diagnosis.Warning && result.Verdict.Strict {
			worst = 1
		}
	}
	if result.Verdict.Status == diagnosis.StatusIncomplete || trace.Run.Ended == evidence.EndedInterrupted {
		return 2
	}
	return worst
}

// passing counts the targets on whose path no hop failed or was left out, as far as the
// handshake at least, or a request without one.
func passing(trace *evidence.Trace) int {
	bad, spoken := map[string]bool{}, map[string]bool{}
	for _, target := range trace.Targets {
		spoken[target.ID] = target.Plain
	}
	for _, h := range trace.Hops {
		bad[h.Target] = bad[h.Target] || h.OnPath() && h.State != evidence.OK
		spoken[h.Target] = spoken[h.Target] || h.OnPath() && h.Op == evidence.OpHandshake && h.State == evidence.OK
	}
	n := 0
	for _, target := range trace.Targets {
		if !bad[target.ID] && spoken[target.ID] {
			n++
		}
	}
	return n
}

// inEveryForm renders a report in all forms, with the quiet line and the ticket's.
func inEveryForm(t *testing.T, trace *evidence.Trace, result diagnosis.Result) map[string]string {
	t.Helper()
	out := map[string]string{}
	add := func(name string, write func(*bytes.Buffer) error) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		out[name] = b.String()
	}
	for _, f := range report.Formats() {
		add(f.Name, func(b *bytes.Buffer) error { return f.Write(b, trace, result, report.TableOptions{Width: 500}) })
	}
	add("quiet", func(b *bytes.Buffer) error {
		return report.Table(b, trace, result, report.TableOptions{Width: 500, Quiet: true})
	})
	r := report.Requests{Trace: trace, Result: result, Tickets: ticket.Make(trace, result, catalogue.All())}
	add("ticket", func(b *bytes.Buffer) error { return report.Ticket(b, r, 500) })
	add("ticket markdown", func(b *bytes.Buffer) error { return report.TicketMarkdown(b, r) })
	add("ticket csv", func(b *bytes.Buffer) error { return report.TicketCSV(b, r) })
	return out
}

// fails returns the exit status that a form stands for, false where it has no word for it.
func fails(form, text string) (int, bool) {
	words := map[string]map[string]int{
		"nagios":     {"PULLPATH OK ": 0, "PULLPATH WARNING ": 0, "PULLPATH CRITICAL ": 1, "PULLPATH UNKNOWN ": 2},
		"markdown":   {"## pass: ": 0, "## warn: ": 0, "## fail: ": 1, "## incomplete: ": 2},
		"prometheus": {`status="pass"} 1`: 0, `status="warn"} 1`: 0, `status="fail"} 1`: 1, `status="incomplete"} 1`: 2},
		"html":       {">✓ pass<": 0, ">! warn<": 0, ">✕ fail<": 1, ">– incomplete<": 2},
	}
	for word, status := range words[form] {
		if strings.Contains(text, word) {
			return status, true
		}
	}
	return 0, false
}

// sentences are how a text says each count.
var sentences = map[string]*regexp.Regexp{
	"passed":          regexp.MustCompile(`(\d+) of (\d+) hosts? pass`),
	"all":             regexp.MustCompile(`all (\d+) hosts pass|the host passes`),
	"blocked":         regexp.MustCompile(`(\d+) of (\d+) hosts? blocked`),
	"optional_failed": regexp.MustCompile(`(\d+) optional hosts? (?:failed|refused)`),
	"tolerated":       regexp.MustCompile(`(\d+) hosts? failed with a warning`),
	"unchecked":       regexp.MustCompile(`(\d+) not checked to the end`),
	"checked":         regexp.MustCompile(`incomplete[^:]*: (\d+) of (\d+) hosts? checked`),
	"warnings":        regexp.MustCompile(`(\d+) warnings?(?:\b|:)`),
}

// sameInText holds the sentence of a form against the counts: every number that it has to
// say is there and right, and none besides.
func sameInText(t *testing.T, form, text string, n diagnosis.Counts) {
	t.Helper()
	line := ""
	for l := range strings.Lines(strings.NewReplacer("<b>", "\n", "</b>", "\n", "&#64;", "@").Replace(text)) {
		if sentences["passed"].MatchString(l) || sentences["all"].MatchString(l) || sentences["blocked"].MatchString(l) ||
			sentences["checked"].MatchString(l) {
			line = l
			if !strings.HasPrefix(l, "nothing") && !strings.HasPrefix(l, "#") && !strings.Contains(l, "the path of the pull") {
				break
			}
		}
	}
	if line == "" {
		t.Errorf("%s has no line of the verdict: %.400s", form, text)
		return
	}
	number := func(name string, group int) int {
		if m := sentences[name].FindStringSubmatch(line); m != nil {
			v, _ := strconv.Atoi(m[group])
			return v
		}
		return 0
	}
	want := map[string]int{"blocked": n.Blocked, "optional_failed": n.OptionalFailed, "tolerated": n.Tolerated, "warnings": n.Warnings}
	switch {
	case sentences["checked"].MatchString(line):
		want["checked"] = n.Hosts - n.Unchecked
		delete(want, "blocked")
	case n.Blocked == 0 && n.Passed < n.Hosts:
		want["passed"] = n.Passed
		want["unchecked"] = n.Unchecked
	case n.Blocked == 0 && n.Hosts > 1:
		want["all"] = n.Hosts
	default:
		want["unchecked"] = n.Unchecked
	}
	for name, v := range want {
		if got := number(name, 1); got != v {
			t.Errorf("%s: %s is %d, want %d: %s", form, name, got, v, line)
		}
	}
}

func sameInJSON(t *testing.T, text string, n diagnosis.Counts) {
	t.Helper()
	var doc struct {
		Verdict diagnosis.Verdict `json:"verdict"`
		Targets []struct {
			Status   string `json:"status"`
			Required bool   `json:"required"`
		} `json:"targets"`
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	var got diagnosis.Counts
	for _, target := range doc.Targets {
		switch {
		case target.Status == diagnosis.StatusFail && target.Required:
			got.Blocked++
		case target.Status == diagnosis.StatusFail:
			got.OptionalFailed++
		case target.Status == diagnosis.StatusSkipped:
			got.Unchecked++
		default:
			got.Passed++
		}
	}
	if doc.Verdict.Counts != n || got.Blocked != n.Blocked+n.Tolerated || got.OptionalFailed != n.OptionalFailed ||
		got.Unchecked != n.Unchecked || got.Passed != n.Passed {
		t.Errorf("json: %+v, its targets %+v, want %+v", doc.Verdict.Counts, got, n)
	}
}

// sameInJUnit: the case of the verdict ends as the program does; a host that is blocked has
// a failed case, one that failed and does not fail the run a skipped one and no failed one,
// and one that passes neither.
func sameInJUnit(t *testing.T, text string, status int, trace *evidence.Trace, result diagnosis.Result) {
	t.Helper()
	var doc struct {
		Suites []struct {
			Name     string `xml:"name,attr"`
			Failures int    `xml:"failures,attr"`
			Errors   int    `xml:"errors,attr"`
			Skipped  int    `xml:"skipped,attr"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	if v := doc.Suites[0]; v.Failures != b2i(status == 1) || v.Errors != b2i(status == 2) {
		t.Errorf("junit: the verdict has %d failures and %d errors, the exit status is %d", v.Failures, v.Errors, status)
	}
	failing := map[string]bool{}
	for _, f := range result.Unmasked() {
		for _, id := range f.Targets {
			failing[id] = failing[id] || f.Severity == diagnosis.Error || f.Severity == diagnosis.Warning && result.Verdict.Strict
		}
	}
	for i, target := range trace.Targets {
		s := doc.Suites[i+1]
		switch {
		case failing[target.ID] && s.Failures == 0:
			t.Errorf("junit: %s fails the run and has no failure", s.Name)
		case !failing[target.ID] && status == 0 && s.Failures > 0:
			t.Errorf("junit: %s has failures and the exit status is 0", s.Name)
		case result.Targets[target.ID] == diagnosis.StatusFail && s.Failures+s.Skipped == 0:
			t.Errorf("junit: %s failed, and all of its cases pass", s.Name)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sameInCSV: each finding that is an error or a warning has a line about each of its hosts.
func sameInCSV(t *testing.T, text string, result diagnosis.Result) {
	t.Helper()
	for _, f := range result.Unmasked() {
		if f.Severity != diagnosis.Info && len(f.Targets) > 0 && !strings.Contains(text, ","+f.Code+",") {
			t.Errorf("ticket csv: %s has no line", f.Code)
		}
	}
}
