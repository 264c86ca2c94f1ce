package settings

import (
	"regexp"
	"strings"

	"github.com/go-git/gcfg/v2"

	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// GitProxy is http.proxy of a git configuration (git-config(1)). An empty value
// means direct.
type GitProxy struct {
	URL   string         // of http.<url>.proxy; "" for http.proxy, which counts less
	Proxy route.Variable // "proxy"
}

// Git is what the git configuration says about proxies, the least important
// first.
type Git struct {
	Files   []string
	Proxies []GitProxy
	Remarks []Remark
}

// ReadGit reads the system's and the user's git configuration (git-config(1),
// FILES), without the files that these include.
func ReadGit(root *Root, home string, env route.Environment) Git {
	names := []string{"/etc/gitconfig", home + "/.config/git/config", home + "/.gitconfig"}
	if named := valueOf("GIT_CONFIG_GLOBAL", env); named != "" {
		names = []string{"/etc/gitconfig", named}
	}
	var g Git
	for _, name := range names {
		text, ok := root.text(name)
		if !ok {
			continue
		}
		g.Files = append(g.Files, clean(name))
		proxies, remarks := parseGit(clean(name), text)
		g.Proxies, g.Remarks = append(g.Proxies, proxies...), append(g.Remarks, remarks...)
		for _, p := range proxies {
			g.Remarks = append(g.Remarks, valueRemarks(p.Proxy)...)
			g.Remarks = append(g.Remarks, exposed(root, name, route.Environment{p.Proxy})...)
		}
	}
	return g
}

// gitKeyLine matches the lines that set one of the keys; git allows a key behind
// the header.
var gitKeyLine = regexp.MustCompile(`(?i)^\s*(?:\[[^\]]*\]\s*)?(proxy|path)\s*=`)

// parseGit returns the proxies of one file. The library gives no positions; the
// keys come in the order of their lines.
func parseGit(name, text string) ([]GitProxy, []Remark) {
	lines := map[string][]int{}
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if key := gitKeyLine.FindStringSubmatch(line); key != nil {
			key := strings.ToLower(key[1])
			lines[key] = append(lines[key], number)
		}
	}
	var proxies []GitProxy
	var remarks []Remark
	err := gcfg.ReadWithCallback(strings.NewReader(text), func(section, subsection, key, value string, _ bool) error {
		key = strings.ToLower(key)
		if len(lines[key]) == 0 {
			return nil
		}
		source := at(name, lines[key][0])
		lines[key] = lines[key][1:]
		v := route.Variable{Name: key, Value: value, Source: source}
		switch section = strings.ToLower(section); {
		case section == "http" && key == "proxy":
			v.Key = "http.proxy"
			if subsection != "" {
				v.Key = "http." + redact.Argument(subsection) + ".proxy"
			}
			proxies = append(proxies, GitProxy{subsection, v})
		case section == "https" && key == "proxy":
			m := remarkOn(GitHTTPS, v, "git has no https.proxy: http.proxy counts for https:// as well")
			m.Write = corrected("[http] proxy = ", "proxy", value, "")
			remarks = append(remarks, m)
		case strings.HasPrefix(section, "include") && key == "path":
			remarks = append(remarks, Remark{Code: NotEvaluated, Source: source, Variable: "include.path",
				Text: "another file is included, which was not read"})
		}
		return nil
	})
	if err != nil {
		remarks = append(remarks, Remark{Code: Syntax, Source: name, Text: "not a valid git configuration: git refuses to run"})
	}
	return proxies, remarks
}
