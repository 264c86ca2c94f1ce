package diagnosis

import (
	"maps"
	"slices"

	"pullpath/internal/evidence"
)

// View is a trace as an entry reads it: indexed, read only, and aware of which
// operations were read, so that a test can hold Needs against the truth.
type View struct {
	trace *evidence.Trace
	// entries are those that families ask, by their code.
	entries []Entry
	byCode  map[Code]int
	// places are those of each operation's hops in the trace: rows ask for one
	// operation at a time, and for every hop again.
	places map[evidence.Op][]int
	reads  map[evidence.Op]bool
	known  map[any]any
	// steps counts the hops that were looked at, for tests: judging must not look at
	// each hop once for every other.
	steps int
	// children are the hops that stand on each, by ID, once one was asked for.
	children map[int][]int
	// order is each target's place in the trace, made with targets.
	order map[string]int
	// targets are those of the trace by their ID, once one was asked for.
	targets map[string]evidence.Target
}

// NewView prepares a trace for reading by entries.
//
// A hop that the end of the run cut off is skipped in it: nothing was seen of the peer, and
// no entry can read anything into it.
func NewView(t *evidence.Trace, entries []Entry) *View {
	t = withoutCut(t)
	v := &View{trace: t, entries: entries, byCode: map[Code]int{},
		places: map[evidence.Op][]int{}, reads: map[evidence.Op]bool{}, known: map[any]any{}}
	for i, e := range entries {
		v.byCode[e.Code] = i
	}
	for i := range t.Hops {
		v.places[t.Hops[i].Op] = append(v.places[t.Hops[i].Op], i)
	}
	return v
}

// withoutCut returns the trace with the hops skipped that the end of the run cut off.
func withoutCut(t *evidence.Trace) *evidence.Trace {
	cut := func(h evidence.Hop) bool { return h.Kind() == evidence.Budget }
	if !slices.ContainsFunc(t.Hops, cut) {
		return t
	}
	out := *t
	out.Hops = slices.Clone(t.Hops)
	for i, h := range out.Hops {
		if cut(h) {
			out.Hops[i].State, out.Hops[i].Failure, out.Hops[i].Detail = evidence.Skipped, nil, nil
		}
	}
	return &out
}

// Reads returns the operations whose hops were read so far.
func (v *View) Reads() []evidence.Op {
	var out []evidence.Op
	for _, op := range []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial,
		evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest} {
		if v.reads[op] {
			out = append(out, op)
		}
	}
	return out
}

// Remember works a thing out once for a view: what many rows ask of the same hop. The
// key is a type of the caller's own.
func Remember[T any](v *View, key any, work func() T) T {
	if known, ok := v.known[key].(T); ok {
		return known
	}
	out := work()
	v.known[key] = out
	return out
}

// Run returns how the run was asked for.
func (v *View) Run() evidence.Run { return v.trace.Run }

// Vantage returns where the path was walked from.
func (v *View) Vantage() evidence.Vantage { return v.trace.Vantage }

// Read reports whether the evidence is that of texts, which need not tell each step.
func (v *View) Read() bool { return v.trace.FromText() }

// Targets returns the targets in order.
func (v *View) Targets() []evidence.Target { return v.trace.Targets }

// Target returns a target by its ID; the zero value where it does not exist.
func (v *View) Target(id string) evidence.Target {
	v.indexTargets()
	return v.targets[id]
}

func (v *View) indexTargets() {
	if v.targets != nil {
		return
	}
	v.targets, v.order = map[string]evidence.Target{}, map[string]int{}
	for i, t := range v.trace.Targets {
		v.targets[t.ID], v.order[t.ID] = t, i
	}
}

// Hops returns the hops of an operation for which keep holds, in order. A nil
// keep takes all.
func (v *View) Hops(op evidence.Op, keep func(evidence.Hop) bool) []evidence.Hop {
	v.reads[op] = true
	var out []evidence.Hop
	for _, i := range v.places[op] {
		if v.step(); v.spent() {
			return nil
		}
		if h := v.trace.Hops[i]; keep == nil || keep(h) {
			out = append(out, h)
		}
	}
	return out
}

// About narrows a question for hops to those with given values. It is written as
// About{}.Target(id).Probe("name"); without a value it is about all.
type About struct {
	fields fields
	values values
}

// fields are the fields that a question names, values their values.
type fields struct{ target, peer, via, probe, state bool }

type values struct {
	target, peer, via string
	probe             evidence.Probe
	state             evidence.State
}

// Target narrows it to the hops of a target.
func (a About) Target(id string) About { a.fields.target, a.values.target = true, id; return a }

// Peer narrows it to those with a far end.
func (a About) Peer(peer string) About { a.fields.peer, a.values.peer = true, peer; return a }

// Via narrows it to those through a proxy.
func (a About) Via(via string) About { a.fields.via, a.values.via = true, via; return a }

// Probe narrows it to those of a side probe.
func (a About) Probe(name evidence.Probe) About {
	a.fields.probe, a.values.probe = true, name
	return a
}

// State narrows it to those that ended so.
func (a About) State(state evidence.State) About {
	a.fields.state, a.values.state = true, state
	return a
}

// of returns a hop's own values, in these fields.
func (f fields) of(h *evidence.Hop) values {
	var out values
	if f.target {
		out.target = h.Target
	}
	if f.peer {
		out.peer = h.Peer
	}
	if f.via {
		out.via = h.Via
	}
	if f.probe {
		out.probe = h.Probe
	}
	if f.state {
		out.state = h.State
	}
	return out
}

// index is the key under which the hops of an operation are sorted.
type index struct {
	op     evidence.Op
	fields fields
}

// indexed returns the places of an operation's hops that a question is about. The index
// is made with the first question of its kind.
func (v *View) indexed(op evidence.Op, a About) []int {
	v.reads[op] = true
	return Remember(v, index{op, a.fields}, func() map[values][]int {
		out := map[values][]int{}
		for _, i := range v.places[op] {
			v.step()
			of := a.fields.of(&v.trace.Hops[i])
			out[of] = append(out[of], i)
		}
		return out
	})[a.values]
}

// HopsAbout is Hops for a question that a row asks for every hop: it looks at those
// alone that it is about.
func (v *View) HopsAbout(op evidence.Op, a About, keep func(evidence.Hop) bool) []evidence.Hop {
	var out []evidence.Hop
	for _, i := range v.indexed(op, a) {
		if v.step(); v.spent() {
			return nil
		}
		if h := v.trace.Hops[i]; keep == nil || keep(h) {
			out = append(out, h)
		}
	}
	return out
}

// FirstAbout returns the first of HopsAbout, false where there is none.
func (v *View) FirstAbout(op evidence.Op, a About, keep func(evidence.Hop) bool) (evidence.Hop, bool) {
	for _, i := range v.indexed(op, a) {
		if v.step(); v.spent() {
			return evidence.Hop{}, false
		}
		if h := v.trace.Hops[i]; keep == nil || keep(h) {
			return h, true
		}
	}
	return evidence.Hop{}, false
}

// Steps returns how many hops were looked at so far.
func (v *View) Steps() int { return v.steps }

// maxSteps is how often judging a trace may look at a hop: a few seconds' work. It takes
// about twenty looks at each, so this is half a million hops. A trace that takes more was
// made for it: its hops all belong to one target, and each says something of every other.
const maxSteps = 10_000_000

func (v *View) step() { v.steps++ }

// spent reports whether the bound is reached: no more hops are looked at, and what rows
// conclude from then on is not used.
func (v *View) spent() bool { return v.steps > maxSteps }

// Hop returns a hop by its ID, false where it does not exist.
func (v *View) Hop(id int) (evidence.Hop, bool) {
	h, ok := v.trace.Hop(id)
	if ok {
		v.reads[h.Op] = true
	}
	return h, ok
}

// Failed returns the hops of an operation, on the path or probing, that
// failed with one of the kinds; with none given, all failed ones.
func (v *View) Failed(op evidence.Op, kinds ...evidence.Kind) []evidence.Hop {
	return v.HopsAbout(op, About{}.State(evidence.Failed), func(h evidence.Hop) bool { return h.FailedWith(kinds...) })
}

// PathFailed is Failed on the path alone.
func (v *View) PathFailed(op evidence.Op, kinds ...evidence.Kind) []evidence.Hop {
	return v.HopsAbout(op, About{}.State(evidence.Failed), func(h evidence.Hop) bool { return h.OnPath() && h.FailedWith(kinds...) })
}

// Before returns the nearest hop of an operation that h stands on, false where there is
// none.
func (v *View) Before(h evidence.Hop, op evidence.Op) (evidence.Hop, bool) {
	v.reads[op] = true
	for h.Parent != 0 {
		v.step()
		var ok bool
		if h, ok = v.trace.Hop(h.Parent); !ok {
			break
		}
		if h.Op == op {
			return h, true
		}
	}
	return evidence.Hop{}, false
}

// Through returns the targets whose path runs through one of the hops: their own
// hops, and those of others that stand on them.
func (v *View) Through(ids ...int) []string {
	if v.children == nil {
		v.children = map[int][]int{}
		for i := range v.trace.Hops {
			if h := &v.trace.Hops[i]; h.Parent > 0 {
				v.children[h.Parent] = append(v.children[h.Parent], h.ID)
			}
		}
	}
	v.indexTargets()
	seen, through := map[int]bool{}, map[string]bool{}
	for left := slices.Clone(ids); len(left) > 0; {
		id := left[len(left)-1]
		left = left[:len(left)-1]
		h, ok := v.trace.Hop(id)
		if v.step(); !ok || seen[id] {
			continue
		}
		seen[id] = true
		if _, known := v.order[h.Target]; known {
			through[h.Target] = true
		}
		left = append(left, v.children[id]...)
	}
	if len(through) == 0 {
		return nil
	}
	return slices.SortedFunc(maps.Keys(through), func(a, b string) int { return v.order[a] - v.order[b] })
}

// IDs returns the IDs of hops.
func IDs(hops []evidence.Hop) []int {
	out := make([]int, 0, len(hops))
	for _, h := range hops {
		out = append(out, h.ID)
	}
	return out
}

// Group splits hops by a key, keeping the order of first appearance.
func Group(hops []evidence.Hop, key func(evidence.Hop) string) [][]evidence.Hop {
	var keys []string
	groups := map[string][]evidence.Hop{}
	for _, h := range hops {
		k := key(h)
		if _, seen := groups[k]; !seen {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], h)
	}
	out := make([][]evidence.Hop, 0, len(keys))
	for _, k := range keys {
		out = append(out, groups[k])
	}
	return out
}
