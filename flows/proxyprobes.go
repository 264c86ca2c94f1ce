package flows

import (
	"net/netip"
	"slices"
	"strings"

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
	return []string{proxyNode, otherPort, controlHost, directProbe, invalidName, browserAgent, blockPage}
}

const (
	// unresolvable is the one fixed name of CONTRACT.md 4.7.
	unresolvable = "pullpath-probe.invalid:443"
	// browser is a User-Agent as a rule about browsers expects it; the version
	// does not matter, the form does.
	browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
)

// proxyJob is one side probe; those that show the same for every target are made
// once in a run.
type proxyJob struct {
	kind string
	once bool
	run  func()
}

// proxyJobs are the side probes of a proxied walk: for a tunnel that failed, and
// with --deep a few for one that did not.
func (w *walk) proxyJobs() []proxyJob {
	if !w.proxied() {
		return nil
	}
	var out []proxyJob
	add := func(wanted bool, kind string, once bool, run func()) {
		if wanted {
			out = append(out, proxyJob{kind, once, run})
		}
	}
	failed, deep, t := w.failedTunnel(), w.run.cfg.Deep, w.lane.target
	stands := failed
	if stands == nil {
		stands = w.openTunnel()
	}
	if stands == nil || w.run.ctx.Err() != nil {
		return nil
	}
	login := failed != nil && evidence.DetailOf[evidence.Tunnel](failed.hop).Code == 407
	broken := failed != nil && !login
	add((broken || deep && !login) && len(w.run.proxyAddresses(w.planned.Decision)) > 1, proxyNode, true, func() { w.probeNodes(stands) })
	add(broken && t.Port != 443, otherPort, false, func() { w.probeTunnel(otherPort, targetID(t.Host, 443), stands, "") })
	add((broken || deep && !login) && w.run.cfg.Control != "", controlHost, true, func() { w.probeTunnel(controlHost, w.run.cfg.Control, stands, "") })
	add(failed != nil, directProbe, false, w.probeDirect)
	add(deep && !login, invalidName, true, func() { w.probeTunnel(invalidName, unresolvable, stands, "") })
	add(broken && deep, browserAgent, false, func() { w.probeTunnel(browserAgent, t.ID, stands, browser) })
	add(broken && deep && !tunnel.IsSOCKS(w.planned.Decision.Proxy()), blockPage, false, func() { w.probePage(stands) })
	return out
}

// failedTunnel is this target's own tunnel hop that failed, nil for none.
func (w *walk) failedTunnel() *node {
	n := w.session.broken
	if n == nil || n.hop.Op != evidence.OpTunnel || n.hop.Target != w.lane.target.ID || !n.failed() || n.hop.Failure.Kind == evidence.Budget {
		return nil
	}
	return n
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
	if found := r.names[strings.ToLower(d.Address())]; found != nil {
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
	d := w.planned.Decision
	conn, dial := w.run.dial(w.run.ctx, dialStep{lane: w.lane, parent: stands.parent, role: evidence.Proxy, purpose: evidence.Probe,
		probe: probe, addresses: []netip.Addr{addr}, port: atoi(d.Port), via: w.via()})
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	if d.Proxy().Scheme == "https" {
		if conn, dial = w.proxyHandshake(conn, dial, d, evidence.Probe, probe); conn == nil {
			return
		}
	}
	if agent == "" {
		agent = w.run.cfg.shape().connectAgent
	}
	n := w.run.rec.begin(w.lane, step{op: evidence.OpTunnel, role: evidence.Proxy, purpose: evidence.Probe,
		probe: probe, via: w.via(), peer: dial.hop.Peer, parent: dial})
	n.hop.Local = conn.LocalAddr().String()
	ctx, cancel := w.run.hop(w.run.ctx)
	defer cancel()
	_, detail, failure := tunnel.Open(ctx, conn, d.Proxy(), tunnel.Request{Target: target, UserAgent: agent,
		Login: w.provenLogin(), Scribe: w.run.cfg.Scribe, Now: w.run.net.Now})
	n.end(detail, w.run.settle(failure))
}

// probeDirect goes to the target without the proxy, up to its chain. Nothing is
// sent inside.
func (w *walk) probeDirect() {
	t := w.lane.target
	found := w.run.lookup(w.run.ctx, lookupStep{lane: w.lane, parent: w.root, role: t.Role, purpose: evidence.Probe,
		probe: directProbe, host: t.Host, port: t.Port})
	if found.failed() || slices.ContainsFunc(found.addresses, netip.Addr.IsUnspecified) {
		return
	}
	conn, dial := w.run.dial(w.run.ctx, dialStep{lane: w.lane, parent: found.node, role: t.Role, purpose: evidence.Probe,
		probe: directProbe, addresses: found.addresses, port: t.Port})
	if conn != nil {
		w.shake(conn, dial, directProbe)
	}
}

// probePage asks for the target's page through the proxy.
func (w *walk) probePage(stands *node) {
	addr, err := netip.ParseAddrPort(stands.hop.Peer)
	if err != nil {
		return
	}
	d, t := w.planned.Decision, w.lane.target
	conn, dial := w.run.dial(w.run.ctx, dialStep{lane: w.lane, parent: stands.parent, role: evidence.Proxy, purpose: evidence.Probe,
		probe: blockPage, addresses: []netip.Addr{addr.Addr()}, port: atoi(d.Port), via: w.via()})
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	if d.Proxy().Scheme == "https" {
		if conn, dial = w.proxyHandshake(conn, dial, d, evidence.Probe, blockPage); conn == nil {
			return
		}
	}
	n := w.run.rec.begin(w.lane, step{op: evidence.OpRequest, role: evidence.Proxy, purpose: evidence.Probe,
		probe: blockPage, via: w.via(), peer: dial.hop.Peer, parent: dial})
	n.hop.Local = conn.LocalAddr().String()
	ctx, cancel := w.run.hop(w.run.ctx)
	defer cancel()
	detail, failure := tunnel.Page(ctx, conn, "http://"+t.Host+"/", tunnel.Request{UserAgent: browser,
		Scribe: w.run.cfg.Scribe, Now: w.run.net.Now})
	n.end(detail, w.run.settle(failure))
}
