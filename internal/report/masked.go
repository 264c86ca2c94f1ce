package report

import (
	"fmt"

	"pullpath/internal/diagnosis"
)

// explainedBy returns a line for each code of masked findings, by the ID of the unmasked
// finding that explains it.
func explainedBy(r diagnosis.Result) map[int][]string {
	f := newFamily(r.Findings)
	out, known := map[int][]string{}, map[string]bool{}
	for i, masked := range r.Findings {
		if masked.MaskedBy == "" {
			continue
		}
		root := f.root(i)
		line := masked.Code + ", explained by " + masked.MaskedBy
		if key := fmt.Sprint(root, " ", line); !known[key] {
			known[key] = true
			out[root] = append(out[root], line)
		}
	}
	return out
}

// family knows which finding explains which.
type family struct {
	findings []diagnosis.Finding
	// first is the first finding of a code, on is that on a target.
	first map[string]int
	on    map[onTarget]int
	// roots are those that were found, as IDs; 0 for none.
	roots map[int]int
}

type onTarget struct{ code, target string }

func newFamily(findings []diagnosis.Finding) family {
	f := family{findings: findings, first: map[string]int{}, on: map[onTarget]int{}, roots: map[int]int{}}
	for i, g := range findings {
		if _, known := f.first[g.Code]; !known {
			f.first[g.Code] = i
		}
		for _, id := range g.Targets {
			if _, known := f.on[onTarget{g.Code, id}]; !known {
				f.on[onTarget{g.Code, id}] = i
			}
		}
	}
	return f
}

// root returns the ID of the unmasked finding that explains a finding in the end, on a shared
// target where there is one. A saved result may go in circles; these have no root, and the
// ID is 0.
func (f family) root(i int) int {
	var way []int
	id := 0
	for {
		known, ok := f.roots[i]
		if ok {
			id = known
			break
		}
		f.roots[i] = 0 // until the way back is known: a circle ends here
		way = append(way, i)
		if f.findings[i].MaskedBy == "" {
			id = f.findings[i].ID
			break
		}
		next, ok := f.explains(f.findings[i])
		if !ok {
			break
		}
		i = next
	}
	for _, i := range way {
		f.roots[i] = id
	}
	return id
}

// explains returns the finding that masks another.
func (f family) explains(masked diagnosis.Finding) (int, bool) {
	best, found := 0, false
	for _, id := range masked.Targets {
		if i, ok := f.on[onTarget{masked.MaskedBy, id}]; ok && (!found || i < best) {
			best, found = i, true
		}
	}
	if found {
		return best, true
	}
	best, found = f.first[masked.MaskedBy]
	return best, found
}
