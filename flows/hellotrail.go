package flows

import (
	"context"
	"fmt"
	"net/netip"

	"pullpath/internal/evidence"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

// firstSegment is how much of a large ClientHello is sent where it meets silence, in
// bytes: less than any common segment holds. A later segment would expire farther away,
// and would be taken for this one.
const firstSegment = 1300

// spokenTrailWanted: only a reset or silence has no sender, and behind a proxy
// the hops are the proxy's.
func (w *walk) spokenTrailWanted(failed *openHop) bool {
	return !w.proxied() && failed.Op == evidence.OpHandshake && failed.FailedWith(evidence.Reset, evidence.Timeout)
}

// spoken is the search for the device that minds a ClientHello.
type spoken struct {
	walk    *walk
	failed  *openHop
	to      netip.AddrPort
	devices evidence.Trail
	// controlName is a name that this network lets through, empty for none.
	controlName string
}

// locateHello begins the hops for a ClientHello's way, and returns what follows
// it: first SYNs, for how long it is and who is on it, then two ClientHellos side
// by side (OONI, tlsmiddlebox), and where these are answered the one that failed.
// Four times sixteen are the run's cap of 64 (docs/rules.md, rule 7).
func (w *walk) locateHello(failed *openHop) func() {
	s := spoken{walk: w, failed: failed}
	s.controlName, _ = w.control()
	way, own, control := s.begin(evidence.ProbeHelloWay, failed.Role), s.begin(evidence.ProbeRisingHello, failed.Role),
		s.begin(evidence.ProbeRisingControl, evidence.Control)
	return func() { s.follow(way, own, control) }
}

func (s *spoken) begin(probe evidence.Probe, role evidence.Role) *openHop {
	return s.walk.run.rec.begin(s.walk.trailStep(s.failed, probe, role, s.failed.Peer))
}

func (s *spoken) follow(way, own, control *openHop) {
	w, err := s.walk, error(nil)
	if s.to, err = netip.ParseAddrPort(s.failed.Peer); err != nil || w.run.net.Speak == nil {
		own.Detail = evidence.Dial{Address: s.failed.Peer, NotLooked: noTrail}
		return
	}
	w.run.followTrail(way, s.failed.Peer, tunnel.SpokenLength)
	devices := evidence.DetailOf[evidence.Dial](way.Hop).Trail
	if devices == nil {
		return
	}
	s.devices = *devices
	base, host := w.run.cfg.shape().hello(), w.log.target.Host
	small := base
	small.Classical = true
	benign := small
	name := s.controlName
	if name == "" {
		name, benign.NoServerName = host, true
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.trail(control, name, benign)
	}()
	answered := s.trail(own, host, small)
	<-done
	if answered {
		s.trail(s.begin(evidence.ProbeRisingLarge, s.failed.Role), host, base)
	}
}

// trail follows one ClientHello, adds the devices' addresses to the steps, and reports
// whether the host answered it.
func (s *spoken) trail(n *openHop, name string, shape tlsinspect.Shape) (answered bool) {
	r := s.walk.run
	ctx, cancel := context.WithTimeout(r.ctx, r.cfg.HopTimeout)
	defer cancel()
	opts := r.tlsOptions(name)
	opts.Shape = shape
	hello, err := tlsinspect.Hello(ctx, opts)
	if err != nil {
		n.Detail = evidence.Dial{Address: s.to.String(), NotLooked: r.cfg.Scribe.Text(err.Error())}
		return false
	}
	said := fmt.Sprintf("a ClientHello of %d bytes with SNI %s", len(hello), name)
	if shape.NoServerName {
		said = fmt.Sprintf("a ClientHello of %d bytes without SNI", len(hello))
	}
	if s.failed.FailedWith(evidence.Timeout) && len(hello) > firstSegment {
		hello = hello[:firstSegment]
	}
	var trail evidence.Trail
	r.finish(ctx, n, nil, func(ctx context.Context, _ *openHop) (evidence.Detail, *evidence.Failure) {
		trail = tunnel.WalkSpoken(ctx, r.net.Speak, s.to, min(len(s.devices.Steps), tunnel.SpokenLength), hello, r.net.Now)
		trail.Said = said
		for i := range trail.Steps {
			s.name(&trail.Steps[i])
		}
		return evidence.Dial{Address: s.to.String(), Trail: &trail}, trailFailure(ctx, trail)
	})
	end, ok := trail.End()
	return ok && end.Answer == evidence.TrailOpen
}

// name adds who answered a step: for a device on the way the one that answered a
// SYN with the same limit.
func (s *spoken) name(step *evidence.TrailStep) {
	switch i := step.TTL - 1; {
	case step.Answer == evidence.TrailSilence:
	case step.Answer != evidence.TrailRouter:
		step.Sender = s.to.Addr().String()
	case i < len(s.devices.Steps) && s.devices.Steps[i].Answer == evidence.TrailRouter:
		step.Sender = s.devices.Steps[i].Sender
	}
}
