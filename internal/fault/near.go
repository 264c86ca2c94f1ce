package fault

import (
	"slices"
	"strings"
)

// mostNear is how many names are offered for one that is not known; more are no
// help.
const mostNear = 4

// near gives the known names that look like a word, best first, or all of them
// where none does and they are few.
func near(word string, known []string) string {
	type guess struct {
		name string
		far  int
	}
	var guesses []guess
	for _, name := range known {
		far := distance(word, name)
		if far <= max(2, len(word)/3) || len(word) > 2 && strings.Contains(name, word) {
			guesses = append(guesses, guess{name, far})
		}
	}
	slices.SortStableFunc(guesses, func(a, b guess) int { return a.far - b.far })
	var names []string
	for _, g := range guesses[:min(len(guesses), mostNear)] {
		names = append(names, g.name)
	}
	switch {
	case len(names) > 0:
		return "did you mean " + strings.Join(names, ", ") + "?"
	case len(known) > 0 && len(known) <= maxListed:
		return "it has " + strings.Join(known, ", ")
	}
	return ""
}

// maxListed is how many names fit into one line of an error.
const maxListed = 20

// distance is how many letters have to be put in, taken out or changed to make
// one word of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
