package diagnosis

import (
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// subject is what a finding is about: clients of a host, and entries of a list.
type subject struct {
	// clients has the run's own client as "". It is empty for what concerns no client more
	// than another.
	clients map[string]bool
	entries []string
}

// subjectOf returns what a match is about.
func (j *judge) subjectOf(m Match) subject {
	hops := m.About
	if len(hops) == 0 {
		hops = m.Hops
	}
	out := subject{clients: map[string]bool{}, entries: m.Entries}
	for _, id := range hops {
		h, found := j.trace.Hop(id)
		switch {
		case !found || h.Probe == evidence.ProbeSources:
		case h.Op == evidence.OpSetting && h.Probe == evidence.ProbeClientRoute:
			d := evidence.DetailOf[evidence.Setting](h)
			out.clients[orOther(d.Client, d.Dialect)] = true
		default:
			out.clients[""] = true
		}
	}
	return out
}

func orOther(name, other string) string {
	if name == "" {
		return other
	}
	return name
}

// covers reports whether a finding about s can explain one about the other: they share a
// client, and an entry where both are about entries. What is wrong with one client says
// nothing about another.
func (s subject) covers(other subject) bool {
	return s.sharesClient(other) && s.sharesEntry(other)
}

func (s subject) sharesClient(other subject) bool {
	few, many := s.clients, other.clients
	if len(few) == 0 || len(many) == 0 {
		return true
	}
	if len(few) > len(many) {
		few, many = many, few
	}
	for name := range few {
		if many[name] {
			return true
		}
	}
	return false
}

// sharesEntry: an entry that is read in part holds what was matched of it.
func (s subject) sharesEntry(other subject) bool {
	if len(s.entries) == 0 || len(other.entries) == 0 {
		return true
	}
	return slices.ContainsFunc(s.entries, func(mine string) bool {
		return slices.ContainsFunc(other.entries, func(its string) bool { return strings.Contains(mine, its) })
	})
}

// mask marks each finding that a more basic one on a shared target, about the same client,
// explains. It searches all findings, masked ones included: in a chain of three, the first
// hides the other two.
func (j *judge) mask() {
	first, before := j.firstOn(), map[string][]Code{}
	for b := range j.findings {
		f := &j.findings[b]
		if _, known := before[f.Code]; !known {
			before[f.Code] = ancestors(j.byCode, Code(f.Code))
		}
		best := len(j.findings)
		for _, code := range before[f.Code] {
			for _, id := range f.Targets {
				for _, a := range first[onTarget{code, id, f.Severity.rank()}] {
					if a != b && a < best && j.findings[a].subject.covers(f.subject) {
						best = a
					}
				}
			}
		}
		if best < len(j.findings) {
			f.MaskedBy = j.findings[best].Code
		}
	}
	j.maskExplained()
}

// maskExplained marks the findings about nothing but targets that another finding explains.
func (j *judge) maskExplained() {
	by := map[string]string{}
	for _, f := range j.findings {
		for _, id := range f.explains {
			by[id] = f.Code
		}
	}
	for i := range j.findings {
		f := &j.findings[i]
		for n, id := range f.Targets {
			code := by[id]
			if code == "" || code == f.Code || n > 0 && code != by[f.Targets[0]] {
				break
			}
			if n == len(f.Targets)-1 && f.MaskedBy == "" {
				f.MaskedBy = code
			}
		}
	}
}

// onTarget are the findings of a code on a target that are at least so bad.
type onTarget struct {
	code   Code
	target string
	rank   int
}

// maxAlike bounds how many findings of one code on one target are asked whether they explain
// another: a host has some twenty clients, and most findings are about several.
const maxAlike = 32

// firstOn returns the first findings of each sort. A finding also counts among the less
// severe sorts.
func (j *judge) firstOn() map[onTarget][]int {
	out := map[onTarget][]int{}
	for i, f := range j.findings {
		for _, id := range f.Targets {
			for rank := 0; rank <= f.Severity.rank(); rank++ {
				key := onTarget{Code(f.Code), id, rank}
				if len(out[key]) < maxAlike {
					out[key] = append(out[key], i)
				}
			}
		}
	}
	return out
}
