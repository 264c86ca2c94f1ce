package catalogue

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/words"
)

func matchHTTPSProxyMissing(v *diagnosis.View) []diagnosis.Match {
	hops := slices.DeleteFunc(subjects(v), func(h evidence.Hop) bool {
		d := setting(h)
		goes := h.OnPath() || strings.HasPrefix(d.Dialect, "go-")
		return !goes || d.Decision != "direct" || d.Value != "" || d.Token != "" || d.Implicit != "" || otherProxy(d) == nil || joined(d)
	})
	return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string {
		return otherProxy(evidence.DetailOf[evidence.Setting](h)).Value
	}), func(g []evidence.Hop) diagnosis.Match {
		u := otherProxy(evidence.DetailOf[evidence.Setting](g[0]))
		m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{"variable": u.Name, "value": u.Value, "direct": "Direct works."}}
		if v.Run().Client == evidence.SurveyClient {
			m.Values["direct"] = "Direct was not tried."
		}
		if failed := directFailures(v, targetsOf(g)); len(failed) > 0 {
			m.Severity, m.Strength = diagnosis.Error, diagnosis.Likely
			m.Values["direct"] = "Direct fails: " + join(failed, reason) + "."
		}
		return m
	})
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
		proxied := v.HopsAbout(evidence.OpTunnel, diagnosis.About{}.Probe(evidence.ProbeThroughProxy).State(evidence.OK),
			func(h evidence.Hop) bool { return among[h.Target] })
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

// subjects are the settings that a row may speak of: the run's own ways, and in a
// survey those of every client.
func subjects(v *diagnosis.View) []evidence.Hop {
	type ofRun struct{}
	return slices.Clone(diagnosis.Remember(v, ofRun{}, func() []evidence.Hop {
		return v.Hops(evidence.OpSetting, func(h evidence.Hop) bool {
			return h.OnPath() || v.Run().Client == evidence.SurveyClient &&
				evidence.DetailOf[evidence.Setting](h).Client+evidence.DetailOf[evidence.Setting](h).URL != ""
		})
	}))
}

// others are the ways of clients that are not the run's own.
func others(v *diagnosis.View) []evidence.Hop {
	return v.HopsAbout(evidence.OpSetting, diagnosis.About{}.Probe(evidence.ProbeClientRoute), nil)
}

func setting(h evidence.Hop) evidence.Setting { return evidence.DetailOf[evidence.Setting](h) }

// tools names the clients of hops, each once.
func tools(hops []evidence.Hop) string {
	return cmp.Or(join(hops, func(h evidence.Hop) string { return cmp.Or(setting(h).Client, setting(h).Dialect) }), "the client")
}

func hasProblem(d evidence.Setting, codes ...string) bool {
	return slices.ContainsFunc(d.Problems, func(p evidence.SettingProblem) bool { return slices.Contains(codes, p.Code) })
}

// escaping are the problems of a value that percent-encoding mends.
func escaping(d evidence.Setting) bool {
	return hasProblem(d, "unescaped-credentials") || hasProblem(d, "bad-percent") && strings.Contains(d.Value, "@")
}

// broken are the settings that cannot mean what they say.
func broken(v *diagnosis.View) []evidence.Hop {
	return slices.DeleteFunc(subjects(v), func(h evidence.Hop) bool { return !h.FailedWith(evidence.Invalid) })
}

func matchUnescaped(v *diagnosis.View) []diagnosis.Match {
	hops := slices.DeleteFunc(broken(v), func(h evidence.Hop) bool { return !escaping(setting(h)) })
	return matchEach(diagnosis.Group(hops, valueKey), brokenValues)
}

func valueKey(h evidence.Hop) string {
	d := setting(h)
	return strings.ToUpper(d.Variable) + "=" + d.Value + " " + d.Source + " " + string(d.Outcome)
}

func brokenValues(g []evidence.Hop) map[string]string {
	d := setting(g[0])
	one, many, rest := "goes", "go", " direct without an error"
	switch {
	case d.Decision == "refused":
		one, many, rest = "refuses", "refuse", " it"
	case hasProblem(d, "part-of-login"):
		one, many, rest = "dials", "dial", " a part of the user name or password in place of the proxy"
	case d.Decision == "proxy":
		one, many, rest = "dials", "dial", " "+d.Proxy
	}
	effect := one + rest
	if strings.Contains(tools(g), ", ") {
		effect = many + rest
	}
	return map[string]string{"variable": d.Variable, "value": d.Value, "where": d.Source, "problem": cause(g[0]),
		"clients": tools(g), "effect": effect}
}

// cause is what is wrong with the value as written, and where nothing is known of
// that, what the client makes of it.
func cause(h evidence.Hop) string {
	for _, p := range setting(h).Problems {
		if !p.Broken && p.Code != "default-port" && p.Code != "scheme-missing" {
			return p.Text
		}
	}
	return reason(h)
}

// conflict is a variable that counts, and the other spelling of it.
type conflict struct{ variable, value, where, shadowed, hidden string }

func conflictOf(d evidence.Setting) (conflict, bool) {
	for _, u := range d.Unused {
		c, reads := conflict{d.Variable, ", " + d.Value, d.Source, u.Name, u.Value}, cmp.Or(d.Reads, d.Variable)
		if strings.EqualFold(u.Name, "NO_PROXY") {
			c.variable, c.value, c.where, reads = d.NoProxyVariable, "", d.NoProxySource, cmp.Or(d.NoProxyReads, d.NoProxyVariable)
		}
		if u.Code == "shadowed" && strings.EqualFold(u.Name, reads) {
			return c, true
		}
	}
	return conflict{}, false
}

// matchConflict takes the first shadowed spelling of each setting, as the first
// client has it. A list that is shadowed matters in a walk only if another client
// goes another way by it.
func matchConflict(v *diagnosis.View) []diagnosis.Match {
	hops := slices.DeleteFunc(subjects(v), func(h evidence.Hop) bool {
		c, found := conflictOf(setting(h))
		return !found || strings.EqualFold(c.variable, "NO_PROXY") && h.OnPath() && !disputed(v, h)
	})
	groups := diagnosis.Group(hops, func(h evidence.Hop) string {
		c, _ := conflictOf(setting(h))
		return strings.ToUpper(c.variable)
	})
	return matchEach(groups, func(g []evidence.Hop) map[string]string {
		c, _ := conflictOf(setting(g[0]))
		same := slices.DeleteFunc(slices.Clone(g), func(h evidence.Hop) bool {
			o, _ := conflictOf(setting(h))
			return o.variable != c.variable
		})
		return map[string]string{"variable": c.variable, "shadowed": c.shadowed, "value": c.value, "hidden": c.hidden,
			"where": c.where, "clients": tools(same)}
	})
}

// disputed tells that another client of this host goes another way to the same
// target.
func disputed(v *diagnosis.View, h evidence.Hop) bool {
	return slices.ContainsFunc(others(v), func(o evidence.Hop) bool {
		return o.Target == h.Target && !setting(o).Daemon && setting(o).Outcome != setting(h).Outcome
	})
}

func matchIneffective(v *diagnosis.View) []diagnosis.Match {
	hops := slices.DeleteFunc(subjects(v), func(h evidence.Hop) bool { return len(setting(h).NearMisses) == 0 })
	groups := diagnosis.Group(hops, func(h evidence.Hop) string { return setting(h).NearMisses[0].Entry + " " + setting(h).NoProxySource })
	return matchEachWith(groups, func(g []evidence.Hop) diagnosis.Match {
		d := setting(g[0])
		return diagnosis.Match{Hops: diagnosis.IDs(g), Entries: []string{d.NearMisses[0].Entry}, Values: map[string]string{
			"entry": d.NearMisses[0].Entry, "variable": d.NoProxyVariable, "where": d.NoProxySource, "clients": tools(g),
			"proxy": d.Proxy, "text": d.NearMisses[0].Text}}
	})
}

// matchDialectsDisagree compares clients that have the same list from the same place.
func matchDialectsDisagree(v *diagnosis.View) []diagnosis.Match {
	all := v.Hops(evidence.OpSetting, func(h evidence.Hop) bool {
		d := setting(h)
		return (h.OnPath() || h.Probe == evidence.ProbeClientRoute) && (d.Token != "" || d.Outcome == evidence.OutcomeProxy &&
			d.NoProxyVariable != "")
	})
	var out []diagnosis.Match
	seen := map[string]bool{}
	split := splitLists(all)
	for _, g := range diagnosis.Group(all, func(h evidence.Hop) string {
		d := setting(h)
		if split[d.NoProxySource] {
			return h.Target + " " + d.NoProxySource + " " + d.NoProxyVariable
		}
		return h.Target + " " + fileOf(d.NoProxySource)
	}) {
		direct := slices.DeleteFunc(slices.Clone(g), func(h evidence.Hop) bool { return setting(h).Token == "" })
		proxied := slices.DeleteFunc(slices.Clone(g), func(h evidence.Hop) bool { return setting(h).Token != "" })
		if len(direct) == 0 || len(proxied) == 0 {
			continue
		}
		key := setting(direct[0]).Token + tools(direct) + tools(proxied)
		if seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(slices.Concat(direct, proxied)), Entries: []string{setting(direct[0]).Token},
			Values: map[string]string{
				"entry": setting(direct[0]).Token, "variable": listNames(direct), "direct": tools(direct),
				"proxied": tools(proxied), "proxy": setting(proxied[0]).Proxy}})
	}
	return out
}

// listNames are the names under which clients read one list.
func listNames(hops []evidence.Hop) string {
	var names []string
	for _, h := range hops {
		names = words.AppendNew(names, setting(h).NoProxyVariable)
	}
	return strings.Join(names, " and ")
}

// fileOf is the file of a source: NO_PROXY and no_proxy stand in two lines of one.
func fileOf(source string) string {
	if i := strings.LastIndexByte(source, ':'); i > 0 && strings.Trim(source[i+1:], "0123456789") == "" {
		return source[:i]
	}
	return source
}

// splitLists are the sources that hold two lists of different values: NO_PROXY and no_proxy.
// Clients that read different lists do not disagree about one.
func splitLists(hops []evidence.Hop) map[string]bool {
	out := map[string]bool{}
	values, sources := map[string][]string{}, map[string][]string{}
	for _, h := range hops {
		own := setting(h).NoProxySource
		for _, u := range setting(h).Unused {
			if !strings.EqualFold(u.Name, "NO_PROXY") {
				continue
			}
			file := fileOf(u.Source)
			values[file] = words.AppendNew(values[file], u.Value)
			sources[file] = words.AppendNew(sources[file], u.Source)
			if u.Code == "shadowed" {
				out[u.Source], out[own] = true, true
			}
		}
	}
	for file, different := range values {
		for _, source := range sources[file] {
			out[source] = out[source] || len(different) > 1
		}
	}
	return out
}

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
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(slices.Concat(have, g)), About: diagnosis.IDs(g), Targets: targetsOf(g),
			Values: missingValues(have, g)})
	}
	for _, g := range diagnosis.Group(directDaemon(v), func(h evidence.Hop) string { return setting(h).Dialect }) {
		have := slices.DeleteFunc(others(v), func(h evidence.Hop) bool {
			return setting(h).Outcome != evidence.OutcomeProxy || setting(h).Daemon || setting(h).Machine != ""
		})
		failed := directFailures(v, targetsOf(g))
		tried := v.Hops(evidence.OpTunnel, func(h evidence.Hop) bool { return h.Probe == evidence.ProbeOtherSetting })
		tried = append(tried, v.Hops(evidence.OpDial, func(h evidence.Hop) bool { return h.Probe == evidence.ProbeOtherSetting })...)
		works := slices.ContainsFunc(tried, answered)
		if len(have) == 0 || len(failed) == 0 || len(tried) > 0 && !works {
			continue
		}
		m := diagnosis.Match{Hops: diagnosis.IDs(slices.Concat(have, g, failed)), About: diagnosis.IDs(g), Targets: targetsOf(failed),
			Values: missingValues(have, g), Severity: diagnosis.Error}
		if !works {
			m.Strength = diagnosis.Likely
		}
		m.Values["daemon"] = v.Run().Client
		out = append(out, m)
	}
	return out
}

// lacks tells that a daemon goes direct because nothing names a proxy for it.
func lacks(d evidence.Setting) bool { return (d.Installed || d.Running) && daemonDirect(d) }

func daemonDirect(d evidence.Setting) bool {
	return d.Daemon && d.Outcome == evidence.OutcomeDirect && d.Value == "" && d.Token == "" && d.Implicit == "" && !joined(d)
}

// joined tells that quotation marks make one value of several assignments: a proxy is named, and no
// client finds it.
func joined(d evidence.Setting) bool {
	return slices.ContainsFunc(d.Remarks, func(r evidence.SettingRemark) bool { return r.Code == assignmentsJoined })
}

// directDaemon are the run's own ways where it walks as a daemon without a proxy.
func directDaemon(v *diagnosis.View) []evidence.Hop {
	return v.Hops(evidence.OpSetting, func(h evidence.Hop) bool { return h.OnPath() && daemonDirect(setting(h)) })
}

// proxiedBeside are the ways of shell clients to the same targets that go to a
// proxy: the run's own, in a survey podman's or the first of the others.
func proxiedBeside(v *diagnosis.View, lacking []evidence.Hop) []evidence.Hop {
	var have []evidence.Hop
	for target := range setOf(targetsOf(lacking)) {
		have = append(have, v.HopsAbout(evidence.OpSetting, diagnosis.About{}.Target(target), func(h evidence.Hop) bool {
			d := setting(h)
			return !d.Daemon && d.Machine == "" && d.Outcome == evidence.OutcomeProxy && (h.OnPath() || h.Probe == evidence.ProbeClientRoute)
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
	d, why := setting(have[0]), "no proxy variable in what it reads"
	if l := setting(lacking[0]); l.Variable != "" && l.Value == "" {
		why = l.Variable + " is set and empty" + words.From(l.Source)
	}
	return map[string]string{"daemon": tools(lacking), "shell": cmp.Or(d.Client, "this shell"), "proxy": d.Proxy,
		"variable": d.Variable, "where": d.Source, "why": why,
		"change": cmp.Or(setting(lacking[0]).Change, "the environment of its service, or its own file; then restart it")}
}

func matchClientProxyDiffers(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	other := slices.DeleteFunc(others(v), func(h evidence.Hop) bool {
		return !setting(h).Daemon || setting(h).Outcome != evidence.OutcomeProxy
	})
	for _, g := range diagnosis.Group(other, func(h evidence.Hop) string { return setting(h).Client + setting(h).Proxy }) {
		have := proxiedBeside(v, g)
		if len(have) == 0 || address(setting(have[0])) == address(setting(g[0])) {
			continue
		}
		values := missingValues(have, g)
		delete(values, "why")
		d := setting(g[0])
		values["other"], values["othervariable"], values["otherwhere"] = d.Proxy, d.Variable, d.Source
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(slices.Concat(have, g)), About: diagnosis.IDs(g), Targets: targetsOf(g),
			Values: values})
	}
	return out
}

// address is the proxy without the mark of its credentials.
func address(d evidence.Setting) string { return strings.Replace(d.Proxy, "REDACTED@", "", 1) }

func matchProxyNeeded(v *diagnosis.View) []diagnosis.Match {
	proxied := v.Hops(evidence.OpTunnel, func(h evidence.Hop) bool { return h.Probe == evidence.ProbeOtherSetting && answered(h) })
	if len(proxied) == 0 {
		return nil
	}
	var targets []string
	for _, t := range v.Targets() {
		targets = append(targets, t.ID)
	}
	failed := directFailures(v, targets)
	have := slices.DeleteFunc(others(v), func(h evidence.Hop) bool { return setting(h).Outcome != evidence.OutcomeProxy })
	if len(failed) == 0 || len(have) == 0 || len(directDaemon(v)) > 0 && !setting(have[0]).Daemon {
		return nil
	}
	d := setting(have[0])
	return []diagnosis.Match{{Hops: diagnosis.IDs(slices.Concat(have[:1], failed, proxied)), About: diagnosis.IDs(failed),
		Targets: targetsOf(failed),
		Values: map[string]string{"other": d.Client, "direct": join(failed, reason), "proxy": d.Proxy, "where": d.Source,
			"proxied": evidence.DetailOf[evidence.Tunnel](proxied[0]).StatusLine}}}
}

// answered tells that the proxy lets the target through, or asks for credentials
// that the probe withheld.
func answered(h evidence.Hop) bool {
	return h.Op == evidence.OpTunnel && h.State == evidence.OK || evidence.DetailOf[evidence.Tunnel](h).Code == 407
}

func matchSplitsPull(v *diagnosis.View) []diagnosis.Match {
	if v.Run().Client != evidence.SurveyClient {
		return nil
	}
	var out []diagnosis.Match
	seen := map[string]bool{}
	pulling := slices.DeleteFunc(others(v), func(h evidence.Hop) bool {
		return !strings.HasPrefix(setting(h).Dialect, "go-") || !samePull(v, h)
	})
	for _, g := range diagnosis.Group(pulling, func(h evidence.Hop) string { return setting(h).Client + setting(h).Dialect }) {
		direct := slices.DeleteFunc(slices.Clone(g), func(h evidence.Hop) bool { return setting(h).Token == "" })
		proxied := slices.DeleteFunc(slices.Clone(g), func(h evidence.Hop) bool { return setting(h).Outcome != evidence.OutcomeProxy })
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
		return out[0] + " and " + words.Count(len(out)-1, "more host")
	}
	return join(hops, func(h evidence.Hop) string { return h.Target })
}

func matchBuildProxyMissing(v *diagnosis.View) []diagnosis.Match {
	if v.Run().Client != evidence.SurveyClient {
		return nil
	}
	of := func(client string, outcome evidence.Outcome) []evidence.Hop {
		return slices.DeleteFunc(others(v), func(h evidence.Hop) bool { return setting(h).Client != client || setting(h).Outcome != outcome })
	}
	have, lack := of("dockerd", evidence.OutcomeProxy), of("docker build", evidence.OutcomeDirect)
	lack = slices.DeleteFunc(lack, func(h evidence.Hop) bool { return setting(h).Token != "" || setting(h).Implicit != "" })
	if len(have) == 0 || len(lack) == 0 {
		return nil
	}
	d := setting(have[0])
	return []diagnosis.Match{{Hops: diagnosis.IDs(slices.Concat(have, lack)), About: diagnosis.IDs(lack),
		Values: map[string]string{"proxy": d.Proxy, "variable": d.Variable, "where": d.Source}}}
}

func matchNoProxyMisses(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	for _, failed := range v.PathFailed(evidence.OpTunnel) {
		direct, works := reachedDirect(v, failed.Target)
		ways := v.HopsAbout(evidence.OpSetting, diagnosis.About{}.Target(failed.Target), evidence.Hop.OnPath)
		if !works || len(ways) == 0 || failed.Kind() == evidence.Budget {
			continue
		}
		way := setting(ways[0])
		m := diagnosis.Match{Hops: diagnosis.IDs([]evidence.Hop{ways[0], failed, direct}), Targets: []string{failed.Target}}
		switch {
		case len(way.NearMisses) > 0:
			m.Values = map[string]string{"meant": "The entry " + way.NearMisses[0].Entry + " looks as if it was meant for this host: " +
				way.NearMisses[0].Text + "."}
		case covering(way.NoProxyNetworks, direct.Peer) != "":
			m.Values = map[string]string{"meant": "Its address is in " + covering(way.NoProxyNetworks, direct.Peer) + ", an entry of the list. " +
				"The client compares networks with hosts that are written as addresses, and looks up no name for it."}
		case isPrivate(direct.Peer):
			m.Strength = diagnosis.Likely
			m.Values = map[string]string{"meant": "Its address is private, and no entry is meant for it."}
		default:
			continue
		}
		g := []evidence.Hop{failed}
		for name, value := range map[string]string{"peers": failed.Peer, "request": requested(g), "answer": answer(failed) + pageText(v, g),
			"address": direct.Peer, "entries": v.Target(failed.Target).Host, "variable": cmp.Or(way.NoProxyVariable, "NO_PROXY")} {
			m.Values[name] = value
		}
		out = append(out, m)
	}
	return out
}

// reachedDirect is the handshake of the side probe that went to a target without
// the proxy. A chain was shown, so it was reached, whoever trusts it.
func reachedDirect(v *diagnosis.View, target string) (evidence.Hop, bool) {
	return v.FirstAbout(evidence.OpHandshake, diagnosis.About{}.Probe(evidence.ProbeDirect).Target(target), func(h evidence.Hop) bool {
		return len(evidence.DetailOf[evidence.Handshake](h).Chain) > 0
	})
}

// covering is the network among some that an address with port is in; empty for none.
func covering(networks []string, peer string) string {
	addr, err := netip.ParseAddrPort(peer)
	i := slices.IndexFunc(networks, func(text string) bool {
		prefix, bad := netip.ParsePrefix(text)
		return bad == nil && prefix.Contains(addr.Addr().Unmap())
	})
	if err != nil || i < 0 {
		return ""
	}
	return networks[i]
}

// isPrivate tells that an address with port is of a network that no proxy serves
// by default: private (RFC 1918, RFC 4193), link-local or loopback.
func isPrivate(peer string) bool {
	host, _, err := net.SplitHostPort(peer)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc([]func() bool{addr.IsPrivate, addr.IsLinkLocalUnicast, addr.IsLoopback},
		func(is func() bool) bool { return is() })
}

// withoutProxy says whether a refused host is reached direct, by the side probe
// that went there: the proxy's refusal weighs more where it is the only way. A
// silent proxy has used the run's time up, and whether the probe then still got
// through tells nothing.
func withoutProxy(v *diagnosis.View, g []evidence.Hop) string {
	if g[0].FailedWith(evidence.Timeout) {
		return ""
	}
	for _, h := range g {
		if direct, works := reachedDirect(v, h.Target); works {
			return "; without the proxy " + direct.Peer + " answers for " + v.Target(h.Target).Host
		}
	}
	among := setOf(targetsOf(g))
	dead := v.HopsAbout(evidence.OpDial, diagnosis.About{}.Probe(evidence.ProbeDirect).State(evidence.Failed), func(h evidence.Hop) bool {
		return h.Kind() != evidence.Budget && among[h.Target]
	})
	if len(dead) == 0 {
		return ""
	}
	return "; without the proxy there is no way either (" + dead[0].Peer + ": " + reason(dead[0]) + ")"
}
