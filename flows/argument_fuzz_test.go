package flows

import (
	"strings"
	"testing"

	"pullpath/internal/cost"
)

func FuzzTarget(f *testing.F) {
	for _, seed := range []string{"registry.example.com", "h:443", "[::1]:5000/a", "r.example/a/b:t@sha256:" + strings.Repeat("a", 64),
		"https://joe:pw@h/", "fe80::1%eth0", "localhost/a", "a..b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var a Argument
		var err error
		cost.Linear(t, len(text), func() { a, err = ParseArgument(text) })
		if err != nil {
			if len(err.Error()) > 8*len(text)+200 {
				t.Errorf("%d bytes make an error of %d", len(text), len(err.Error()))
			}
			return
		}
		if a.Host == "" || a.Port < 1 || a.Port > 65535 || strings.ContainsAny(a.Host, "@/%? ") || len(a.Host) > len(text)+len(dockerHub) {
			t.Errorf("%q: %+v", text, a)
		}
	})
}
