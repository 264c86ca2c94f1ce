package compare

import "pullpath/internal/evidence"

// walk is one report with an index, so that a report of many hosts is not searched once for
// each of them.
type walk struct {
	trace   *evidence.Trace
	targets map[string]evidence.Target
	// path are the places in the trace of the hops on the path.
	path map[placeOf][]int
	// made is the first hop of an operation on the path of a target that was not
	// skipped.
	made map[placeOf]int
}

// placeOf is where hops stand on the path: an operation, and the target whose hops
// they are or, of those that targets share, the proxy.
type placeOf struct {
	op          evidence.Op
	target, via string
}

func newWalk(t *evidence.Trace) walk {
	w := walk{trace: t, targets: map[string]evidence.Target{}, path: map[placeOf][]int{}, made: map[placeOf]int{}}
	for _, target := range t.Targets {
		w.targets[target.ID] = target
	}
	for i, h := range t.Hops {
		if !h.OnPath() {
			continue
		}
		place := placeOf{op: h.Op, target: h.Target}
		if _, known := w.made[place]; !known && h.State != evidence.Skipped {
			w.made[place] = i
		}
		if h.Target == "" {
			place.via = h.Via
		}
		if h.Op != evidence.OpSetting || evidence.DetailOf[evidence.Setting](h).Login == nil {
			w.path[place] = append(w.path[place], i)
		}
	}
	return w
}

// onPath returns the first hop of an operation on a target's path that was made.
func (w walk) onPath(id string, op evidence.Op) (evidence.Hop, bool) {
	i, ok := w.made[placeOf{op: op, target: id}]
	if !ok {
		return evidence.Hop{}, false
	}
	return w.trace.Hops[i], true
}
