package flows

import (
	"context"
	"net"
	"net/url"

	"pullpath/internal/evidence"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

// work is the work of a hop: it returns what was seen, and why it failed.
type work func(ctx context.Context, n *openHop) (evidence.Detail, *evidence.Failure)

// hop makes one hop from beginning to end. It records the hop and the end of the
// connection on which it is made, bounds the work by the hop's limit, and records what
// came of it. The connection is nil for a hop that has none yet.
func (r *run) hop(ctx context.Context, s step, conn net.Conn, do work) *openHop {
	ctx, cancel := r.limit(ctx, s)
	defer cancel()
	return r.hopWithin(ctx, s, conn, do)
}

// hopWithin is hop with the limit that the context has.
func (r *run) hopWithin(ctx context.Context, s step, conn net.Conn, do work) *openHop {
	return r.finish(ctx, r.rec.begin(s), conn, do)
}

// finish does the work of a hop that was begun before.
func (r *run) finish(ctx context.Context, n *openHop, conn net.Conn, do work) *openHop {
	if conn != nil {
		n.Local = conn.LocalAddr().String()
	}
	detail, failure := do(n.within(ctx), n)
	n.end(detail, r.settle(failure))
	return n
}

// limit gives a hop its time. A side probe has the limit of one hop, a step of the path
// as long as the client would wait, where that was asked for. A hop never outlives the
// run.
func (r *run) limit(ctx context.Context, s step) (context.Context, context.CancelFunc) {
	switch {
	case s.probe != "":
		return context.WithTimeout(ctx, r.cfg.HopTimeout)
	case s.op == evidence.OpTunnel && !r.cfg.ClientPatience:
		return r.connectLimit(ctx)
	}
	return context.WithTimeout(ctx, r.patience(s.op))
}

// connectLimit gives a CONNECT nine tenths of what is left of the run, so that silence
// is recognised and the side probes have their time. The proxy dials for us, and Go
// itself waits a minute (docs/rules.md, rule 5).
//
// A CONNECT that begins too late for that, or would have less than the limit of a hop, gets
// the rest of the run: cut short, it would be taken for silence, and it is the run that
// ended.
func (r *run) connectLimit(ctx context.Context) (context.Context, context.CancelFunc) {
	left := r.cfg.Timeout - r.net.Now().Sub(r.rec.started)
	if tenth := r.cfg.Timeout / 10; left > 2*tenth && left-tenth >= r.cfg.HopTimeout {
		return context.WithTimeout(ctx, left-tenth)
	}
	return context.WithCancel(ctx)
}

// connect asks a proxy for a tunnel over a connection. It returns the tunnel (nil where
// there is none), its hop, and the whole answer. The caller closes the connection. The
// tunnel stands on s.parent.
func (r *run) connect(s step, conn net.Conn, proxy *url.URL, ask connectAsk) (net.Conn, *openHop, evidence.Tunnel) {
	s.op, s.role = evidence.OpTunnel, evidence.Proxy
	request := ask.Request
	request.Scribe, request.Now = r.cfg.Scribe, r.net.Now
	if request.UserAgent == "" {
		request.UserAgent = r.cfg.shape().connectAgent
	}
	var tunnelled net.Conn
	var answer evidence.Tunnel
	n := r.hop(r.ctx, s, conn, func(ctx context.Context, n *openHop) (evidence.Detail, *evidence.Failure) {
		if ask.again != nil {
			ask.again.hop, request.Again = n, ask.again.dial
		}
		var failure *evidence.Failure
		tunnelled, answer, failure = tunnel.Open(ctx, conn, proxy, request)
		answer.Alert = alertIn(failure)
		return answer, failure
	})
	return tunnelled, n, answer
}

// connectAsk is what a proxy is asked for.
type connectAsk struct {
	tunnel.Request
	// again opens further connections for one login; nil for a login that must end on
	// the first.
	again *redial
}

// alertIn returns the TLS alert by which an https:// proxy ended the connection under a
// CONNECT: TLS 1.3 lets a server refuse a client without a certificate only then.
func alertIn(failure *evidence.Failure) int {
	if failure == nil {
		return 0
	}
	number, _ := tlsinspect.AlertOf(failure)
	return number
}

// shakeHands makes TLS over a connection, and returns what came of it. Where the
// result has no connection, conn stays the caller's to close.
func (r *run) shakeHands(s step, conn net.Conn, opts tlsinspect.Options) (tlsinspect.Result, *openHop) {
	s.op = evidence.OpHandshake
	if s.via == "" { // through a proxy the connection is the proxy's, which says nothing of the host
		opts.Delivered = tunnel.Delivered
	}
	var res tlsinspect.Result
	n := r.hop(r.ctx, s, conn, func(ctx context.Context, _ *openHop) (evidence.Detail, *evidence.Failure) {
		res = tlsinspect.Handshake(ctx, conn, opts)
		return res.Detail, res.Failure
	})
	return res, n
}
