package watch

import (
	"cmp"
	"slices"
	"time"

	"pullpath/internal/diagnosis"
)

// maxValues bounds the values of attributes that are counted. A watch of weeks behind a CDN
// with new names each day would else grow without end; those that are there stay counted.
const maxValues = 2000

// maxOutcomes bounds the outcomes that are told apart. What comes after is counted with the
// status alone.
const maxOutcomes = 64

// Tally counts walks. It is not safe for concurrent use.
type Tally struct {
	total    int
	outcomes map[string]*Outcome
	order    []string
	values   map[Attribute]int
	last     Walk
	first    Walk
}

// Outcome is one way in which walks came out.
type Outcome struct {
	Fingerprint, Status, Headline string
	Count                         int
	// Share is the part of all walks, from 0 to 1.
	Share float64
	// First and Last are when it came first and last.
	First, Last time.Time
	// Only are the attributes that all of its walks have and no other walk has.
	Only []Attribute
	// values counts the attributes of its walks.
	values map[Attribute]int
}

// Add counts a walk, and reports whether it came out otherwise than the one before.
func (t *Tally) Add(w Walk) (changed bool) {
	if t.outcomes == nil {
		t.outcomes, t.values, t.first = map[string]*Outcome{}, map[Attribute]int{}, w
	}
	changed = t.total > 0 && t.last.Fingerprint != w.Fingerprint
	t.total++
	t.last = w
	key := w.Fingerprint
	if t.outcomes[key] == nil && len(t.outcomes) >= maxOutcomes {
		key = w.Status
	}
	o := t.outcomes[key]
	if o == nil {
		o = &Outcome{Fingerprint: key, Status: w.Status, First: w.At, values: map[Attribute]int{}}
		t.outcomes[key], t.order = o, append(t.order, key)
	}
	o.Count, o.Last, o.Headline = o.Count+1, w.At, w.Headline
	for _, a := range w.Attributes {
		if _, known := t.values[a]; known || len(t.values) < maxValues {
			t.values[a]++
			o.values[a]++
		}
	}
	return changed
}

// Total is how many walks were counted.
func (t *Tally) Total() int { return t.total }

// Last is the walk that was counted last.
func (t *Tally) Last() Walk { return t.last }

// ChangedSinceFirst reports whether the last walk came out otherwise than the first.
func (t *Tally) ChangedSinceFirst() bool {
	return t.total > 0 && t.first.Fingerprint != t.last.Fingerprint
}

// Outcomes returns the outcomes, the most frequent first, and of equal ones the earlier.
func (t *Tally) Outcomes() []Outcome {
	var out []Outcome
	for _, key := range t.order {
		o := *t.outcomes[key]
		o.Share = float64(o.Count) / float64(t.total)
		o.Only = t.only(o.values, o.Count)
		out = append(out, o)
	}
	slices.SortStableFunc(out, func(a, b Outcome) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

// only returns the attributes that so many walks have, all of them and no other, where there
// are others.
func (t *Tally) only(values map[Attribute]int, count int) []Attribute {
	if count == t.total {
		return nil
	}
	var out []Attribute
	for a, n := range values {
		if n == count && t.values[a] == count {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, compareAttributes)
	return out
}

// Telling is the outcome whose report says most: of those that failed the most frequent, else
// of those that are no pass, else the last.
func (t *Tally) Telling() string {
	for _, status := range []string{diagnosis.StatusFail, diagnosis.StatusIncomplete, diagnosis.StatusWarn} {
		for _, o := range t.Outcomes() {
			if o.Status == status {
				return o.Fingerprint
			}
		}
	}
	return t.last.Fingerprint
}

// failures are the walks that failed, as one outcome.
func (t *Tally) failures() Outcome {
	out := Outcome{Status: diagnosis.StatusFail, values: map[Attribute]int{}}
	for _, key := range t.order {
		o := t.outcomes[key]
		if o.Status != diagnosis.StatusFail {
			continue
		}
		out.Count += o.Count
		for a, n := range o.values {
			out.values[a] += n
		}
	}
	out.Only = t.only(out.values, out.Count)
	return out
}
