package catalogue

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// matchDial makes a match of failed dials that failed alike: by kind, by way
// and by the device that said so.
func matchDial(v *diagnosis.View, failed []evidence.Hop) []diagnosis.Match {
	groups := diagnosis.Group(failed, func(h evidence.Hop) string { return string(h.Kind()) + " " + h.Via + " " + message(h) })
	return matchEachWith(groups, func(g []evidence.Hop) diagnosis.Match {
		all := withFurther(v, g)
		where := locate(v, all)
		return diagnosis.Match{Hops: append(diagnosis.IDs(all), where.hops...), Audience: where.audience, Means: where.means,
			Remedy: where.remedy,
			Values: map[string]string{"peers": peers(all), "text": whyDials(all), "time": seconds(all), "place": where.text, "sender": sender(g[0])}}
	})
}

// matchRefused says of a host of the public web what is known of it: its port is open.
func matchRefused(v *diagnosis.View) []diagnosis.Match {
	out := matchDial(v, notProxy(v.PathFailed(evidence.OpDial, evidence.Refused)))
	for i, m := range out {
		if m.Means == "" && !slices.ContainsFunc(v.Through(m.Hops...), func(id string) bool { return !v.Target(id).Public }) {
			out[i].Means = "The answer to the SYN was a reset or an ICMP port unreachable. A registry of the public web listens on its " +
				"port, so a firewall that rejects the connection is more likely than a closed port."
		}
	}
	return out
}

// withFurther adds the other addresses of the same names that failed alike.
func withFurther(v *diagnosis.View, hops []evidence.Hop) []evidence.Hop {
	out := slices.Clone(hops)
	for _, h := range hops {
		out = append(out, v.HopsAbout(evidence.OpDial, diagnosis.About{}.Probe(evidence.ProbeFurtherAddress).Target(h.Target),
			func(o evidence.Hop) bool {
				return o.Parent == h.Parent && o.FailedWith(h.Kind()) && message(o) == message(h)
			})...)
	}
	return out
}

// resetInSilence returns the probes that were reset on the same address although
// nothing was sent.
func resetInSilence(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	return v.HopsAbout(evidence.OpDial, diagnosis.About{}.Probe(evidence.ProbeSilentConnection).Peer(h.Peer), func(p evidence.Hop) bool {
		return p.FailedWith(evidence.Reset)
	})
}

// matchAddresses makes one match of the addresses that fail alike.
func matchAddresses(v *diagnosis.View, down []evidence.Hop) []diagnosis.Match {
	groups := diagnosis.Group(down, func(h evidence.Hop) string { return string(h.Kind()) + " " + h.Via })
	return matchEachWith(groups, func(g []evidence.Hop) diagnosis.Match {
		var up []evidence.Hop
		for _, h := range g {
			up = append(up, answeringBeside(v, h)...)
		}
		return diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{
			"peers": fewPeers(g), "text": whyFurther(g), "up": fewPeers(up), "cost": costOf(g[0])}}
	})
}

// addressesDown are the further addresses that failed while another address of
// the same name carries the path. An address that this host has no way to at
// all costs nobody anything: clients pass over it.
func addressesDown(v *diagnosis.View) []evidence.Hop {
	return v.Hops(evidence.OpDial, func(h evidence.Hop) bool {
		return h.Probe == evidence.ProbeFurtherAddress && h.FailedWith() && h.Kind() != evidence.Budget && !h.Unsent() &&
			len(answeringBeside(v, h)) > 0
	})
}

// answeringBeside is the path's own connection beside a further address.
func answeringBeside(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	return v.HopsAbout(evidence.OpDial, diagnosis.About{}.Target(h.Target).State(evidence.OK), func(o evidence.Hop) bool {
		return o.OnPath() && o.Parent == h.Parent
	})
}

// ipv6Dead tells that IPv6 was tried and no address of it answered anybody.
func ipv6Dead(v *diagnosis.View) bool {
	return len(v.Hops(evidence.OpDial, func(h evidence.Hop) bool { return h.State == evidence.OK && ofIPv6(h) })) == 0
}

func ofIPv6(h evidence.Hop) bool { return strings.HasPrefix(h.Peer, "[") }

// ipv6Alone tells a connection that this host did not try for want of a way, to a name of which
// the server says that it has IPv6 addresses alone.
func ipv6Alone(v *diagnosis.View, h evidence.Hop) bool {
	on, ok := v.Before(h, evidence.OpResolve)
	return ok && h.Unsent() && everyAddress(on, netip.Addr.Is6) && slices.ContainsFunc(lookupOf(on).Questions, func(q evidence.Question) bool {
		return q.Type == "A" && q.Rcode == "NOERROR"
	})
}

// lookupsBefore are the look-ups that hops stand on.
func lookupsBefore(v *diagnosis.View, hops []evidence.Hop) []evidence.Hop {
	var out []evidence.Hop
	for _, h := range hops {
		if on, ok := v.Before(h, evidence.OpResolve); ok {
			out = append(out, on)
		}
	}
	return eachQuestion(out)
}

// notOfBrokenIPv6 leaves out what ipv6-broken says.
func notOfBrokenIPv6(v *diagnosis.View, hops []evidence.Hop) []evidence.Hop {
	if !ipv6Dead(v) {
		return hops
	}
	return slices.DeleteFunc(hops, ofIPv6)
}

// costOf says what the failure costs a client on each connection.
func costOf(h evidence.Hop) string {
	switch {
	case h.FailedWith(evidence.Timeout) && ofIPv6(h):
		return "Silence costs Go 0.3 s and curl 0.2 s on each new connection before they try IPv4 beside it; clients that try one " +
			"address after another (Python, Java) wait their whole connect timeout, minutes on Linux."
	case h.FailedWith(evidence.Timeout):
		return "Go gives a silent address its share of the dial limit (podman: 30 s for all addresses of a family), others wait " +
			"their whole connect timeout, and some try no second."
	}
	return "The answer comes at once, so a client that tries further loses a round trip on each connection; one that does not fails."
}

// whyFurther is why addresses are down, once: senders differ, the reason does
// not.
func whyFurther(hops []evidence.Hop) string {
	if hops[0].FailedWith(evidence.Timeout) {
		return whyDials(hops)
	}
	return whyDials(hops[:1])
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

// place is where on the way a connection failed, as far as SYNs with a rising
// hop limit tell (docs/rules.md, rule 9).
type place struct {
	text string
	hops []int
	// These replace the row's where set.
	audience diagnosis.Audience
	means    string
	remedy   string
}

// locate finds the trail of a group of failed dials and says where they end.
func locate(v *diagnosis.View, failed []evidence.Hop) place {
	switch first := failed[0]; {
	case evidence.DetailOf[evidence.Dial](first).ICMP != nil:
		return saidBy(first)
	case first.FailedWith(evidence.NoRoute) && evidence.DetailOf[evidence.Dial](first).NotLooked == "":
		return place{audience: diagnosis.HostAdmin,
			means:  "Nothing was sent: this host has no route to the address. No router reported anything by ICMP.",
			remedy: "check routes, interfaces and VPN of this host, and whether {peers} is the right address"}
	case !first.FailedWith(evidence.Timeout, evidence.Refused):
		return place{}
	}
	type end struct{ peer, target string }
	ends := map[end]bool{}
	for _, f := range failed {
		ends[end{f.Peer, f.Target}] = true
	}
	trails := v.HopsAbout(evidence.OpDial, diagnosis.About{}.Probe(evidence.ProbeRisingTTL),
		func(h evidence.Hop) bool { return ends[end{h.Peer, h.Target}] })
	if len(trails) == 0 {
		return place{}
	}
	trail := trails[0]
	d := evidence.DetailOf[evidence.Dial](trail)
	if d.Trail == nil {
		if d.NotLooked == "" {
			return place{}
		}
		return place{text: "; not looked at: " + d.NotLooked}
	}
	out := place{hops: []int{trail.ID}}
	control, further := controlOf(v, trail)
	if control.ID != 0 {
		out.hops = append(out.hops, control.ID)
	}
	if _, answered := d.Trail.Last(); failed[0].FailedWith(evidence.Timeout) {
		out.silence(trail, control, further, answered)
	} else {
		out.reset(trail, control, failed[0])
	}
	return out
}

// saidBy is the place of a failure that a device has told.
func saidBy(h evidence.Hop) place {
	m := evidence.DetailOf[evidence.Dial](h).ICMP
	switch {
	case h.FailedWith(evidence.NoRoute) && m.Own:
		return place{audience: diagnosis.HostAdmin,
			means: "This host reported it itself, after it had sent: the next device, or the address itself if it is near, does not " +
				"answer on the wire (ARP, neighbour discovery).",
			remedy: "check gateway, interface and cable of this host, and whether {peers} is in this network at all"}
	case h.FailedWith(evidence.NoRoute):
		return place{means: "A router on the way reported it by ICMP: behind it there is no route to the address. A rule that forbids " +
			"the connection is usually reported by another message.",
			remedy: "ask who runs {sender} why it has no route to {peers}"}
	case h.FailedWith(evidence.DeniedLocally):
		return place{means: "A firewall rule of this host rejects the packet on its way out: the ICMP message came from this host's own address.",
			remedy: "have the outgoing rules of this host (nft list ruleset) allow TCP to {targets}"}
	}
	return place{}
}

// controlOf is the trail to another port of the same address, and whether it
// got further: to the end, or to a device behind.
func controlOf(v *diagnosis.View, trail evidence.Hop) (evidence.Hop, bool) {
	controls := v.HopsAbout(evidence.OpDial, diagnosis.About{}.Probe(evidence.ProbeRisingTTLControl).Target(trail.Target),
		func(h evidence.Hop) bool {
			return h.Parent == trail.Parent
		})
	if len(controls) == 0 || evidence.DetailOf[evidence.Dial](controls[0]).Trail == nil {
		return evidence.Hop{}, false
	}
	there, here := trailOf(controls[0]), trailOf(trail)
	if _, ok := there.End(); ok {
		return controls[0], true
	}
	a, _ := there.Last()
	b, _ := here.Last()
	return controls[0], a.TTL > b.TTL
}

func trailOf(h evidence.Hop) evidence.Trail {
	if t := evidence.DetailOf[evidence.Dial](h).Trail; t != nil {
		return *t
	}
	return evidence.Trail{}
}

// silence says where a SYN dies. Without an answer from any device it is this
// host's own firewall that is looked at first.
func (p *place) silence(trail, control evidence.Hop, further, answered bool) {
	if !answered {
		p.text = "; SYNs with rising TTL: no device answers, not even the first"
		if further {
			p.text += ", while port " + port(control) + " " + reached(control)
		}
		p.audience = diagnosis.HostAdmin
		p.means = "The packet possibly does not leave this host. Its own firewall comes first, then the first device, which may " +
			"also be one that answers nothing. A client waits longer (podman 30 s) and then prints i/o timeout."
		p.remedy = "look at the outgoing rules of this host (nft list ruleset); if they allow it, ask for TCP from {source} to " +
			"{targets} at the first firewall"
		return
	}
	last, _ := trailOf(trail).Last()
	p.text = fmt.Sprintf("; the last device that answers is %s (hop %d); the SYN to port %s dies there or at a device behind it (",
		last.Sender, last.TTL, port(trail))
	if further {
		p.text += "likely), while port " + port(control) + " " + reached(control)
		return
	}
	p.text += "possible: nothing got further to compare with)"
}

// reached says how far a control got.
func reached(control evidence.Hop) string {
	t := trailOf(control)
	if end, ok := t.End(); ok {
		how := "is answered"
		if end.Answer == evidence.TrailRefused {
			how = "is answered with a reset"
		}
		return fmt.Sprintf("%s by %s at hop %d", how, end.Sender, end.TTL)
	}
	last, _ := t.Last()
	return fmt.Sprintf("passes hop %d", last.TTL)
}

const (
	// tooFast is how many times faster than the host's answer a reset must be to
	// be taken for another device's. Round trips to one host vary, seldom by half.
	tooFast = 2
	// noise is, in milliseconds, what queues and a busy machine, this one included,
	// add to a round trip: differences below it say nothing.
	noise = 50
)

// reset says how far away a RST was made. One that is nearer than the host, or
// much faster, is likely a firewall's.
func (p *place) reset(trail, control, failed evidence.Hop) {
	end, ok := trailOf(trail).End()
	if !ok {
		return
	}
	p.text = fmt.Sprintf("; the reset comes at hop limit %d", end.TTL)
	host, known := trailOf(control).End()
	if !known {
		return
	}
	p.text += fmt.Sprintf(" after %.1f ms; port %s %s after %.1f ms", end.TookMS, port(control), reached(control), host.TookMS)
	near := end.TTL < host.TTL
	took := max(end.TookMS, failed.TookMS)
	fast := took*tooFast < host.TookMS && host.TookMS-took > noise
	switch {
	case near:
		p.means = fmt.Sprintf("The reset comes from a device that is nearer than the host: at hop %d or %d. It is likely a "+
			"firewall that rejects in the host's name.", max(end.TTL-1, 0), end.TTL)
	case fast:
		p.means = "The reset is much faster than the host's own answers. It is likely a firewall on the way that rejects in the host's name."
	default:
		return
	}
	p.text += ": likely a firewall"
}
