package catalogue

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// dnsAddresses are the rows about addresses that are not the host's, or not
// what other sources say.
func dnsAddresses() []diagnosis.Entry {
	return []diagnosis.Entry{sinkhole(), hostsOverride(), privateAddress(), disagree()}
}

// sinkhole is the row about answers that no registry can have.
func sinkhole() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "dns-sinkhole", Since: since, Layer: diagnosis.DNS,
		Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:  "the name server answers {name} with a sinkhole",
		Seen:   "{servers} answered {addresses}, {why}",
		Means:  "A DNS filter blocks the name: it gives an address of its own, or none that can be reached.",
		Remedy: "allow {names} in the DNS filter behind {servers}",
		Cite: []string{"failures B6: n8n-io/n8n-hosting#11", "Palo Alto DNS Security: sinkhole.paloaltonetworks.com, 198.135.184.22",
			"RFC 1122 section 3.2.1.3: 0.0.0.0 and 127/8 are no remote host", "failures B7: docker/for-linux#994"},
		Values: []string{"names", "name", "servers", "addresses", "why"}, Needs: []evidence.Op{evidence.OpResolve, evidence.OpHandshake},
		After: []string{"dns-filtered"},
		Match: func(v *diagnosis.View) []diagnosis.Match { return append(matchSinkhole(v), matchWrongHost(v)...) },
		Provoke: fault.World{Title: "the name server answers 0.0.0.0", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NOERROR", Addresses: []string{"0.0.0.0"}}}},
		Also: []fault.World{
			{Title: "the name server answers with loopback of both families", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Rcode: "NOERROR", Addresses: []string{"127.0.0.1", "::1"}}}},
			{Title: "the name server gives the alias of a filter's sinkhole", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NOERROR", Alias: "sinkhole.paloaltonetworks.com", Addresses: []string{"203.0.113.102"}}}},
			{Title: "the first name server's address presents a certificate for another name, the second's is the host", Direct: true, Resolvers: 2,
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Resolver: 1, Rcode: "NOERROR", Addresses: []string{"203.0.113.102"}}}},
		},
	}
}

// sinkholes are addresses that filters are documented to answer with, beside
// those that cannot be a remote host at all.
func sinkholes() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("127.0.0.0/8"),
		netip.MustParsePrefix("::/128"), netip.MustParsePrefix("::1/128"),
		// Palo Alto DNS Security, documented sinkhole address.
		netip.MustParsePrefix("198.135.184.22/32"),
		// Cisco Umbrella block pages (support article "block page IP addresses").
		netip.MustParsePrefix("146.112.61.104/29"),
	}
}

func matchSinkhole(v *diagnosis.View) []diagnosis.Match {
	hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return fromServer(h) && h.Role != evidence.Proxy && lookupCode(h) == "" && lookupOf(h).Name != "localhost" &&
			(everyAddress(h, sunk) || sinkAlias(h) != "")
	})
	return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return lookupOf(h).Server + sinkAlias(h) }), func(g []evidence.Hop) map[string]string {
		values := addressValues(g)
		values["why"] = "where no registry can be"
		if alias := sinkAlias(g[0]); alias != "" {
			values["why"] = "by the alias " + alias + ", which a filter gives"
		}
		return values
	})
}

// sinkAlias is a documented alias that filters answer with (Palo Alto Networks,
// "Configure DNS Sinkholing": the default sinkhole), empty for none.
func sinkAlias(h evidence.Hop) string {
	for _, q := range lookupOf(h).Questions {
		if slices.Contains(q.Aliases, "sinkhole.paloaltonetworks.com") {
			return "sinkhole.paloaltonetworks.com"
		}
	}
	return ""
}

// fromServer is a path's look-up that a name server answered with addresses.
func fromServer(h evidence.Hop) bool { return h.OnPath() && h.State == evidence.OK && h.Peer != "" }

func addressValues(g []evidence.Hop) map[string]string {
	values := dnsValues(g)
	delete(values, "text")
	values["addresses"] = addressesOf(g)
	return values
}

// everyAddress tells that the look-up gave addresses and all are of a sort.
func everyAddress(h evidence.Hop, is func(netip.Addr) bool) bool {
	texts := lookupOf(h).Addresses
	return len(texts) > 0 && !slices.ContainsFunc(texts, func(s string) bool {
		addr, err := netip.ParseAddr(s)
		return err != nil || !is(addr)
	})
}

func sunk(addr netip.Addr) bool {
	return slices.ContainsFunc(sinkholes(), func(p netip.Prefix) bool { return p.Contains(addr) })
}

// matchWrongHost finds look-ups whose address did not show to be the host, by
// its certificate or a page in its place, while the address that another
// configured server gave did.
func matchWrongHost(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	for _, h := range v.PathFailed(evidence.OpHandshake, evidence.WrongName, evidence.NotTLS, evidence.Untrusted) {
		found, ok := v.Before(h, evidence.OpResolve)
		if !ok || h.Via != "" || !fromServer(found) || lookupCode(found) != "" {
			continue
		}
		genuine := genuineAnswers(v, h)
		if len(genuine) == 0 {
			continue
		}
		values := addressValues([]evidence.Hop{found})
		values["why"] = fmt.Sprintf("whose server is not the host (%s); another configured server gave %s, and that one is", reason(h), peers(genuine))
		out = append(out, diagnosis.Match{Hops: append([]int{found.ID, h.ID}, diagnosis.IDs(genuine)...), Strength: diagnosis.Likely, Values: values,
			Means:  "The answer leads to a block page, to another tenant of a CDN, or to an old address: a filter or a stale record. The other server's answer leads to the host, with a certificate of the public web.",
			Remedy: "have {servers} give the same answer for {names} as the other server: a filter's entry or a stale record"})
	}
	return out
}

// genuineAnswers are the probes that found the host, with a chain that is sound
// for the public web, at an address that another source gave.
func genuineAnswers(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	return v.HopsAbout(evidence.OpHandshake, diagnosis.About{}.Probe("further-answer").Target(h.Target), func(p evidence.Hop) bool {
		return evidence.DetailOf[evidence.Handshake](p).Public()
	})
}

func hostsOverride() diagnosis.Entry {
	pinned := func(title string, pins map[string]string, faults ...fault.Fault) fault.World {
		return fault.World{Title: title, Direct: true, Pins: pins, Faults: faults}
	}
	return diagnosis.Entry{
		Code: "dns-hosts-override", Since: since, Layer: diagnosis.DNS,
		Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "the hosts file of this host pins {name}",
		Seen:   "the hosts file gives {addresses} for {names}; {dns}{fails}",
		Means:  "The entry stands above every name server. A registry moves its addresses without notice, and the entry does not follow.",
		Remedy: "remove {names} from the hosts file of this host, unless the entry is meant",
		Cite:   []string{"failures B8: microsoft/vscode-docker#2834", "hosts(5)", "nsswitch.conf(5): files before dns"},
		Values: []string{"names", "name", "addresses", "dns", "fails"},
		Needs:  []evidence.Op{evidence.OpResolve, evidence.OpDial, evidence.OpHandshake}, After: beforeDNS(),
		Match:   matchHostsOverride,
		Provoke: pinned("the hosts file pins the registry to its own address", map[string]string{"registry.redhat.io": "203.0.113.101"}),
		Also: []fault.World{
			pinned("the hosts file pins the registry to another host", map[string]string{"registry.redhat.io": "203.0.113.102"}),
			pinned("the hosts file blocks the token server", map[string]string{"sso.redhat.com": "0.0.0.0"}),
			pinned("the hosts file pins a host that no name server knows", map[string]string{"registry.redhat.io": "203.0.113.101"},
				fault.DNS{Name: "registry.redhat.io", Rcode: "NXDOMAIN"}),
		},
	}
}

func matchHostsOverride(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	for _, h := range eachQuestion(v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return h.OnPath() && lookupOf(h).Server == "hosts" && v.Target(h.Target).Public
	})) {
		values := addressValues([]evidence.Hop{h})
		delete(values, "servers")
		// The host's own ways read the same file, so only servers are held against it.
		others := slices.DeleteFunc(beside(v, h), func(o evidence.Hop) bool { return answerKind(o) == "" || !further(o) })
		values["dns"], values["fails"] = "no name server was asked", ""
		if len(others) > 0 {
			values["dns"] = join(others, func(o evidence.Hop) string { return server(o) + " says " + said(o) })
		}
		m := diagnosis.Match{Hops: append([]int{h.ID}, diagnosis.IDs(others)...), Values: values}
		if failed := failedBehind(v, h); len(failed) > 0 && !sameAddress(h, others) {
			blamePin(v, failed, &m)
		}
		out = append(out, m)
	}
	return out
}

// blamePin makes the entry the cause: what it leads to fails, and the name
// servers do not lead there. It is proven where their address was found to be
// the host.
func blamePin(v *diagnosis.View, failed []evidence.Hop, m *diagnosis.Match) {
	m.Severity, m.Strength = diagnosis.Error, diagnosis.Likely
	m.Hops = append(m.Hops, diagnosis.IDs(failed)...)
	m.Values["fails"] = "; the pinned address fails: " + reasons(failed)
	m.Means = "The entry stands above every name server, and what it leads to is not the host, or not any more. Some are left over from tests; some block on purpose."
	if genuine := genuineAnswers(v, failed[0]); len(genuine) > 0 {
		m.Strength = diagnosis.Proven
		m.Hops = append(m.Hops, diagnosis.IDs(genuine)...)
		m.Values["fails"] += "; " + peers(genuine) + " is the host"
	}
}

// failedBehind are the failed path hops that stand on a look-up.
func failedBehind(v *diagnosis.View, found evidence.Hop) []evidence.Hop {
	type behind struct{}
	of := diagnosis.Remember(v, behind{}, func() map[int][]evidence.Hop {
		out := map[int][]evidence.Hop{}
		for _, h := range append(v.PathFailed(evidence.OpDial), v.PathFailed(evidence.OpHandshake)...) {
			if on, ok := v.Before(h, evidence.OpResolve); ok {
				out[on.ID] = append(out[on.ID], h)
			}
		}
		return out
	})
	return slices.Clone(of[found.ID])
}

func sameAddress(h evidence.Hop, others []evidence.Hop) bool {
	return slices.ContainsFunc(others, func(o evidence.Hop) bool {
		return slices.ContainsFunc(lookupOf(o).Addresses, func(a string) bool { return slices.Contains(lookupOf(h).Addresses, a) })
	})
}

func privateAddress() diagnosis.Entry {
	private := fault.Hosts()
	private[0].Address = "10.20.30.40"
	return diagnosis.Entry{
		Code: "dns-private-address", Since: since, Layer: diagnosis.DNS,
		Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:  "the public name {name} has a private address here",
		Seen:   "{servers} answered {addresses} for {names}{as}",
		Means:  "Meant, it is a private link or a mirror under the registry's name, and nothing has to change. Not meant, it is a DNS filter's block page, a search domain's wildcard, or a record left over.",
		Remedy: "ask who runs {addresses}; if nobody means it, have {servers} resolve {names} as the public does",
		Cite:   []string{"failures B6, B10: n8n-io/n8n-hosting#11", "RFC 1918", "RFC 4193", "RFC 6598"},
		Values: []string{"names", "name", "servers", "addresses", "as"}, Needs: []evidence.Op{evidence.OpResolve},
		After: []string{"dns-filtered", "dns-sinkhole"},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
				return fromServer(h) && h.Role != evidence.Proxy && v.Target(h.Target).Public && everyAddress(h, private4or6)
			})
			return matchEach(byServer(hops), func(g []evidence.Hop) map[string]string {
				values := addressValues(g)
				values["as"] = askedAs(g[0])
				return values
			})
		},
		Provoke: fault.World{Title: "the registry is reached by a private link", Direct: true, Hosts: private},
	}
}

// askedAs tells that it was another name that has the address: one that the
// search list made.
func askedAs(h evidence.Hop) string {
	d := lookupOf(h)
	for _, q := range d.Questions {
		if len(q.Answers) > 0 && !strings.EqualFold(q.Name, d.Name) {
			return " (as " + q.Name + ", by the search list: the name itself it does not know)"
		}
	}
	return ""
}

// private4or6 are addresses that no host of the public web has: RFC 1918, 4193
// and 6598, and link-local.
func private4or6(addr netip.Addr) bool {
	shared := netip.MustParsePrefix("100.64.0.0/10")
	return addr.IsPrivate() || addr.IsLinkLocalUnicast() || shared.Contains(addr)
}

func disagree() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "dns-resolvers-disagree", Since: since, Layer: diagnosis.DNS,
		Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:  "the ways of this host to look up {name} disagree",
		Seen:   "{answers}",
		Means:  "They give answers of different kinds, not merely other addresses of the same service. Which one a client meets depends on order, load and how it was built, so pulls fail now and then.",
		Remedy: "have {servers} give the same kind of answer for {names}, or ask only those that know outside names",
		Cite: []string{"failures B5, B6, B12: docker/for-mac#1849, orbstack/orbstack#2150", "resolv.conf(5): the servers are taken to be alike",
			"nsswitch.conf(5): the C library has sources that Go has not"},
		Values: []string{"names", "name", "servers", "answers"}, Needs: []evidence.Op{evidence.OpResolve},
		After: append(failedLookup(), "dns-sinkhole", "dns-private-address", "dns-hosts-override", "proxy-name-unresolved"),
		Match: matchDisagree,
		Provoke: fault.World{Title: "the second of two name servers does not know the token server", Direct: true, Resolvers: 2,
			Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Resolver: 2, Rcode: "NXDOMAIN"}}},
		Also: []fault.World{{Title: "the first of two name servers fails", Direct: true, Resolvers: 2,
			Faults: []fault.Fault{fault.DNS{Resolver: 1, Rcode: "SERVFAIL"}}}},
	}
}

// answerKind is the kind of a source's answer, empty for one that gave none.
// Addresses of the same sort are the same kind, for a CDN gives everybody others.
func answerKind(h evidence.Hop) string {
	switch {
	case h.State == evidence.Skipped, lookupOf(h).Server == "literal", lookupOf(h).Server == "--resolve":
		return ""
	case h.FailedWith(evidence.NXDomain, evidence.NoData, evidence.ServFail, evidence.Refused, evidence.Rcode):
		return string(h.Kind())
	case h.State == evidence.Failed:
		return ""
	case everyAddress(h, sunk):
		return "sinkhole"
	case everyAddress(h, private4or6):
		return "private"
	}
	return "address"
}

// said is an answer in words.
func said(h evidence.Hop) string {
	switch h.Kind() {
	case "":
		return strings.Join(lookupOf(h).Addresses, ", ")
	case evidence.NXDomain:
		if h.Peer == "" {
			return lastPart(reason(h)) // one of the host's own ways, which say less
		}
		return "there is no such name"
	case evidence.NoData:
		return "it has no address"
	}
	return reason(h)
}

func matchDisagree(v *diagnosis.View) []diagnosis.Match {
	var found [][]evidence.Hop
	for _, h := range eachQuestion(v.Hops(evidence.OpResolve, func(h evidence.Hop) bool { return h.OnPath() && lookupOf(h).Server != "hosts" })) {
		all := slices.DeleteFunc(append([]evidence.Hop{h}, beside(v, h)...), func(o evidence.Hop) bool { return answerKind(o) == "" })
		kinds := diagnosis.Group(all, answerKind)
		if len(kinds) > 1 {
			found = append(found, all)
		}
	}
	// Names on which the same sources disagree in the same way are one finding.
	var out []diagnosis.Match
	for _, group := range groupOf(found, func(hops []evidence.Hop) string {
		return join(hops, func(h evidence.Hop) string { return server(h) + answerKind(h) })
	}) {
		all := slices.Concat(group...)
		values := dnsValues(all)
		delete(values, "text")
		values["answers"] = "for " + lookupOf(group[0][0]).Name + ": " + join(group[0], func(h evidence.Hop) string { return server(h) + " says " + said(h) })
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(all), Targets: targetsBeside(v, all), Values: values})
	}
	return out
}

// groupOf splits lists of hops by a key, in the order of first appearance.
func groupOf(lists [][]evidence.Hop, key func([]evidence.Hop) string) [][][]evidence.Hop {
	places := map[string]int{}
	var out [][][]evidence.Hop
	for _, l := range lists {
		k := key(l)
		i, known := places[k]
		if !known {
			i = len(out)
			places[k], out = i, append(out, nil)
		}
		out[i] = append(out[i], l)
	}
	return out
}

// leftToProxy is the row about the most frequent false alarm: a local look-up
// that fails and does not matter.
func leftToProxy() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "dns-left-to-proxy", Since: since, Layer: diagnosis.DNS,
		Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "names do not resolve here, and need not: the proxy resolves them",
		Seen:   "local look-up of {name}: {text}",
		Means:  "The name goes to the proxy in the CONNECT request. Failing local look-ups are normal in a network that only the proxy may leave.",
		Remedy: "leave DNS as it is: no change to it is needed",
		Cite:   []string{"failures B1, measured: Go never resolves a proxied target; docker/cli#3649"},
		Values: []string{"name", "text"}, Needs: []evidence.Op{evidence.OpResolve},
		Match: matchLeftToProxy,
		Provoke: fault.World{Title: "external names do not resolve locally",
			Faults: []fault.Fault{fault.DNS{Rcode: "NXDOMAIN"}}},
	}
}

func matchLeftToProxy(v *diagnosis.View) []diagnosis.Match {
	hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return h.Probe == "local-lookup" && h.FailedWith() && h.Kind() != evidence.Budget && !resolvesHere(v, h)
	})
	if len(hops) == 0 {
		return nil
	}
	return []diagnosis.Match{{Hops: diagnosis.IDs(hops), Values: map[string]string{"name": name(hops), "text": reasons(hops)}}}
}

// resolvesHere tells that another server gave this host the name.
func resolvesHere(v *diagnosis.View, h evidence.Hop) bool {
	_, ok := v.FirstAbout(evidence.OpResolve, diagnosis.About{}.Probe("local-lookup").Target(h.Target).State(evidence.OK),
		nil)
	return ok
}
