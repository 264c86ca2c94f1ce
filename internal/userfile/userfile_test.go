//go:build unix

package userfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// alone fails where anything but these names is in a directory.
func alone(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+e.Name()+" ") {
			t.Errorf("%s was left", e.Name())
		}
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "small"), "abc", 0o600)
	write(t, filepath.Join(dir, "large"), "abcd", 0o600)
	if err := os.Symlink("small", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path, want string
		large      bool
		wrong      string
	}{
		"a file of the limit":       {path: filepath.Join(dir, "small"), want: "abc"},
		"a link":                    {path: filepath.Join(dir, "link"), want: "abc"},
		"a file of one byte more":   {path: filepath.Join(dir, "large"), large: true},
		"a device that never ends":  {path: "/dev/zero", large: true},
		"a device that is empty":    {path: "/dev/null"},
		"a directory":               {path: dir, wrong: "is a directory"},
		"nothing":                   {path: filepath.Join(dir, "none"), wrong: "no such file"},
		"a path that holds a NUL":   {path: "a\x00b", wrong: "invalid argument"},
		"a path longer than may be": {path: "/" + strings.Repeat("a", 5000), wrong: "name too long"},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := Read(c.path, 3)
			var large *TooLarge
			switch {
			case errors.As(err, &large) != c.large:
				t.Errorf("%v", err)
			case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
				t.Errorf("%v, want one of %q", err, c.wrong)
			case c.wrong == "" && !c.large && (err != nil || string(data) != c.want):
				t.Errorf("%q, %v", data, err)
			}
		})
	}
}

func TestReplace(t *testing.T) {
	private, open := Mode{New: 0o600}, Mode{New: 0o644, Keep: true}
	for name, c := range map[string]struct {
		mode Mode
		old  fs.FileMode // 0 for none
		want fs.FileMode
	}{
		"a new file":                    {private, 0, 0o600},
		"a new file for all":            {open, 0, 0o644},
		"one that was there":            {private, 0o644, 0o600},
		"one that was there and keeps":  {open, 0o640, 0o640},
		"one that was there, read only": {private, 0o400, 0o600},
	} {
		t.Run(name, func(t *testing.T) {
			old := syscall.Umask(0o022)
			defer syscall.Umask(old)
			dir := t.TempDir()
			path := filepath.Join(dir, "out")
			if c.old != 0 {
				write(t, path, "earlier and longer", c.old)
				if err := os.Chmod(path, c.old); err != nil {
					t.Fatal(err)
				}
			}
			if err := Replace(path, []byte("now"), c.mode); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil || info.Mode() != c.want || content(t, path) != "now" {
				t.Errorf("%v, %v, want mode %v", info, err, c.want)
			}
			alone(t, dir, "out")
		})
	}
}

// TestNothingBeforeCommit: a file that is given up leaves what was there.
func TestNothingBeforeCommit(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "old"), "earlier", 0o600)
	if err := os.Symlink("nowhere", filepath.Join(dir, "dangling")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"old", "new", "dangling"} {
		f, err := Create(filepath.Join(dir, name), Mode{New: 0o600})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write([]byte("now"))
		f.Discard()
	}
	if got := content(t, filepath.Join(dir, "old")); got != "earlier" {
		t.Errorf("the old file holds %q", got)
	}
	alone(t, dir, "old", "dangling")
}

// TestLinksStay: what a link leads to is written, and the link is there after it.
func TestLinksStay(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	target := filepath.Join(other, "target")
	write(t, target, "earlier", 0o600)
	for name, to := range map[string]string{"absolute": target, "twice": "absolute", "dangling": filepath.Join(other, "new")} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, at := range map[string]string{"absolute": "target", "twice": "target", "dangling": "new"} {
		link := filepath.Join(dir, name)
		if err := Replace(link, []byte(name), Mode{New: 0o600}); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(link)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 || content(t, filepath.Join(other, at)) != name {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	alone(t, other, "target", "new")
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("b", filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a", filepath.Join(dir, "b")); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"a directory": dir, "no directory": filepath.Join(dir, "none", "out"),
		"links without an end": filepath.Join(dir, "a"), "a NUL": "a\x00b"} {
		if f, err := Create(path, Mode{New: 0o600}); err == nil {
			f.Discard()
			t.Errorf("%s: no error", name)
		}
	}
	alone(t, dir, "a", "b")
}

// TestDevicesStay: what is no regular file is written and not replaced.
func TestDevicesStay(t *testing.T) {
	before, err := os.Stat("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	if err := Replace("/dev/null", []byte("now"), Mode{New: 0o600}); err != nil {
		t.Error(err)
	}
	if after, err := os.Stat("/dev/null"); err != nil || !os.SameFile(before, after) || after.Mode() != before.Mode() {
		t.Errorf("/dev/null is another: %v, %v", after, err)
	}
	if err := Replace("/dev/full", []byte("now"), Mode{New: 0o600}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("/dev/full: %v", err)
	}
}

func TestPipes(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string, 1)
	go func() {
		f, err := os.Open(pipe)
		if err != nil {
			read <- err.Error()
			return
		}
		data, _ := io.ReadAll(f)
		read <- string(data)
	}()
	if err := Replace(pipe, []byte("now"), Mode{New: 0o600}); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != "now" {
		t.Errorf("read %q", got)
	}
}

// TestOpenFiles: the name of an open file below /proc leads to that file, which may be
// another by now.
func TestOpenFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := Replace(filepath.Join("/proc/self/fd", strconv.Itoa(int(f.Fd()))), []byte("now"), Mode{New: 0o600}); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) || content(t, path) != "now" {
		t.Errorf("%v, %v", after, err)
	}
}
