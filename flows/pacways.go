package flows

import (
	"net/http"

	"pullpath/internal/evidence"
	"pullpath/internal/route"
)

// furtherWays goes by the next way that a PAC file names where one does not serve, as browsers do
// (https://source.chromium.org/chromium/chromium/src/+/main:net/http/proxy_fallback.cc). The hops
// since one place of the log were the first attempt.
func (w *walk) furtherWays(begun int) {
	if w.run.cfg.PAC == nil {
		return
	}
	ways, _ := w.run.cfg.PAC(w.log.target.URL())
	for _, next := range ways[1:] {
		if w.session.alive() || !w.wayFailed() || w.run.ctx.Err() != nil {
			return
		}
		w.run.rec.relabel(w.log, begun, evidence.ProbePACEarlier)
		w.run.rec.overcome(w.session.broken)
		w.planned.Decision = next
		begun = w.run.rec.begun(w.log)
		w.run.rec.rerouted(w.log, next)
		w.secure(w.reopen())
	}
}

// wayFailed reports whether it is the way that broke, not the host behind it: a proxy that wants a
// login is one that serves.
func (w *walk) wayFailed() bool {
	switch h := w.session.broken; h.Op {
	case evidence.OpResolve, evidence.OpDial:
		return true
	case evidence.OpTunnel:
		return evidence.DetailOf[evidence.Tunnel](h.Hop).Code != http.StatusProxyAuthRequired
	case evidence.OpHandshake:
		return h.Role == evidence.Proxy
	}
	return false
}

// overcome makes the hop at which a way broke one of a side probe, unless it ends another walk: the
// look-up of a proxy is one for all.
func (r *recorder) overcome(n *openHop) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !n.decides {
		n.Purpose, n.Probe = evidence.Probing, evidence.ProbePACEarlier
	}
}

// decides notes that a walk ends at a hop.
func (r *recorder) decides(n *openHop) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n.decides = true
	if n.Probe == evidence.ProbePACEarlier {
		n.Purpose, n.Probe = evidence.Path, ""
	}
}

// rerouted notes that a target is reached by another way than was planned.
func (r *recorder) rerouted(l *targetLog, d route.Decision) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.way = &evidence.Route{Kind: "direct", Source: d.Variable}
	if d.Kind == route.Proxy {
		l.way = &evidence.Route{Kind: "proxy", Proxy: d.ProxyText, Source: d.Variable}
	}
}
