package flows

import (
	"context"
	"net"
	"net/netip"
	"time"

	"pullpath/internal/evidence"
	"pullpath/tunnel"
)

// givesAddress tells that the client under test looks a target up itself and
// gives the SOCKS server the address. net/http leaves the name to it for socks5
// and socks5h alike; curl does so for socks5h alone (curl(1), --socks5 and
// --socks5-hostname).
func (w *walk) givesAddress() bool {
	return w.proxied() && w.planned.Decision.Proxy().Scheme == "socks5" && w.run.cfg.shape().looksUpForSOCKS
}

// lookUpForSOCKS looks the target up, where the client does so for a SOCKS
// server, and returns the hop that the tunnel then stands on. As curl does, it
// takes the first address and no other (lib/socks.c, do_SOCKS5). The address is
// empty where the look-up failed.
func (w *walk) lookUpForSOCKS(stands *node, host string, port int) (string, *node) {
	found := w.run.lookup(w.run.ctx, lookupStep{lane: w.lane, parent: stands, role: w.lane.target.Role, purpose: evidence.Path,
		via: w.via(), host: host, port: port})
	w.keep(found)
	if found.failed() {
		return "", found.node
	}
	return netip.AddrPortFrom(found.addresses[0], uint16(port)).String(), found.node
}

// sameAddress is the address for a SOCKS server that is asked for this walk's own
// host again, empty for another host and where the client leaves names to it.
func (w *walk) sameAddress(target string) string {
	host, port, err := net.SplitHostPort(target)
	if err != nil || !w.givesAddress() || w.found == nil || w.found.failed() || !equalHost(host, w.lane.target.Host) {
		return ""
	}
	return net.JoinHostPort(w.found.addresses[0].String(), port)
}

// Names of the side probes that ask which login a SOCKS server wants.
const (
	socksPassword = "socks-password"
	socksGSSAPI   = "socks-gssapi"
)

// greetingPatience bounds the wait for the answer to a SOCKS greeting: it takes a
// round trip and no look-up, while a proxy of another kind may wait for the rest
// of a line until it is sent away.
const greetingPatience = 2 * time.Second

// probeMethod offers a SOCKS server that took none of the client's methods one
// other, alone, and ends the connection at the answer: no login is made.
func (w *walk) probeMethod(probe string, method int, failed *node) {
	addr, err := netip.ParseAddrPort(failed.hop.Peer)
	if err != nil {
		return
	}
	conn, dial := w.run.dial(w.run.ctx, dialStep{lane: w.lane, parent: failed.parent, role: evidence.Proxy, purpose: evidence.Probe,
		probe: probe, addresses: []netip.Addr{addr.Addr()}, port: int(addr.Port()), via: w.via()})
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	n := w.run.rec.begin(w.lane, step{op: evidence.OpTunnel, role: evidence.Proxy, purpose: evidence.Probe,
		probe: probe, via: w.via(), peer: dial.hop.Peer, parent: dial})
	n.hop.Local = conn.LocalAddr().String()
	ctx, cancel := context.WithTimeout(w.run.ctx, greetingPatience)
	defer cancel()
	detail, failure := tunnel.OfferMethod(ctx, conn, method, tunnel.Request{Scribe: w.run.cfg.Scribe, Now: w.run.net.Now})
	n.end(detail, w.run.settle(failure))
}

// tookNoMethod tells that a SOCKS server took none of the methods it was offered.
func tookNoMethod(d evidence.Tunnel) bool {
	return d.SOCKS != nil && d.SOCKS.Method == evidence.SOCKSNoMethod
}
