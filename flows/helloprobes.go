package flows

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"

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
	// elsewhere asks the control's address for the name that failed.
	elsewhere = "sni-elsewhere"
	// smallHello leaves the post-quantum group out, largeHello makes up for its
	// size, splitHello has as small a one in two segments.
	smallHello = "small-hello"
	largeHello = "large-hello"
	splitHello = "split-hello"
	onlyTLS12  = "tls-1.2"
	onlyTLS13  = "tls-1.3"
	// beforeTLS12 offers TLS 1.0 and 1.1, which the clients refuse to speak.
	beforeTLS12 = "tls-1.0"
	// dockerSuites offers what docker and podman do, legacySuites all that Go can
	// still speak.
	dockerSuites = "docker-suites"
	legacySuites = "legacy-suites"
)

// helloFiller makes a classical ClientHello as long as Go's own with its
// post-quantum share: 302 and 1512 bytes (measured, Go 1.26).
const helloFiller = 1210

// segmentSizes are the maximum segment sizes that are tried where nothing comes
// back: the least that every IPv4 host takes (RFC 1122 section 3.3.3), that of
// IPv6's least MTU (1280, RFC 8200 section 5), and that of an MTU of 1400, which
// tunnels over Ethernet leave. Ethernet's own is 1460.
func segmentSizes() [3]int { return [...]int{536, 1240, 1360} }

// segments is the name of the side probe with a maximum segment size.
func segments(size int) string { return fmt.Sprintf("mss-%d", size) }

// helloProbe is a ClientHello to try: the name in it, and its shape.
type helloProbe struct {
	kind  string
	name  string
	shape tlsinspect.Shape
	// peer is the address, empty for the one that failed.
	peer string
	// segment is the maximum segment size, 0 for the system's own.
	segment int
}

// helloJobs are the side probes of a handshake that did not complete. With --deep
// one that did has those that may differ.
func (w *walk) helloJobs() []sideProbe {
	stands, once := w.session.broken, false
	if !brokenHello(stands) {
		if !w.run.cfg.Deep || w.session.node == nil || !w.session.trusted {
			return nil
		}
		stands, once = w.session.node, true
	}
	var out []sideProbe
	for _, try := range w.hellos(stands.hop) {
		out = append(out, sideProbe{kind: try.kind, once: once || stands.hop.Role == evidence.Proxy, run: func() { w.probeHello(stands, try) }})
	}
	return out
}

// brokenHello tells a handshake that came to no certificate for a reason that
// another ClientHello may not meet.
func brokenHello(n *node) bool {
	return n != nil && n.hop.Op == evidence.OpHandshake &&
		n.hop.FailedWith(evidence.Reset, evidence.Closed, evidence.Timeout, evidence.Alert, evidence.Protocol)
}

// hellos are the ClientHellos to try, at most twelve (CONTRACT.md 4.7): beside
// those of every failure the ones that its kind asks for.
func (w *walk) hellos(stands evidence.Hop) []helloProbe {
	own, base := w.lane.target.Host, w.run.cfg.shape().hello
	if stands.Role == evidence.Proxy {
		own = w.planned.Decision.Host
	}
	small := base
	small.Classical = true
	with := func(kind string, change func(*tlsinspect.Shape)) helloProbe {
		shape := small
		change(&shape)
		return helloProbe{kind: kind, name: own, shape: shape}
	}
	tries := []helloProbe{
		{kind: sameHello, name: own, shape: base},
		{kind: smallHello, name: own, shape: small},
		with(largeHello, func(s *tlsinspect.Shape) { s.Filler = helloFiller }),
		with(splitHello, func(s *tlsinspect.Shape) { s.Split = true }),
		with(onlyTLS12, func(s *tlsinspect.Shape) { s.MaxVersion = tls.VersionTLS12 }),
		with(onlyTLS13, func(s *tlsinspect.Shape) { s.MinVersion = tls.VersionTLS13 }),
	}
	switch {
	case stands.FailedWith(evidence.Alert, evidence.Protocol):
		tries = append(tries,
			with(beforeTLS12, func(s *tlsinspect.Shape) {
				s.Suites, s.MinVersion, s.MaxVersion = tlsinspect.LegacySuites(), tls.VersionTLS10, tls.VersionTLS11
			}),
			with(legacySuites, func(s *tlsinspect.Shape) {
				s.Suites, s.MinVersion, s.MaxVersion = tlsinspect.LegacySuites(), 0, tls.VersionTLS12
			}))
	case stands.FailedWith(evidence.Timeout):
		for _, size := range segmentSizes() {
			tries = append(tries, helloProbe{kind: segments(size), name: own, shape: base, segment: size})
		}
	}
	if base.Suites == nil && !stands.FailedWith(evidence.Timeout) {
		tries = append(tries, with(dockerSuites, func(s *tlsinspect.Shape) { s.Suites = tlsinspect.ModernSuites() }))
	}
	return append(tries, w.nameHellos(base)...)
}

// nameHellos change the name alone. Another SNI than the name in the CONNECT is
// suspicious to a proxy itself, so that there is none in a tunnel (CONTRACT.md
// 4.8). Only with --deep does a name go to another host's address.
func (w *walk) nameHellos(base tlsinspect.Shape) []helloProbe {
	if w.proxied() {
		return nil
	}
	own, nameless := w.lane.target.Host, base
	nameless.NoServerName = true
	out := []helloProbe{{kind: noSNI, name: own, shape: nameless}}
	name, peer := w.control()
	if name != "" {
		out = append(out, helloProbe{kind: controlSNI, name: name, shape: base})
	}
	if peer != "" && w.run.cfg.Deep {
		out = append(out, helloProbe{kind: elsewhere, name: own, shape: base, peer: peer})
	}
	return out
}

// control is a name that this network lets through, with its address: the first
// host of the run, in plan order, whose handshake the client accepted; else the
// host of --control, whose address is not known.
func (w *walk) control() (name, peer string) {
	for _, other := range w.run.planned() {
		if other != w && other.session.trusted && other.lane.target.Host != w.lane.target.Host {
			return other.lane.target.Host, other.session.node.hop.Peer
		}
	}
	host, _, _ := strings.Cut(w.run.cfg.Control, ":")
	return host, ""
}

// probeHello goes a handshake's way again, to the same address, and shakes hands
// with another ClientHello. Nothing is sent inside.
func (w *walk) probeHello(stands *node, try helloProbe) {
	to := stands.hop.Peer
	if try.peer != "" {
		to = try.peer
	}
	peer, err := netip.ParseAddrPort(to)
	if err != nil {
		return
	}
	role, parent := w.lane.target.Role, stands.parent
	if w.proxied() {
		role = evidence.Proxy
	}
	if try.segment > 0 && w.run.net.DialSegments == nil {
		n := w.run.rec.begin(w.lane, step{op: evidence.OpDial, role: role, purpose: evidence.Probe, probe: try.kind, peer: to, parent: parent})
		n.hop.Detail = evidence.Dial{Address: to, NotLooked: noSegments}
		return
	}
	conn, dial := w.run.dial(w.run.ctx, dialStep{lane: w.lane, parent: parent, role: role, purpose: evidence.Probe,
		probe: try.kind, addresses: []netip.Addr{peer.Addr()}, port: int(peer.Port()), via: w.via(), segment: try.segment})
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	if stands.hop.Role == evidence.Proxy || !w.proxied() {
		w.shakeAs(conn, dial, try, stands.hop.Role)
		return
	}
	w.helloThroughProxy(conn, dial, try)
}

// noSegments is what is said where the system cannot limit segments.
const noSegments = "the path MTU: this system gives a program no connection with smaller segments"

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
		w.shakeAs(tunnelled, parent, try, w.lane.target.Role)
	}
}

// shakeAs shakes hands in a side probe over a connection, which stays the
// caller's to close.
func (w *walk) shakeAs(conn net.Conn, parent *node, try helloProbe, role evidence.Role) {
	n := w.run.rec.begin(w.lane, step{op: evidence.OpHandshake, role: role, purpose: evidence.Probe,
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
