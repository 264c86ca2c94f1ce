//go:build linux

package fleet

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/testbed"
)

// installed is what a package has to bring: a program that runs, its pages, its completions.
var installed = []string{"/usr/bin/pullpath", "/usr/share/man/man1/pullpath.1", "/usr/share/man/man1/pullpath-check.1",
	"/usr/share/bash-completion/completions/pullpath", "/usr/share/zsh/site-functions/_pullpath",
	"/usr/share/fish/vendor_completions.d/pullpath.fish"}

// The deb and the rpm are put into a root of their own by the real programs, and leave nothing when
// they are removed.
func TestPackages(t *testing.T) {
	testbed.Require(t, "dpkg", "rpm", "namespaces")
	dist := t.TempDir()
	build := exec.Command("bash", filepath.Join("..", "..", "..", ".ci", "dist"), "--packages", dist)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, kind := range []struct {
		name     string
		database []string // what its own records are in
		prepare  func(t *testing.T, root string)
		install  func(root, file string) []string
		remove   func(root string) []string
	}{
		{"deb", []string{"/var/lib/dpkg", "/var/log"}, func(t *testing.T, root string) {
			t.Helper()
			for _, dir := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log"} {
				if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			file(t, root, "var/lib/dpkg/status", "")
		}, func(root, file string) []string { return []string{"dpkg", "--root=" + root, "--install", file} },
			func(root string) []string { return []string{"dpkg", "--root=" + root, "--purge", "pullpath"} }},
		// Debian's rpm wants to be told that it is not the host's own that is meant.
		{"rpm", []string{"/var/lib/rpm", "/root", "/usr/lib/sysimage"}, func(t *testing.T, root string) {
			t.Helper()
			tool(t, "rpm", "--root", root, "--initdb")
		}, func(root, file string) []string {
			return []string{"rpm", "--root", root, "--force-debian", "--install", file}
		},
			func(root string) []string {
				return []string{"rpm", "--root", root, "--force-debian", "--erase", "pullpath"}
			}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			root := openDir(t)
			kind.prepare(t, root)
			packages, err := filepath.Glob(filepath.Join(dist, "*."+kind.name))
			if err != nil || len(packages) != 1 {
				t.Fatalf("%q, %v", packages, err)
			}
			before := below(t, root, kind.database)
			command := kind.install(root, packages[0])
			tool(t, command[0], command[1:]...)
			after := below(t, root, kind.database)
			for _, name := range installed {
				if !slices.Contains(after, name) {
					t.Errorf("%s is not there, but %q", name, after)
				}
			}
			if said := tool(t, filepath.Join(root, "usr", "bin", "pullpath"), "check", "--mock", "-q"); !strings.Contains(said, "pass") {
				t.Errorf("what was installed says %s", said)
			}
			command = kind.remove(root)
			tool(t, command[0], command[1:]...)
			if left := below(t, root, kind.database); !slices.Equal(left, before) {
				t.Errorf("it leaves %q, before it there was %q", left, before)
			}
		})
	}
}

// below returns the files of a root but for some directories, in order.
func below(t *testing.T, root string, but []string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := strings.TrimPrefix(path, root)
		switch {
		case err != nil:
			return fmt.Errorf("walk: %w", err)
		case d.IsDir() && slices.Contains(but, name):
			return fs.SkipDir
		case !d.IsDir():
			out = append(out, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
