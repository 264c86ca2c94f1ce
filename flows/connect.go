package flows

import (
	"context"
	"net"

	"pullpath/internal/evidence"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

// tunnel asks the proxy for the target. It closes the connection on failure.
func (w *walk) tunnel(conn net.Conn, parent *openHop) (net.Conn, *openHop) {
	to := w.run.detour(w.asked().Endpoint)
	peer, address := parent.Peer, ""
	if w.givesAddress() {
		if address, parent = w.lookUpForSOCKS(parent, to); address == "" {
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
	again, s := &redial{walk: w}, w.proxyStep("", parent)
	s.peer = peer
	tunnelled, n, answer := w.run.connect(s, conn, w.planned.Decision.Proxy(), connectAsk{again: again, Request: tunnel.Request{
		Target: to.ID(), Address: address, Greeting: w.run.patience(evidence.OpTunnel), Login: login}})
	w.releaseProxyLogin(n, answer)
	if again.conn != nil {
		_ = conn.Close()
		conn = again.conn
	}
	if tunnelled == nil {
		_ = conn.Close()
		w.skip(n, evidence.OpHandshake, evidence.OpRequest)
		return nil, n
	}
	return tunnelled, n
}

// redial opens another connection to the address of the proxy that a tunnel hop
// talks to, where the proxy ends the first in the middle of a login. The login
// is one attempt, so it stays one hop, which gets the last connection's address.
type redial struct {
	walk *walk
	hop  *openHop
	conn net.Conn
}

func (a *redial) dial(ctx context.Context) (net.Conn, error) {
	r, proxy := a.walk.run, a.walk.planned.Decision.Proxy()
	conn, _, failure := tunnel.Dial(ctx, r.net.Dial, a.hop.Peer, r.cfg.Scribe)
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
	a.conn, a.hop.Local = conn, conn.LocalAddr().String()
	return conn, nil
}

// close ends the connection before the last, where there were several.
func (a *redial) close() {
	if a.conn != nil {
		_ = a.conn.Close()
	}
}
