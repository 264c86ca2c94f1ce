package catalogue

import (
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// Codes of causes that lie in name look-ups.
const (
	DNSNoResolver          diagnosis.Code = "dns-no-resolver"           // no name server is configured on this host
	DNSResolverUnreachable diagnosis.Code = "dns-resolver-unreachable"  // no name server answers
	DNSResolverDown        diagnosis.Code = "dns-resolver-down"         // one name server does not answer
	DNSTruncatedTCPBlocked diagnosis.Code = "dns-truncated-tcp-blocked" // an answer is too long for UDP, and TCP to the name server is blocked
	DNSSlow                diagnosis.Code = "dns-slow"                  // looking up a name is slow
	DNSFiltered            diagnosis.Code = "dns-filtered"              // the name server filters a name
	DNSRefused             diagnosis.Code = "dns-refused"               // the name server refuses to answer for a name
	DNSServfail            diagnosis.Code = "dns-servfail"              // the name server fails to look up a name
	DNSNameNotFound        diagnosis.Code = "dns-name-not-found"        // the name server does not know a name
	DNSNoAddress           diagnosis.Code = "dns-no-address"            // a name has no address
	DNSSinkhole            diagnosis.Code = "dns-sinkhole"              // the name server answers a name with a sinkhole
	DNSHostsOverride       diagnosis.Code = "dns-hosts-override"        // the hosts file of this host pins a name
	DNSPrivateAddress      diagnosis.Code = "dns-private-address"       // a public name has a private address here
	DNSResolversDisagree   diagnosis.Code = "dns-resolvers-disagree"    // the ways of this host to look up a name disagree
	DNSSearchDomain        diagnosis.Code = "dns-search-domain"         // the answer is that of a name made with the search list
	DNSAnswersEverything   diagnosis.Code = "dns-answers-everything"    // the name server has an address for a name that cannot exist
	DNSLeftToProxy         diagnosis.Code = "dns-left-to-proxy"         // names do not resolve here, and the proxy resolves them
)

// wrongAddress are the causes that explain whatever a direct connection meets:
// the address was not the host's.
func wrongAddress() []diagnosis.Code {
	return []diagnosis.Code{DNSSinkhole, DNSFiltered, DNSHostsOverride, DNSSearchDomain, DNSAnswersEverything,
		DNSAnswerInjected}
}

// failedLookup are the causes of a look-up that gave no address.
func failedLookup() []diagnosis.Code {
	return []diagnosis.Code{DNSNoResolver, DNSResolverUnreachable, DNSTruncatedTCPBlocked, DNSFiltered,
		DNSRefused, DNSServfail, DNSNameNotFound, DNSNoAddress}
}

func dns() []diagnosis.Entry {
	return slices.Concat(nameServers(), dnsAnswers(), dnsAddresses(), dnsNames(), []diagnosis.Entry{answerInjected(), leftToProxy()})
}

// dnsAnswers are the rows about answers without an address.
func dnsAnswers() []diagnosis.Entry {
	return []diagnosis.Entry{filtered(), dnsRefused(), dnsServfail(), nameNotFound(), dnsNoAddress()}
}

func dnsRefused() diagnosis.Entry {
	return lookupRow(diagnosis.Entry{
		Code: DNSRefused, Since: "0.1.0",
		Title:  "the name server refuses to answer for {name}",
		Means:  "The server refuses by its own rules: it does not serve this client, or not these names. A broken zone fails in another way.",
		Remedy: "let {source} look up {names} on {servers}",
		Or:     throughProxy(),
		Symptoms: []diagnosis.Symptom{
			{Text: `Could not resolve host: …`, Cite: printed},
			{Text: "server misbehaving", Cite: "docs/field-notes.md#errors-of-a-look-up"},
		},
		Cite: []string{
			"https://github.com/docker/for-mac/issues/1317",
			"RFC 1035 section 4.1.1, rcode 5",
			"RFC 8914 section 4.19, extended error 18",
		},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(h.FailedWith(evidence.Refused) || h.FailedWith() && extendedError(h) == edeProhibited)
		},
		Refine: unlessForSOCKS(refineOutside(DNSRefused)),
		Provoke: fault.World{Title: "the name server answers REFUSED", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Rcode: "REFUSED"}, fault.DNS{Name: "registry.redhat.io", Rcode: "REFUSED"}}},
		Also: []fault.World{
			{Title: "the name server refuses with extended error 18", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Rcode: "SERVFAIL", ExtendedError: edeProhibited,
					ExtendedText: "not your view"}}},
			{Title: "the name server refuses all outside names", Direct: true,
				Faults: []fault.Fault{fault.DNS{Rcode: "REFUSED"}}},
		},
	})
}

func dnsServfail() diagnosis.Entry {
	return lookupRow(diagnosis.Entry{
		Code: DNSServfail, Since: "0.1.0",
		Title: "the name server fails to look up {name}",
		Means: "The server says that its own look-up failed. Its forwarder may be down, a firewall may block it, or the DNSSEC " +
			"signatures may not hold.",
		Remedy: "repair the look-up of {names} on {servers}: forwarder, DNSSEC validation, port 53 to the outside",
		Symptoms: []diagnosis.Symptom{
			{Text: `Could not resolve host: …`, Cite: printed},
			{Text: "server misbehaving", Cite: "https://github.com/docker/for-mac/issues/1317"},
		},
		Cite: []string{
			"https://github.com/docker/for-mac/issues/1317",
			"RFC 1035 section 4.1.1, rcode 2",
			"RFC 4035 section 3.2.2, CD",
		},
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(h.FailedWith(evidence.ServFail, evidence.Rcode) || silentForOne(v, h))
		},
		Refine: unlessForSOCKS(refineFailed),
		Provoke: fault.World{Title: "the name server answers SERVFAIL", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "SERVFAIL"}}},
		Also: []fault.World{
			{Title: "the name server takes the name's signatures for false", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "SERVFAIL", Unsigned: true}}},
			{Title: "the name server is silent for one name, for its forwarder is dead", Direct: true, Flags: []string{quickHop},
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Silent: true}}},
			{Title: "the name server does not implement the question", Direct: true,
				Faults: []fault.Fault{fault.DNS{Rcode: "NOTIMP"}}},
		},
	})
}

func dnsNoAddress() diagnosis.Entry {
	return lookupRow(diagnosis.Entry{
		Code: DNSNoAddress, Since: "0.1.0",
		Title:  "{name} has no address",
		Means:  "The server says that the name exists, and gives no address for it.",
		Remedy: "compare the records of {names} on {servers} with those in the zone itself; look for a filter or a local zone",
		Symptoms: []diagnosis.Symptom{
			{Text: `Could not resolve host: …`, Cite: printed},
			{Text: "lookup … no such host", Cite: "docs/field-notes.md#errors-of-a-look-up"},
		},
		Cite:   []string{"docs/field-notes.md#errors-of-a-look-up", "RFC 2308 section 2.2"},
		When:   func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match { return when(h.FailedWith(evidence.NoData)) },
		Refine: unlessForSOCKS(refineDenied),
		Provoke: fault.World{Title: "the name has no address", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NOERROR"}}},
	})
}

// throughProxy is the way around a name server that does not help: the client leaves the
// name to a proxy.
func throughProxy() diagnosis.Way {
	return diagnosis.Way{Audience: diagnosis.HostAdmin,
		Remedy: "if this network has a proxy, set HTTPS_PROXY for the client: the proxy then looks the name up"}
}

func nameNotFound() diagnosis.Entry {
	return lookupRow(diagnosis.Entry{
		Code: DNSNameNotFound, Since: "0.1.0",
		Title:    "the name server does not know {name}",
		Audience: diagnosis.HostAdmin,
		Means: "The server that this host asks says that there is no such name. The name may be misspelt, or the server may not know " +
			"its zone.",
		Remedy: "check the spelling of {names}",
		Or:     diagnosis.Way{Audience: diagnosis.NetworkTeam, Remedy: "if the name is right, have {servers} resolve {names}"},
		Symptoms: []diagnosis.Symptom{
			{Text: `Could not resolve host: …`, Cite: printed},
			{Text: "lookup … no such host", Cite: "docs/field-notes.md#connect-in-go"},
		},
		Cite:   []string{"https://github.com/docker/cli/issues/3649", "RFC 1035 section 4.1.1, rcode 3"},
		When:   takesNotFound,
		Group:  notFoundKey,
		Refine: refineNotFound,
		Provoke: fault.World{Title: "the name server does not know the token server", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Rcode: "NXDOMAIN"}}},
		Also: []fault.World{
			{Title: "the name server gives out no outside names", Direct: true,
				Faults: []fault.Fault{fault.DNS{Rcode: "NXDOMAIN"}}},
			{Title: "one documented host does not exist any more", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "cdn06.quay.io", Rcode: "NXDOMAIN"}}},
			{Title: "a local zone of the name server denies a blob host", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "cdn06.quay.io", Rcode: "NXDOMAIN", Own: true}}},
			{Title: "the first of two name servers does not know the name", Direct: true, Resolvers: 2,
				Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Resolver: 1, Rcode: "NXDOMAIN", Authority: "com"}}},
			{Title: "two hosts are asked for by names that do not exist", Direct: true, Targets: []string{"registry.corp.oi", "quay.oi"}},
			{Title: "a registry names a token server whose name does not resolve", Direct: true, Targets: []string{"registry.corp.example"},
				Hosts: []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150", Private: true,
					Realm: "https://token.corp.example/auth"}}},
			{Title: "curl looks a host up itself, for the proxy is written socks5://", Flags: []string{"--client=curl"},
				Env:    map[string]string{"https_proxy": "socks5://" + fault.ProxyName + ":" + fault.ProxyTCPPort},
				Faults: []fault.Fault{fault.DNS{Rcode: "NXDOMAIN"}}},
			{Title: "a service of a cluster is asked for on a host that is not in it", Direct: true, Targets: []string{"registry.default.svc:5000"}},
			{Title: "a host is asked for by what is no name", Direct: true, Targets: []string{"registry..corp.example"}},
		},
	})
}

func filtered() diagnosis.Entry {
	return lookupRow(diagnosis.Entry{
		Code: DNSFiltered, Since: "0.1.0",
		Title: "the name server filters {name}",
		Means: "The server itself says that it blocks the name by policy. Clients do not show this reason; most print that there is " +
			"no such host.",
		Remedy: "allow {names} in the DNS filter of {servers}",
		Symptoms: []diagnosis.Symptom{
			{Text: `Could not resolve host: …`, Cite: printed},
			{Text: "lookup … no such host", Cite: "https://github.com/n8n-io/n8n-hosting/issues/11"},
			{Text: "server misbehaving", Cite: "docs/field-notes.md#errors-of-a-look-up"},
		},
		Cite: []string{
			"RFC 8914 sections 4.16 to 4.18: blocked, censored, filtered",
			"https://github.com/n8n-io/n8n-hosting/issues/11",
			"https://datatracker.ietf.org/doc/html/draft-vixie-dnsop-dns-rpz-00 section 6 (the policy zone's SOA comes along)",
		},
		When:   takesFiltered,
		Group:  func(_ *diagnosis.View, h evidence.Hop) string { return lookupOf(h).Server + policyZone(h) },
		Refine: refineFiltered,
		Provoke: fault.World{Title: "the name server says that it blocks the name", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NXDOMAIN", ExtendedError: edeBlocked,
				ExtendedText: "category container-registries"}}},
		Also: []fault.World{
			{Title: "the denial comes from a policy zone", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NXDOMAIN", Authority: "rpz.corp.example"}}},
			{Title: "a filter answers with its block page's address and says so", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NOERROR", Addresses: []string{"203.0.113.102"},
					ExtendedError: edeFiltered}}},
		},
	})
}

// dnsAddresses are the rows about addresses that are not the host's, or not
// what other sources say.
func dnsAddresses() []diagnosis.Entry {
	return []diagnosis.Entry{sinkhole(), hostsOverride(), privateAddress(), disagree()}
}

// sinkhole is the row about answers that no registry can have.
func sinkhole() diagnosis.Entry {
	return diagnosis.Entry{
		Code: DNSSinkhole, Since: "0.1.0",
		Layer: diagnosis.DNS, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:  "the name server answers {name} with a sinkhole",
		Seen:   "{servers} answered {addresses}, {why}",
		Means:  "DNS filters block a name by an answer like this one: it leads to the filter's own page, or nowhere.",
		Remedy: "allow {names} in the DNS filter of {servers}, or correct the record if no filter made it",
		Symptoms: []diagnosis.Symptom{
			{Text: "dial tcp 0.0.0.0:443: connect: connection refused", Cite: "docs/field-notes.md#errors-of-a-look-up"},
			{Text: "x509: certificate is valid for …, not …", Cite: "https://github.com/n8n-io/n8n-hosting/issues/11"},
		},
		Cite: []string{
			"https://github.com/n8n-io/n8n-hosting/issues/11",
			"https://docs.paloaltonetworks.com/pan-os/10-1/pan-os-admin/threat-prevention/" +
				"use-dns-queries-to-identify-infected-hosts-on-the-network/configure-dns-sinkholing (sinkhole.paloaltonetworks.com, 198.135.184.22)",
			"RFC 1122 section 3.2.1.3: 0.0.0.0 and 127/8 are not remote hosts",
			"https://github.com/docker/for-linux/issues/994",
		},
		Values: []string{"names", "name", "servers", "addresses", "why"},
		Needs:  []evidence.Op{evidence.OpResolve, evidence.OpHandshake},
		After:  []diagnosis.Code{DNSFiltered, DNSAnswersEverything, DNSSearchDomain},
		Match:  func(v *diagnosis.View) []diagnosis.Match { return append(matchSinkhole(v), matchWrongHost(v)...) },
		Provoke: fault.World{Title: "the name server answers 0.0.0.0", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NOERROR", Addresses: []string{"0.0.0.0"}}}},
		Also: []fault.World{
			{Title: "the name server answers with loopback of both families", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Rcode: "NOERROR", Addresses: []string{"127.0.0.1", "::1"}}}},
			{Title: "the name server gives the alias of a filter's sinkhole", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NOERROR", Alias: "sinkhole.paloaltonetworks.com",
					Addresses: []string{"203.0.113.102"}}}},
			{Title: "the first name server's address presents a certificate for another name, the second's is the host", Direct: true, Resolvers: 2,
				Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Resolver: 1, Rcode: "NOERROR", Addresses: []string{"203.0.113.102"}}}},
		},
	}
}

func hostsOverride() diagnosis.Entry {
	pinned := func(title string, pins map[string]string, faults ...fault.Fault) fault.World {
		return fault.World{Title: title, Direct: true, Pins: pins, Faults: faults}
	}
	return diagnosis.Entry{
		Code: DNSHostsOverride, Since: "0.1.0",
		Layer: diagnosis.DNS, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "the hosts file of this host pins {name}",
		Seen:  "the hosts file gives {addresses} for {names}; {dns}{fails}",
		Means: "The entry takes precedence over every name server. Registries change their addresses without notice, and the " +
			"entry does not follow.",
		Remedy: "remove {names} from the hosts file of this host, unless the entry is intended",
		Symptoms: []diagnosis.Symptom{
			{Text: "connect: connection refused", Cite: "https://github.com/microsoft/vscode-docker/issues/2834"},
		},
		Cite: []string{
			"https://github.com/microsoft/vscode-docker/issues/2834",
			"hosts(5)",
			"nsswitch.conf(5): files before dns",
		},
		Values:  []string{"names", "name", "addresses", "dns", "fails"},
		Needs:   []evidence.Op{evidence.OpResolve, evidence.OpDial, evidence.OpHandshake},
		After:   beforeDNS(),
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

func privateAddress() diagnosis.Entry {
	private := fault.Hosts()
	private[0].Address = "10.20.30.40"
	return diagnosis.Entry{
		Code: DNSPrivateAddress, Since: "0.1.0",
		Layer: diagnosis.DNS, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title: "the public name {name} has a private address here",
		Seen:  "{servers} answered {addresses} for {names}{as}",
		Means: "If this is intended, it may be a private link or a mirror under the registry's name, and nothing has to change. If " +
			"not, it may be a DNS filter's block page, a search domain's wildcard, or a stale record.",
		Remedy: "ask who runs {addresses}; if it is not intended, have {servers} resolve {names} as public name servers do",
		Cite:   []string{"https://github.com/n8n-io/n8n-hosting/issues/11", "RFC 1918", "RFC 4193", "RFC 6598"},
		Values: []string{"names", "name", "servers", "addresses", "as"},
		Needs:  []evidence.Op{evidence.OpResolve},
		After:  []diagnosis.Code{DNSFiltered, DNSSinkhole, DNSSearchDomain, DNSAnswersEverything},
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

func disagree() diagnosis.Entry {
	return diagnosis.Entry{
		Code: DNSResolversDisagree, Since: "0.1.0",
		Layer: diagnosis.DNS, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title: "the resolvers of this host disagree about {name}",
		Seen:  "{answers}",
		Means: "They give different kinds of answer, and not only other addresses of the same service. Which one a client uses " +
			"depends on their order, on load and on the client, so that one client may fail where another works.",
		Remedy: "have {servers} give the same kind of answer for {names}, or ask only those that know outside names",
		Cite: []string{
			"https://github.com/docker/for-mac/issues/1849",
			"https://github.com/orbstack/orbstack/issues/2150",
			"resolv.conf(5): the servers are taken to be alike",
			"nsswitch.conf(5): the C library has sources that Go has not",
		},
		Values: []string{"names", "name", "servers", "answers"},
		Needs:  []evidence.Op{evidence.OpResolve},
		// The C library gives no IPv6 address to a host without IPv6 (getaddrinfo(3), AI_ADDRCONFIG).
		After: append(failedLookup(), DNSSinkhole, DNSPrivateAddress, DNSHostsOverride, DNSSearchDomain, DNSAnswersEverything,
			ProxyNameUnresolved, IPv6Only),
		Match: matchDisagree,
		Provoke: fault.World{Title: "the second of two name servers does not know the token server", Direct: true, Resolvers: 2,
			Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Resolver: 2, Rcode: "NXDOMAIN"}}},
		Also: []fault.World{{Title: "the first of two name servers fails", Direct: true, Resolvers: 2,
			Faults: []fault.Fault{fault.DNS{Resolver: 1, Rcode: "SERVFAIL"}}}},
	}
}

// leftToProxy is the row about the most frequent false alarm: a local look-up
// that fails and does not matter.
func leftToProxy() diagnosis.Entry {
	return diagnosis.Entry{
		Code: DNSLeftToProxy, Since: "0.1.0",
		Layer: diagnosis.DNS, Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "names do not resolve here and do not have to: they are left to the proxy",
		Seen:  "local look-up of {name}: {text}",
		Means: "The name goes to the proxy in the CONNECT request. Failing local look-ups are normal on a network where only the " +
			"proxy reaches the Internet.",
		Remedy: "leave DNS on this host as it is: a client that uses the proxy does not need it",
		Cite:   []string{"https://github.com/docker/cli/issues/3649", "docs/field-notes.md#connect-in-go"},
		Values: []string{"name", "text"},
		Needs:  []evidence.Op{evidence.OpResolve},
		Match:  matchLeftToProxy,
		Provoke: fault.World{Title: "external names do not resolve locally",
			Faults: []fault.Fault{fault.DNS{Rcode: "NXDOMAIN"}}},
	}
}

// nameServers are the rows about servers that give no answer, or a late one.
func nameServers() []diagnosis.Entry {
	return []diagnosis.Entry{noResolver(), resolverUnreachable(), resolverDown(), truncatedTCPBlocked(), slow()}
}

func noResolver() diagnosis.Entry {
	return diagnosis.Entry{
		Code: DNSNoResolver, Since: "0.1.0",
		Layer: diagnosis.DNS, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "no name server is configured on this host",
		Seen:  "no nameserver line in resolv.conf; a client then asks {servers}: {text}",
		Means: "Without a configured server the client asks this host itself, and nothing answers there. The error names 127.0.0.1 " +
			"or [::1] and looks like a broken local service.",
		Remedy: "give this host the name servers of its network (/etc/resolv.conf, or what writes it), and restart daemons that " +
			"read them at their start",
		Symptoms: []diagnosis.Symptom{
			{Text: "lookup … on [::1]:53: read udp …: connection refused", Cite: "https://github.com/distribution/distribution/issues/3477"},
		},
		Cite: []string{
			"https://github.com/distribution/distribution/issues/3477",
			"https://github.com/docker-archive-public/docker.kitematic/issues/3427",
			"resolv.conf(5), nameserver",
			"https://github.com/golang/go/blob/go1.26.8/src/net/dnsconfig.go (defaultNS)",
		},
		Values: []string{"servers", "text", "names", "name"},
		Needs:  []evidence.Op{evidence.OpResolve},
		After:  beforeDNS(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
				return h.OnPath() && h.FailedWith(noAnswer()...) && unconfigured(h)
			})
			if len(hops) == 0 {
				return nil
			}
			return []diagnosis.Match{{Hops: diagnosis.IDs(hops), Values: dnsValues(hops)}}
		},
		Provoke: fault.World{Title: "resolv.conf is empty", Direct: true, NoResolver: true},
		Also:    []fault.World{{Title: "resolv.conf is empty, and the proxy has a name", NoResolver: true}},
	}
}

func resolverUnreachable() diagnosis.Entry {
	return diagnosis.Entry{
		Code: DNSResolverUnreachable, Since: "0.1.0",
		Layer: diagnosis.DNS, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:  "no name server answers",
		Seen:   "{servers}: {text}",
		Means:  "None of the configured name servers gives this host an answer. Nothing can be looked up, whatever the name.{wait}",
		Remedy: "let {source} reach {servers} on UDP and TCP port 53, or correct the name servers of this host",
		Symptoms: []diagnosis.Symptom{
			{Text: `Could not resolve host: …`, Cite: printed},
			{Text: "lookup … on …:53: read udp …: i/o timeout", Cite: "https://github.com/docker/cli/issues/3649"},
			{Text: "lookup … on …:53: …: connection refused", Cite: "https://github.com/distribution/distribution/issues/3477"},
		},
		Cite: []string{
			"https://github.com/distribution/distribution/issues/3477",
			"https://github.com/docker/cli/issues/3649",
			"https://github.com/chainguard-dev/apko/issues/2250",
			"resolv.conf(5)",
			"https://github.com/golang/go/blob/go1.26.8/src/net/dnsclient_unix.go (tryOneName)",
		},
		Values: []string{"servers", "text", "names", "name", "wait"},
		Needs:  []evidence.Op{evidence.OpResolve},
		After:  append(beforeDNS(), DNSNoResolver),
		Match:  matchResolverUnreachable,
		Provoke: fault.World{Title: "nothing listens at the name server's address", Direct: true,
			Faults: []fault.Fault{fault.Socket{Host: fault.TheResolver, Effect: fault.Refuse}}},
		Also: []fault.World{
			{Title: "the name server does not answer", Direct: true, Flags: []string{quickHop},
				Faults: []fault.Fault{fault.Socket{Host: fault.TheResolver, Effect: fault.Drop}}},
			{Title: "the proxy's name cannot be looked up, for no name server answers",
				Faults: []fault.Fault{fault.Socket{Host: fault.TheResolver, Effect: fault.Refuse}}},
			{Title: "none of three name servers answers", Direct: true, Resolvers: 3, Flags: []string{quickHop},
				Faults: []fault.Fault{fault.DNS{Silent: true}}},
			{Title: "answers with a wrong ID arrive in the name server's place", Direct: true, Flags: []string{quickHop},
				Faults: []fault.Fault{fault.DNS{WrongID: true}}},
			{Title: "this host has no route to its name server", Direct: true,
				Faults: []fault.Fault{fault.Socket{Host: fault.TheResolver, Effect: fault.NoRoute}}},
			{Title: "this host denies the question to its name server", Direct: true,
				Faults: []fault.Fault{fault.Socket{Host: fault.TheResolver, Effect: fault.DenyLocally}}},
			{Title: "a router has no way to the name server", Direct: true,
				Faults: []fault.Fault{fault.Socket{Host: fault.TheResolver, Effect: fault.NetUnreachable, Behind: 1}}},
		},
	}
}

func resolverDown() diagnosis.Entry {
	return diagnosis.Entry{
		Code: DNSResolverDown, Since: "0.1.0",
		Layer: diagnosis.DNS, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:  "the name server {servers} does not answer",
		Seen:   "{servers}: {text}; {others} answers",
		Means:  "The client continues with another of its name servers.{cost}",
		Remedy: "have {servers} answer {source} on UDP and TCP port 53, or take it out of this host's list of name servers",
		Cite: []string{
			"https://github.com/docker-archive-public/docker.kitematic/issues/2850",
			"https://github.com/docker/for-linux/issues/505",
			"resolv.conf(5), options timeout, attempts, rotate",
			"https://github.com/golang/go/blob/go1.26.8/src/net/dnsclient_unix.go (tryOneName)",
		},
		Values: []string{"servers", "text", "names", "name", "others", "cost"},
		Needs:  []evidence.Op{evidence.OpResolve},
		After:  append(beforeDNS(), DNSTruncatedTCPBlocked),
		Match:  matchResolverDown,
		Provoke: fault.World{Title: "the first of two name servers is dead", Direct: true, Resolvers: 2, Flags: []string{quickHop},
			Faults: []fault.Fault{fault.Socket{Host: fault.Resolver(1), Effect: fault.Drop}}},
		Also: []fault.World{
			{Title: "nothing listens at the second name server's address", Direct: true, Resolvers: 2,
				Faults: []fault.Fault{fault.Socket{Host: fault.Resolver(2), Effect: fault.Refuse}}},
			{Title: "the first name server is dead, and the proxy has a name", Resolvers: 2, Flags: []string{quickHop},
				Faults: []fault.Fault{fault.Socket{Host: fault.Resolver(1), Effect: fault.Drop}}},
		},
	}
}

func truncatedTCPBlocked() diagnosis.Entry {
	return diagnosis.Entry{
		Code: DNSTruncatedTCPBlocked, Since: "0.1.0",
		Layer: diagnosis.DNS, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title: "the answer for {name} is too long for UDP, and TCP to the name server fails",
		Seen:  "{servers} truncated its answer for {names} over UDP; over TCP: {text}",
		Means: "An answer that is too long for UDP is asked for again over TCP port 53. A firewall may let UDP through but not TCP, " +
			"or the server may not listen on TCP. Names with short answers are not affected.",
		Remedy: "allow TCP port 53 from {source} to {servers} in addition to UDP, and have {servers} listen on it",
		Symptoms: []diagnosis.Symptom{
			{Text: "lookup … on …:53: read tcp …: i/o timeout", Cite: "internal/oracle/network_test.go"},
		},
		Cite:   []string{"RFC 7766 section 5: TCP is required", "RFC 1035 section 4.2.1, TC"},
		Values: []string{"names", "name", "servers", "text"},
		Needs:  []evidence.Op{evidence.OpResolve},
		After:  beforeDNS(),
		Match:  matchTruncated,
		Provoke: fault.World{Title: "the answer is truncated and TCP port 53 is blocked", Direct: true, Flags: []string{quickHop},
			Faults: []fault.Fault{fault.DNS{Name: "cdn.quay.io", Truncate: true},
				fault.Socket{Host: fault.TheResolver, Effect: fault.Drop, TCPOnly: true}}},
		Also: []fault.World{{Title: "the first name server's TCP port 53 is closed, the second's is open", Direct: true, Resolvers: 2,
			Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Truncate: true},
				fault.Socket{Host: fault.Resolver(1), Effect: fault.Refuse, TCPOnly: true}}}},
	}
}

func slow() diagnosis.Entry {
	return diagnosis.Entry{
		Code: DNSSlow, Since: "0.1.0",
		Layer: diagnosis.DNS, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title: "looking up {name} is slow",
		Seen:  "{servers} took {time} for {names}: {questions}",
		Means: "The answer came late. Each step of a pull that looks up a new name waits for it. Where only AAAA is late, those " +
			"questions may be dropped on the way.",
		Remedy: "look for the reason at {servers}: a dead forwarder behind it, dropped AAAA questions, or loss on the way",
		Cite: []string{
			"https://github.com/docker/for-linux/issues/505",
			"resolv.conf(5): 5 s for a server is where clients give up",
			"RFC 8305 section 3: clients want A and AAAA both",
		},
		Values: []string{"names", "name", "servers", "time", "questions"},
		Needs:  []evidence.Op{evidence.OpResolve},
		After:  []diagnosis.Code{DNSResolverDown},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
				return (h.OnPath() || further(h)) && h.State == evidence.OK && h.Peer != "" && h.TookMS >= float64(slowLookup.Milliseconds())
			})
			return matchEachWith(byServer(hops), func(g []evidence.Hop) diagnosis.Match {
				values := dnsValues(g)
				delete(values, "text")
				values["time"], values["questions"] = seconds(g), questions(g[0])
				return diagnosis.Match{Hops: diagnosis.IDs(g), Targets: targetsBeside(v, g), Values: values}
			})
		},
		Provoke: fault.World{Title: "the name server takes two seconds and a half", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Delay: quick}}},
		Also: []fault.World{{Title: "questions for AAAA are dropped", Direct: true, Flags: []string{quickHop},
			Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Type: "AAAA", Silent: true}}}},
	}
}
