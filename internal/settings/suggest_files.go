package settings

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// SuggestedFile is the settings in the form of one file.
type SuggestedFile struct {
	// Path is the file. About says who reads it, and what else is to be done.
	Path, About string
	// Text is the lines that set the proxy, in place of those that are there.
	Text string
}

// form is how a sort of file sets a proxy.
type form struct {
	about string
	write func(Suggestion) string
	// takesSOCKS tells that its clients speak to a SOCKS proxy.
	takesSOCKS bool
}

// The forms of the files that clients read.
var (
	formShell = form{"podman, skopeo, curl, git, Python and wget started from a shell", shellForm, true}
	formPAM   = form{"every login", pamForm, true}
	formUnit  = form{"then systemctl daemon-reload, and restart the service", unitForm, true}
	formEnv   = form{"the service that names it; restart that", pamForm, true}
	formJSON  = form{"dockerd 23.0 and later, in place of the unit; then systemctl restart docker", daemonForm, true}
	formConf  = form{"podman and buildah where the environment has none", containersForm, true}
	formDNF   = form{"dnf", func(s Suggestion) string { return "[main]\nproxy=" + s.HTTPS.Proxy }, true}
	formWget  = form{"wget", wgetForm, false}
	formGit   = form{"git", func(s Suggestion) string { return "[http]\n\tproxy = " + s.HTTPS.Proxy }, true}
	formCurl  = form{"curl", func(s Suggestion) string { return "proxy = " + s.HTTPS.Proxy }, true}
	// A list here replaces NO_PROXY.
	formCurlList = form{"curl", func(s Suggestion) string {
		return "proxy = " + s.HTTPS.Proxy + "\nnoproxy = " + strings.Join(s.NoProxy, ",")
	}, true}
	formRHSM     = form{"subscription-manager and insights-client", rhsmForm, false}
	formInsights = form{"insights-client", func(s Suggestion) string {
		return "[insights-client]\nproxy=" + s.HTTPS.Proxy + "\nno_proxy=" + strings.Join(s.NoProxy, ",")
	}, false}
	formDocker = form{"containers and build steps of docker", dockerForm, true}
)

// usual are the files in which settings stand where the host has no other.
func usual() []SuggestedFile {
	return []SuggestedFile{
		{Path: "/etc/profile.d/proxy.sh"}, {Path: "/etc/systemd/system/UNIT.service.d/http-proxy.conf"}, {Path: "/etc/docker/daemon.json"},
		{Path: "/etc/containers/containers.conf"}, {Path: "/etc/dnf/dnf.conf"}, {Path: "/etc/wgetrc"}, {Path: "/etc/gitconfig"},
		{Path: "/etc/rhsm/rhsm.conf"},
	}
}

// files writes the settings for the files that set a proxy or a list on this host, and in
// the usual places of the others.
func (w Wanted) files(s Suggestion) []SuggestedFile {
	if w.System == Windows || w.System == MacOS {
		return w.desktopFiles(s)
	}
	stores := w.stores()
	for _, f := range usual() {
		if strings.Contains(f.Path, "UNIT") && slices.ContainsFunc(stores, func(o SuggestedFile) bool { return isUnit(o.Path) }) {
			continue // the units that are there have their own
		}
		if !slices.ContainsFunc(stores, func(o SuggestedFile) bool { return o.Path == f.Path }) {
			stores = append(stores, f)
		}
	}
	var out []SuggestedFile
	for _, store := range stores {
		if f := formOf(store); !s.socks() || f.takesSOCKS {
			out = append(out, SuggestedFile{Path: store.Path, About: f.about, Text: f.write(s)})
		}
	}
	return out
}

// inLine matches the source of a variable that stands in a file.
var inLine = regexp.MustCompile(`^(/.*):[0-9]+$`)

// stores are files of the host that set a proxy or a list, in the order of the clients.
// About has "service" for what a service manager gives a daemon, and "list" for a file with a
// list.
type stores []SuggestedFile

// stores returns those of the clients.
func (w Wanted) stores() stores {
	var out stores
	for _, c := range w.Clients {
		before := len(out)
		for _, v := range c.Env {
			out = out.with(v.Source, v.Name, c.dropIn)
		}
		for _, r := range c.Remarks { // what is dropped is set nowhere, and stands in a file all the same
			out = out.with(r.Source, r.Variable, c.dropIn)
		}
		for _, p := range c.PerURL {
			out = out.with(p.Proxy.Source, "proxy", "")
		}
		if c.dropIn != "" && len(out) == before {
			out = out.with(c.dropIn+":1", "proxy", c.dropIn)
		}
	}
	return out
}

// with adds the file of a source that sets a proxy or a list. dropIn is where a drop-in of the
// client's unit stands, empty for a client that a shell starts.
func (s stores) with(source, variable, dropIn string) stores {
	m := inLine.FindStringSubmatch(source)
	if m == nil || !isProxy(variable) && !isNoProxy(variable) {
		return s
	}
	f := SuggestedFile{Path: m[1]}
	if dropIn != "" && !strings.HasSuffix(f.Path, ".json") {
		f.About = "service"
		if ofAll(f.Path) {
			f.Path = dropIn
		}
	}
	i := slices.IndexFunc(s, func(o SuggestedFile) bool { return o.Path == f.Path })
	if i < 0 {
		i, s = len(s), append(s, f)
	}
	if isNoProxy(variable) && s[i].About == "" {
		s[i].About = "list"
	}
	return s
}

// ofAll reports whether a file stays as it is: a package brings it, or every service reads it.
func ofAll(name string) bool {
	return !isUnit(name) && !strings.HasPrefix(name, "/etc/") || strings.HasSuffix(name, ".service") ||
		strings.HasPrefix(name, "/usr/") || strings.Contains(name, "/systemd/system.conf")
}

func isUnit(name string) bool {
	return strings.HasSuffix(path.Dir(name), ".d") && strings.Contains(path.Dir(name), "/systemd/")
}

// formOf returns the form of a file by its name.
func formOf(f SuggestedFile) form {
	base := path.Base(f.Path)
	switch {
	case isUnit(f.Path):
		return formUnit
	case f.About == "service":
		return formEnv
	case f.Path == "/etc/environment":
		return formPAM
	case base == "daemon.json":
		return formJSON
	case strings.Contains(f.Path, "/containers.conf"):
		return formConf
	case base == "dnf.conf", base == "yum.conf":
		return formDNF
	case strings.HasSuffix(base, "wgetrc"):
		return formWget
	case strings.HasSuffix(base, "gitconfig"), strings.HasSuffix(f.Path, "/git/config"):
		return formGit
	case strings.HasSuffix(base, "curlrc"):
		if f.About == "list" {
			return formCurlList
		}
		return formCurl
	case base == "rhsm.conf":
		return formRHSM
	case base == "insights-client.conf":
		return formInsights
	case base == "config.json":
		return formDocker
	}
	return formShell
}

// both calls set for the variables in both cases: some clients read only one.
func (s Suggestion) both(set func(name, value string) string) string {
	var lines []string
	for _, v := range s.environment() {
		lines = append(lines, set(v.Name, v.Value))
	}
	return strings.Join(lines, "\n")
}

func shellForm(s Suggestion) string {
	return s.both(func(name, value string) string { return "export " + name + "='" + value + "'" })
}

func pamForm(s Suggestion) string {
	return s.both(func(name, value string) string { return name + "=" + value })
}

// unitForm doubles each percent sign, because systemd reads a single one as a specifier
// (systemd.unit(5)).
func unitForm(s Suggestion) string {
	return "[Service]\n" + s.both(func(name, value string) string {
		return `Environment="` + name + "=" + strings.ReplaceAll(value, "%", "%%") + `"`
	})
}

func containersForm(s Suggestion) string {
	return "[engine]\nenv = [\n" + s.both(func(name, value string) string { return `  "` + name + "=" + value + `",` }) + "\n]"
}

func daemonForm(s Suggestion) string {
	return fmt.Sprintf("{\n  \"proxies\": {\n    \"http-proxy\": %q,\n    \"https-proxy\": %q,\n    \"no-proxy\": %q\n  }\n}",
		s.HTTP.Proxy, s.HTTPS.Proxy, strings.Join(s.NoProxy, ","))
}

func dockerForm(s Suggestion) string {
	return fmt.Sprintf("{\n  \"proxies\": {\n    \"default\": {\n      \"httpProxy\": %q,\n      \"httpsProxy\": %q,\n      \"noProxy\": %q\n"+
		"    }\n  }\n}", s.HTTP.Proxy, s.HTTPS.Proxy, strings.Join(s.NoProxy, ","))
}

func wgetForm(s Suggestion) string {
	return "use_proxy = on\nhttps_proxy = " + s.HTTPS.Proxy + "\nhttp_proxy = " + s.HTTP.Proxy + "\nno_proxy = " + strings.Join(s.NoProxy, ",")
}

func rhsmForm(s Suggestion) string {
	u, err := url.Parse(s.HTTPS.Proxy)
	if err != nil {
		return ""
	}
	out := fmt.Sprintf("[server]\nproxy_hostname = %s\nproxy_port = %s\nproxy_scheme = %s\nno_proxy = %s", u.Hostname(), u.Port(),
		u.Scheme, strings.Join(s.NoProxy, ","))
	if u.User != nil {
		out += "\nproxy_user = USER\nproxy_password = PASSWORD"
	}
	return out
}
