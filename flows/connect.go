package flows

import (
	"context"
	"net"

	"pullpath/internal/evidence"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

// tunnel asks the proxy for the target. It closes the connection on failure.
func (w *walk) tunnel(conn net.Conn, parent *node) (net.Conn, *node) {
	t := w.lane.target
	host, port := w.run.detour(t.Host, t.Port)
	peer, address := parent.hop.Peer, ""
	if w.givesAddress() {
		if address, parent = w.lookUpForSOCKS(parent, host, port); address == "" {
			_ = conn.Close()
			w.skip(parent, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest)
			return nil, parent
		}
	}
	login, because, err := w.proxyCredentials()
	if because != nil || err != nil {
		_ = conn.Close()
		if because == nil {
			because = parent
		}
		w.skipFor(parent, because, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest)
		return nil, because
	}
	n := w.run.rec.begin(w.lane, step{op: evidence.OpTunnel, role: evidence.Proxy, purpose: evidence.Path,
		via: w.via(), peer: peer, parent: parent})
	n.hop.Local = conn.LocalAddr().String()
	ctx, cancel := w.run.connectLimit()
	defer cancel()
	again := &redial{walk: w, node: n}
	tunnelled, detail, failure := tunnel.Open(ctx, conn, w.planned.Decision.Proxy(), tunnel.Request{
		Target: targetID(host, port), Address: address, Greeting: w.run.patience(evidence.OpTunnel), UserAgent: w.run.cfg.shape().connectAgent, Login: login, Again: again.dial,
		Scribe: w.run.cfg.Scribe, Now: w.run.net.Now})
	detail.Alert = alertIn(failure)
	n.end(detail, w.run.settle(failure))
	w.proxyOutcome(n, detail)
	if again.conn != nil {
		_ = conn.Close()
		conn = again.conn
	}
	if failure != nil {
		_ = conn.Close()
		w.skip(n, evidence.OpHandshake, evidence.OpRequest)
		return nil, n
	}
	return tunnelled, n
}

// alertIn is the TLS alert by which an https:// proxy ended the connection under a
// CONNECT: TLS 1.3 lets a server refuse a client without a certificate only then.
func alertIn(failure *evidence.Failure) int {
	if failure == nil {
		return 0
	}
	number, _ := tlsinspect.AlertOf(failure)
	return number
}

// connectLimit gives a CONNECT what is left of the run but for a tenth, so that
// silence is found to be silence and the side probes have their time. The proxy
// dials for us, and Go itself waits a minute (CONTRACT.md 4.5).
//
// One that begins too late for that gets the rest of the run: cut short, it would be
// taken for silence.
func (r *run) connectLimit() (context.Context, context.CancelFunc) {
	left := r.cfg.Timeout - r.net.Now().Sub(r.rec.started)
	if r.cfg.ClientPatience {
		return r.wait(r.ctx, evidence.OpTunnel)
	}
	if tenth := r.cfg.Timeout / 10; left > 2*tenth {
		return context.WithTimeout(r.ctx, left-tenth)
	}
	return context.WithCancel(r.ctx)
}

// redial opens another connection to the address of the proxy that a tunnel hop
// talks to, where the proxy ends the first in the middle of a login. The login
// is one attempt, so it stays one hop, which gets the last connection's address.
type redial struct {
	walk *walk
	node *node
	conn net.Conn
}

func (a *redial) dial(ctx context.Context) (net.Conn, error) {
	r, proxy := a.walk.run, a.walk.planned.Decision.Proxy()
	conn, _, failure := tunnel.Dial(ctx, r.net.Dial, a.node.hop.Peer, r.cfg.Scribe)
	if failure != nil {
		return nil, failure
	}
	if proxy.Scheme == "https" {
		res := tlsinspect.Handshake(ctx, conn, r.tlsOptions(a.walk.planned.Decision.Host))
		if res.Failure != nil {
			_ = conn.Close()
			return nil, res.Failure
		}
		conn = res.Conn
	}
	a.close()
	a.conn, a.node.hop.Local = conn, conn.LocalAddr().String()
	return conn, nil
}

// close ends the connection before the last, where there were several.
func (a *redial) close() {
	if a.conn != nil {
		_ = a.conn.Close()
	}
}
