package diagnosis

import "pullpath/internal/evidence"

// View is a trace as an entry reads it: indexed, read only, and aware of which
// operations were read, so that a test can hold Needs against the truth.
type View struct {
	trace *evidence.Trace
	// places are those of each operation's hops in the trace: rows ask for one
	// operation at a time, and for every hop again.
	places map[evidence.Op][]int
	reads  map[evidence.Op]bool
	known  map[any]any
	// targets are those of the trace by their ID, once one was asked for.
	targets map[string]evidence.Target
}

// NewView prepares a trace for reading.
func NewView(t *evidence.Trace) *View {
	v := &View{trace: t, places: map[evidence.Op][]int{}, reads: map[evidence.Op]bool{}, known: map[any]any{}}
	for i := range t.Hops {
		v.places[t.Hops[i].Op] = append(v.places[t.Hops[i].Op], i)
	}
	return v
}

// Reads lists the operations whose hops were read so far.
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

// Run tells how the run was asked for.
func (v *View) Run() evidence.Run { return v.trace.Run }

// Vantage tells where the path was walked from.
func (v *View) Vantage() evidence.Vantage { return v.trace.Vantage }

// Targets returns the targets in order.
func (v *View) Targets() []evidence.Target { return v.trace.Targets }

// Target returns a target by its ID; the zero value when there is none.
func (v *View) Target(id string) evidence.Target {
	if v.targets == nil {
		v.targets = map[string]evidence.Target{}
		for _, t := range v.trace.Targets {
			v.targets[t.ID] = t
		}
	}
	return v.targets[id]
}

// Hops returns the hops of an operation for which keep holds, in order. A nil
// keep takes all.
func (v *View) Hops(op evidence.Op, keep func(evidence.Hop) bool) []evidence.Hop {
	v.reads[op] = true
	var out []evidence.Hop
	for _, i := range v.places[op] {
		if h := v.trace.Hops[i]; keep == nil || keep(h) {
			out = append(out, h)
		}
	}
	return out
}

// Failed returns the hops of an operation, on the path or probing, that
// failed with one of the kinds; with none given, all failed ones.
func (v *View) Failed(op evidence.Op, kinds ...evidence.Kind) []evidence.Hop {
	return v.Hops(op, func(h evidence.Hop) bool { return h.FailedWith(kinds...) })
}

// PathFailed is Failed on the path alone.
func (v *View) PathFailed(op evidence.Op, kinds ...evidence.Kind) []evidence.Hop {
	return v.Hops(op, func(h evidence.Hop) bool { return h.OnPath() && h.FailedWith(kinds...) })
}

// Before returns the nearest hop of an operation that h stands on, false when
// there is none.
func (v *View) Before(h evidence.Hop, op evidence.Op) (evidence.Hop, bool) {
	v.reads[op] = true
	for h.Parent != 0 {
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

// Through lists the targets whose path runs through one of the hops: their own
// hops, and those of others that stand on them.
func (v *View) Through(ids ...int) []string {
	// A hop comes after the one that it stands on.
	stands, through := make([]bool, len(v.trace.Hops)+1), map[string]bool{}
	for _, id := range ids {
		if _, ok := v.trace.Hop(id); ok {
			stands[id] = true
		}
	}
	for i := range v.trace.Hops {
		h := &v.trace.Hops[i]
		if h.ID == i+1 && h.Parent > 0 && h.Parent < h.ID {
			stands[h.ID] = stands[h.ID] || stands[h.Parent]
		}
		if stands[i+1] {
			through[h.Target] = true
		}
	}
	if len(through) == 0 {
		return nil
	}
	var out []string
	for _, target := range v.trace.Targets {
		if through[target.ID] {
			out = append(out, target.ID)
		}
	}
	return out
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
