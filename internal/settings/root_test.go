package settings

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pullpath/internal/hint"
)

// host writes files (path to text; "-> target" makes a link) and opens them.
func host(t testing.TB, files map[string]string) *Root {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			err = os.Symlink(target, name)
		} else {
			err = os.WriteFile(name, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestRootKeepsLinksInside(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	root := host(t, map[string]string{
		"/etc/real":     "inside",
		"/etc/absolute": "-> /etc/real",
		"/etc/up":       "-> ../../../../../etc/real",
		"/etc/outside":  "-> " + outside,
		"/lib":          "-> /usr/lib",
		"/usr/lib/x":    "merged",
	})
	for name, want := range map[string]string{"/etc/absolute": "inside", "/etc/up": "inside", "/lib/x": "merged",
		"etc/../etc/real": "inside"} {
		if got, ok := root.text(name); !ok || got != want {
			t.Errorf("%s: %q, %v", name, got, ok)
		}
	}
	if _, err := root.ReadFile("/etc/outside"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link to a file outside: %v", err)
	}
	if len(root.Remarks()) != 0 {
		t.Errorf("remarks about nothing: %v", root.Remarks())
	}
}

func TestRootNamesWhatItCannotRead(t *testing.T) {
	root := host(t, map[string]string{
		"/etc/binary":     "a\x00b",
		"/etc/round":      "-> /etc/about",
		"/etc/about":      "-> round",
		"/etc/dir/inside": "",
		"/etc/good":       "\xef\xbb\xbfgood",
	})
	large, err := os.Create(filepath.Join(root.dir, "etc/large"))
	if err != nil {
		t.Fatal(err)
	}
	if err := large.Truncate(100 << 20); err != nil {
		t.Fatal(err)
	}
	large.Close()
	names := []string{"/etc/binary", "/etc/round", "/etc/dir", "/etc/large", "/etc/missing", "/etc/good/below", "/etc/binary"}
	for _, name := range names {
		if _, err := root.ReadFile(name); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	if text, ok := root.text("/etc/good"); !ok || text != "good" {
		t.Errorf("after the failures: %q", text)
	}
	want := []Remark{
		{Code: Binary, Source: "/etc/binary", Text: "holds NUL bytes, so it is not a text file; not read"},
		{Code: LinkCycle, Source: "/etc/round", Text: "its symbolic links form a loop; not read"},
		{Code: NotAFile, Source: "/etc/dir", Text: "is not a regular file; not read"},
		{Code: TooLarge, Source: "/etc/large", Text: "has more than 1048576 bytes; not read"},
	}
	if diff := cmp.Diff(want, root.Remarks()); diff != "" {
		t.Error(diff)
	}
}

func TestRootUnreadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	root := host(t, map[string]string{"/etc/closed": "x"})
	if err := os.Chmod(filepath.Join(root.dir, "etc/closed"), 0); err != nil {
		t.Fatal(err)
	}
	_, err := root.ReadFile("/etc/closed")
	if err == nil || strings.Contains(err.Error(), root.dir) {
		t.Errorf("%v", err)
	}
	want := []Remark{{Code: Unreadable, Source: "/etc/closed", Text: "could not be read: permission denied"}}
	if diff := cmp.Diff(want, root.Remarks()); diff != "" {
		t.Error(diff)
	}
}

func TestRootGlob(t *testing.T) {
	root := host(t, map[string]string{
		"/etc/d/a.conf": "", "/etc/d/b.conf": "", "/etc/d/.c.conf": "", "/etc/d/e.txt": "", "/etc/[x]/f": "", "/srv": "-> /etc",
	})
	for pattern, want := range map[string][]string{
		"/etc/d/*.conf":   {"/etc/d/a.conf", "/etc/d/b.conf"},
		"/srv/d/?.conf":   {"/srv/d/a.conf", "/srv/d/b.conf"},
		"/*/d/e.txt":      {"/etc/d/e.txt", "/srv/d/e.txt"},
		"/etc/d/missing":  nil,
		"/etc/d/[":        nil,
		"/etc/*/f":        {"/etc/[x]/f"},
		"/../etc/d/e.txt": {"/etc/d/e.txt"},
	} {
		if diff := cmp.Diff(want, root.Glob(pattern)); diff != "" {
			t.Errorf("%s: %s", pattern, diff)
		}
	}
}

func TestOpenRootRefusesWhatIsNoDirectory(t *testing.T) {
	root := host(t, map[string]string{"/file": ""})
	for _, dir := range []string{filepath.Join(root.dir, "file"), filepath.Join(root.dir, "missing")} {
		if _, err := OpenRoot(dir); err == nil {
			t.Errorf("%s was opened", dir)
		}
		if _, err := OpenTree(dir); hint.Of(err) == "" {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

// What lies below the etc that a tree does not have was not looked at, so it is never "not set".
func TestOpenTreeRefusesWhatIsNoFileSystemOfAHost(t *testing.T) {
	const wanted = "give the directory that holds etc, usr and so on, or Users, or the exports of a Windows or macOS machine"
	for name, c := range map[string]struct {
		files map[string]string
		// hint is what the error advises, DIR the tree; empty for a tree that is opened.
		hint string
	}{
		"a host":            {files: map[string]string{"/etc/hostname": "node7"}},
		"etc is a link":     {files: map[string]string{"/usr/etc/hostname": "node7", "/etc": "-> /usr/etc"}},
		"nothing":           {hint: wanted},
		"no etc":            {files: map[string]string{"/usr/bin/podman": ""}, hint: wanted},
		"etc is a file":     {files: map[string]string{"/etc": ""}, hint: wanted},
		"etc leads nowhere": {files: map[string]string{"/etc": "-> /gone"}, hint: wanted},
		"one level too high": {files: map[string]string{"/sos-node7/etc/hostname": "", "/logs/x": ""},
			hint: "did you mean DIR/sos-node7?"},
		"exports one level too high": {files: map[string]string{"/ana/ie.reg": "", "/readme.md": ""}, hint: "did you mean DIR/ana?"},
		"outputs":                    {files: map[string]string{"/a.txt": "HKEY_CURRENT_USER\\Software"}},
		"two hosts":                  {files: map[string]string{"/node7/etc/hostname": "", "/node8/etc/hostname": ""}, hint: wanted},
	} {
		t.Run(name, func(t *testing.T) {
			dir := host(t, c.files).dir
			_, err := OpenTree(dir)
			if got := strings.ReplaceAll(hint.Of(err), dir, "DIR"); got != c.hint || (err == nil) != (c.hint == "") {
				t.Errorf("%v, hint %q, want %q", err, got, c.hint)
			}
		})
	}
}
