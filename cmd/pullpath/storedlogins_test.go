package main

import (
	"os"
	"testing"

	"pullpath/internal/fault"
)

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
			s := &surroundings{stored: &fault.Stored{}, files: row.files}
			err := s.plantFiles()
			if left, bad := os.ReadDir(dir); bad != nil || (err != nil) != row.fails || (len(left) == 0) != row.fails {
				t.Errorf("%v, with %v left (%v)", err, left, bad)
			}
			s.removeFiles()
			if left, bad := os.ReadDir(dir); bad != nil || len(left) > 0 {
				t.Errorf("%v are never taken away (%v)", left, bad)
			}
		})
	}
}
