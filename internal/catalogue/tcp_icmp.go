package catalogue

import (
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// refusedByICMP are the rows about a SYN that a device or this host itself says
// no to.
func refusedByICMP() []diagnosis.Entry {
	world := func(title string, effect fault.Effect, behind int) fault.World {
		return fault.World{Title: title, Direct: true,
			Faults: []fault.Fault{fault.Socket{Host: "sso.redhat.com", Effect: effect, Behind: behind}}}
	}
	prohibited := tcpRow("tcp-prohibited", evidence.Prohibited,
		"{sender} prohibits the connection to {hosts}",
		"{peers}: {text}",
		"A device on the way has a rule against it and says so: the ICMP message carries the device's own address. The client prints no route to host, which it is not.",
		"have the rule on {sender} allow TCP from {source} to {targets}",
		[]string{"failures C3: openshift/origin#1607, SUSE/Portus#1851; measured", "RFC 1812 section 5.2.7.1", "RFC 4443 section 3.1"},
		world("the second router prohibits the connection", fault.Prohibit, 2))
	prohibited.Also = []fault.World{
		{Title: "a router prohibits the connection to the only address, which is of IPv6", Direct: true,
			Targets: []string{"registry.corp.example/ubi9/ubi:latest"},
			Hosts:   []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "2001:db8::150"}},
			Faults:  []fault.Fault{fault.Socket{Host: "registry.corp.example", Effect: fault.Prohibit, Behind: 1}}},
	}
	return []diagnosis.Entry{
		prohibited,
		tcpRow("tcp-no-route", evidence.NoRoute,
			"there is no route to {hosts}",
			"{peers}: {text}",
			"This host has no way to the address. Where the system shows ICMP, no router said so.",
			"check route and interface on this host; if they are right, ask which device answers for {peers}",
			[]string{"failures C3, C4: openshift/origin#1607", "RFC 792, destination unreachable"},
			world("no route leads to the host", fault.NoRoute, 0),
			world("a router says that the host is unreachable", fault.HostUnreachable, 0),
			world("a router says that the network is unreachable", fault.NetUnreachable, 2)),
		deniedLocally(world("a rule of this host denies the connection", fault.DenyLocally, 0)),
	}
}

func deniedLocally(world fault.World) diagnosis.Entry {
	row := tcpRow("tcp-denied-locally", evidence.DeniedLocally,
		"this host itself denies the connection to {hosts}",
		"{peers}: {text}",
		"Nothing was sent: a prohibit or blackhole route, a firewall rule for outgoing packets or a security policy of this host stands before it.",
		"look at ip route get, nft list ruleset and the security policy of this host",
		[]string{"failures 0.1 rule 10, measured: EACCES of a prohibit route, EINVAL of a blackhole route", "ip-route(8): prohibit, blackhole"},
		world)
	row.Audience = diagnosis.HostAdmin
	return row
}

// message is an ICMP message as a finding shows it, empty where none came.
func message(h evidence.Hop) string {
	m := evidence.DetailOf[evidence.Dial](h).ICMP
	switch {
	case m == nil:
		return ""
	case m.Own:
		return "ICMP " + m.Name + ", from this host itself"
	case m.Sender == "":
		return "ICMP " + m.Name
	}
	return "ICMP " + m.Name + ", from " + m.Sender
}

// sender is who sent the message.
func sender(h evidence.Hop) string {
	m := evidence.DetailOf[evidence.Dial](h).ICMP
	switch {
	case m == nil || m.Sender == "":
		return "a device on the way"
	case m.Own:
		return "this host"
	}
	return m.Sender
}

// whyDial is why a dial failed: the system's word, what a device said, and what
// could not be looked at.
func whyDial(h evidence.Hop) string {
	out := reason(h)
	if m := message(h); m != "" {
		out += " (" + m + ")"
	}
	if missing := evidence.DetailOf[evidence.Dial](h).NotLooked; missing != "" {
		out += "; not looked at: " + missing
	}
	return out
}

// whyDials lists why dials of one kind failed, each reason once; waits differ in
// their length alone, and the longest stands for all.
func whyDials(hops []evidence.Hop) string {
	if hops[0].FailedWith(evidence.Timeout) {
		return "no answer in " + seconds(hops)
	}
	return join(hops, whyDial)
}
