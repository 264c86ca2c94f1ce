package flows

import (
	"net/http"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
)

// maxAlike is how many fields of one name are looked at: an answer sets a few cookies,
// and may offer five schemes in a field each.
const maxAlike = 8

// boundHead returns the fields of an answer that are looked at, by name, and how many
// more there are. Where there are too many, those that show who answered come first, so
// that no flood hides them.
func boundHead(h http.Header) (kept []evidence.Header, leftOut int) {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		switch x, y := redact.KnownHeader(a), redact.KnownHeader(b); {
		case x && !y:
			return -1
		case y && !x:
			return 1
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		for i, v := range h[name] {
			if i == maxAlike || len(kept) == evidence.MaxHeaders {
				leftOut += len(h[name]) - i
				break
			}
			kept = append(kept, evidence.Header{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(kept, func(a, b evidence.Header) int { return strings.Compare(a.Name, b.Name) })
	return kept, leftOut
}

// boundValues returns the values of one field that are looked at.
func boundValues(values []string) []string { return values[:min(len(values), maxAlike)] }
