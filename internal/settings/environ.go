package settings

import (
	"bytes"
	"runtime"
	"slices"
	"strings"

	"pullpath/internal/route"
)

// ParseEnvironment reads NAME=VALUE records and keeps those that bear on a client. They are
// separated by NUL where there is one, as in /proc/PID/environ, else by line ends. Of two
// records of one name the first counts, as for getenv(3).
func ParseEnvironment(data []byte, source string) route.Environment {
	separator := byte('\n')
	if bytes.IndexByte(data, 0) >= 0 {
		separator = 0
	}
	var out route.Environment
	seen := map[string]bool{}
	for record := range bytes.SplitSeq(data, []byte{separator}) {
		name, value, found := strings.Cut(string(record), "=")
		if found && !seen[name] && Keeps(name) {
			seen[name] = true
			out = append(out, route.Variable{Name: name, Value: value, Source: source})
		}
	}
	return out
}

// ProcessEnvironment is ParseEnvironment of what os.Environ returns.
func ProcessEnvironment(environ []string) route.Environment {
	if runtime.GOOS == "windows" {
		return caseless(ParseEnvironment([]byte(strings.Join(inUpperCase(environ), "\x00")+"\x00"), "environment"))
	}
	return ParseEnvironment([]byte(strings.Join(environ, "\x00")+"\x00"), "environment")
}

// inUpperCase writes the names of proxy variables in upper case.
func inUpperCase(environ []string) []string {
	out := slices.Clone(environ)
	for i, record := range out {
		if name, value, _ := strings.Cut(record, "="); route.IsVariable(strings.ToUpper(name)) {
			out[i] = strings.ToUpper(name) + "=" + value
		}
	}
	return out
}

// caseless is an environment of Windows as its programs see it: a name has one variable, in whatever
// case it is set and asked for
// (https://learn.microsoft.com/en-us/windows/win32/procthread/environment-variables). Rules that tell
// HTTPS_PROXY and https_proxy apart are given both.
func caseless(env route.Environment) route.Environment {
	var out route.Environment
	for _, v := range env {
		upper, lower := strings.ToUpper(v.Name), strings.ToLower(v.Name)
		if !route.IsVariable(upper) && !route.IsVariable(lower) {
			out = append(out, v)
			continue
		}
		for _, name := range []string{upper, lower} {
			out = append(out, route.Variable{Name: name, Value: v.Value, Source: v.Source, Key: v.Called()})
		}
	}
	return out
}
