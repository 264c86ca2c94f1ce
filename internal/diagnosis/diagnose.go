package diagnosis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// commonValues are given to every finding's texts by Diagnose itself.
//
// targets lists every target, for what is asked for; hosts is short, for titles.
var commonValues = []string{"targets", "hosts", "source", "via"}

// Diagnose judges a trace by the entries. The order of its findings follows
// layer, entry and hop, never time.
func Diagnose(t *evidence.Trace, entries []Entry) Result {
	return diagnose(NewView(t), t, entries)
}

func diagnose(v *View, t *evidence.Trace, entries []Entry) Result {
	j := judge{view: v, trace: t, byCode: map[string]Entry{}}
	for _, e := range entries {
		j.byCode[e.Code] = e
	}
	for _, e := range entries {
		if e.Match == nil {
			continue
		}
		for _, m := range e.Match(j.view) {
			j.add(e, m)
		}
	}
	j.unexplained()
	if v.spent() {
		return notJudged(t)
	}
	j.order(entries)
	j.mask()
	return Result{Findings: j.findings, Verdict: j.verdict(), Targets: j.targets()}
}

// notJudged is the result for a trace of which it would take too long to say what it
// means. Nothing is claimed of any target.
func notJudged(t *evidence.Trace) Result {
	out := Result{Verdict: Verdict{Status: StatusIncomplete, RootCauses: []string{},
		Summary: fmt.Sprintf("not judged: the %d hops bear on each other in so many ways that it would take too long", len(t.Hops))}, Targets: map[string]string{}}
	for _, target := range t.Targets {
		out.Targets[target.ID] = StatusSkipped
	}
	return out
}

type judge struct {
	view     *View
	trace    *evidence.Trace
	byCode   map[string]Entry
	findings []Finding
}

func (j *judge) add(e Entry, m Match) {
	slices.Sort(m.Hops)
	targets := m.Targets
	if len(targets) == 0 {
		targets = j.view.Through(m.Hops...)
	}
	values := maps.Clone(m.Values)
	if values == nil {
		values = map[string]string{}
	}
	first := j.firstHop(m.Hops)
	values["targets"], values["hosts"] = List(targets), cmp.Or(m.Values["hosts"], short(targets))
	values["source"] = sourceAddress(first, j.trace)
	values["via"] = first.Via
	f := Finding{
		Code: e.Code, Layer: e.Layer, Targets: targets, Hops: m.Hops, Values: values,
		Severity: cmp.Or(m.Severity, e.Severity), Strength: cmp.Or(m.Strength, e.Strength),
		Audience: cmp.Or(m.Audience, e.Audience), Docs: e.Code,
		Title: sentence(fill(e.Title, values), e.Title), Seen: fill(e.Seen, values),
		Explanation: fill(cmp.Or(m.Means, e.Means), values),
		Remedy:      fill(cmp.Or(m.Remedy, e.Remedy), values),
		Find:        findLines(j.view, m.Hops), Reproduce: m.Reproduce,
	}
	if len(f.Reproduce) == 0 {
		f.Reproduce = reproduce(j.view, m.Hops)
	}
	if f.Severity == Error && !j.anyRequired(targets) {
		f.Severity = Warning
	}
	j.findings = append(j.findings, f)
}

func (j *judge) firstHop(ids []int) evidence.Hop {
	if len(ids) == 0 {
		return evidence.Hop{}
	}
	h, _ := j.trace.Hop(ids[0])
	return h
}

// anyRequired tells whether a pull needs one of the targets. A finding on no
// target at all concerns the whole run.
func (j *judge) anyRequired(targets []string) bool {
	for _, id := range targets {
		if j.view.Target(id).Required {
			return true
		}
	}
	return len(targets) == 0
}

// unexplained makes a finding of every failed path hop that none points at.
func (j *judge) unexplained() {
	explained := map[int]bool{}
	for _, f := range j.findings {
		for _, id := range f.Hops {
			explained[id] = true
		}
	}
	entry, ok := j.byCode[Unexplained]
	if !ok {
		return
	}
	for _, h := range j.trace.Hops {
		if h.OnPath() && h.State == evidence.Failed && h.Kind() != evidence.Budget && !explained[h.ID] {
			j.add(entry, Match{Hops: []int{h.ID}, Values: map[string]string{
				"op": string(h.Op), "kind": string(h.Kind()), "text": h.Failure.Text,
			}})
		}
	}
}

func (j *judge) order(entries []Entry) {
	layer, place := map[Layer]int{}, map[string]int{}
	for i, l := range Layers() {
		layer[l] = i
	}
	for i, e := range entries {
		place[e.Code] = i
	}
	slices.SortStableFunc(j.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(layer[a.Layer], layer[b.Layer]),
			cmp.Compare(place[a.Code], place[b.Code]), slices.Compare(a.Hops, b.Hops))
	})
	for i := range j.findings {
		j.findings[i].ID = i + 1
	}
}

// mask marks each finding that a more basic one on a shared target explains.
// The mask is looked for among all findings, masked ones included: a chain of
// three hides its middle and its end behind its beginning.
func (j *judge) mask() {
	first, before := j.firstOn(), map[string][]string{}
	for b := range j.findings {
		f := &j.findings[b]
		if _, known := before[f.Code]; !known {
			before[f.Code] = ancestors(j.byCode, f.Code)
		}
		best := len(j.findings)
		for _, code := range before[f.Code] {
			for _, id := range f.Targets {
				if a, ok := first[onTarget{code, id, f.Severity.rank()}]; ok && a != b {
					best = min(best, a)
				}
			}
		}
		if best < len(j.findings) {
			f.MaskedBy = j.findings[best].Code
		}
	}
}

// onTarget are the findings of a code on a target that are at least so bad.
type onTarget struct {
	code, target string
	rank         int
}

// firstOn is the first finding of each sort. A finding is among those that are less bad,
// too.
func (j *judge) firstOn() map[onTarget]int {
	out := map[onTarget]int{}
	for i, f := range j.findings {
		for _, id := range f.Targets {
			for rank := 0; rank <= f.Severity.rank(); rank++ {
				key := onTarget{f.Code, id, rank}
				if _, known := out[key]; !known {
					out[key] = i
				}
			}
		}
	}
	return out
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
	v := Verdict{Status: StatusPass, RootCauses: []string{}}
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
	case j.trace.Run.Ended != "":
		v.Status = StatusIncomplete
		v.Summary = "the run was not finished (" + j.trace.Run.Ended + "); what was walked showed no error"
	case leftOut != "":
		v.Status = StatusIncomplete
		v.Summary = leftOut + " was not walked to its end"
	case len(warnings) > 0:
		v.Status = StatusWarn
		v.Summary = warnings[0].Title + more(len(warnings)-1, "further warning")
	default:
		v.Summary = fmt.Sprintf("the path of the pull is clear: %d of %d hosts pass", len(j.trace.Targets), len(j.trace.Targets))
	}
	return v
}

// leftOut is the first required target whose path was not walked whole, where no
// warning is about the hop for which the rest was left out. What was not looked at is
// not fine.
func (j *judge) leftOut() string {
	walked, told := j.walked(), j.told()
	for _, t := range j.trace.Targets {
		whole, begun := walked[t.ID] // a survey of settings walks none
		if t.Required && begun && !whole && !told[t.ID] {
			return t.ID
		}
	}
	return ""
}

// told are the targets of which a warning says why something was left out: it is about
// the hop because of which that was.
func (j *judge) told() map[string]bool {
	about := map[int]bool{}
	for _, f := range j.findings {
		for _, id := range f.Hops {
			about[id] = about[id] || f.Severity.rank() >= Warning.rank()
		}
	}
	out := map[string]bool{}
	for _, h := range j.trace.Hops {
		if h.OnPath() && h.State == evidence.Skipped && about[h.Because] {
			out[h.Target] = true
		}
	}
	return out
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

// targets gives each target its status: that of the worst finding on it, and
// without one, whether its path was walked at all.
func (j *judge) targets() map[string]string {
	worst, walked := map[string]int{}, j.walked()
	for _, f := range j.findings {
		for _, id := range f.Targets {
			worst[id] = max(worst[id], f.Severity.rank())
		}
	}
	out := map[string]string{}
	for _, t := range j.trace.Targets {
		switch {
		case worst[t.ID] == Error.rank():
			out[t.ID] = StatusFail
		case worst[t.ID] == Warning.rank():
			out[t.ID] = StatusWarn
		case !walked[t.ID]:
			out[t.ID] = StatusSkipped
		default:
			out[t.ID] = StatusPass
		}
	}
	return out
}

// walked tells of which targets the whole path was walked.
func (j *judge) walked() map[string]bool {
	out := map[string]bool{}
	for _, h := range j.trace.Hops {
		if !h.OnPath() {
			continue
		}
		whole, seen := out[h.Target]
		out[h.Target] = (whole || !seen) && h.State != evidence.Skipped && h.Kind() != evidence.Budget
	}
	return out
}

// short names up to three targets, and of more the first with their number.
func short(targets []string) string {
	if len(targets) <= 3 {
		return List(targets)
	}
	return fmt.Sprintf("%s and %d more hosts", targets[0], len(targets)-1)
}

// sentence begins a title with a capital, unless it begins with a value: a host
// name keeps its case.
func sentence(text, template string) string {
	if text == "" || strings.HasPrefix(template, "{") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// maxListed is how many names a sentence lists: a profile's hosts, of which the largest
// built-in one has two dozen, with room for a site's own. The finding has all of them.
const maxListed = 50

// List joins names for a sentence; of many it tells the first and how many more.
func List(names []string) string {
	if left := len(names) - maxListed; left > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), left)
	}
	return strings.Join(names, ", ")
}
