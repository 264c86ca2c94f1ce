package words

import (
	"fmt"
	"strings"

	"pullpath/internal/evidence"
)

func seenResolve(h evidence.Hop, d evidence.Resolve) string {
	parts := []string{strings.Join(d.Addresses, ", ")}
	if made := d.SearchName(); made != "" {
		parts = append(parts, "as "+made+", by the search list")
	}
	text := Reason(h)
	for _, q := range d.Questions {
		for _, a := range q.Answers {
			if a.Owner != "" {
				parts = AppendNew(parts, a.Address+" comes from a record of "+a.Owner+", not of "+q.Name)
			}
		}
		rcode := q.Rcode
		if rcode == "NOERROR" || strings.Contains(text, rcode) {
			rcode = ""
		}
		parts = AppendNew(parts, rcode)
		extended := fmt.Sprintf("extended error %d", q.ExtendedError)
		if q.ExtendedError >= 0 && h.State == evidence.Failed && !strings.Contains(text, extended) {
			parts = AppendNew(parts, strings.TrimSpace(extended+" "+q.ExtendedText))
		}
	}
	return Join(append(parts, text)...)
}
