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
// targets lists every target, for the request; hosts is short, for titles.
var commonValues = []string{"targets", "hosts", "source", "via"}

// Diagnose judges a trace by the entries. The order of its findings follows
// layer, entry and hop, never time.
func Diagnose(t *evidence.Trace, entries []Entry) Result {
	return diagnose(NewView(t, entries), t, entries)
}

func diagnose(v *View, t *evidence.Trace, entries []Entry) Result {
	j := judge{view: v, trace: t, byCode: map[Code]Entry{}}
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
	if t.FromText() {
		j.read()
	} else {
		j.unexplained()
	}
	if v.spent() {
		return notJudged(t)
	}
	j.order(entries)
	j.mask()
	return Result{Findings: j.findings, Candidates: j.candidates, Verdict: j.verdict(), Targets: j.targets()}
}

// notJudged returns the result for a trace that would take too long to judge. It claims
// nothing about any target.
func notJudged(t *evidence.Trace) Result {
	out := Result{Verdict: Verdict{Status: StatusIncomplete, RootCauses: []string{},
		Summary: fmt.Sprintf("not judged: the %d hops bear on each other in so many ways that it would take too long", len(t.Hops))},
		Targets: map[string]string{}}
	out.Verdict.Counts = Counts{Hosts: len(t.Targets), Unchecked: len(t.Targets)}
	for _, target := range t.Targets {
		out.Targets[target.ID] = StatusSkipped
	}
	return out
}

type judge struct {
	view     *View
	trace    *evidence.Trace
	byCode   map[Code]Entry
	findings []Finding
	// candidates are for what was read and cannot be decided.
	candidates []Candidate
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
	values["targets"], values["hosts"] = List(targets), cmp.Or(m.Values["hosts"], Short(targets))
	if len(targets) == 0 && j.trace.FromText() { // a text need not name one
		values["targets"], values["hosts"] = "the host", "the host"
	}
	values["source"] = sourceAddress(first, j.trace)
	values["via"] = first.Via
	f := Finding{
		Code: string(e.Code), Layer: e.Layer, Targets: targets, Hops: m.Hops, Values: values,
		Severity: cmp.Or(m.Severity, e.Severity), Strength: cmp.Or(m.Strength, e.Strength),
		Audience: cmp.Or(m.Audience, e.Audience), Docs: string(e.Code),
		Title: sentence(fill(e.Title, values), e.Title), Seen: fill(e.Seen, values),
		Explanation: fill(cmp.Or(m.Means, e.Means), values),
		Remedy:      fill(cmp.Or(m.Remedy, e.Remedy), values),
		Find:        findLines(j.view, m.Hops), Reproduce: m.Reproduce,
		subject: j.subjectOf(m), explains: m.Explains,
	}
	if or := otherWay(e, m); or.Remedy != "" {
		f.Or = &Way{Audience: or.Audience, Remedy: fill(or.Remedy, values)}
	}
	if len(f.Reproduce) == 0 {
		f.Reproduce = reproduce(j.view, m.Hops)
	}
	if f.Severity == Error && !j.anyRequired(targets) {
		f.Severity, f.Optional, f.Fallback = Warning, true, j.byFallback(targets)
	}
	j.findings = append(j.findings, f)
}

// otherWay returns the way that stands beside a match's remedy: the entry's, unless the match
// has a remedy of its own.
func otherWay(e Entry, m Match) Way {
	if m.Remedy != "" || m.Or.Remedy != "" {
		return m.Or
	}
	return e.Or
}

func (j *judge) firstHop(ids []int) evidence.Hop {
	if len(ids) == 0 {
		return evidence.Hop{}
	}
	h, _ := j.trace.Hop(ids[0])
	return h
}

// anyRequired reports whether a pull needs one of the targets. A finding without a
// target concerns the whole run.
func (j *judge) anyRequired(targets []string) bool {
	for _, id := range targets {
		if j.view.Target(id).Required {
			return true
		}
	}
	return len(targets) == 0
}

// byFallback reports whether the targets are places of a client's registry configuration after
// which it asked others, or hosts that these led to.
func (j *judge) byFallback(targets []string) bool {
	places := slices.ContainsFunc(j.trace.Targets, func(t evidence.Target) bool { return t.Route.Registry != nil })
	return places && !slices.ContainsFunc(targets, func(id string) bool { return j.view.Target(id).FoundBy == "profile" })
}

// unexplained makes a finding of every failed path hop that none points at.
func (j *judge) unexplained() {
	explained := j.pointedAt()
	for _, h := range j.trace.Hops {
		if h.OnPath() && h.State == evidence.Failed && h.Kind() != evidence.Budget && !explained[h.ID] {
			j.unexplainedHop(h)
		}
	}
}

func (j *judge) unexplainedHop(h evidence.Hop) {
	if entry, ok := j.byCode[Unexplained]; ok {
		j.add(entry, Match{Hops: []int{h.ID}, Values: map[string]string{
			"op": string(h.Op), "kind": string(h.Kind()), "text": h.Failure.Text,
		}})
	}
}

func (j *judge) order(entries []Entry) {
	layer, place := map[Layer]int{}, map[string]int{}
	for i, l := range Layers() {
		layer[l] = i
	}
	for i, e := range entries {
		place[string(e.Code)] = i
	}
	slices.SortStableFunc(j.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(layer[a.Layer], layer[b.Layer]),
			cmp.Compare(place[a.Code], place[b.Code]), slices.Compare(a.Hops, b.Hops))
	})
	for i := range j.findings {
		j.findings[i].ID = i + 1
	}
}

// Short names up to three targets, and of more the first with their number.
func Short(targets []string) string {
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

// List joins names for a sentence; of many it gives the first and how many more there
// are.
func List(names []string) string {
	if left := len(names) - maxListed; left > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), left)
	}
	return strings.Join(names, ", ")
}
