// Package catalogue holds the rows: one literal per cause, a file per layer.
// A row says what a cause is called, how it is recognised in a trace, whose
// move it is, and which World provokes it. It has no wire.
//
// A new cause is one literal.
package catalogue

import (
	"slices"
	"sync"

	"pullpath/internal/diagnosis"
)

// since is the version that brought the first rows.
const since = "0.1.0"

// All returns the rows in the order of the path: what stands before explains
// what comes after. The rows are shared: read them only.
func All() []diagnosis.Entry { return slices.Clone(rows()) }

// rows are written down once: the literals with their Worlds take a millisecond.
var rows = sync.OnceValue(func() []diagnosis.Entry {
	return withTables(slices.Concat(settings(), clients(), lints(), dns(), tcp(), proxy(), tlsConnection(), hello(), tlsChain(),
		http(), headerRows(), auth(), tokenRows(), []diagnosis.Entry{realmSuspect(), loginWithheld(), realmRefused()}, registry(), imageRows(), blobRows(), anyLayer()))
})
