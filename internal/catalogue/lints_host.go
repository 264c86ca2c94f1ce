package catalogue

import (
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
)

// hostLints are about the host and the files of single clients.
func hostLints() []lint {
	proxied := dropIn(fault.ProxyURL)
	return []lint{
		{code: "proxy-password-readable", remarks: []string{"password-world-readable"}, title: "a proxy password can be read by every user", severity: diagnosis.Info,
			cite: measured("PX036", "docker 28.5.2"), means: "It stands in a file with mode 0644, as /etc/environment and most units have.",
			remedy: "move it into a file with mode 0600 that EnvironmentFile= names, or use a proxy account that is worth nothing else",
			world:  ofDocker(dropIn("http://" + fault.ProxyUser + ":" + fault.ProxyPassword + "@" + fault.ProxyName + ":" + fault.ProxyTCPPort))},
		{code: "proxy-on-loopback", title: "a daemon's proxy is on loopback", severity: diagnosis.Info, cite: append(measured("PX035", "podman machine"),
			"failures A18: containers/podman#27889, #24752"), means: "A daemon on the host reaches it; what it starts in a container, a virtual machine or another network namespace does not.",
			remedy: "name the host's address where the proxy listens on it",
			world: fault.World{Env: fault.Proxied("http://127.0.0.1:3128"), Survey: &fault.Survey{},
				Files: map[string]string{dockerUnit: plainUnit, dockerDropIn: dropIn("http://127.0.0.1:3128")}}},
		{code: "sudo-drops-proxy", title: "the proxy variables are taken away by sudo", severity: diagnosis.Info, cite: append(measured("PX037", "podman 4.3.1, sudo of Debian"), "failures A19"),
			means:  "podman as this user has the proxy, sudo podman has none.",
			remedy: "add to sudoers: Defaults env_keep += \"http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY\"",
			world:  fault.World{Env: fault.Canonical(), Files: map[string]string{"/etc/sudoers": "Defaults env_reset\nroot ALL=(ALL) ALL\n"}, Survey: &fault.Survey{}}},
		{code: "kubeconfig-proxy-url", title: "a kubeconfig names a proxy", severity: diagnosis.Info, cite: measured("PX041", "kubectl 1.32.4"),
			means: "proxy-url beats the variables, and NO_PROXY does not apply to it.", remedy: "remove proxy-url if the cluster is inside",
			world: fault.World{Env: fault.Canonical(), Survey: &fault.Survey{}, Files: map[string]string{"/root/.kube/config": "apiVersion: v1\nkind: Config\nclusters:\n- name: lab\n  cluster:\n    server: https://api.lab.example:6443\n    proxy-url: " + fault.ProxyURL + "\n"}}},
		{code: "dnf-proxy-none", title: "a repository's proxy=_none_ does not keep dnf from the proxy", cite: measured("PX042", "dnf 4.14.0, dnf5 5.4.6"),
			means: "_none_ beats the main section, not the environment: dnf goes to the environment's proxy.", remedy: "add the host to NO_PROXY",
			world: fault.World{Env: fault.Canonical(), Survey: &fault.Survey{}, Files: map[string]string{"/usr/bin/dnf": "",
				"/etc/dnf/dnf.conf": "[main]\ngpgcheck=1\n", "/etc/yum.repos.d/lab.repo": "[lab]\nname=lab\nbaseurl=https://lab.example/rpms\nproxy=_none_\n"}}},
		{code: "client-key-ignored", remarks: []string{"containers-conf-key-ignored", "git-https-proxy-ignored", "rhsm-hostname-is-url", "rhsm-password-encoded"},
			title: "a client's own file has a key that does not do what it says", cite: measured("2.4, 2.6", "podman 5.8.6, git 2.55.0"),
			means: "The client reads the file and passes the key over, or takes it for something else.", remedy: "use the key that the client reads",
			world: fault.World{Env: fault.Canonical(), Survey: &fault.Survey{}, Files: map[string]string{"/usr/bin/git": "", "/etc/gitconfig": "[https]\n\tproxy = " + fault.ProxyURL + "\n"}}},
		{code: "settings-source-unreadable", remarks: []string{"not-all-read", "unreadable", "binary", "too-large", "link-cycle", "not-a-file", "syntax-error",
			"not-evaluated", "environment-passed"}, title: "a source of settings could not be read", severity: diagnosis.Info, cite: []string{"proxy-settings 2: what each client reads"},
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
