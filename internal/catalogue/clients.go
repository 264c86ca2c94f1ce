package catalogue

import (
	"cmp"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// clients are the rows about clients of one host that take different ways.
func clients() []diagnosis.Entry {
	return []diagnosis.Entry{credentialsUnescaped(), variablesConflict(), entryIneffective(), dialectsDisagree(),
		clientProxyMissing(), clientProxyDiffers(), proxyNeeded(), splitsPull(), buildProxyMissing()}
}

// subjects are the settings that a row may speak of: the run's own ways, and in a
// survey those of every client.
func subjects(v *diagnosis.View) []evidence.Hop {
	type ofRun struct{}
	return slices.Clone(diagnosis.Remember(v, ofRun{}, func() []evidence.Hop {
		return v.Hops(evidence.OpSetting, func(h evidence.Hop) bool {
			return h.OnPath() || v.Run().Client == evidence.SurveyClient && evidence.DetailOf[evidence.Setting](h).Client+evidence.DetailOf[evidence.Setting](h).URL != ""
		})
	}))
}

// others are the ways of clients that are not the run's own.
func others(v *diagnosis.View) []evidence.Hop {
	return v.HopsAbout(evidence.OpSetting, diagnosis.About{}.Probe("client-route"), nil)
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

func credentialsUnescaped() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "proxy-credentials-unescaped", Since: "0.2.0", Layer: diagnosis.Settings,
		Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "name or password in {variable} is not percent-encoded",
		Seen:   "{variable}={value} from {where}: {problem}",
		Means:  "{clients} {effect}. The error it prints later names something else, often a host called \"http\".",
		Remedy: "percent-encode the special characters of name and password in {variable}: # %23, / %2F, ? %3F, @ %40, : %3A, % %25, \\ %5C, blank %20; in a systemd unit write each % twice",
		Cite: []string{"failures A3, A4: docker/for-linux#1149, helm/helm#12892, measured",
			"RFC 3986 section 3.2.1", "proxy-settings PX002, measured: C04 to C09, C15, C17, C20"},
		Values: []string{"variable", "value", "where", "problem", "clients", "effect"},
		Needs:  []evidence.Op{evidence.OpSetting}, Match: matchUnescaped, After: []string{"percent-doubled"},
		Provoke: fault.World{Title: "the password of the proxy's URL has a # in it",
			Env: map[string]string{"HTTPS_PROXY": "http://svc:pa#ss@" + fault.ProxyName + ":" + fault.ProxyTCPPort}},
		Also: []fault.World{{Title: "a bare percent makes Go go direct", Direct: true, HopTimeout: quick,
			Env:    map[string]string{"HTTPS_PROXY": "http://svc:pa%ss@" + fault.ProxyName + ":" + fault.ProxyTCPPort},
			Faults: []fault.Fault{fault.Socket{Host: fault.Everyone, Effect: fault.Drop}}}},
	}
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
	return strings.ToUpper(d.Variable) + "=" + d.Value + " " + d.Source + " " + d.Outcome
}

func brokenValues(g []evidence.Hop) map[string]string {
	d := setting(g[0])
	effect := "goes direct without a word"
	switch {
	case d.Decision == "refused":
		effect = "refuses it"
	case d.Decision == "proxy":
		effect = "dials " + d.Proxy
	}
	return map[string]string{"variable": d.Variable, "value": d.Value, "where": d.Source, "problem": cause(g[0]), "clients": tools(g), "effect": effect}
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

func variablesConflict() diagnosis.Entry {
	other := strings.Replace(fault.ProxyURL, "proxy.", "proxy2.", 1)
	return diagnosis.Entry{
		Code: "proxy-variables-conflict", Since: "0.2.0", Layer: diagnosis.Settings,
		Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "{variable} and {shadowed} have different values",
		Seen:   "{clients}: {variable} from {where} counts{value}; {shadowed}={hidden} is set too",
		Means:  "Go clients (podman, docker) and subscription-manager take the upper-case name, curl, git, dnf, Python and wget the lower-case one. A test with one says nothing about the other.",
		Remedy: "set {variable} and {shadowed} to the same value",
		Cite:   []string{"failures A10, measured", "proxy-settings PX006, measured: P03, P06, M03, M04"},
		Values: []string{"variable", "shadowed", "value", "hidden", "where", "clients"},
		Needs:  []evidence.Op{evidence.OpSetting}, Match: matchConflict,
		Provoke: fault.World{Title: "HTTPS_PROXY and https_proxy name different proxies",
			Env: map[string]string{"HTTPS_PROXY": fault.ProxyURL, "https_proxy": other}},
		Also: []fault.World{surveyOf(fault.Canonical("no_proxy", fault.Canonical()["no_proxy"]+",registry.redhat.io"), "go-1.26.8", "curl-8.14.1")},
	}
}

// conflict is a variable that counts, and the other spelling of it.
type conflict struct{ variable, value, where, shadowed, hidden string }

func conflictOf(d evidence.Setting) (conflict, bool) {
	for _, u := range d.Unused {
		c := conflict{d.Variable, ", " + d.Value, d.Source, u.Name, u.Value}
		if strings.EqualFold(u.Name, "NO_PROXY") {
			c.variable, c.value, c.where = d.NoProxyVariable, "", d.NoProxySource
		}
		if u.Code == "shadowed" && strings.EqualFold(u.Name, c.variable) {
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
		return map[string]string{"variable": c.variable, "shadowed": c.shadowed, "value": c.value, "hidden": c.hidden, "where": c.where, "clients": tools(same)}
	})
}

// disputed tells that another client of this host goes another way to the same
// target.
func disputed(v *diagnosis.View, h evidence.Hop) bool {
	return slices.ContainsFunc(others(v), func(o evidence.Hop) bool {
		return o.Target == h.Target && !setting(o).Daemon && setting(o).Outcome != setting(h).Outcome
	})
}

func entryIneffective() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "no-proxy-entry-ineffective", Since: "0.2.0", Layer: diagnosis.Settings,
		Severity: diagnosis.Warning, Strength: diagnosis.Likely, Audience: diagnosis.HostAdmin,
		Title:  "the NO_PROXY entry {entry} does not match {hosts}",
		Seen:   "{variable} from {where} has {entry}; {clients} sends {hosts} to {proxy} all the same",
		Means:  "The entry reads as if it were meant for this host and is written in a form that the client does not understand: {text}.",
		Remedy: "write the entry as a plain name in {variable}, or remove it if the proxy is meant to be used",
		Cite:   []string{"failures A12, J2: moby/moby#37946, docker/for-mac#5844, measured", "golang.org/x/net/http/httpproxy, Config.NoProxy"},
		Values: []string{"entry", "variable", "where", "clients", "proxy", "text"},
		Needs:  []evidence.Op{evidence.OpSetting}, Match: matchIneffective,
		After: append(noProxyForms(), "no-proxy-misses-target"),
		Provoke: fault.World{Title: "a NO_PROXY entry for the registry has a wildcard inside",
			Env: map[string]string{"HTTPS_PROXY": fault.ProxyURL, "NO_PROXY": "registry.*.io"}},
	}
}

// noProxyForms are the lints that say why an entry is read differently.
func noProxyForms() []string {
	return []string{"no-proxy-separator", "no-proxy-url-entry", "no-proxy-wildcard", "no-proxy-star-in-list", "no-proxy-port", "no-proxy-cidr",
		"no-proxy-ipv6-form", "no-proxy-trailing-dot", "no-proxy-domain-form", "no-proxy-idn", "setting-quoted", "client-version-known-bad",
		"proxy-variables-conflict", "proxy-variable-empty", "no-proxy-look-alikes"}
}

func matchIneffective(v *diagnosis.View) []diagnosis.Match {
	hops := slices.DeleteFunc(subjects(v), func(h evidence.Hop) bool { return len(setting(h).NearMisses) == 0 })
	groups := diagnosis.Group(hops, func(h evidence.Hop) string { return setting(h).NearMisses[0].Entry + " " + setting(h).NoProxySource })
	return matchEach(groups, func(g []evidence.Hop) map[string]string {
		d := setting(g[0])
		return map[string]string{"entry": d.NearMisses[0].Entry, "variable": d.NoProxyVariable, "where": d.NoProxySource, "clients": tools(g),
			"proxy": d.Proxy, "text": d.NearMisses[0].Text}
	})
}

func dialectsDisagree() diagnosis.Entry {
	world := surveyOf(fault.Exempting("redhat.io"), "go-1.26.8", "insights-client", "curl-8.14.1")
	world.Title = "a parent domain exempts the registry in podman and curl, not in insights-client"
	return diagnosis.Entry{
		Code: "no-proxy-dialects-disagree", Since: "0.2.0", Layer: diagnosis.Settings,
		Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "clients on this host read NO_PROXY differently for {hosts}",
		Seen:   "by {entry} of {variable}, {direct} goes direct; {proxied} goes to {proxy} with the same list",
		Means:  "There is no standard for NO_PROXY. What one client shows about this host is not what the other does.",
		Remedy: "write each domain twice, bare and with a leading dot, names without ports, commas without blanks: pullpath settings --suggest prints the list",
		Cite:   []string{"failures A14", "proxy-settings 1.5: 77 of 113 measured forms split the clients"},
		Values: []string{"entry", "variable", "direct", "proxied", "proxy"},
		Needs:  []evidence.Op{evidence.OpSetting}, Match: matchDialectsDisagree, After: append(noProxyForms(), "no-proxy-entry-ineffective"),
		Provoke: world,
	}
}

// matchDialectsDisagree compares clients that have the same list from the same place.
func matchDialectsDisagree(v *diagnosis.View) []diagnosis.Match {
	all := v.Hops(evidence.OpSetting, func(h evidence.Hop) bool {
		d := setting(h)
		return (h.OnPath() || h.Probe == "client-route") && (d.Token != "" || d.Outcome == "proxy" && d.NoProxyVariable != "")
	})
	var out []diagnosis.Match
	seen := map[string]bool{}
	for _, g := range diagnosis.Group(all, func(h evidence.Hop) string { return h.Target + " " + setting(h).NoProxySource }) {
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
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(slices.Concat(direct, proxied)), Values: map[string]string{
			"entry": setting(direct[0]).Token, "variable": setting(direct[0]).NoProxyVariable, "direct": tools(direct),
			"proxied": tools(proxied), "proxy": setting(proxied[0]).Proxy}})
	}
	return out
}
