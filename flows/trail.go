package flows

import (
	"context"
	"fmt"
	"net/netip"

	"pullpath/internal/evidence"
	"pullpath/tunnel"
)

// Names of the side probes that look for the devices on the way.
const (
	// risingTTL follows the SYN that failed.
	risingTTL = "rising-ttl"
	// risingTTLControl follows one to another port of the same address.
	risingTTLControl = "rising-ttl-control"
	// traceAsked is the way that --trace asks for.
	traceAsked = "trace"
)

// noTrail is what is said where the system cannot look.
const noTrail = "the devices on the way: this system does not tell a program without privileges who answered"

// trailJobs locate the failed connections: one of each group of equal ones
// (CONTRACT.md 4.7). With --trace the ways that hold are shown too, each once.
func (r *run) trailJobs() []func() {
	var out []func()
	done := map[string]bool{}
	for _, w := range r.planned() {
		failed := w.session.broken
		if failed != nil && w.spokenTrailWanted(failed) && !done[string(failed.hop.Failure.Kind)+" spoken"] {
			done[string(failed.hop.Failure.Kind)+" spoken"] = true
			out = append(out, w.locateHello(failed))
		}
		if failed == nil || !locatable(failed.hop) {
			continue
		}
		if group := string(failed.hop.Failure.Kind) + " " + failed.hop.Via; !done[group] {
			done[group] = true
			out = append(out, w.locate(failed)...)
		}
	}
	if !r.cfg.Trace {
		return out
	}
	for _, w := range r.planned() {
		for _, n := range w.lane.hops {
			answered := n.hop.Op == evidence.OpDial && n.hop.State == evidence.OK && (n.hop.Purpose == evidence.Path || n.hop.Probe == furtherAddress)
			if answered && !done[n.hop.Peer] {
				done[n.hop.Peer] = true
				out = append(out, w.trail(n, traceAsked, n.hop.Role, n.hop.Peer))
			}
		}
	}
	return out
}

// locatable are the failures whose place only rising TTL tells: nothing came
// back, or a RST, which names no device.
func locatable(h evidence.Hop) bool {
	return h.Op == evidence.OpDial && h.FailedWith(evidence.Timeout, evidence.Refused, evidence.Reset) &&
		evidence.DetailOf[evidence.Dial](h).ICMP == nil
}

// locate follows the SYN that failed, and beside it one to another port of the
// same address: a port that most hosts of the web have and most firewalls let
// pass.
func (w *walk) locate(failed *node) []func() {
	out := []func(){w.trail(failed, risingTTL, failed.hop.Role, failed.hop.Peer)}
	to, err := netip.ParseAddrPort(failed.hop.Peer)
	if err != nil || w.run.net.DialLimited == nil {
		return out
	}
	const web, webTLS = 80, 443
	port := uint16(web)
	if to.Port() == web {
		port = webTLS
	}
	control := netip.AddrPortFrom(to.Addr(), port).String()
	return append(out, w.trail(failed, risingTTLControl, evidence.Control, control))
}

// trail begins the hop for the devices on the way to an address and port, and
// returns what looks for them.
func (w *walk) trail(from *node, probe string, role evidence.Role, peer string) func() {
	n := w.run.rec.begin(w.lane, step{op: evidence.OpDial, role: role, purpose: evidence.Probe, probe: probe, via: from.hop.Via,
		peer: peer, parent: from.parent, beside: from})
	return func() { w.run.followTrail(n, peer, tunnel.TrailLength) }
}

// followTrail looks for the devices up to a number of them.
func (r *run) followTrail(n *node, peer string, length int) {
	to, err := netip.ParseAddrPort(peer)
	if r.net.DialLimited == nil || err != nil {
		n.hop.Detail = evidence.Dial{Address: peer, NotLooked: noTrail}
		return
	}
	ctx, cancel := r.hop(r.ctx)
	defer cancel()
	trail, notLooked := tunnel.Walk(ctx, r.net.DialLimited, to, length, r.net.Now)
	if notLooked != "" {
		n.hop.Detail = evidence.Dial{Address: peer, NotLooked: noTrail}
		return
	}
	n.end(evidence.Dial{Address: peer, Trail: &trail}, r.settle(trailFailure(ctx, trail)))
}

// trailFailure is what the trail met at its end, nil where the port answered.
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
