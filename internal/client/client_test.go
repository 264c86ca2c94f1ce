package client

import (
	"slices"
	"strings"
	"testing"

	"pullpath/internal/settings"
)

// Every client as which a run can ask has all that a run takes of it.
func TestNamedClientsAreWhole(t *testing.T) {
	for _, name := range Names() {
		c, err := Named(name)
		if err != nil {
			t.Fatal(err)
		}
		row := c.Program()
		if row.Tool == "" {
			t.Errorf("%s: no row of its own in settings", name)
		}
		if strings.Count(c.Speaks.Agent, "%s") != 1 || c.Speaks.Release == "" {
			t.Errorf("%s: agent %q, release %q", name, c.Speaks.Agent, c.Speaks.Release)
		}
		if c.Speaks.Waits == (Waits{}) || c.Speaks.Asks.ID == "" {
			t.Errorf("%s: waits %v, asks %v", name, c.Speaks.Waits, c.Speaks.Asks)
		}
		if (c.Service != "") != (len(row.Units) > 0) {
			t.Errorf("%s: service %q, units %q", name, c.Service, row.Units)
		}
		if (c.Service != "") != (row.Trust.Restart != "") {
			t.Errorf("%s: service %q, restarted by %q", name, c.Service, row.Trust.Restart)
		}
		if c.Logins.Client != name {
			t.Errorf("%s: logins of %q", name, c.Logins.Client)
		}
	}
	if _, err := Named("nobody"); err == nil || !strings.Contains(err.Error(), strings.Join(Names(), ", ")) {
		t.Errorf("a client that is not there: %v", err)
	}
	if _, err := Named(""); err == nil {
		t.Error("a client without a name is found")
	}
	if !slices.Contains(Names(), Default) {
		t.Errorf("%s, the default, is no client", Default)
	}
}

// The table has what a shell starts first, then the host's services, then the user's.
func TestProgramsAreInOrder(t *testing.T) {
	programs := Programs()
	seen := map[string]bool{}
	for _, p := range programs {
		if seen[p.Tool] || p.Tool == "" || p.Binary == "" && p.Engine == nil {
			t.Errorf("%q is there twice, or lacks its program", p.Tool)
		}
		seen[p.Tool] = true
		if p.OfUser && len(p.Units) == 0 || p.Process != "" && len(p.Units) == 0 {
			t.Errorf("%s: a service without a unit", p.Tool)
		}
	}
	if !slices.IsSortedFunc(programs, func(a, b settings.Program) int { return kind(a) - kind(b) }) {
		t.Error("services stand before what a shell starts")
	}
}

func TestWithoutPostQuantum(t *testing.T) {
	for name, want := range map[string]string{
		"docker": "/etc/systemd/system/docker.service.d/", "crio": "systemctl restart crio", "podman": "run podman with GODEBUG=tlsmlkem=0",
		"curl": "curl --curves", "": "set GODEBUG=tlsmlkem=0", "another": "run another with",
	} {
		if got := WithoutPostQuantum(name, "linux"); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q in it", name, got, want)
		}
	}
}
