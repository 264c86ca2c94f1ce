package flows

import (
	"net"
	"net/netip"

	"pullpath/internal/evidence"
	"pullpath/internal/route"
	"pullpath/tlsinspect"
)

// invalidHost is the one fixed name of docs/rules.md, rule 7. No public authority may
// certify it and no name server give it out (RFC 6761 section 6.4).
const (
	invalidHost  = "pullpath-probe.invalid"
	unresolvable = invalidHost + ":443"
)

// proxyAgain opens another connection to an address of the walk's proxy, up to
// where a tunnel can be asked for. A nil connection is recorded in its hop.
func (w *walk) proxyAgain(probe evidence.Probe, addr netip.Addr, stands *openHop) (net.Conn, *openHop) {
	return w.run.dialProxy(w.proxyStep(probe, stands.parent), w.planned.Decision, []netip.Addr{addr})
}

// dialProxy opens a connection to one of a proxy's addresses, up to where a tunnel can
// be asked for.
func (r *run) dialProxy(s step, d route.Decision, addresses []netip.Addr) (net.Conn, *openHop) {
	conn, dial := r.dial(r.ctx, s, destination{addresses: addresses, port: atoi(d.Port)})
	if conn == nil || d.Proxy().Scheme != "https" {
		return conn, dial
	}
	return r.proxyHandshake(s.on(dial), conn, d)
}

// probeInvalid asks for a tunnel to a name that cannot exist. Where the proxy gives
// one it has a handshake inside: a certificate for that name is forged.
func (w *walk) probeInvalid(stands *openHop) {
	addr, err := netip.ParseAddrPort(stands.Peer)
	if err != nil {
		return
	}
	conn, last := w.proxyAgain(evidence.ProbeInvalidName, addr.Addr(), stands)
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	tunnelled, parent := w.tunnelBeside(conn, last, evidence.ProbeInvalidName, unresolvable, "")
	if tunnelled != nil {
		w.shakeAs(tunnelled, parent, helloProbe{kind: evidence.ProbeInvalidName, name: invalidHost, shape: tlsinspect.Shape{}}, w.log.target.Role)
	}
}
