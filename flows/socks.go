package flows

import (
	"context"
	"net"
	"net/netip"
	"time"

	"pullpath/internal/evidence"
	"pullpath/tunnel"
)

// givesAddress reports whether the client under test looks a target up itself and
// gives the SOCKS server the address. net/http leaves the name to it for socks5
// and socks5h alike; curl does so for socks5h alone (curl(1), --socks5 and
// --socks5-hostname).
func (w *walk) givesAddress() bool {
	return w.proxied() && w.planned.Decision.Proxy().Scheme == "socks5" && w.run.cfg.shape().speaks.LooksUpForSOCKS
}

// lookUpForSOCKS looks the target up, where the client does so for a SOCKS
// server, and returns the hop that the tunnel then stands on. As curl does, it
// takes the first address and no other (lib/socks.c, do_SOCKS5). The address is
// empty where the look-up failed.
func (w *walk) lookUpForSOCKS(stands *openHop, to evidence.Endpoint) (string, *openHop) {
	s := w.step(evidence.OpResolve, stands)
	s.via = w.via()
	found := w.run.lookup(w.run.ctx, s, to)
	w.keep(found)
	if found.failed() {
		return "", found.hop
	}
	return netip.AddrPortFrom(found.addresses[0], uint16(to.Port)).String(), found.hop
}

// sameAddress returns the address for a SOCKS server that is asked for this walk's own
// host again, empty for another host and where the client leaves names to it.
func (w *walk) sameAddress(target string) string {
	host, port, err := net.SplitHostPort(target)
	if err != nil || !w.givesAddress() || w.found == nil || w.found.failed() || !equalHost(host, w.log.target.Host) {
		return ""
	}
	return net.JoinHostPort(w.found.addresses[0].String(), port)
}

// greetingPatience bounds the wait for the answer to a SOCKS greeting: it takes a
// round trip and no look-up, while a proxy of another kind may wait for the rest
// of a line until it is sent away.
const greetingPatience = 2 * time.Second

// probeMethod offers a SOCKS server that took none of the client's methods one
// other, alone, and ends the connection at the answer: no login is made.
func (w *walk) probeMethod(probe evidence.Probe, method int, failed *openHop) {
	addr, err := netip.ParseAddrPort(failed.Peer)
	if err != nil {
		return
	}
	s := w.proxyStep(probe, failed.parent)
	conn, dial := w.run.dial(w.run.ctx, s, at(addr.Addr(), int(addr.Port())))
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	s = s.on(dial)
	s.op = evidence.OpTunnel
	ctx, cancel := context.WithTimeout(w.run.ctx, greetingPatience)
	defer cancel()
	w.run.hopWithin(ctx, s, conn, func(ctx context.Context, _ *openHop) (evidence.Detail, *evidence.Failure) {
		return tunnel.OfferMethod(ctx, conn, method, tunnel.Request{Scribe: w.run.cfg.Scribe, Now: w.run.net.Now})
	})
}

// tookNoMethod reports whether a SOCKS server took none of the methods it was offered.
func tookNoMethod(d evidence.Tunnel) bool {
	return d.SOCKS != nil && d.SOCKS.Method == evidence.SOCKSNoMethod
}
