// Package catalogue holds the rows: one keyed literal per cause, a file per layer.
// A row says what a cause is called, how it is recognised in a trace, whose move it
// is, what clients print, and which World provokes it. It has no wire.
//
// A new cause is one literal and its code; proxy.go begins with one to copy. Rows that
// ask the same question of the same hops are a family ([diagnosis.Family]): each of
// them has a When, and the family's Order says who is asked first.
package catalogue

import (
	"slices"
	"sync"

	"pullpath/internal/diagnosis"
)

// All returns the rows in the order of the path: what stands before explains what
// comes after. The rows are shared: read them only.
func All() []diagnosis.Entry { return slices.Clip(rows()) }

// rows are written down once: the literals with their Worlds take a millisecond.
var rows = sync.OnceValue(func() []diagnosis.Entry {
	return slices.Concat(settings(), dns(), tcp(), proxy(), tls(), http(), auth(), registry(), blob(), anyLayer())
})
