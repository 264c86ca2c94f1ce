// Package golden holds what a test made against a file that is kept in the repository.
// It is for tests only.
//
// A file that is stale fails the test with the lines that differ. go test PACKAGE
// -update writes the package's files again; git diff shows what changed.
package golden

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Updating reports whether the files are written anew.
func Updating() bool { return *update }

// Check compares got with the file at path. Under -update it writes the file instead.
func Check(t testing.TB, path, got string) {
	t.Helper()
	if *update {
		write(t, path, got)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%v (go test -update writes it)", err)
		return
	}
	if lines := Diff(string(want), got); lines != "" {
		t.Errorf("%s is stale (go test -update writes it anew):\n%s", path, lines)
	}
}

func write(t testing.TB, path, got string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
		t.Fatal(err)
	}
}

// maxLines is how much of a difference is shown: what fits on one screen. Whoever wants
// all of it runs the test with -update and looks at git diff.
const maxLines = 40

// Diff returns the lines in which two texts differ as a unified diff, at most maxLines of
// it. It is empty where the texts are the same.
func Diff(want, got string) string {
	if want == got {
		return ""
	}
	lines := strings.Split(strings.TrimRight(string(diff.Diff("want", []byte(want), "got", []byte(got))), "\n"), "\n")
	if len(lines) <= maxLines {
		return strings.Join(lines, "\n")
	}
	shown := lines[:maxLines-1]
	return fmt.Sprintf("%s\n… %d more lines", strings.Join(shown, "\n"), len(lines)-len(shown))
}
