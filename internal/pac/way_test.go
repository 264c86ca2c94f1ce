package pac

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseResult(t *testing.T) {
	for text, want := range map[string][]Way{
		"DIRECT":                                {{Kind: Direct}},
		"direct":                                {{Kind: Direct}},
		"PROXY p.corp:3128":                     {{HTTP, "p.corp", "3128"}},
		"PROXY p.corp":                          {{HTTP, "p.corp", "80"}},
		"HTTP p:1":                              {{HTTP, "p", "1"}},
		"HTTPS p":                               {{HTTPS, "p", "443"}},
		"SOCKS s":                               {{SOCKS4, "s", "1080"}},
		"SOCKS4 s:9":                            {{SOCKS4, "s", "9"}},
		"SOCKS5 s:9":                            {{SOCKS5, "s", "9"}},
		"PROXY [2001:db8::1]:8080; PROXY [::1]": {{HTTP, "2001:db8::1", "8080"}, {HTTP, "::1", "80"}},
		" PROXY\ta:1 ;; proxy  b:2;DIRECT; ":    {{HTTP, "a", "1"}, {HTTP, "b", "2"}, {Kind: Direct}},
	} {
		got, err := ParseResult(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v %s", text, err, diff)
		}
	}
}

// What cannot be read is named, and the rest is kept.
func TestUnreadableResults(t *testing.T) {
	for text, want := range map[string]struct {
		ways int
		says string
	}{
		"":                         {0, "it is empty"},
		" ; ":                      {0, "it is empty"},
		"p.corp:3128":              {0, "none of DIRECT"},
		"http://p.corp:3128":       {0, "none of DIRECT"},
		"PROXY":                    {0, "no host"},
		"PROXY http://p.corp:3128": {0, "a URL has no place here"},
		"PROXY p:0":                {0, "no port"},
		"PROXY p:65536":            {0, "no port"},
		"PROXY p:":                 {0, "no port"},
		"PROXY a b":                {0, "no host"},
		"PROXY [p]:1":              {0, "no IPv6 address"},
		"PROXY u:p@host:1":         {0, "no host"},
		"PROXY \u202Ep:1":          {0, "no host"},
		"PROXY $(id):1":            {0, "no host"},
		"DIRECT p":                 {0, "DIRECT takes no host"},
		"QUIC p:1; PROXY a:1":      {1, `"QUIC p:1"`},
		"PROXY a:1, PROXY b:1":     {0, "no host and port"},
	} {
		ways, err := ParseResult(text)
		var bad *Unreadable
		if !errors.As(err, &bad) || len(ways) != want.ways || !strings.Contains(err.Error(), want.says) {
			t.Errorf("%q: %v %v, want %d ways and %q", text, ways, err, want.ways, want.says)
		}
	}
	if ways, err := ParseResult(strings.Repeat("DIRECT;", 1000)); err == nil || len(ways) != maxWays {
		t.Error(len(ways), err)
	}
}

// A way that is read can be read again from what it is written as.
func FuzzResult(f *testing.F) {
	for _, seed := range []string{"DIRECT", "PROXY a:1; SOCKS b", "PROXY [::1]:3", "HTTPS x;;", "PROXY :1", "PROXY fe80::1%25eth0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ways, err := ParseResult(text)
		if (len(ways) == 0) && err == nil || len(ways) > maxWays {
			t.Fatalf("%q: %v %v", text, ways, err)
		}
		for _, w := range ways {
			if w.Kind == Direct {
				continue
			}
			host := w.Host
			if strings.Contains(host, ":") {
				host = "[" + host + "]"
			}
			word := map[Kind]string{HTTP: "PROXY", HTTPS: "HTTPS", SOCKS4: "SOCKS4", SOCKS5: "SOCKS5"}[w.Kind]
			again, err := ParseResult(word + " " + host + ":" + w.Port)
			if err != nil || len(again) != 1 || again[0].Host != w.Host {
				t.Errorf("%q: %v is read as %v %v", text, w, again, err)
			}
		}
	})
}
