package fleet

import (
	"cmp"
	"slices"
	"strings"
)

// Group are the reports that came out alike.
type Group struct {
	// Number counts from 1, the largest group first.
	Number int `json:"number"`
	// Fingerprint is what they have in common, Status and Summary are those of the first.
	Fingerprint string `json:"fingerprint"`
	Status      string `json:"status"`
	Summary     string `json:"summary"`
	// Codes are those of the errors and warnings.
	Codes []string `json:"codes"`
	Count int      `json:"count"`
	// Share is the part of all reports, from 0 to 1.
	Share float64 `json:"share"`
	// Nodes are the hosts, sorted.
	Nodes []string `json:"nodes"`
	// Explained is what goes together with the group.
	Explained []Explanation `json:"explained"`
	// Baseline marks the group that the others are held against.
	Baseline bool `json:"baseline,omitempty"`
	// First is the name of the first report, by which hops are compared.
	First string `json:"first"`

	members []int
}

// Fleet are reports by group.
type Fleet struct {
	Reports []Report
	Groups  []Group
}

// New groups reports, and finds what goes together with each group. The baseline is a
// fingerprint; where it is empty or none of the reports has it, the largest group is it.
func New(reports []Report, baseline string) Fleet {
	slices.SortStableFunc(reports, func(a, b Report) int {
		return cmp.Or(strings.Compare(a.Node, b.Node), strings.Compare(a.Name, b.Name))
	})
	f := Fleet{Reports: reports}
	at := map[string]int{}
	for i, r := range reports {
		g, known := at[r.Fingerprint]
		if !known {
			g = len(f.Groups)
			at[r.Fingerprint] = g
			f.Groups = append(f.Groups, Group{Fingerprint: r.Fingerprint, Status: r.Status, Summary: r.Summary, Codes: r.Codes, First: r.Name})
		}
		f.Groups[g].Nodes = append(f.Groups[g].Nodes, r.Node)
		f.Groups[g].members = append(f.Groups[g].members, i)
	}
	slices.SortStableFunc(f.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(len(b.members), len(a.members)), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
	based := max(0, slices.IndexFunc(f.Groups, func(g Group) bool { return g.Fingerprint == baseline }))
	index := indexOf(reports)
	for i := range f.Groups {
		g := &f.Groups[i]
		g.Number, g.Count, g.Share, g.Baseline = i+1, len(g.members), float64(len(g.members))/float64(len(reports)), i == based
		g.Explained = f.explain(index, g.members)
		if g.Codes == nil {
			g.Codes = []string{}
		}
	}
	return f
}

// Group returns the group of a fingerprint.
func (f Fleet) Group(fingerprint string) (Group, bool) {
	i := slices.IndexFunc(f.Groups, func(g Group) bool { return g.Fingerprint == fingerprint })
	if i < 0 {
		return Group{}, false
	}
	return f.Groups[i], true
}

// Members returns the reports of a group.
func (f Fleet) Members(g Group) []Report {
	var out []Report
	for _, i := range g.members {
		out = append(out, f.Reports[i])
	}
	return out
}
