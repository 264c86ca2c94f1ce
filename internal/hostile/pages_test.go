//go:build linux

package hostile

import (
	"net/http"
	"strings"
	"testing"
)

// TestPagesAreReadInLinearTime: a page may be made to be hard to read.
func TestPagesAreReadInLinearTime(t *testing.T) {
	page := func(unit string, size int) peer {
		body := strings.Repeat(unit, size/len(unit))
		return speak(func(*http.Request) []byte { return answer("403 Forbidden", body, "Content-Type: text/html") })
	}
	var rows []attempt
	for name, unit := range map[string]string{"open comments": "<!--<script></script>", "open tags": "<a ", "open scripts": "<script>",
		"open titles": "<title>",
		"entities":    "&lt;&amp", "blanks": " \t", "nested heads": "<head></style>", "quotes": `<a b="`} {
		rows = append(rows,
			attempt{name: name + " of a registry", args: []string{"check", target, "--anonymous"},
				net: &network{registry: page(unit, 4<<20)}, exit: []int{1}},
			attempt{name: name + " of a proxy", args: []string{"check", target, "--anonymous"},
				net: &network{proxy: page(unit, 4<<20)}, exit: []int{1}})
	}
	try(t, rows)
}
