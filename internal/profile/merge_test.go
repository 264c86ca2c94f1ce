package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSeveralProfilesAreOne(t *testing.T) {
	one, err := Load("redhat")
	if err != nil {
		t.Fatal(err)
	}
	all, err := Load("redhat,docker, redhat")
	if err != nil {
		t.Fatal(err)
	}
	docker, err := Load("docker")
	if err != nil || len(all.Hosts) != len(one.Hosts)+len(docker.Hosts) || all.Image != one.Image || all.Login != "" {
		t.Errorf("%d hosts of %d and %d, image %s, login %q, %v", len(all.Hosts), len(one.Hosts), len(docker.Hosts), all.Image, all.Login, err)
	}
	if got := len(BuiltIn()[0].Hosts); got != len(one.Hosts) {
		t.Errorf("merging changed a built-in profile: %d hosts", got)
	}
}

func TestMergeTakesTheStricter(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a := write("a.yaml", "name: a\nca: a.pem\nsources_seen: 2026-02-01\nhosts: [{host: h.example, role: blob, purpose: x}]\n")
	b := write("b.yaml", "name: b\nsources_seen: 2026-01-01\nhosts: [{host: H.example, role: blob, required: true, purpose: y}]\n")
	c := write("c.yaml", "name: c\nca: c.pem\nhosts: [{host: i.example, role: blob}]\n")
	p, err := Load(a + "," + b)
	if err != nil || len(p.Hosts) != 1 || !p.Hosts[0].Required || p.Hosts[0].Purpose != "x; y" || p.SourcesSeen != "2026-01-01" ||
		filepath.Base(p.CA) != "a.pem" || p.Name != "a,b" {
		t.Errorf("%+v, %v", p, err)
	}
	for names, says := range map[string]string{
		a + "," + c:   "each names its own ca",
		"redhat,none": `"none" is neither built in`,
	} {
		if _, err := Load(names); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", names, err)
		}
	}
}

func TestADayIsADay(t *testing.T) {
	_, err := Parse([]byte("name: a\nsources_seen: yesterday\nhosts: [{host: h.example, role: blob}]\n"))
	if err == nil || !strings.Contains(err.Error(), "line 2") || !strings.Contains(err.Error(), "2026-01-31") {
		t.Error(err)
	}
}
