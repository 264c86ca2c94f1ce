package flows

import (
	"crypto/tls"
	"net"
	"net/netip"

	"pullpath/internal/evidence"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

// Names of the side probes that ask what about a ClientHello is not let
// through. Each changes one thing.
const (
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

type helloJob struct {
	kind  string
	name  string
	shape tlsinspect.Shape
}

// helloJobs are the side probes of a handshake that did not complete. Another
// SNI than the name in the CONNECT is suspicious to a proxy itself, so that there
// is none in a tunnel (CONTRACT.md 4.8).
func (w *walk) helloJobs() []nameJob {
	failed := w.session.broken
	if failed == nil || failed.hop.Op != evidence.OpHandshake || failed.hop.Role == evidence.Proxy || failed.hop.Failure == nil {
		return nil
	}
	own := w.lane.target.Host
	var tries []helloJob
	switch failed.hop.Failure.Kind {
	case evidence.Reset, evidence.Closed, evidence.Timeout, evidence.Alert, evidence.Protocol:
	default:
		return nil
	}
	if control := w.control(); control != "" && !w.proxied() {
		tries = append(tries, helloJob{controlSNI, control, tlsinspect.Shape{}})
	}
	if !w.proxied() {
		tries = append(tries, helloJob{noSNI, own, tlsinspect.Shape{NoServerName: true}})
	}
	tries = append(tries,
		helloJob{smallHello, own, tlsinspect.Shape{Classical: true}},
		helloJob{largeHello, own, tlsinspect.Shape{Classical: true, Filler: helloFiller}},
		helloJob{onlyTLS12, own, tlsinspect.Shape{Classical: true, MaxVersion: tls.VersionTLS12}},
		helloJob{onlyTLS13, own, tlsinspect.Shape{Classical: true, MinVersion: tls.VersionTLS13}},
		helloJob{beforeTLS12, own, tlsinspect.Shape{Classical: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}})
	var out []nameJob
	for _, try := range tries {
		out = append(out, nameJob{try.kind, func() { w.probeHello(failed, try) }})
	}
	return out
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
func (w *walk) probeHello(failed *node, try helloJob) {
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

// helloThroughProxy is probeHello from the connection to the proxy on. Only
// credentials that the proxy has accepted go along.
func (w *walk) helloThroughProxy(conn net.Conn, dial *node, try helloJob) {
	d := w.planned.Decision
	if d.Proxy().Scheme == "https" {
		if conn, dial = w.proxyHandshake(conn, dial, d, evidence.Probe, try.kind); conn == nil {
			return
		}
	}
	n := w.run.rec.begin(w.lane, step{op: evidence.OpTunnel, role: evidence.Proxy, purpose: evidence.Probe,
		probe: try.kind, via: w.via(), peer: dial.hop.Peer, parent: dial})
	n.hop.Local = conn.LocalAddr().String()
	ctx, cancel := w.run.hop(w.run.ctx)
	defer cancel()
	host, port := w.run.detour(w.lane.target.Host, w.lane.target.Port)
	tunnelled, detail, failure := tunnel.Open(ctx, conn, d.Proxy(), tunnel.Request{Target: targetID(host, port),
		UserAgent: w.run.cfg.shape().connectAgent, Login: w.provenLogin(), Scribe: w.run.cfg.Scribe, Now: w.run.net.Now})
	n.end(detail, w.run.settle(failure))
	if failure == nil {
		w.shakeAs(tunnelled, n, try)
	}
}

func (w *walk) shakeAs(conn net.Conn, dial *node, try helloJob) {
	n := w.run.rec.begin(w.lane, step{op: evidence.OpHandshake, role: w.lane.target.Role, purpose: evidence.Probe,
		probe: try.kind, via: w.via(), peer: dial.hop.Peer, parent: dial})
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
