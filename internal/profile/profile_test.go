package profile

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/cost"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
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

// Every built-in profile is complete: it is named as its file; each host has a source
// and a purpose; and each required registry either says how it is recognised or that it
// needs no login.
func TestBuiltInProfilesAreComplete(t *testing.T) {
	files, err := data.ReadDir(dir)
	if err != nil || len(BuiltIn()) != len(files) {
		t.Fatalf("%d profiles of %d files, %v", len(BuiltIn()), len(files), err)
	}
	for _, f := range files {
		p, err := Load(strings.TrimSuffix(f.Name(), ".yaml"))
		if err != nil || p.Name+".yaml" != f.Name() || p.Title == "" || p.Image == "" || p.CA != "" || p.SourcesSeen == "" {
			t.Errorf("%s: %v, %+v", f.Name(), err, p)
		}
		registries := 0
		for _, h := range p.Hosts {
			if h.Purpose == "" || !strings.HasPrefix(h.Source, "https://") {
				t.Errorf("%s: %s has no purpose, or its source %q is no address", p.Name, h.Host, h.Source)
			}
			if h.Role != evidence.Registry || !h.Required {
				continue
			}
			registries++
			if known := h.Expect != nil && len(h.Expect.Realm) > 0; !known && !strings.Contains(h.Purpose, "no login") {
				t.Errorf("%s: %s has no fingerprint, and its purpose does not say that it needs no login", p.Name, h.Host)
			}
		}
		if registries == 0 {
			t.Errorf("%s: no registry is required", p.Name)
		}
	}
	if names := Names(); names[0] != "redhat" {
		t.Errorf("the default is not the first of %v", names)
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
		"hosts:\n- host: a b\n  role: registry\n":            `line 2: "a b" is not a host name`,
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
	if _, err := Load("nowhere.yaml"); err == nil || !strings.Contains(err.Error(), strings.Join(Names(), ", ")) {
		t.Errorf("a missing file: %v", err)
	}
}

// Every host of a made-up network has an address of its own, in a range for
// examples or measurements.
func TestWorldGivesEachHostAnAddress(t *testing.T) {
	var p Profile
	for i := range 2000 {
		p.Hosts = append(p.Hosts, Host{Host: fmt.Sprintf("h%d.example", i), Role: evidence.Blob})
	}
	made := []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
		netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("198.18.0.0/15")}
	seen := map[string]bool{}
	for _, h := range p.World() {
		at := netip.MustParseAddr(h.Address)
		if seen[h.Address] || !slices.ContainsFunc(made, func(m netip.Prefix) bool { return m.Contains(at) }) {
			t.Errorf("%s is at %s", h.Name, h.Address)
		}
		seen[h.Address] = true
	}
	if want := len(p.Hosts) + len(fault.Hosts()); len(seen) != want {
		t.Errorf("%d hosts, want %d", len(seen), want)
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
