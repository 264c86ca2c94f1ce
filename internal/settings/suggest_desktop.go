package settings

import (
	"fmt"
	"slices"
	"strings"
)

// desktopFiles writes the settings for the places of Windows or macOS: what a new shell finds, and
// the products that the host has.
func (w Wanted) desktopFiles(s Suggestion) []SuggestedFile {
	var out []SuggestedFile
	if w.System == Windows {
		out = append(out, SuggestedFile{Path: "the environment of the user (a command prompt)",
			About: "curl, crane, podman machine and what a new shell starts; then start these anew", Text: setxForm(s)})
	} else {
		out = append(out, SuggestedFile{Path: "~/.zshrc",
			About: "what a new shell starts, podman machine, lima and colima; then start these anew",
			Text:  shellForm(s)},
			SuggestedFile{Path: "launchd's environment (a shell)", About: "what is started from the Dock, until the next login",
				Text: launchctlForm(s)})
	}
	for _, product := range []struct{ tool, path, about, text string }{
		{"Docker Desktop", "settings-store.json of Docker Desktop", "or Settings, Resources, Proxies; then restart Docker Desktop",
			dockerDesktopForm(s)},
		{"colima", "~/.colima/default/colima.yaml", "then colima restart", limaForm(s)},
		{"lima", "lima.yaml of the guest", "then limactl stop and start", limaForm(s)},
	} {
		if slices.ContainsFunc(w.Clients, func(c Client) bool { return c.Tool == product.tool }) {
			out = append(out, SuggestedFile{Path: product.path, About: product.about, Text: product.text})
		}
	}
	return out
}

// setxForm sets the variables of the user for new processes. Windows does not tell names apart by
// case, so each is set once.
func setxForm(s Suggestion) string {
	var lines []string
	for _, v := range s.environment() {
		if v.Name == strings.ToUpper(v.Name) {
			lines = append(lines, fmt.Sprintf("setx %s %q", v.Name, v.Value))
		}
	}
	return strings.Join(lines, "\n")
}

func launchctlForm(s Suggestion) string {
	return s.both(func(name, value string) string { return "launchctl setenv " + name + " '" + value + "'" })
}

func dockerDesktopForm(s Suggestion) string {
	return fmt.Sprintf("{\n  \"ProxyHTTPMode\": \"manual\",\n  \"OverrideProxyHTTP\": %q,\n  \"OverrideProxyHTTPS\": %q,\n"+
		"  \"OverrideProxyExclude\": %q\n}", s.HTTP.Proxy, s.HTTPS.Proxy, strings.Join(s.NoProxy, ","))
}

func limaForm(s Suggestion) string {
	return "env:\n" + s.both(func(name, value string) string { return fmt.Sprintf("  %s: %q", name, value) })
}
