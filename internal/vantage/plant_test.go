package vantage

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/cost"
	"pullpath/internal/fault"
)

// below returns the files below a directory, by their slashed paths.
func below(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, filepath.ToSlash(strings.TrimPrefix(path, dir)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPlant(t *testing.T) {
	files := map[string]string{"/etc/environment": "A=b\n", "/root/.docker/config.json": "{}"}
	dir := t.TempDir()
	if err := plant(dir, files); err != nil {
		t.Fatal(err)
	}
	if got := below(t, dir); !slices.Equal(got, []string{"/etc/environment", "/root/.docker/config.json"}) {
		t.Errorf("%v", got)
	}
}

// TestPlantStaysBelow: whatever the names and the links that are there, nothing is
// written beside the folder.
func TestPlantStaysBelow(t *testing.T) {
	for _, name := range []string{"../out", "/../out", "/etc/../../out", "/link/out", "/to-file", "/etc//out", "out", "/a\x00b"} {
		around := t.TempDir()
		dir := filepath.Join(around, "host")
		victim := filepath.Join(around, "victim")
		for _, d := range []string{dir, victim} {
			if err := os.Mkdir(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(victim, "file"), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		for link, to := range map[string]string{"link": victim, "to-file": filepath.Join(victim, "file")} {
			if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
				t.Fatal(err)
			}
		}
		if err := plant(dir, map[string]string{name: "theirs"}); err == nil {
			t.Errorf("%q was written", name)
		}
		if got := below(t, around); !slices.Equal(got, []string{"/host/link", "/host/to-file", "/victim/file"}) {
			t.Errorf("%q: there is now %v", name, got)
		}
		if text, err := os.ReadFile(filepath.Join(victim, "file")); err != nil || string(text) != "mine" {
			t.Errorf("%q: the file holds %q, %v", name, text, err)
		}
	}
}

// FuzzPlant: a file is planted where its name says, and nowhere else.
func FuzzPlant(f *testing.F) {
	for _, name := range []string{"/etc/environment", "../x", "/a/../b", "/a\x00", "/" + strings.Repeat("a/", 50) + "b", "//x", `\x`} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		cost.Linear(t, len(name), func() {
			around := t.TempDir()
			dir := filepath.Join(around, "host")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			err := plant(dir, map[string]string{name: "x"})
			got := below(t, around)
			switch {
			case err == nil && !slices.Equal(got, []string{"/host" + name}):
				t.Errorf("%q made %q", name, got)
			case err != nil && len(got) > 0:
				t.Errorf("%q is refused (%v) and made %q", name, err, got)
			case (err == nil) != (fault.FileName(name) == nil):
				t.Errorf("%q: %v, and its check says %v", name, err, fault.FileName(name))
			}
		})
	})
}

// A made-up host's files are there until they are taken away, and none is left of those
// that could not all be written.
func TestPlantedFilesAreTakenAway(t *testing.T) {
	for _, row := range []struct {
		name  string
		files map[string]string
		fails bool
	}{
		{"all written", map[string]string{"/etc/a": "x", "/etc/b/c": "y"}, false},
		{"a file where a directory should be", map[string]string{"/etc/a": "x", "/etc/a/b": "y"}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			v := &Vantage{MadeUp: &MadeUp{}}
			var err error
			v.MadeUp.dir, err = plantFiles(row.files)
			if left, bad := os.ReadDir(dir); bad != nil || (err != nil) != row.fails || (len(left) == 0) != row.fails {
				t.Errorf("%v, with %v left (%v)", err, left, bad)
			}
			v.Close()
			if left, bad := os.ReadDir(dir); bad != nil || len(left) > 0 {
				t.Errorf("%v are never taken away (%v)", left, bad)
			}
		})
	}
}
