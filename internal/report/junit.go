package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// The form that Jenkins' JUnit plugin and GitLab read: a suite for each target, a
// case for each layer.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Hostname  string      `xml:"hostname,attr,omitempty"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Skipped *junitText    `xml:"skipped"`
	Failure *junitFailure `xml:"failure"`
	Error   *junitFailure `xml:"error"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitText struct {
	Message string `xml:"message,attr"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes a case for the verdict, which passes where the exit status is 0, and a case
// for each target and layer of its path. A finding that fails the run fails the case of its
// layer, a warning stands in system-out, and a layer that was not looked at to its end, or
// that failed at a host that a pull can do without, is skipped, never passed.
func JUnit(w io.Writer, t *evidence.Trace, r diagnosis.Result) error {
	l := newLedger(t, r, TableOptions{Verbose: true})
	all := junitSuites{Name: "pullpath", Time: junitTime(t.DurationMS), Suites: []junitSuite{l.junitVerdict()}}
	for _, target := range t.Targets {
		all.Suites = append(all.Suites, l.junitSuite(target))
	}
	for _, s := range all.Suites {
		all.Tests, all.Failures = all.Tests+s.Tests, all.Failures+s.Failures
		all.Errors, all.Skipped = all.Errors+s.Errors, all.Skipped+s.Skipped
	}
	var buf bytes.Buffer
	buf.WriteString(xml.Header)
	encoder := xml.NewEncoder(&buf)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return fmt.Errorf("write junit: %w", err)
	}
	buf.WriteByte('\n')
	_, err := buf.WriteTo(w)
	return err
}

func junitTime(ms float64) string { return fmt.Sprintf("%.3f", ms/1000) }

// junitVerdict is the suite of the run itself. Its case ends as the program does.
func (l ledger) junitVerdict() junitSuite {
	line := footLine(l.trace, l.result)
	c := junitCase{Class: "pullpath", Name: "verdict", Time: junitTime(l.trace.DurationMS), Out: line}
	s := l.newSuite("pullpath")
	s.Tests, s.Time = 1, c.Time
	fault := &junitFailure{Message: line, Type: printable(l.result.Verdict.Effective()), Text: printable(deciding(l.result))}
	switch l.result.Verdict.Outcome(l.trace.Run.Ended) {
	case diagnosis.Broken:
		c.Failure, s.Failures = fault, 1
	case diagnosis.Unfinished:
		c.Error, s.Errors = fault, 1
	case diagnosis.Clear:
	}
	s.Cases = []junitCase{c}
	return s
}

func (l ledger) newSuite(name string) junitSuite {
	return junitSuite{Name: printable(name), Timestamp: l.trace.Started.UTC().Format("2006-01-02T15:04:05"),
		Hostname: printable(l.trace.Vantage.Hostname)}
}

func (l ledger) junitSuite(t evidence.Target) junitSuite {
	s := l.newSuite(t.ID)
	total := 0.0
	for _, layer := range diagnosis.Layers() {
		hops := l.junitHops(t, layer)
		findings := l.junitFindings(t, layer)
		if len(hops)+len(findings) == 0 {
			continue
		}
		c, took := l.junitCase(t, layer, hops, findings)
		total += took
		s.Cases, s.Tests = append(s.Cases, c), s.Tests+1
		if c.Failure != nil {
			s.Failures++
		}
		if c.Skipped != nil {
			s.Skipped++
		}
	}
	if s.Tests == 0 { // a suite without a case counts as passed
		s.Cases, s.Tests, s.Skipped = []junitCase{{Class: printable(t.ID), Name: "path", Time: junitTime(0),
			Skipped: &junitText{Message: "not looked at"}}}, 1, 1
	}
	s.Time = junitTime(total)
	return s
}

// layerOf returns the layer that a hop belongs to.
func layerOf(h evidence.Hop) diagnosis.Layer {
	switch h.Op {
	case evidence.OpSetting:
		return diagnosis.Settings
	case evidence.OpResolve:
		return diagnosis.DNS
	case evidence.OpDial:
		return diagnosis.TCP
	case evidence.OpTunnel:
		return diagnosis.Proxy
	case evidence.OpHandshake:
		return diagnosis.TLS
	}
	switch step := evidence.DetailOf[evidence.Request](h).Step; {
	case step == evidence.StepToken:
		return diagnosis.Auth
	case step == evidence.StepPing, step == evidence.StepPingAuthorized, step == evidence.StepAllowList, step == "":
		return diagnosis.HTTP
	case h.Role == evidence.Blob:
		return diagnosis.Blob
	}
	return diagnosis.Registry
}

// junitHops returns the path's hops of one layer: the target's own, and the look-up of its
// proxy's name, which all targets share.
func (l ledger) junitHops(t evidence.Target, layer diagnosis.Layer) []evidence.Hop {
	var out []evidence.Hop
	if t.Route.Kind == "proxy" && layer == diagnosis.DNS {
		out = append(out, l.proxyLookups...)
	}
	for _, h := range l.hops[t.ID] {
		if t.ID != "" && h.OnPath() && layerOf(h) == layer {
			out = append(out, h)
		}
	}
	return out
}

func (l ledger) junitFindings(t evidence.Target, layer diagnosis.Layer) []diagnosis.Finding {
	var out []diagnosis.Finding
	for _, f := range l.findingsOn[t.ID] {
		if f.MaskedBy == "" && f.Layer == layer {
			out = append(out, *f)
		}
	}
	return out
}

// junitCase makes the case of a target's layer, and says how long its hops took.
func (l ledger) junitCase(t evidence.Target, layer diagnosis.Layer, hops []evidence.Hop, findings []diagnosis.Finding,
) (c junitCase, took float64) {
	c = junitCase{Class: printable(t.ID), Name: string(layer)}
	var out []string
	for _, h := range hops {
		took += h.TookMS
		out = append(out, l.junitLine(h))
	}
	// A hop that the end of the run cut off says nothing about the peer.
	unseen := slices.IndexFunc(hops, func(h evidence.Hop) bool { return l.outcome(h) == resultNone })
	fault, failed := l.junitFault(hops, findings)
	switch {
	case fault != nil && l.excused(t):
		c.Skipped = &junitText{Message: printable("failed, and does not fail the run: " + fault.Message)}
	case fault != nil:
		c.Failure = fault
	case unseen >= 0:
		c.Skipped = &junitText{Message: printable(l.notReached(hops[unseen]))}
	}
	for _, f := range findings {
		if c.Failure == nil || !failed[f.ID] {
			out = append(out, junitFinding(f))
		}
	}
	c.Time, c.Out = junitTime(took), strings.Join(out, "\n")
	return c, took
}

// excused reports whether a target's failure does not fail the run: no finding on it that
// does is about it.
func (l ledger) excused(t evidence.Target) bool {
	return !slices.ContainsFunc(l.findingsOn[t.ID], func(f *diagnosis.Finding) bool {
		return l.result.Verdict.Decides(f.Severity)
	})
}

// junitFault returns what fails a layer, nil for nothing, and the findings that its text
// holds: those that fail the run or would if a pull needed the host, or else the first hop
// that failed.
func (l ledger) junitFault(hops []evidence.Hop, findings []diagnosis.Finding) (fault *junitFailure, held map[int]bool) {
	var texts []string
	held = map[int]bool{}
	for _, f := range findings {
		if !l.result.Verdict.Decides(f.Severity) && !f.Optional {
			continue
		}
		held[f.ID] = true
		texts = append(texts, junitFinding(f))
		if fault == nil {
			fault = &junitFailure{Message: printable(f.Title), Type: printable(f.Code)}
		}
	}
	for _, h := range hops {
		// It failed, even where a finding of another layer or a masked one explains it.
		if fault == nil && l.outcome(h) == resultFail && h.Kind() != evidence.Budget {
			fault = &junitFailure{Message: l.junitLine(h), Type: printable(string(h.Kind()))}
			texts = append(texts, l.junitLine(h))
		}
	}
	if fault != nil {
		fault.Text = strings.Join(texts, "\n\n")
	}
	return fault, held
}

func (l ledger) junitLine(h evidence.Hop) string {
	r := l.row(h)
	var parts []string
	for _, p := range []string{r.hop, r.peer, r.result, r.time, r.seen} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return printable(strings.Join(parts, " "))
}

// junitFinding writes a finding as lines of text.
func junitFinding(f diagnosis.Finding) string {
	lines := []string{string(f.Severity) + " " + f.Code + ": " + f.Title, "seen: " + f.Seen, "means: " + f.Explanation,
		"ask: " + audience(f.Audience) + ": " + f.Remedy}
	if or := otherWay(f.Or); or != "" {
		lines = append(lines, "or: "+or)
	}
	for _, line := range f.Find {
		lines = append(lines, "find: "+line)
	}
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}
