package catalogue

import (
	"testing"

	"pullpath/internal/evidence"
)

// Addresses of a report that somebody else wrote are words in a command, and no commands
// of their own.
func TestRetriesAreQuoted(t *testing.T) {
	for peer, want := range map[string]string{
		"192.0.2.1:443": "openssl s_client -connect 192.0.2.1:443 -servername a.io </dev/null",
		"$(id):443;id":  "openssl s_client -connect '$(id):443;id' -servername a.io </dev/null",
	} {
		if got := opensslClient(evidence.Hop{Peer: peer}, "a.io"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got, want := opensslClient(evidence.Hop{Peer: "`id`:1", Via: "http://p:1", Target: "a:443"},
		"a"), "openssl s_client -proxy '`id`:1' -connect a:443 -servername a </dev/null"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for address, want := range map[string]string{"192.0.2.1": "ping -c 1 -M do -s 1472 192.0.2.1",
		"fd00::1": "ping -c 1 -M do -s 1452 fd00::1", "$(id)": "ping -c 1 -M do -s 1472 '$(id)'"} {
		if got := dontFragment(address, 1500); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
