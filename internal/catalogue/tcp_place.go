package catalogue

import (
	"fmt"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// place is where on the way a connection failed, as far as SYNs with a rising
// hop limit tell (CONTRACT.md 4.9).
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
	case !first.FailedWith(evidence.Timeout, evidence.Refused):
		return place{}
	}
	type end struct{ peer, target string }
	ends := map[end]bool{}
	for _, f := range failed {
		ends[end{f.Peer, f.Target}] = true
	}
	trails := v.HopsAbout(evidence.OpDial, diagnosis.About{}.Probe("rising-ttl"), func(h evidence.Hop) bool { return ends[end{h.Peer, h.Target}] })
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
			means:  "This host said so itself, after it had sent: the next device, or the address itself if it is near, does not answer on the wire (ARP, neighbour discovery).",
			remedy: "check gateway, interface and cable of this host, and whether {peers} is in this network at all"}
	case h.FailedWith(evidence.NoRoute):
		return place{means: "A router on the way said so: behind it there is no way to the address. No rule forbids it; that would be another message.",
			remedy: "ask who runs {sender} why it has no way to {peers}"}
	case h.FailedWith(evidence.DeniedLocally):
		return place{means: "A firewall rule of this host rejects the packet on its way out: the ICMP message came from this host's own address.",
			remedy: "have the outgoing rules of this host (nft list ruleset) allow TCP to {targets}"}
	}
	return place{}
}

// controlOf is the trail to another port of the same address, and whether it
// got further: to the end, or to a device behind.
func controlOf(v *diagnosis.View, trail evidence.Hop) (evidence.Hop, bool) {
	controls := v.HopsAbout(evidence.OpDial, diagnosis.About{}.Probe("rising-ttl-control").Target(trail.Target), func(h evidence.Hop) bool {
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
		p.means = "The packet leaves this host possibly not at all: its own firewall comes first, then the first device, which may also be one that never answers. A client waits longer (podman 30 s) and then prints i/o timeout."
		p.remedy = "look at the outgoing rules of this host (nft list ruleset); if they allow it, ask for TCP from {source} to {targets} at the first firewall"
		return
	}
	last, _ := trailOf(trail).Last()
	p.text = fmt.Sprintf("; the last device that answers is %s (hop %d); the SYN to port %s dies there or at a device behind it (", last.Sender, last.TTL, port(trail))
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
		p.means = fmt.Sprintf("The reset comes from a device that is nearer than the host: at hop %d or %d. It is likely a firewall that rejects in the host's name.", max(end.TTL-1, 0), end.TTL)
	case fast:
		p.means = "The reset is much faster than the host's own answers. It is likely a firewall on the way that rejects in the host's name."
	default:
		return
	}
	p.text += ": likely a firewall"
}

// port is the port that a hop went to.
func port(h evidence.Hop) string {
	for i := len(h.Peer) - 1; i >= 0; i-- {
		if h.Peer[i] == ':' {
			return h.Peer[i+1:]
		}
	}
	return ""
}
