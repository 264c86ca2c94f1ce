// Package metrics says in Prometheus metrics what runs came to.
//
// Labels hold words of closed lists alone: codes, layers, roles, the names of modules, and
// targets that a configuration names. Addresses, texts of errors and what a peer says never
// become a label: each of them would make series without end
// (https://prometheus.io/docs/practices/naming/#labels). A test counts the series.
package metrics

import (
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"pullpath/internal/buildinfo"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// Run is one run of a module, judged.
type Run struct {
	// Module is what is walked again and again under one name.
	Module string
	// Trace is nil where no run was made yet.
	Trace  *evidence.Trace
	Result diagnosis.Result
	// Ended and Took are of the last run, where another one stands for it that came out the same;
	// zero for those of the trace.
	Ended time.Time
	Took  time.Duration
	// Made and Failed count the runs, and those that could not be made, where Counted says so: who
	// runs once counts nothing.
	Made, Failed float64
	Counted      bool
}

// Limits bound the series of a module.
type Limits struct {
	// PerTarget makes series for each target.
	PerTarget bool
	// Targets and Findings are how many of them have series.
	Targets, Findings int
}

// Series of a module in all where nothing is said: 64 targets are more than a registry has
// hosts, and of 16 findings the first ones say what is wrong.
const (
	DefaultTargets  = 64
	DefaultFindings = 16
)

// DefaultLimits are those of a run that nobody configured.
func DefaultLimits() Limits {
	return Limits{PerTarget: true, Targets: DefaultTargets, Findings: DefaultFindings}
}

// Build is what the program is, for pullpath_build_info.
type Build struct{ Version, Revision, Roots, CTLogs string }

// Source is where metrics are gathered from: runs that may be replaced by later ones.
type Source interface {
	// Runs returns the last run of each module that has had one.
	Runs() []Run
}

// Once is the runs themselves.
type Once []Run

// Runs implements [Source].
func (o Once) Runs() []Run { return o }

// NewRegistry returns a registry of what a source has at the time of each gathering.
func NewRegistry(build Build, limits Limits, source Source) *prometheus.Registry {
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(&collector{build: build, limits: limits, source: source})
	return r
}

// Write writes one run in the text form.
func Write(w io.Writer, t *evidence.Trace, r diagnosis.Result) error {
	info := buildinfo.Read()
	build := Build{Version: t.Tool.Version, Revision: info.Revision, Roots: info.Roots, CTLogs: logList(t)}
	families, err := NewRegistry(build, DefaultLimits(), Once{{Module: moduleOf(t), Trace: t, Result: r}}).Gather()
	if err != nil {
		return err
	}
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(w, f); err != nil {
			return err
		}
	}
	return nil
}

// moduleOf names a run that no configuration names: by its profile, where it walked one.
func moduleOf(t *evidence.Trace) string {
	for _, target := range t.Targets {
		if target.FoundBy == "profile" && t.Run.Profile != "" {
			return t.Run.Profile
		}
	}
	return "targets"
}

// logList is the day of the list of transparency logs that the run went by.
func logList(t *evidence.Trace) string {
	for _, h := range t.Hops {
		if d, ok := h.Detail.(evidence.Handshake); ok && d.Timestamps != nil && d.Timestamps.List != "" {
			return d.Timestamps.List
		}
	}
	return ""
}

// ended and took are when a run ended, and how long it was.
func (r Run) ended() time.Time {
	if !r.Ended.IsZero() {
		return r.Ended
	}
	return r.Trace.Started.Add(r.took())
}

func (r Run) took() time.Duration {
	if !r.Ended.IsZero() {
		return r.Took
	}
	return time.Duration(r.Trace.DurationMS * float64(time.Millisecond))
}
