package redact

import (
	"slices"
	"strings"
	"testing"
)

func TestArgument(t *testing.T) {
	check(t, Argument, []row{
		{"registry.example.com:5000/a/b:c", "registry.example.com:5000/a/b:c"},
		{"registry.example.com/a@sha256:ab12", "registry.example.com/a@sha256:ab12"},
		{"docker@go1.22", "docker@go1.22"}, {"--client=podman@go1.24.2", "--client=podman@go1.24.2"}, {"joe:s3cret@go1.22", "REDACTED@go1.22"},
		{"http-status:body=@page.html", "http-status:body=@page.html"},
		{"http-status:status=503:body=@page.html", "http-status:status=503:body=@page.html"},
		{"https://joe:pw@h/r.json", "https://REDACTED@h/r.json"},
		{"joe:pw@h:443", "REDACTED@h:443"},
		{"json=https://joe:pw@h/x", "json=https://REDACTED@h/x"},
		{"https://joe:p?w@h/x", "https://REDACTED@h/…"},
		{"https://h/t?apikey=1234&service=r&bare", "https://h/t?apikey=REDACTED&service=r&REDACTED"},
		{"", ""},
	})
}

func TestArgumentsFindEveryLogin(t *testing.T) {
	s := Arguments([]string{"check", "-u", "joe:first-one", "--proxy-user=px:second-one", "-uann:third-one",
		"https://u:fourth-one@h/?key=fifth-one&service=keeps-this", "a:443:b:sixth@h"},
		[]string{"-u", "--user", "--proxy-user"}, []string{"PULLPATH_PASSWORD=seventh", "PULLPATH_USER=joe:eighth", "HOME=/home/ninth",
			"PULLPATH_REALM=https://h/t?k=tenth-one"})
	for _, word := range []string{"first-one", "second-one", "third-one", "fourth-one", "fifth-one", "sixth", "seventh",
		"eighth", "tenth-one"} {
		if got := s.Scrub("the " + word + " is wrong"); got != "the REDACTED is wrong" {
			t.Errorf("%s: %s", word, got)
		}
	}
	for _, text := range []string{"/home/ninth", "keeps-this", "check"} {
		if s.Holds(text) {
			t.Errorf("%s is taken out", text)
		}
	}
}

func TestEnvironments(t *testing.T) {
	env := []string{"HOME=/root", "PULLPATH_PASSWORD=x", "PULLPATH_USER=joe:x", "PULLPATH_TIMEOUT=3s", "PULLPATH_NETWORK=/f",
		"PULLPATH_PROXY=http://u:p@h", "pullpath_proxy_user=a:b", "PATH=/bin"}
	if got := WithoutOwn(env); !slices.Equal(got, []string{"HOME=/root", "PATH=/bin"}) {
		t.Errorf("%q", got)
	}
	if got := strings.Join(WithoutLogins(env), " "); got != "HOME=/root PULLPATH_TIMEOUT=3s PULLPATH_NETWORK=/f PATH=/bin" {
		t.Errorf("%q", got)
	}
}
