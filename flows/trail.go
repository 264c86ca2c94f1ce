package flows

import (
	"context"
	"fmt"
	"net/netip"

	"pullpath/internal/evidence"
	"pullpath/tunnel"
)

// noTrail is the text for systems that cannot examine the route.
const noTrail = "the devices on the way: this system does not tell a program without privileges who answered"

// trailJobs locate the failed connections: one of each group of equal ones
// (docs/rules.md, rule 7). With --trace the ways that hold are shown too, each once.
func (r *run) trailJobs() []func() {
	var out []func()
	done := map[string]bool{}
	for _, w := range r.planned() {
		failed := w.session.broken
		if failed != nil && w.spokenTrailWanted(failed) && !done[string(failed.Failure.Kind)+" spoken"] {
			done[string(failed.Failure.Kind)+" spoken"] = true
			out = append(out, w.locateHello(failed))
		}
		if failed == nil || !locatable(failed.Hop) {
			continue
		}
		if group := string(failed.Failure.Kind) + " " + failed.Via; !done[group] {
			done[group] = true
			out = append(out, w.locate(failed)...)
		}
	}
	if !r.cfg.Trace {
		return out
	}
	for _, w := range r.planned() {
		for _, n := range w.log.hops {
			answered := n.Op == evidence.OpDial && n.State == evidence.OK && (n.Purpose == evidence.Path || n.Probe == evidence.ProbeFurtherAddress)
			if answered && !done[n.Peer] {
				done[n.Peer] = true
				out = append(out, w.trail(n, evidence.ProbeTrace, n.Role, n.Peer))
			}
		}
	}
	return out
}

// locatable returns the failures whose place only a rising TTL can show: nothing came
// back, or a RST, which names no device.
func locatable(h evidence.Hop) bool {
	return h.Op == evidence.OpDial && h.FailedWith(evidence.Timeout, evidence.Refused, evidence.Reset) &&
		evidence.DetailOf[evidence.Dial](h).ICMP == nil
}

// locate follows the SYN that failed, and beside it one to another port of the same
// address: a port that most hosts of the web have and most firewalls let through.
func (w *walk) locate(failed *openHop) []func() {
	out := []func(){w.trail(failed, evidence.ProbeRisingTTL, failed.Role, failed.Peer)}
	to, err := netip.ParseAddrPort(failed.Peer)
	if err != nil || w.run.net.DialLimited == nil {
		return out
	}
	const web, webTLS = 80, 443
	port := uint16(web)
	if to.Port() == web {
		port = webTLS
	}
	control := netip.AddrPortFrom(to.Addr(), port).String()
	return append(out, w.trail(failed, evidence.ProbeRisingTTLControl, evidence.Control, control))
}

// trail begins the hop for the devices on the way to an address and port, and
// returns what looks for them.
func (w *walk) trail(from *openHop, probe evidence.Probe, role evidence.Role, peer string) func() {
	s := w.trailStep(from, probe, role, peer)
	s.via = from.Via
	n := w.run.rec.begin(s)
	return func() { w.run.followTrail(n, peer, tunnel.TrailLength) }
}

// trailStep returns the step of a trail that follows the way of a hop.
func (w *walk) trailStep(from *openHop, probe evidence.Probe, role evidence.Role, peer string) step {
	return step{log: w.log, op: evidence.OpDial, role: role, probe: probe, peer: peer, parent: from.parent, attachTo: from}
}

// followTrail looks for the devices up to a number of them.
func (r *run) followTrail(n *openHop, peer string, length int) {
	to, err := netip.ParseAddrPort(peer)
	if r.net.DialLimited == nil || err != nil {
		n.Detail = evidence.Dial{Address: peer, NotLooked: noTrail}
		return
	}
	ctx, cancel := context.WithTimeout(r.ctx, r.cfg.HopTimeout)
	defer cancel()
	trail, notLooked := tunnel.Walk(n.within(ctx), r.net.DialLimited, to, length, r.net.Now)
	if notLooked != "" {
		n.Detail = evidence.Dial{Address: peer, NotLooked: noTrail}
		return
	}
	n.end(evidence.Dial{Address: peer, Trail: &trail}, r.settle(trailFailure(ctx, trail)))
}

// trailFailure returns what the trail met at its end, nil where the port answered.
func trailFailure(ctx context.Context, t evidence.Trail) *evidence.Failure {
	end := evidence.TrailStep{Answer: evidence.TrailSilence}
	if len(t.Steps) > 0 {
		end = t.Steps[len(t.Steps)-1]
	}
	switch end.Answer {
	case evidence.TrailOpen:
		return nil
	case evidence.TrailRefused:
		return evidence.Fail(evidence.Refused, "a reset to the SYN with hop limit "+fmt.Sprint(end.TTL), nil)
	case evidence.TrailReset:
		return evidence.Fail(evidence.Reset, "a reset to what was said with hop limit "+fmt.Sprint(end.TTL), nil)
	case evidence.TrailClosed:
		return evidence.Fail(evidence.Unknown, "the end of the connection to what was said with hop limit "+fmt.Sprint(end.TTL), nil)
	case evidence.TrailUnreachable:
		return evidence.Fail(evidence.NoRoute, end.ICMP.Name+" from "+end.Sender, nil)
	case evidence.TrailUnsent:
		return evidence.Fail(evidence.DeniedLocally, "this host did not send the SYN", nil)
	}
	text := "no device on the way answered"
	if last, ok := t.Last(); ok {
		text = fmt.Sprintf("nothing answered behind %s (hop %d)", last.Sender, last.TTL)
	}
	return evidence.Fail(evidence.Timeout, text, ctx.Err())
}
