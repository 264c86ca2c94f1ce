package metrics

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// The metrics. What a label may hold is said beside it.
var (
	buildInfo = describe("build_info", "The program; always 1.", "version", "revision", "roots", "ct_logs")
	verdict   = describe("verdict", "1 for the status of the module's last run: pass, warn, fail or incomplete.", "module", "status")
	outcome   = describe("outcome_info", "How the last run came out, as its fingerprint; always 1. Equal outcomes have equal fingerprints on "+
		"every node.", "module", "fingerprint")
	finding = describe("finding", "1 while the last run found it. The target is empty where it is about several.",
		"module", "code", "severity", "layer", "audience", "target")
	findingTargets  = describe("finding_targets", "How many targets a finding of the last run is about.", "module", "code")
	findingsDropped = describe("findings_dropped", "Findings of the last run that have no series, because there are too many.", "module")
	targetSuccess   = describe("target_success", "1 where the target's path is clear to its end, 0 where it failed. A target that was not "+
		"walked to its end has no series.", "module", "target", "role", "required")
	certificateEnds = describe("target_certificate_not_after_timestamp_seconds", "When the first certificate of the chain that the target "+
		"presented expires.", "module", "target")
	stageDuration = describe("stage_duration_seconds", "What the slowest target took for a stage: resolve, dial, tunnel, handshake, request.",
		"module", "stage")
	proxyInfo = describe("proxy_info", "The proxies that the routes of the last run take, and what kind of source names them; always 1.",
		"module", "proxy", "source")
	runTime     = describe("run_timestamp_seconds", "When the last run ended.", "module")
	runDuration = describe("run_duration_seconds", "How long the last run took.", "module")
	runsTotal   = describe("runs_total", "Runs since the start: made, or failed where none could be made.", "module", "result")
)

// describe makes the description of a metric.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("pullpath_"+name, help, labels, nil)
}

// collector makes the metrics of a source's runs.
type collector struct {
	build  Build
	limits Limits
	source Source
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{buildInfo, verdict, outcome, finding, findingTargets, findingsDropped, targetSuccess, certificateEnds,
		stageDuration, proxyInfo, runTime, runDuration, runsTotal} {
		out <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(out chan<- prometheus.Metric) {
	b := c.build
	gauge(out, buildInfo, 1, b.Version, b.Revision, b.Roots, b.CTLogs)
	for _, r := range c.source.Runs() {
		module{Run: r, limits: c.limits, out: out}.collect()
	}
}

func gauge(out chan<- prometheus.Metric, d *prometheus.Desc, value float64, labels ...string) {
	for i, l := range labels {
		labels[i] = strings.Map(printable, l)
	}
	out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

// printable puts another sign in place of one that a terminal might obey, and of bytes that are
// no text, at which the library panics.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}

// module is a run whose metrics are made.
type module struct {
	Run
	limits Limits
	out    chan<- prometheus.Metric
}

func (m module) gauge(d *prometheus.Desc, value float64, labels ...string) {
	gauge(m.out, d, value, append([]string{m.Module}, labels...)...)
}

func (m module) collect() {
	if m.Counted {
		m.out <- prometheus.MustNewConstMetric(runsTotal, prometheus.CounterValue, m.Made, m.Module, "made")
		m.out <- prometheus.MustNewConstMetric(runsTotal, prometheus.CounterValue, m.Failed, m.Module, "failed")
	}
	if m.Trace == nil {
		return
	}
	for _, status := range []string{diagnosis.StatusPass, diagnosis.StatusWarn, diagnosis.StatusFail, diagnosis.StatusIncomplete} {
		m.gauge(verdict, number(m.Result.Verdict.Status == status), status)
	}
	m.gauge(outcome, 1, diagnosis.Fingerprint(m.Trace, m.Result))
	m.gauge(runTime, float64(m.ended().UnixMilli())/1000)
	m.gauge(runDuration, m.took().Seconds())
	m.findings()
	m.stages()
	m.proxies()
	if m.limits.PerTarget {
		m.targets()
	}
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// configured reports whether a target is named by a configuration. The others a peer has
// named, and may name anew each time.
func configured(t evidence.Target) bool {
	return slices.Contains([]string{"profile", "argument", "registry-config"}, t.FoundBy)
}

// findings makes the series of what was found: the worst first, each code and target once.
func (m module) findings() {
	found := m.Result.Unmasked()
	slices.SortStableFunc(found, func(a, b diagnosis.Finding) int { return weight(b.Severity) - weight(a.Severity) })
	about, made := map[string]map[string]bool{}, map[[2]string]bool{}
	dropped := 0
	for _, f := range found {
		key := [2]string{f.Code, m.target(f)}
		if about[f.Code] == nil && len(about) == m.limits.Findings || !made[key] && len(made) == m.limits.Findings {
			dropped++
			continue
		}
		if about[f.Code] == nil {
			about[f.Code] = map[string]bool{}
		}
		for _, id := range f.Targets {
			about[f.Code][id] = true
		}
		if !made[key] {
			made[key] = true
			m.gauge(finding, 1, f.Code, string(f.Severity), string(f.Layer), string(f.Audience), key[1])
		}
	}
	for code, ids := range about {
		m.gauge(findingTargets, float64(len(ids)), code)
	}
	m.gauge(findingsDropped, float64(dropped))
}

func weight(s diagnosis.Severity) int {
	return slices.Index([]diagnosis.Severity{diagnosis.Info, diagnosis.Warning, diagnosis.Error}, s)
}

// target is the one configured target that a finding is about, empty where that is not so.
func (m module) target(f diagnosis.Finding) string {
	if len(f.Targets) != 1 || !m.limits.PerTarget {
		return ""
	}
	if t, ok := m.Trace.Target(f.Targets[0]); ok && configured(t) {
		return t.ID
	}
	return ""
}

// targets makes the series of the configured targets.
func (m module) targets() {
	ends := m.certificates()
	n := 0
	for _, t := range m.Trace.Targets {
		if !configured(t) || n == m.limits.Targets {
			continue
		}
		n++
		if s := m.Result.Targets[t.ID]; s != diagnosis.StatusSkipped && s != "" {
			m.gauge(targetSuccess, number(s != diagnosis.StatusFail), t.ID, string(t.Role), strconv.FormatBool(t.Required))
		}
		if end, known := ends[t.ID]; known {
			m.gauge(certificateEnds, end, t.ID)
		}
	}
}

// certificates returns when the first certificate of each target's own chain expires, in
// seconds of Unix time.
func (m module) certificates() map[string]float64 {
	out := map[string]float64{}
	for _, h := range m.Trace.Hops {
		d, ok := h.Detail.(evidence.Handshake)
		if _, known := out[h.Target]; !ok || known || !h.OnPath() || h.Role == evidence.Proxy || len(d.Chain) == 0 {
			continue
		}
		first := slices.MinFunc(d.Chain, func(a, b evidence.Certificate) int { return a.NotAfter.Compare(b.NotAfter) })
		out[h.Target] = float64(first.NotAfter.Unix())
	}
	return out
}

// stages makes the times of the slowest hops of the path.
func (m module) stages() {
	slowest := map[evidence.Op]float64{}
	for _, h := range m.Trace.Hops {
		if h.OnPath() && h.State != evidence.Skipped && h.Op != evidence.OpSetting {
			slowest[h.Op] = max(slowest[h.Op], h.TookMS)
		}
	}
	for op, took := range slowest {
		m.gauge(stageDuration, took/1000, string(op))
	}
}

// maxProxies bounds how many proxies a module's routes have series for: a host has one, and
// while it is changed two.
const maxProxies = 2

// proxies makes the series of the proxies of the routes, and of going direct.
func (m module) proxies() {
	sources := map[string]string{}
	for _, h := range m.Trace.Hops {
		if d, ok := h.Detail.(evidence.Setting); ok && h.OnPath() {
			sources[h.Target] = d.Source
		}
	}
	var made [][2]string
	for _, t := range m.Trace.Targets {
		via := [2]string{"", "none"}
		switch {
		case t.Route.Kind == "proxy":
			via = [2]string{evidence.ProxyAddress(t.Route.Proxy), SourceKind(cmp.Or(sources[t.ID], t.Route.Source))}
		case t.Route.Kind != "direct":
			continue
		}
		if !slices.Contains(made, via) && len(made) < maxProxies {
			made = append(made, via)
			m.gauge(proxyInfo, 1, via[0], via[1])
		}
	}
}

// SourceKind is what kind of source a setting stands in: variable, unit or file.
func SourceKind(source string) string {
	switch {
	case !strings.Contains(source, "/"):
		return "variable"
	case strings.HasPrefix(source, "/proc/"):
		return "variable"
	case strings.Contains(source, "/systemd/"):
		return "unit"
	}
	return "file"
}
