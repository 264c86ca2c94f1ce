package fault

import (
	"strings"

	"pullpath/internal/hint"
)

// near returns the known names that look like a word, best first, or all of them
// where none does and they are few.
func near(word string, known []string) string {
	text := hint.DidYouMean(word, known)
	if text == "" && len(known) > 0 && len(known) <= maxListed {
		return "it has " + strings.Join(known, ", ")
	}
	return text
}

// maxListed is how many names fit into one line of an error.
const maxListed = 20
