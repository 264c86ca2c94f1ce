package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// splitsPull is the row about one pull that takes two ways. It speaks in a survey
// only: in a walk each half is seen to pass or fail.
func splitsPull() diagnosis.Entry {
	world := survey(fault.Exempting("registry.redhat.io"))
	world.Title = "the registry is exempt from the proxy, its token server is not"
	world.Survey = &fault.Survey{Clients: []string{"go-1.26.8"}, Hosts: []string{"registry.redhat.io", "sso.redhat.com"}}
	return diagnosis.Entry{
		Code: "no-proxy-splits-pull", Since: "0.2.0", Layer: diagnosis.Settings,
		Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "one pull takes two ways: {direct} direct, {proxied} through the proxy",
		Seen:   "{clients}: {entry} of {variable} matches {direct}, nothing matches {proxied}, which goes to {proxy}",
		Means:  "A pull asks the registry, its token server and its blob hosts, each decided by itself. The firewall sees one half and the proxy the other.",
		Remedy: "exempt all hosts of the registry from the proxy or none: {direct}, {proxied}",
		Cite:   []string{"proxy-settings PX012, measured: docker 26.1.5, 28.5.2; containerd 1.7.24, 2.1.9"},
		Values: []string{"clients", "direct", "proxied", "entry", "variable", "proxy"},
		Needs:  []evidence.Op{evidence.OpSetting}, Match: matchSplitsPull, Provoke: world,
	}
}

func matchSplitsPull(v *diagnosis.View) []diagnosis.Match {
	if v.Run().Client != evidence.SurveyClient {
		return nil
	}
	var out []diagnosis.Match
	seen := map[string]bool{}
	pulling := slices.DeleteFunc(others(v), func(h evidence.Hop) bool { return !strings.HasPrefix(setting(h).Dialect, "go-") || !samePull(v, h) })
	for _, g := range diagnosis.Group(pulling, func(h evidence.Hop) string { return setting(h).Client + setting(h).Dialect }) {
		direct := slices.DeleteFunc(slices.Clone(g), func(h evidence.Hop) bool { return setting(h).Token == "" })
		proxied := slices.DeleteFunc(slices.Clone(g), func(h evidence.Hop) bool { return setting(h).Outcome != "proxy" })
		if len(direct) == 0 || len(proxied) == 0 {
			continue
		}
		key := setting(direct[0]).Token
		if seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(slices.Concat(direct, proxied)), Values: map[string]string{
			"clients": tools(g), "direct": hostNames(direct), "proxied": hostNames(proxied), "entry": setting(direct[0]).Token,
			"variable": setting(direct[0]).NoProxyVariable, "proxy": setting(proxied[0]).Proxy}})
	}
	return out
}

// samePull tells that the hosts belong to one pull: they come from one profile.
func samePull(v *diagnosis.View, h evidence.Hop) bool { return v.Target(h.Target).FoundBy == "profile" }

func hostNames(hops []evidence.Hop) string {
	var out []string
	for _, h := range hops {
		out = append(out, h.Target)
	}
	if len(out) > 2 {
		return out[0] + " and " + count(len(out)-1, "more host")
	}
	return join(hops, func(h evidence.Hop) string { return h.Target })
}

// buildProxyMissing is the row about BuildKit, whose token request the CLI makes.
func buildProxyMissing() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "docker-build-proxy-missing", Since: "0.2.0", Layer: diagnosis.Settings,
		Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "the token of docker build is asked for without the proxy that dockerd has",
		Seen:   "dockerd goes to {proxy} ({variable} from {where}); the docker CLI in this shell goes direct",
		Means:  "BuildKit pulls in the daemon and has the CLI ask for the token. docker pull works, docker build ends with \"failed to fetch anonymous token\".",
		Remedy: "export HTTPS_PROXY in the shell that runs docker build, or set BUILDKIT_NO_CLIENT_TOKEN=1",
		Cite:   []string{"failures A16: moby/buildkit#5839, docker/cli#4501", "proxy-settings PX011, measured: docker 26.1.5, 28.5.2"},
		Values: []string{"proxy", "variable", "where"},
		Needs:  []evidence.Op{evidence.OpSetting}, Match: matchBuildProxyMissing,
		Provoke: fault.World{Title: "dockerd has a proxy, the shell has none", Env: map[string]string{},
			Files:  map[string]string{dockerUnit: plainUnit, dockerDropIn: dropIn(fault.ProxyURL), "/usr/bin/docker": "no ELF"},
			Survey: &fault.Survey{}},
	}
}

func matchBuildProxyMissing(v *diagnosis.View) []diagnosis.Match {
	if v.Run().Client != evidence.SurveyClient {
		return nil
	}
	of := func(client, outcome string) []evidence.Hop {
		return slices.DeleteFunc(others(v), func(h evidence.Hop) bool { return setting(h).Client != client || setting(h).Outcome != outcome })
	}
	have, lack := of("dockerd", "proxy"), of("docker build", "direct")
	lack = slices.DeleteFunc(lack, func(h evidence.Hop) bool { return setting(h).Token != "" || setting(h).Implicit != "" })
	if len(have) == 0 || len(lack) == 0 {
		return nil
	}
	d := setting(have[0])
	return []diagnosis.Match{{Hops: diagnosis.IDs(slices.Concat(have, lack)), Values: map[string]string{"proxy": d.Proxy, "variable": d.Variable, "where": d.Source}}}
}
