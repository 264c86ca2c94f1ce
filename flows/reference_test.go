package flows

import (
	"net/url"
	"strings"
	"testing"

	"pullpath/internal/cost"
	"pullpath/internal/evidence"
)

func TestOneHostIsOneTarget(t *testing.T) {
	for _, host := range []string{"auth.example.com", "auth.example.com.", "AUTH.example.COM"} {
		if id := (evidence.Endpoint{Host: host, Port: 443}).ID(); id != "auth.example.com:443" {
			t.Errorf("%s: %s", host, id)
		}
	}
	for _, text := range []string{"https://./t", "https:///t", "ftp://a/t",
		"https://a:5001:5001/t", "https://a, b/t", "https://a:0/t", "https://[fe80::1%25eth0]/t",
		"https://a:443x/t", "//a/t"} {
		if u, err := readRealm(text); err == nil {
			t.Errorf("%s is taken for a realm: %v", text, u)
		}
	}
}

func FuzzRealm(f *testing.F) {
	for _, seed := range []string{"https://a.example/token?x=1", "https://a.example.:0443/t", "//b/c", "https://u:p@h/",
		"https://[::1]:5000/t", "../x", "https://%2f/", "http:a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			t.Skip()
		}
		if u, err := readRealm(text); err == nil && (u.Scheme != "https" || evidence.HostName(u.Hostname()) == "") {
			t.Errorf("%q leads to %q", text, u)
		}
		var u *url.URL
		var err error
		cost.Linear(t, len(text), func() { u, err = nextURL("https://registry.example.com/v2/", text) })
		if err != nil {
			return
		}
		if u.Scheme != "https" && u.Scheme != "http" || evidence.HostName(u.Hostname()) == "" || strings.Contains(u.Hostname(), "%") {
			t.Errorf("%q leads to %q", text, u)
		}
		if id := (evidence.Endpoint{Host: u.Hostname(), Port: 443}).ID(); len(id) > len(text)+len("registry.example.com:443")+64 {
			t.Errorf("%q makes the target %q", text, id)
		}
		if kept := (evidence.Scribe{}).URL(u.String()); len(kept) > 16*len(text)+4096 {
			t.Errorf("%d bytes become %d", len(text), len(kept))
		}
	})
}
