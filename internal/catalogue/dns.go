package catalogue

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// quick is the hop limit of Worlds whose fault is silence: long enough for a
// busy machine to answer what is to be answered, short enough to prove often.
const quick = 2500 * time.Millisecond

func dns() []diagnosis.Entry {
	return append(dnsFailures(), sinkhole(), leftToProxy())
}

// dnsFailures are the rows about look-ups that give no address.
func dnsFailures() []diagnosis.Entry {
	return []diagnosis.Entry{
		{
			Code: "dns-resolver-unreachable", Since: since, Layer: diagnosis.DNS,
			Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
			Title:  "no name server answers",
			Seen:   "{servers}: {text}",
			Means:  "None of the configured name servers answers this host. Nothing can be looked up, whatever the name.",
			Remedy: "let {source} reach {servers} on UDP and TCP port 53, or correct the name servers of this host",
			Cite:   []string{"failures B3, B4: distribution/distribution#3477, docker/cli#3649", "resolv.conf(5)"},
			Values: []string{"servers", "text", "names", "name"}, Needs: []evidence.Op{evidence.OpResolve},
			After: beforeDNS(), Match: matchResolverUnreachable,
			Provoke: fault.World{Title: "nothing listens at the name server's address", Direct: true,
				Faults: []fault.Fault{fault.Socket{Host: fault.TheResolver, Effect: fault.Refuse}}},
			Also: []fault.World{
				{Title: "the name server does not answer", Direct: true, HopTimeout: quick,
					Faults: []fault.Fault{fault.Socket{Host: fault.TheResolver, Effect: fault.Drop}}},
				{Title: "the proxy's name cannot be looked up, for no name server answers",
					Faults: []fault.Fault{fault.Socket{Host: fault.TheResolver, Effect: fault.Refuse}}},
			},
		},
		dnsRow("dns-refused", evidence.Refused, diagnosis.NetworkTeam,
			"the name server refuses to answer for {name}",
			"The server has a policy that excludes this client or these names. It is not a broken zone.",
			"let {source} look up {names} on {servers}, or use the proxy for them",
			[]string{"failures B5: docker/for-mac#1317", "RFC 1035 section 4.1.1, rcode 5"},
			fault.World{Title: "the name server answers REFUSED", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Rcode: "REFUSED"}, fault.DNS{Name: "registry.redhat.io", Rcode: "REFUSED"}}}),
		dnsRow("dns-servfail", evidence.ServFail, diagnosis.NetworkTeam,
			"the name server fails to look up {name}",
			"The server tried and failed: its own forwarder or firewall, or a DNSSEC check, stands in the way.",
			"have the look-up of {names} repaired on {servers}: forwarder, DNSSEC validation, port 53 to the outside",
			[]string{"failures B5: docker/for-mac#1317", "RFC 1035 section 4.1.1, rcode 2"},
			fault.World{Title: "the name server answers SERVFAIL", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "SERVFAIL"}}}),
		nameNotFound(),
		dnsRow("dns-no-address", evidence.NoData, diagnosis.NetworkTeam,
			"{name} has no address",
			"The name is known to the server and no address record of a wanted family comes with it.",
			"have the records of {names} as {servers} gives them compared with the public ones; look for a filter or a local zone",
			[]string{"failures B10, measured: the client prints no such host as for a missing name", "RFC 2308 section 2.2"},
			fault.World{Title: "the name has no address", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NOERROR"}}}),
	}
}

// sinkhole is the row about answers that no registry can have.
func sinkhole() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "dns-sinkhole", Since: since, Layer: diagnosis.DNS,
		Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:  "the name server answers {name} with a sinkhole",
		Seen:   "{servers} answered {addresses}, where no registry can be",
		Means:  "A DNS filter blocks the name: it gives an address of its own, or none that can be reached.",
		Remedy: "allow {names} in the DNS filter behind {servers}",
		Cite: []string{"failures B6: n8n-io/n8n-hosting#11", "Palo Alto DNS Security: sinkhole.paloaltonetworks.com, 198.135.184.22",
			"RFC 1122 section 3.2.1.3: 0.0.0.0 and 127/8 are no remote host"},
		Values: []string{"names", "name", "servers", "addresses"}, Needs: []evidence.Op{evidence.OpResolve},
		Match: matchSinkhole,
		Provoke: fault.World{Title: "the name server answers 0.0.0.0", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NOERROR", Addresses: []string{"0.0.0.0"}}}},
	}
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
		Remedy: "nothing; do not ask for DNS changes",
		Cite:   []string{"failures B1, measured: Go never resolves a proxied target; docker/cli#3649"},
		Values: []string{"name", "text"}, Needs: []evidence.Op{evidence.OpResolve},
		Match: matchLeftToProxy,
		Provoke: fault.World{Title: "external names do not resolve locally",
			Faults: []fault.Fault{fault.DNS{Rcode: "NXDOMAIN"}}},
	}
}

// dnsRow is a row for one answer of the path's look-up.
func dnsRow(code string, kind evidence.Kind, audience diagnosis.Audience, title, means, remedy string, cite []string, world fault.World) diagnosis.Entry {
	return diagnosis.Entry{
		Code: code, Since: since, Layer: diagnosis.DNS, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: audience,
		Title: title, Seen: "{servers} answered for {name}: {text}", Means: means, Remedy: remedy, Cite: cite,
		Values: []string{"names", "name", "servers", "text"}, Needs: []evidence.Op{evidence.OpResolve}, After: beforeDNS(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			return matchEach(byServer(v.PathFailed(evidence.OpResolve, kind)), dnsValues)
		},
		Provoke: world,
	}
}

func byServer(hops []evidence.Hop) [][]evidence.Hop {
	return diagnosis.Group(hops, func(h evidence.Hop) string { return evidence.DetailOf[evidence.Resolve](h).Server })
}

func dnsValues(g []evidence.Hop) map[string]string {
	return map[string]string{"names": names(g), "name": name(g), "servers": servers(g), "text": join(g, reason)}
}

func names(g []evidence.Hop) string {
	return join(g, func(h evidence.Hop) string { return evidence.DetailOf[evidence.Resolve](h).Name })
}

// name is the first name of several, with their number.
func name(g []evidence.Hop) string {
	var seen []string
	for _, h := range g {
		if n := evidence.DetailOf[evidence.Resolve](h).Name; !slices.Contains(seen, n) {
			seen = append(seen, n)
		}
	}
	if len(seen) > 1 {
		return fmt.Sprintf("%s and %d more", seen[0], len(seen)-1)
	}
	return seen[0]
}

func servers(g []evidence.Hop) string {
	return join(g, func(h evidence.Hop) string {
		return strings.TrimSuffix(evidence.DetailOf[evidence.Resolve](h).Server, ":53")
	})
}

func matchResolverUnreachable(v *diagnosis.View) []diagnosis.Match {
	path := v.PathFailed(evidence.OpResolve, evidence.Timeout, evidence.Unreachable)
	asked := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool { return h.Peer != "" && h.State != evidence.Skipped })
	answered := slices.ContainsFunc(asked, func(h evidence.Hop) bool {
		return !h.FailedWith(evidence.Timeout, evidence.Unreachable, evidence.Budget)
	})
	if len(path) == 0 || answered {
		return nil
	}
	values := dnsValues(path)
	if s := servers(asked); s != "" {
		values["servers"] = s
	}
	return []diagnosis.Match{{Hops: diagnosis.IDs(path), Values: values}}
}

func nameNotFound() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "dns-name-not-found", Since: since, Layer: diagnosis.DNS,
		Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:  "the name server does not know {name}",
		Seen:   "{servers} answered for {name}: {text}",
		Means:  "The name exists on the public Internet, and the server that this host asks does not give it out.",
		Remedy: "have {servers} resolve {names}, or send it through the proxy, which resolves by itself",
		Cite:   []string{"failures B1: docker/cli#3649", "RFC 1035 section 4.1.1, rcode 3"},
		Values: []string{"names", "name", "servers", "text"}, Needs: []evidence.Op{evidence.OpResolve}, After: beforeDNS(),
		Match: matchNameNotFound,
		Provoke: fault.World{Title: "the name server does not know the token server", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Rcode: "NXDOMAIN"}}},
		Also: []fault.World{{Title: "the name server gives out no outside names", Direct: true,
			Faults: []fault.Fault{fault.DNS{Rcode: "NXDOMAIN"}}},
			{Title: "one documented host does not exist any more", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "cdn06.quay.io", Rcode: "NXDOMAIN"}}}},
	}
}

// matchNameNotFound applies the rules for proxy-only networks and for stale
// profiles (CONTRACT.md 4.6).
func matchNameNotFound(v *diagnosis.View) []diagnosis.Match {
	missing := notProxy(v.PathFailed(evidence.OpResolve, evidence.NXDomain))
	resolved := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return h.OnPath() && h.State == evidence.OK && h.Peer != "" && v.Target(h.Target).Public
	})
	everyPublicName := len(missing) > 1 && len(resolved) == 0
	var live, stale []evidence.Hop
	for _, h := range missing {
		t := v.Target(h.Target)
		if t.FoundBy == "profile" && t.Role == evidence.Blob && sisterResolves(v, t, resolved) {
			stale = append(stale, h)
			continue
		}
		live = append(live, h)
	}
	out := matchEach(byServer(live), dnsValues)
	for i := range out {
		if everyPublicName {
			out[i].Audience = diagnosis.HostAdmin
			out[i].Means = "This name server gives out no outside names at all, as in networks that only a proxy may leave. The missing piece is then the proxy setting, not DNS."
			out[i].Remedy = "set HTTPS_PROXY for the client to this network's proxy; if there is none, have {servers} resolve outside names"
		}
	}
	for _, m := range matchEach(byServer(stale), dnsValues) {
		m.Severity, m.Strength = diagnosis.Warning, diagnosis.Likely
		m.Means = "Other hosts of the same kind resolve and no redirect named this one: the profile may be out of date."
		m.Remedy = "check the registry's current list of hosts before asking for a change"
		out = append(out, m)
	}
	return out
}

func sisterResolves(v *diagnosis.View, t evidence.Target, resolved []evidence.Hop) bool {
	return slices.ContainsFunc(resolved, func(h evidence.Hop) bool { return v.Target(h.Target).Role == t.Role })
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
		d := evidence.DetailOf[evidence.Resolve](h)
		return h.OnPath() && h.Role != evidence.Proxy && h.State == evidence.OK && h.Peer != "" && allSunk(d)
	})
	return matchEach(byServer(hops), func(g []evidence.Hop) map[string]string {
		values := dnsValues(g)
		delete(values, "text")
		values["addresses"] = join(g, func(h evidence.Hop) string {
			return strings.Join(evidence.DetailOf[evidence.Resolve](h).Addresses, ", ")
		})
		return values
	})
}

func allSunk(d evidence.Resolve) bool {
	if d.Name == "localhost" || len(d.Addresses) == 0 {
		return false
	}
	for _, s := range d.Addresses {
		addr, err := netip.ParseAddr(s)
		if err != nil || !slices.ContainsFunc(sinkholes(), func(p netip.Prefix) bool { return p.Contains(addr) }) {
			return false
		}
	}
	return true
}

func matchLeftToProxy(v *diagnosis.View) []diagnosis.Match {
	hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return h.Probe == "local-lookup" && h.FailedWith() && h.Kind() != evidence.Budget
	})
	if len(hops) == 0 {
		return nil
	}
	return []diagnosis.Match{{Hops: diagnosis.IDs(hops), Values: map[string]string{"name": name(hops), "text": join(hops, reason)}}}
}
