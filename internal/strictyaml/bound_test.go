package strictyaml

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"pullpath/internal/cost"
)

// keys returns a mapping of n keys in lines.
func keys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: v\n", i)
	}
	return b.String()
}

// inFlow returns a mapping of n keys in brackets.
func inFlow(n int) string {
	return "{" + strings.ReplaceAll(strings.TrimSpace(keys(n)), "\n", ", ") + "}"
}

// steps returns a mapping in a mapping in a mapping, in lines.
func steps(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String() + strings.Repeat(" ", n) + "x: y\n"
}

// laughs returns a text of n lines in which each alias stands for ten of the one before.
func laughs(n int) string {
	out := "a0: &a0 " + strings.Repeat("x", 100) + "\n"
	for i := 1; i <= n; i++ {
		out += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return out
}

// TestBounds: what is just within the bounds is read, what is just beyond is refused and
// the line told.
func TestBounds(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		line int // of the error, 0 for none
	}{
		"lists":                      {"a: " + strings.Repeat("[", MaxNesting-1) + strings.Repeat("]", MaxNesting-1), 0},
		"lists, too deep":            {"b: c\na: " + strings.Repeat("[", MaxNesting+1), 2},
		"mappings in brackets, deep": {"a: " + strings.Repeat("{a: ", MaxNesting+1), 1},
		"lists in one line":          {strings.Repeat("- ", MaxNesting) + "x", 0},
		"lists in one line, deep":    {strings.Repeat("- ", MaxNesting+1) + "x", 1},
		"mappings in lines":          {steps(MaxNesting - 1), 0},
		"mappings in lines, deep":    {steps(MaxNesting + 1), MaxNesting + 1},
		"both kinds, deep": {steps(MaxNesting/2) + strings.Repeat(" ", MaxNesting/2) + "z: " + strings.Repeat("[", MaxNesting/2+1),
			MaxNesting/2 + 2},
		"brackets in quotes":         {`a: "` + strings.Repeat("[", 5000) + `"`, 0},
		"brackets in a block text":   {"a: |\n  " + strings.Repeat("[{", 5000) + "\n", 0},
		"one after the other":        {strings.Repeat("- [[[x]]]\n", 1000), 0},
		"keys":                       {keys(MaxKeys), 0},
		"keys, too many":             {keys(MaxKeys + 1), MaxKeys + 1},
		"keys in brackets":           {"a: " + inFlow(MaxKeys), 0},
		"keys in brackets, too many": {"a: " + inFlow(MaxKeys+1), 1},
		"keys of many mappings":      {strings.Repeat("- a: b\n  c: d\n", MaxKeys), 0},
		"values, too many":           {"a:\n" + strings.Repeat("- x\n", MaxTokens/2), MaxTokens/2 + 1},
		"values in a line, too many": {"a: [" + strings.Repeat("x,", maxSigns), 1},
		"tags, too many":             {"a: " + strings.Repeat("!!x ", MaxProperties+1), 1},
		"anchors, too many":          {"a: " + strings.Repeat("&x ", MaxProperties+1), 1},
		"documents":                  {strings.Repeat("---\na: b\n", MaxDocuments), 0},
		"documents, too many":        {strings.Repeat("---\na: b\n", MaxDocuments+1), 2*MaxDocuments + 1},
		"aliases":                    {laughs(4), 0},
		"aliases, too large":         {laughs(6), 1},
		"an alias of itself":         {"a: &a [*a]\n", 0},
		"a long text":                {"a: " + strings.Repeat("x", 1<<20), 0},
	} {
		t.Run(name, func(t *testing.T) {
			var into any
			err := Decode([]byte(c.text), &into)
			var problem *Error
			if (c.line == 0) != (err == nil) || err != nil && (!errors.As(err, &problem) || problem.Line != c.line) {
				t.Errorf("%.200v, want an error of line %d", err, c.line)
			}
		})
	}
}

// allocated returns how many bytes a function allocates in all.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// perByte is what reading a text may allocate for each of its bytes: a token takes some
// 250, a node of the tree as much again, and a mapping of MaxKeys keys 100 for each other
// key.
const perByte = 10_000

// TestReadingIsBounded: brackets by the hundred thousand cost no more than what is read
// of them.
func TestReadingIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"lists": "a: " + strings.Repeat("[", 200_000), "mappings": "a: " + strings.Repeat("{a: ", 50_000),
		"dashes": strings.Repeat("- ", 100_000),
		"keys":   keys(20_000), "aliases": laughs(9), "tags": "a: " + strings.Repeat("!!x ", 50_000),
		"anchors": "a: " + strings.Repeat("&x ", 70_000),
	} {
		t.Run(name, func(t *testing.T) {
			var into any
			used := allocated(func() { _ = Decode([]byte(text), &into) })
			if limit := uint64(1<<20 + 300*len(text)); used > limit { // a part of one line is scanned before it is refused
				t.Errorf("%d bytes allocated for %d, want less than %d", used, len(text), limit)
			}
		})
	}
}

// FuzzBound: what is within the bounds is read with memory in proportion to it.
func FuzzBound(f *testing.F) {
	f.Add("a: [b, {c: d}]\n- - - x\n? y\n")
	f.Add("a: &a [x]\nb: *a\nc: |\n  [[[\n")
	f.Add(laughs(3))
	f.Add(steps(10))
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			var into any
			used := allocated(func() { _ = Decode([]byte(text), &into) })
			if limit := uint64(1<<20 + perByte*len(text)); used > limit {
				t.Errorf("%d bytes allocated for %d", used, len(text))
			}
		})
	})
}
