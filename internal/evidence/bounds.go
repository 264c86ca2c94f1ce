package evidence

import (
	"errors"
	"fmt"
)

// Bounds of a report that is read. A run over the largest allow-list that anybody has
// shown, 15,000 hosts, stays below each of them.
const (
	// MaxTargets is how many targets a report may have, and a run may walk.
	MaxTargets = 20_000
	// MaxHops is how many hops: ten for each target, as a pull's path has.
	MaxHops = 10 * MaxTargets
	// maxStanding is how many hops may stand one on the other. Setting, look-up, TCP,
	// CONNECT, TLS and request are six; ten redirects to ten hosts, a proxy spoken to in
	// TLS and connections that were made again make some hundred of them.
	maxStanding = 256
	// maxValues is how many lists and objects may be in a report: five for each hop. One
	// that is written with nothing but those would take fifty times its size in memory.
	maxValues = 5 * MaxHops
	// maxDepth is how deep they may stand in each other; a report has nine.
	maxDepth = 64
)

// checkSize refuses a JSON text with too many lists and objects, before anything is made
// of it.
func checkSize(data []byte) error {
	depth, values, inString := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			values++
		case c == '}' || c == ']':
			depth--
		}
		if depth > maxDepth {
			return fmt.Errorf("lists and objects stand more than %d deep in each other", maxDepth)
		}
		if values > maxValues {
			return fmt.Errorf("it has more than %d lists and objects", maxValues)
		}
	}
	return nil
}

// checkCounts refuses a trace that is larger than a run's can be.
func (t *Trace) checkCounts() error {
	switch {
	case len(t.Targets) > MaxTargets:
		return fmt.Errorf("it has %d targets, and at most %d are read", len(t.Targets), MaxTargets)
	case len(t.Hops) > MaxHops:
		return fmt.Errorf("it has %d hops, and at most %d are read", len(t.Hops), MaxHops)
	}
	standing := make([]int, len(t.Hops)+1)
	for i := range t.Hops {
		// A hop comes after the one that it stands on.
		if h := &t.Hops[i]; h.ID == i+1 && h.Parent > 0 && h.Parent < h.ID {
			standing[h.ID] = standing[h.Parent] + 1
			if standing[h.ID] > maxStanding {
				return errors.New("its hops stand on each other in a chain that no path has")
			}
		}
	}
	return nil
}
