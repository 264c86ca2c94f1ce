package settings

import (
	"strings"
	"testing"
)

func TestInLease(t *testing.T) {
	for text, want := range map[string]string{
		"": "",
		"lease {\n  option domain-name \"corp.example\";\n}\n":                                                      "",
		"lease {\n  option wpad \"http://a/wpad.dat\";\n}\nlease {\n  option wpad \"http://b/wpad.dat\\000\";\n}\n": "http://b/wpad.dat",
		"ADDRESS=10.0.0.5\nOPTION_252=687474703a2f2f612f770a\n":                                                     "http://a/w",
		"OPTION_252=zz\n":                  "",
		"  option wpad \"\\n\";\n":         "",
		"option wpad \"file:///etc/x\";\n": "",
	} {
		if got := inLease(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzInLease(f *testing.F) {
	f.Add("option wpad \"http://a/\";")
	f.Add("OPTION_252=6874")
	f.Fuzz(func(t *testing.T, text string) {
		if got := inLease(text); got != "" && !strings.HasPrefix(got, "http") {
			t.Error(got)
		}
	})
}
