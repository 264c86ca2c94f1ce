package hint

import (
	"slices"
	"strings"
)

// mostNear is how many names are offered for one that is not known; more are no help.
const mostNear = 4

// longest is how long a word may be that somebody mistyped; names have up to 40 letters.
const longest = 100

// Near returns the known names that look like a word, best first, at most a few.
func Near(word string, known []string) []string {
	type guess struct {
		name string
		far  int
	}
	var guesses []guess
	if len(word) > longest {
		return nil
	}
	for _, name := range known {
		far := Distance(word, name)
		if far <= max(2, len(word)/3) && far < len(word) || len(word) > 2 && strings.Contains(name, word) {
			guesses = append(guesses, guess{name, far})
		}
	}
	slices.SortStableFunc(guesses, func(a, b guess) int { return a.far - b.far })
	var names []string
	for _, g := range guesses[:min(len(guesses), mostNear)] {
		if g.far <= guesses[0].far+1 || strings.Contains(g.name, word) {
			names = append(names, g.name)
		}
	}
	return names
}

// DidYouMean asks whether one of the names that look like a word was meant. It is empty where
// none does.
func DidYouMean(word string, known []string) string {
	names := Near(word, known)
	if len(names) == 0 {
		return ""
	}
	return "did you mean " + strings.Join(names, ", ") + "?"
}

// Distance returns how many letters have to be put in, taken out or changed to make
// one word of the other.
func Distance(a, b string) int {
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
