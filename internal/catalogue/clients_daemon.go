package catalogue

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// Files of a host with docker in the Worlds of this page.
const (
	dockerUnit   = "/usr/lib/systemd/system/docker.service"
	dockerDropIn = "/etc/systemd/system/docker.service.d/http-proxy.conf"
	plainUnit    = "[Unit]\nDescription=Docker\n[Service]\nExecStart=/usr/bin/dockerd -H fd://\n"
)

// dropIn sets the canonical variables with this proxy for a unit.
func dropIn(proxy string) string {
	var b strings.Builder
	b.WriteString("[Service]\n")
	env := fault.Proxied(proxy)
	for _, name := range slices.Sorted(maps.Keys(env)) {
		fmt.Fprintf(&b, "Environment=\"%s=%s\"\n", name, env[name])
	}
	return b.String()
}

// lost are the lints that explain why a daemon has no proxy, or a broken one.
func lost() []string {
	return []string{"unit-percent-dropped", "percent-doubled", "environment-file-line-ignored", "unit-drop-in-ineffective", "daemon-json-refused",
		"daemon-json-proxy-ignored", "client-settings-not-loaded"}
}

func clientProxyMissing() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "client-proxy-missing", Since: "0.2.0", Layer: diagnosis.Settings,
		Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "{daemon} has no proxy, though {shell} has one",
		Seen:   "{shell} goes to {proxy} ({variable} from {where}); {daemon}: {why}",
		Means:  "A daemon does not see the variables of a shell. What works here with {shell} fails in {daemon} where only the proxy may leave.",
		Remedy: "set the proxy for {daemon} where it reads it (a systemd drop-in with Environment=, or daemon.json for docker), run systemctl daemon-reload and restart it",
		Cite: []string{"failures A1: kubernetes-sigs/cri-tools#336, containerd/containerd#11164, cri-o/cri-o#3003",
			"proxy-settings PX009, measured", "docs.docker.com/engine/daemon/proxy"},
		Values: []string{"daemon", "shell", "proxy", "variable", "where", "why"},
		Needs:  []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpHandshake, evidence.OpTunnel},
		Match:  matchClientProxyMissing, After: lost(),
		Provoke: fault.World{Title: "the shell has a proxy, dockerd has none", Env: fault.Canonical(),
			Files: map[string]string{dockerUnit: plainUnit}},
	}
}

// matchClientProxyMissing pairs a shell's client that goes to a proxy with a
// daemon that goes direct for want of a setting.
func matchClientProxyMissing(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	lacking := slices.DeleteFunc(others(v), func(h evidence.Hop) bool { return !lacks(setting(h)) })
	for _, g := range diagnosis.Group(lacking, func(h evidence.Hop) string { return setting(h).Client }) {
		have := proxiedBeside(v, g)
		if len(have) == 0 {
			continue
		}
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(slices.Concat(have, g)), Targets: targetsOf(g), Values: missingValues(have, g)})
	}
	for _, g := range diagnosis.Group(directDaemon(v), func(h evidence.Hop) string { return setting(h).Dialect }) {
		have := slices.DeleteFunc(others(v), func(h evidence.Hop) bool { return setting(h).Outcome != "proxy" || setting(h).Daemon })
		failed := directFailures(v, targetsOf(g))
		tried := v.Hops(evidence.OpTunnel, func(h evidence.Hop) bool { return h.Probe == "other-setting" })
		tried = append(tried, v.Hops(evidence.OpDial, func(h evidence.Hop) bool { return h.Probe == "other-setting" })...)
		works := slices.ContainsFunc(tried, answered)
		if len(have) == 0 || len(failed) == 0 || len(tried) > 0 && !works {
			continue
		}
		m := diagnosis.Match{Hops: diagnosis.IDs(slices.Concat(have, g, failed)), Targets: targetsOf(failed), Values: missingValues(have, g), Severity: diagnosis.Error}
		if !works {
			m.Strength = diagnosis.Likely
		}
		m.Values["daemon"] = v.Run().Client
		out = append(out, m)
	}
	return out
}

// lacks tells that a daemon goes direct because nothing names a proxy for it.
func lacks(d evidence.Setting) bool {
	return d.Daemon && (d.Installed || d.Running) && d.Outcome == "direct" && d.Variable == "" && d.Token == "" && d.Implicit == ""
}

// directDaemon are the run's own ways where it walks as a daemon without a proxy.
func directDaemon(v *diagnosis.View) []evidence.Hop {
	return v.Hops(evidence.OpSetting, func(h evidence.Hop) bool {
		d := setting(h)
		return h.OnPath() && d.Daemon && d.Outcome == "direct" && d.Variable == "" && d.Token == "" && d.Implicit == ""
	})
}

// proxiedBeside are the ways of shell clients to the same targets that go to a
// proxy: the run's own, in a survey podman's or the first of the others.
func proxiedBeside(v *diagnosis.View, lacking []evidence.Hop) []evidence.Hop {
	var have []evidence.Hop
	for target := range setOf(targetsOf(lacking)) {
		have = append(have, v.HopsAbout(evidence.OpSetting, diagnosis.About{}.Target(target), func(h evidence.Hop) bool {
			d := setting(h)
			return !d.Daemon && d.Outcome == "proxy" && (h.OnPath() || h.Probe == "client-route")
		})...)
	}
	slices.SortFunc(have, func(a, b evidence.Hop) int { return a.ID - b.ID })
	if len(have) == 0 {
		return nil
	}
	first := tools(have[:1])
	return slices.DeleteFunc(have, func(h evidence.Hop) bool { return tools([]evidence.Hop{h}) != first })
}

func missingValues(have, lacking []evidence.Hop) map[string]string {
	d := setting(have[0])
	return map[string]string{"daemon": tools(lacking), "shell": cmp.Or(d.Client, "this shell"), "proxy": d.Proxy, "variable": d.Variable, "where": d.Source,
		"why": "no proxy variable in its units and files"}
}

func clientProxyDiffers() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "client-proxy-differs", Since: "0.2.0", Layer: diagnosis.Settings,
		Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "{daemon} uses another proxy than {shell}",
		Seen:   "{shell} goes to {proxy} ({variable} from {where}); {daemon} goes to {other} ({othervariable} from {otherwhere})",
		Means:  "Two proxies have two allow-lists. A host that passes for one client may be refused for the other.",
		Remedy: "set both to the same proxy, or have the hosts allowed on both",
		Cite:   []string{"failures A10, A19", "proxy-settings PX015, measured"},
		Values: []string{"daemon", "shell", "proxy", "variable", "where", "other", "othervariable", "otherwhere"},
		Needs:  []evidence.Op{evidence.OpSetting}, Match: matchClientProxyDiffers, After: append(lost(), "proxy-variables-conflict"),
		Provoke: fault.World{Title: "dockerd has another proxy than the shell", Env: fault.Canonical(),
			Files: map[string]string{dockerUnit: plainUnit, dockerDropIn: dropIn("http://proxy2.corp.example:3128")}},
	}
}

func matchClientProxyDiffers(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	other := slices.DeleteFunc(others(v), func(h evidence.Hop) bool { return !setting(h).Daemon || setting(h).Outcome != "proxy" })
	for _, g := range diagnosis.Group(other, func(h evidence.Hop) string { return setting(h).Client + setting(h).Proxy }) {
		have := proxiedBeside(v, g)
		if len(have) == 0 || address(setting(have[0])) == address(setting(g[0])) {
			continue
		}
		values := missingValues(have, g)
		delete(values, "why")
		d := setting(g[0])
		values["other"], values["othervariable"], values["otherwhere"] = d.Proxy, d.Variable, d.Source
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(slices.Concat(have, g)), Targets: targetsOf(g), Values: values})
	}
	return out
}

// address is the proxy without the mark of its credentials.
func address(d evidence.Setting) string { return strings.Replace(d.Proxy, "REDACTED@", "", 1) }

func proxyNeeded() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "proxy-needed", Since: "0.2.0", Layer: diagnosis.Settings,
		Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "direct access is blocked, and {other} on this host has a proxy that works",
		Seen:   "direct: {direct}; through {proxy}, which {other} has from {where}: {proxied}",
		Means:  "The client under test has no proxy set. The network lets the same hosts through the proxy that another client here uses.",
		Remedy: "set HTTPS_PROXY to {proxy} for the client, with the credentials that {other} has, if any",
		Cite:   []string{"failures A1, A19, C1: kubernetes-sigs/cri-tools#336", "proxy-settings 2.1"},
		Values: []string{"other", "direct", "proxy", "where", "proxied"},
		Needs:  []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpHandshake, evidence.OpTunnel},
		Match:  matchProxyNeeded,
		Provoke: fault.World{Title: "direct egress is dropped, dockerd has the proxy and the shell has none", HopTimeout: quick,
			Env: map[string]string{}, Files: map[string]string{dockerUnit: plainUnit, dockerDropIn: dropIn(fault.ProxyURL)},
			Faults: dropDirect("registry.redhat.io", "sso.redhat.com", "cdn.quay.io", "cdn01.quay.io", "cdn02.quay.io", "cdn03.quay.io",
				"cdn04.quay.io", "cdn05.quay.io", "cdn06.quay.io")},
	}
}

func matchProxyNeeded(v *diagnosis.View) []diagnosis.Match {
	proxied := v.Hops(evidence.OpTunnel, func(h evidence.Hop) bool { return h.Probe == "other-setting" && answered(h) })
	if len(proxied) == 0 {
		return nil
	}
	var targets []string
	for _, t := range v.Targets() {
		targets = append(targets, t.ID)
	}
	failed := directFailures(v, targets)
	have := slices.DeleteFunc(others(v), func(h evidence.Hop) bool { return setting(h).Outcome != "proxy" })
	if len(failed) == 0 || len(have) == 0 || len(directDaemon(v)) > 0 && !setting(have[0]).Daemon {
		return nil
	}
	d := setting(have[0])
	return []diagnosis.Match{{Hops: diagnosis.IDs(slices.Concat(have[:1], failed, proxied)), Targets: targetsOf(failed),
		Values: map[string]string{"other": d.Client, "direct": join(failed, reason), "proxy": d.Proxy, "where": d.Source,
			"proxied": evidence.DetailOf[evidence.Tunnel](proxied[0]).StatusLine}}}
}

// answered tells that the proxy lets the target through, or asks for credentials
// that the probe withheld.
func answered(h evidence.Hop) bool {
	return h.Op == evidence.OpTunnel && h.State == evidence.OK || evidence.DetailOf[evidence.Tunnel](h).Code == 407
}
