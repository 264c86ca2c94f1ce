package golden

import (
	"fmt"
	"strings"
	"testing"
)

// text returns a text of n lines; the lines from a certain one on are changed.
func text(n, from int) string {
	var b strings.Builder
	for i := range n {
		word := "line"
		if i >= from {
			word = "row"
		}
		fmt.Fprintf(&b, "%s %d\n", word, i)
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	for name, c := range map[string]struct {
		want, got string
		shows     []string
		hides     []string
	}{
		"the same": {want: text(5, 5), got: text(5, 5)},
		"one of many lines": {want: text(3000, 3000), got: strings.Replace(text(3000, 3000), "line 1500\n", "row 1500\n", 1),
			shows: []string{"-line 1500\n", "+row 1500\n"}, hides: []string{"line 1400", "more lines"}},
		"a line is missing": {want: text(100, 100), got: strings.Replace(text(100, 100), "line 7\n", "", 1), shows: []string{"-line 7\n"},
			hides: []string{"line 70\n"}},
		"the end is no line": {want: "a\n", got: "a", shows: []string{"-a\n", "+a\n", "No newline"}},
		"more than a screen": {want: text(3000, 3000), got: text(3000, 100), shows: []string{"line 100", "more lines"},
			hides: []string{"line 2000"}},
		"nothing is the same": {want: text(500, 500), got: text(500, 0), shows: []string{"line 0", "more lines"}},
	} {
		got := Diff(c.want, c.got)
		if (got == "") != (c.want == c.got) {
			t.Errorf("%s: the difference is %q", name, got)
		}
		if n := strings.Count(got, "\n") + 1; n > maxLines {
			t.Errorf("%s: %d lines, want at most %d:\n%s", name, n, maxLines, got)
		}
		for _, s := range c.shows {
			if !strings.Contains(got, s) {
				t.Errorf("%s: %q is not shown:\n%s", name, s, got)
			}
		}
		for _, s := range c.hides {
			if strings.Contains(got, s) {
				t.Errorf("%s: %q is shown:\n%s", name, s, got)
			}
		}
	}
}
