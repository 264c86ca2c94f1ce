package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// footLine returns the result of a run in one line.
func footLine(t *evidence.Trace, r diagnosis.Result) string {
	if t.FromText() {
		return printable(sum(t, r))
	}
	return printable(sum(t, r) + " · " + words.Seconds(t.DurationMS))
}

// quietLine is the one line of a log: when the run was, how it ended, and the first host and
// cause of what decided it.
func quietLine(t *evidence.Trace, r diagnosis.Result) string {
	text := t.Started.UTC().Format(time.RFC3339) + " " + sum(t, r)
	if causes := deciding(r); causes != "" {
		text += ": " + causes
	}
	return printable(text + " · " + words.Seconds(t.DurationMS))
}

// maxDeciding is how many causes a line names; the rest is counted.
const maxDeciding = 3

// deciding names the first host and the code of each finding that decided the verdict: the
// errors, or the warnings where there is none.
func deciding(r diagnosis.Result) string {
	var all []string
	for _, severity := range []diagnosis.Severity{diagnosis.Error, diagnosis.Warning} {
		for _, f := range r.Unmasked() {
			if f.Severity == severity {
				all = append(all, strings.TrimSpace(firstHost(f.Targets)+" "+f.Code))
			}
		}
		if len(all) > 0 {
			break
		}
	}
	if left := len(all) - maxDeciding; left > 0 {
		all = append(all[:maxDeciding], fmt.Sprintf("%d more", left))
	}
	return strings.Join(all, "; ")
}

// firstHost names the first of several hosts, and counts the others.
func firstHost(ids []string) string {
	switch len(ids) {
	case 0:
		return ""
	case 1:
		return ids[0]
	}
	return fmt.Sprintf("%s (and %s)", ids[0], words.Count(len(ids)-1, "more host"))
}

// sum says how the hosts of a run came out. Every form has this sentence: it is made of the
// verdict's counts alone, so that no two forms count differently.
func sum(t *evidence.Trace, r diagnosis.Result) string {
	v, n := r.Verdict, r.Verdict.Counts
	text := ""
	switch {
	case t.FromText():
		return v.Effective() + ": " + v.Summary
	case v.Status == diagnosis.StatusIncomplete:
		text = fmt.Sprintf("%s: %d of %s checked to the end", words.Join("incomplete", ended(t.Run.Ended)), n.Hosts-n.Unchecked,
			words.Count(n.Hosts, "host"))
	case n.Blocked > 0:
		text = fmt.Sprintf("%d of %s blocked", n.Blocked, words.Count(n.Hosts, "host"))
	case v.Status == diagnosis.StatusFail:
		text = v.Summary
	default:
		text = passed(n)
	}
	text += failedBeside(n)
	text += cutShort(t, r)
	text += onlyListed(n.Listed)
	if n.Warnings > 0 {
		text += ", " + words.Count(n.Warnings, "warning")
	}
	if v.Effective() != v.Status {
		text += ": the run fails (--strict)"
	}
	return text
}

func passed(n diagnosis.Counts) string {
	switch {
	case n.Passed == n.Hosts && n.Hosts == 1:
		return "the host passes"
	case n.Passed == n.Hosts:
		return fmt.Sprintf("all %d hosts pass", n.Hosts)
	}
	return fmt.Sprintf("%d of %s pass", n.Passed, words.Count(n.Hosts, "host"))
}

// failedBeside counts the hosts that failed and do not fail the run.
func failedBeside(n diagnosis.Counts) string {
	text := ""
	if n.OptionalFailed > 0 {
		how := "failed"
		if n.OptionalRefused == n.OptionalFailed {
			how = "refused"
		}
		text = ", " + words.Count(n.OptionalFailed, "optional host") + " " + how
	}
	if n.Tolerated > 0 {
		text += ", " + words.Count(n.Tolerated, "host") + " failed with a warning"
	}
	return text
}

// cutShort says what was not checked to its end. Where that is no host, the run's end came
// during side probes.
func cutShort(t *evidence.Trace, r diagnosis.Result) string {
	text, why := "", ""
	cut := slices.ContainsFunc(t.Hops, func(h evidence.Hop) bool { return h.OnPath() && h.Kind() == evidence.Budget })
	if t.Run.Ended != "" && r.Verdict.Status != diagnosis.StatusIncomplete {
		why = " (" + ended(t.Run.Ended) + ")"
	}
	switch n := r.Verdict.Counts.Unchecked; {
	case n > 0 && r.Verdict.Status != diagnosis.StatusIncomplete:
		text = fmt.Sprintf(", %d not checked to the end", n)
	case n == 0 && t.Run.Ended != "" && !cut:
		text = ", side probes were cut off"
	default:
		return ""
	}
	return text + why
}

// onlyListed says how much of the allow-list no run can check, so that nobody takes a
// passing one for the whole list.
func onlyListed(l *evidence.Listed) string {
	if l == nil {
		return ""
	}
	var why []string
	if l.Patterns > 0 {
		why = append(why, "patterns")
	}
	if l.UDP > 0 {
		why = append(why, "UDP")
	}
	return fmt.Sprintf(", %d of %d entries not checked (%s)", l.UDP+l.Patterns, l.Entries, strings.Join(why, ", "))
}

// ended returns why a run was not finished, empty where it was.
func ended(why evidence.Ending) string {
	switch why {
	case evidence.EndedBudget:
		return "the time was up"
	case evidence.EndedInterrupted:
		return "the run was interrupted"
	}
	return string(why)
}
