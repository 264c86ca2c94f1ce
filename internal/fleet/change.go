package fleet

import (
	"cmp"
	"slices"
	"strings"
)

// Changes are what became of a fleet since an earlier time.
type Changes struct {
	// Came are the fingerprints that nobody had before, Went those that nobody has any more.
	Came []string `json:"came"`
	Went []string `json:"went"`
	// Moves are the hosts that came out otherwise, by from where to where; the most frequent
	// first.
	Moves []Move `json:"moves"`
	// New and Gone are hosts of which there is a report now, or was before, alone.
	New  []string `json:"new"`
	Gone []string `json:"gone"`
	// Unchanged counts the hosts that came out as before.
	Unchanged int `json:"unchanged"`
}

// Move are the hosts that came out in one way before and in another now.
type Move struct {
	From  Outcome  `json:"from"`
	To    Outcome  `json:"to"`
	Nodes []string `json:"nodes"`
}

// Outcome is how a host came out.
type Outcome struct {
	Fingerprint string `json:"fingerprint"`
	Status      string `json:"status"`
}

// Any reports whether anything changed.
func (c Changes) Any() bool {
	return len(c.Came)+len(c.Went)+len(c.Moves)+len(c.New)+len(c.Gone) > 0
}

// Since returns what changed from an earlier fleet to this one. Hosts are told apart by their
// names.
func (f Fleet) Since(before Fleet) Changes {
	earlier, now := before.byNode(), f.byNode()
	out := Changes{Came: f.without(before), Went: before.without(f), Moves: []Move{}, New: []string{}, Gone: []string{}}
	type step struct{ from, to Outcome }
	moves := map[step][]string{}
	for node, r := range now {
		old, known := earlier[node]
		switch {
		case !known:
			out.New = append(out.New, node)
		case old.Fingerprint == r.Fingerprint:
			out.Unchanged++
		default:
			s := step{Outcome{old.Fingerprint, old.Status}, Outcome{r.Fingerprint, r.Status}}
			moves[s] = append(moves[s], node)
		}
	}
	for node := range earlier {
		if _, known := now[node]; !known {
			out.Gone = append(out.Gone, node)
		}
	}
	for s, nodes := range moves {
		slices.Sort(nodes)
		out.Moves = append(out.Moves, Move{From: s.from, To: s.to, Nodes: nodes})
	}
	slices.SortFunc(out.Moves, func(a, b Move) int {
		return cmp.Or(cmp.Compare(len(b.Nodes), len(a.Nodes)), strings.Compare(a.From.Fingerprint+a.To.Fingerprint,
			b.From.Fingerprint+b.To.Fingerprint))
	})
	slices.Sort(out.New)
	slices.Sort(out.Gone)
	return out
}

// byNode has the last report of each host.
func (f Fleet) byNode() map[string]Report {
	out := map[string]Report{}
	for _, r := range f.Reports {
		out[r.Node] = r
	}
	return out
}

// without returns the fingerprints that another fleet has not.
func (f Fleet) without(other Fleet) []string {
	out := []string{}
	for _, g := range f.Groups {
		if _, known := other.Group(g.Fingerprint); !known {
			out = append(out, g.Fingerprint)
		}
	}
	return out
}
