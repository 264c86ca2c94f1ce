package settings

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/internal/route"
)

// hostWith is a host with these files, all of one time.
func hostWith(t *testing.T, env route.Environment, files map[string]string) Host {
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
	root, err := OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return Host{Root: root, Env: env, Home: "/root"}
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

// unitOf is a docker unit with environment lines.
func unitOf(lines ...string) string {
	return dockerService + "Environment=" + strings.Join(lines, "\nEnvironment=") + "\n"
}

// TestWhereEachClientTakesItsProxy has the precedence of each client's sources as
// measured (proxy-settings section 2).
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
			map[string]string{"/etc/containers/containers.conf": "[engine]\nenv = [\"HTTPS_PROXY=" + proxyB + "\"]\n"}, "b.corp.example", "/etc/containers/containers.conf:2"},
		{"containers.conf does not replace", "podman", "https://quay.io/", environment("HTTPS_PROXY=" + proxyA),
			map[string]string{"/etc/containers/containers.conf": "[engine]\nenv = [\"HTTPS_PROXY=" + proxyB + "\"]\n"}, "a.corp.example", "environment"},
		{"skopeo has no containers.conf", "skopeo", "https://quay.io/", nil,
			map[string]string{"/usr/bin/skopeo": "", "/etc/containers/containers.conf": "[engine]\nenv = [\"HTTPS_PROXY=" + proxyB + "\"]\n"}, "direct", ""},
		{"curlrc beats the environment", "curl", "https://quay.io/", both, map[string]string{"/root/.curlrc": "proxy = " + proxyB + "\n"}, "b.corp.example", "/root/.curlrc:1"},
		{"NO_PROXY applies to curlrc", "curl", "https://quay.io/", environment("no_proxy=quay.io"), map[string]string{"/root/.curlrc": "proxy = " + proxyB + "\n"}, "direct", "/root/.curlrc:1"},
		{"gitconfig beats the environment", "git", "https://quay.io/", both, map[string]string{"/root/.gitconfig": "[http]\n\tproxy = " + proxyB + "\n"}, "b.corp.example", "/root/.gitconfig:2"},
		{"http.<url>.proxy beats http.proxy", "git", "https://quay.io/", both,
			map[string]string{"/root/.gitconfig": "[http]\n\tproxy = " + proxyA + "\n[http \"https://quay.io\"]\n\tproxy = " + proxyB + "\n"}, "b.corp.example", "/root/.gitconfig:4"},
		{"http.<url>.proxy is for its host", "git", "https://other.example/", both,
			map[string]string{"/root/.gitconfig": "[http]\n\tproxy = " + proxyA + "\n[http \"https://quay.io\"]\n\tproxy = " + proxyB + "\n"}, "a.corp.example", "/root/.gitconfig:2"},
		{"an empty http.proxy is direct", "git", "https://quay.io/", both, map[string]string{"/root/.gitconfig": "[http]\n\tproxy = \"\"\n"}, "direct", ""},
		{"dnf.conf beats the environment", "dnf", "https://quay.io/", both, map[string]string{"/etc/dnf/dnf.conf": "[main]\nproxy=" + proxyB + "\n"}, "b.corp.example", "/etc/dnf/dnf.conf:2"},
		{"_none_ does not", "dnf", "https://quay.io/", both, map[string]string{"/usr/bin/dnf": "", "/etc/dnf/dnf.conf": "[main]\nproxy=_none_\n"}, "a.corp.example", "environment"},
		{"rhsm.conf", "subscription-manager", "https://quay.io/", both, map[string]string{"/etc/rhsm/rhsm.conf": "[server]\nproxy_hostname = b.corp.example\n"}, "b.corp.example", "/etc/rhsm/rhsm.conf:2"},
		{"insights-client takes rhsm.conf over", "insights-client", "https://quay.io/", both,
			map[string]string{"/etc/rhsm/rhsm.conf": "[server]\nproxy_hostname = b.corp.example\n"}, "b.corp.example", "/etc/rhsm/rhsm.conf:2"},
		{"wgetrc beats the environment", "wget", "https://quay.io/", both, map[string]string{"/etc/wgetrc": "https_proxy = " + proxyB + "\n"}, "b.corp.example", "/etc/wgetrc:1"},
		{"a daemon does not see the shell", "dockerd", "https://quay.io/", both, map[string]string{"/usr/lib/systemd/system/docker.service": dockerService}, "direct", ""},
		{"the unit", "dockerd", "https://quay.io/", nil, map[string]string{"/usr/lib/systemd/system/docker.service": unitOf("HTTPS_PROXY=" + proxyB)}, "b.corp.example", "/usr/lib/systemd/system/docker.service:3"},
		{"daemon.json beats the unit", "dockerd", "https://quay.io/", nil, map[string]string{"/usr/lib/systemd/system/docker.service": unitOf("HTTPS_PROXY=" + proxyA),
			"/etc/docker/daemon.json": "{\"proxies\": {\n\"https-proxy\": \"" + proxyB + "\"}}"}, "b.corp.example", "/etc/docker/daemon.json:2"},
		{"and leaves the unit's NO_PROXY", "dockerd", "https://quay.io/", nil, map[string]string{"/usr/lib/systemd/system/docker.service": unitOf("NO_PROXY=quay.io"),
			"/etc/docker/daemon.json": "{\"proxies\": {\n\"https-proxy\": \"" + proxyB + "\"}}"}, "direct", "/etc/docker/daemon.json:2"},
		{"flags of the unit", "dockerd", "https://quay.io/", nil,
			map[string]string{"/usr/lib/systemd/system/docker.service": "[Service]\nExecStart=/usr/bin/dockerd --https-proxy=" + proxyB + "\n"}, "b.corp.example", "/usr/lib/systemd/system/docker.service:2"},
		{"what runs counts", "dockerd", "https://quay.io/", nil, map[string]string{"/usr/lib/systemd/system/docker.service": unitOf("HTTPS_PROXY=" + proxyB),
			"/proc/7/cmdline": "/usr/bin/dockerd\x00", "/proc/7/environ": "HTTPS_PROXY=" + proxyA + "\x00"}, "a.corp.example", "/proc/7/environ"},
		{"a rootless daemon", "dockerd of the user", "https://quay.io/", nil,
			map[string]string{"/root/.config/systemd/user/docker.service": unitOf("HTTPS_PROXY=" + proxyB)}, "b.corp.example", "/root/.config/systemd/user/docker.service:3"},
		{"containers and builds", "docker CLI", "https://quay.io/", both,
			map[string]string{"/root/.docker/config.json": "{\"proxies\": {\"default\": {\n\"httpsProxy\": \"" + proxyB + "\"}}}"}, "b.corp.example", "/root/.docker/config.json:2"},
	} {
		t.Run(r.name, func(t *testing.T) {
			c, found := Read(hostWith(t, r.env, r.files)).Client(r.tool)
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
	h := hostWith(t, nil, map[string]string{"/usr/lib/systemd/system/docker.service": unitOf("HTTPS_PROXY=" + proxyB), "/proc/7/cmdline": "/usr/bin/dockerd\x00"})
	c, _ := Read(h).Client("dockerd")
	if c.Unknown == "" || !strings.Contains(c.Find, "/proc/7/environ") || !c.Running {
		t.Errorf("unknown %q, find %q, running %v", c.Unknown, c.Find, c.Running)
	}
}

// TestClientsKnowTheirFamilies: every row of the table has rules.
func TestClientsKnowTheirFamilies(t *testing.T) {
	for _, s := range shellTools() {
		if !slices.Contains(route.Families(), s.family) {
			t.Errorf("%s: no family %s", s.tool, s.family)
		}
	}
}

// TestSuggestedListIsReadAlike holds the recommended form to every family: hosts
// inside go direct, hosts outside to the proxy, whoever asks.
func TestSuggestedListIsReadAlike(t *testing.T) {
	list := strings.Join(RecommendedNoProxy([]string{"*.corp.example registry.lab.example:5000;https://other.example/ 10.1.2.3"}), ",")
	env := environment("HTTPS_PROXY="+proxyA, "https_proxy="+proxyA, "HTTP_PROXY="+proxyA, "http_proxy="+proxyA, "NO_PROXY="+list, "no_proxy="+list)
	for target, want := range map[string]string{"https://corp.example/": "direct", "https://a.b.corp.example:5000/": "direct", "https://registry.lab.example:5000/": "direct",
		"https://10.1.2.3/": "direct", "https://localhost:5000/": "direct", "https://127.0.0.1:5000/": "direct", "https://other.example/": "direct", "https://quay.io/": "proxy"} {
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
