package flows

import (
	"net"
	"net/netip"

	"pullpath/internal/evidence"
	"pullpath/internal/route"
	"pullpath/tlsinspect"
)

// walk is the path to one target.
type walk struct {
	run     *run
	planned Planned
	lane    *lane
	// ticket is the place in the proxy's credential gate, nil without credentials.
	ticket *ticket
	// done is closed when the path was walked once. reached, broke and found stay as
	// they are from then on: what that walk came to, for whatever shares the host.
	done    chan struct{}
	reached bool
	// broke is the hop at which the walk ended that did not reach the target.
	broke *node
	// found is the look-up of a direct path, nil before it was made.
	found   *lookup
	session session
	// root is the setting hop, which every path to the target begins with.
	root *node
	// refused is the last request that failed, of the first conversation in the plan
	// that had one.
	refused *refusal
}

// walk goes setting, look-up, TCP, CONNECT and TLS, and leaves the connection
// in the session. What a failed hop makes pointless is recorded as skipped.
func (w *walk) walk() {
	if w.ticket != nil {
		defer w.ticket.leave()
	}
	w.root = w.setting()
	if w.planned.Unspoken != "" {
		w.skip(w.root, evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest)
		w.broke = w.root
		return
	}
	if w.proxied() && !w.run.cfg.NoProbes && !w.givesAddress() {
		w.lookBeside(w.root)
	}
	conn, last := w.reopen()
	if conn == nil {
		w.session.broken = last
	} else {
		w.handshake(conn, last)
	}
	w.reached, w.broke = w.session.alive(), w.session.broken
	if w.planned.AllowListOnly {
		w.checkAllowList()
	}
}

func (w *walk) proxied() bool { return w.planned.Decision.Kind == route.Proxy }

func (w *walk) via() string {
	if w.proxied() {
		return w.planned.Decision.ProxyText
	}
	return ""
}

// setting records which way was decided, and fails where the client cannot do
// what the setting means. The walk then goes the way that the client would.
func (w *walk) setting() *node {
	d := w.planned.Decision
	n := w.run.rec.begin(w.lane, step{op: evidence.OpSetting, role: w.lane.target.Role, purpose: evidence.Path})
	detail, broken := settingDetail(d)
	detail.Client, detail.Daemon = w.run.cfg.shape().Tool, w.run.cfg.shape().Daemon
	n.end(detail, broken)
	w.others(n)
	w.storedLogin(n)
	return n
}

// direct looks the target up and dials it.
func (w *walk) direct() (net.Conn, *node) {
	rest := []evidence.Op{evidence.OpDial, evidence.OpHandshake, evidence.OpRequest}
	t := w.lane.target
	host, port := w.run.detour(t.Host, t.Port)
	found := w.run.lookup(w.run.ctx, lookupStep{lane: w.lane, parent: w.root, role: t.Role, purpose: evidence.Path, host: host, port: port})
	w.keep(found)
	if found.failed() {
		w.skip(found.node, rest...)
		return nil, found.node
	}
	conn, dial := w.run.dial(w.run.ctx, dialStep{lane: w.lane, parent: found.node, role: t.Role, purpose: evidence.Path,
		addresses: found.addresses, port: port})
	if conn == nil {
		w.skip(dial, rest[1:]...)
	}
	return conn, dial
}

// keep holds on to the look-up of the target that the walk made; one for a connection
// made anew is not looked at again.
func (w *walk) keep(found *lookup) {
	if w.found == nil {
		w.found = found
	}
}

// reopen makes a connection to the target by its route, up to TLS.
func (w *walk) reopen() (net.Conn, *node) {
	if w.proxied() {
		return w.throughProxy()
	}
	return w.direct()
}

// throughProxy dials the proxy and asks it for a tunnel.
func (w *walk) throughProxy() (net.Conn, *node) {
	rest := []evidence.Op{evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest}
	d := w.planned.Decision
	found := w.run.lookupProxy(w.run.ctx, d)
	if found.failed() {
		w.skip(found.node, rest...)
		return nil, found.node
	}
	conn, dial := w.run.dial(w.run.ctx, dialStep{lane: w.lane, parent: found.node, role: evidence.Proxy, purpose: evidence.Path,
		addresses: found.addresses, port: atoi(d.Port), via: w.via()})
	if conn == nil {
		w.skip(dial, rest[1:]...)
		return nil, dial
	}
	if d.Proxy().Scheme == "https" {
		if conn, dial = w.proxyTLS(conn, dial); conn == nil {
			w.skip(dial, rest[1:]...)
			return nil, dial
		}
	}
	return w.tunnel(conn, dial)
}

// lookBeside starts the local look-up of a proxied target: it decides nothing,
// and is what misleads most. Nothing waits for it; one that is still open when
// the paths were walked and a moment has passed is given up.
func (w *walk) lookBeside(setting *node) {
	t := w.lane.target
	begun := w.run.rec.begin(w.lane, step{op: evidence.OpResolve, role: t.Role, purpose: evidence.Probe, probe: "local-lookup", parent: setting})
	w.run.side.Go(func() {
		w.run.lookup(w.run.sideCtx, lookupStep{lane: w.lane, parent: setting, role: t.Role, purpose: evidence.Probe,
			probe: "local-lookup", host: t.Host, port: t.Port, first: begun})
		if w.run.sideCtx.Err() != nil && begun.failed() {
			begun.giveUp()
		}
	})
}

// skip records what a hop of this lane made pointless.
func (w *walk) skip(because *node, ops ...evidence.Op) { w.skipFor(because, because, ops...) }

// skipFor records steps of this lane that were left out because of a hop that
// may be another lane's. For a host without requests of its own the request is
// not part of the plan.
func (w *walk) skipFor(parent, because *node, ops ...evidence.Op) {
	if last := len(ops) - 1; last >= 0 && ops[last] == evidence.OpRequest && w.lane.target.Role != evidence.Registry {
		ops = ops[:last]
	}
	w.run.rec.skip(w.lane, parent, because, w.lane.target.Role, ops...)
}

// proxyTLS shakes hands with an https:// proxy.
func (w *walk) proxyTLS(conn net.Conn, dial *node) (net.Conn, *node) {
	return w.proxyHandshake(conn, dial, w.planned.Decision, evidence.Path, "")
}

// proxyHandshake is proxyTLS for any proxy, on the path or probing.
func (w *walk) proxyHandshake(conn net.Conn, dial *node, d route.Decision, purpose evidence.Purpose, probe string) (net.Conn, *node) {
	n := w.run.rec.begin(w.lane, step{op: evidence.OpHandshake, role: evidence.Proxy, purpose: purpose, probe: probe,
		via: d.ProxyText, peer: dial.hop.Peer, parent: dial})
	n.hop.Local = conn.LocalAddr().String()
	ctx, cancel := w.run.wait(w.run.ctx, evidence.OpHandshake)
	defer cancel()
	res := tlsinspect.Handshake(ctx, conn, w.run.tlsOptions(d.Host))
	n.end(res.Detail, w.run.settle(res.Failure))
	if res.Failure != nil {
		_ = conn.Close()
		return nil, n
	}
	return res.Conn, n
}

func (r *run) tlsOptions(name string) tlsinspect.Options {
	return tlsinspect.Options{ServerName: name, Stores: r.cfg.Stores, Logs: r.cfg.Logs, NoLogs: r.cfg.NoLogs, Now: r.net.Now, Scribe: r.cfg.Scribe,
		Shape: r.cfg.shape().hello}
}

// handshake makes TLS with the target and puts the connection into the session.
func (w *walk) handshake(conn net.Conn, parent *node) {
	t := w.lane.target
	n := w.run.rec.begin(w.lane, step{op: evidence.OpHandshake, role: t.Role, purpose: evidence.Path,
		via: w.via(), peer: parent.hop.Peer, parent: parent})
	n.hop.Local = conn.LocalAddr().String()
	ctx, cancel := w.run.wait(w.run.ctx, evidence.OpHandshake)
	defer cancel()
	opts := w.run.tlsOptions(t.Host)
	res := tlsinspect.Handshake(ctx, conn, opts)
	n.end(res.Detail, w.run.settle(res.Failure))
	w.run.chains.add(taken{node: n, lane: w.lane, chain: res.Chain, opts: opts})
	w.session.node = n
	w.session.trusted = res.Failure == nil
	w.session.public = res.Detail.Public()
	if res.Conn == nil {
		_ = conn.Close()
		w.session.broken = n
		w.skip(n, evidence.OpRequest)
		return
	}
	w.session.refused = res.Failure != nil
	w.session.attach(res.Conn)
}

// detour applies --connect-to.
func (r *run) detour(host string, port int) (string, int) {
	for _, d := range r.cfg.Detours {
		if (d.FromHost == "" || equalHost(d.FromHost, host)) && (d.FromPort == 0 || d.FromPort == port) {
			if d.ToHost != "" {
				host = d.ToHost
			}
			if d.ToPort != 0 {
				port = d.ToPort
			}
			return host, port
		}
	}
	return host, port
}

// pinned applies --resolve.
func (r *run) pinned(host string, port int) (netip.Addr, bool) {
	for _, p := range r.cfg.Pins {
		if equalHost(p.Host, host) && p.Port == port {
			addr, err := netip.ParseAddr(p.Address)
			return addr, err == nil
		}
	}
	return netip.Addr{}, false
}
