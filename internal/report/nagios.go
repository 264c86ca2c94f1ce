package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// Nagios writes the report as a monitoring plugin does
// (https://www.monitoring-plugins.org/doc/guidelines.html): one line with the state and the
// times of the hops, and the findings in lines below it.
func Nagios(w io.Writer, t *evidence.Trace, r diagnosis.Result, opts TableOptions) error {
	r.Verdict.Strict = false // a warning has a state of its own (docs/decisions/0046-a-monitoring-system-has-stdout-alone.md)
	var buf bytes.Buffer
	fmt.Fprintf(&buf, "%s | %s\n", pluginLine(r.Verdict.Status, pluginText(sum(t, r)+pluginCause(r))), strings.Join(performance(t), " "))
	if !opts.Quiet {
		for _, f := range r.Unmasked() {
			pluginFinding(&buf, f)
		}
	}
	_, err := buf.WriteTo(w)
	return err
}

// nagiosPlugin answers the monitoring system by the statuses of the guidelines.
func nagiosPlugin() *Plugin {
	return &Plugin{
		Status: func(verdict string) int { return pluginState(verdict).status },
		NoRun: func(w io.Writer, why string) error {
			_, err := fmt.Fprintln(w, pluginLine("", pluginText(why)))
			return err
		},
	}
}

// state is a plugin's exit status and its name.
type state struct {
	status int
	name   string
}

// pluginState returns the state for the status of a verdict. A run that was not
// finished, or not made, says nothing about the path.
func pluginState(verdict string) state {
	switch verdict {
	case diagnosis.StatusPass:
		return state{0, "OK"}
	case diagnosis.StatusWarn:
		return state{1, "WARNING"}
	case diagnosis.StatusFail:
		return state{2, "CRITICAL"}
	}
	return state{3, "UNKNOWN"}
}

func pluginLine(verdict, text string) string {
	return "PULLPATH " + pluginState(verdict).name + " - " + text
}

// pluginText returns a text without the bar, which would begin the numbers.
func pluginText(text string) string { return strings.ReplaceAll(printable(text), "|", `\x7c`) }

// pluginCause names the first finding that decides the state.
func pluginCause(r diagnosis.Result) string {
	var found []diagnosis.Finding
	decides := map[string]diagnosis.Severity{diagnosis.StatusFail: diagnosis.Error, diagnosis.StatusWarn: diagnosis.Warning}[r.Verdict.Status]
	for _, f := range r.Unmasked() {
		if f.Severity == decides {
			found = append(found, f)
		}
	}
	switch len(found) {
	case 0:
		return ""
	case 1:
		return ": " + found[0].Code + ", " + found[0].Title
	}
	return fmt.Sprintf(": %s, %s, and %d more", found[0].Code, found[0].Title, len(found)-1)
}

func pluginFinding(buf *bytes.Buffer, f diagnosis.Finding) {
	lines := []string{string(f.Severity) + " " + f.Code + ": " + f.Title, "seen: " + f.Seen, "ask " + audience(f.Audience) + ": " + f.Remedy}
	if or := otherWay(f.Or); or != "" {
		lines = append(lines, "or "+or)
	}
	for _, line := range f.Find {
		lines = append(lines, "find: "+line)
	}
	for _, line := range lines {
		buf.WriteString(pluginText(line) + "\n")
	}
}

// maxPerformance bounds the numbers of a line, in bytes. Nagios and Naemon read 8 KiB of what
// a plugin writes (MAX_PLUGIN_OUTPUT_LENGTH in nagios.h and naemon.h); half of it is left to
// the findings.
const maxPerformance = 4096

// performance returns the time of the run and those of the hops on the path, in the
// order of the plan, so that a graph keeps its lines from run to run. Hops of one name
// are summed up.
func performance(t *evidence.Trace) []string {
	var labels []string
	took := map[string]float64{}
	for _, h := range t.Hops {
		if !h.OnPath() || h.State == evidence.Skipped || h.Op == evidence.OpSetting {
			continue
		}
		label := performanceLabel(h)
		if _, known := took[label]; !known {
			labels = append(labels, label)
		}
		took[label] += h.TookMS
	}
	out := []string{"time=" + performanceSeconds(t.DurationMS)}
	used := len(out[0])
	for _, label := range labels {
		value := "'" + label + "'=" + performanceSeconds(took[label])
		if used += 1 + len(value); used > maxPerformance {
			break
		}
		out = append(out, value)
	}
	return out
}

// performanceLabel names a hop: the host, and the step without blanks and capitals.
func performanceLabel(h evidence.Hop) string {
	step := strings.ToLower(words.OpName(h.Op))
	if h.Op == evidence.OpRequest {
		if d := evidence.DetailOf[evidence.Request](h); d.Step != "" {
			step = string(d.Step)
		}
	}
	host := h.Target
	if h.Role == evidence.Proxy && h.Op != evidence.OpTunnel {
		step = "proxy-" + step
	}
	if host == "" {
		host = evidence.DetailOf[evidence.Resolve](h).Name
	}
	// The guidelines leave all but these two to a label.
	return strings.NewReplacer("=", "_", "'", "_").Replace(pluginText(strings.TrimSpace(host + " " + step)))
}

// maxSeconds bounds a time to what a number of a report can mean: eleven days.
const maxSeconds = 1e6

// performanceSeconds returns a time of milliseconds in the guidelines' unit, at least
// zero.
func performanceSeconds(ms float64) string {
	return fmt.Sprintf("%.4fs", min(max(ms/1000, 0), maxSeconds))
}
