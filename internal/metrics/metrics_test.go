package metrics

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// run is one over so many targets behind a proxy, with a chain each and so many findings, each
// about one of them.
func run(targets, findings int) Run {
	t := &evidence.Trace{Tool: evidence.Tool{Version: "1"}, Started: time.Unix(1000, 0), DurationMS: 500, Run: evidence.Run{Profile: "redhat"}}
	r := diagnosis.Result{Targets: map[string]string{}, Verdict: diagnosis.Verdict{Status: diagnosis.StatusFail}}
	for i := range targets {
		id := fmt.Sprintf("h%d.example:443", i)
		t.Targets = append(t.Targets, evidence.Target{ID: id, Role: evidence.Registry, Required: true, FoundBy: "profile",
			Route: evidence.Route{Kind: "proxy", Proxy: fmt.Sprintf("http://p%d.example:3128", i)}})
		r.Targets[id] = diagnosis.StatusPass
		for _, op := range []evidence.Op{evidence.OpResolve, evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest} {
			h := evidence.Hop{Op: op, Target: id, Purpose: evidence.Path, State: evidence.OK, TookMS: float64(i + 1)}
			if op == evidence.OpHandshake {
				h.Detail = evidence.Handshake{Chain: []evidence.Certificate{{NotAfter: time.Unix(9000, 0)}, {NotAfter: time.Unix(8000, 0)}}}
			}
			t.Hops = append(t.Hops, h)
		}
	}
	for i := range findings {
		r.Findings = append(r.Findings, diagnosis.Finding{Code: fmt.Sprintf("code-%d", i), Severity: diagnosis.Warning, Layer: diagnosis.TLS,
			Audience: diagnosis.NetworkTeam, Targets: []string{fmt.Sprintf("h%d.example:443", i)}})
	}
	return Run{Module: "redhat", Trace: t, Result: r}
}

// series are the lines of the metrics of a run, without what is said about them.
func series(t *testing.T, limits Limits, runs ...Run) []string {
	t.Helper()
	families, err := NewRegistry(Build{Version: "1"}, limits, Once(runs)).Gather()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			line := f.GetName()
			for _, l := range m.GetLabel() {
				line += fmt.Sprintf(" %s=%s", l.GetName(), l.GetValue())
			}
			out = append(out, fmt.Sprint(line, " ", m.GetGauge().GetValue()))
		}
	}
	return out
}

// A node never makes more series than these, whatever a run finds. runsTotal are the two
// counters that a server adds for a module.
func TestSeriesAreBounded(t *testing.T) {
	const redhat, runsTotal = 9, 2
	without := DefaultLimits()
	without.PerTarget = false
	for name, c := range map[string]struct {
		run    Run
		limits Limits
		most   int
	}{
		"the redhat profile, healthy":                {run(redhat, 0), DefaultLimits(), 36},
		"the redhat profile, everything is wrong":    {run(redhat, 60), DefaultLimits(), 68},
		"the largest profile":                        {run(500, 300), DefaultLimits(), 68 + 2*(DefaultTargets-redhat)},
		"any profile, without series for its target": {run(500, 300), without, 50},
	} {
		if got := len(series(t, c.limits, c.run)) + runsTotal; got > c.most {
			t.Errorf("%s: %d series, want at most %d", name, got, c.most)
		}
	}
}

func TestSeries(t *testing.T) {
	for name, c := range map[string]struct {
		change     func(*Run)
		with, lack []string
	}{
		"as it is": {with: []string{
			"pullpath_verdict module=redhat status=fail 1", "pullpath_verdict module=redhat status=pass 0",
			"pullpath_finding audience=network-team code=code-0 layer=tls module=redhat severity=warning target=h0.example:443 1",
			"pullpath_finding_targets code=code-0 module=redhat 1", "pullpath_findings_dropped module=redhat 0",
			"pullpath_target_success module=redhat required=true role=registry target=h1.example:443 1",
			"pullpath_target_certificate_not_after_timestamp_seconds module=redhat target=h1.example:443 8000",
			"pullpath_stage_duration_seconds module=redhat stage=dial 0.002",
			"pullpath_run_timestamp_seconds module=redhat 1000.5", "pullpath_run_duration_seconds module=redhat 0.5",
			"pullpath_proxy_info module=redhat proxy=p0.example:3128 source=variable 1",
		}},
		"what was not walked is neither": {change: func(r *Run) { r.Result.Targets["h1.example:443"] = diagnosis.StatusSkipped },
			lack: []string{"pullpath_target_success module=redhat required=true role=registry target=h1"}},
		"what failed": {change: func(r *Run) { r.Result.Targets["h1.example:443"] = diagnosis.StatusFail },
			with: []string{"pullpath_target_success module=redhat required=true role=registry target=h1.example:443 0"}},
		"a host that a redirect named": {change: func(r *Run) { r.Trace.Targets[0].FoundBy = "redirect" },
			with: []string{"pullpath_finding audience=network-team code=code-0 layer=tls module=redhat severity=warning target= 1"},
			lack: []string{"h0.example"}},
		"a finding that another explains": {change: func(r *Run) { r.Result.Findings[0].MaskedBy = "x" }, lack: []string{"code-0"}},
		"a finding about two": {change: func(r *Run) { r.Result.Findings[0].Targets = []string{"h0.example:443", "h1.example:443"} },
			with: []string{"pullpath_finding audience=network-team code=code-0 layer=tls module=redhat severity=warning target= 1",
				"pullpath_finding_targets code=code-0 module=redhat 2"}},
		"direct": {change: func(r *Run) { r.Trace.Targets[0].Route = evidence.Route{Kind: "direct"} },
			with: []string{"pullpath_proxy_info module=redhat proxy= source=none 1"}},
		"a way that is not known": {change: func(r *Run) { r.Trace.Targets[0].Route = evidence.Route{Kind: "unknown"} },
			lack: []string{"source=none"}},
		"a probe's time": {change: func(r *Run) { r.Trace.Hops[0].Purpose, r.Trace.Hops[0].TookMS = evidence.Probing, 9000 },
			lack: []string{"stage=resolve 9"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(2, 1)
			if c.change != nil {
				c.change(&r)
			}
			got := series(t, DefaultLimits(), r)
			for _, want := range c.with {
				if !slices.Contains(got, want) {
					t.Errorf("no %s in\n%s", want, strings.Join(got, "\n"))
				}
			}
			for _, lack := range c.lack {
				if strings.Contains(strings.Join(got, "\n"), lack) {
					t.Errorf("%s in\n%s", lack, strings.Join(got, "\n"))
				}
			}
		})
	}
}

// The worst findings have the series, and the others are counted.
func TestFindingsThatAreDropped(t *testing.T) {
	r := run(30, 20)
	r.Result.Findings[19].Severity, r.Result.Findings[18].Severity = diagnosis.Error, diagnosis.Info
	got := strings.Join(series(t, DefaultLimits(), r), "\n")
	for _, want := range []string{"code=code-19 ", "pullpath_findings_dropped module=redhat 4"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "code=code-18 ") {
		t.Error("an information has a series, and a warning has none")
	}
}

// Two findings with one code about one target are one series: the library refuses two.
func TestFindingTwice(t *testing.T) {
	r := run(1, 1)
	r.Result.Findings = append(r.Result.Findings, r.Result.Findings[0])
	if got := strings.Join(series(t, DefaultLimits(), r), "\n"); strings.Count(got, "pullpath_finding ") != 1 {
		t.Error(got)
	}
}

func TestSourceKind(t *testing.T) {
	for source, want := range map[string]string{"environment": "variable", "command line": "variable", "HTTPS_PROXY": "variable",
		"/proc/71/environ": "variable", "/etc/systemd/system/docker.service.d/p.conf:3": "unit", "/etc/environment:1": "file",
		"/etc/docker/daemon.json": "file"} {
		if got := SourceKind(source); got != want {
			t.Errorf("%s is a %s, want %s", source, got, want)
		}
	}
}

// What is written is what Prometheus calls good practice, with bytes of others in it too.
func TestTextForm(t *testing.T) {
	r := run(2, 1)
	r.Trace.Targets[0].Route.Proxy = "http://p\xff\"\n.example"
	var b bytes.Buffer
	if err := Write(&b, r.Trace, r.Result); err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.New(bytes.NewReader(b.Bytes())).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v in\n%s", err, problems, b.String())
	}
	if strings.Count(b.String(), "# HELP pullpath_verdict ") != 1 {
		t.Error(b.String())
	}
}
