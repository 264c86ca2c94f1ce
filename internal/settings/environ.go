package settings

import (
	"bytes"
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
	return ParseEnvironment([]byte(strings.Join(environ, "\x00")+"\x00"), "environment")
}
