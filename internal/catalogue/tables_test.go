package catalogue

import (
	"maps"
	"slices"
	"testing"

	"pullpath/internal/diagnosis"
)

// The tables beside the rows name rows that exist.
func TestTablesNameRows(t *testing.T) {
	for _, code := range slices.Sorted(maps.Keys(changes())) {
		if !slices.ContainsFunc(All(), func(e diagnosis.Entry) bool { return e.Code == code }) {
			t.Errorf("changes: no row %s", code)
		}
	}
}
