package catalogue

import (
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// Codes of causes that lie in connections.
const (
	TCPTimeout           diagnosis.Code = "tcp-timeout"             // the SYN gets no answer
	TCPRefused           diagnosis.Code = "tcp-refused"             // the SYN is answered with a reset
	TCPReset             diagnosis.Code = "tcp-reset"               // an accepted connection is reset before a byte is sent
	TCPProhibited        diagnosis.Code = "tcp-prohibited"          // a device says by ICMP that a rule prohibits the connection
	TCPNoRoute           diagnosis.Code = "tcp-no-route"            // there is no route to the host
	TCPDeniedLocally     diagnosis.Code = "tcp-denied-locally"      // this host itself denies the connection
	TCPSomeAddressesDown diagnosis.Code = "tcp-some-addresses-down" // one address of a name cannot be reached, another can
	IPv6Only             diagnosis.Code = "ipv6-only"               // a name has only IPv6 addresses, and this host has no way to them
	IPv6Broken           diagnosis.Code = "ipv6-broken"             // IPv6 does not work here, and names have IPv6 addresses
)

// beforeTCP are the causes that explain any failed direct connection.
func beforeTCP() []diagnosis.Code {
	return append(append(beforeDNS(), wrongAddress()...), TCPResetInjected)
}

func tcp() []diagnosis.Entry {
	return slices.Concat([]diagnosis.Entry{resetInjected()}, silentOrReset(), refusedByICMP(), someAddresses(),
		[]diagnosis.Entry{idleTimeout()})
}

// silentOrReset are the rows about a SYN that gets nothing or a RST.
func silentOrReset() []diagnosis.Entry {
	return []diagnosis.Entry{tcpTimeout(), tcpRefused(), tcpReset()}
}

func tcpTimeout() diagnosis.Entry {
	drop := func(title string, s fault.Socket) fault.World {
		s.Host, s.Effect = "sso.redhat.com", fault.Drop
		return fault.World{Title: title, Direct: true, Flags: []string{quickHop}, Faults: []fault.Fault{s}}
	}
	return dialRow(diagnosis.Entry{
		Code: TCPTimeout, Since: "0.1.0",
		Title: "{hosts} cannot be reached: no answer to the connection",
		Seen:  "{peers}: no answer to the SYN in {time}{place}",
		Means: "The packets or the answers to them are lost. Most often a firewall between {source} and {peers} drops them; the address " +
			"may also have no host. A client waits longer (podman 30 s) and then prints i/o timeout.",
		Remedy:  "allow TCP from {source} to {targets}, by name and not by address",
		Or:      diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "if this network has a proxy, set HTTPS_PROXY for the client"},
		Changes: []diagnosis.Change{diagnosis.AllowHost},
		Symptoms: []diagnosis.Symptom{
			{Text: "dial tcp …:443: i/o timeout", Cite: "https://github.com/okd-project/okd/issues/1693"},
			{Text: "Client.Timeout exceeded while awaiting headers", Cite: "https://github.com/openshift/origin/issues/5960"},
		},
		Cite: []string{
			"https://github.com/okd-project/okd/issues/1693",
			"https://github.com/kubernetes-sigs/cri-tools/issues/336",
			"RFC 9293 section 3.8.1",
		},
		Match:   dialled(evidence.Timeout),
		Provoke: drop("a firewall drops the connection", fault.Socket{}),
		Also: []fault.World{
			drop("a firewall at the second router drops port 443", fault.Socket{Port: 443, Behind: 2}),
			drop("a firewall at the first router drops all", fault.Socket{Behind: 1}),
		},
	})
}

func tcpRefused() diagnosis.Entry {
	refuse := func(title string, s fault.Socket) fault.World {
		s.Host, s.Effect = "sso.redhat.com", fault.Refuse
		return fault.World{Title: title, Direct: true, Faults: []fault.Fault{s}}
	}
	return dialRow(diagnosis.Entry{
		Code: TCPRefused, Since: "0.1.0",
		Title: "{hosts} refuses the connection",
		Seen:  "{peers}: {text}{place}",
		Means: "The answer to the SYN was a reset or an ICMP port unreachable. Either nothing listens on that port, or a firewall on the " +
			"way rejects the connection.",
		Remedy:  "allow TCP from {source} to {targets} in the firewall, if one rejects it",
		Or:      diagnosis.Way{Audience: diagnosis.RegistryOperator, Remedy: "if no firewall does, start what should listen at {peers}"},
		Changes: []diagnosis.Change{diagnosis.AllowHost},
		Symptoms: []diagnosis.Symptom{
			{Text: "dial tcp …:443: connect: connection refused", Cite: "https://github.com/moby/moby/issues/11201"},
			{Text: `parsing image configuration: Get "https://cdn…": dial tcp …:443: c…`,
				Cite: "https://access.redhat.com/node/7001746"},
		},
		Cite:    []string{"https://github.com/moby/moby/issues/11201", "RFC 9293 section 3.10.7.1"},
		Match:   matchRefused,
		Provoke: refuse("a firewall rejects the connection with a reset", fault.Socket{}),
		Also: []fault.World{
			refuse("a firewall at the second router resets port 443", fault.Socket{Port: 443, Behind: 2}),
			{Title: "nothing listens at a private registry's port", Direct: true, Targets: []string{"registry.corp.example:8443"},
				Hosts:  []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150", Private: true}},
				Faults: []fault.Fault{fault.Socket{Host: "registry.corp.example", Effect: fault.Refuse}}},
		},
	})
}

// dialRow is a row about a connection to a host that does not come about.
func dialRow(e diagnosis.Entry) diagnosis.Entry {
	return shared(diagnosis.Entry{
		Layer: diagnosis.TCP, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Values: []string{"peers", "text", "time", "place", "sender"},
		Needs:  []evidence.Op{evidence.OpDial},
		After:  beforeTCP(),
	}, e)
}

// dialled matches connections to hosts that failed in a way.
func dialled(kind evidence.Kind) func(*diagnosis.View) []diagnosis.Match {
	return func(v *diagnosis.View) []diagnosis.Match {
		return matchDial(v, notProxy(v.PathFailed(evidence.OpDial, kind)))
	}
}

func tcpReset() diagnosis.Entry {
	return diagnosis.Entry{
		Code: TCPReset, Since: "0.1.0",
		Layer: diagnosis.TCP, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title: "{hosts} accepts the connection and resets it before any data is sent",
		Seen:  "{peers}: {text}{silence}",
		Means: "The connection is reset although nothing was sent on it, so the name in the TLS handshake and its size are not the reason.",
		Remedy: "find what resets connections from {source} to {peers} (firewall, IPS, load balancer without a backend) and have it " +
			"allow them",
		Changes: []diagnosis.Change{diagnosis.AllowHost},
		Symptoms: []diagnosis.Symptom{
			{Text: "read tcp …:443: read: connection reset by peer", Cite: "https://github.com/golang/go/issues/81199"},
		},
		Cite:   []string{"https://github.com/moby/buildkit/issues/5839", "RFC 9293 section 3.5.2"},
		Values: []string{"peers", "text", "silence"},
		Needs:  []evidence.Op{evidence.OpHandshake, evidence.OpDial},
		After:  beforeTCP(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := notProxy(v.PathFailed(evidence.OpDial, evidence.Reset))
			for _, h := range notProxy(v.PathFailed(evidence.OpHandshake, evidence.Reset)) {
				if silent := resetInSilence(v, h); len(silent) > 0 {
					hops = append(append(hops, h), silent...)
				}
			}
			return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Peer }), func(g []evidence.Hop) map[string]string {
				silence := ""
				if len(g) > 1 {
					silence = "; a second connection on which nothing was sent was reset too"
				}
				return map[string]string{"peers": peers(g), "text": reason(g[0]), "silence": silence}
			})
		},
		Provoke: fault.World{Title: "a firewall resets the accepted connection", Direct: true,
			Faults: []fault.Fault{fault.Socket{Host: "sso.redhat.com", Effect: fault.Reset}}},
	}
}

// someAddresses are the rows about names of which one address answers and
// another does not: what clients hide that fall back.
func someAddresses() []diagnosis.Entry {
	return []diagnosis.Entry{tcpSomeAddressesDown(), ipv6Broken()}
}

func tcpSomeAddressesDown() diagnosis.Entry {
	const second = "203.0.113.202"
	down := func(title string, effect fault.Effect) fault.World {
		return fault.World{Title: title, Direct: true, Flags: []string{quickHop}, Hosts: fault.WithAddresses("sso.redhat.com", second),
			Faults: []fault.Fault{fault.Socket{Host: "sso.redhat.com", Address: second, Effect: effect}}}
	}
	return diagnosis.Entry{
		Code: TCPSomeAddressesDown, Since: "0.1.0",
		Layer: diagnosis.TCP, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:   "some addresses of {hosts} cannot be reached, another can",
		Seen:    "{peers}: {text}; {up} answers",
		Means:   "The order of addresses can change from look-up to look-up, so a client may try this one first. {cost}",
		Remedy:  "allow TCP from {source} to all addresses of {targets}: by name, not by a list of addresses",
		Changes: []diagnosis.Change{diagnosis.AllowHost},
		Cite: []string{
			"https://github.com/docker/hub-feedback/issues/2349",
			"RFC 8305 section 5",
			"https://pkg.go.dev/net#Dialer (FallbackDelay)",
		},
		Values: []string{"peers", "text", "up", "cost"},
		Needs:  []evidence.Op{evidence.OpDial},
		After:  []diagnosis.Code{IPv6Broken},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			return matchAddresses(v, notOfBrokenIPv6(v, notProxy(addressesDown(v))))
		},
		Provoke: down("one of two addresses does not answer", fault.Drop),
		Also:    []fault.World{down("one of two addresses refuses", fault.Refuse), down("one of two addresses is prohibited", fault.Prohibit)},
	}
}

func ipv6Broken() diagnosis.Entry {
	dead := func(title string, effect fault.Effect) fault.World {
		return fault.World{Title: title, Direct: true, Flags: []string{quickHop}, Hosts: fault.BothFamilies(),
			Faults: []fault.Fault{fault.Socket{Host: fault.Everyone, Family: 6, Effect: effect}}}
	}
	return diagnosis.Entry{
		Code: IPv6Broken, Since: "0.1.0",
		Layer: diagnosis.TCP, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:  "IPv6 does not work here, and the hosts have IPv6 addresses",
		Seen:   "{peers}: {text}; no IPv6 address of this run answers, IPv4 of the same names does",
		Means:  "This host has an IPv6 address and a route, so clients try IPv6 first. {cost}",
		Remedy: "repair IPv6 between {source} and the Internet",
		Or:     diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "remove the IPv6 default route of this host, if IPv6 is not wanted"},
		Symptoms: []diagnosis.Symptom{
			{Text: "dial tcp [2600:1f18:…]:443: connect: network is unreachable", Cite: "https://github.com/docker/for-win/issues/13728"},
			{Text: "connect: cannot assign requested address", Cite: "https://github.com/docker/for-win/issues/1434"},
		},
		Cite: []string{
			"https://github.com/docker/for-win/issues/13728",
			"https://github.com/docker/hub-feedback/issues/2165",
			"RFC 8305 section 5",
			"https://pkg.go.dev/net#Dialer (FallbackDelay, 300 ms)",
			"curl(1): --happy-eyeballs-timeout-ms (200 ms)",
		},
		Values: []string{"peers", "text", "up", "cost"},
		Needs:  []evidence.Op{evidence.OpDial},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			if !ipv6Dead(v) {
				return nil
			}
			return matchAddresses(v, slices.DeleteFunc(addressesDown(v), func(h evidence.Hop) bool { return !ofIPv6(h) }))
		},
		Provoke: dead("packets of IPv6 are lost", fault.Drop),
		Also:    []fault.World{dead("a router has no way for IPv6", fault.NetUnreachable)},
	}
}

// refusedByICMP are the rows about a SYN that a device or this host itself says
// no to.
func refusedByICMP() []diagnosis.Entry {
	return []diagnosis.Entry{tcpProhibited(), tcpNoRoute(), ipv6Only(), tcpDeniedLocally()}
}

func tcpProhibited() diagnosis.Entry {
	world := func(title string, effect fault.Effect, behind int) fault.World {
		return fault.World{Title: title, Direct: true,
			Faults: []fault.Fault{fault.Socket{Host: "sso.redhat.com", Effect: effect, Behind: behind}}}
	}
	return dialRow(diagnosis.Entry{
		Code: TCPProhibited, Since: "0.1.0",
		Title: "{sender} prohibits the connection to {hosts}",
		Seen:  "{peers}: {text}",
		Means: "A device on the way has a rule against it and says so: the ICMP message carries the device's own address. The " +
			"client prints no route to host, although there is a route.",
		Remedy:  "have the rule on {sender} allow TCP from {source} to {targets}",
		Changes: []diagnosis.Change{diagnosis.AllowHost},
		Symptoms: []diagnosis.Symptom{
			{Text: "connect: no route to host", Cite: "https://github.com/jpetazzo/squid-in-a-can/issues/5"},
		},
		Cite: []string{
			"https://github.com/openshift/origin/issues/1607",
			"https://github.com/SUSE/Portus/issues/1851",
			"docs/field-notes.md#errors-of-a-dial",
			"RFC 1812 section 5.2.7.1",
			"RFC 4443 section 3.1",
		},
		Match:   dialled(evidence.Prohibited),
		Provoke: world("the second router prohibits the connection", fault.Prohibit, 2),
		Also: []fault.World{
			{Title: "a router prohibits the connection to the only address, which is of IPv6", Direct: true,
				Targets: []string{"registry.corp.example/ubi9/ubi:latest"},
				Hosts:   []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "2001:db8::150"}},
				Faults:  []fault.Fault{fault.Socket{Host: "registry.corp.example", Effect: fault.Prohibit, Behind: 1}}},
		},
	})
}

func tcpNoRoute() diagnosis.Entry {
	world := func(title string, effect fault.Effect, behind int) fault.World {
		return fault.World{Title: title, Direct: true,
			Faults: []fault.Fault{fault.Socket{Host: "sso.redhat.com", Effect: effect, Behind: behind}}}
	}
	return dialRow(diagnosis.Entry{
		Code: TCPNoRoute, Since: "0.1.0",
		Title:  "there is no route to {hosts}",
		Seen:   "{peers}: {text}",
		Means:  "This host has no route to the address. No router reported this by ICMP, as far as the system shows such messages.",
		Remedy: "check routes and interfaces of this host; if they are right, find which device should answer for {peers}",
		Symptoms: []diagnosis.Symptom{
			{Text: "connect: network is unreachable", Cite: "docs/field-notes.md#errors-of-a-dial"},
			{Text: "connect: no route to host", Cite: "docs/field-notes.md#errors-of-a-dial"},
		},
		Cite:  []string{"https://github.com/openshift/origin/issues/1607", "RFC 792, destination unreachable"},
		Needs: []evidence.Op{evidence.OpResolve},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			return matchDial(v, slices.DeleteFunc(notProxy(v.PathFailed(evidence.OpDial, evidence.NoRoute)),
				func(h evidence.Hop) bool { return ipv6Alone(v, h) }))
		},
		Provoke: world("no route leads to the host", fault.NoRoute, 0),
		Also: []fault.World{
			world("a router says that the host is unreachable", fault.HostUnreachable, 0),
			world("a router says that the network is unreachable", fault.NetUnreachable, 2),
		},
	})
}

func ipv6Only() diagnosis.Entry {
	host := []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "2001:db8::150"}}
	return dialRow(diagnosis.Entry{
		Code: IPv6Only, Since: "0.1.0",
		Audience: diagnosis.HostAdmin,
		Title:    "{hosts} has only IPv6 addresses, and this host has no way to them",
		Seen:     "{servers} gave {addresses} for {names}, and no IPv4 address; {peers}: {text}",
		Means: "Nothing was sent: this host has no IPv6 route. Hosts with IPv4 addresses are not affected. The name may have an IPv4 " +
			"address elsewhere, which the name server here leaves out.",
		Remedy: "give this host an IPv6 route, or send {targets} through a proxy that has one",
		Or:     diagnosis.Way{Audience: diagnosis.RegistryOperator, Remedy: "give {names} an IPv4 address too"},
		Symptoms: []diagnosis.Symptom{
			{Text: "dial tcp […]:443: connect: network is unreachable", Cite: "https://github.com/docker/for-win/issues/13728"},
			{Text: "connect: cannot assign requested address", Cite: "https://github.com/docker/for-win/issues/1434"},
		},
		Cite:   []string{"https://github.com/docker/for-win/issues/13728", "docs/field-notes.md#errors-of-a-dial"},
		Values: []string{"servers", "names", "name", "addresses"},
		Needs:  []evidence.Op{evidence.OpResolve},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := slices.DeleteFunc(notProxy(v.PathFailed(evidence.OpDial, evidence.NoRoute)),
				func(h evidence.Hop) bool { return !ipv6Alone(v, h) })
			return matchEachWith(byKind(hops), func(g []evidence.Hop) diagnosis.Match {
				found := lookupsBefore(v, g)
				m := diagnosis.Match{Hops: diagnosis.IDs(append(slices.Clone(found), g...)), Values: addressValues(found)}
				m.Values["peers"], m.Values["text"] = peers(g), whyDials(g)
				return m
			})
		},
		Provoke: fault.World{Title: "a host has only an IPv6 address, and this host has no route to it", Direct: true,
			Targets: []string{"registry.corp.example/ubi9/ubi:latest"}, Hosts: host,
			Faults: []fault.Fault{fault.Socket{Host: "registry.corp.example", Effect: fault.NoRoute}}},
	})
}

func tcpDeniedLocally() diagnosis.Entry {
	world := func(title string, effect fault.Effect, behind int) fault.World {
		return fault.World{Title: title, Direct: true,
			Faults: []fault.Fault{fault.Socket{Host: "sso.redhat.com", Effect: effect, Behind: behind}}}
	}
	return dialRow(diagnosis.Entry{
		Code: TCPDeniedLocally, Since: "0.1.0",
		Audience: diagnosis.HostAdmin,
		Title:    "this host itself denies the connection to {hosts}",
		Seen:     "{peers}: {text}",
		Means: "Nothing was sent: a prohibit or blackhole route, a firewall rule for outgoing packets or a security policy of this " +
			"host forbids it.",
		Remedy: "look at ip route get, nft list ruleset and the security policy of this host",
		Symptoms: []diagnosis.Symptom{
			{Text: "connect: operation not permitted", Cite: "https://github.com/chainguard-dev/apko/issues/2250"},
		},
		Cite:    []string{"docs/field-notes.md#errors-of-a-dial", "ip-route(8): prohibit, blackhole"},
		Match:   dialled(evidence.DeniedLocally),
		Provoke: world("a rule of this host denies the connection", fault.DenyLocally, 0),
	})
}
