package flows

import (
	"crypto/tls"
	"net"
	"net/netip"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/tlsinspect"
)

// helloFiller makes a classical ClientHello as long as Go's own with its
// post-quantum share: 302 and 1512 bytes (measured, Go 1.26).
const helloFiller = 1210

// helloProbe is a ClientHello to try: the name in it, and its shape.
type helloProbe struct {
	kind  evidence.Probe
	name  string
	shape tlsinspect.Shape
	// peer is the address, empty for the one that failed.
	peer string
	// segment is the maximum segment size, 0 for the system's own.
	segment int
}

// helloJobs returns the side probes of a handshake that did not complete. With --deep
// one that did has those that may differ.
func (w *walk) helloJobs() []sideProbe {
	stands, once := w.session.broken, false
	if !brokenHello(stands) {
		if !w.run.cfg.Deep || w.session.hop == nil || !w.session.trusted {
			return nil
		}
		stands, once = w.session.hop, true
	}
	var out []sideProbe
	for _, try := range w.hellos(stands.Hop) {
		out = append(out, sideProbe{kind: try.kind, once: once || stands.Role == evidence.Proxy, run: func() { w.probeHello(stands, try) }})
	}
	return out
}

// brokenHello reports whether a handshake ended without a certificate for a reason that
// another ClientHello may not meet.
func brokenHello(n *openHop) bool {
	return n != nil && n.Op == evidence.OpHandshake &&
		n.FailedWith(evidence.Reset, evidence.Closed, evidence.Timeout, evidence.Alert, evidence.Protocol)
}

// hellos returns the ClientHellos to try, at most twelve (docs/rules.md, rule 7): those
// for every failure, and those for its kind.
func (w *walk) hellos(stands evidence.Hop) []helloProbe {
	own, base := w.log.target.Host, w.run.cfg.shape().hello()
	if stands.Role == evidence.Proxy {
		own = w.planned.Decision.Host
	}
	small := base
	small.Classical = true
	with := func(kind evidence.Probe, change func(*tlsinspect.Shape)) helloProbe {
		shape := small
		change(&shape)
		return helloProbe{kind: kind, name: own, shape: shape}
	}
	tries := []helloProbe{
		{kind: evidence.ProbeSameHello, name: own, shape: base},
		{kind: evidence.ProbeSmallHello, name: own, shape: small},
		with(evidence.ProbeLargeHello, func(s *tlsinspect.Shape) { s.Filler = helloFiller }),
		with(evidence.ProbeSplitHello, func(s *tlsinspect.Shape) { s.Split = true }),
		with(evidence.ProbeTLS12, func(s *tlsinspect.Shape) { s.MaxVersion = tls.VersionTLS12 }),
		with(evidence.ProbeTLS13, func(s *tlsinspect.Shape) { s.MinVersion = tls.VersionTLS13 }),
	}
	switch {
	case stands.FailedWith(evidence.Alert, evidence.Protocol):
		tries = append(tries,
			with(evidence.ProbeTLS10, func(s *tlsinspect.Shape) {
				s.Suites, s.MinVersion, s.MaxVersion = tlsinspect.LegacySuites(), tls.VersionTLS10, tls.VersionTLS11
			}),
			with(evidence.ProbeLegacySuites, func(s *tlsinspect.Shape) {
				s.Suites, s.MinVersion, s.MaxVersion = tlsinspect.LegacySuites(), 0, tls.VersionTLS12
			}))
	case stands.FailedWith(evidence.Timeout):
		for _, probe := range evidence.SegmentProbes() {
			size, _ := probe.Segment()
			tries = append(tries, helloProbe{kind: probe, name: own, shape: base, segment: size})
		}
	}
	if base.Groups != nil && !stands.FailedWith(evidence.Timeout) {
		newer := base
		newer.Groups = nil
		tries = append(tries, helloProbe{kind: evidence.ProbeNewerGroups, name: own, shape: newer})
	} else if base.Suites == nil && !stands.FailedWith(evidence.Timeout) {
		tries = append(tries, with(evidence.ProbeDockerSuites, func(s *tlsinspect.Shape) { s.Suites = tlsinspect.ModernSuites() }))
	}
	return append(tries, w.nameHellos(base)...)
}

// nameHellos change only the name. Inside a tunnel there is none, because an SNI that
// differs from the name in the CONNECT is suspicious to a proxy (docs/rules.md, rule 8).
// Only with --deep is a name sent to another host's address.
func (w *walk) nameHellos(base tlsinspect.Shape) []helloProbe {
	if w.proxied() {
		return nil
	}
	own, nameless := w.log.target.Host, base
	nameless.NoServerName = true
	out := []helloProbe{{kind: evidence.ProbeNoSNI, name: own, shape: nameless}}
	name, peer := w.control()
	if name != "" {
		out = append(out, helloProbe{kind: evidence.ProbeControlSNI, name: name, shape: base})
	}
	if peer != "" && w.run.cfg.Deep {
		out = append(out, helloProbe{kind: evidence.ProbeSNIElsewhere, name: own, shape: base, peer: peer})
	}
	return out
}

// control returns a name that this network lets through, with its address: the first
// host of the run, in plan order, whose handshake the client accepted; else the
// host of --control, whose address is not known.
func (w *walk) control() (name, peer string) {
	for _, other := range w.run.planned() {
		if other != w && other.session.trusted && other.log.target.Host != w.log.target.Host {
			return other.log.target.Host, other.session.hop.Peer
		}
	}
	host, _, _ := strings.Cut(w.run.cfg.Control, ":")
	return host, ""
}

// probeHello goes a handshake's way again, to the same address, and shakes hands
// with another ClientHello. Nothing is sent inside.
func (w *walk) probeHello(stands *openHop, try helloProbe) {
	to := stands.Peer
	if try.peer != "" {
		to = try.peer
	}
	peer, err := netip.ParseAddrPort(to)
	if err != nil {
		return
	}
	s := w.probing(try.kind, evidence.OpDial, stands.parent)
	if w.proxied() {
		s.role, s.via = evidence.Proxy, w.via()
	}
	if try.segment > 0 && w.run.net.DialSegments == nil {
		s.peer, s.via = to, ""
		w.run.rec.begin(s).Detail = evidence.Dial{Address: to, NotLooked: noSegments}
		return
	}
	conn, dial := w.run.dial(w.run.ctx, s, destination{addresses: []netip.Addr{peer.Addr()}, port: int(peer.Port()), segment: try.segment})
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	if stands.Role == evidence.Proxy || !w.proxied() {
		w.shakeAs(conn, dial, try, stands.Role)
		return
	}
	w.helloThroughProxy(s.on(dial), conn, try)
}

// noSegments is the text for systems that cannot limit segments.
const noSegments = "the path MTU: this system gives a program no connection with smaller segments"

// helloThroughProxy is probeHello from the connection to the proxy on.
func (w *walk) helloThroughProxy(s step, conn net.Conn, try helloProbe) {
	d, last := w.planned.Decision, s.parent
	if d.Proxy().Scheme == "https" {
		if conn, last = w.run.proxyHandshake(s, conn, d); conn == nil {
			return
		}
	}
	tunnelled, parent := w.tunnelBeside(conn, last, try.kind, w.run.detour(w.log.target.Endpoint).ID(), "")
	if tunnelled != nil {
		w.shakeAs(tunnelled, parent, try, w.log.target.Role)
	}
}

// shakeAs shakes hands in a side probe over a connection, which stays the
// caller's to close.
func (w *walk) shakeAs(conn net.Conn, parent *openHop, try helloProbe, role evidence.Role) {
	opts := w.tlsOptions(try.name)
	opts.Shape = try.shape
	s := w.probing(try.kind, evidence.OpHandshake, nil).as(role).on(parent)
	s.via = parent.Via
	if res, _ := w.run.shakeHands(s, conn, opts); res.Conn != nil {
		_ = res.Conn.Close()
	}
}
