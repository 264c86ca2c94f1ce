package catalogue

import (
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
)

// ofDocker is a World of a docker host whose drop-in has this text.
func ofDocker(dropInText string, more ...string) fault.World {
	files := map[string]string{dockerUnit: plainUnit, dockerDropIn: dropInText}
	for i := 0; i+1 < len(more); i += 2 {
		files[more[i]] = more[i+1]
	}
	return fault.World{Env: fault.Canonical(), Files: files, Survey: &fault.Survey{}}
}

// fileLints are about the files that clients take their settings from.
func fileLints() []lint {
	rule := func(id, seen string) []string { return []string{"proxy-settings " + id + ", measured: " + seen} }
	proxied := dropIn(fault.ProxyURL)
	return []lint{
		{code: "daemon-json-refused", remarks: []string{"daemon-json-refused", "daemon-json-flag-and-key"}, severity: diagnosis.Error,
			title: "dockerd does not start with this daemon.json", cite: rule("PX013", "docker 26.1.5, 28.5.2"),
			means:  "The keys under proxies are http-proxy, https-proxy and no-proxy; the ones of ~/.docker/config.json are others, and a key may not stand in file and flag.",
			remedy: "correct the keys", world: ofDocker(proxied, daemonJSON, `{"proxies": {"httpsProxy": "`+fault.ProxyURL+`"}}`)},
		{code: "daemon-json-proxy-ignored", remarks: []string{"daemon-json-top-level-ignored"}, title: "daemon.json names a proxy where dockerd does not look",
			cite: rule("PX014", "docker 26.1.5, 28.5.2"), means: "dockerd accepts the key at the top level and does nothing with it.", remedy: "move the key below proxies",
			world: ofDocker(proxied, daemonJSON, `{"http-proxy": "`+fault.ProxyURL+`"}`)},
		{code: "daemon-json-overrides-unit", title: "daemon.json and the unit name different proxies", cite: rule("PX015", "docker 26.1.5, 28.5.2"),
			means:  "daemon.json wins key by key, after the start: /proc/PID/environ still shows the unit's value, and the unit's NO_PROXY stays in force where the file has none.",
			remedy: "keep the proxy in one of the two", after: []string{"client-proxy-differs"},
			world: ofDocker(dropIn("http://old-proxy.corp.example:3128"), daemonJSON,
				`{"proxies": {"https-proxy": "`+fault.ProxyURL+`", "http-proxy": "`+fault.ProxyURL+`"}}`)},
		{code: "unit-percent-dropped", remarks: []string{"percent-drops-assignment", "percent-expanded", "invalid-escape", "escape-expanded"},
			severity: diagnosis.Error, title: "systemd drops or changes an assignment in a unit", cite: append(rule("PX016", "systemd 237, 247, 252"),
				"failures A3: docker/for-linux#1149, systemd/systemd#9842", "systemd.unit(5), Specifiers"),
			means:  "In Environment= a percent begins a specifier and a backslash an escape. The service starts without the variable and says nothing.",
			remedy: "double the percent",
			world:  ofDocker("[Service]\nEnvironment=\"HTTPS_PROXY=http://svc:p%40ss@proxy.corp.example:3128\"\n")},
		{code: "percent-doubled", severity: diagnosis.Error, title: "a doubled percent stays doubled", cite: rule("PX017", "systemd 252; C20"),
			means:  "Doubling is for Environment= in units only. Elsewhere the value is no URL for Go, and the proxy is ignored without a word.",
			remedy: "write one percent",
			world: ofDocker("[Service]\nEnvironmentFile=/etc/sysconfig/docker\n", "/etc/sysconfig/docker",
				"HTTPS_PROXY=http://svc:p%%40ss@proxy.corp.example:3128\n")},
		{code: "environment-file-line-ignored", remarks: []string{"export-ignored", "comment-in-value", "invalid-assignment", "comment-cuts-value",
			"backslash-removed", "reference-not-expanded"}, title: "a line of an environment file does not do what it says", cite: rule("PX018", "systemd 237, 247, 252"),
			means:  "systemd reads NAME=VALUE and nothing of a shell: no export, no comment behind a value, no $NAME.",
			remedy: "write plain NAME=VALUE lines",
			world:  ofDocker("[Service]\nEnvironmentFile=/etc/sysconfig/docker\n", "/etc/sysconfig/docker", "export HTTPS_PROXY="+fault.ProxyURL+"\n")},
		{code: "unit-assignment-cut", remarks: []string{"unquoted-blank"}, title: "an unquoted blank cuts an assignment in a unit", cite: rule("PX019", "systemd 237, 247, 252"),
			means:  "A list with blanks ends at the first one; what follows is lost.",
			remedy: "put the assignment in quotes, the list without blanks", world: ofDocker("[Service]\nEnvironment=HTTPS_PROXY=" + fault.ProxyURL + "\nEnvironment=HTTP_PROXY=" + fault.ProxyURL +
				"\nEnvironment=NO_PROXY=localhost,127.0.0.1,::1,corp.example,.corp.example, lab.example\n")},
		{code: "unit-drop-in-ineffective", remarks: []string{"assignment-outside-section", "setting-in-other-section", "drop-in-without-conf",
			"environment-file-missing", "environment-file-not-absolute"}, title: "a drop-in has no effect", cite: append(rule("PX021", "systemd 237, 247, 252"), "systemd.unit(5)"),
			means:  "systemd passes it over without an error.",
			remedy: "a drop-in is called NAME.conf, lies in UNIT.d and begins with [Service]",
			world:  ofDocker("Environment=\"HTTPS_PROXY=" + fault.ProxyURL + "\"\n")},
		{code: "docker-config-proxies", title: "the proxies of ~/.docker/config.json are not for pulls", severity: diagnosis.Info, cite: append(rule("PX010", "docker 26.1.5, 28.5.2"),
			"failures A15: docker/cli#507, docker/cli#4501"), means: "They become variables inside containers and build steps. dockerd pulls with its own.",
			remedy: "set the daemon's proxy in its unit or in daemon.json", world: ofDocker(proxied, "/root/.docker/config.json",
				`{"proxies": {"default": {"httpsProxy": "`+fault.ProxyURL+`", "httpProxy": "`+fault.ProxyURL+`", "noProxy": "localhost,127.0.0.1,::1,corp.example,.corp.example"}}}`)},
		{code: "proxy-password-readable", remarks: []string{"password-world-readable"}, title: "a proxy password can be read by every user", severity: diagnosis.Info,
			cite: rule("PX036", "docker 28.5.2"), means: "It stands in a file with mode 0644, as /etc/environment and most units have.",
			remedy: "move it into a file with mode 0600 that EnvironmentFile= names, or use a proxy account that is worth nothing else",
			world:  ofDocker(dropIn("http://" + fault.ProxyUser + ":" + fault.ProxyPassword + "@" + fault.ProxyName + ":" + fault.ProxyTCPPort))},
		{code: "sudo-drops-proxy", title: "sudo takes the proxy variables away", severity: diagnosis.Info, cite: append(rule("PX037", "podman 4.3.1, sudo of Debian"), "failures A19"),
			means:  "podman as this user has the proxy, sudo podman has none.",
			remedy: "add to sudoers: Defaults env_keep += \"http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY\"",
			world:  fault.World{Env: fault.Canonical(), Files: map[string]string{"/etc/sudoers": "Defaults env_reset\nroot ALL=(ALL) ALL\n"}, Survey: &fault.Survey{}}},
		{code: "kubeconfig-proxy-url", title: "a kubeconfig names a proxy", severity: diagnosis.Info, cite: rule("PX041", "kubectl 1.32.4"),
			means: "proxy-url beats the variables, and NO_PROXY does not apply to it.", remedy: "remove proxy-url if the cluster is inside",
			world: fault.World{Env: fault.Canonical(), Survey: &fault.Survey{}, Files: map[string]string{"/root/.kube/config": "apiVersion: v1\nkind: Config\nclusters:\n- name: lab\n  cluster:\n    server: https://api.lab.example:6443\n    proxy-url: " + fault.ProxyURL + "\n"}}},
		{code: "dnf-proxy-none", title: "proxy=_none_ does not keep dnf from the proxy", cite: rule("PX042", "dnf 4.14.0, dnf5 5.4.6"),
			means: "_none_ beats the main section, not the environment: dnf goes to the environment's proxy.", remedy: "add the host to NO_PROXY",
			world: fault.World{Env: fault.Canonical(), Survey: &fault.Survey{}, Files: map[string]string{"/usr/bin/dnf": "",
				"/etc/dnf/dnf.conf": "[main]\ngpgcheck=1\n", "/etc/yum.repos.d/lab.repo": "[lab]\nname=lab\nbaseurl=https://lab.example/rpms\nproxy=_none_\n"}}},
		{code: "client-key-ignored", remarks: []string{"containers-conf-key-ignored", "git-https-proxy-ignored", "rhsm-hostname-is-url", "rhsm-password-encoded"},
			title: "a client's own file has a key that does not do what it says", cite: rule("2.4, 2.6", "podman 5.8.6, git 2.55.0"),
			means: "The client reads the file and passes the key over, or takes it for something else.", remedy: "use the key that the client reads",
			world: fault.World{Env: fault.Canonical(), Survey: &fault.Survey{}, Files: map[string]string{"/usr/bin/git": "", "/etc/gitconfig": "[https]\n\tproxy = " + fault.ProxyURL + "\n"}}},
		{code: "docker-host-proxied", title: "the docker CLI goes to its engine through the proxy", cite: rule("PX043", "docker 28.5.2"),
			means: "DOCKER_HOST=tcp:// is plain HTTP, for which HTTP_PROXY counts.", remedy: "add the engine's host to NO_PROXY",
			world: survey(fault.Canonical("DOCKER_HOST", "tcp://engine.lab.example:2375"))},
		{code: "settings-source-unreadable", remarks: []string{"unreadable", "binary", "too-large", "link-cycle", "not-a-file", "syntax-error"},
			title: "a source of settings could not be read", severity: diagnosis.Info, cite: []string{"proxy-settings 2: what each client reads"},
			means: "What it says is not in the table.", remedy: "run it as a user who may read the file, or look into it",
			world: ofDocker(proxied, "/etc/sysconfig/docker", "HTTPS_PROXY=\x00\x01", "/etc/systemd/system/docker.service.d/z.conf", "[Service]\nEnvironmentFile=-/etc/sysconfig/docker\n")},
		{code: "client-settings-not-loaded", title: "a running daemon has not loaded its settings", cite: []string{"failures A2, E20: docker/for-linux#1039, cri-o/cri-o#7437",
			"proxy-settings PX021, measured"}, means: "A daemon reads its environment and its CA files at start.", remedy: "reload and restart it",
			world: fault.World{Env: fault.Canonical(), Survey: &fault.Survey{}, Files: notLoadedFiles()}},
		{code: "client-trust-misplaced", title: "a CA file stands where no client reads it", cite: []string{"registries 5: containers-certs.d(5)",
			"failures E20", "update-ca-trust(8), update-ca-certificates(8)"}, means: "The certificate is on the host and trusted by nobody.", remedy: "put it where it is read",
			world: ofDocker(proxied, "/etc/docker/certs.d/registry.lab.example/corp-ca.pem", "-----BEGIN CERTIFICATE-----\n")},
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
		"/proc/812/environ": "PATH=/usr/bin\x00HTTPS_PROXY=http://old-proxy.corp.example:3128\x00HTTP_PROXY=http://old-proxy.corp.example:3128\x00",
		"/proc/uptime":      "1000000.00 0.00\n",
		"/proc/812/status":  "Name:\tdockerd\nUid:\t0\t0\t0\t0\n",
	}
}
