package profile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pullpath/internal/cost"

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
	if len(RedHat().Hosts) != 9 {
		t.Error("RedHat is another profile")
	}
}

// Every built-in profile is complete: a source and a purpose for each host, a
// fingerprint for the registry that is required, an image that it serves.
func TestBuiltInProfilesAreComplete(t *testing.T) {
	all := BuiltIn()
	if len(all) != len(Names()) {
		t.Fatalf("%d profiles of %d", len(all), len(Names()))
	}
	files, err := data.ReadDir("data")
	if err != nil || len(files) != len(Names()) {
		t.Errorf("%d files, %v", len(files), err)
	}
	for i, p := range all {
		if p.Name != Names()[i] || p.Title == "" || p.Image == "" || p.CA != "" {
			t.Errorf("%+v", p)
		}
		known := false
		for _, h := range p.Hosts {
			if h.Purpose == "" || h.Source == "" {
				t.Errorf("%s: %s has no purpose or no source", p.Name, h.Host)
			}
			if h.Role == evidence.Registry && h.Required && h.Expect != nil {
				known = known || len(h.Expect.Realm) > 0 && h.Expect.Service != "" && h.Expect.APIVersion != ""
			}
		}
		if !known {
			t.Errorf("%s: no fingerprint", p.Name)
		}
	}
}

// The list of a cluster: some forty hosts, of which time servers and patterns are
// listed and not walked.
func TestOpenShiftIsTheWholeList(t *testing.T) {
	p, err := Load("openshift")
	if err != nil {
		t.Fatal(err)
	}
	walked, udpHosts, patterns := 0, 0, 0
	for _, h := range p.Hosts {
		switch h.NotWalked() {
		case "":
			walked++
		case "UDP":
			udpHosts++
		default:
			patterns++
		}
	}
	if walked < 33 || udpHosts != 3 || patterns != 5 {
		t.Errorf("%d walked, %d over UDP, %d patterns", walked, udpHosts, patterns)
	}
}

func TestLoadReadsAFileOrSaysWhatIsWrong(t *testing.T) {
	const good = "name: own\nhosts:\n- host: harbor.corp.example\n  role: registry\n  required: true\n"
	for text, want := range map[string]string{
		good: "",
		good + "  expect: {realm: [https://a/t], service: s, api_version: registry/2.0}\nca: corp.pem\nimage: harbor.corp.example/a/b:c\n": "",
		good + "- host: \"*.corp.example\"\n  role: service\n- host: ntp.corp.example\n  port: 123\n  protocol: udp\n  role: service\n":    "",
		"name: own\nhosts: []\n":                             "no hosts",
		"hosts:\n- host: a b\n  role: registry\n":            `line 2: "a b" is no host name`,
		"hosts:\n- host: \"*/x\"\n  role: blob\n":            "line 2: ",
		good + "- host: a.b\n  role: king\n":                 `line 6: host a.b: role "king" is none of`,
		good + "- host: a.b\n  role: blob\n  port: 70000\n":  "line 6: host a.b: port 70000 is out of range",
		good + "- host: HARBOR.corp.example\n  role: blob\n": "line 6: host harbor.corp.example:443 is there twice",
		"hosts:\n- host: a.b\n  role: blob\n  colour: red\n": "line 4: unknown field",
		"hosts:\n- host: a.b\n  role: blob\n  port: wide\n":  "line 4: ",
		"hosts:\n- host: a.b\n  role: auth\n  expect: {}\n":  "line 2: host a.b: expect is for a registry",
		"hosts:\n- host: a.b\n  protocol: icmp\n":            "line 2: host a.b: protocol",
		"hosts: {": "line 1: ",
	} {
		path := filepath.Join(t.TempDir(), "p.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := Load(path)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%q: %v", text, err)
		case want == "" && (p.Hosts[0].Port != 443 || p.Hosts[0].Protocol != "tcp"):
			t.Errorf("%+v", p.Hosts[0])
		case want == "" && p.CA != "" && p.CA != filepath.Join(filepath.Dir(path), "corp.pem"):
			t.Errorf("CA %s", p.CA)
		}
	}
	if _, err := Load("nowhere.yaml"); err == nil || !strings.Contains(err.Error(), "redhat, quay, docker, ghcr, openshift") {
		t.Errorf("a missing file: %v", err)
	}
}

// Every host of a made-up network has an address of its own, in a range for
// examples; there are enough for a list of six hundred.
func TestWorldGivesEachHostAnAddress(t *testing.T) {
	var p Profile
	for i := range 800 {
		p.Hosts = append(p.Hosts, Host{Host: fmt.Sprintf("h%d.example", i), Role: evidence.Blob})
	}
	seen := map[string]bool{}
	for _, h := range p.World() {
		if seen[h.Address] || !strings.HasPrefix(h.Address, "203.0.113.") && !strings.HasPrefix(h.Address, "192.0.2.") && !strings.HasPrefix(h.Address, "198.51.100.") {
			t.Errorf("%s is at %s", h.Name, h.Address)
		}
		seen[h.Address] = true
	}
	if len(seen) < 600 {
		t.Errorf("%d hosts", len(seen))
	}
}

// FuzzParse: whatever a file holds, the profile is whole or an error of one line.
func FuzzParse(f *testing.F) {
	f.Add("name: own\nhosts:\n- host: harbor.corp.example\n  role: registry\n")
	f.Add("hosts:\n- &a {host: a}\n- *a\n")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			p, err := Parse([]byte(text))
			if err != nil {
				return
			}
			for _, h := range p.Hosts {
				if h.problem() != "" || h.Port == 0 {
					t.Errorf("%+v", h)
				}
			}
		})
	})
}

func TestLoginIsARegistryOfTheList(t *testing.T) {
	const hosts = "hosts:\n- {host: a.example, role: registry}\n- {host: b.example, role: registry}\n- {host: c.example, role: auth}\n"
	for login, right := range map[string]bool{"a.example": true, "B.example": true, "c.example": false, "d.example": false} {
		p, err := Parse([]byte("name: x\nlogin: " + login + "\n" + hosts))
		if (err == nil) != right || right && p.Login != login {
			t.Errorf("%s: %v", login, err)
		}
	}
	if p, err := Load("docker"); err != nil || p.Login != "registry-1.docker.io" {
		t.Errorf("docker: %q, %v", p.Login, err)
	}
}
