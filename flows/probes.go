package flows

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/route"
	"pullpath/tunnel"
)

const (
	// maxTries bounds the side probes of a kind in one run (CONTRACT.md 4.7).
	maxTries = 3
	// silencePatience is how long a connection on which we say nothing must stay
	// open for its reset to be blamed on the ClientHello. A reset at accept
	// arrives within a round trip; half a second is more than any on earth.
	silencePatience = 500 * time.Millisecond
)

// probe runs the side probes that tell look-alikes apart, after the paths were
// walked and only for hops that failed. They run side by side. What they began
// beside themselves is given up, as the run's time for that is over, and is waited
// for: nothing is recorded behind the end.
func (r *run) probe() {
	for _, job := range r.jobs() {
		r.wg.Go(job)
	}
	r.wg.Wait()
	r.side.Wait()
}

// sideProbe is one side probe of a path; those that show the same for every target
// are made once in a run.
type sideProbe struct {
	kind string
	once bool
	run  func()
}

// jobs picks the representatives in plan order, so that two runs that saw the
// same send the same probes. What asks on over the connection of one host asks in
// turn, or which probe finds it ended would be a matter of timing.
func (r *run) jobs() []func() {
	out := r.trailJobs()
	tries := map[string]int{}
	within := func(probes []sideProbe) []func() {
		var out []func()
		for _, p := range probes {
			limit := maxTries
			if p.once {
				limit = 1
			}
			if tries[p.kind]++; tries[p.kind] <= limit {
				out = append(out, p.run)
			}
		}
		return out
	}
	for _, w := range r.planned() {
		named := w.nameJobs()
		out = append(out, within(slices.Concat(named, w.helloJobs(), w.rawChainJobs(), w.proxyJobs()))...)
		asks := within(slices.Concat(w.clientJobs(), w.timeJobs(), w.requestJobs()))
		out = append(out, func() {
			for _, ask := range asks {
				ask()
			}
		})
		out = append(out, within(w.directJobs(len(named) > 0))...)
	}
	return out
}

// directJobs are the side probes of a direct path that failed. named tells that
// others look into what its name meant.
func (w *walk) directJobs(named bool) []sideProbe {
	failed := w.session.broken
	if failed == nil || w.proxied() {
		return nil
	}
	var out []sideProbe
	switch other, found := w.otherProxy(); {
	case w.planned.Decision.Reason == route.NoProxy:
		if d, ok := w.withoutExceptions(); ok {
			out = append(out, sideProbe{kind: throughProxy, run: func() { w.probeThroughProxy(throughProxy, d) }})
		}
	case found:
		out = append(out, sideProbe{kind: otherSetting, run: func() { w.probeThroughProxy(otherSetting, other) }})
	}
	if !named && failed.hop.Op == evidence.OpHandshake && failed.hop.Failure != nil && failed.hop.Failure.Kind == evidence.Reset {
		out = append(out, sideProbe{kind: "silent-connection", run: func() { w.probeSilence(failed) }})
	}
	return out
}

// The names of the side probes that try a proxy for a target that failed direct.
const (
	// throughProxy is the client's own proxy, which NO_PROXY kept it from.
	throughProxy = "through-proxy"
	// otherSetting is the proxy that another client on this host has.
	otherSetting = "other-setting"
)

// withoutExceptions is the way that the target would take without NO_PROXY.
func (w *walk) withoutExceptions() (route.Decision, bool) {
	u, err := url.Parse(w.base() + "/")
	if err != nil {
		return route.Decision{}, false
	}
	d := w.run.cfg.Dialect.Decide(w.run.cfg.Env.WithNoProxy("", "probe"), u)
	return d, d.Kind == route.Proxy && !d.Broken()
}

// probeThroughProxy tries a proxy for a target that failed direct, without the
// proxy's credentials (CONTRACT.md 4.7).
func (w *walk) probeThroughProxy(name string, d route.Decision) {
	parent := w.root
	found := w.run.lookup(w.run.ctx, lookupStep{lane: w.lane, parent: parent, role: evidence.Proxy, purpose: evidence.Probe,
		probe: name, host: d.Host, port: atoi(d.Port)})
	if found.failed() {
		return
	}
	conn, dial := w.run.dial(w.run.ctx, dialStep{lane: w.lane, parent: found.node, role: evidence.Proxy, purpose: evidence.Probe,
		probe: name, addresses: found.addresses, port: atoi(d.Port), via: d.ProxyText})
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	if d.Proxy().Scheme == "https" {
		secure, shaken := w.proxyHandshake(conn, dial, d, evidence.Probe, name)
		if secure == nil {
			return
		}
		conn, dial = secure, shaken
	}
	n := w.run.rec.begin(w.lane, step{op: evidence.OpTunnel, role: evidence.Proxy, purpose: evidence.Probe,
		probe: name, via: d.ProxyText, peer: dial.hop.Peer, parent: dial})
	n.hop.Local = conn.LocalAddr().String()
	ctx, cancel := w.run.hop(w.run.ctx)
	defer cancel()
	_, detail, failure := tunnel.Open(ctx, conn, d.Proxy(), tunnel.Request{Target: w.lane.target.ID, UserAgent: w.run.cfg.shape().connectAgent,
		Scribe: w.run.cfg.Scribe, Now: w.run.net.Now})
	n.end(detail, w.run.settle(failure))
}

// probeSilence opens the address again and says nothing: a reset now was not
// the ClientHello's doing.
func (w *walk) probeSilence(failed *node) {
	n := w.run.rec.begin(w.lane, step{op: evidence.OpDial, role: w.lane.target.Role, purpose: evidence.Probe,
		probe: "silent-connection", peer: failed.hop.Peer, parent: failed.parent})
	ctx, cancel := w.run.hop(w.run.ctx)
	defer cancel()
	conn, detail, failure := tunnel.Dial(ctx, w.run.net.Dial, failed.hop.Peer, w.run.cfg.Scribe)
	if conn == nil {
		n.end(detail, w.run.settle(failure))
		return
	}
	defer func() { _ = conn.Close() }()
	n.hop.Local = conn.LocalAddr().String()
	n.end(detail, w.run.settle(waitForReset(w.run.ctx, conn, w.run.cfg.Scribe)))
}

// waitForReset reads from a silent connection. It returns a failure when the peer reset
// it, and when the run ended before that could be told.
func waitForReset(ctx context.Context, conn net.Conn, scribe evidence.Scribe) *evidence.Failure {
	patience, cancel := context.WithTimeout(ctx, silencePatience)
	defer cancel()
	lift := tunnel.Bound(patience, conn)
	defer lift()
	_, err := conn.Read(make([]byte, 1))
	if err == nil {
		return nil
	}
	kind, _ := tunnel.ClassifyStream(err)
	switch {
	case kind == evidence.Reset:
		return evidence.Fail(evidence.Reset, scribe.Short("reset before a byte was sent: "+err.Error(), 300), err)
	case kind == evidence.Timeout && ctx.Err() != nil:
		return evidence.Fail(evidence.Timeout, "the run ended before a reset would have come", ctx.Err())
	}
	return nil
}

// checkAllowList asks a blob host that no redirect named for its root, where
// its chain is not one of the public web: only there can something else than
// the host have answered.
func (w *walk) checkAllowList() {
	if w.session.conn == nil || w.session.public {
		return
	}
	w.request(ask{stepName: "allow-list", method: "GET", url: w.base() + "/", header: http.Header{},
		expect: expectNoBlockPage, limit: pageLimit})
}
