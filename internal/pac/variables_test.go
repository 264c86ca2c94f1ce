package pac

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// The lines, and for which targets they do not say the same.
func TestVariables(t *testing.T) {
	for name, c := range map[string]struct {
		says             []string // target, answer
		env, apart, lost string
	}{
		"one proxy and one direct": {
			says: []string{"https://r.example", "PROXY p:3128", "https://in.corp", "DIRECT"},
			env:  "HTTPS_PROXY=http://p:3128 NO_PROXY=in.corp"},
		"all direct": {says: []string{"https://r.example", "DIRECT"}},
		"fall-backs are lost": {
			says: []string{"https://r.example", "PROXY p:3128; PROXY q:3128"},
			env:  "HTTPS_PROXY=http://p:3128", lost: "r.example"},
		"the same twice is no fall-back": {
			says: []string{"https://r.example", "PROXY p:3128; PROXY p:3128"},
			env:  "HTTPS_PROXY=http://p:3128"},
		"two proxies": {
			says:  []string{"https://a.example", "PROXY p:1", "https://b.example", "PROXY q:2", "https://c.example", "PROXY q:2"},
			env:   "HTTPS_PROXY=http://q:2",
			apart: "a.example: the file says http://p:1; with these lines Go's clients go by http://q:2, curl goes by http://q:2"},
		"a proxy for each scheme": {
			says: []string{"https://a.example", "HTTPS p", "http://b.example", "SOCKS5 s"},
			env:  "HTTPS_PROXY=https://p:443 http_proxy=socks5://s:1080"},
		"a host below a direct one": {
			says:  []string{"https://corp", "DIRECT", "https://r.corp", "PROXY p:1"},
			env:   "HTTPS_PROXY=http://p:1 NO_PROXY=corp",
			apart: "r.corp: the file says http://p:1; with these lines Go's clients go direct, curl goes direct"},
		"two ports of a host": {
			says:  []string{"https://r.corp:1", "DIRECT", "https://r.corp:2", "PROXY p:1"},
			env:   "HTTPS_PROXY=http://p:1 NO_PROXY=r.corp",
			apart: "r.corp:2: the file says http://p:1; with these lines Go's clients go direct, curl goes direct"},
		"SOCKS 4":   {says: []string{"https://a.example", "SOCKS s"}, apart: "Go's clients speak SOCKS 5 alone"},
		"no answer": {says: []string{"https://a.example", ""}, apart: "a.example: the file gives no answer"},
	} {
		var found []Found
		for pair := range slices.Chunk(c.says, 2) {
			u, err := url.Parse(pair[0])
			if err != nil {
				t.Fatal(err)
			}
			ways, err := ParseResult(pair[1])
			found = append(found, Found{u, Answer{Ways: ways}, err})
		}
		got := Variables(found)
		var env []string
		for _, v := range got.Env {
			env = append(env, v.Name+"="+v.Value)
		}
		if e := strings.Join(env, " "); e != c.env {
			t.Errorf("%s: %q, want %q", name, e, c.env)
		}
		apart := strings.Join(got.Apart, "\n")
		if (c.apart == "") != (apart == "") || !strings.Contains(apart, c.apart) {
			t.Errorf("%s: apart %q, want %q", name, apart, c.apart)
		}
		if l := strings.Join(got.Lost, " "); l != c.lost {
			t.Errorf("%s: lost %q, want %q", name, l, c.lost)
		}
	}
}
