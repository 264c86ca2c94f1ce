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
	// risingHello follows the ClientHello that failed, on open connections.
	risingHello = "rising-hello"
	// risingHelloControl follows a small one with a name that gets through.
	risingHelloControl = "rising-hello-control"
)

// spokenTrailWanted: only a reset or silence has no sender, and behind a proxy
// the hops are the proxy's.
func (w *walk) spokenTrailWanted(failed *node) bool {
	return !w.proxied() && failed.hop.Op == evidence.OpHandshake && failed.hop.FailedWith(evidence.Reset, evidence.Timeout)
}

// locateHello begins the hops for a ClientHello's way, and returns what follows
// it: first SYNs, for how long it is and who is on it, then both ClientHellos
// side by side (OONI, tlsmiddlebox).
func (w *walk) locateHello(failed *node) func() {
	begin := func(probe string, role evidence.Role) *node {
		return w.run.rec.begin(w.lane, step{op: evidence.OpDial, role: role, purpose: evidence.Probe, probe: probe,
			peer: failed.hop.Peer, parent: failed.parent, beside: failed})
	}
	way, own, control := begin(helloWay, failed.hop.Role), begin(risingHello, failed.hop.Role), begin(risingHelloControl, evidence.Control)
	return func() { w.followHello(failed, way, own, control) }
}

func (w *walk) followHello(failed, way, own, control *node) {
	to, err := netip.ParseAddrPort(failed.hop.Peer)
	if w.run.net.Speak == nil || err != nil {
		own.hop.Detail = evidence.Dial{Address: failed.hop.Peer, NotLooked: noTrail}
		return
	}
	w.run.followTrail(way, failed.hop.Peer)
	devices := evidence.DetailOf[evidence.Dial](way.hop).Trail
	if devices == nil {
		return
	}
	base := w.run.cfg.shape().hello
	benign := base
	benign.Classical = true
	name, _ := w.control()
	if name == "" {
		name, benign.NoServerName = w.lane.target.Host, true
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.run.speakTrail(control, to, name, benign, *devices)
	}()
	w.run.speakTrail(own, to, w.lane.target.Host, base, *devices)
	<-done
}

// speakTrail follows one ClientHello and gives the steps the devices' addresses.
func (r *run) speakTrail(n *node, to netip.AddrPort, name string, shape tlsinspect.Shape, devices evidence.Trail) {
	ctx, cancel := r.hop(r.ctx)
	defer cancel()
	opts := r.tlsOptions(name)
	opts.Shape = shape
	hello, err := tlsinspect.Hello(ctx, opts)
	if err != nil {
		n.hop.Detail = evidence.Dial{Address: to.String(), NotLooked: r.cfg.Scribe.Text(err.Error())}
		return
	}
	trail := tunnel.WalkSpoken(ctx, r.net.Speak, to, min(len(devices.Steps), tunnel.SpokenLength), hello, r.net.Now)
	trail.Said = fmt.Sprintf("a ClientHello of %d bytes with SNI %s", len(hello), name)
	if shape.NoServerName {
		trail.Said = fmt.Sprintf("a ClientHello of %d bytes without SNI", len(hello))
	}
	for i, s := range trail.Steps {
		switch {
		case s.Answer == evidence.TrailRouter && i < len(devices.Steps) && devices.Steps[i].Answer == evidence.TrailRouter:
			trail.Steps[i].Sender = devices.Steps[i].Sender
		case s.Answer != evidence.TrailRouter && s.Answer != evidence.TrailSilence:
			trail.Steps[i].Sender = to.Addr().String()
		}
	}
	n.end(evidence.Dial{Address: to.String(), Trail: &trail}, r.settle(trailFailure(ctx, trail)))
}
