package ticket

import (
	"testing"

	"pullpath/internal/diagnosis"
)

func TestFromSources(t *testing.T) {
	entry := diagnosis.Entry{Code: "x", Changes: []diagnosis.Change{diagnosis.ExemptInspection}}
	of := func() []Ticket {
		return made(twoHosts(), []diagnosis.Finding{found("x", diagnosis.ProxyAdmin, "a.io:443")}, entry)
	}
	b := FromSources(of(), "10.0.0.7", "10.0.0.0/24", "all of them")[0].Blocks[0]
	if b.Rows[0].Source != "10.0.0.0/24" || b.SourceNote != "all of them" ||
		b.What != "do not decrypt the connections from 10.0.0.0/24 to the hosts below" {
		t.Errorf("%+v", b)
	}
	for name, c := range map[string][2]string{"no address of its own": {"", "10.0.0.0/24"}, "no networks": {"10.0.0.7", ""},
		"another host's": {"10.9.9.9", "10.0.0.0/24"}} {
		if b := FromSources(of(), c[0], c[1], "n")[0].Blocks[0]; b.Rows[0].Source != "10.0.0.7" {
			t.Errorf("%s: %+v", name, b)
		}
	}
}
