package vantage

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pullpath/internal/fault"
)

// planted is when the files of a made-up host were written, all at once: which of two is
// newer than a daemon's start is a question to the host that is made up, not to this disk.
var planted = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// plantFiles writes the files of a made-up host to a new folder, or none of them.
func plantFiles(files map[string]string) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "pullpath-host-"); err != nil {
		return "", err
	}
	if err := plant(dir, files); err != nil {
		_ = os.RemoveAll(dir)
		return "", err
	}
	return dir, nil
}

// plant writes files by their paths below a directory, which is the user's own: the
// files are as most are on a host. Their names may come from anybody, in a scenario or a
// pass: nothing is written outside.
func plant(dir string, files map[string]string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := plantOne(root, name, files[name]); err != nil {
			return fmt.Errorf("files of the made-up host: %w", err)
		}
	}
	return nil
}

func plantOne(root *os.Root, name, text string) error {
	if err := fault.FileName(name); err != nil {
		return err
	}
	at := filepath.FromSlash(strings.TrimPrefix(name, "/"))
	if err := root.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	if err := root.WriteFile(at, []byte(text), 0o644); err != nil {
		return err
	}
	return root.Chtimes(at, planted, planted)
}
