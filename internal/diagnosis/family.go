package diagnosis

import (
	"fmt"
	"slices"

	"pullpath/internal/evidence"
)

// Family is a set of entries that ask one question of the same hops, such as why a
// CONNECT was refused. At most one of them takes each hop.
type Family struct {
	// Name is for messages.
	Name string
	// Order is the order in which the entries are asked: the first whose When takes a
	// hop has it, so the more particular stand before the more general.
	Order []Code
}

// taken is the entry that takes a hop, and what it says about it.
type taken struct {
	code  Code
	match *Match
}

// takenOf is the key of a hop in a family.
type takenOf struct {
	family *Family
	hop    int
}

// Taken asks the entries of a family in their order which of them takes a hop, and
// returns its code and what it says about the hop; the code is empty where none takes
// it.
func (v *View) Taken(f *Family, h evidence.Hop) (Code, Match) {
	got := Remember(v, takenOf{f, h.ID}, func() taken {
		for _, code := range f.Order {
			if e := v.entry(code); e.When != nil {
				if m := e.When(v, h); m != nil {
					return taken{code, m}
				}
			}
		}
		return taken{}
	})
	if got.match == nil {
		return "", Match{}
	}
	return got.code, *got.match
}

// Takes reports whether the entry with this code takes a hop.
func (v *View) Takes(f *Family, code Code, h evidence.Hop) bool {
	got, _ := v.Taken(f, h)
	return got == code
}

func (v *View) entry(code Code) Entry {
	i, ok := v.byCode[code]
	if !ok {
		return Entry{}
	}
	return v.entries[i]
}

// familyProblems holds the order of each family against its entries.
func familyProblems(entries []Entry) []error {
	var errs []error
	var families []*Family
	asked := map[Code]*Family{}
	for _, e := range entries {
		if e.Family == nil {
			continue
		}
		if !slices.Contains(families, e.Family) {
			families = append(families, e.Family)
		}
		asked[e.Code] = e.Family
		if !slices.Contains(e.Family.Order, e.Code) {
			errs = append(errs, fmt.Errorf("%s: the order of the family %q leaves it out, so nobody asks it", e.Code, e.Family.Name))
		}
	}
	for _, f := range families {
		for _, code := range f.Order {
			if asked[code] != f {
				errs = append(errs, fmt.Errorf("%s: stands in the order of the family %q and is not an entry of it", code, f.Name))
			}
		}
	}
	return errs
}
