package report

import (
	"cmp"
	"fmt"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// footLine is the sum of a run in one line.
func footLine(t *evidence.Trace, r diagnosis.Result) string {
	return printable(sum(t, r) + " · " + seconds(t.DurationMS))
}

// quietLine is footLine with the codes to look up, as nothing else names them.
func quietLine(t *evidence.Trace, r diagnosis.Result) string {
	text := sum(t, r)
	if len(r.Verdict.RootCauses) > 0 {
		text += ": " + strings.Join(r.Verdict.RootCauses, ", ")
	}
	return printable(text + " · " + seconds(t.DurationMS))
}

func sum(t *evidence.Trace, r diagnosis.Result) string {
	by := map[string]int{}
	for _, target := range t.Targets {
		by[status(r, target)]++
	}
	hosts := len(t.Targets)
	switch {
	case r.Verdict.Status == diagnosis.StatusIncomplete:
		return fmt.Sprintf("incomplete, %s: %d of %s walked",
			ended(cmp.Or(t.Run.Ended, "not finished")), hosts-by[diagnosis.StatusSkipped], count(hosts, "host"))
	case by[diagnosis.StatusFail] > 0:
		return fmt.Sprintf("%d of %s blocked", by[diagnosis.StatusFail], count(hosts, "host")) + unwalked(t, by)
	case r.Verdict.Status == diagnosis.StatusFail:
		return r.Verdict.Summary
	}
	return passed(by, hosts) + unwalked(t, by) + warned(r)
}

func passed(by map[string]int, hosts int) string {
	through := by[diagnosis.StatusPass] + by[diagnosis.StatusWarn]
	switch {
	case through == hosts && hosts == 1:
		return "the host passes"
	case through == hosts:
		return fmt.Sprintf("all %d hosts pass", hosts)
	}
	return fmt.Sprintf("%d of %s pass", through, count(hosts, "host"))
}

func unwalked(t *evidence.Trace, by map[string]int) string {
	n := by[diagnosis.StatusSkipped]
	if n == 0 {
		return ""
	}
	text := fmt.Sprintf(", %d not walked to the end", n)
	if t.Run.Ended != "" {
		text += " (" + ended(t.Run.Ended) + ")"
	}
	return text
}

func warned(r diagnosis.Result) string {
	n := 0
	for _, f := range r.Unmasked() {
		if f.Severity == diagnosis.Warning {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return ", " + count(n, "warning")
}
