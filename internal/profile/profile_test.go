package profile

import (
	"os"
	"path/filepath"
	"testing"

	"pullpath/internal/evidence"
)

func TestRedHatIsTheDocumentedList(t *testing.T) {
	p, err := Load("redhat")
	if err != nil || len(p.Hosts) != 9 {
		t.Fatalf("%d hosts, %v", len(p.Hosts), err)
	}
	for _, h := range p.Hosts {
		// The token server is required only when the live challenge names it.
		if h.Required != (h.Role != evidence.Auth) || !h.Public || h.Port != 443 || h.Purpose == "" || h.Source == "" {
			t.Errorf("%+v", h)
		}
	}
}

func TestLoadReadsAFileOrSaysWhatIsWrong(t *testing.T) {
	for text, good := range map[string]bool{
		"name: own\nhosts:\n- host: harbor.corp.example\n  role: registry\n  required: true\n": true,
		"name: own\nhosts: []\n":                             false,
		"hosts:\n- host: a b\n  role: registry\n":            false,
		"hosts:\n- host: a.b\n  role: king\n":                false,
		"hosts:\n- host: a.b\n  role: blob\n  port: 70000\n": false,
		"hosts:\n- host: a.b\n  role: blob\n  colour: red\n": false,
		"hosts: {": false,
	} {
		path := filepath.Join(t.TempDir(), "p.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := Load(path)
		if (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
		if good && p.Hosts[0].Port != 443 {
			t.Errorf("port %d", p.Hosts[0].Port)
		}
	}
	if _, err := Load("nowhere.yaml"); err == nil {
		t.Error("a missing file is read")
	}
}
