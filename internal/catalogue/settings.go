package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

func settings() []diagnosis.Entry {
	return []diagnosis.Entry{
		{
			Code: "https-proxy-missing", Since: since, Layer: diagnosis.Settings,
			Severity: diagnosis.Warning, Strength: diagnosis.Likely, Audience: diagnosis.HostAdmin,
			Title:  "HTTPS_PROXY is not set, so https goes direct although {variable} names a proxy",
			Seen:   "{variable}={value} is set; for {hosts} the client reads only HTTPS_PROXY and goes direct. {direct}",
			Means:  "Go clients (podman, docker, containerd, skopeo) use HTTP_PROXY for http:// alone and do not read ALL_PROXY. A registry is https.",
			Remedy: "set HTTPS_PROXY to {value} where the client reads it, and restart the daemon if it is one",
			Cite: []string{"failures A9: docker/for-linux#1039", "golang.org/x/net/http/httpproxy, Config.HTTPSProxy",
				"proxy-settings 1.1, measured"},
			Values: []string{"variable", "value", "direct"},
			Needs:  []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpHandshake},
			Match:  matchHTTPSProxyMissing,
			Provoke: fault.World{Title: "only HTTP_PROXY is set and direct egress is dropped", Direct: true,
				Env:        map[string]string{"HTTP_PROXY": fault.ProxyURL},
				HopTimeout: quick, Faults: []fault.Fault{fault.Socket{Host: fault.Everyone, Effect: fault.Drop}}},
			Also: []fault.World{{Title: "only ALL_PROXY is set and direct works", Direct: true,
				Env: map[string]string{"ALL_PROXY": fault.ProxyURL}},
				surveyOf(map[string]string{"HTTP_PROXY": fault.ProxyURL, "http_proxy": fault.ProxyURL}, "go-1.26.8", "curl-8.14.1")},
		},
		{
			Code: "proxy-url-invalid", Since: since, Layer: diagnosis.Settings,
			Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
			Title:  "{variable} cannot mean what it says",
			Seen:   "{variable}={value} from {where}: {problem}",
			Means:  "{clients} {effect}. The error it prints later names something else.",
			Remedy: "correct {variable}: scheme://host:port, no blanks or quotes, special characters of name and password percent-encoded",
			Cite: []string{"failures A4, A5, A6, A21: helm/helm#12892", "failures J1, measured with Go 1.26.8",
				"golang.org/x/net/http/httpproxy, parseProxy"},
			Values: []string{"variable", "value", "where", "problem", "clients", "effect"},
			Needs:  []evidence.Op{evidence.OpSetting},
			Match:  matchProxyURLInvalid,
			Provoke: fault.World{Title: "a slash is missing in the proxy's URL",
				Env: map[string]string{"HTTPS_PROXY": "http:/" + fault.ProxyName + ":" + fault.ProxyTCPPort}},
			Also: []fault.World{{Title: "a leading blank makes Go ignore the proxy", Direct: true, HopTimeout: quick,
				Env:    map[string]string{"HTTPS_PROXY": " " + fault.ProxyURL},
				Faults: []fault.Fault{fault.Socket{Host: fault.Everyone, Effect: fault.Drop}}}},
		},
		{
			Code: "no-proxy-bypasses-target", Since: since, Layer: diagnosis.Settings,
			Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
			Title:  "{variable} sends {hosts} direct, where only the proxy works",
			Seen:   "the entry {entry} of {variable} matches; direct: {direct}; through {proxy}: {proxied}",
			Means:  "The host is exempt from the proxy and cannot be reached without it.",
			Remedy: "remove {entry} from {variable}, or narrow it so that it does not match {targets}",
			Cite: []string{"failures A11, measured", "golang.org/x/net/http/httpproxy, Config.NoProxy",
				"openshift/cluster-authentication-operator, checkProxyConfig (the four-way answer)"},
			Values: []string{"variable", "entry", "direct", "proxy", "proxied"},
			Needs:  []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpHandshake, evidence.OpTunnel},
			Match:  matchNoProxyBypass,
			Provoke: fault.World{Title: "quay.io is in NO_PROXY and direct egress is dropped",
				Env:        map[string]string{"HTTPS_PROXY": fault.ProxyURL, "NO_PROXY": "localhost,quay.io"},
				HopTimeout: quick, Faults: dropDirect("cdn.quay.io", "cdn01.quay.io", "cdn02.quay.io", "cdn03.quay.io",
					"cdn04.quay.io", "cdn05.quay.io", "cdn06.quay.io")},
		},
		noProxyMisses(),
	}
}

// beforeDNS are the causes that explain any failed direct look-up.
func beforeDNS() []string {
	return []string{"https-proxy-missing", "proxy-url-invalid", "proxy-credentials-unescaped", "no-proxy-bypasses-target",
		"client-proxy-missing", "proxy-needed"}
}

// dropDirect drops what is dialled to the hosts from here; the proxy of the
// World reaches them by another way.
func dropDirect(hosts ...string) []fault.Fault {
	var out []fault.Fault
	for _, h := range hosts {
		out = append(out, fault.Socket{Host: h, Effect: fault.Drop})
	}
	return out
}

func matchHTTPSProxyMissing(v *diagnosis.View) []diagnosis.Match {
	hops := slices.DeleteFunc(subjects(v), func(h evidence.Hop) bool {
		d := setting(h)
		goes := h.OnPath() || strings.HasPrefix(d.Dialect, "go-")
		return !goes || d.Decision != "direct" || d.Variable != "" || d.Token != "" || d.Implicit != "" || otherProxy(d) == nil
	})
	return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string {
		return otherProxy(evidence.DetailOf[evidence.Setting](h)).Value
	}), func(g []evidence.Hop) diagnosis.Match {
		u := otherProxy(evidence.DetailOf[evidence.Setting](g[0]))
		m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{"variable": u.Name, "value": u.Value, "direct": "Direct works."}}
		if failed := directFailures(v, targetsOf(g)); len(failed) > 0 {
			m.Severity, m.Strength = diagnosis.Error, diagnosis.Likely
			m.Values["direct"] = "Direct fails: " + join(failed, reason) + "."
		}
		return m
	})
}

func matchEachWith(groups [][]evidence.Hop, match func([]evidence.Hop) diagnosis.Match) []diagnosis.Match {
	var out []diagnosis.Match
	for _, g := range groups {
		out = append(out, match(g))
	}
	return out
}

// otherProxy returns the first proxy variable that is set and does not count
// for https.
func otherProxy(d evidence.Setting) *evidence.UnusedVariable {
	for _, u := range d.Unused {
		if name := strings.ToUpper(u.Name); name == "HTTP_PROXY" || name == "ALL_PROXY" {
			return &u
		}
	}
	return nil
}

func targetsOf(hops []evidence.Hop) []string {
	var out []string
	for _, h := range hops {
		out = append(out, h.Target)
	}
	return out
}

// setOf is a list for questions about its members.
func setOf(list []string) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, s := range list {
		out[s] = true
	}
	return out
}

// directFailures returns the failed path hops below HTTP of the targets.
func directFailures(v *diagnosis.View, targets []string) []evidence.Hop {
	var out []evidence.Hop
	among := setOf(targets)
	for _, op := range []evidence.Op{evidence.OpResolve, evidence.OpDial, evidence.OpHandshake} {
		for _, h := range v.PathFailed(op) {
			connection := op != evidence.OpHandshake || h.FailedWith(evidence.Reset, evidence.Closed, evidence.Timeout)
			if among[h.Target] && connection && h.Kind() != evidence.Budget {
				out = append(out, h)
			}
		}
	}
	return out
}

func matchProxyURLInvalid(v *diagnosis.View) []diagnosis.Match {
	hops := slices.DeleteFunc(broken(v), func(h evidence.Hop) bool { return escaping(setting(h)) || setting(h).Variable == "" })
	return matchEach(diagnosis.Group(hops, valueKey), brokenValues)
}

func matchNoProxyBypass(v *diagnosis.View) []diagnosis.Match {
	exempt := v.Hops(evidence.OpSetting, func(h evidence.Hop) bool {
		return h.OnPath() && evidence.DetailOf[evidence.Setting](h).Token != ""
	})
	var out []diagnosis.Match
	for _, g := range diagnosis.Group(exempt, func(h evidence.Hop) string { return evidence.DetailOf[evidence.Setting](h).Token }) {
		failed := directFailures(v, targetsOf(g))
		among := setOf(targetsOf(failed))
		proxied := v.HopsAbout(evidence.OpTunnel, diagnosis.About{}.Probe("through-proxy").State(evidence.OK), func(h evidence.Hop) bool { return among[h.Target] })
		if len(proxied) == 0 {
			continue
		}
		d := evidence.DetailOf[evidence.Setting](g[0])
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(slices.Concat(settingsOf(g, failed), failed, proxied)), Targets: targetsOf(failed),
			Values: map[string]string{"variable": d.NoProxyVariable, "entry": d.Token, "direct": join(failed, reason),
				"proxy": proxied[0].Via, "proxied": evidence.DetailOf[evidence.Tunnel](proxied[0]).StatusLine}})
	}
	return out
}

// settingsOf keeps the settings of the targets that failed.
func settingsOf(settings, failed []evidence.Hop) []evidence.Hop {
	var out []evidence.Hop
	among := setOf(targetsOf(failed))
	for _, s := range settings {
		if among[s.Target] {
			out = append(out, s)
		}
	}
	return out
}
