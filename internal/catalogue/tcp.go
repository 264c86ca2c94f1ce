package catalogue

import (
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// beforeTCP are the causes that explain any failed direct connection.
func beforeTCP() []string { return append(beforeDNS(), wrongAddress()...) }

func tcp() []diagnosis.Entry {
	return slices.Concat(silentOrReset(), refusedByICMP(), someAddresses())
}

// silentOrReset are the rows about a SYN that gets nothing or a RST.
func silentOrReset() []diagnosis.Entry {
	drop := func(title string, s fault.Socket) fault.World {
		s.Host, s.Effect = "sso.redhat.com", fault.Drop
		return fault.World{Title: title, Direct: true, HopTimeout: quick, Faults: []fault.Fault{s}}
	}
	refuse := func(title string, s fault.Socket) fault.World {
		s.Host, s.Effect = "sso.redhat.com", fault.Refuse
		return fault.World{Title: title, Direct: true, Faults: []fault.Fault{s}}
	}
	return []diagnosis.Entry{
		tcpRow("tcp-timeout", evidence.Timeout,
			"{hosts} cannot be reached: no answer to the connection",
			"{peers}: no answer to the SYN in {time}{place}",
			"Something on the way drops the packets, most often a firewall between {source} and {peers}. A client waits longer (podman 30 s) and then prints i/o timeout.",
			"allow TCP from {source} to {targets}, by name and not by address; or set HTTPS_PROXY if this network has a proxy",
			[]string{"failures C1: okd-project/okd#1693, cri-tools#336", "RFC 9293 section 3.8.1"},
			drop("a firewall drops the connection", fault.Socket{}),
			drop("a firewall at the second router drops port 443", fault.Socket{Port: 443, Behind: 2}),
			drop("a firewall at the first router drops all", fault.Socket{Behind: 1})),
		tcpRow("tcp-refused", evidence.Refused,
			"{hosts} refuses the connection",
			"{peers}: {text}{place}",
			"The answer to the SYN was a reset or an ICMP port unreachable. A registry listens on its port, so a firewall that rejects is more likely than a closed port.",
			"allow TCP from {source} to {targets} in the firewall that rejects it",
			[]string{"failures C2: moby/moby#11201", "RFC 9293 section 3.10.7.1"},
			refuse("a firewall rejects the connection with a reset", fault.Socket{}),
			refuse("a firewall at the second router resets port 443", fault.Socket{Port: 443, Behind: 2})),
		tcpReset(),
	}
}

// tcpRow is a row for one kind of failed dial.
func tcpRow(code string, kind evidence.Kind, title, seen, means, remedy string, cite []string, world fault.World, also ...fault.World) diagnosis.Entry {
	return diagnosis.Entry{
		Code: code, Since: since, Layer: diagnosis.TCP, Severity: diagnosis.Error, Strength: diagnosis.Proven,
		Audience: diagnosis.NetworkTeam, Title: title, Seen: seen, Means: means, Remedy: remedy, Cite: cite,
		Values: []string{"peers", "text", "time", "place", "sender"}, Needs: []evidence.Op{evidence.OpDial}, After: beforeTCP(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			return matchDial(v, notProxy(v.PathFailed(evidence.OpDial, kind)))
		},
		Provoke: world, Also: also,
	}
}

// matchDial makes a match of failed dials that failed alike: by kind, by way
// and by the device that said so.
func matchDial(v *diagnosis.View, failed []evidence.Hop) []diagnosis.Match {
	groups := diagnosis.Group(failed, func(h evidence.Hop) string { return string(h.Kind()) + " " + h.Via + " " + message(h) })
	return matchEachWith(groups, func(g []evidence.Hop) diagnosis.Match {
		all := withFurther(v, g)
		where := locate(v, all)
		return diagnosis.Match{Hops: append(diagnosis.IDs(all), where.hops...), Audience: where.audience, Means: where.means, Remedy: where.remedy,
			Values: map[string]string{"peers": peers(all), "text": whyDials(all), "time": seconds(all), "place": where.text, "sender": sender(g[0])}}
	})
}

// withFurther adds the other addresses of the same names that failed alike.
func withFurther(v *diagnosis.View, hops []evidence.Hop) []evidence.Hop {
	out := slices.Clone(hops)
	for _, h := range hops {
		out = append(out, v.HopsAbout(evidence.OpDial, diagnosis.About{}.Probe("further-address").Target(h.Target), func(o evidence.Hop) bool {
			return o.Parent == h.Parent && o.FailedWith(h.Kind()) && message(o) == message(h)
		})...)
	}
	return out
}

func tcpReset() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "tcp-reset", Since: since, Layer: diagnosis.TCP, Severity: diagnosis.Error, Strength: diagnosis.Proven,
		Audience: diagnosis.NetworkTeam,
		Title:    "{hosts} accepts the connection and resets it before a byte",
		Seen:     "{peers}: {text}{silence}",
		Means:    "The reset does not depend on what is sent: it is meant for this source or this address, not for the name in the TLS handshake.",
		Remedy:   "find the device that resets connections from {source} to {peers} (firewall, IPS, load balancer without a backend) and allow them",
		Cite:     []string{"failures C9, E1 (to be told apart)", "RFC 9293 section 3.5.2"},
		Values:   []string{"peers", "text", "silence"}, Needs: []evidence.Op{evidence.OpHandshake, evidence.OpDial}, After: beforeTCP(),
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

// resetInSilence returns the probes that were reset on the same address although
// nothing was sent.
func resetInSilence(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	return v.HopsAbout(evidence.OpDial, diagnosis.About{}.Probe("silent-connection").Peer(h.Peer), func(p evidence.Hop) bool {
		return p.FailedWith(evidence.Reset)
	})
}
