package client

import (
	"crypto/tls"
	"slices"
	"testing"
)

func TestGroups(t *testing.T) {
	classical := []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}
	hybrid := append([]tls.CurveID{tls.X25519MLKEM768}, classical...)
	for name, row := range map[string]struct {
		release, debug string
		want           []tls.CurveID
		unable         bool
	}{
		"not known":             {"", "", nil, false},
		"no release":            {"devel +abc", "", nil, false},
		"before the draft":      {"go1.22.12", "", classical, false},
		"the draft":             {"go1.23.4", "", classical, true},
		"without the draft":     {"go1.23.4", "tlskyber=0", classical, false},
		"the standard":          {"go1.24", "", hybrid, false},
		"a year later":          {"go1.25.3 X:nocoverageredesign", "", hybrid, false},
		"today":                 {"go1.26.8", "", nil, false},
		"later":                 {"go1.30", "", nil, false},
		"told to leave it out":  {"go1.26.8", "tlsmlkem=0", classical, false},
		"the last one counts":   {"go1.26.8", "tlsmlkem=0,tlsmlkem=1", nil, false},
		"told, not known":       {"", "http2client=0,tlsmlkem=0", classical, false},
		"without the new ones":  {"go1.26.8", "tlssecpmlkem=0", hybrid, false},
		"what it does not know": {"go1.22", "tlsmlkem=0", classical, false},
	} {
		got, unable := Groups(row.release, row.debug)
		if !slices.Equal(got, row.want) || (unable != "") != row.unable {
			t.Errorf("%s: got %v %q, want %v", name, got, unable, row.want)
		}
	}
}

func TestIsGoRelease(t *testing.T) {
	for text, want := range map[string]bool{"go1.22": true, "go1.22.5": true, "go1.26rc1": true, "1.22": false, "go2": false, "go1": false,
		"27.0.1": false, "": false, "go1.22; rm": false, "go1.9999": false} {
		if IsGoRelease(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
