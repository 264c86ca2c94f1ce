package diagnosis

import (
	"fmt"
	"slices"

	"pullpath/internal/evidence"
)

// Verdict is the sum of a run.
type Verdict struct {
	// Status is pass, warn, fail or incomplete.
	Status  string `json:"status"`
	Summary string `json:"summary"`
	// RootCauses are the codes of the unmasked errors, most basic layer first.
	RootCauses []string `json:"root_causes"`
	// Counts say how the hosts came out.
	Counts Counts `json:"counts"`
	// Failing says that a text shows a failure, where the status is undecided.
	Failing bool `json:"failing,omitempty"`
	// Strict says that a warning fails the run (--strict).
	Strict bool `json:"strict,omitempty"`
}

// Verdict states.
const (
	StatusPass       = "pass"
	StatusWarn       = "warn"
	StatusFail       = "fail"
	StatusIncomplete = "incomplete"
	StatusSkipped    = "skipped"
	// StatusUndecided is that of a text that does not say enough.
	StatusUndecided = "undecided"
)

// Counts say how the hosts of a run came out. Each host is counted once: Passed, Blocked,
// OptionalFailed, Tolerated and Unchecked add up to Hosts.
type Counts struct {
	Hosts int `json:"hosts"`
	// Passed are the hosts whose path is clear to its end, with a warning or without.
	Passed int `json:"passed"`
	// Blocked are the required hosts that an error stops.
	Blocked int `json:"blocked"`
	// OptionalFailed are the hosts that failed and that a pull can do without.
	// OptionalRefused are those of them that something refused in so many words.
	OptionalFailed  int `json:"optional_failed"`
	OptionalRefused int `json:"optional_refused"`
	// Tolerated are the required hosts that failed with a warning alone: a listed name that
	// no longer exists, for instance.
	Tolerated int `json:"tolerated"`
	// Unchecked are the hosts whose path was not walked to its end, and that did not fail.
	Unchecked int `json:"unchecked"`
	// Listed counts the allow-list's entries, nil where each of them is one of Hosts.
	Listed *evidence.Listed `json:"listed,omitempty"`
	// Warnings are the findings of that severity that no other explains, without those that
	// say why an optional host failed.
	Warnings int `json:"warnings"`
}

// Outcome is what a run comes to for whoever started it.
type Outcome int

// Outcomes. Their numbers are the exit statuses.
const (
	// Clear means that no error was found, and with --strict no warning either.
	Clear Outcome = iota
	// Broken means that something was found that fails the run.
	Broken
	// Unfinished means that the run says nothing about the whole path.
	Unfinished
)

// Effective returns the status as the run is asked to weigh it: with --strict a warning
// fails.
func (v Verdict) Effective() string {
	if v.Strict && v.Status == StatusWarn {
		return StatusFail
	}
	return v.Status
}

// Decides reports whether findings of a severity fail the run.
func (v Verdict) Decides(s Severity) bool { return s == Error || v.Strict && s == Warning }

// Outcome returns what a run comes to that ended so.
func (v Verdict) Outcome(ended evidence.Ending) Outcome {
	switch {
	case ended == evidence.EndedInterrupted, v.Status == StatusIncomplete:
		return Unfinished
	case v.Effective() == StatusFail, v.Status == StatusUndecided && v.Failing:
		return Broken
	}
	return Clear
}

func (j *judge) verdict() Verdict {
	var errors, warnings []Finding
	for _, f := range j.findings {
		switch {
		case f.MaskedBy != "":
		case f.Severity == Error:
			errors = append(errors, f)
		case f.Severity == Warning:
			warnings = append(warnings, f)
		}
	}
	v := Verdict{Status: StatusPass, Counts: j.counts(warnings), RootCauses: []string{}}
	for _, f := range errors {
		if !slices.Contains(v.RootCauses, f.Code) {
			v.RootCauses = append(v.RootCauses, f.Code)
		}
	}
	leftOut := j.leftOut()
	switch {
	case len(errors) > 0:
		v.Status = StatusFail
		v.Summary = errors[0].Title + more(len(errors)-1, "further cause")
	case j.trace.FromText():
		v.Status, v.Failing, v.Summary = StatusUndecided, len(j.candidates)+len(warnings) > 0 || j.trace.Texts.Failing, j.undecided(warnings)
	case j.trace.Run.Ended != "":
		v.Status = StatusIncomplete
		v.Summary = "the run was not finished (" + string(j.trace.Run.Ended) + "); what was checked showed no error"
	case leftOut != "":
		v.Status = StatusIncomplete
		v.Summary = leftOut + " was not checked to its end"
	case len(warnings) > 0:
		v.Status = StatusWarn
		v.Summary = warnings[0].Title + more(len(warnings)-1, "further warning")
	default:
		v.Summary = j.clear(v.Counts)
	}
	return v
}

// undecided is the summary of a text that does not decide, or decides on what a pull often gets over.
func (j *judge) undecided(warnings []Finding) string {
	what := j.trace.Texts.Noun()
	switch n := len(j.candidates); {
	case n == 0 && j.trace.Texts.Failing:
		return "the " + what + " says that a pull failed, and not why"
	case n == 0 && len(warnings) > 0:
		return "the " + what + " does not prove that the pull fails for it: " + warnings[0].Title + more(len(warnings)-1, "further warning")
	case n == 0:
		return "the " + what + " shows no failure of a pull; what it does not tell was not looked at"
	case n == 1:
		return "the " + what + " does not prove a cause; one fits: " + j.candidates[0].Title
	default:
		return fmt.Sprintf("the %s does not decide between %d causes; the most likely: %s", what, n, j.candidates[0].Title)
	}
}

// clear is the summary of a run without an error or a warning.
func (j *judge) clear(n Counts) string {
	switch {
	case j.trace.Run.Client == evidence.SurveyClient:
		return "nothing that was read is an error or a warning"
	case n.Passed < n.Hosts:
		return fmt.Sprintf("no error was found: %d of %d hosts pass", n.Passed, n.Hosts)
	}
	return fmt.Sprintf("the path of the pull is clear: %d of %d hosts pass", n.Passed, n.Hosts)
}

func more(n int, what string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " (and 1 " + what + ")"
	}
	return fmt.Sprintf(" (and %d %ss)", n, what)
}

// counts counts the hosts by their status.
func (j *judge) counts(warnings []Finding) Counts {
	n := Counts{Hosts: len(j.trace.Targets), Listed: j.trace.Run.Listed}
	blocked, status := map[string]bool{}, j.targets()
	for _, f := range j.findings {
		for _, id := range f.Targets {
			blocked[id] = blocked[id] || f.Severity == Error
		}
	}
	for _, t := range j.trace.Targets {
		switch s := status[t.ID]; {
		case s == StatusSkipped:
			n.Unchecked++
		case s != StatusFail:
			n.Passed++
		case !t.Required:
			n.OptionalFailed++
			if j.refused(t.ID) {
				n.OptionalRefused++
			}
		case blocked[t.ID]:
			n.Blocked++
		default:
			n.Tolerated++
		}
	}
	for _, f := range warnings {
		if !f.Optional {
			n.Warnings++
		}
	}
	return n
}

// refused reports whether a target's path ended with a refusal: a proxy's status, or an
// answer of the network that says so.
func (j *judge) refused(id string) bool {
	for _, h := range j.view.HopsAbout(evidence.OpTunnel, About{}.Target(id).State(evidence.Failed), evidence.Hop.OnPath) {
		if d := evidence.DetailOf[evidence.Tunnel](h); d.Code >= 400 && d.Code < 500 {
			return true
		}
	}
	refusals := []evidence.Kind{evidence.Refused, evidence.Prohibited, evidence.DeniedLocally}
	return len(j.view.HopsAbout(evidence.OpDial, About{}.Target(id).State(evidence.Failed), func(h evidence.Hop) bool {
		return h.OnPath() && h.FailedWith(refusals...)
	})) > 0
}

// leftOut returns the first required target whose path was not walked whole, unless a
// warning says why.
func (j *judge) leftOut() string {
	walked, explained := j.walked(), j.explained()
	for _, t := range j.trace.Targets {
		whole, begun := walked[t.ID] // a survey of settings walks none
		if t.Required && begun && !whole && !explained[t.ID] {
			return t.ID
		}
	}
	return ""
}

// explained returns the targets of which a warning says why something was left out: its
// hop is the reason. A login that was withheld is this tool's own reason, whatever else is said of
// the answer.
func (j *judge) explained() map[string]bool {
	about := map[int]bool{}
	for _, f := range j.findings {
		for _, id := range f.Hops {
			about[id] = about[id] || f.Severity.rank() >= Warning.rank()
		}
	}
	out := map[string]bool{}
	for _, h := range j.trace.Hops {
		why, _ := j.trace.Hop(h.Because)
		if h.OnPath() && h.State == evidence.Skipped && about[h.Because] && evidence.DetailOf[evidence.Request](why).Withheld == "" {
			out[h.Target] = true
		}
	}
	return out
}

// targets gives each target its status. What failed is fail, whether a pull needs the host
// or not; what was not walked whole is skipped, whatever else was found on it.
func (j *judge) targets() map[string]string {
	failed, warned, walked := j.failed(), map[string]bool{}, j.walked()
	for _, f := range j.findings {
		for _, id := range f.Targets {
			failed[id] = failed[id] || f.Severity == Error || f.Optional
			warned[id] = warned[id] || f.Severity == Warning
		}
	}
	out := map[string]string{}
	for _, t := range j.trace.Targets {
		switch {
		case failed[t.ID]:
			out[t.ID] = StatusFail
		case !walked[t.ID]:
			out[t.ID] = StatusSkipped
		case warned[t.ID]:
			out[t.ID] = StatusWarn
		default:
			out[t.ID] = StatusPass
		}
	}
	return out
}

// failed returns the targets on whose path a hop failed.
func (j *judge) failed() map[string]bool {
	out := map[string]bool{}
	for _, h := range j.trace.Hops {
		if h.OnPath() && h.State == evidence.Failed && h.Kind() != evidence.Budget {
			out[h.Target] = true
		}
	}
	return out
}

// walked returns the targets whose whole path was walked: no step was left out or cut off,
// and there was more than settings and look-ups. A target whose path has no step yet is not
// in it.
func (j *judge) walked() map[string]bool {
	out, reached := map[string]bool{}, map[string]bool{}
	for _, h := range j.trace.Hops {
		if !h.OnPath() {
			continue
		}
		whole, seen := out[h.Target]
		out[h.Target] = (whole || !seen) && h.State != evidence.Skipped && h.Kind() != evidence.Budget
		reached[h.Target] = reached[h.Target] || h.Op != evidence.OpSetting && h.Op != evidence.OpResolve
	}
	for id, whole := range out {
		out[id] = whole && reached[id]
	}
	return out
}
