package transcript_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Of each text of testdata/read one of its codes comes first.
func TestReadersDecide(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/read/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no files: ", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(data), "\n== ")[1:] {
			title, rest, _ := strings.Cut(block, "\n-- ")
			right, text, _ := strings.Cut(rest, "\n")
			text, _, _ = strings.Cut(text, "\n>> ")
			t.Run(filepath.Base(file)+"/"+title, func(t *testing.T) {
				t.Parallel()
				if got := append(causes(t, text), "none"); !slices.Contains(strings.Fields(right), got[0]) {
					t.Errorf("got %v, want first one of %s:\n%s", got, right, text)
				}
			})
		}
	}
}
