package fleet

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Explanation is what goes together with a group of reports.
type Explanation struct {
	// Attribute is what the reports of the group have, by its kind and one value or a few.
	Attribute string   `json:"attribute"`
	Values    []string `json:"values"`
	// Exact means that all reports of the group have it and no other has.
	Exact bool `json:"exact"`
	// Possible means that fewer than five reports stand on one side: with so few, much goes
	// together by chance.
	Possible bool `json:"possible,omitempty"`
	// Inside and Outside count the reports with it, in the group and beyond.
	Inside  int `json:"inside"`
	Outside int `json:"outside"`
	// Without are hosts of the group that lack it, With others that have it; the first ones.
	Without []string `json:"without,omitempty"`
	With    []string `json:"with,omitempty"`
	// Confounded are what else separates the group exactly. The reports cannot tell which of
	// them it is.
	Confounded []Attribute `json:"confounded,omitempty"`
}

const (
	// leastSide is how many reports each side must have: of one host everything is its own.
	leastSide = 2
	// fewOnOneSide is below how many an explanation is only possible.
	fewOnOneSide = 5
	// mostValues is how many values of a kind may stand for a group together: zones c and d.
	mostValues = 3
	// nearRatio is the gain ratio from which what is not exact is worth a word.
	nearRatio = 0.8
	// mostNear bounds how many of these are named, and mostNamed the hosts that are the exception.
	mostNear, mostNamed = 3, 5
)

// index has the reports by attribute.
type index struct {
	kinds  []string
	values map[string]map[string][]int
}

func indexOf(reports []Report) index {
	out := index{values: map[string]map[string][]int{}}
	for i, r := range reports {
		for _, a := range r.Attributes {
			of := out.values[a.Kind]
			if of == nil {
				of = map[string][]int{}
				out.values[a.Kind] = of
				out.kinds = append(out.kinds, a.Kind)
			}
			of[a.Value] = append(of[a.Value], i)
		}
	}
	slices.SortFunc(out.kinds, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b)) })
	return out
}

// rank is the order in which kinds are named: first what somebody who runs the fleet has
// decided, then networks, and what follows from both last.
func rank(kind string) int {
	switch {
	case strings.HasPrefix(kind, Label):
		return 0
	case strings.HasPrefix(kind, Net):
		return 1
	}
	return 2 + slices.Index([]string{ProxyAt, Proxy, Source, Resolver, Client, Version, Trust, OS, Clock, CDN, Tool, Hour}, kind)
}

// explain finds what goes together with the reports of a group.
func (f Fleet) explain(x index, members []int) []Explanation {
	out := []Explanation{}
	others := len(f.Reports) - len(members)
	if len(members) < leastSide || others < leastSide {
		return out
	}
	inside := make([]bool, len(f.Reports))
	for _, i := range members {
		inside[i] = true
	}
	var near []scored
	var exact []Explanation
	for _, kind := range x.kinds {
		if e, ok := exactly(kind, x.values[kind], inside, len(members)); ok {
			exact = append(exact, e)
			continue
		}
		near = append(near, f.nearly(kind, x.values[kind], inside, len(members))...)
	}
	exact = longestOnly(exact)
	if len(exact) > 0 {
		e := exact[0]
		for _, other := range exact[1:] {
			e.Confounded = append(e.Confounded, Attribute{other.Attribute, strings.Join(other.Values, ", ")})
		}
		out = append(out, e)
	} else {
		slices.SortStableFunc(near, func(a, b scored) int { return cmp.Compare(b.ratio, a.ratio) })
		for _, s := range near[:min(len(near), mostNear)] {
			out = append(out, s.Explanation)
		}
	}
	for i := range out {
		out[i].Possible = len(members) < fewOnOneSide || others < fewOnOneSide
	}
	return out
}

// exactly finds whether the values of a kind separate the group: all its reports have one of a
// few values, and no other report has one of these.
func exactly(kind string, values map[string][]int, inside []bool, size int) (Explanation, bool) {
	var own []string
	covered := map[int]bool{}
	for value, of := range values {
		in := countInside(of, inside)
		if in == 0 || in < len(of) {
			continue
		}
		own = append(own, value)
		for _, i := range of {
			covered[i] = true
		}
	}
	if len(own) == 0 || len(own) > mostValues || len(covered) < size {
		return Explanation{}, false
	}
	slices.Sort(own)
	return Explanation{Attribute: kind, Values: own, Exact: true, Inside: size}, true
}

func countInside(of []int, inside []bool) (n int) {
	for _, i := range of {
		if inside[i] {
			n++
		}
	}
	return n
}

// longestOnly keeps of the networks that separate a group those of the fewest values, and of
// these the longest: a shorter one says less.
func longestOnly(list []Explanation) []Explanation {
	best := -1
	for i, e := range list {
		if strings.HasPrefix(e.Attribute, Net) && (best < 0 || len(e.Values) < len(list[best].Values) ||
			len(e.Values) == len(list[best].Values) && longer(e, list[best])) {
			best = i
		}
	}
	var out []Explanation
	for i, e := range list {
		if i == best || !strings.HasPrefix(e.Attribute, Net) {
			out = append(out, e)
		}
	}
	return out
}

func longer(a, b Explanation) bool {
	return cmp.Or(cmp.Compare(len(a.Attribute), len(b.Attribute)), strings.Compare(a.Attribute, b.Attribute)) > 0
}

// scored is an explanation that is not exact, and how much it explains.
type scored struct {
	Explanation
	ratio float64
}

// nearly finds the values that most of the group have, and few others.
func (f Fleet) nearly(kind string, values map[string][]int, inside []bool, size int) []scored {
	var out []scored
	for value, of := range values {
		in := countInside(of, inside)
		ratio := gainRatio(in, len(of)-in, size, len(inside)-size)
		if 2*in < size || ratio < nearRatio {
			continue
		}
		e := Explanation{Attribute: kind, Values: []string{value}, Inside: in, Outside: len(of) - in}
		has := map[int]bool{}
		for _, i := range of {
			has[i] = true
		}
		for i, member := range inside {
			switch {
			case member && !has[i] && len(e.Without) < mostNamed:
				e.Without = append(e.Without, f.Reports[i].Node)
			case !member && has[i] && len(e.With) < mostNamed:
				e.With = append(e.With, f.Reports[i].Node)
			}
		}
		out = append(out, scored{e, ratio})
	}
	slices.SortFunc(out, func(a, b scored) int { return strings.Compare(a.Values[0], b.Values[0]) })
	return out
}

// gainRatio is how much of what is not known of the group having a value tells, from 0 to 1:
// Quinlan, "Induction of decision trees", https://doi.org/10.1007/BF00116251. in and out have
// the value, of so many in the group and beyond.
func gainRatio(in, out, size, others int) float64 {
	total := float64(size + others)
	having := float64(in + out)
	split := entropy(having / total)
	if split == 0 {
		return 0
	}
	left := entropy(float64(size) / total)
	gain := left - having/total*entropy(float64(in)/having)
	if rest := total - having; rest > 0 {
		gain -= rest / total * entropy(float64(size-in)/rest)
	}
	return gain / split
}

func entropy(p float64) float64 {
	if p <= 0 || p >= 1 {
		return 0
	}
	return -p*math.Log2(p) - (1-p)*math.Log2(1-p)
}
