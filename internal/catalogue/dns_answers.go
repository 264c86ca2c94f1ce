package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// Extended errors of RFC 8914 section 4 by which a server says that it is
// policy and not the zone.
const (
	edeBlocked    = 15
	edeCensored   = 16
	edeFiltered   = 17
	edeProhibited = 18
)

// dnsAnswers are the rows about answers without an address.
func dnsAnswers() []diagnosis.Entry {
	return []diagnosis.Entry{
		filtered(),
		answerRow("dns-refused", "the name server refuses to answer for {name}",
			"The server has a policy that excludes this client or these names. It is not a broken zone.",
			"let {source} look up {names} on {servers}, or use the proxy for them",
			[]string{"failures B5: docker/for-mac#1317", "RFC 1035 section 4.1.1, rcode 5", "RFC 8914 section 4.19, extended error 18"},
			fault.World{Title: "the name server answers REFUSED", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Rcode: "REFUSED"}, fault.DNS{Name: "registry.redhat.io", Rcode: "REFUSED"}}},
			fault.World{Title: "the name server refuses with extended error 18", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Rcode: "SERVFAIL", ExtendedError: edeProhibited, ExtendedText: "not your view"}}},
			fault.World{Title: "the name server refuses all outside names", Direct: true,
				Faults: []fault.Fault{fault.DNS{Rcode: "REFUSED"}}}),
		answerRow("dns-servfail", "the name server fails to look up {name}",
			"The server tried and failed: its own forwarder or firewall, or a DNSSEC check, stands in the way.",
			"have the look-up of {names} repaired on {servers}: forwarder, DNSSEC validation, port 53 to the outside",
			[]string{"failures B5: docker/for-mac#1317", "RFC 1035 section 4.1.1, rcode 2", "RFC 4035 section 3.2.2, CD"},
			fault.World{Title: "the name server answers SERVFAIL", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "SERVFAIL"}}},
			fault.World{Title: "the name server takes the name's signatures for false", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "SERVFAIL", Unsigned: true}}},
			fault.World{Title: "the name server is silent for one name, for its forwarder is dead", Direct: true, HopTimeout: quick,
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Silent: true}}},
			fault.World{Title: "the name server does not implement the question", Direct: true,
				Faults: []fault.Fault{fault.DNS{Rcode: "NOTIMP"}}}),
		nameNotFound(),
		answerRow("dns-no-address", "{name} has no address",
			"The name is known to the server and no address record of a wanted family comes with it.",
			"have the records of {names} as {servers} gives them compared with the public ones; look for a filter or a local zone",
			[]string{"failures B10, measured: the client prints no such host as for a missing name", "RFC 2308 section 2.2"},
			fault.World{Title: "the name has no address", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NOERROR"}}}),
	}
}

func nameNotFound() diagnosis.Entry {
	return answerRow("dns-name-not-found", "the name server does not know {name}",
		"The name exists on the public Internet, and the server that this host asks does not give it out.",
		"have {servers} resolve {names}, or send it through the proxy, which resolves by itself",
		[]string{"failures B1: docker/cli#3649", "RFC 1035 section 4.1.1, rcode 3"},
		fault.World{Title: "the name server does not know the token server", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Rcode: "NXDOMAIN"}}},
		fault.World{Title: "the name server gives out no outside names", Direct: true,
			Faults: []fault.Fault{fault.DNS{Rcode: "NXDOMAIN"}}},
		fault.World{Title: "one documented host does not exist any more", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "cdn06.quay.io", Rcode: "NXDOMAIN"}}},
		fault.World{Title: "a local zone of the name server denies a blob host", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "cdn06.quay.io", Rcode: "NXDOMAIN", Own: true}}},
		fault.World{Title: "the first of two name servers does not know the name", Direct: true, Resolvers: 2,
			Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Resolver: 1, Rcode: "NXDOMAIN", Authority: "com"}}},
		fault.World{Title: "curl looks a host up itself, for the proxy is written socks5://", Client: "curl",
			Env:    map[string]string{"https_proxy": "socks5://" + fault.ProxyName + ":" + fault.ProxyTCPPort},
			Faults: []fault.Fault{fault.DNS{Rcode: "NXDOMAIN"}}})
}

func filtered() diagnosis.Entry {
	e := answerRow("dns-filtered", "the name server filters {name}",
		"The server itself says that the name is blocked by policy; the name exists. A client sees only that there is no such host.",
		"allow {names} in the DNS filter of {servers}",
		[]string{"RFC 8914 sections 4.16 to 4.18: blocked, censored, filtered", "failures B6",
			"ISC, DNS Response Policy Zones, section 6: the policy zone's SOA comes along"},
		fault.World{Title: "the name server says that it blocks the name", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NXDOMAIN", ExtendedError: edeBlocked, ExtendedText: "category container-registries"}}},
		fault.World{Title: "the denial comes from a policy zone", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NXDOMAIN", Authority: "rpz.corp.example"}}},
		fault.World{Title: "a filter answers with its block page's address and says so", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NOERROR", Addresses: []string{"203.0.113.102"}, ExtendedError: edeFiltered}}})
	e.Match = func(v *diagnosis.View) []diagnosis.Match {
		hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
			return h.OnPath() && h.State != evidence.Skipped && lookupCode(h) == "dns-filtered"
		})
		return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string { return lookupOf(h).Server + policyZone(h) }), func(g []evidence.Hop) diagnosis.Match {
			m := unanswered(v, g)
			if zone := policyZone(g[0]); zone != "" {
				m.Strength = diagnosis.Likely
				m.Values["text"] += ", denied by the zone " + zone + ", which is not above the name"
				m.Means = "The denial comes from a zone that does not contain the name: a response policy zone or another local filter. A genuine one comes from a zone above it."
			}
			return m
		})
	}
	return e
}

// lookupCode gives the answer of a path's look-up its one code, empty for one
// that is none of these rows' matter. What the server says of itself goes
// before its rcode.
func lookupCode(h evidence.Hop) string {
	switch code := extendedError(h); {
	case code >= edeBlocked && code <= edeFiltered:
		return "dns-filtered"
	case h.FailedWith(evidence.NXDomain, evidence.NoData) && policyZone(h) != "":
		return "dns-filtered"
	case !h.FailedWith():
		return ""
	case code == edeProhibited:
		return "dns-refused"
	}
	return map[evidence.Kind]string{evidence.Refused: "dns-refused", evidence.ServFail: "dns-servfail", evidence.Rcode: "dns-servfail",
		evidence.NXDomain: "dns-name-not-found", evidence.NoData: "dns-no-address"}[h.Kind()]
}

// extendedError is the first one of a look-up's answers, -1 for none.
func extendedError(h evidence.Hop) int {
	for _, q := range lookupOf(h).Questions {
		if q.ExtendedError >= 0 {
			return q.ExtendedError
		}
	}
	return -1
}

// policyZone is the zone of an SOA that does not belong: one that is not above
// the name, nor above the one that it is an alias of (RFC 2308 section 2).
// Empty for one that belongs and where none came.
func policyZone(h evidence.Hop) string {
	for _, q := range lookupOf(h).Questions {
		if extendedError(h) >= 0 || q.Authority == "" || q.Authority == "." {
			continue
		}
		if !slices.ContainsFunc(append([]string{q.Name}, q.Aliases...), func(n string) bool { return within(n, q.Authority) }) {
			return q.Authority
		}
	}
	return ""
}

func within(name, zone string) bool {
	name, zone = strings.ToLower(strings.TrimSuffix(name, ".")), strings.ToLower(strings.TrimSuffix(zone, "."))
	return name == zone || strings.HasSuffix(name, "."+zone)
}

// answerRow is a row for one answer of the path's look-up.
func answerRow(code, title, means, remedy string, cite []string, world fault.World, also ...fault.World) diagnosis.Entry {
	return diagnosis.Entry{
		Code: code, Since: since, Layer: diagnosis.DNS, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title: title, Seen: "{servers}, asked for {name}: {text}{others}", Means: means, Remedy: remedy, Cite: cite,
		Values: []string{"names", "name", "servers", "text", "others"}, Needs: []evidence.Op{evidence.OpResolve}, After: beforeDNS(),
		Match:   func(v *diagnosis.View) []diagnosis.Match { return matchAnswers(v, code) },
		Provoke: world, Also: also,
	}
}

// matchAnswers applies the rules for proxy-only networks and for stale
// profiles (CONTRACT.md 4.6).
func matchAnswers(v *diagnosis.View, code string) []diagnosis.Match {
	var live, stale []evidence.Hop
	answered := anyServerAnswered(v)
	for _, h := range v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return h.OnPath() && (lookupCode(h) == code || code == "dns-servfail" && answered && h.FailedWith(noAnswer()...) && !unconfigured(h))
	}) {
		switch {
		case h.Role == evidence.Proxy && code == "dns-name-not-found":
			// A misspelt proxy is the more likely reading: proxy-name-unresolved.
		case code == "dns-name-not-found" && outdated(v, h):
			stale = append(stale, h)
		default:
			live = append(live, h)
		}
	}
	out := matchEachWith(diagnosis.Group(live, func(h evidence.Hop) string {
		return fmt.Sprint(lookupOf(h).Server, h.Via, len(unchecked(v, h)) > 0, h.FailedWith(noAnswer()...), h.FailedWith(evidence.Rcode))
	}), func(g []evidence.Hop) diagnosis.Match {
		m := unanswered(v, g)
		refine(v, code, live, g, &m)
		return m
	})
	for _, m := range matchEachWith(byServer(stale), func(g []evidence.Hop) diagnosis.Match { return unanswered(v, g) }) {
		m.Severity, m.Strength = diagnosis.Warning, diagnosis.Likely
		m.Means = "Other hosts of the same kind resolve and no redirect named this one: the profile may be out of date."
		m.Remedy = "check the registry's current list of hosts before asking for a change"
		out = append(out, m)
	}
	return out
}

func unanswered(v *diagnosis.View, g []evidence.Hop) diagnosis.Match {
	values := dnsValues(g)
	if values["text"] == "" {
		values["text"] = addressesOf(g) + saysItself(g[0])
	}
	values["others"] = ""
	if known := knownBy(v, g); len(known) > 0 {
		values["others"] = "; " + servers(known) + " gives " + addressesOf(known[:1])
	}
	return diagnosis.Match{Hops: diagnosis.IDs(g), Values: values}
}

func saysItself(h evidence.Hop) string {
	return map[int]string{edeBlocked: ", extended error 15 (Blocked)", edeCensored: ", extended error 16 (Censored)",
		edeFiltered: ", extended error 17 (Filtered)"}[extendedError(h)]
}

// knownBy are the other sources that gave addresses for one of the names.
func knownBy(v *diagnosis.View, g []evidence.Hop) []evidence.Hop {
	var out []evidence.Hop
	for _, h := range eachQuestion(g) {
		out = append(out, slices.DeleteFunc(beside(v, h), func(o evidence.Hop) bool { return o.State != evidence.OK })...)
	}
	return out
}

// refine says more than the rcode where there is more evidence. live are all
// look-ups with the code, g those of the match.
func refine(v *diagnosis.View, code string, live, g []evidence.Hop, m *diagnosis.Match) {
	if g[0].Via != "" {
		m.Audience = diagnosis.HostAdmin
		m.Means = "The proxy is written socks5://, and curl then looks the host up itself and gives the proxy the address. This name server need not know outside names for a client that leaves the name to the proxy."
		m.Remedy = "write socks5h:// in place of socks5:// in the proxy setting, so that the proxy looks {names} up; or have {servers} resolve them"
		return
	}
	switch code {
	case "dns-servfail":
		refineFailed(v, g, m)
	case "dns-refused":
		refineOutside(v, live, m)
	case "dns-name-not-found", "dns-no-address":
		refineDenied(g, m)
		if code == "dns-name-not-found" {
			refineOutside(v, live, m)
		}
	}
}

// refineOutside: a server that gives out no outside name at all.
func refineOutside(v *diagnosis.View, live []evidence.Hop, m *diagnosis.Match) {
	type outside struct{}
	resolved := diagnosis.Remember(v, outside{}, func() bool {
		_, ok := v.FirstAbout(evidence.OpResolve, diagnosis.About{}.State(evidence.OK), func(h evidence.Hop) bool {
			return h.OnPath() && h.Peer != "" && v.Target(h.Target).Public
		})
		return ok
	})
	if len(live) < 2 || resolved {
		return
	}
	m.Audience = diagnosis.HostAdmin
	m.Means = "This name server gives out no outside names at all, as in networks that only a proxy may leave. The missing piece is then the proxy setting, not DNS."
	m.Remedy = "set HTTPS_PROXY for the client to this network's proxy; if there is none, have {servers} resolve outside names"
}

// refineDenied: another source knows the name, or the server speaks for itself.
func refineDenied(g []evidence.Hop, m *diagnosis.Match) {
	switch {
	case m.Values["others"] != "":
		m.Means = "Another source of this host knows the name. That does not help: the first server's word that there is no such name is final for a client."
		m.Remedy = "have {servers} resolve {names}, or put a server that does first in this host's list"
	case !slices.ContainsFunc(g, func(h evidence.Hop) bool { return !ownWord(h) }):
		m.Means = "The server speaks for itself: the answer is marked as authoritative (aa) and comes without the SOA of a zone above the name. A local zone or a policy list of its own denies the name."
		m.Remedy = "have {names} taken out of the local zones and policy lists of {servers}, or send it through the proxy, which resolves by itself"
	}
}

// refineFailed: silence for these names alone, or false signatures.
func refineFailed(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	switch {
	case g[0].FailedWith(noAnswer()...):
		m.Strength = diagnosis.Likely
		m.Means = "The name servers answer for other names. For this one the server waits itself: its forwarder, or a name server outside, does not answer it." +
			waitForNobody(v, append(slices.Clone(g), beside(v, g[0])...))
	case g[0].FailedWith(evidence.Rcode):
		m.Means = "The server answers with an error of another sort: it does not understand the question as clients put it today (EDNS), or it is set up for something else than looking up names."
		m.Remedy = "replace or repair {servers}, or point this host at a name server that looks up outside names"
	case len(unchecked(v, g[0])) > 0:
		for _, h := range g {
			m.Hops = append(m.Hops, diagnosis.IDs(unchecked(v, h))...)
		}
		m.Means = "The same server answers at once when it is asked not to check signatures: DNSSEC validation is what fails. Its clock, its trust anchor, or a device that alters answers on their way to it."
		m.Remedy = "have DNSSEC validation of {names} looked at on {servers}: its clock, its root trust anchor, and whether something alters answers from outside"
	}
}

// unchecked are the probes without signature checks that got addresses where
// the look-up failed.
func unchecked(v *diagnosis.View, failed evidence.Hop) []evidence.Hop {
	if failed.Kind() != evidence.ServFail {
		return nil
	}
	type asked struct{ server, name string }
	type without struct{}
	of := diagnosis.Remember(v, without{}, func() map[asked][]evidence.Hop {
		out := map[asked][]evidence.Hop{}
		for _, h := range v.HopsAbout(evidence.OpResolve, diagnosis.About{}.Probe("checking-disabled").State(evidence.OK), nil) {
			key := asked{lookupOf(h).Server, lookupOf(h).Name}
			out[key] = append(out[key], h)
		}
		return out
	})
	return of[asked{lookupOf(failed).Server, lookupOf(failed).Name}]
}

// ownWord: a server that looks names up for others (ra) denies this one by its
// own authority (aa) and names no zone. Denials that it fetched carry the zone's
// SOA, and no aa (RFC 2308 section 3, RFC 1035 section 4.1.1).
func ownWord(h evidence.Hop) bool {
	for _, q := range lookupOf(h).Questions {
		if q.Authority != "" || !slices.Contains(q.Flags, "aa") || !slices.Contains(q.Flags, "ra") {
			return false
		}
	}
	return h.FailedWith(evidence.NXDomain, evidence.NoData)
}

// outdated: a host of the profile's list does not exist while its sisters do.
func outdated(v *diagnosis.View, h evidence.Hop) bool {
	t := v.Target(h.Target)
	if t.FoundBy != "profile" || t.Role != evidence.Blob || ownWord(h) {
		return false
	}
	type sisters struct{}
	return diagnosis.Remember(v, sisters{}, func() bool {
		_, ok := v.FirstAbout(evidence.OpResolve, diagnosis.About{}.State(evidence.OK), func(o evidence.Hop) bool {
			sister := v.Target(o.Target)
			return o.OnPath() && o.Peer != "" && sister.Public && sister.Role == evidence.Blob
		})
		return ok
	})
}
