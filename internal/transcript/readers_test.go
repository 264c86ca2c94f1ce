package transcript

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// told is a text of testdata/read, and what is read of it. In the files "==" stands before its name,
// "--" before the codes of which one comes first (see TestReadersDecide), ">>" before each step.
type told struct {
	name, text string
	steps      []string
}

// toldBy are the texts of a program, and the form that they are recognised by; none where lines
// of no program in particular are read.
func toldBy(t testing.TB, file string) (form string, all []told) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(data), "\n== ")
	form = strings.TrimSpace(strings.TrimPrefix(head, "form"))
	for block := range strings.SplitSeq(rest, "\n== ") {
		var one told
		one.name, block, _ = strings.Cut(block, "\n")
		for l := range strings.Lines(block) {
			if step, ok := strings.CutPrefix(l, ">> "); ok {
				one.steps = append(one.steps, strings.TrimSpace(step))
			} else if !strings.HasPrefix(l, "-- ") || one.text != "" {
				one.text += l
			}
		}
		all = append(all, one)
	}
	return form, all
}

func toldFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/read/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	return files
}

// Of each text the steps are read that stand below it, and no other, and nothing in it is read by
// another reader than that of its program.
func TestReaders(t *testing.T) {
	t.Parallel()
	for _, file := range toldFiles(t) {
		form, all := toldBy(t, file)
		for _, one := range all {
			t.Run(filepath.Base(file)+"/"+one.name, func(t *testing.T) {
				t.Parallel()
				text, want := one.text, strings.Join(one.steps, "\n")
				if form == "" { // keeps a text without a failure from being no form at all
					text, want = text+"\nCONNECTED(00000003)\n", want+"\ndial ok"
				}
				trace := reading(t, text)
				same(t, sketch(trace), want)
				if form != "" && (len(trace.Texts.Files) != 1 || !slices.Equal(trace.Texts.Files[0].Forms, []string{form})) {
					t.Errorf("recognised %v", trace.Texts.Files)
				}
			})
		}
	}
}
