package flows

import (
	"context"
	"net"
	"net/http"
	"slices"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/route"
	"pullpath/tunnel"
)

const (
	// maxTries bounds the side probes of a kind in one run (docs/rules.md, rule 7).
	maxTries = 3
	// silencePatience is how long a connection on which we say nothing must stay
	// open for its reset to be blamed on the ClientHello. A reset at accept
	// arrives within a round trip; half a second is more than any on earth.
	silencePatience = 500 * time.Millisecond
)

// probe runs the side probes that separate similar causes, after the paths were walked
// and only for hops that failed. They run side by side. What they started in the
// background is given up when they end, and is waited for: nothing is recorded after the
// end.
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
	kind evidence.Probe
	once bool
	run  func()
}

// jobs picks the representatives in plan order, so that two runs that saw the same send
// the same probes. Probes that continue over the connection of one host run in turn;
// otherwise timing would decide which of them finds it ended.
func (r *run) jobs() []func() {
	out := r.trailJobs()
	tries := map[evidence.Probe]int{}
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
		out = append(out, within(slices.Concat(named, w.answerJobs(), w.helloJobs(), w.rawChainJobs(), w.proxyJobs()))...)
		asks := within(slices.Concat(w.clientJobs(), w.timeJobs(), w.requestJobs(), w.plainJobs()))
		out = append(out, func() {
			for _, ask := range asks {
				ask()
			}
		})
		out = append(out, within(w.directJobs(len(named) > 0))...)
	}
	return out
}

// directJobs returns the side probes of a direct path that failed. named means that
// other probes examine its name.
func (w *walk) directJobs(named bool) []sideProbe {
	failed := w.session.broken
	if failed == nil || w.proxied() {
		return nil
	}
	var out []sideProbe
	switch other, found := w.otherProxy(); {
	case w.planned.Decision.Reason == route.NoProxy:
		if d, ok := w.withoutExceptions(); ok {
			out = append(out, sideProbe{kind: evidence.ProbeThroughProxy, run: func() { w.probeThroughProxy(evidence.ProbeThroughProxy, d) }})
		}
	case found:
		out = append(out, sideProbe{kind: evidence.ProbeOtherSetting, run: func() { w.probeThroughProxy(evidence.ProbeOtherSetting, other) }})
	}
	if !named && failed.Op == evidence.OpHandshake && failed.Failure != nil && failed.Failure.Kind == evidence.Reset {
		out = append(out, sideProbe{kind: evidence.ProbeSilentConnection, run: func() { w.probeSilence(failed) }})
	}
	return out
}

// withoutExceptions returns the way that the target would take without NO_PROXY.
func (w *walk) withoutExceptions() (route.Decision, bool) {
	u := w.log.target.URL()
	d := w.run.cfg.Dialect.Decide(w.run.cfg.Env.WithNoProxy(route.Variable{}), u)
	return d, d.Kind == route.Proxy && !d.Broken()
}

// probeThroughProxy tries a proxy for a target that failed direct, without the
// proxy's credentials (docs/rules.md, rule 7).
func (w *walk) probeThroughProxy(probe evidence.Probe, d route.Decision) {
	s := step{log: w.log, role: evidence.Proxy, probe: probe, parent: w.root}
	found := w.run.lookup(w.run.ctx, s, proxyOf(d))
	if found.failed() {
		return
	}
	s.via, s.parent = d.ProxyText, found.hop
	conn, last := w.run.dialProxy(s, d, found.addresses)
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	w.run.connect(s.on(last), conn, d.Proxy(), connectAsk{Request: tunnel.Request{Target: w.log.target.ID}})
}

// probeSilence opens the address again and says nothing: a reset now was not
// the ClientHello's doing.
func (w *walk) probeSilence(failed *openHop) {
	s := w.probing(evidence.ProbeSilentConnection, evidence.OpDial, failed.parent)
	s.peer = failed.Peer
	w.run.hop(w.run.ctx, s, nil, func(ctx context.Context, n *openHop) (evidence.Detail, *evidence.Failure) {
		conn, detail, failure := tunnel.Dial(ctx, w.run.net.Dial, failed.Peer, w.run.cfg.Scribe)
		if conn == nil {
			return detail, failure
		}
		defer func() { _ = conn.Close() }()
		n.Local = conn.LocalAddr().String()
		return detail, waitForReset(w.run.ctx, conn, w.run.cfg.Scribe)
	})
}

// waitForReset reads from a silent connection. It returns a failure when the peer reset
// it, and when the run ended before that could be seen.
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
	w.request(ask{step: evidence.StepAllowList, method: "GET", url: w.base() + "/", header: http.Header{},
		expect: expectNoBlockPage, limit: pageLimit})
}
