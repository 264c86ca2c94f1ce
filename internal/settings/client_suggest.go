package settings

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/route"
)

// Wanted is what a suggestion is made from.
type Wanted struct {
	Clients []Client
	// Hosts are the hosts that are to be reached by the proxy.
	Hosts []string
}

// Suggest writes the recommended proxy settings in the form of each client's
// file. The proxy is the one that a client here names; credentials are shown as
// the words USER:PASSWORD, for they belong into no output. An error says that no
// client names a proxy.
func Suggest(w Wanted) (string, error) {
	proxy := commonProxy(w)
	if proxy == nil {
		return "", fmt.Errorf("no client here names a proxy")
	}
	entries := RecommendedNoProxy(exceptions(w.Clients))
	var b strings.Builder
	for _, form := range forms() {
		fmt.Fprintf(&b, "# %s\n%s\n\n", form.file, form.write(plainProxy(proxy), strings.Join(entries, ",")))
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// commonProxy is the proxy that most clients take to the hosts.
func commonProxy(w Wanted) *url.URL {
	count := map[string]int{}
	var best *url.URL
	for _, c := range w.Clients {
		for _, h := range w.Hosts {
			d := c.Decide(&url.URL{Scheme: "https", Host: h})
			if d.Kind != route.Proxy || d.Broken() {
				continue
			}
			p := d.Proxy()
			p.Host = net.JoinHostPort(d.Host, d.Port)
			count[p.Host]++
			if best == nil || count[p.Host] > count[best.Host] {
				best = p
			}
		}
	}
	return best
}

func plainProxy(p *url.URL) string {
	user := ""
	if p.User != nil {
		user = "USER:PASSWORD@"
	}
	return p.Scheme + "://" + user + p.Host
}

// exceptions gathers the lists of all clients.
func exceptions(clients []Client) []string {
	var out []string
	for _, c := range clients {
		for _, v := range c.Env {
			if strings.EqualFold(v.Name, "NO_PROXY") && !slices.Contains(out, v.Value) {
				out = append(out, v.Value)
			}
		}
	}
	return out
}

// RecommendedNoProxy writes lists in the one form that every measured client
// reads alike: commas only, each domain bare and dotted, names without port,
// addresses spelled out, prefixes as an addition, loopback named (proxy-settings
// section 5, vectors Z01 to Z10).
func RecommendedNoProxy(lists []string) []string {
	out := []string{"localhost", "127.0.0.1", "::1"}
	add := func(entry string) {
		if entry != "" && !slices.Contains(out, entry) {
			out = append(out, entry)
		}
	}
	for _, list := range lists {
		for _, entry := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(", \t\r\n;|", r) }) {
			for _, e := range plainEntry(entry) {
				add(e)
			}
		}
	}
	return out
}

// plainEntry is an entry in the form that all clients read; none for one that no
// form expresses.
func plainEntry(entry string) []string {
	entry = strings.ToLower(strings.Trim(entry, `"'`))
	if _, rest, found := strings.Cut(entry, "://"); found {
		entry, _, _ = strings.Cut(rest, "/")
	}
	if prefix, err := netip.ParsePrefix(entry); err == nil {
		return []string{prefix.Masked().String()}
	}
	if host, _, err := net.SplitHostPort(entry); err == nil {
		entry = host
	}
	entry = strings.TrimSuffix(strings.Trim(entry, "[]/"), ".")
	if addr, err := netip.ParseAddr(entry); err == nil {
		return []string{addr.String()}
	}
	domain := strings.TrimLeft(strings.TrimPrefix(entry, "*"), ".")
	switch {
	case domain == "", strings.ContainsAny(domain, "*/<>#\\@"):
		return nil
	case domain == "localhost", entry == domain && !strings.Contains(domain, "."):
		return []string{domain}
	}
	return []string{domain, "." + domain}
}

// form is one file and how the settings stand in it.
type form struct {
	file  string
	write func(proxy, noProxy string) string
}

func forms() []form {
	return []form{
		{"/etc/profile.d/proxy.sh: podman, skopeo, curl, git, Python and wget started from a shell", shellForm},
		{"/etc/systemd/system/UNIT.service.d/http-proxy.conf for docker, containerd, crio, podman; then systemctl daemon-reload and restart UNIT", unitForm},
		{"/etc/docker/daemon.json: dockerd 23.0 and later, in place of the unit; then systemctl restart docker", daemonForm},
		{"/etc/containers/containers.conf: podman and buildah where the environment has none", containersForm},
		{"/etc/dnf/dnf.conf", func(proxy, _ string) string { return "[main]\nproxy=" + proxy }},
		{"/etc/wgetrc", func(proxy, noProxy string) string {
			return "https_proxy = " + proxy + "\nhttp_proxy = " + proxy + "\nno_proxy = " + noProxy
		}},
		{"/etc/gitconfig", func(proxy, _ string) string { return "[http]\n\tproxy = " + proxy }},
		{"/etc/rhsm/rhsm.conf: subscription-manager and insights-client", rhsmForm},
	}
}

func shellForm(proxy, noProxy string) string {
	var b strings.Builder
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		fmt.Fprintf(&b, "export %s='%s'\n", name, proxy)
	}
	fmt.Fprintf(&b, "export NO_PROXY='%s'\nexport no_proxy='%s'", noProxy, noProxy)
	return b.String()
}

// unitForm doubles each percent, for systemd takes one for a specifier
// (systemd.unit(5)).
func unitForm(proxy, noProxy string) string {
	proxy = strings.ReplaceAll(proxy, "%", "%%")
	return fmt.Sprintf("[Service]\nEnvironment=\"HTTPS_PROXY=%s\"\nEnvironment=\"HTTP_PROXY=%s\"\nEnvironment=\"NO_PROXY=%s\"", proxy, proxy, noProxy)
}

func daemonForm(proxy, noProxy string) string {
	return fmt.Sprintf("{\n  \"proxies\": {\n    \"http-proxy\": %q,\n    \"https-proxy\": %q,\n    \"no-proxy\": %q\n  }\n}", proxy, proxy, noProxy)
}

func containersForm(proxy, noProxy string) string {
	return fmt.Sprintf("[engine]\nenv = [\"HTTPS_PROXY=%s\", \"HTTP_PROXY=%s\", \"NO_PROXY=%s\"]", proxy, proxy, noProxy)
}

func rhsmForm(proxy, noProxy string) string {
	u, err := url.Parse(proxy)
	if err != nil {
		return ""
	}
	out := fmt.Sprintf("[server]\nproxy_hostname = %s\nproxy_port = %s\nproxy_scheme = %s\nno_proxy = %s", u.Hostname(), u.Port(), u.Scheme, noProxy)
	if u.User != nil {
		out += "\nproxy_user = USER\nproxy_password = PASSWORD"
	}
	return out
}
