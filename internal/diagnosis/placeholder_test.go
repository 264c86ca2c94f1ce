package diagnosis_test

import (
	"regexp"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
)

func TestPlaceholders(t *testing.T) {
	for text, want := range map[string]string{
		"{peers}{by} {reply}{others}":               "<address> <what it answered>",
		"Nothing is looked up.{wait}":               "Nothing is looked up.",
		"trust the CA {ca}: {install}":              "trust the CA <name of the CA>: <how that host takes a CA in>",
		"set HTTPS_PROXY={proxy} for {hosts}":       "set HTTPS_PROXY=http://proxy.corp.example:3128 for <hosts>",
		"({variable} from {where}); {text} {since}": "(<variable> from <file and line>); <what was seen> <since>",
	} {
		if got := diagnosis.Unfilled(text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// Every value that has words is in some text.
func TestValueWordsAreUsed(t *testing.T) {
	used := map[string]bool{}
	for _, e := range catalogue.All() {
		for _, text := range []string{e.Title, e.Seen, e.Means, e.Remedy, e.Or.Remedy} {
			for _, m := range regexp.MustCompile(`\{([a-z_]+)\}`).FindAllStringSubmatch(text, -1) {
				used[m[1]] = true
			}
		}
	}
	for name := range diagnosis.ValueWords {
		if !used[name] {
			t.Errorf("no text has the value %s", name)
		}
	}
}
