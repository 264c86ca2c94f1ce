package flows

import (
	"net"
	"net/netip"

	"pullpath/internal/evidence"
	"pullpath/tlsinspect"
)

// invalidHost is the one fixed name of CONTRACT.md 4.7. No public authority may
// certify it and no name server give it out (RFC 6761 section 6.4).
const (
	invalidHost  = "pullpath-probe.invalid"
	unresolvable = invalidHost + ":443"
)

// proxyAgain opens another connection to an address of the walk's proxy, up to
// where a tunnel can be asked for. A nil connection is recorded in its hop.
func (w *walk) proxyAgain(probe string, addr netip.Addr, stands *node) (net.Conn, *node) {
	d := w.planned.Decision
	conn, dial := w.run.dial(w.run.ctx, dialStep{lane: w.lane, parent: stands.parent, role: evidence.Proxy, purpose: evidence.Probe,
		probe: probe, addresses: []netip.Addr{addr}, port: atoi(d.Port), via: w.via()})
	if conn == nil || d.Proxy().Scheme != "https" {
		return conn, dial
	}
	return w.proxyHandshake(conn, dial, d, evidence.Probe, probe)
}

// probeInvalid asks for a tunnel to a name that cannot exist. Where the proxy gives
// one it has a handshake inside: a certificate for that name is forged.
func (w *walk) probeInvalid(stands *node) {
	addr, err := netip.ParseAddrPort(stands.hop.Peer)
	if err != nil {
		return
	}
	conn, dial := w.proxyAgain(invalidName, addr.Addr(), stands)
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	tunnelled, parent := w.connect(conn, dial, invalidName, unresolvable, w.run.cfg.shape().connectAgent)
	if tunnelled != nil {
		w.shakeAs(tunnelled, parent, helloProbe{kind: invalidName, name: invalidHost, shape: tlsinspect.Shape{}}, w.lane.target.Role)
	}
}
