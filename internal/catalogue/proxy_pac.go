package catalogue

import (
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/words"
)

// pacRows are the rows about proxy auto-config files.
func pacRows() []diagnosis.Entry { return []diagnosis.Entry{proxyIsPACFile(), proxyPACFallback()} }

// proxyIsPACFile is about clients that would need a PAC file, which none of them evaluates.
func proxyIsPACFile() diagnosis.Entry {
	atServer := []fault.Host{{Name: "wpad.corp.example", Role: "registry", Address: "203.0.113.160", Private: true, Plain: true}}
	const asked, atPort = "http://wpad.corp.example/proxy.pac", "http://wpad.corp.example:80/wpad.dat"
	return diagnosis.Entry{
		Code: ProxyIsPACFile, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "the proxy is given by a PAC file, which the client does not evaluate",
		Seen:   "{where}: {text}",
		Means:  "Browsers run the script in a PAC file to learn the proxy of each URL. Container clients, Go programs and curl do not.",
		Remedy: "give the client a proxy as host and port in place of the PAC file: {write}",
		Symptoms: []diagnosis.Symptom{
			{Text: "Method Not Allowed", Cite: "https://github.com/docker/for-win/issues/10894"},
		},
		Cite: []string{"https://github.com/golang/go/issues/21943", "https://github.com/docker/for-win/issues/10894",
			"https://github.com/microsoft/WSL/issues/40945"},
		Values: []string{"where", "text", "write"},
		Needs:  []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpHandshake, evidence.OpTunnel},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			named := lint{Entry: diagnosis.Entry{Code: ProxyIsPACFile}, Weigh: weighedPAC}
			return append(pacAsProxy(v), matchRemarks(v, named)...)
		},
		Provoke: fault.World{Title: "HTTPS_PROXY has the URL of a PAC file", Hosts: append(fault.Hosts(), atServer...),
			Env: map[string]string{"HTTPS_PROXY": asked}},
		Also: []fault.World{
			surveyOf(map[string]string{"HTTPS_PROXY": atPort, "https_proxy": atPort}, "go-1.26.8", "curl-8.14.1"),
			{Title: "NetworkManager has a PAC file, dockerd has no proxy, and direct egress is dropped", Direct: true, Env: map[string]string{},
				Files: map[string]string{dockerUnit: plainUnit, "/usr/bin/dockerd": "no ELF",
					"/etc/NetworkManager/system-connections/office.nmconnection": "[proxy]\nmethod=1\npac-url=" + asked + "\n"},
				Flags: append(asClient("docker"), quickHop), Targets: []string{"registry.redhat.io"}, Anonymous: true,
				Faults: dropDirect("registry.redhat.io", "sso.redhat.com")},
		},
	}
}

// weighedPAC is a match about a PAC file of the host: an error where the client goes direct and that
// fails.
func weighedPAC(v *diagnosis.View, m diagnosis.Match) diagnosis.Match {
	var targets []string
	for _, id := range m.Hops {
		if h, _ := v.Hop(id); h.OnPath() && setting(h).Outcome == evidence.OutcomeDirect {
			targets = append(targets, h.Target)
		}
	}
	m.Severity = diagnosis.Warning
	if failed := directFailures(v, targets); len(failed) > 0 {
		m.Severity, m.Strength, m.Hops = diagnosis.Error, diagnosis.Likely, append(m.Hops, diagnosis.IDs(failed)...)
	}
	return m
}

// pacAsProxy are settings in which the URL of a PAC file stands for a proxy. Where the server behind
// it is a proxy all the same, the path in the URL does no harm.
func pacAsProxy(v *diagnosis.View) []diagnosis.Match {
	hops := slices.DeleteFunc(subjects(v), func(h evidence.Hop) bool {
		return setting(h).Answer != nil || setting(h).Outcome != evidence.OutcomeProxy || !hasProblem(setting(h), "pac-url")
	})
	return matchEachWith(diagnosis.Group(hops, valueKey), func(g []evidence.Hop) diagnosis.Match {
		d := setting(g[0])
		m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{"where": d.Variable + "=" + d.Value + " from " + d.Source,
			"text":  "it is the URL of a PAC file; for " + tools(g) + " the web server that holds the file, " + d.Proxy + ", is the proxy",
			"write": "pullpath settings --pac URL prints the variables that say the same"}}
		if !g[0].OnPath() {
			return m
		}
		failed := proxyFailures(v, targetsOf(g))
		if len(failed) == 0 {
			m.Severity = diagnosis.Warning
		}
		m.Hops = append(m.Hops, diagnosis.IDs(failed)...)
		return m
	})
}

// proxyFailures are the hops at which the way to the proxy, or through it, broke for the targets.
func proxyFailures(v *diagnosis.View, targets []string) []evidence.Hop {
	among := setOf(targets)
	var out []evidence.Hop
	for _, op := range []evidence.Op{evidence.OpResolve, evidence.OpDial, evidence.OpTunnel} {
		for _, h := range v.PathFailed(op) {
			if among[h.Target] || h.Role == evidence.Proxy {
				out = append(out, h)
			}
		}
	}
	return out
}

// proxyPACFallback is about ways of a PAC file's list that do not serve, while a later one does.
func proxyPACFallback() diagnosis.Entry {
	first := "data:,function FindProxyForURL(url, host) { return 'PROXY gone.corp.example:3128; PROXY proxy.corp.example:3128'; }"
	return diagnosis.Entry{
		Code: ProxyPACFallback, Since: "0.1.0",
		Layer: diagnosis.Proxy, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title:  "the PAC file names {earlier} for {hosts}, and only a later way of its list is taken",
		Seen:   "the PAC file {file} says {answer}; by {earlier}: {text}",
		Means:  "Browsers go on with the next way of the list. A client that is given one proxy has no next way.",
		Remedy: "repair {earlier}, or take it out of the PAC file",
		Cite: []string{"https://source.chromium.org/chromium/chromium/src/+/main:net/http/proxy_fallback.cc",
			"https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Proxy_servers_and_tunneling/Proxy_Auto-Configuration_PAC_file"},
		Values: []string{"earlier", "file", "answer", "text"},
		Needs:  []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake},
		Match:  matchPACFallback,
		Provoke: fault.World{Title: "the first proxy of a PAC file's list does not exist", Flags: []string{"--pac=" + first},
			Targets: []string{"registry.redhat.io"}, Anonymous: true},
		Also: []fault.World{{Title: "the first proxy of a PAC file's list refuses every tunnel, and the next way is direct", Direct: true,
			Flags:   []string{"--pac=data:,function FindProxyForURL(url, host) { return 'PROXY proxy.corp.example:3128; DIRECT'; }"},
			Targets: []string{"registry.redhat.io"}, Anonymous: true,
			Faults: []fault.Fault{fault.Connect{Status: 403}}}},
	}
}

// matchPACFallback finds, for each list, the way that did not serve.
func matchPACFallback(v *diagnosis.View) []diagnosis.Match {
	earlier := map[string][]evidence.Hop{}
	for _, op := range []evidence.Op{evidence.OpResolve, evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake} {
		for _, h := range v.HopsAbout(op, diagnosis.About{}.Probe(evidence.ProbePACEarlier), nil) {
			earlier[h.Target] = append(earlier[h.Target], h)
		}
	}
	listed := v.Hops(evidence.OpSetting, func(h evidence.Hop) bool {
		d := setting(h)
		return h.OnPath() && d.Answer != nil && len(d.Answer.Ways) > 1 && len(earlier[h.Target]) > 0
	})
	byList := diagnosis.Group(listed, func(h evidence.Hop) string { return setting(h).Answer.Answer })
	return matchEachWith(byList, func(g []evidence.Hop) diagnosis.Match {
		said := setting(g[0]).Answer
		var broken []evidence.Hop
		for _, h := range g {
			for _, e := range earlier[h.Target] {
				if why, known := v.Hop(e.Because); e.State == evidence.Skipped && known && why.State == evidence.Failed {
					e = why
				}
				if e.State == evidence.Failed && !slices.ContainsFunc(broken, func(o evidence.Hop) bool { return o.ID == e.ID }) {
					broken = append(broken, e)
				}
			}
		}
		return diagnosis.Match{Hops: diagnosis.IDs(append(slices.Clone(g), broken...)), Targets: targetsOf(g), Values: map[string]string{
			"earlier": said.Ways[0], "file": said.File, "answer": words.Quoted(said.Answer), "text": join(broken, reason)}}
	})
}
