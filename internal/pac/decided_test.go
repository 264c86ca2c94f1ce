package pac

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The lines that decided are the return, the conditions around it, and what it returns.
func TestDecided(t *testing.T) {
	for name, row := range map[string]struct {
		script string
		want   []Line
	}{
		"the last return": {"function FindProxyForURL(url, host) {\n  if (isPlainHostName(host)) return 'DIRECT';\n" +
			"  return 'PROXY p:1';\n}",
			[]Line{{3, "return 'PROXY p:1'"}}},
		"a condition": {"function FindProxyForURL(url, host) {\n  if (dnsDomainIs(host,\n" +
			"      '.example'))\n    return 'DIRECT';\n  return 'PROXY p:1';\n}",
			[]Line{{2, "if (dnsDomainIs(host, '.example'))"}, {4, "return 'DIRECT'"}}},
		"an else": {"function FindProxyForURL(url, host) {\n  if (host === 'x') return 'DIRECT';\n  else return 'PROXY p:1';\n}",
			[]Line{{2, "else of if (host === 'x')"}, {3, "return 'PROXY p:1'"}}},
		"else if": {"function FindProxyForURL(url, host) {\n  if (host === 'x') {\n    return 'DIRECT';\n" +
			"  } else if (true) {\n    return 'PROXY p:1';\n  }\n}",
			[]Line{{4, "if (true)"}, {5, "return 'PROXY p:1'"}}},
		"a variable": {"var r = 'DIRECT';\nfunction FindProxyForURL(url, host) {\n  if (true) {\n    r = 'PROXY p:1';\n  }\n  return r;\n}",
			[]Line{{3, "if (true)"}, {4, "r = 'PROXY p:1'"}, {6, "return r"}}},
		"where a variable begins": {"function FindProxyForURL(url, host) {\n  var r = 'DIRECT';\n" +
			"  if (false) r = 'PROXY p:1';\n  return r;\n}",
			[]Line{{2, "r = 'DIRECT'"}, {4, "return r"}}},
		"one of two": {"function FindProxyForURL(url, host) {\n  return host === 'x'\n    ? 'DIRECT'\n    : 'PROXY p:1';\n}",
			[]Line{{2, "return host === 'x' ? 'DIRECT' : 'PROXY p:1'"}, {4, "'PROXY p:1'"}}},
		"another function": {"function pick(host) {\n  if (host) return 'PROXY p:1';\n" +
			"}\nfunction FindProxyForURL(url, host) {\n  return pick(host);\n}",
			[]Line{{2, "if (host)"}, {2, "return 'PROXY p:1'"}, {5, "return pick(host)"}}},
		"a case": {"function FindProxyForURL(url, host) {\n  switch (url.substring(0, 5)) {\n" +
			"  case 'https':\n    return 'DIRECT';\n  }\n  return 'PROXY p:1';\n}",
			[]Line{{3, "case 'https'"}, {4, "return 'DIRECT'"}}},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := find(t, row.script, "https://in.corp.example/")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, a.Decided); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The noting changes nothing that a script can see, and many conditions do no harm.
func TestNotingIsNotSeen(t *testing.T) {
	for script, want := range map[string]string{
		"var f = function () { return 1; }; function FindProxyForURL() { return 'PROXY ' + f.name + ':' + f(); }":             "PROXY f:1",
		"function FindProxyForURL() { return Object.keys(globalThis).join('').indexOf('mark') < 0 ? 'DIRECT' : 'X'; }":        "DIRECT",
		"function f() { return 1; } function FindProxyForURL() { return 'PROXY p:' + f.toString().length; }":                  "PROXY p:26",
		"function FindProxyForURL(u, h) { " + strings.Repeat("if (h === 'x') return 'X'; else ", 1000) + "return 'DIRECT'; }": "DIRECT",
	} {
		a, err := find(t, script, "https://in.corp.example/")
		if err != nil || a.Text != want {
			t.Errorf("%.80s: %q, want %q %v", script, a.Text, want, err)
		}
	}
}
