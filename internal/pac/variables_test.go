package pac

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

// The lines, and for which targets they do not say the same.
func TestVariables(t *testing.T) {
	for name, c := range map[string]struct {
		answers map[string]string
		order   []string
		env     string
		apart   string
		lost    string
	}{
		"one proxy and one direct": {
			answers: map[string]string{"https://r.example": "PROXY p:3128", "https://in.corp": "DIRECT"}, order: []string{"https://r.example", "https://in.corp"},
			env: "HTTPS_PROXY=http://p:3128 NO_PROXY=in.corp"},
		"all direct": {
			answers: map[string]string{"https://r.example": "DIRECT"}, order: []string{"https://r.example"}},
		"fall-backs are lost": {
			answers: map[string]string{"https://r.example": "PROXY p:3128; PROXY q:3128"}, order: []string{"https://r.example"},
			env: "HTTPS_PROXY=http://p:3128", lost: "r.example"},
		"the same twice is no fall-back": {
			answers: map[string]string{"https://r.example": "PROXY p:3128; PROXY p:3128"}, order: []string{"https://r.example"},
			env: "HTTPS_PROXY=http://p:3128"},
		"two proxies": {
			answers: map[string]string{"https://a.example": "PROXY p:1", "https://b.example": "PROXY q:2", "https://c.example": "PROXY q:2"},
			order:   []string{"https://a.example", "https://b.example", "https://c.example"},
			env:     "HTTPS_PROXY=http://q:2", apart: "a.example: the file says http://p:1; with these lines go goes by http://q:2, curl goes by http://q:2"},
		"a proxy for each scheme": {
			answers: map[string]string{"https://a.example": "HTTPS p", "http://b.example": "SOCKS5 s"}, order: []string{"https://a.example", "http://b.example"},
			env: "HTTPS_PROXY=https://p:443 http_proxy=socks5://s:1080"},
		"a host below a direct one": {
			answers: map[string]string{"https://corp": "DIRECT", "https://r.corp": "PROXY p:1"}, order: []string{"https://corp", "https://r.corp"},
			env: "HTTPS_PROXY=http://p:1 NO_PROXY=corp", apart: "r.corp: the file says http://p:1; with these lines go goes direct, curl goes direct"},
		"two ports of a host": {
			answers: map[string]string{"https://r.corp:1": "DIRECT", "https://r.corp:2": "PROXY p:1"}, order: []string{"https://r.corp:1", "https://r.corp:2"},
			env: "HTTPS_PROXY=http://p:1 NO_PROXY=r.corp", apart: "r.corp:2: the file says http://p:1; with these lines go goes direct, curl goes direct"},
		"SOCKS 4": {
			answers: map[string]string{"https://a.example": "SOCKS s"}, order: []string{"https://a.example"},
			apart: "Go's clients speak SOCKS 5 alone"},
		"no answer": {
			answers: map[string]string{"https://a.example": ""}, order: []string{"https://a.example"}, apart: "a.example: the file gives no answer"},
	} {
		var found []Found
		for _, target := range c.order {
			u, err := url.Parse(target)
			if err != nil {
				t.Fatal(err)
			}
			ways, err := ParseResult(c.answers[target])
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
	if got := Variables([]Found{{Target: &url.URL{Scheme: "https", Host: "x"}, Err: errors.New("no")}}); len(got.Env) != 0 || len(got.Apart) != 1 {
		t.Errorf("%+v", got)
	}
}
