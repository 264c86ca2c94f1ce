package diagnosis

import (
	"testing"

	"pullpath/internal/evidence"
)

// The first entry of the order that takes a hop has it, and no other.
func TestOneEntryOfAFamilyTakesAHop(t *testing.T) {
	f := &Family{Name: "f", Order: []Code{"particular", "general", "absent"}}
	takes := func(code Code, hops ...int) Entry {
		e := entry(code, Error, nil)
		e.Family = f
		e.When = func(_ *View, h evidence.Hop) *Match {
			for _, id := range hops {
				if h.ID == id {
					return &Match{Means: string(code)}
				}
			}
			return nil
		}
		return e
	}
	v := NewView(twoTargets(), []Entry{takes("general", 1, 2), takes("particular", 2)})
	for id, want := range map[int]Code{1: "general", 2: "particular", 3: ""} {
		h, _ := v.Hop(id)
		if code, said := v.Taken(f, h); code != want || said.Means != string(want) {
			t.Errorf("hop %d is taken by %q, which says %q; want %q", id, code, said.Means, want)
		}
		if want != "" && (!v.Takes(f, want, h) || v.Takes(f, "absent", h)) {
			t.Errorf("hop %d is not %s's alone", id, want)
		}
	}
}
