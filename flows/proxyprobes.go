package flows

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/route"
	"pullpath/tunnel"
)

// The names of the side probes that tell apart why a proxied way failed.
const (
	// proxyNode asks each further address of the proxy's name for the same tunnel.
	proxyNode = "proxy-node"
	// otherPort asks for the same host at 443.
	otherPort = "other-port"
	// controlHost asks for the host of --control.
	controlHost = "control"
	// directProbe goes to the target without the proxy.
	directProbe = "direct"
	// tlsToProxy tries TLS with a proxy that ended a plain CONNECT without a word,
	// as servers on OpenSSL do.
	tlsToProxy = "tls-to-proxy"
	// plainToProxy asks for the tunnel in plain text where TLS with the proxy came
	// to nothing: some wait for the end of a line that a ClientHello does not have.
	plainToProxy = "plain-to-proxy"
	// socksToProxy greets a proxy in SOCKS that ended a plain CONNECT without a word,
	// as SOCKS servers do.
	socksToProxy = "speaks-socks"
	// invalidName asks for a name that cannot exist (RFC 6761 section 6.4). A proxy
	// that says 200 forges, or connects only when the first byte comes.
	invalidName = "invalid-name"
	// browserAgent repeats the CONNECT with a browser's User-Agent.
	browserAgent = "browser-agent"
	// blockPage asks for http://HOST/ through the proxy: the page that a CONNECT
	// does not show often names category and rule.
	blockPage = "block-page"
)

// besideEachOther lists the side probes of one target that run at the same time,
// in the order in which they are told.
func besideEachOther() []string {
	return []string{proxyNode, otherPort, controlHost, directProbe, tlsToProxy, plainToProxy, socksToProxy, invalidName, browserAgent, blockPage,
		socksPassword, socksGSSAPI, sameHello, controlSNI, noSNI, elsewhere, smallHello, largeHello, splitHello, onlyTLS12, onlyTLS13, beforeTLS12,
		dockerSuites, legacySuites, segments(segmentSizes()[0]), segments(segmentSizes()[1]), segments(segmentSizes()[2]), rawChain, issuerFetch,
		byGet, knownBad, growingHeader}
}

const (
	// browser is a User-Agent as a rule about browsers expects it; the version
	// does not matter, the form does.
	browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	// directPatience bounds the way without the proxy. What is inside answers in
	// milliseconds, two seconds hold one lost SYN; a closed border, which is the
	// rule where there is a proxy, must not cost the run a whole hop's limit.
	directPatience = 2 * time.Second
)

// proxyJobs are the side probes of a proxied walk: for a tunnel that failed, and
// with --deep a few for one that did not.
func (w *walk) proxyJobs() []sideProbe {
	if !w.proxied() || w.run.ctx.Err() != nil {
		return nil
	}
	if n := w.failedProxyTLS(); n != nil {
		return []sideProbe{{plainToProxy, true, func() { w.probePlain(n) }}}
	}
	if failed := w.failedTunnel(); failed != nil {
		return wanted(append(w.sharedJobs(failed), w.refusedJobs(failed)...))
	}
	if open := w.openTunnel(); open != nil && w.run.cfg.Deep {
		return wanted(append(w.sharedJobs(open), sideProbe{directProbe, false, w.probeDirect}))
	}
	return nil
}

// wanted drops the jobs that have nothing to do.
func wanted(jobs []sideProbe) []sideProbe {
	return slices.DeleteFunc(jobs, func(j sideProbe) bool { return j.run == nil })
}

// when is the job's work, or nothing.
func when(wanted bool, run func()) func() {
	if !wanted {
		return nil
	}
	return run
}

// sharedJobs show the same for every target. A proxy that wants a login is not
// asked further.
func (w *walk) sharedJobs(stands *node) []sideProbe {
	said := evidence.DetailOf[evidence.Tunnel](stands.hop)
	asks := said.Code == 407 || tookNoMethod(said)
	several := len(w.run.proxyAddresses(w.planned.Decision)) > 1
	control := w.run.cfg.Control
	return []sideProbe{
		{proxyNode, true, when(!asks && several, func() { w.probeNodes(stands) })},
		{controlHost, true, when(!asks && control != "", func() { w.probeTunnel(controlHost, control, stands, "") })},
		{invalidName, true, when(!asks && w.run.cfg.Deep, func() { w.probeInvalid(stands) })},
	}
}

// refusedJobs are about one target whose tunnel failed.
func (w *walk) refusedJobs(failed *node) []sideProbe {
	t, proxy := w.lane.target, w.planned.Decision.Proxy()
	said := evidence.DetailOf[evidence.Tunnel](failed.hop)
	broken := said.Code != 407 && !tookNoMethod(said)
	deep := broken && w.run.cfg.Deep
	mute := failed.hop.FailedWith(evidence.Closed, evidence.Reset)
	untaken := func(method int) bool { return tookNoMethod(said) && !slices.Contains(said.SOCKS.Offered, method) }
	return []sideProbe{
		{otherPort, false, when(broken && t.Port != 443, func() { w.probeTunnel(otherPort, targetID(t.Host, 443), failed, "") })},
		{directProbe, false, w.probeDirect},
		{tlsToProxy, true, when(mute && proxy.Scheme == "http", func() { w.probeTLS(failed) })},
		{socksToProxy, true, when(mute && proxy.Scheme == "http", func() { w.probeMethod(socksToProxy, evidence.SOCKSNone, failed) })},
		{plainToProxy, true, when(tunnel.IsSOCKS(proxy) && (mute || failed.hop.FailedWith(evidence.Timeout, evidence.NotHTTP)), func() { w.probePlain(failed) })},
		{socksPassword, true, when(untaken(evidence.SOCKSPassword), func() { w.probeMethod(socksPassword, evidence.SOCKSPassword, failed) })},
		{socksGSSAPI, true, when(untaken(evidence.SOCKSGSSAPI), func() { w.probeMethod(socksGSSAPI, evidence.SOCKSGSSAPI, failed) })},
		{browserAgent, false, when(deep, func() { w.probeTunnel(browserAgent, t.ID, failed, browser) })},
		{blockPage, false, when(deep && !tunnel.IsSOCKS(proxy), func() { w.probePage(failed) })},
	}
}

// failedTunnel is this target's own tunnel hop that failed, nil for none.
func (w *walk) failedTunnel() *node {
	n := w.session.broken
	if n == nil || n.hop.Op != evidence.OpTunnel || n.hop.Target != w.lane.target.ID || !n.failed() || n.hop.Failure.Kind == evidence.Budget {
		return nil
	}
	return n
}

// failedProxyTLS is the handshake with the proxy itself that ended in silence, nil
// for none.
func (w *walk) failedProxyTLS() *node {
	n := w.session.broken
	if n == nil || n.hop.Op != evidence.OpHandshake || n.hop.Role != evidence.Proxy || !n.hop.FailedWith(evidence.Timeout, evidence.Reset, evidence.Closed) {
		return nil
	}
	return n
}

// probePlain asks a proxy that the setting wants spoken to in TLS or SOCKS for the
// tunnel in plain text, as nobody.
func (w *walk) probePlain(failed *node) {
	addr, err := netip.ParseAddrPort(failed.hop.Peer)
	if err != nil {
		return
	}
	conn, dial := w.run.dial(w.run.ctx, dialStep{lane: w.lane, parent: failed.parent.parent, role: evidence.Proxy, purpose: evidence.Probe,
		probe: plainToProxy, addresses: []netip.Addr{addr.Addr()}, port: int(addr.Port()), via: w.via()})
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	n := w.run.rec.begin(w.lane, step{op: evidence.OpTunnel, role: evidence.Proxy, purpose: evidence.Probe,
		probe: plainToProxy, via: w.via(), peer: dial.hop.Peer, parent: dial})
	n.hop.Local = conn.LocalAddr().String()
	ctx, cancel := w.run.hop(w.run.ctx)
	defer cancel()
	_, detail, failure := tunnel.Connect(ctx, conn, tunnel.Request{Target: w.lane.target.ID, UserAgent: w.run.cfg.shape().connectAgent,
		Scribe: w.run.cfg.Scribe, Now: w.run.net.Now})
	n.end(detail, w.run.settle(failure))
}

// openTunnel is the tunnel hop that the target's handshake stands on.
func (w *walk) openTunnel() *node {
	if w.session.node == nil || w.session.node.parent == nil || w.session.node.parent.hop.Op != evidence.OpTunnel {
		return nil
	}
	return w.session.node.parent
}

// proxyAddresses are those of the proxy's name as it was looked up.
func (r *run) proxyAddresses(d route.Decision) []netip.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	if found := r.names[targetID(d.Host, atoi(d.Port))]; found != nil {
		return found.addresses
	}
	return nil
}

// probeTunnel asks the address that the path's tunnel was asked of for another
// target, or as another client.
func (w *walk) probeTunnel(probe, target string, stands *node, agent string) {
	addr, err := netip.ParseAddrPort(stands.hop.Peer)
	if err == nil {
		w.tunnelAt(probe, target, addr.Addr(), stands, agent)
	}
}

// probeNodes asks each further address of the proxy for the same target.
func (w *walk) probeNodes(stands *node) {
	used, _ := netip.ParseAddrPort(stands.hop.Peer)
	addresses := w.run.proxyAddresses(w.planned.Decision)
	for _, addr := range addresses[:min(len(addresses), maxAddresses)] {
		if addr != used.Addr() {
			w.tunnelAt(proxyNode, w.lane.target.ID, addr, stands, "")
		}
	}
}

// tunnelAt makes one tunnel by way of one address of the proxy and ends it.
func (w *walk) tunnelAt(probe, target string, addr netip.Addr, stands *node, agent string) {
	conn, dial := w.proxyAgain(probe, addr, stands)
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	if agent == "" {
		agent = w.run.cfg.shape().connectAgent
	}
	w.connect(conn, dial, probe, target, agent)
}

// connect asks for a tunnel in a side probe. Only credentials that the proxy has
// accepted go along.
func (w *walk) connect(conn net.Conn, parent *node, probe, target, agent string) (net.Conn, *node) {
	n := w.run.rec.begin(w.lane, step{op: evidence.OpTunnel, role: evidence.Proxy, purpose: evidence.Probe,
		probe: probe, via: w.via(), peer: parent.hop.Peer, parent: parent})
	n.hop.Local = conn.LocalAddr().String()
	ctx, cancel := w.run.hop(w.run.ctx)
	defer cancel()
	tunnelled, detail, failure := tunnel.Open(ctx, conn, w.planned.Decision.Proxy(), tunnel.Request{Target: target, UserAgent: agent,
		Address: w.sameAddress(target), Login: w.provenLogin(), Scribe: w.run.cfg.Scribe, Now: w.run.net.Now})
	detail.Alert = alertIn(failure)
	n.end(detail, w.run.settle(failure))
	if failure != nil {
		return nil, n
	}
	return tunnelled, n
}

// probeDirect goes to the target without the proxy, up to its chain. Nothing is
// sent inside.
func (w *walk) probeDirect() {
	t := w.lane.target
	ctx, cancel := context.WithTimeout(w.run.ctx, directPatience)
	defer cancel()
	found := w.run.lookup(ctx, lookupStep{lane: w.lane, parent: w.root, role: t.Role, purpose: evidence.Probe,
		probe: directProbe, host: t.Host, port: t.Port})
	if found.failed() || slices.ContainsFunc(found.addresses, netip.Addr.IsUnspecified) {
		return
	}
	conn, dial := w.run.dial(ctx, dialStep{lane: w.lane, parent: found.node, role: t.Role, purpose: evidence.Probe,
		probe: directProbe, addresses: found.addresses, port: t.Port})
	if conn != nil {
		w.shake(conn, dial, directProbe)
	}
}

// probeTLS shakes hands with the proxy itself.
func (w *walk) probeTLS(stands *node) {
	addr, err := netip.ParseAddrPort(stands.hop.Peer)
	if err != nil {
		return
	}
	d := w.planned.Decision
	conn, dial := w.run.dial(w.run.ctx, dialStep{lane: w.lane, parent: stands.parent, role: evidence.Proxy, purpose: evidence.Probe,
		probe: tlsToProxy, addresses: []netip.Addr{addr.Addr()}, port: atoi(d.Port), via: w.via()})
	if conn == nil {
		return
	}
	if conn, _ = w.proxyHandshake(conn, dial, d, evidence.Probe, tlsToProxy); conn != nil {
		_ = conn.Close()
	}
}

// probePage asks for the target's page through the proxy.
func (w *walk) probePage(stands *node) {
	addr, err := netip.ParseAddrPort(stands.hop.Peer)
	if err != nil {
		return
	}
	t := w.lane.target
	conn, dial := w.proxyAgain(blockPage, addr.Addr(), stands)
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	n := w.run.rec.begin(w.lane, step{op: evidence.OpRequest, role: evidence.Proxy, purpose: evidence.Probe,
		probe: blockPage, via: w.via(), peer: dial.hop.Peer, parent: dial})
	n.hop.Local = conn.LocalAddr().String()
	ctx, cancel := w.run.hop(w.run.ctx)
	defer cancel()
	detail, failure := tunnel.Page(ctx, conn, "http://"+t.Host+"/", tunnel.Request{UserAgent: browser,
		Scribe: w.run.cfg.Scribe, Now: w.run.net.Now})
	n.end(detail, w.run.settle(failure))
}
