package client

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// hostWith returns a host with these files, all of one time.
func hostWith(t *testing.T, env route.Environment, files map[string]string) settings.Host {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		made := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		if err := os.Chtimes(path, made, made); err != nil {
			t.Fatal(err)
		}
	}
	root, err := settings.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return settings.Host{Programs: Programs(), Root: root, Env: env, Home: "/root"}
}

func environment(pairs ...string) route.Environment {
	var env route.Environment
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		env = append(env, route.Variable{Name: name, Value: value, Source: "environment"})
	}
	return env
}

const (
	proxyA        = "http://a.corp.example:3128"
	proxyB        = "http://b.corp.example:3128"
	dockerService = "[Service]\nExecStart=/usr/bin/dockerd\n"
)

// unitOf returns a docker unit with environment lines.
func unitOf(lines ...string) string {
	return dockerService + "Environment=" + strings.Join(lines, "\nEnvironment=") + "\n"
}

// TestWhereEachClientTakesItsProxy has the precedence of each client's sources as
// measured (docs/field-notes.md#proxy-settings).
func TestWhereEachClientTakesItsProxy(t *testing.T) {
	both := environment("HTTPS_PROXY="+proxyA, "https_proxy="+proxyA)
	for _, r := range []struct {
		name, tool, target string
		env                route.Environment
		files              map[string]string
		want, source       string
	}{
		{"environment", "podman", "https://quay.io/", both, nil, "a.corp.example", "environment"},
		{"containers.conf fills", "podman", "https://quay.io/", nil,
			map[string]string{"/etc/containers/containers.conf": "[engine]\nenv = [\"HTTPS_PROXY=" + proxyB + "\"]\n"}, "b.corp.example",
			"/etc/containers/containers.conf:2"},
		{"containers.conf does not replace", "podman", "https://quay.io/", environment("HTTPS_PROXY=" + proxyA),
			map[string]string{"/etc/containers/containers.conf": "[engine]\nenv = [\"HTTPS_PROXY=" + proxyB + "\"]\n"},
			"a.corp.example", "environment"},
		{"skopeo has no containers.conf", "skopeo", "https://quay.io/", nil,
			map[string]string{"/usr/bin/skopeo": "", "/etc/containers/containers.conf": "[engine]\nenv = [\"HTTPS_PROXY=" + proxyB + "\"]\n"},
			"direct", ""},
		{"curlrc beats the environment", "curl", "https://quay.io/", both, map[string]string{"/root/.curlrc": "proxy = " + proxyB + "\n"},
			"b.corp.example", "/root/.curlrc:1"},
		{"NO_PROXY applies to curlrc", "curl", "https://quay.io/", environment("no_proxy=quay.io"),
			map[string]string{"/root/.curlrc": "proxy = " + proxyB + "\n"}, "direct", "/root/.curlrc:1"},
		{"gitconfig beats the environment", "git", "https://quay.io/", both,
			map[string]string{"/root/.gitconfig": "[http]\n\tproxy = " + proxyB + "\n"}, "b.corp.example", "/root/.gitconfig:2"},
		{"http.<url>.proxy beats http.proxy", "git", "https://quay.io/", both,
			map[string]string{"/root/.gitconfig": "[http]\n\tproxy = " + proxyA + "\n[http \"https://quay.io\"]\n\tproxy = " + proxyB + "\n"},
			"b.corp.example", "/root/.gitconfig:4"},
		{"http.<url>.proxy is for its host", "git", "https://other.example/", both,
			map[string]string{"/root/.gitconfig": "[http]\n\tproxy = " + proxyA + "\n[http \"https://quay.io\"]\n\tproxy = " + proxyB + "\n"},
			"a.corp.example", "/root/.gitconfig:2"},
		{"an empty http.proxy is direct", "git", "https://quay.io/", both, map[string]string{"/root/.gitconfig": "[http]\n\tproxy = \"\"\n"},
			"direct", "/root/.gitconfig:2"},
		{"an empty http.proxy of the URL is direct", "git", "https://quay.io/", both,
			map[string]string{"/root/.gitconfig": "[http]\n\tproxy = " + proxyB + "\n[http \"https://quay.io\"]\n\tproxy =\n"},
			"direct", "/root/.gitconfig:4"},
		{"an empty proxy of .curlrc is direct", "curl", "https://quay.io/", both, map[string]string{"/root/.curlrc": "proxy = \"\"\n"},
			"direct", "/root/.curlrc:1"},
		{"an empty https_proxy of wgetrc is direct", "wget", "https://quay.io/", both, map[string]string{"/etc/wgetrc": "https_proxy =\n"},
			"direct", "/etc/wgetrc:1"},
		{"use_proxy of wgetrc", "wget", "https://quay.io/", both,
			map[string]string{"/etc/wgetrc": "use_proxy = off\nhttps_proxy = " + proxyB + "\n"},
			"direct", ""},
		{"use_proxy of wgetrc, the last one counts", "wget", "https://quay.io/", both,
			map[string]string{"/etc/wgetrc": "use_proxy = off\nuse_proxy = on\nhttps_proxy = " + proxyB + "\n"}, "b.corp.example", "/etc/wgetrc:3"},
		{"an empty variable of containers.conf", "podman", "https://quay.io/", nil,
			map[string]string{"/etc/containers/containers.conf": "[engine]\nenv = [\"HTTPS_PROXY=\"]\n"}, "direct",
			"/etc/containers/containers.conf:2"},
		{"an empty key of daemon.json is none", "dockerd", "https://quay.io/", nil,
			map[string]string{"/usr/lib/systemd/system/docker.service": unitOf("HTTPS_PROXY=" + proxyB),
				"/etc/docker/daemon.json": "{\"proxies\": {\n\"https-proxy\": \"\"}}"}, "b.corp.example", "/usr/lib/systemd/system/docker.service:3"},
		{"an empty key of config.json is none", "docker CLI", "https://quay.io/", nil,
			map[string]string{"/root/.docker/config.json": `{"proxies": {"default": {"httpsProxy": "", "httpProxy": "` + proxyA + `"}}}`},
			"direct", ""},
		{"an empty variable of the shell", "podman", "https://quay.io/", environment("HTTPS_PROXY="), nil, "direct", "environment"},
		{"dnf.conf beats the environment", "dnf", "https://quay.io/", both,
			map[string]string{"/etc/dnf/dnf.conf": "[main]\nproxy=" + proxyB + "\n"}, "b.corp.example", "/etc/dnf/dnf.conf:2"},
		{"_none_ does not", "dnf", "https://quay.io/", both, map[string]string{"/usr/bin/dnf": "", "/etc/dnf/dnf.conf": "[main]\nproxy=_none_\n"},
			"a.corp.example", "environment"},
		{"rhsm.conf", "subscription-manager", "https://quay.io/", both, map[string]string{"/etc/rhsm/rhsm.conf": "[server]\nproxy_hostname = " +
			"b.corp.example\n"}, "b.corp.example", "/etc/rhsm/rhsm.conf:2"},
		{"insights-client takes rhsm.conf over", "insights-client", "https://quay.io/", both,
			map[string]string{"/etc/rhsm/rhsm.conf": "[server]\nproxy_hostname = b.corp.example\n"}, "b.corp.example", "/etc/rhsm/rhsm.conf:2"},
		{"wgetrc beats the environment", "wget", "https://quay.io/", both, map[string]string{"/etc/wgetrc": "https_proxy = " + proxyB + "\n"},
			"b.corp.example", "/etc/wgetrc:1"},
		{"a daemon does not see the shell", "dockerd", "https://quay.io/", both,
			map[string]string{"/usr/lib/systemd/system/docker.service": dockerService}, "direct", ""},
		{"the unit", "dockerd", "https://quay.io/", nil, map[string]string{"/usr/lib/systemd/system/docker.service": unitOf("HTTPS_PROXY=" +
			proxyB)}, "b.corp.example", "/usr/lib/systemd/system/docker.service:3"},
		{"daemon.json beats the unit", "dockerd", "https://quay.io/", nil,
			map[string]string{"/usr/lib/systemd/system/docker.service": unitOf("HTTPS_PROXY=" + proxyA),
				"/etc/docker/daemon.json": "{\"proxies\": {\n\"https-proxy\": \"" + proxyB + "\"}}"}, "b.corp.example", "/etc/docker/daemon.json:2"},
		{"and leaves the unit's NO_PROXY", "dockerd", "https://quay.io/", nil,
			map[string]string{"/usr/lib/systemd/system/docker.service": unitOf("NO_PROXY=quay.io"),
				"/etc/docker/daemon.json": "{\"proxies\": {\n\"https-proxy\": \"" + proxyB + "\"}}"}, "direct", "/etc/docker/daemon.json:2"},
		{"flags of the unit", "dockerd", "https://quay.io/", nil,
			map[string]string{"/usr/lib/systemd/system/docker.service": "[Service]\nExecStart=/usr/bin/dockerd --https-proxy=" + proxyB + "\n"},
			"b.corp.example", "/usr/lib/systemd/system/docker.service:2"},
		{"what runs counts", "dockerd", "https://quay.io/", nil,
			map[string]string{"/usr/lib/systemd/system/docker.service": unitOf("HTTPS_PROXY=" + proxyB),
				"/proc/7/cmdline": "/usr/bin/dockerd\x00", "/proc/7/environ": "HTTPS_PROXY=" + proxyA + "\x00"}, "a.corp.example", "/proc/7/environ"},
		{"a rootless daemon", "dockerd of the user", "https://quay.io/", nil,
			map[string]string{"/root/.config/systemd/user/docker.service": unitOf("HTTPS_PROXY=" + proxyB)}, "b.corp.example",
			"/root/.config/systemd/user/docker.service:3"},
		{"containers and builds", "docker CLI", "https://quay.io/", both,
			map[string]string{"/root/.docker/config.json": "{\"proxies\": {\"default\": {\n\"httpsProxy\": \"" + proxyB + "\"}}}"}, "b.corp.example",
			"/root/.docker/config.json:2"},
	} {
		t.Run(r.name, func(t *testing.T) {
			c, found := settings.Read(hostWith(t, r.env, r.files)).Client(r.tool)
			if !found {
				t.Fatalf("no row for %s", r.tool)
			}
			u, err := url.Parse(r.target)
			if err != nil {
				t.Fatal(err)
			}
			d := c.Decide(u)
			got := d.Outcome()
			if got == "proxy" {
				got = d.Host
			}
			if got != r.want || d.Source != r.source {
				t.Errorf("%s from %q, want %s from %q", got, d.Source, r.want, r.source)
			}
		})
	}
}

// TestUnreadableProcessIsUnknown: what cannot be seen is not guessed.
func TestUnreadableProcessIsUnknown(t *testing.T) {
	h := hostWith(t, nil, map[string]string{"/usr/lib/systemd/system/docker.service": unitOf("HTTPS_PROXY=" + proxyB),
		"/proc/7/cmdline": "/usr/bin/dockerd\x00"})
	c, _ := settings.Read(h).Client("dockerd")
	if c.Unknown == "" || !strings.Contains(c.Find, "/proc/7/environ") || !c.Running {
		t.Errorf("unknown %q, find %q, running %v", c.Unknown, c.Find, c.Running)
	}
}

// A report about another host often lacks the units. A service that other files show has a row:
// what they say, and no more. Without such a file it has none.
func TestAServiceWithoutItsUnit(t *testing.T) {
	dropIn := func(unit string) map[string]string {
		return map[string]string{"/etc/systemd/system/" + unit + ".d/proxy.conf": "[Service]\nEnvironment=HTTPS_PROXY=" + proxyB + "\n"}
	}
	daemonJSON := func(text string) map[string]string { return map[string]string{"/etc/docker/daemon.json": text} }
	for _, r := range []struct {
		tool, unit string
		files      map[string]string
		proxy      string // empty for unknown
	}{
		{"dockerd", "docker.service", dropIn("docker.service"), "b.corp.example"},
		{"dockerd", "docker.service", daemonJSON(`{"proxies": {"https-proxy": "` + proxyB + `"}}`), "b.corp.example"},
		{"dockerd", "docker.service", daemonJSON(`{"log-driver": "journald"}`), ""},
		{"dockerd", "docker.service", map[string]string{"/etc/systemd/system/docker.service.d/proxy.cnf": "[Service]\n"}, ""},
		{"dockerd", "snap.docker.dockerd.service", dropIn("snap.docker.dockerd.service"), "b.corp.example"},
		{"containerd", "k3s.service", dropIn("k3s.service"), "b.corp.example"},
		{"containerd", "k3s.service", map[string]string{"/etc/systemd/system/k3s.service.env": "HTTPS_PROXY=" + proxyB + "\n"}, ""},
		{"containerd", "rke2-agent.service", map[string]string{"/etc/default/rke2-agent": "HTTPS_PROXY=" + proxyB + "\n"}, ""},
		{"crio", "crio.service", dropIn("crio.service"), "b.corp.example"},
		{"kubelet", "kubelet.service", dropIn("kubelet.service"), "b.corp.example"},
		{"podman service", "podman.service", dropIn("podman.service"), "b.corp.example"},
		{"dockerd of the user", "docker.service", map[string]string{
			"/root/.config/systemd/user/docker.service.d/proxy.conf": "[Service]\nEnvironment=HTTPS_PROXY=" + proxyB + "\n"}, "b.corp.example"},
	} {
		c, found := settings.Read(hostWith(t, nil, r.files)).Client(r.tool)
		d := c.Decide(&url.URL{Scheme: "https", Host: "quay.io"})
		said := slices.ContainsFunc(c.Remarks, func(m settings.Remark) bool { return m.Code == settings.UnitGone && m.Source == r.unit })
		if !found || !said || d.Host != r.proxy || (c.Unknown == "") != (r.proxy != "") || c.Installed {
			t.Errorf("%s, %v: found %v, said %v, %q, unknown %q", r.tool, r.files, found, said, d.Host, c.Unknown)
		}
	}
	for _, files := range []map[string]string{nil,
		{"/etc/systemd/system/service.d/all.conf": "[Service]\nEnvironment=HTTPS_PROXY=" + proxyB + "\n"},
		{"/etc/systemd/system/docker.service": "", "/etc/docker/daemon.json": "{}"}} {
		if c, found := settings.Read(hostWith(t, nil, files)).Client("dockerd"); found {
			t.Errorf("%v: a row for %s", files, c.Tool)
		}
	}
}

// TestClientsKnowTheirFamilies: every row of the table has rules.
func TestClientsKnowTheirFamilies(t *testing.T) {
	for _, p := range Programs() {
		if p.Family != "" && !slices.Contains(route.Families(), p.Family) {
			t.Errorf("%s: no family %s", p.Tool, p.Family)
		}
	}
}

// TestSuggestedListIsReadAlike holds the recommended form to every family: hosts
// inside go direct, hosts outside to the proxy, whoever asks.
func TestSuggestedListIsReadAlike(t *testing.T) {
	list := strings.Join(settings.RecommendedNoProxy([]string{"*.corp.example registry.lab.example:5000;https://other.example/ 10.1.2.3"}),
		",")
	env := environment("HTTPS_PROXY="+proxyA, "https_proxy="+proxyA, "HTTP_PROXY="+proxyA, "http_proxy="+proxyA,
		"NO_PROXY="+list, "no_proxy="+list)
	for target, want := range map[string]string{"https://corp.example/": "direct", "https://a.b.corp.example:5000/": "direct",
		"https://registry.lab.example:5000/": "direct",
		"https://10.1.2.3/":                  "direct", "https://localhost:5000/": "direct", "https://127.0.0.1:5000/": "direct",
		"https://other.example/": "direct", "https://quay.io/": "proxy"} {
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range route.Families() {
			if family == "node-fetch-noenv" || family == "java" || family == "ruby-nethttp" {
				continue // these read no variable, or http_proxy alone
			}
			d, err := route.Named(family)
			if err != nil {
				t.Fatal(err)
			}
			got := d.Decide(env, u).Outcome()
			if family == "ruby-openuri" && got == "unknown" {
				continue // it looks the name up and compares it with the address in the list
			}
			if got != want {
				t.Errorf("%s, %s: %s, want %s (list %s)", family, target, got, want, list)
			}
		}
	}
	if slices.ContainsFunc(route.Forms(list), func(f route.Form) bool { return true }) {
		t.Errorf("the recommended list has lints: %v", route.Forms(list))
	}
}

// A setting is called what its own source calls it: that is what somebody looks for there.
func TestSettingsKeepTheNameOfTheirSource(t *testing.T) {
	for _, r := range []struct{ tool, file, text, want string }{
		{"podman", "/etc/containers/containers.conf", "[engine]\nenv = [\"HTTPS_PROXY=" + proxyB + "\"]\n", "engine.env HTTPS_PROXY"},
		{"curl", "/root/.curlrc", "proxy = " + proxyB + "\n", "proxy"},
		{"curl", "/root/.curlrc", "-x " + proxyB + "\n", "-x"},
		{"git", "/root/.gitconfig", "[http]\n\tproxy = " + proxyB + "\n", "http.proxy"},
		{"git", "/root/.gitconfig", "[http \"https://quay.io\"]\n\tproxy = " + proxyB + "\n", "http.https://quay.io.proxy"},
		{"dnf", "/etc/dnf/dnf.conf", "[main]\nproxy=" + proxyB + "\n", "proxy"},
		{"wget", "/etc/wgetrc", "https-proxy = " + proxyB + "\n", "https-proxy"},
		{"subscription-manager", "/etc/rhsm/rhsm.conf", "[server]\nproxy_hostname = b.corp.example\n", "proxy_hostname"},
		{"insights-client", "/etc/insights-client/insights-client.conf", "[insights-client]\nproxy=" + proxyB + "\n", "proxy"},
		{"docker CLI", "/root/.docker/config.json", `{"proxies": {"default": {"httpsProxy": "` + proxyB + `"}}}`, "proxies.default.httpsProxy"},
		{"dockerd", "/usr/lib/systemd/system/docker.service", unitOf("HTTPS_PROXY=" + proxyB), "HTTPS_PROXY"},
		{"dockerd", "/usr/lib/systemd/system/docker.service", "[Service]\nExecStart=/usr/bin/dockerd --https-proxy=" + proxyB + "\n",
			"--https-proxy"},
	} {
		c, found := settings.Read(hostWith(t, nil, map[string]string{r.file: r.text})).Client(r.tool)
		if !found {
			t.Errorf("no row for %s", r.tool)
			continue
		}
		d := c.Decide(&url.URL{Scheme: "https", Host: "quay.io"})
		if d.Variable != r.want || !strings.HasPrefix(d.Source, r.file+":") {
			t.Errorf("%s, %s: %q from %q, want %q", r.tool, r.file, d.Variable, d.Source, r.want)
		}
	}
}

// What one client alone has is not written for all without a word, and a proxy that its client
// never uses is not chosen.
func TestSuggestionKeepsApartWhatOneClientHas(t *testing.T) {
	shell := environment("HTTPS_PROXY="+proxyA, "https_proxy="+proxyA, "NO_PROXY=corp.example", "no_proxy=corp.example")
	both := append(environment("HTTP_PROXY="+proxyB, "http_proxy="+proxyB), shell...)
	starred := map[string]string{"/root/.curlrc": "proxy = " + proxyB + "\nnoproxy = \"*\"\n"}
	for _, r := range []struct {
		name           string
		env            route.Environment
		files          map[string]string
		https, http    string
		said, unsaid   string
		listed, absent string
	}{
		{"one proxy", shell, nil, proxyA, proxyA, "no client here has one for http://", "only", "corp.example", "*"},
		{"one for each scheme", both, nil, proxyA, proxyB, "no other one is named here (HTTP_PROXY from environment)", "single",
			"corp.example", "*"},
		{"http:// of wget alone", shell, map[string]string{"/etc/wgetrc": "http_proxy = " + proxyB + "\nno_proxy = w.example,x.example\n"},
			proxyA, proxyA, "w.example, x.example: only wget exempts them (no_proxy from /etc/wgetrc:2)", "corp.example: only", "w.example", "*"},
		{"one of dockerd alone", nil,
			map[string]string{"/usr/lib/systemd/system/docker.service": unitOf("HTTPS_PROXY="+proxyA, "HTTP_PROXY="+proxyB)},
			proxyA, proxyB, "no other one is named here (HTTPS_PROXY", "single", "localhost", "corp.example"},
		{"never used beside one that is", shell, starred, proxyA, proxyA,
			"curl: it has the proxy " + proxyB + " (proxy from /root/.curlrc:1), and the entry * of noproxy (/root/.curlrc:2)",
			proxyB + " for curl", "corp.example", "*"},
		{"empty", shell, map[string]string{"/root/.gitconfig": "[http]\n\tproxy =\n"}, proxyA, proxyA,
			"git: http.proxy is set and empty (/root/.gitconfig:2)", "curl:", "corp.example", "*"},
		{"switched off", shell, map[string]string{"/etc/wgetrc": "use_proxy = no\n"}, proxyA, proxyA,
			"wget: use_proxy = no keeps it from every proxy (from /etc/wgetrc:1)", "curl:", "corp.example", "*"},
		{"never used", nil, starred, "", "", "", "", "", ""},
	} {
		t.Run(r.name, func(t *testing.T) {
			s, err := settings.Suggest(settings.Wanted{Clients: settings.Read(hostWith(t, r.env, r.files)).Clients,
				Targets: []*url.URL{{Scheme: "https", Host: "quay.io"}}})
			if (err != nil) != (r.https == "") {
				t.Fatal(err)
			}
			text := strings.Join(slices.Concat([]string{s.HTTPS.Why, s.HTTP.Why}, s.Added, s.Direct, s.Apart), "\n")
			if s.HTTPS.Proxy != r.https || s.HTTP.Proxy != r.http || !strings.Contains(text, r.said) ||
				r.unsaid != "" && strings.Contains(text, r.unsaid) {
				t.Errorf("%s and %s:\n%s", s.HTTPS.Proxy, s.HTTP.Proxy, text)
			}
			if r.listed != "" && !slices.Contains(s.NoProxy, r.listed) || slices.Contains(s.NoProxy, r.absent) {
				t.Errorf("list %v", s.NoProxy)
			}
		})
	}
}

// Two settings of one client that contradict each other have a finding, and others have none.
func TestContradictionsOfOneClient(t *testing.T) {
	shell := environment("HTTPS_PROXY="+proxyA, "https_proxy="+proxyA, "NO_PROXY=*")
	for _, r := range []struct {
		tool, file, text string
		code             settings.Code
	}{
		{"podman", "/etc/containers/containers.conf", "[engine]\nenv = [\"HTTPS_PROXY=" + proxyB + "\"]\n", settings.EngineOverridden},
		{"podman", "/etc/containers/containers.conf", "[engine]\nenv = [\"HTTPS_PROXY=" + proxyA + "\"]\n", ""},
		{"podman", "/etc/containers/containers.conf", "[engine]\nenv = [\"HTTP_PROXY=" + proxyB + "\"]\n", ""},
		{"podman", "/etc/containers/containers.conf", "[containers]\nhttp_proxy = \"" + proxyB + "\"\n", settings.Syntax},
		{"podman", "/etc/containers/containers.conf", "[containers]\nhttp_proxy = false\n", ""},
		{"curl", "/root/.curlrc", "proxy = " + proxyB + "\nnoproxy = \"*\"\n", settings.NeverUsed},
		{"curl", "/root/.curlrc", "proxy = " + proxyB + "\nnoproxy = \"a.example\"\n", ""},
		{"curl", "/root/.curlrc", "noproxy = \"*\"\n", ""},
		{"wget", "/etc/wgetrc", "use_proxy = off\nhttps_proxy = " + proxyB + "\n", settings.NeverUsed},
		{"wget", "/etc/wgetrc", "use_proxy = off\n", ""},
		{"dockerd", "/etc/docker/daemon.json", `{"proxies": {"https-proxy": "` + proxyB + `", "no-proxy": "*"}}`, settings.NeverUsed},
	} {
		c, _ := settings.Read(hostWith(t, shell, map[string]string{r.file: r.text})).Client(r.tool)
		var codes []settings.Code
		for _, m := range c.Remarks {
			if slices.Contains([]settings.Code{settings.EngineOverridden, settings.NeverUsed, settings.Syntax}, m.Code) {
				codes = append(codes, m.Code)
			}
		}
		if want := slices.DeleteFunc([]settings.Code{r.code}, func(c settings.Code) bool { return c == "" }); !slices.Equal(codes, want) {
			t.Errorf("%s, %s: %q, want %q", r.tool, r.text, codes, want)
		}
	}
}
