package settings

import (
	"strings"

	"pullpath/internal/route"
)

// ReadWget reads what wget's start-up files set, the least important first: the
// system's and then the user's (Wget manual, "Wgetrc Location"). They count
// before the environment. The variables are http_proxy, https_proxy, ftp_proxy,
// no_proxy and use_proxy.
func ReadWget(root *Root, home string, env route.Environment) []File {
	names := []string{"/etc/wgetrc", home + "/.wgetrc"}
	if named := valueOf("WGETRC", env); named != "" {
		names[1] = named
	}
	var files []File
	for _, name := range names {
		if f := readFile(root, name, parseWgetrc); f.Found {
			files = append(files, f)
		}
	}
	return files
}

// wgetCommands are the commands that concern proxies, as wget compares them:
// without dashes and underscores (Wget manual, "Wgetrc Syntax").
var wgetCommands = map[string]string{
	"httpproxy": "http_proxy", "httpsproxy": "https_proxy", "ftpproxy": "ftp_proxy", "noproxy": "no_proxy", "useproxy": "use_proxy",
}

// parseWgetrc reads lines of the form command = value; a # begins a comment only
// at the beginning of a line, and quotes have no meaning (src/init.c, parse_line).
func parseWgetrc(name, text string) ([]route.Variable, []Remark) {
	var vars []route.Variable
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		line = strings.TrimSpace(line)
		command, value, found := strings.Cut(line, "=")
		if !found || strings.HasPrefix(line, "#") {
			continue
		}
		key := strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(strings.TrimSpace(command)))
		if variable := wgetCommands[key]; variable != "" {
			vars = append(vars, route.Variable{Name: variable, Value: strings.TrimSpace(value), Source: at(name, number),
				Key: strings.TrimSpace(command)})
		}
	}
	return vars, nil
}
