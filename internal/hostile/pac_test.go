//go:build linux

package hostile

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPACFiles: a stranger's PAC file ends by itself or is ended, in settings and in a check.
func TestPACFiles(t *testing.T) {
	t.Parallel()
	body := func(text string) string { return "function FindProxyForURL(url, host) {\n" + text + "\n}\n" }
	long := strings.Repeat("// ten megabytes of nothing at all\n", 10<<20/35)
	var rows []attempt
	for name, c := range map[string]struct {
		script string
		says   []string
		ends   bool // an answer is given
	}{
		"an endless loop":         {script: body("for (;;) {}"), says: []string{"the script was ended"}},
		"a loop while it is read": {script: "for (;;) {}", says: []string{"the script was ended"}},
		"a loop that catches": {script: body("for (;;) { try { for (;;) {} } catch (e) {} finally { for (;;) {} } }"),
			says: []string{"the script was ended"}},
		"a text that doubles": {script: body("var s = 'x'; for (;;) s += s;"), says: []string{"memory"}},
		"a list that grows": {script: body("var a = []; for (;;) a.push('0123456789' + a.length);"),
			says: []string{"larger than pullpath lets"}},
		"a list of four billion": {script: body("return new Array(4e9).join('x');"), says: []string{"larger than pullpath lets"}},
		"recursion":              {script: body("return FindProxyForURL(url, host);"), says: []string{"deep"}},
		"brackets":               {script: strings.Repeat("[", 200_000), says: []string{"nested more than"}},
		"signs":                  {script: "x = " + strings.Repeat("- ", 200_000) + "1", says: []string{"nested more than"}},
		"many conditions": {script: body(strings.Repeat("if (host === 'x') return 'X'; else ", 20_000) + "return 'DIRECT';"),
			ends: true},
		"conditions in each other": {script: body(strings.Repeat("if (host) ", 50_000) + "return 'DIRECT';"), ends: true},
		"a pattern that backtracks": {script: body("return /^(a+)+$/.test(new Array(40000).join('a') + 'b') ? 'DIRECT' : 'PROXY p:1';"),
			ends: true},
		"a pattern that must": {script: body("return /(a)\\1+b/.test(host) ? 'DIRECT' : 'PROXY p:1';"), says: []string{"backtracking"}},
		"a pattern of a glob": {script: body("return shExpMatch(new Array(30000).join('a'), '" +
			strings.Repeat("*a", 200) + "b') ? 'X' : 'DIRECT';"),
			ends: true},
		"ten megabytes": {script: long + body("return 'DIRECT';"), says: []string{"1 MiB"}},
		"lookups without end": {script: body("for (var i = 0; ; i++) isResolvable('h' + i + '.invalid');"),
			says: []string{"more than 20 names"}},
		"a long answer":         {script: body("return new Array(6e4).join('PROXY p:1;');")},
		"an answer with a line": {script: body("return 'PROXY p:1\\r\\n\\x1b[2J';"), says: []string{"cannot read the answer"}},
		"alerts with signs":     {script: body("alert('\\x1b]0;x\\x07\\u202e'); return 'DIRECT';"), ends: true},
		"a file of zeros":       {script: strings.Repeat("\x00", 1<<20)},
		"no text at all":        {script: "\xff\xfe\x00\x01"},
	} {
		files := map[string]string{"p.pac": c.script}
		settings := attempt{name: name, args: []string{"settings", "--pac", "{dir}/p.pac", "a.invalid"}, files: files, says: c.says,
			cpu: 10 * time.Second, memory: 700, timeout: 20 * time.Second, exit: []int{0, 2}}
		check := attempt{name: name + ", check", args: []string{"check", "--pac", "{dir}/p.pac", "--no-probes", "a.invalid"}, files: files,
			cpu: 14 * time.Second, memory: 900, timeout: 10 * time.Second}
		if c.ends {
			settings.exit = []int{0}
		}
		rows = append(rows, settings, check)
	}
	slices.SortFunc(rows, func(a, b attempt) int { return strings.Compare(a.name, b.name) })
	try(t, rows)
}
