//go:build linux

package clients

import (
	"net/netip"
	"testing"
)

// TestJudge holds the reading of a connection: a client at the wrong door has
// not gone direct.
func TestJudge(t *testing.T) {
	for _, c := range []struct{ url, to, outcome, port string }{
		{"https://registry.corp.example/", "127.0.0.77:3129", "proxy", "3129"},
		{"https://registry.corp.example/", "[fd00::77]:443", "proxy", "443"},
		{"https://registry.corp.example/", "10.9.9.9:443", "direct", ""},
		{"http://registry.corp.example/", "10.9.9.9:80", "direct", ""},
		{"http://registry.corp.example/", "10.9.9.9:443", "error", ""},
		{"https://registry.corp.example:5000/", "10.9.9.9:443", "error", ""},
		{"https://10.1.2.3/", "10.1.2.3:443", "direct", ""},
		{"https://10.1.2.3/", "10.9.9.9:443", "error", ""},
		{"https://[fd00::1234]/", "[fd00::1234]:443", "direct", ""},
		{"https://localhost:5000/", "[::1]:5000", "direct", ""},
	} {
		got := judge(netip.MustParseAddrPort(c.to), vector{ID: "V", URL: c.url}.target(t), "")
		if got.outcome != c.outcome || got.port != c.port {
			t.Errorf("%s at %s: %s %s, want %s %s", c.url, c.to, got.outcome, got.port, c.outcome, c.port)
		}
	}
}
