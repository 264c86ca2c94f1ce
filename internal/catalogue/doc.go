// Package catalogue holds the rows: one literal per cause, a file per layer.
// A row says what a cause is called, how it is recognised in a trace, whose
// move it is, and which World provokes it. It has no wire.
//
// A new cause is one literal. What was left out on purpose stands at [All],
// with the reason.
package catalogue

import (
	"slices"

	"pullpath/internal/diagnosis"
)

// since is the version that brought the first rows.
const since = "0.1.0"

// All returns the rows in the order of the path: what stands before explains
// what comes after.
//
// Left out for now, for the probe that it needs: a token's times against the
// server's (auth-token-clock).
func All() []diagnosis.Entry {
	return slices.Concat(settings(), clients(), lints(), dns(), tcp(), proxy(), tlsConnection(), hello(), tlsChain(), http(), headerRows(), auth(), tokenRows(), []diagnosis.Entry{realmRefused()}, registry(), blobRows(), anyLayer())
}
