package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
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
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
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

// JUnit writes a test case for each target and layer of its path. An error finding
// fails the case of its layer, a warning is told in system-out, and a layer that was
// not looked at is skipped, never passed.
func JUnit(w io.Writer, t *evidence.Trace, r diagnosis.Result) error {
	l := newLedger(t, r, TableOptions{Verbose: true})
	all := junitSuites{Name: "pullpath", Time: junitTime(t.DurationMS)}
	for _, target := range t.Targets {
		s := l.junitSuite(target)
		all.Suites = append(all.Suites, s)
		all.Tests, all.Failures, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Skipped+s.Skipped
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

func (l ledger) junitSuite(t evidence.Target) junitSuite {
	s := junitSuite{Name: printable(t.ID), Timestamp: l.trace.Started.UTC().Format("2006-01-02T15:04:05"), Hostname: printable(l.trace.Vantage.Hostname)}
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
	s.Time = junitTime(total)
	return s
}

// layerOf is the layer whose case a hop belongs to.
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
	case step == "token":
		return diagnosis.Auth
	case strings.HasPrefix(step, "ping"), step == "allow-list", step == "":
		return diagnosis.HTTP
	case h.Role == evidence.Blob:
		return diagnosis.Blob
	}
	return diagnosis.Registry
}

// junitHops are the path's hops of one layer: the look-up of its proxy's name, which
// is everybody's, and the target's own.
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

func (l ledger) junitCase(t evidence.Target, layer diagnosis.Layer, hops []evidence.Hop, findings []diagnosis.Finding) (junitCase, float64) {
	c := junitCase{Class: printable(t.ID), Name: string(layer)}
	took, looked := 0.0, false
	var out []string
	for _, h := range hops {
		took += h.TookMS
		// What the run's own end cut off says nothing of the peer.
		looked = looked || h.State != evidence.Skipped && h.Kind() != evidence.Budget
		out = append(out, l.junitLine(h))
	}
	var failed []string
	for _, f := range findings {
		text := junitFinding(f)
		if f.Severity != diagnosis.Error {
			out = append(out, text)
			continue
		}
		failed = append(failed, text)
		if c.Failure == nil {
			c.Failure = &junitFailure{Message: printable(f.Title), Type: printable(f.Code)}
		}
	}
	for _, h := range hops {
		// Another layer's finding, or a masked one, explains it: it failed all the same.
		if c.Failure == nil && l.outcome(h) == resultFail && h.Kind() != evidence.Budget {
			c.Failure = &junitFailure{Message: l.junitLine(h), Type: printable(string(h.Kind()))}
			failed = append(failed, l.junitLine(h))
		}
	}
	switch {
	case c.Failure != nil:
		c.Failure.Text = strings.Join(failed, "\n\n")
	case !looked && len(hops) > 0:
		c.Skipped = &junitText{Message: printable(l.notReached(hops[0]))}
	}
	c.Time, c.Out = junitTime(took), strings.Join(out, "\n")
	return c, took
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

// junitFinding is a finding as lines of text.
func junitFinding(f diagnosis.Finding) string {
	lines := []string{string(f.Severity) + " " + f.Code + ": " + f.Title, "seen: " + f.Seen, "means: " + f.Explanation, "ask: " + audience(f.Audience) + ": " + f.Remedy}
	for _, line := range f.Find {
		lines = append(lines, "find: "+line)
	}
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}
