package catalogue

import (
	"cmp"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/words"
)

// desktopSettings are those of Docker Desktop with a proxy of their own.
func desktopSettings(proxy string) map[string]string {
	return map[string]string{"/root/.docker/desktop/settings-store.json": `{"ProxyHTTPMode": "manual", "OverrideProxyHTTP": "` + proxy +
		`", "OverrideProxyHTTPS": "` + proxy + `"}`}
}

// clientInVM is about an engine that pulls from inside a machine of the host: what the shell and
// the files of the host say does not hold there.
func clientInVM() diagnosis.Entry {
	return diagnosis.Entry{
		Code: ClientInVM, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "{client} pulls from inside {machine}",
		Seen:  "{inner} From there: {outer}.{shell}",
		Means: "The engine's own addresses, proxy and CAs are those of that machine, not those of this shell. 127.0.0.1 is there the machine " +
			"itself.",
		Remedy: "{todo}",
		Symptoms: []diagnosis.Symptom{
			{Text: "proxyconnect tcp: dial tcp 127.0.0.1:…: connect: connection refused", Cite: "https://github.com/containers/podman/issues/14087"},
			{Text: "HTTP Proxy: http.docker.internal:3128", Cite: "https://github.com/docker/for-win/issues/14818"},
		},
		Cite: []string{
			"https://docs.docker.com/desktop/features/networking/",
			"https://github.com/containers/podman/blob/v5.6.0/pkg/machine/proxyenv/env.go",
			"https://github.com/lima-vm/lima/blob/v1.0.0/pkg/cidata/cidata.go",
		},
		Values: []string{"client", "machine", "inner", "outer", "shell", "todo"},
		Needs:  []evidence.Op{evidence.OpSetting},
		Match:  matchClientInVM,
		Provoke: fault.World{Title: "Docker Desktop has a proxy of its own, the shell has another",
			Env: fault.Proxied("http://other.corp.example:3128"), Files: desktopSettings(fault.ProxyURL),
			Survey: &fault.Survey{}},
		Also: []fault.World{
			{Title: "a builder's container is told the loopback of the host", Env: fault.Canonical(), Survey: &fault.Survey{},
				Files: map[string]string{"/root/.docker/buildx/instances/work": `{"Name": "work", "Driver": "docker-container",
					"Nodes": [{"Name": "work0", "DriverOpts": {"env.HTTPS_PROXY": "http://127.0.0.1:3128"}}]}`}},
			{Title: "a node of k3d is told the loopback of the host", Env: fault.Canonical(), Survey: &fault.Survey{},
				Files: map[string]string{"/var/lib/docker/containers/7a/config.v2.json": `{"Name": "/k3d-work-server-0", "State": {"Running": true},
					"Config": {"Image": "rancher/k3s:v1.33.4-k3s1", "Labels": {"k3d.cluster": "work", "k3d.role": "server"},
					"Env": ["HTTPS_PROXY=http://127.0.0.1:3128"]}, "NetworkSettings": {"Networks": {"k3d-work": {"Gateway": "172.19.0.1"}}}}`}},
			{Title: "docker is told to use the engine of another machine", Survey: &fault.Survey{},
				Files: map[string]string{"/etc/hostname": "job"}, Env: fault.Canonical("DOCKER_HOST", "ssh://ci@build.corp.example")},
			{Title: "a check as Docker Desktop", Flags: asClient("docker-desktop"), Files: desktopSettings(fault.ProxyURL)},
		},
	}
}

// matchClientInVM takes each client with a machine of its own. It is an error where the client is
// told what cannot be the proxy there, a warning where it takes another way than the shell.
func matchClientInVM(v *diagnosis.View) []diagnosis.Match {
	hops := v.Hops(evidence.OpSetting, func(h evidence.Hop) bool { return setting(h).Machine != "" })
	var out []diagnosis.Match
	for _, g := range diagnosis.Group(hops, func(h evidence.Hop) string { return setting(h).Client }) {
		d := setting(g[0])
		m := diagnosis.Match{Hops: diagnosis.IDs(g), Targets: targetsOf(g), Severity: diagnosis.Info, Values: map[string]string{
			"client": cmp.Or(d.Client, "the client"), "machine": d.Machine, "inner": innerText(d), "outer": outerText(d), "shell": "",
			"todo": "look at what the engine has in its machine: " + d.Inside}}
		if other, differs := shellWay(v, g[0]); differs {
			m.Severity = diagnosis.Warning
			m.Hops = append(m.Hops, other.ID)
			if d.Change != "" {
				m.Values["todo"] += "; to give it another proxy: " + d.Change
			}
			m.Values["shell"] = " " + setting(other).Client + " in this shell: " + outerText(setting(other)) + "."
		}
		if d.Outcome == evidence.OutcomeError {
			m.Severity = diagnosis.Info // the value itself is wrong, of which another row speaks
			if unusable(d) == "" {
				m.Severity, m.Values["todo"] = diagnosis.Error, anotherProxy(d)
			}
		}
		if v.Run().Client != evidence.SurveyClient {
			m.Values["shell"] = " The step inside was not walked: a check runs on the host."
		}
		if d.Inside != "" {
			m.Reproduce = []string{d.Inside}
		}
		out = append(out, m)
	}
	return out
}

func innerText(d evidence.Setting) string {
	by := ""
	if d.ToldBy != "" {
		by = " by " + d.ToldBy
	}
	switch {
	case d.Told == "" && d.Outcome == evidence.OutcomeUnknown:
		return "What it is told there is not known."
	case d.Told == "":
		return "It is told no proxy there" + by + "."
	}
	return "It is told " + d.Told + " there" + by + "."
}

// anotherProxy says how an engine that is told its own loopback gets the proxy that is meant.
func anotherProxy(d evidence.Setting) string {
	if d.Change == "" {
		return "let the proxy listen on an address that " + d.Machine + " reaches and name that; look at what the engine has: " + d.Inside
	}
	return "let the proxy listen on an address that " + d.Machine + " reaches (" + cmp.Or(d.Reaches, "the host's own") +
		"), and give the engine that one: " + d.Change
}

// unusable is what is wrong with the value itself, empty where nothing is.
func unusable(d evidence.Setting) string {
	for _, p := range d.Problems {
		if p.Broken {
			return p.Text
		}
	}
	return ""
}

// outerText is the way that is taken on the host.
func outerText(d evidence.Setting) string {
	switch {
	case d.Outcome == evidence.OutcomeError:
		return cmp.Or(unusable(d), d.Why)
	case d.Outcome == evidence.OutcomeUnknown:
		return d.Why
	case d.Outcome == evidence.OutcomeProxy:
		return "the proxy " + d.Proxy + words.From(d.Variable) + words.From(d.Source)
	case d.Token != "":
		return "direct, by " + d.Token + " of " + d.NoProxyVariable
	case d.Implicit != "":
		return "direct, " + d.Implicit
	}
	return "direct"
}

// shellWay returns the way of a client of the shell to the same target, and whether it is another.
func shellWay(v *diagnosis.View, h evidence.Hop) (evidence.Hop, bool) {
	d := setting(h)
	if v.Run().Client != evidence.SurveyClient || d.Outcome == evidence.OutcomeUnknown {
		return evidence.Hop{}, false
	}
	other, found := v.FirstAbout(evidence.OpSetting, diagnosis.About{}.Target(h.Target), func(o evidence.Hop) bool {
		s := setting(o)
		return s.Machine == "" && !s.Daemon && s.URL != "" && s.Scope == "" && s.Outcome != evidence.OutcomeUnknown
	})
	s := setting(other)
	return other, found && (s.Outcome != d.Outcome || address(s) != address(d))
}
