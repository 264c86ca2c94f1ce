package flows

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/route"
	"pullpath/tunnel"
)

const (
	// browser is a User-Agent of the form that a rule about browsers expects; its
	// version does not matter.
	browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	// directPatience bounds the way without the proxy. What is inside answers in
	// milliseconds, two seconds hold one lost SYN; a closed border, which is the
	// rule where there is a proxy, must not cost the run a whole hop's limit.
	directPatience = 2 * time.Second
)

// proxyJobs returns the side probes of a proxied walk: for a tunnel that failed, and for
// one that did not the other addresses of the proxy where the host failed further on. With
// --deep it returns more for such a one, whatever happened behind it.
func (w *walk) proxyJobs() []sideProbe {
	if !w.proxied() || w.run.ctx.Err() != nil {
		return nil
	}
	if n := w.failedProxyTLS(); n != nil {
		return []sideProbe{{evidence.ProbePlainToProxy, true, func() { w.probePlain(n) }}}
	}
	if failed := w.failedTunnel(); failed != nil {
		return wanted(append(w.sharedJobs(failed), w.refusedJobs(failed)...))
	}
	open := w.openTunnel()
	switch {
	case open == nil:
		return nil
	case w.run.cfg.Deep:
		return wanted(append(w.sharedJobs(open), sideProbe{evidence.ProbeDirect, false, w.probeDirect}))
	case w.session.broken != nil || w.refused != nil:
		return wanted([]sideProbe{w.nodesJob(open)})
	}
	return nil
}

// nodesJob asks the other addresses of the proxy's name for the same tunnel.
func (w *walk) nodesJob(stands *openHop) sideProbe {
	several := len(w.run.proxyAddresses(w.planned.Decision)) > 1
	return sideProbe{evidence.ProbeProxyNode, true, when(several, func() { w.probeNodes(stands) })}
}

// wanted drops the jobs that have nothing to do.
func wanted(jobs []sideProbe) []sideProbe {
	return slices.DeleteFunc(jobs, func(j sideProbe) bool { return j.run == nil })
}

// when returns the job's work, or nothing.
func when(wanted bool, run func()) func() {
	if !wanted {
		return nil
	}
	return run
}

// sharedJobs show the same for every target. A proxy that wants a login is not
// asked further.
func (w *walk) sharedJobs(stands *openHop) []sideProbe {
	said := evidence.DetailOf[evidence.Tunnel](stands.Hop)
	asks := said.Code == 407 || tookNoMethod(said)
	control := w.run.cfg.Control
	nodes := w.nodesJob(stands)
	nodes.run = when(!asks && nodes.run != nil, nodes.run)
	return []sideProbe{
		nodes,
		{evidence.ProbeControl, true, when(!asks && control != "", func() { w.probeTunnel(evidence.ProbeControl, control, stands, "") })},
		{evidence.ProbeInvalidName, true, when(!asks && w.run.cfg.Deep, func() { w.probeInvalid(stands) })},
	}
}

// refusedJobs are about one target whose tunnel failed.
func (w *walk) refusedJobs(failed *openHop) []sideProbe {
	t, proxy := w.log.target, w.planned.Decision.Proxy()
	said := evidence.DetailOf[evidence.Tunnel](failed.Hop)
	broken := said.Code != 407 && !tookNoMethod(said)
	deep := broken && w.run.cfg.Deep
	mute := failed.FailedWith(evidence.Closed, evidence.Reset)
	untaken := func(method int) bool { return tookNoMethod(said) && !slices.Contains(said.SOCKS.Offered, method) }
	return []sideProbe{
		{evidence.ProbeOtherPort, false, when(broken && t.Port != 443, func() {
			w.probeTunnel(evidence.ProbeOtherPort, evidence.Endpoint{Host: t.Host, Port: 443}.ID(), failed, "")
		})},
		{evidence.ProbeDirect, false, w.probeDirect},
		{evidence.ProbeTLSToProxy, true, when(mute && proxy.Scheme == "http", func() { w.probeTLS(failed) })},
		{evidence.ProbeSpeaksSOCKS, true, when(mute && proxy.Scheme == "http",
			func() { w.probeMethod(evidence.ProbeSpeaksSOCKS, evidence.SOCKSNone, failed) })},
		{evidence.ProbePlainToProxy, true, when(tunnel.IsSOCKS(proxy) && (mute || failed.FailedWith(evidence.Timeout, evidence.NotHTTP)),
			func() { w.probePlain(failed) })},
		{evidence.ProbeSOCKSPassword, true, when(untaken(evidence.SOCKSPassword),
			func() { w.probeMethod(evidence.ProbeSOCKSPassword, evidence.SOCKSPassword, failed) })},
		{evidence.ProbeSOCKSGSSAPI, true, when(untaken(evidence.SOCKSGSSAPI),
			func() { w.probeMethod(evidence.ProbeSOCKSGSSAPI, evidence.SOCKSGSSAPI, failed) })},
		{evidence.ProbeBrowserAgent, false, when(deep, func() { w.probeTunnel(evidence.ProbeBrowserAgent, t.ID, failed, browser) })},
		{evidence.ProbeBlockPage, false, when(deep && !tunnel.IsSOCKS(proxy), func() { w.probePage(failed) })},
	}
}

// failedTunnel returns this target's own tunnel hop that failed, nil for none.
func (w *walk) failedTunnel() *openHop {
	n := w.session.broken
	if n == nil || n.Op != evidence.OpTunnel || n.Target != w.log.target.ID || !n.failed() || n.Failure.Kind == evidence.Budget {
		return nil
	}
	return n
}

// failedProxyTLS returns the handshake with the proxy itself that ended in silence, nil
// for none.
func (w *walk) failedProxyTLS() *openHop {
	n := w.session.broken
	if n == nil || n.Op != evidence.OpHandshake || n.Role != evidence.Proxy ||
		!n.FailedWith(evidence.Timeout, evidence.Reset, evidence.Closed) {
		return nil
	}
	return n
}

// probePlain asks for the tunnel in plain text and without a login, at a proxy that the
// setting says speaks TLS or SOCKS.
func (w *walk) probePlain(failed *openHop) {
	addr, err := netip.ParseAddrPort(failed.Peer)
	if err != nil {
		return
	}
	s := w.proxyStep(evidence.ProbePlainToProxy, failed.parent.parent)
	conn, dial := w.run.dial(w.run.ctx, s, at(addr.Addr(), int(addr.Port())))
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	w.run.connect(s.on(dial), conn, &url.URL{Scheme: "http"}, connectAsk{Request: tunnel.Request{Target: w.log.target.ID}})
}

// openTunnel returns the tunnel hop that the target's handshake stands on.
func (w *walk) openTunnel() *openHop {
	if w.session.hop == nil || w.session.hop.parent == nil || w.session.hop.parent.Op != evidence.OpTunnel {
		return nil
	}
	return w.session.hop.parent
}

// proxyAddresses returns those of the proxy's name as it was looked up.
func (r *run) proxyAddresses(d route.Decision) []netip.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	if found := r.names[proxyOf(d).ID()]; found != nil {
		return found.addresses
	}
	return nil
}

// probeTunnel asks the address that the path's tunnel was asked of for another
// target, or as another client.
func (w *walk) probeTunnel(probe evidence.Probe, target string, stands *openHop, agent string) {
	addr, err := netip.ParseAddrPort(stands.Peer)
	if err == nil {
		w.tunnelAt(probe, target, addr.Addr(), stands, agent)
	}
}

// probeNodes asks each further address of the proxy for the same target.
func (w *walk) probeNodes(stands *openHop) {
	used, _ := netip.ParseAddrPort(stands.Peer)
	addresses := w.run.proxyAddresses(w.planned.Decision)
	for _, addr := range addresses[:min(len(addresses), maxAddresses)] {
		if addr != used.Addr() {
			w.tunnelAt(evidence.ProbeProxyNode, w.log.target.ID, addr, stands, "")
		}
	}
}

// tunnelAt makes one tunnel by way of one address of the proxy and ends it.
func (w *walk) tunnelAt(probe evidence.Probe, target string, addr netip.Addr, stands *openHop, agent string) {
	conn, last := w.proxyAgain(probe, addr, stands)
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	w.tunnelBeside(conn, last, probe, target, agent)
}

// tunnelBeside asks for a tunnel in a side probe; an empty agent is the client's own.
// Only credentials that the proxy has accepted go along.
func (w *walk) tunnelBeside(conn net.Conn, last *openHop, probe evidence.Probe, target, agent string) (net.Conn, *openHop) {
	tunnelled, n, _ := w.run.connect(w.proxyStep(probe, nil).on(last), conn, w.planned.Decision.Proxy(), connectAsk{
		Request: tunnel.Request{Target: target, UserAgent: agent, Address: w.sameAddress(target), Login: w.provenLogin()}})
	return tunnelled, n
}

// probeDirect goes to the target without the proxy, up to its chain. Nothing is
// sent inside.
func (w *walk) probeDirect() {
	t := w.log.target
	ctx, cancel := context.WithTimeout(w.run.ctx, directPatience)
	defer cancel()
	s := w.probing(evidence.ProbeDirect, evidence.OpResolve, w.root)
	found := w.run.lookup(ctx, s, t.Endpoint)
	if found.failed() || slices.ContainsFunc(found.addresses, netip.Addr.IsUnspecified) {
		return
	}
	s.parent = found.hop
	conn, dial := w.run.dial(ctx, s, destination{addresses: found.addresses, port: t.Port})
	if conn != nil {
		w.shake(conn, dial, evidence.ProbeDirect)
	}
}

// probeTLS shakes hands with the proxy itself: servers on OpenSSL end a plain CONNECT
// without a word.
func (w *walk) probeTLS(stands *openHop) {
	addr, err := netip.ParseAddrPort(stands.Peer)
	if err != nil {
		return
	}
	d, s := w.planned.Decision, w.proxyStep(evidence.ProbeTLSToProxy, stands.parent)
	conn, dial := w.run.dial(w.run.ctx, s, at(addr.Addr(), atoi(d.Port)))
	if conn == nil {
		return
	}
	if conn, _ = w.run.proxyHandshake(s.on(dial), conn, d); conn != nil {
		_ = conn.Close()
	}
}

// probePage asks for the target's page through the proxy.
func (w *walk) probePage(stands *openHop) {
	addr, err := netip.ParseAddrPort(stands.Peer)
	if err != nil {
		return
	}
	t := w.log.target
	conn, last := w.proxyAgain(evidence.ProbeBlockPage, addr.Addr(), stands)
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	s := w.proxyStep(evidence.ProbeBlockPage, nil).on(last)
	s.op = evidence.OpRequest
	w.run.hop(w.run.ctx, s, conn, func(ctx context.Context, _ *openHop) (evidence.Detail, *evidence.Failure) {
		return tunnel.Page(ctx, conn, "http://"+t.Host+"/", tunnel.Request{UserAgent: browser, Scribe: w.run.cfg.Scribe, Now: w.run.net.Now})
	})
}
