package flows

import (
	"fmt"
	"net/netip"

	"pullpath/internal/evidence"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

// Names of the side probes that look for the device which minds a ClientHello.
const (
	// helloWay follows SYNs, which name the devices.
	helloWay = "hello-way"
	// risingHello follows a small ClientHello with the name that failed, on open
	// connections, risingHelloControl one with a name that gets through.
	risingHello        = "rising-hello"
	risingHelloControl = "rising-hello-control"
	// risingHelloLarge follows the ClientHello that failed, where the small one is
	// answered.
	risingHelloLarge = "rising-hello-large"
)

// firstSegment is what of a large ClientHello is sent where it meets silence, in
// bytes: less than any common segment holds. What comes behind it would die
// farther away, and would be taken for it.
const firstSegment = 1300

// spokenTrailWanted: only a reset or silence has no sender, and behind a proxy
// the hops are the proxy's.
func (w *walk) spokenTrailWanted(failed *node) bool {
	return !w.proxied() && failed.hop.Op == evidence.OpHandshake && failed.hop.FailedWith(evidence.Reset, evidence.Timeout)
}

// spoken is the search for the device that minds a ClientHello.
type spoken struct {
	walk    *walk
	failed  *node
	to      netip.AddrPort
	devices evidence.Trail
	// controlName is a name that this network lets through, empty for none.
	controlName string
}

// locateHello begins the hops for a ClientHello's way, and returns what follows
// it: first SYNs, for how long it is and who is on it, then two ClientHellos side
// by side (OONI, tlsmiddlebox), and where these are answered the one that failed.
// Four times sixteen are the run's cap of 64 (CONTRACT.md 4.7).
func (w *walk) locateHello(failed *node) func() {
	s := spoken{walk: w, failed: failed}
	s.controlName, _ = w.control()
	way, own, control := s.begin(helloWay, failed.hop.Role), s.begin(risingHello, failed.hop.Role), s.begin(risingHelloControl, evidence.Control)
	return func() { s.follow(way, own, control) }
}

func (s *spoken) begin(probe string, role evidence.Role) *node {
	return s.walk.run.rec.begin(s.walk.lane, step{op: evidence.OpDial, role: role, purpose: evidence.Probe, probe: probe,
		peer: s.failed.hop.Peer, parent: s.failed.parent, beside: s.failed})
}

func (s *spoken) follow(way, own, control *node) {
	w, err := s.walk, error(nil)
	if s.to, err = netip.ParseAddrPort(s.failed.hop.Peer); err != nil || w.run.net.Speak == nil {
		own.hop.Detail = evidence.Dial{Address: s.failed.hop.Peer, NotLooked: noTrail}
		return
	}
	w.run.followTrail(way, s.failed.hop.Peer, tunnel.SpokenLength)
	devices := evidence.DetailOf[evidence.Dial](way.hop).Trail
	if devices == nil {
		return
	}
	s.devices = *devices
	base, host := w.run.cfg.shape().hello, w.lane.target.Host
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
		s.trail(s.begin(risingHelloLarge, s.failed.hop.Role), host, base)
	}
}

// trail follows one ClientHello, gives the steps the devices' addresses, and
// tells whether the host answered it.
func (s *spoken) trail(n *node, name string, shape tlsinspect.Shape) (answered bool) {
	r := s.walk.run
	ctx, cancel := r.hop(r.ctx)
	defer cancel()
	opts := r.tlsOptions(name)
	opts.Shape = shape
	hello, err := tlsinspect.Hello(ctx, opts)
	if err != nil {
		n.hop.Detail = evidence.Dial{Address: s.to.String(), NotLooked: r.cfg.Scribe.Text(err.Error())}
		return false
	}
	said := fmt.Sprintf("a ClientHello of %d bytes with SNI %s", len(hello), name)
	if shape.NoServerName {
		said = fmt.Sprintf("a ClientHello of %d bytes without SNI", len(hello))
	}
	if s.failed.hop.FailedWith(evidence.Timeout) && len(hello) > firstSegment {
		hello = hello[:firstSegment]
	}
	trail := tunnel.WalkSpoken(ctx, r.net.Speak, s.to, min(len(s.devices.Steps), tunnel.SpokenLength), hello, r.net.Now)
	trail.Said = said
	for i := range trail.Steps {
		s.name(&trail.Steps[i])
	}
	n.end(evidence.Dial{Address: s.to.String(), Trail: &trail}, r.settle(trailFailure(ctx, trail)))
	end, ok := trail.End()
	return ok && end.Answer == evidence.TrailOpen
}

// name says who answered a step: for a device on the way the one that answered a
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
