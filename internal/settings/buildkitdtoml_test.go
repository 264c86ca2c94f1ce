package settings

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const buildkitdExample = `debug = true
[registry."docker.io"]
  mirrors = ["mirror.example:5000", "harbor.example/proxy.docker.io"]
  http = true
  ca = ["/etc/ca/hub.pem"]
[registry."mirror.example:5000"]
  http = true
[registry."harbor.example"]
  http = true
  insecure = true
  tlsconfigdir = ["/etc/ca/harbor"]
  [[registry."harbor.example".keypair]]
    key = "/etc/key.pem"
[worker.oci]
  enabled = true
`

func rootOf(t *testing.T, files map[string]string) *Root {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// A mirror is asked as its own table says, and the registry comes behind its mirrors.
func TestReadBuildkitd(t *testing.T) {
	root := rootOf(t, map[string]string{buildkitdFile: buildkitdExample})
	const at = buildkitdFile + ":3"
	asked := func(last string) []Contact {
		return []Contact{{Host: "mirror.example:5000", Mirror: true, Insecure: true, Source: at},
			{Host: "harbor.example", Repository: "proxy.docker.io", Mirror: true, Source: at},
			{Host: last, Insecure: true, Source: at}}
	}
	for name, want := range map[string][]Contact{
		"docker.io":            asked("docker.io"),
		"registry-1.docker.io": asked("registry-1.docker.io"),
		"quay.io":              {{Host: "quay.io"}},
	} {
		if diff := cmp.Diff(want, ReadBuildkitd(root, "/root", nil).Contacts(name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestReadBuildkitdOfUserAndBroken(t *testing.T) {
	root := rootOf(t, map[string]string{"/home/joe/" + buildkitdOfUser: "[registry.\"a.example\"]\nmirrors = [\"b.example\"]\n",
		buildkitdFile: "[registry"})
	got := ReadBuildkitd(root, "/home/joe", nil)
	if len(got.Files) != 2 || len(got.Remarks) != 1 || got.Remarks[0].Code != Syntax || len(got.Contacts("a.example")) != 2 {
		t.Errorf("%+v", got)
	}
	if got := ReadBuildkitd(rootOf(t, nil), "/root", nil); got.Files != nil || got.Entries != nil || got.Remarks != nil {
		t.Errorf("without a file: %+v", got)
	}
}

func TestBuildkitdFiles(t *testing.T) {
	root := rootOf(t, map[string]string{buildkitdFile: buildkitdExample, "/etc/ca/harbor/a.crt": "", "/etc/ca/harbor/a.key": "",
		"/home/joe/" + buildkitdOfUser: "[registry.\"own.example\"]\nca = [\"/own.pem\"]\n"})
	for registry, want := range map[string][]string{"docker.io": {"/etc/ca/hub.pem"}, "registry-1.docker.io": {"/etc/ca/hub.pem"},
		"harbor.example": {"/etc/ca/harbor/a.crt"}, "mirror.example:5000": nil, "own.example": nil} {
		if diff := cmp.Diff(want, BuildkitdFiles(root, "/home/joe", registry)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", registry, diff)
		}
	}
	if diff := cmp.Diff([]string{"/own.pem"}, BuildkitdOfUserFiles(root, "/home/joe", "own.example")); diff != "" {
		t.Errorf("of the user (-want +got):\n%s", diff)
	}
}

func FuzzBuildkitd(f *testing.F) {
	f.Add(buildkitdExample)
	f.Add("[registry.a]\nmirrors=[\"\"]\n[registry.\"\"]\nhttp=true\n")
	f.Add("registry.x.y.mirrors = [1]")
	f.Fuzz(func(t *testing.T, text string) {
		root := rootOf(t, map[string]string{buildkitdFile: text})
		for _, e := range ReadBuildkitd(root, "/root", nil).Entries {
			if e.Source == "" || e.Prefix != e.Location {
				t.Errorf("%+v", e)
			}
		}
		BuildkitdFiles(root, "/root", "docker.io")
	})
}
