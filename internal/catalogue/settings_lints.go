package catalogue

import (
	"cmp"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/redact"
)

// lint is a row about how a setting is written. Its evidence are remarks on a client's
// setting.
type lint struct {
	diagnosis.Entry
	// Remarks are the codes of the remarks that make it; nil takes the row's own code.
	Remarks []string
	// Write is asked for where the remark names no line to write.
	Write string
	// Weigh, where set, is what a match comes to beside the rest of the run.
	Weigh func(*diagnosis.View, diagnosis.Match) diagnosis.Match
	// OfEntry tells that a remark's value is the entry of a list that it is about.
	OfEntry bool
}

// allLints are those that `settings` shows and no walk does, and those of a walk's targets.
func allLints() []lint {
	return slices.Concat(valueLints(), noProxyLints(), fileLints(), registryLints())
}

// lints are their rows.
func lints() []diagnosis.Entry {
	var out []diagnosis.Entry
	for _, l := range allLints() {
		out = append(out, l.row())
	}
	return out
}

// LintOf returns the code of the lint that a remark on a setting makes, empty for none.
func LintOf(remark string) diagnosis.Code {
	for _, l := range allLints() {
		if slices.Contains(l.codes(), remark) {
			return l.Code
		}
	}
	return ""
}

// codes are those of the remarks that make the row.
func (l lint) codes() []string {
	if l.Remarks == nil {
		return []string{string(l.Code)}
	}
	return l.Remarks
}

func (l lint) row() diagnosis.Entry {
	e := shared(diagnosis.Entry{
		Layer: diagnosis.Settings, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Seen:   "{where}: {text}",
		Values: []string{"where", "variable", "value", "text", "write"},
		Needs:  []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpHandshake},
	}, l.Entry)
	e.Remedy = cmp.Or(l.Remedy, "{write}")
	e.Provoke.Title = cmp.Or(e.Provoke.Title, e.Title)
	e.Match = func(v *diagnosis.View) []diagnosis.Match { return matchRemarks(v, l) }
	return e
}

// told is a fact with the lines that it holds for.
type told struct {
	remarks []evidence.SettingRemark
	known   map[evidence.SettingRemark]bool
	hops    []int
}

// matchRemarks makes a match of every remark of the codes; the same fact about
// several lines is told once.
func matchRemarks(v *diagnosis.View, l lint) []diagnosis.Match {
	var out []diagnosis.Match
	codes := l.codes()
	for _, fact := range facts(v) {
		if !slices.Contains(codes, fact.remarks[0].Code) {
			continue
		}
		m := diagnosis.Match{Hops: slices.Clone(fact.hops), Values: fact.values(l.Write)}
		if failed := fact.decides(v, l.Code); len(failed) > 0 {
			m.Severity, m.Strength, m.Hops = diagnosis.Error, diagnosis.Likely, append(m.Hops, diagnosis.IDs(failed)...)
		}
		for _, r := range fact.remarks {
			if l.OfEntry {
				m.Entries = append(m.Entries, r.Value)
			}
		}
		if l.Weigh != nil {
			m = l.Weigh(v, m)
		}
		out = append(out, m)
	}
	return out
}

// decides are the direct connections of a walk that failed where the fact may be why its client
// has no proxy.
func (t *told) decides(v *diagnosis.View, code diagnosis.Code) []evidence.Hop {
	var targets []string
	for _, id := range t.hops {
		if h, _ := v.Hop(id); h.OnPath() && setting(h).Outcome == evidence.OutcomeDirect && setting(h).Token == "" && setting(h).Implicit == "" {
			targets = append(targets, h.Target)
		}
	}
	if len(targets) == 0 || !slices.Contains(lost(), code) {
		return nil
	}
	return directFailures(v, targets)
}

// facts are what the run's settings have to say, each once, in the order of the hops.
func facts(v *diagnosis.View) []*told {
	type ofRun struct{}
	return diagnosis.Remember(v, ofRun{}, func() []*told {
		var order []*told
		found := map[[2]string]*told{}
		for _, h := range v.Hops(evidence.OpSetting, nil) {
			for _, r := range setting(h).Remarks {
				key := [2]string{r.Code, r.Text}
				if found[key] == nil {
					found[key] = &told{known: map[evidence.SettingRemark]bool{}}
					order = append(order, found[key])
				}
				found[key].add(h, r)
			}
		}
		return order
	})
}

// add takes one more line. A hop's remarks come one after the other.
func (t *told) add(h evidence.Hop, r evidence.SettingRemark) {
	if n := len(t.hops); n == 0 || t.hops[n-1] != h.ID {
		t.hops = append(t.hops, h.ID)
	}
	if !t.known[r] {
		t.known[r] = true
		t.remarks = append(t.remarks, r)
	}
}

func (t *told) values(remedy string) map[string]string {
	var lines, writes []string
	wrote, valued := map[string]bool{}, map[string]bool{}
	for _, r := range t.remarks {
		line := r.Source
		if valued[r.Value] && r.Value != "" && !strings.Contains(r.Value, redact.Mark) { // NO_PROXY and no_proxy have it in two lines
			r.Value, line = "", "the same in "+line
		}
		valued[r.Value] = true
		if what := strings.TrimPrefix(r.Variable+"="+r.Value, "="); strings.Trim(what, "=") != "" {
			line = strings.TrimPrefix(line+", "+strings.TrimSuffix(what, "="), ", ")
		}
		lines = append(lines, line)
		if r.Write != "" && !wrote[r.Write] {
			wrote[r.Write] = true
			writes = append(writes, r.Write)
		}
	}
	write := few(writes, "; ")
	switch {
	case write == "":
		write = remedy
	case remedy != "":
		write = remedy + ": " + write
	}
	r := t.remarks[0]
	return map[string]string{"where": few(lines, "; "), "variable": r.Variable, "value": r.Value, "text": r.Text, "write": write}
}

// survey is a World of a shell with these variables.
func survey(env map[string]string) fault.World {
	return fault.World{Env: env, Survey: &fault.Survey{}}
}

// surveyOf is survey for clients of these rules.
func surveyOf(env map[string]string, clients ...string) fault.World {
	return fault.World{Env: env, Survey: &fault.Survey{Clients: clients}}
}

// ofDocker is a World of a docker host whose drop-in has this text.
func ofDocker(dropInText string, more ...string) fault.World {
	files := map[string]string{dockerUnit: plainUnit, dockerDropIn: dropInText}
	for i := 0; i+1 < len(more); i += 2 {
		files[more[i]] = more[i+1]
	}
	return fault.World{Env: fault.Canonical(), Files: files, Survey: &fault.Survey{}}
}

// fileLints are about the files that clients take their settings from.
func fileLints() []lint { return slices.Concat(dockerLints(), unitLints(), hostLints()) }

// dockerLints are about the files of docker.
func dockerLints() []lint {
	return []lint{
		daemonJSONRefused(), daemonJSONProxyIgnored(), daemonJSONOverridesUnit(), dockerConfigProxies(),
		dockerHostProxied(),
	}
}

func daemonJSONRefused() lint {
	proxied := dropIn(fault.ProxyURL)
	return lint{
		Remarks: []string{"daemon-json-refused", "daemon-json-flag-and-key"},
		Write:   "correct the keys",
		Entry: diagnosis.Entry{
			Code: DaemonJSONRefused, Since: "0.1.0",
			Severity: diagnosis.Error,
			Title:    "this daemon.json keeps dockerd from starting",
			Means: "The keys under proxies are http-proxy, https-proxy and no-proxy. ~/.docker/config.json has other keys. A key " +
				"must not be set both in the file and as a flag.",
			Symptoms: []diagnosis.Symptom{
				{Text: "unable to configure the Docker daemon with file /etc/docker/daemon.json",
					Cite: "https://github.com/moby/moby/blob/v28.5.2/cmd/dockerd/daemon.go"},
			},
			Cite:    []string{"docs/field-notes.md#dockerd"},
			Provoke: ofDocker(proxied, daemonJSON, `{"proxies": {"httpsProxy": "`+fault.ProxyURL+`"}}`),
		},
	}
}

func daemonJSONProxyIgnored() lint {
	proxied := dropIn(fault.ProxyURL)
	return lint{
		Remarks: []string{"daemon-json-top-level-ignored"},
		Write:   "move the key below proxies",
		Entry: diagnosis.Entry{
			Code: DaemonJSONProxyIgnored, Since: "0.1.0",
			Title:   "a proxy in daemon.json is set where dockerd does not read it",
			Means:   "dockerd accepts the key at the top level and does nothing with it.",
			Cite:    []string{"docs/field-notes.md#dockerd"},
			Provoke: ofDocker(proxied, daemonJSON, `{"http-proxy": "`+fault.ProxyURL+`"}`),
		},
	}
}

func daemonJSONOverridesUnit() lint {
	return lint{
		Write: "keep the proxy in one of the two",
		Entry: diagnosis.Entry{
			Code: DaemonJSONOverridesUnit, Since: "0.1.0",
			Title: "the unit and daemon.json name different proxies",
			Means: "daemon.json wins for each key, and dockerd applies it after its start: /proc/PID/environ still shows the unit's " +
				"value, and the unit's NO_PROXY stays in force where the file has none.",
			Cite:  []string{"docs/field-notes.md#dockerd"},
			After: []diagnosis.Code{ClientProxyDiffers},
			Provoke: ofDocker(dropIn("http://old-proxy.corp.example:3128"), daemonJSON,
				`{"proxies": {"https-proxy": "`+fault.ProxyURL+`", "http-proxy": "`+fault.ProxyURL+`"}}`),
		},
	}
}

func dockerConfigProxies() lint {
	proxied := dropIn(fault.ProxyURL)
	return lint{
		Write: "set the daemon's proxy in its unit or in daemon.json",
		Entry: diagnosis.Entry{
			Code: DockerConfigProxies, Since: "0.1.0",
			Severity: diagnosis.Info,
			Title:    "the proxies of ~/.docker/config.json are not for pulls",
			Means:    "They become variables inside containers and build steps. dockerd pulls with its own settings.",
			Symptoms: []diagnosis.Symptom{
				{Text: "cannot unmarshal string into Go struct field ConfigFile.proxies", Cite: "https://github.com/docker/cli/issues/4501"},
			},
			Cite: []string{
				"docs/field-notes.md#dockerd",
				"https://github.com/docker/cli/issues/507",
				"https://github.com/docker/cli/issues/4501",
			},
			Provoke: ofDocker(proxied, "/root/.docker/config.json",
				`{"proxies": {"default": {"httpsProxy": "`+fault.ProxyURL+`", "httpProxy": "`+fault.ProxyURL+`", `+
					`"noProxy": "localhost,127.0.0.1,::1,corp.example,.corp.example"}}}`),
		},
	}
}

func dockerHostProxied() lint {
	return lint{
		Write: "add the engine's host to NO_PROXY",
		Entry: diagnosis.Entry{
			Code: DockerHostProxied, Since: "0.1.0",
			Title:   "the docker CLI goes to its engine through the proxy",
			Means:   "For DOCKER_HOST=tcp:// HTTP_PROXY counts, with TLS HTTPS_PROXY.",
			Cite:    []string{"docs/field-notes.md#dockerd", "https://docs.gitlab.com/17.7/runner/configuration/proxy.html"},
			Provoke: survey(fault.Canonical("DOCKER_HOST", "tcp://engine.lab.example:2375")),
			Also:    []fault.World{survey(fault.Canonical("DOCKER_HOST", "tcp://docker:2376"))},
		},
	}
}

const daemonJSON = "/etc/docker/daemon.json"

// notLoadedFiles is a host on which dockerd was started before its drop-in was
// written: started at boot (clock tick 100 of a host that booted in 2020), files
// of today.
func notLoadedFiles() map[string]string {
	return map[string]string{
		dockerUnit: plainUnit, dockerDropIn: dropIn(fault.ProxyURL),
		"/proc/stat":        "cpu  0 0 0 0\nbtime 1577836800\n",
		"/proc/812/stat":    "812 (dockerd) S 1 812 812 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 9 0 100 0 0 0\n",
		"/proc/812/cmdline": "/usr/bin/dockerd\x00-H\x00fd://\x00",
		"/proc/812/comm":    "dockerd\n",
		"/proc/812/environ": "PATH=/usr/bin\x00HTTPS_PROXY=http://old-proxy.corp.example:3128\x00" +
			"HTTP_PROXY=http://old-proxy.corp.example:3128\x00",
		"/proc/uptime":     "1000000.00 0.00\n",
		"/proc/812/status": "Name:\tdockerd\nUid:\t0\t0\t0\t0\n",
	}
}

// hostLints are about the host and the files of single clients.
func hostLints() []lint {
	return []lint{
		proxyPasswordReadable(), proxyOnLoopback(), sudoDropsProxy(), kubeconfigProxyURL(), dnfProxyNone(),
		clientKeyIgnored(), settingsSourceUnreadable(), clientSettingsNotLoaded(), clientTrustMisplaced(),
	}
}

func proxyPasswordReadable() lint {
	return lint{
		Remarks: []string{"password-world-readable"},
		Write:   "move it into a file with mode 0600 that EnvironmentFile= names, or use a proxy account that is worth nothing else",
		Entry: diagnosis.Entry{
			Code: ProxyPasswordReadable, Since: "0.1.0",
			Severity: diagnosis.Info,
			Title:    "a proxy password can be read by every user",
			Means:    "Every user of this host may read that file, as with /etc/environment and most units.",
			Cite:     []string{"docs/field-notes.md#dockerd"},
			Provoke:  ofDocker(dropIn("http://" + fault.ProxyUser + ":" + fault.ProxyPassword + "@" + fault.ProxyName + ":" + fault.ProxyTCPPort)),
		},
	}
}

func proxyOnLoopback() lint {
	return lint{
		Write: "name the host's address where the proxy listens on it",
		Entry: diagnosis.Entry{
			Code: ProxyOnLoopback, Since: "0.1.0",
			Severity: diagnosis.Info,
			Title:    "a daemon's proxy is on loopback",
			Means: "A daemon on the host reaches it. What runs in a container, a virtual machine or another network namespace does " +
				"not.",
			Symptoms: []diagnosis.Symptom{
				{Text: "proxyconnect tcp: dial tcp 127.0.0.1:…: connect: connection refused",
					Cite: "https://github.com/containers/podman/issues/27889"},
			},
			Cite: []string{
				"https://github.com/containers/podman/issues/14087",
				"https://github.com/containers/podman/issues/27889",
				"https://github.com/containers/podman/issues/24752",
			},
			Provoke: fault.World{Env: fault.Proxied("http://127.0.0.1:3128"), Survey: &fault.Survey{},
				Files: map[string]string{dockerUnit: plainUnit, dockerDropIn: dropIn("http://127.0.0.1:3128")}},
		},
	}
}

func sudoDropsProxy() lint {
	return lint{
		Write: "add to sudoers: Defaults env_keep += \"http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY\"",
		Entry: diagnosis.Entry{
			Code: SudoDropsProxy, Since: "0.1.0",
			Severity: diagnosis.Info,
			Title:    "sudo removes the proxy variables",
			Means:    "podman run as this user has the proxy; sudo podman has none.",
			Cite:     []string{"docs/field-notes.md#sudo"},
			Provoke: fault.World{Env: fault.Canonical(), Files: map[string]string{
				"/etc/sudoers": "Defaults env_reset\nroot ALL=(ALL) ALL\n"}, Survey: &fault.Survey{}},
		},
	}
}

func kubeconfigProxyURL() lint {
	return lint{
		Write: "remove proxy-url if the cluster is inside",
		Entry: diagnosis.Entry{
			Code: KubeconfigProxyURL, Since: "0.1.0",
			Severity: diagnosis.Info,
			Title:    "a kubeconfig names a proxy",
			Means:    "proxy-url takes precedence over the variables, and NO_PROXY does not apply to it.",
			Cite:     []string{"docs/field-notes.md#kubectl"},
			Provoke: fault.World{Env: fault.Canonical(), Survey: &fault.Survey{},
				Files: map[string]string{"/root/.kube/config": "apiVersion: v1\nkind: Config\nclusters:\n- name: lab\n  cluster:\n    " +
					"server: https://api.lab.example:6443\n    proxy-url: " + fault.ProxyURL + "\n"}},
		},
	}
}

func dnfProxyNone() lint {
	return lint{
		Write: "add the host to NO_PROXY",
		Entry: diagnosis.Entry{
			Code: DNFProxyNone, Since: "0.1.0",
			Title: "a repository's proxy=_none_ does not keep dnf from the proxy",
			Means: "_none_ overrides the main section of dnf.conf and not the environment: dnf uses the environment's proxy.",
			Cite:  []string{"docs/field-notes.md#dnf"},
			Provoke: fault.World{Env: fault.Canonical(), Survey: &fault.Survey{}, Files: map[string]string{"/usr/bin/dnf": "",
				"/etc/dnf/dnf.conf":         "[main]\ngpgcheck=1\n",
				"/etc/yum.repos.d/lab.repo": "[lab]\nname=lab\nbaseurl=https://lab.example/rpms\nproxy=_none_\n"}},
		},
	}
}

func clientKeyIgnored() lint {
	return lint{
		Remarks: []string{"containers-conf-key-ignored", "git-https-proxy-ignored", "rhsm-hostname-is-url", "rhsm-password-encoded",
			"containers-conf-env-overridden", "proxy-never-used", "desktop-daemon-json-proxies"},
		Write: "correct the file",
		Entry: diagnosis.Entry{
			Code: ClientKeyIgnored, Since: "0.1.0",
			Title: "a client's own file has a key that does not do what it says",
			Means: "The client reads the file and ignores the key, or takes it for something else.",
			Cite:  []string{"docs/field-notes.md#podman", "docs/field-notes.md#files-of-single-tools"},
			Provoke: fault.World{Env: fault.Canonical(), Survey: &fault.Survey{}, Files: map[string]string{"/usr/bin/git": "",
				"/etc/gitconfig": "[https]\n\tproxy = " + fault.ProxyURL + "\n"}},
			Also: []fault.World{
				{Title: "the environment has another proxy than containers.conf", Env: fault.Canonical(), Survey: &fault.Survey{},
					Files: map[string]string{"/etc/containers/containers.conf": "[engine]\nenv = [\"HTTPS_PROXY=http://old-proxy.corp.example:3128\"]\n"}},
				{Title: "a .curlrc names a proxy and exempts every host", Env: fault.Canonical(), Survey: &fault.Survey{},
					Files: map[string]string{"/root/.curlrc": "proxy = " + fault.ProxyURL + "\nnoproxy = \"*\"\n"}},
			},
		},
	}
}

func settingsSourceUnreadable() lint {
	proxied := dropIn(fault.ProxyURL)
	return lint{
		Remarks: []string{"not-all-read", "unreadable", "binary", "too-large", "link-cycle", "not-a-file", "syntax-error",
			"not-evaluated", "environment-passed", "unit-not-in-tree"},
		Write: "look at it as a user who may read it, on the host that it belongs to",
		Entry: diagnosis.Entry{
			Code: SettingsSourceUnreadable, Since: "0.1.0",
			Severity: diagnosis.Info,
			Title:    "a source of settings could not be read",
			Means:    "The table does not include what it says.",
			After:    []diagnosis.Code{SettingsSourceUnread},
			Cite:     []string{"docs/field-notes.md#proxy-settings"},
			Provoke: ofDocker(proxied, "/etc/sysconfig/docker", "HTTPS_PROXY=\x00\x01", "/etc/systemd/system/docker.service.d/z.conf",
				"[Service]\nEnvironmentFile=-/etc/sysconfig/docker\n"),
		},
	}
}

func clientSettingsNotLoaded() lint {
	return lint{
		Write: "reload and restart it",
		Entry: diagnosis.Entry{
			Code: ClientSettingsNotLoaded, Since: "0.1.0",
			Title: "a running daemon has not loaded its settings",
			Means: "A daemon reads its environment and its CA files at start.",
			Symptoms: []diagnosis.Symptom{
				{Text: "dial tcp …:443: i/o timeout", Cite: "https://github.com/docker/for-linux/issues/1039"},
			},
			Cite: []string{
				"https://github.com/docker/for-linux/issues/1039",
				"https://github.com/cri-o/cri-o/issues/7437",
				"docs/field-notes.md#systemd",
			},
			Provoke: fault.World{Env: fault.Canonical(), Survey: &fault.Survey{}, Files: notLoadedFiles()},
		},
	}
}

func clientTrustMisplaced() lint {
	proxied := dropIn(fault.ProxyURL)
	return lint{
		Remarks: []string{string(ClientTrustMisplaced), caElsewhere, caElsewhereUnread, caOfHost},
		Weigh:   weighedCA,
		Write:   "put it where it is read",
		Entry: diagnosis.Entry{
			Code: ClientTrustMisplaced, Since: "0.1.0",
			After: []diagnosis.Code{ClientInVM},
			Title: "a CA file is stored where the client does not read it",
			Means: "The certificate is on the host, and no client reads it from that place.",
			Symptoms: []diagnosis.Symptom{
				{Text: "missing key … for client certificate", Cite: "https://github.com/containers/image/issues/292"},
				{Text: "x509: certificate signed by unknown authority", Cite: "https://github.com/moby/moby/issues/39869"},
			},
			Cite: []string{
				"containers-certs.d(5)",
				"https://github.com/moby/moby/issues/39869",
				"update-ca-trust(8), update-ca-certificates(8)",
			},
			Provoke: ofDocker(proxied, "/etc/docker/certs.d/registry.lab.example/corp-ca.pem", "-----BEGIN CERTIFICATE-----\n"),
			Also: []fault.World{
				underOwnCA("docker's folder for the registry lacks the port", "docker", "/etc/docker/certs.d/harbor.corp.example/ca.crt"),
				underOwnCA("podman's folder for the registry has another port", "podman",
					"/etc/containers/certs.d/harbor.corp.example:443/ca.crt"),
				underOwnCA("containerd's folder for the registry is that of a short name", "containerd",
					"/etc/containerd/certs.d/harbor_8443_/ca.crt"),
				underOwnCA("podman's folder for the registry stands behind another", "podman",
					"/etc/docker/certs.d/harbor.corp.example:8443/ca.crt", "/etc/containers/certs.d/harbor.corp.example:8443/README"),
				underOwnCA("the CA in docker's folder for the registry has another ending", "docker",
					"/etc/docker/certs.d/harbor.corp.example:8443/ca.pem"),
				{Title: "the host trusts a CA that a node of kind has not", Survey: &fault.Survey{}, Env: fault.Canonical(), Files: map[string]string{
					"/usr/local/share/ca-certificates/corp.crt": fault.InterceptorCA, "/etc/ssl/certs/ca-certificates.crt": fault.InterceptorCA,
					"/root/.kube/config": "clusters:\n- name: kind-work\n  cluster: {server: \"https://127.0.0.1:41235\"}\n"}},
				hostTrustsAlone(),
			},
		},
	}
}

// caElsewhere is the remark on a CA file that verifies a chain which the client refused, and that it
// does not read; caElsewhereUnread on one in a folder of the same host that cannot be read from here.
const caElsewhere, caElsewhereUnread = "client-trust-elsewhere", "client-trust-elsewhere-unread"

// caOfHost is the remark on a CA that the host trusts and an engine in a machine of it does not get.
const caOfHost = "client-trust-of-host"

// underOwnCA is a World of a private registry whose CA stands in the first of the files.
func underOwnCA(title, client, file string, more ...string) fault.World {
	w := configured(title, client, map[string]string{file: fault.InterceptorCA})
	w.Faults = []fault.Fault{fault.Certificate{Host: "harbor.corp.example", Issuer: "interceptor"}}
	for _, name := range more {
		w.Files[name] = "see the other folder\n"
	}
	return w
}

// hostTrustsAlone is a check of a private registry whose CA the host has, and the machine of its engine
// may not have.
func hostTrustsAlone() fault.World {
	w := configured("the host trusts a CA that the machine of its engine is not given", "podman-machine", map[string]string{
		"/root/.config/containers/podman/machine/qemu/work.json": "{}"})
	w.TrustInterceptor = true
	w.Faults = []fault.Fault{fault.Certificate{Host: "harbor.corp.example", Issuer: "interceptor"}}
	return w
}

// weighedCA is a match about a CA file, an error where it verifies what the client refused.
func weighedCA(v *diagnosis.View, m diagnosis.Match) diagnosis.Match {
	for _, id := range slices.Clone(m.Hops) {
		h, _ := v.Hop(id)
		for _, r := range setting(h).Remarks {
			if r.Text == m.Values["text"] && r.Code == caOfHost {
				m.Strength = diagnosis.Likely
				m.Means = "An engine in a machine verifies chains by the roots that it has there. This one may be there by hand: that is not " +
					"seen from the host."
			}
			if r.Text != m.Values["text"] || r.Code != caElsewhere && r.Code != caElsewhereUnread {
				continue
			}
			m.Means = "The client reads a registry's CA from one folder alone, whose name is the registry's as images name it, port included."
			m.Strength = diagnosis.Possible
			if r.Code == caElsewhere {
				m.Severity, m.Strength = diagnosis.Error, diagnosis.Proven
			}
			for _, refused := range v.PathFailed(evidence.OpHandshake) {
				if refused.Target == h.Target && refused.FailedWith(evidence.Untrusted) {
					m.Hops = append(m.Hops, refused.ID)
				}
			}
		}
	}
	return m
}

// inPlace is what is asked for an entry that has a form which all clients read.
const inPlace = "write {write} in its place in NO_PROXY and no_proxy; pullpath settings --suggest prints the whole list"

// noProxyLints are about the form of NO_PROXY entries: 77 of 113 measured forms
// are read differently by different clients.
func noProxyLints() []lint {
	return []lint{
		noProxySeparator(), noProxyURLEntry(), noProxyWildcard(), noProxyStarInList(), noProxyPort(),
		noProxyCIDR(), noProxyIPv6Form(), noProxyTrailingDot(), noProxyDomainForm(),
		noProxyLoopbackMissing(), noProxyIDN(), noProxyBreaksHTTPX(), noProxyLookAlikes(),
	}
}

func noProxySeparator() lint {
	return lint{
		OfEntry: true,
		Entry: diagnosis.Entry{
			Code: NoProxySeparator, Since: "0.1.0",
			Title:  "a NO_PROXY list is not separated by commas",
			Remedy: inPlace,
			Means: "All clients agree only on commas without spaces. Some clients read text between other separators as one entry, " +
				"and then send internal hosts to the proxy.",
			Cite:    []string{"internal/route/testdata/vectors.json (N55 to N57, N79 to N82, N108)"},
			Provoke: survey(fault.Exempting("a.example b.example")),
		},
	}
}

func noProxyURLEntry() lint {
	return lint{
		OfEntry: true,
		Entry: diagnosis.Entry{
			Code: NoProxyURLEntry, Since: "0.1.0",
			Title:  "a NO_PROXY entry has a scheme, a path or a comment",
			Remedy: inPlace,
			Means: "An entry is a host, a domain, an address or a prefix. An entry with more in it matches nothing, and the host " +
				"goes to the proxy.",
			Cite:    []string{"internal/route/testdata/vectors.json (N74 to N76, N104)"},
			Provoke: survey(fault.Exempting("https://registry.corp.example")),
		},
	}
}

func noProxyWildcard() lint {
	return lint{
		OfEntry: true,
		Entry: diagnosis.Entry{
			Code: NoProxyWildcard, Since: "0.1.0",
			Title:  "a NO_PROXY entry has an asterisk",
			Remedy: inPlace,
			Means: "The registry client and curl, git or dnf on the same host can then choose different routes, so a test with curl " +
				"proves nothing about podman.",
			Cite:    []string{"internal/route/testdata/vectors.json (N09, N10, N15, N16)"},
			Provoke: survey(fault.Exempting("*.lab.example")),
		},
	}
}

func noProxyStarInList() lint {
	return lint{
		OfEntry: true,
		Write:   "remove the *, or make it the whole list",
		Entry: diagnosis.Entry{
			Code: NoProxyStarInList, Since: "0.1.0",
			Title:   "* stands among other NO_PROXY entries",
			Means:   "Go clients then go direct everywhere; curl and dnf do not.",
			Cite:    []string{"internal/route/testdata/vectors.json (N12 to N14)"},
			Provoke: surveyOf(fault.Exempting("*"), "go-1.26.8"),
		},
	}
}

func noProxyPort() lint {
	return lint{
		OfEntry: true,
		Entry: diagnosis.Entry{
			Code: NoProxyPort, Since: "0.1.0",
			Title:  "a NO_PROXY entry has a port",
			Remedy: inPlace,
			Means: "Go honours the port. In curl, git, dnf and wget the entry matches nothing, and in urllib only a URL with the " +
				"same port.",
			Cite:    []string{"internal/route/testdata/vectors.json (N17 to N23)"},
			Provoke: survey(fault.Exempting("registry.lab.example:5000")),
		},
	}
}

func noProxyCIDR() lint {
	return lint{
		OfEntry: true,
		Write:   "list the internal registries by name as well",
		Entry: diagnosis.Entry{
			Code: NoProxyCIDR, Since: "0.1.0",
			Severity: diagnosis.Info,
			Title:    "NO_PROXY has an address prefix",
			Means: "Registries are called by name. A prefix does not match a name, so an internal registry goes to the proxy although " +
				"its address is in the prefix.",
			Cite:    []string{"internal/route/testdata/vectors.json (N25, N26, N40)"},
			Provoke: survey(fault.Exempting("10.0.0.0/8")),
		},
	}
}

func noProxyIPv6Form() lint {
	return lint{
		OfEntry: true,
		Write:   "write the bare address in NO_PROXY and no_proxy",
		Entry: diagnosis.Entry{
			Code: NoProxyIPv6Form, Since: "0.1.0",
			Title:   "a NO_PROXY entry is an IPv6 address in a form that few clients read",
			Means:   "Go, curl, requests and wget read bare addresses without a port.",
			Cite:    []string{"internal/route/testdata/vectors.json (N43 to N51)"},
			Provoke: survey(fault.Exempting("[fd00::1]")),
		},
	}
}

func noProxyTrailingDot() lint {
	return lint{
		OfEntry: true,
		Entry: diagnosis.Entry{
			Code: NoProxyTrailingDot, Since: "0.1.0",
			Title:   "a NO_PROXY entry ends in a dot",
			Remedy:  inPlace,
			Means:   "In Go, wget and Python it matches nothing.",
			Cite:    []string{"internal/route/testdata/vectors.json (N52 to N54)"},
			Provoke: survey(fault.Exempting("registry.lab.example.")),
		},
	}
}

func noProxyDomainForm() lint {
	return lint{
		OfEntry: true,
		Entry: diagnosis.Entry{
			Code: NoProxyDomainForm, Since: "0.1.0",
			Severity: diagnosis.Info,
			Title:    "a NO_PROXY entry names a domain only with a leading dot",
			Remedy:   inPlace,
			Means: "Some clients send the name of the domain itself to the proxy, others go direct. All clients agree when both " +
				"forms are listed.",
			Cite:    []string{"internal/route/testdata/vectors.json (N04 to N07)"},
			Provoke: survey(fault.Exempting(".lab.example")),
		},
	}
}

func noProxyLoopbackMissing() lint {
	return lint{
		Entry: diagnosis.Entry{
			Code: NoProxyLoopbackMissing, Since: "0.1.0",
			Severity: diagnosis.Info,
			Title:    "{variable} does not name {write}",
			Remedy:   "add {write} to NO_PROXY and no_proxy; pullpath settings --suggest prints the whole list",
			Means: "podman reaches a local registry on localhost:5000 directly; curl and Python send the request to the proxy, " +
				"where it usually fails.",
			Cite: []string{"internal/route/testdata/vectors.json (N63 to N73)"},
			Provoke: fault.World{Title: "NO_PROXY names no loopback", Survey: &fault.Survey{},
				Env: fault.Canonical("NO_PROXY", "corp.example,.corp.example", "no_proxy", "corp.example,.corp.example")},
		},
	}
}

func noProxyIDN() lint {
	return lint{
		OfEntry: true,
		Entry: diagnosis.Entry{
			Code: NoProxyIDN, Since: "0.1.0",
			Severity: diagnosis.Info,
			Title:    "a NO_PROXY entry has letters beyond ASCII",
			Remedy:   inPlace,
			Means:    "Some clients compare it with the ASCII form of the host name, others with the letters.",
			Cite:     []string{"internal/route/testdata/vectors.json (N91, N92)"},
			Provoke:  survey(fault.Exempting("bücher.example")),
		},
	}
}

func noProxyBreaksHTTPX() lint {
	return lint{
		Write: "remove brackets, IPv6 prefixes and tabs from NO_PROXY and no_proxy",
		Entry: diagnosis.Entry{
			Code: NoProxyBreaksHTTPX, Since: "0.1.0",
			Title:   "NO_PROXY makes Python tools on httpx fail",
			Means:   "httpx 0.28.1 makes a URL pattern of each entry and raises InvalidURL for every request, whatever the host.",
			Cite:    []string{"docs/field-notes.md#httpx"},
			After:   []diagnosis.Code{NoProxyIPv6Form, NoProxySeparator},
			Provoke: survey(fault.Exempting("a[b")),
		},
	}
}

func noProxyLookAlikes() lint {
	return lint{
		Write: "update the client, or write the leading dot as well",
		Entry: diagnosis.Entry{
			Code: NoProxyLookAlikes, Since: "0.1.0",
			Severity: diagnosis.Info,
			Title:    "a NO_PROXY entry also exempts other hosts with the same ending",
			Means:    "This release compares endings without a label boundary: a host of another owner can bypass the proxy.",
			Cite: []string{
				"docs/field-notes.md#client-releases",
				"internal/route/testdata/vectors.json (N08, N84, N109)",
			},
			Provoke: surveyOf(fault.Canonical(), "requests-2.31.0"),
		},
	}
}

// unitLints are about units, drop-ins and environment files.
func unitLints() []lint {
	return []lint{
		unitPercentDropped(), percentDoubled(), environmentFileLineIgnored(), unitAssignmentCut(),
		unitDropInIneffective(), environmentFileMissing(),
	}
}

func unitPercentDropped() lint {
	return lint{
		Remarks: []string{"percent-drops-assignment", "percent-expanded", "invalid-escape", "escape-expanded"},
		Write:   "double the percent",
		Entry: diagnosis.Entry{
			Code: UnitPercentDropped, Since: "0.1.0",
			Severity: diagnosis.Error,
			Title:    "an assignment in a unit is dropped or changed by systemd",
			Means: "In Environment= a percent begins a specifier and a backslash an escape. The service starts without the variable " +
				"and reports nothing.",
			Symptoms: []diagnosis.Symptom{
				{Text: "Failed to resolve specifiers, ignoring: https_proxy=…", Cite: "https://github.com/docker/for-linux/issues/1149"},
			},
			Cite: []string{
				"docs/field-notes.md#systemd",
				"https://github.com/docker/for-linux/issues/1149",
				"https://github.com/systemd/systemd/issues/9842",
				"systemd.unit(5), Specifiers",
			},
			Provoke: ofDocker("[Service]\nEnvironment=\"HTTPS_PROXY=http://svc:p%40ss@proxy.corp.example:3128\"\n"),
		},
	}
}

func percentDoubled() lint {
	return lint{
		Write: "write one percent",
		Entry: diagnosis.Entry{
			Code: PercentDoubled, Since: "0.1.0",
			Severity: diagnosis.Error,
			Title:    "a doubled percent stays doubled",
			Means: "A percent is doubled only in Environment= lines of units. Elsewhere Go cannot parse the value as a URL and " +
				"ignores the proxy without an error.",
			Symptoms: []diagnosis.Symptom{
				{Text: "proxyconnect tcp: dial tcp: lookup http: no such host", Cite: "docs/field-notes.md#systemd"},
				{Text: "Proxy Authentication Required", Cite: "internal/oracle/network_test.go"},
			},
			Cite: []string{"docs/field-notes.md#systemd", "internal/route/testdata/vectors.json (C20)"},
			Provoke: ofDocker("[Service]\nEnvironmentFile=/etc/sysconfig/docker\n", "/etc/sysconfig/docker",
				"HTTPS_PROXY=http://svc:p%%40ss@proxy.corp.example:3128\n"),
		},
	}
}

func environmentFileLineIgnored() lint {
	return lint{
		Remarks: []string{"export-ignored", "comment-in-value", "invalid-assignment", "comment-cuts-value",
			"backslash-removed", "reference-not-expanded"},
		Write: "write plain NAME=VALUE lines",
		Entry: diagnosis.Entry{
			Code: EnvironmentFileLineIgnored, Since: "0.1.0",
			Title: "a line of an environment file does not do what it says",
			Means: "systemd and PAM read NAME=VALUE lines and no other shell syntax: no export, no comment after a value, no $NAME.",
			Cite:  []string{"docs/field-notes.md#systemd"},
			Provoke: ofDocker("[Service]\nEnvironmentFile=/etc/sysconfig/docker\n", "/etc/sysconfig/docker",
				"export HTTPS_PROXY="+fault.ProxyURL+"\n"),
		},
	}
}

func unitAssignmentCut() lint {
	return lint{
		Remarks: []string{"unquoted-blank"},
		Write:   "put the assignment in quotes, the list without spaces",
		Entry: diagnosis.Entry{
			Code: UnitAssignmentCut, Since: "0.1.0",
			Title: "an unquoted space cuts an assignment in a unit",
			Means: "The value ends at the first space, and the rest is lost.",
			Cite:  []string{"docs/field-notes.md#systemd"},
			Provoke: ofDocker("[Service]\nEnvironment=HTTPS_PROXY=" + fault.ProxyURL + "\nEnvironment=HTTP_PROXY=" + fault.ProxyURL +
				"\nEnvironment=NO_PROXY=localhost,127.0.0.1,::1,corp.example,.corp.example, lab.example\n"),
		},
	}
}

func unitDropInIneffective() lint {
	return lint{
		Remarks: []string{"assignment-outside-section", "setting-in-other-section", "drop-in-without-conf",
			"environment-file-not-absolute"},
		Write: "a drop-in is called NAME.conf, lies in UNIT.d and begins with [Service]",
		Entry: diagnosis.Entry{
			Code: UnitDropInIneffective, Since: "0.1.0",
			Title:   "a drop-in has no effect",
			Means:   "systemd ignores it without an error.",
			Cite:    []string{"docs/field-notes.md#systemd", "systemd.unit(5)"},
			Provoke: ofDocker("Environment=\"HTTPS_PROXY=" + fault.ProxyURL + "\"\n"),
		},
	}
}

func environmentFileMissing() lint {
	return lint{
		Write: "write the file, or correct its name in the drop-in",
		Entry: diagnosis.Entry{
			Code: EnvironmentFileMissing, Since: "0.1.0",
			Severity: diagnosis.Info,
			Title:    "an environment file that a unit names does not exist",
			Means:    "Packages name optional files. If this one should hold the proxy, it may be stored elsewhere or may not have been written.",
			Cite:     []string{"docs/field-notes.md#systemd"},
			Provoke:  ofDocker(dropIn(fault.ProxyURL) + "EnvironmentFile=-/etc/sysconfig/docker-proxy\n"),
		},
	}
}

// valueLints are about the variables and the form of the proxy's URL.
func valueLints() []lint {
	return []lint{
		proxyVariableOneCase(), proxyVariableEmpty(), requestMethodSet(), proxyURLWithoutPort(),
		proxyURLWithoutScheme(), proxyURLHTTPS(), proxySOCKS(), settingQuoted(), clientVersionKnownBad(),
	}
}

func proxyVariableOneCase() lint {
	return lint{
		Write: "set both spellings",
		Entry: diagnosis.Entry{
			Code: ProxyVariableOneCase, Since: "0.1.0",
			Severity: diagnosis.Info,
			Title:    "a proxy variable is set in one case only",
			Means: "Go and curl read both spellings; wget, insights-client and curl for http:// do not. Every client reads it when " +
				"both spellings have the same value.",
			Cite:    []string{"internal/route/testdata/vectors.json (P01, P02, P04)"},
			Provoke: survey(fault.Canonical("no_proxy", "")),
		},
	}
}

func proxyVariableEmpty() lint {
	return lint{
		Write: "correct the pair",
		Entry: diagnosis.Entry{
			Code: ProxyVariableEmpty, Since: "0.1.0",
			Title:   "an empty lower-case variable hides the upper-case one",
			Means:   "Some clients treat the empty value as set and go direct; others ignore it.",
			Cite:    []string{"internal/route/testdata/vectors.json (P14, M05)"},
			Provoke: surveyOf(emptied(fault.Canonical(), "https_proxy"), "go-1.26.8"),
		},
	}
}

func requestMethodSet() lint {
	return lint{
		Write: "unset REQUEST_METHOD where the client is started",
		Entry: diagnosis.Entry{
			Code: RequestMethodSet, Since: "0.1.0",
			Title: "REQUEST_METHOD is set",
			Means: "CI runners and wrappers often set it. https:// is not affected; Go clients refuse to send plain http:// requests to a " +
				"proxy.",
			Symptoms: []diagnosis.Symptom{
				{Text: "refusing to use HTTP_PROXY value in CGI environment",
					Cite: "https://github.com/golang/net/blob/v0.47.0/http/httpproxy/proxy.go"},
			},
			Cite:    []string{"internal/route/testdata/vectors.json (P17 to P19)"},
			Provoke: survey(fault.Canonical("REQUEST_METHOD", "GET")),
		},
	}
}

func proxyURLWithoutPort() lint {
	return lint{
		Write: "write the port",
		Entry: diagnosis.Entry{
			Code: ProxyURLWithoutPort, Since: "0.1.0",
			Title:   "the proxy's URL names no port",
			Means:   "Each client has its own default port, so one client may reach the proxy and another one may not.",
			Cite:    []string{"internal/route/testdata/vectors.json (S03, S04, S31)"},
			Provoke: survey(fault.Proxied("http://" + fault.ProxyName)),
		},
	}
}

func proxyURLWithoutScheme() lint {
	return lint{
		Write: "write the scheme",
		Entry: diagnosis.Entry{
			Code: ProxyURLWithoutScheme, Since: "0.1.0",
			Title:   "the proxy's URL has no scheme",
			Means:   "podman and curl assume http; several Python and Node clients fail.",
			Cite:    []string{"internal/route/testdata/vectors.json (S01, C14)"},
			Provoke: surveyOf(fault.Proxied(fault.ProxyName+":"+fault.ProxyTCPPort), "go-1.26.8"),
		},
	}
}

func proxyURLHTTPS() lint {
	return lint{
		Write: "if the proxy has no TLS listener, write",
		Entry: diagnosis.Entry{
			Code: ProxyURLHTTPS, Since: "0.1.0",
			Severity: diagnosis.Info,
			Title:    "the proxy is named with https://",
			Means: "The scheme says how to talk to the proxy, not which URLs it is for. Where the proxy speaks plain HTTP, Go fails " +
				`with "first record does not look like a TLS handshake".`,
			Cite:    []string{"internal/route/testdata/vectors.json (S06 to S08)"},
			Provoke: surveyOf(fault.Proxied("https://"+fault.ProxyName+":"+fault.ProxyTCPPort), "go-1.26.8"),
		},
	}
}

func proxySOCKS() lint {
	return lint{
		Write: "use the HTTP port of the proxy where it has one",
		Entry: diagnosis.Entry{
			Code: ProxySOCKS, Since: "0.1.0",
			Title: "the proxy is a SOCKS proxy",
			Means: "podman and docker support SOCKS, and most other tools on the host do not. Clients also differ in where they " +
				"look the name up.",
			Cite:    []string{"internal/route/testdata/vectors.json (S09 to S14)"},
			Provoke: surveyOf(fault.Proxied("socks5://"+fault.ProxyName+":1080"), "go-1.26.8"),
		},
	}
}

func settingQuoted() lint {
	return lint{
		Remarks: []string{string(SettingQuoted), "literal-quotes", assignmentsJoined},
		Weigh:   weighedJoin,
		OfEntry: true,
		Write:   "remove the quotation marks",
		Entry: diagnosis.Entry{
			Code: SettingQuoted, Since: "0.1.0",
			Title: "quotation marks are where they change a value",
			Means: "A shell removes quotation marks, and an environment file keeps them. The first and the last entry of such a list " +
				"do not match.",
			Cite:    []string{"internal/route/testdata/vectors.json (S20, N77, N78)"},
			Provoke: survey(fault.Exempting(`"registry.lab.example"`)),
			Also: []fault.World{
				titled("one pair of quotation marks is around the assignments of a drop-in", ofDocker(allInOne)),
				{Title: "one pair of quotation marks is around the assignments of the client's drop-in, and direct egress is dropped", Direct: true,
					Env: map[string]string{}, Files: map[string]string{dockerUnit: plainUnit, dockerDropIn: allInOne},
					Flags: []string{"--client=docker", quickHop}, Faults: []fault.Fault{fault.Socket{Host: fault.Everyone, Effect: fault.Drop}}},
			},
		},
	}
}

// allInOne is a drop-in whose line systemd takes for one assignment.
const allInOne = "[Service]\nEnvironment=\"HTTP_PROXY=" + fault.ProxyURL + " HTTPS_PROXY=" + fault.ProxyURL + " NO_PROXY=localhost\"\n"

// assignmentsJoined is the remark on a value that holds further assignments.
const assignmentsJoined = "assignments-joined"

// weighedJoin is a match about quotation marks. Those around several assignments take the proxy
// away from a client, or break it.
func weighedJoin(v *diagnosis.View, m diagnosis.Match) diagnosis.Match {
	var about, broken bool
	var direct []string
	for _, id := range m.Hops {
		h, _ := v.Hop(id)
		for _, r := range setting(h).Remarks {
			about = about || r.Code == assignmentsJoined && r.Text == m.Values["text"]
		}
		broken = broken || h.OnPath() && h.State == evidence.Failed
		if h.OnPath() && setting(h).Outcome == evidence.OutcomeDirect {
			direct = append(direct, h.Target)
		}
	}
	if !about {
		return m
	}
	m.Entries = nil
	m.Means = "All of it is one assignment, whose value holds the others. No client looks for them there: it goes direct, " +
		"or cannot use the value."
	m.Remedy = "put each assignment into quotation marks of its own, or on a line of its own, and restart the daemon if it is one: {write}"
	m.Values["write"] = strings.TrimPrefix(m.Values["write"], "remove the quotation marks: ")
	if failed := directFailures(v, direct); broken || len(failed) > 0 {
		m.Severity, m.Hops = diagnosis.Error, append(m.Hops, diagnosis.IDs(failed)...)
	}
	return m
}

func clientVersionKnownBad() lint {
	return lint{
		Write: "update the client",
		Entry: diagnosis.Entry{
			Code: ClientVersionKnownBad, Since: "0.1.0",
			Title:   "a client's release reads the settings wrongly",
			Means:   "No form of the setting helps; another release of the client does.",
			Cite:    []string{"docs/field-notes.md#client-releases"},
			Provoke: surveyOf(fault.Canonical(), "curl-7.86.0"),
		},
	}
}

// emptied are variables of which one is set and empty.
func emptied(env map[string]string, name string) map[string]string {
	env[name] = ""
	return env
}
