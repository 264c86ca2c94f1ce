package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// suggestedFile matches the comment above the lines for a file.
var suggestedFile = regexp.MustCompile(`(?m)^# (/[^\n:]*): `)

// What is suggested for a host, written to its files and read again, has no finding that the
// suggestion does not name, and takes each client the same way, unless the suggestion says
// that this client cannot.
func TestSuggestionHoldsWhatItSays(t *testing.T) {
	for name, tree := range suggestTrees(t) {
		t.Run(name, func(t *testing.T) { tryAsSuggested(t, tree) })
	}
}

// suggestTrees are the example hosts, and made-up ones with each form of list and proxy.
func suggestTrees(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, host := range []string{"rhel9-podman", "openshift-node", "ubuntu-docker"} {
		out[host] = filepath.Join(t.TempDir(), host)
		copyTree(t, filepath.Join(exampleHosts, host), out[host])
	}
	lists := map[string]string{"none": "", "wildcard": "*.corp.example", "port": "harbor.corp.example:8443", "prefix": "10.0.0.0/8",
		"star": "*,corp.example", "blanks": "a.example b.example", "url": "https://other.example/v2/", "ipv6": "[fd00::1],fd00::/8",
		"dot": "corp.example.", "quoted": `"corp.example"`, "inside": "registry.*.io", "single": "10.1.2.3/32", "idn": "bücher.example"}
	proxies := map[string]string{"plain": "http://proxy.corp.example:3128", "tls": "https://proxy.corp.example:3128",
		"login": "http://svc:word@proxy.corp.example:3128", "bare": "proxy.corp.example:3128", "no port": "http://proxy.corp.example",
		"loopback": "http://127.0.0.1:8888", "socks": "socks5://proxy.corp.example:1080"}
	for l, list := range lists {
		for p, proxy := range proxies {
			if testing.Short() && l != "wildcard" && p != "plain" {
				continue
			}
			out[l+" list, "+p+" proxy"] = suggestTree(t, proxy, list)
		}
	}
	return out
}

// suggestTree is a host on which every client has its proxy from another place.
func suggestTree(t *testing.T, proxy, list string) string {
	t.Helper()
	root := t.TempDir()
	shell := "HTTPS_PROXY=" + proxy + "\nHTTP_PROXY=http://proxy.corp.example:3128\nNO_PROXY=" + list + "\n"
	for name, text := range map[string]string{
		"etc/environment":                             shell,
		"etc/profile.d/site.sh":                       "export no_proxy='localhost,.lab.example'\n",
		"etc/containers/containers.conf":              "[engine]\nenv = [\"HTTP_PROXY=http://proxy2.corp.example:3128\"]\n",
		"usr/lib/systemd/system/docker.service":       "[Service]\nExecStart=/usr/bin/dockerd\n",
		"usr/lib/systemd/system/containerd.service":   "[Service]\nExecStart=/usr/bin/containerd\n",
		"etc/systemd/system/docker.service.d/p.conf":  "[Service]\nEnvironment=\"HTTPS_PROXY=http://oldproxy.corp.example:3128\"\n",
		"root/.curlrc":                                "proxy = http://127.0.0.1:8888\nnoproxy = \"lab.example\"\n",
		"root/.gitconfig":                             "[http]\n\tproxy = http://gitproxy.corp.example:3128\n",
		"etc/dnf/dnf.conf":                            "[main]\nproxy=http://dnfproxy.corp.example:3128\n",
		"etc/wgetrc":                                  "https_proxy = http://wgetproxy.corp.example:3128\n",
		"etc/rhsm/rhsm.conf":                          "[server]\nproxy_hostname = rhsmproxy.corp.example\nproxy_port = 8080\n",
		"root/.docker/config.json":                    `{"proxies": {"default": {"httpsProxy": "http://builds.corp.example:3128"}}}`,
		"usr/bin/docker":                              "",
		"usr/bin/skopeo":                              "",
		"usr/bin/wget":                                "",
		"usr/bin/dnf":                                 "",
		"usr/lib/python3.11/site-packages/x/METADATA": "",
	} {
		writeBelow(t, root, name, text)
	}
	return root
}

func writeBelow(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func tryAsSuggested(t *testing.T, tree string) {
	t.Helper()
	hosts := []string{"registry.redhat.io", "10.1.2.3", "harbor.corp.example:8443"}
	status, out, errors := invoke(t, append([]string{"settings", "--root", tree, "--suggest"}, hosts...)...)
	if status != exitOK || errors != "" {
		t.Fatalf("status %d, %s", status, errors)
	}
	head, _, _ := strings.Cut(out, "\n# In each file")
	for line := range strings.Lines(head) {
		if len(line) > 81 {
			t.Errorf("longer than 80 columns: %s", line)
		}
	}
	before := settingsOf(t, tree, hosts)
	writeSuggested(t, tree, out)
	if err := os.RemoveAll(filepath.Join(tree, "proc")); err != nil { // the daemons are started again
		t.Fatal(err)
	}
	again := settingsOf(t, tree, hosts)
	flat := strings.Join(strings.Fields(strings.ReplaceAll(head, "\n#", "\n")), " ")
	for _, l := range again.Lints {
		if l.MaskedBy == "" && !strings.Contains(flat, "- "+l.Code+": ") && !before.elsewhere(l.Code) {
			t.Errorf("after the suggestion: %s: %s (%s)", l.Code, l.Title, l.Seen)
		}
	}
	_, apart, _ := strings.Cut(flat, "What cannot be made alike:")
	for _, host := range again.hosts() {
		ways := map[string][]string{}
		for _, r := range again.Rows {
			if r.Target == host && !strings.Contains(apart, strings.Fields(r.Tool)[0]) && r.Decision != "error" {
				way := r.Decision + " " + strings.Replace(r.Proxy, "REDACTED@", "", 1)
				ways[way] = append(ways[way], r.Tool)
			}
		}
		if len(ways) > 1 {
			t.Errorf("%s: the clients are not alike: %v", host, ways)
		}
	}
}

// writeSuggested writes the lines of each file in place of what is there.
func writeSuggested(t *testing.T, tree, out string) {
	t.Helper()
	at := suggestedFile.FindAllStringSubmatchIndex(out, -1)
	if len(at) < 5 {
		t.Fatalf("%d files:\n%s", len(at), out)
	}
	for i, m := range at {
		end := len(out)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		text := out[m[0]:end]
		for strings.HasPrefix(text, "#") {
			_, text, _ = strings.Cut(text, "\n")
		}
		name := out[m[2]:m[3]]
		_, err := os.Stat(filepath.Join(tree, "usr/lib/systemd/system/docker.service"))
		if noDocker := err != nil && strings.HasSuffix(name, "daemon.json"); !noDocker && !strings.Contains(name, "UNIT") {
			writeBelow(t, tree, name, text)
		}
	}
}

// surveyedSettings is what is read of a report on settings.
type surveyedSettings struct {
	Rows  []struct{ Tool, Target, Decision, Proxy string }
	Lints []surveyedLint
}

type surveyedLint struct {
	Code, Title, Seen string
	MaskedBy          string `json:"masked_by"`
}

// elsewhere tells that a finding was there before and is about what no line of a suggestion
// replaces: a drop-in that is not read, a file that cannot be read, a repository of dnf.
func (s surveyedSettings) elsewhere(code string) bool {
	return slices.Contains([]string{"unit-drop-in-ineffective", "settings-source-unreadable", "dnf-proxy-none"}, code) &&
		slices.ContainsFunc(s.Lints, func(l surveyedLint) bool { return l.Code == code })
}

func (s surveyedSettings) hosts() []string {
	var out []string
	for _, r := range s.Rows {
		if !slices.Contains(out, r.Target) {
			out = append(out, r.Target)
		}
	}
	return out
}

func settingsOf(t *testing.T, tree string, hosts []string) surveyedSettings {
	t.Helper()
	status, out, errors := invoke(t, append([]string{"settings", "--root", tree, "-o", "json"}, hosts...)...)
	var s surveyedSettings
	if err := json.Unmarshal([]byte(out), &s); err != nil || status != exitOK {
		t.Fatalf("status %d, %v, %s", status, err, errors)
	}
	return s
}
