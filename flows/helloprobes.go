package flows

import (
	"crypto/tls"
	"net"
	"net/netip"

	"pullpath/internal/evidence"
	"pullpath/tlsinspect"
)

// Names of the side probes that ask what about a ClientHello is not let
// through. Each but the first changes one thing.
const (
	// sameHello repeats what failed: what passes now was no rule about it.
	sameHello = "same-hello"
	// controlSNI asks the same address for another host of this run, one that
	// was reached.
	controlSNI = "control-sni"
	noSNI      = "no-sni"
	// smallHello leaves the post-quantum group out, largeHello makes up for its
	// size.
	smallHello = "small-hello"
	largeHello = "large-hello"
	onlyTLS12  = "tls-1.2"
	onlyTLS13  = "tls-1.3"
	// beforeTLS12 offers TLS 1.0 and 1.1, which the clients refuse to speak.
	beforeTLS12 = "tls-1.0"
)

// helloFiller makes a classical ClientHello as long as Go's own with its
// post-quantum share: 302 and 1512 bytes (measured, Go 1.26).
const helloFiller = 1210

// helloProbe is a ClientHello to try: the name in it, and its shape.
type helloProbe struct {
	kind  string
	name  string
	shape tlsinspect.Shape
}

// helloJobs are the side probes of a handshake that did not complete. Another
// SNI than the name in the CONNECT is suspicious to a proxy itself, so that there
// is none in a tunnel (CONTRACT.md 4.8).
func (w *walk) helloJobs() []sideProbe {
	failed := w.session.broken
	if failed == nil || failed.hop.Op != evidence.OpHandshake || failed.hop.Role == evidence.Proxy || failed.hop.Failure == nil {
		return nil
	}
	switch failed.hop.Failure.Kind {
	case evidence.Reset, evidence.Closed, evidence.Timeout, evidence.Alert, evidence.Protocol:
	default:
		return nil
	}
	var out []sideProbe
	for _, try := range w.hellos() {
		out = append(out, sideProbe{kind: try.kind, run: func() { w.probeHello(failed, try) }})
	}
	return out
}

// hellos are the ClientHellos to try.
func (w *walk) hellos() []helloProbe {
	own := w.lane.target.Host
	tries := []helloProbe{
		{sameHello, own, tlsinspect.Shape{}},
		{smallHello, own, tlsinspect.Shape{Classical: true}},
		{largeHello, own, tlsinspect.Shape{Classical: true, Filler: helloFiller}},
		{onlyTLS12, own, tlsinspect.Shape{Classical: true, MaxVersion: tls.VersionTLS12}},
		{onlyTLS13, own, tlsinspect.Shape{Classical: true, MinVersion: tls.VersionTLS13}},
		{beforeTLS12, own, tlsinspect.Shape{Classical: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}},
	}
	if w.proxied() {
		return tries
	}
	tries = append(tries, helloProbe{noSNI, own, tlsinspect.Shape{NoServerName: true}})
	if control := w.control(); control != "" {
		tries = append(tries, helloProbe{controlSNI, control, tlsinspect.Shape{}})
	}
	return tries
}

// control is the first host of the run, in plan order, whose handshake the
// client accepted: a name that this network lets through.
func (w *walk) control() string {
	for _, other := range w.run.planned() {
		if other != w && other.session.trusted && other.lane.target.Host != w.lane.target.Host {
			return other.lane.target.Host
		}
	}
	return ""
}

// probeHello goes the failed handshake's way again, to the same address, and
// shakes hands with another ClientHello. Nothing is sent inside.
func (w *walk) probeHello(failed *node, try helloProbe) {
	peer, err := netip.ParseAddrPort(failed.hop.Peer)
	if err != nil {
		return
	}
	role := w.lane.target.Role
	if w.proxied() {
		role = evidence.Proxy
	}
	conn, dial := w.run.dial(w.run.ctx, dialStep{lane: w.lane, parent: failed.parent, role: role, purpose: evidence.Probe,
		probe: try.kind, addresses: []netip.Addr{peer.Addr()}, port: int(peer.Port()), via: w.via()})
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	if w.proxied() {
		w.helloThroughProxy(conn, dial, try)
		return
	}
	w.shakeAs(conn, dial, try)
}

// helloThroughProxy is probeHello from the connection to the proxy on.
func (w *walk) helloThroughProxy(conn net.Conn, dial *node, try helloProbe) {
	d := w.planned.Decision
	if d.Proxy().Scheme == "https" {
		if conn, dial = w.proxyHandshake(conn, dial, d, evidence.Probe, try.kind); conn == nil {
			return
		}
	}
	host, port := w.run.detour(w.lane.target.Host, w.lane.target.Port)
	tunnelled, parent := w.connect(conn, dial, try.kind, targetID(host, port), w.run.cfg.shape().connectAgent)
	if tunnelled != nil {
		w.shakeAs(tunnelled, parent, try)
	}
}

// shakeAs shakes hands in a side probe over a connection, which stays the
// caller's to close.
func (w *walk) shakeAs(conn net.Conn, parent *node, try helloProbe) {
	n := w.run.rec.begin(w.lane, step{op: evidence.OpHandshake, role: w.lane.target.Role, purpose: evidence.Probe,
		probe: try.kind, via: parent.hop.Via, peer: parent.hop.Peer, parent: parent})
	n.hop.Local = conn.LocalAddr().String()
	ctx, cancel := w.run.hop(w.run.ctx)
	defer cancel()
	opts := w.run.tlsOptions(try.name)
	opts.Shape = try.shape
	res := tlsinspect.Handshake(ctx, conn, opts)
	n.end(res.Detail, w.run.settle(res.Failure))
	if res.Conn != nil {
		_ = res.Conn.Close()
	}
}
