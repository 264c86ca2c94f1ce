package catalogue

import (
	"slices"

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
func fileLints() []lint { return slices.Concat(dockerLints(), unitLints(), hostLints()) }

// measured cites a rule of the survey with what it was seen with.
func measured(id, seen string) []string {
	return []string{"proxy-settings " + id + ", measured: " + seen}
}

// dockerLints are about the files of docker.
func dockerLints() []lint {
	proxied := dropIn(fault.ProxyURL)
	return []lint{
		{code: "daemon-json-refused", remarks: []string{"daemon-json-refused", "daemon-json-flag-and-key"}, severity: diagnosis.Error,
			title: "this daemon.json keeps dockerd from starting", cite: measured("PX013", "docker 26.1.5, 28.5.2"),
			means:  "The keys under proxies are http-proxy, https-proxy and no-proxy; the ones of ~/.docker/config.json are others, and a key may not stand in file and flag.",
			remedy: "correct the keys", world: ofDocker(proxied, daemonJSON, `{"proxies": {"httpsProxy": "`+fault.ProxyURL+`"}}`)},
		{code: "daemon-json-proxy-ignored", remarks: []string{"daemon-json-top-level-ignored"}, title: "a proxy in daemon.json stands where dockerd does not look",
			cite: measured("PX014", "docker 26.1.5, 28.5.2"), means: "dockerd accepts the key at the top level and does nothing with it.", remedy: "move the key below proxies",
			world: ofDocker(proxied, daemonJSON, `{"http-proxy": "`+fault.ProxyURL+`"}`)},
		{code: "daemon-json-overrides-unit", title: "the unit and daemon.json name different proxies", cite: measured("PX015", "docker 26.1.5, 28.5.2"),
			means:  "daemon.json wins key by key, after the start: /proc/PID/environ still shows the unit's value, and the unit's NO_PROXY stays in force where the file has none.",
			remedy: "keep the proxy in one of the two", after: []string{"client-proxy-differs"},
			world: ofDocker(dropIn("http://old-proxy.corp.example:3128"), daemonJSON,
				`{"proxies": {"https-proxy": "`+fault.ProxyURL+`", "http-proxy": "`+fault.ProxyURL+`"}}`)},
		{code: "docker-config-proxies", title: "the proxies of ~/.docker/config.json are not for pulls", severity: diagnosis.Info, cite: append(measured("PX010", "docker 26.1.5, 28.5.2"),
			"failures A15: docker/cli#507, docker/cli#4501"), means: "They become variables inside containers and build steps. dockerd pulls with its own.",
			remedy: "set the daemon's proxy in its unit or in daemon.json", world: ofDocker(proxied, "/root/.docker/config.json",
				`{"proxies": {"default": {"httpsProxy": "`+fault.ProxyURL+`", "httpProxy": "`+fault.ProxyURL+`", "noProxy": "localhost,127.0.0.1,::1,corp.example,.corp.example"}}}`)},
		{code: "docker-host-proxied", title: "the docker CLI goes to its engine through the proxy", cite: measured("PX043", "docker 28.5.2"),
			means: "DOCKER_HOST=tcp:// is plain HTTP, for which HTTP_PROXY counts.", remedy: "add the engine's host to NO_PROXY",
			world: survey(fault.Canonical("DOCKER_HOST", "tcp://engine.lab.example:2375"))},
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
