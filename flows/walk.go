package flows

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/route"
	"pullpath/internal/settings"
	"pullpath/internal/way"
	"pullpath/tlsinspect"
)

// walk is the path to one target.
type walk struct {
	run     *run
	planned Planned
	log     *targetLog
	// place is the walk's place in the queue of the proxy's login, nil without one.
	place *place
	// done is closed when the path was walked once. reached, broke and found stay as
	// they are from then on: what that walk came to, for whatever shares the host.
	done    chan struct{}
	reached bool
	// broke is the hop at which the walk ended that did not reach the target.
	broke *openHop
	// found is the look-up of a direct path, nil before it was made.
	found   *lookup
	session session
	// root is the setting hop, which every path to the target begins with.
	root *openHop
	// plain means that the target is spoken to in HTTP without TLS, http1 that HTTP/2 is not
	// offered.
	plain, http1 bool
	// fellBack means that it went on in plain HTTP after https came to nothing.
	fellBack bool
	// node, where set, is the one address to go to.
	node netip.Addr
	// refused is the last request that failed, of the first conversation in the plan
	// that had one.
	refused *refusal
}

// walk goes setting, look-up, TCP, CONNECT and TLS, and leaves the connection
// in the session. What a failed hop makes pointless is recorded as skipped.
func (w *walk) walk() {
	if w.place != nil {
		defer w.place.Leave()
	}
	why, find := w.unknown()
	unknown := why != ""
	w.root = w.setting(why, find)
	if w.planned.blocked != nil {
		w.root = w.blocked()
	}
	if w.planned.Unspoken != "" || w.planned.blocked != nil || unknown || w.proxied() && w.planned.Decision.OfLogin {
		w.skip(w.root, evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest)
		w.broke = w.root
		return
	}
	if w.proxied() && !w.run.cfg.NoProbes && !w.givesAddress() {
		w.lookBeside(w.root)
	}
	begun := w.run.rec.begun(w.log)
	w.secure(w.reopen())
	w.furtherWays(begun)
	if w.mayBePlain() {
		w.withoutTLS(begun)
	}
	w.reached, w.broke = w.session.alive(), w.session.broken
	if w.run.cfg.PAC != nil && !w.reached {
		w.run.rec.decides(w.broke)
	}
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

// step returns a step of the path towards the target.
func (w *walk) step(op evidence.Op, parent *openHop) step {
	return step{log: w.log, op: op, role: w.log.target.Role, parent: parent}
}

// proxyStep returns a step towards the walk's proxy, of the path or of a side probe.
func (w *walk) proxyStep(probe evidence.Probe, parent *openHop) step {
	return step{log: w.log, role: evidence.Proxy, probe: probe, via: w.via(), parent: parent}
}

// probing returns a step of a side probe towards the target.
func (w *walk) probing(probe evidence.Probe, op evidence.Op, parent *openHop) step {
	s := w.step(op, parent)
	s.probe = probe
	return s
}

// setting records which way was decided, and fails where the client cannot do what the
// setting asks. The walk then takes the way that the client would; why it is unknown, where
// it is, and how to find it.
func (w *walk) setting(why, find string) *openHop {
	d := w.planned.Decision
	detail, broken := way.Detail(d)
	detail.Client, detail.Daemon = w.run.cfg.shape().Tool, w.run.cfg.shape().Daemon
	detail.Remarks = slices.Concat(detail.Remarks, remarks(w.planned.Remarks), w.run.cfg.Recalled.Remarks[w.log.target.ID])
	if own := w.run.cfg.Own; own != nil {
		detail.Remarks = append(detail.Remarks, remarks(settings.Deciding(own.Remarks))...)
		insideOf(&detail, *own)
		if own.Lost != "" && d.Kind == route.Proxy {
			detail.Outcome, detail.Why = evidence.OutcomeError, own.Lost
		}
	}
	if w.run.cfg.PAC != nil {
		_, said := w.run.cfg.PAC(w.log.target.URL())
		detail.Answer = &said
	}
	if why != "" {
		detail.Outcome, detail.Why, detail.Find, broken = evidence.OutcomeUnknown, why, find, nil
	}
	n := w.run.rec.record(w.step(evidence.OpSetting, nil), detail, broken)
	w.storedLogin(n)
	return n
}

// unknown says why the way to the target cannot be told from here, and how to find out: what
// the client does, or which servers it asks for the first name. Both are empty where it can.
func (w *walk) unknown() (why, find string) {
	if why := w.run.cfg.unknown(); why != "" {
		return why, w.run.cfg.Own.Find
	}
	first := w.run.detour(w.log.target.Endpoint)
	if w.proxied() {
		first = proxyOf(w.planned.Decision)
	}
	_, pinned := w.run.pinned(first)
	if pinned || first.Host == "" || w.node.IsValid() || w.run.net.Resolver.CanAsk(first.Host) {
		return "", ""
	}
	return w.run.net.Resolver.Unknown, "run: cat /etc/resolv.conf"
}

// asked is the target as it is asked now: a client that goes on in plain HTTP takes the port of
// http where the image's name has none.
func (w *walk) asked() evidence.Target {
	t := w.log.target
	t.Plain = w.plain
	if w.fellBack && t.Port == httpsPort {
		t.Port = httpPort
	}
	return t
}

const httpsPort, httpPort = 443, 80

// direct looks the target up and dials it.
func (w *walk) direct() (net.Conn, *openHop) {
	rest := []evidence.Op{evidence.OpDial, evidence.OpHandshake, evidence.OpRequest}
	to := w.run.detour(w.asked().Endpoint)
	if w.node.IsValid() {
		return w.run.dial(w.run.ctx, w.step(evidence.OpDial, w.root), at(w.node, to.Port))
	}
	found := w.run.lookup(w.run.ctx, w.step(evidence.OpResolve, w.root), to)
	w.keep(found)
	if found.failed() {
		w.skip(found.hop, rest...)
		return nil, found.hop
	}
	conn, dial := w.run.dial(w.run.ctx, w.step(evidence.OpDial, found.hop), destination{
		addresses: beginningAt(w.run.cfg.Turn.Host, found.addresses), port: to.Port})
	if conn == nil {
		w.skip(dial, rest[1:]...)
	}
	return conn, dial
}

// keep stores the look-up of the target that the walk made; the look-up of a connection
// made anew is not used again.
func (w *walk) keep(found *lookup) {
	if w.found == nil {
		w.found = found
	}
}

// reopen makes a connection to the target by its route, up to TLS.
func (w *walk) reopen() (net.Conn, *openHop) {
	if w.proxied() {
		return w.throughProxy()
	}
	return w.direct()
}

// throughProxy dials the proxy and asks it for a tunnel.
func (w *walk) throughProxy() (net.Conn, *openHop) {
	rest := []evidence.Op{evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest}
	d := w.planned.Decision
	found := w.run.lookupProxy(w.run.ctx, d)
	if found.failed() {
		w.skip(found.hop, rest...)
		return nil, found.hop
	}
	s := w.proxyStep("", found.hop)
	conn, dial := w.run.dial(w.run.ctx, s, destination{
		addresses: beginningAt(w.run.cfg.Turn.Proxy, found.addresses), port: atoi(d.Port)})
	if conn == nil {
		w.skip(dial, rest[1:]...)
		return nil, dial
	}
	if d.Proxy().Scheme == "https" {
		if conn, dial = w.run.proxyHandshake(s.on(dial), conn, d); conn == nil {
			w.skip(dial, rest[1:]...)
			return nil, dial
		}
	}
	if w.byURL() {
		return conn, dial
	}
	return w.tunnel(conn, dial)
}

// lookBeside starts the local look-up of a proxied target: it decides nothing,
// and is what misleads most. Nothing waits for it; one that is still open when
// the paths were walked and a moment has passed is given up.
func (w *walk) lookBeside(setting *openHop) {
	s := w.probing(evidence.ProbeLocalLookup, evidence.OpResolve, setting)
	begun := w.run.rec.begin(s)
	w.run.side.Go(func() {
		w.run.lookupInto(w.run.sideCtx, begun, s, w.log.target.Endpoint)
		if w.run.sideCtx.Err() != nil && begun.failed() {
			begun.giveUp()
		}
	})
}

// skip records what a hop of this log made pointless.
func (w *walk) skip(because *openHop, ops ...evidence.Op) { w.skipFor(because, because, ops...) }

// skipFor records steps of this log that were left out because of a hop, which may
// belong to another log. For a host without requests of its own the request is not part
// of the plan.
func (w *walk) skipFor(parent, because *openHop, ops ...evidence.Op) {
	if last := len(ops) - 1; last >= 0 && ops[last] == evidence.OpRequest && !w.log.target.Role.HasImages() {
		ops = ops[:last]
	}
	w.run.rec.skip(w.log, parent, because, w.log.target.Role, slices.DeleteFunc(ops, w.leavesOut)...)
}

// leavesOut reports whether a step is not part of the way to a target: what is spoken to in
// plain HTTP has no handshake, and a proxy that is asked for its URLs gives no tunnel.
func (w *walk) leavesOut(op evidence.Op) bool {
	return w.plain && (op == evidence.OpHandshake || op == evidence.OpTunnel && w.byURL())
}

// proxyHandshake makes TLS with an https:// proxy and closes the connection where that
// fails.
func (r *run) proxyHandshake(s step, conn net.Conn, d route.Decision) (net.Conn, *openHop) {
	s.role = evidence.Proxy
	opts := r.tlsOptions(d.Host)
	res, n := r.shakeHands(s, conn, opts)
	r.proxyChains.add(taken{hop: n, log: s.log, chain: res.Chain, opts: opts})
	if res.Failure != nil {
		_ = conn.Close()
		return nil, n
	}
	return res.Conn, n
}

// tlsOptions are those of a handshake at the walk's target, for whatever name.
func (w *walk) tlsOptions(name string) tlsinspect.Options {
	opts := w.run.tlsOptions(name)
	opts.At = w.log.target.URLHost()
	opts.Stores = opts.Stores.At(opts.At)
	return opts
}

func (r *run) tlsOptions(name string) tlsinspect.Options {
	return tlsinspect.Options{ServerName: name, Stores: r.cfg.Stores, Logs: r.cfg.Logs, NoLogs: r.cfg.NoLogs, Now: r.net.Now,
		Scribe: r.cfg.Scribe, Shape: r.cfg.shape().hello(), KeyLog: r.net.KeyLog}
}

// mayBePlain reports whether the client asks in plain HTTP after what broke: where TLS is not spoken,
// and where the port of https is shut, which is not that of http
// (https://github.com/moby/moby/blob/v28.5.2/registry/service_v2.go, lookupV2Endpoints).
func (w *walk) mayBePlain() bool {
	if !w.planned.Insecure || w.planned.TLSOnly || w.session.alive() {
		return false
	}
	op := w.session.broken.Op
	return op == evidence.OpHandshake || w.log.target.Port == httpsPort && (op == evidence.OpDial || op == evidence.OpTunnel)
}

// withoutTLS asks in plain HTTP where TLS is not spoken, as a client does that is told that
// the registry may be without. The hops since one place of the log were the attempt with TLS.
func (w *walk) withoutTLS(begun int) {
	w.run.rec.relabel(w.log, begun, evidence.ProbeTLSFirst)
	w.plain, w.fellBack = true, true
	w.run.rec.inPlain(w.log)
	w.planned.Decision = w.run.cfg.decide(&url.URL{Scheme: "http", Host: w.asked().URLHost(), Path: "/"})
	w.secure(w.reopen())
}

// blocked records that the client's configuration forbids what is asked for.
func (w *walk) blocked() *openHop {
	entry := w.planned.blocked
	return w.run.rec.record(w.step(evidence.OpSetting, w.root), evidence.Setting{Decision: evidence.RegistryDecision,
		Client: w.run.cfg.shape().Tool, Source: entry.Source, Value: entry.Entry},
		evidence.Fail(evidence.Invalid, "the client's registry configuration blocks "+entry.Entry, nil))
}

// secure makes TLS with the target over a connection, or takes the connection as it is for a
// target that is spoken to in plain HTTP. Without a connection the hop that broke is kept.
func (w *walk) secure(conn net.Conn, last *openHop) {
	switch {
	case conn == nil:
		w.session.broken = last
	case w.plain:
		w.session.hop, w.session.trusted, w.session.plain, w.session.absolute = last, true, true, w.byURL()
		w.session.attach(conn)
	default:
		w.handshake(conn, last)
	}
}

// byURL reports whether a proxy is asked for the target's URLs, without a tunnel.
func (w *walk) byURL() bool {
	return w.plain && w.proxied() && strings.HasPrefix(w.planned.Decision.Proxy().Scheme, "http")
}

// handshake makes TLS with the target and puts the connection into the session.
func (w *walk) handshake(conn net.Conn, parent *openHop) {
	t := w.log.target
	opts := w.tlsOptions(t.Host)
	opts.Unverified = w.planned.Insecure
	if w.run.cfg.shape().speaks.HTTP2 && !w.http1 {
		opts.ALPN = []string{"h2", "http/1.1"} // net/http, transport.go
	}
	s := w.step(evidence.OpHandshake, parent)
	s.via = w.via()
	res, n := w.run.shakeHands(s.on(parent), conn, opts)
	w.run.chains.add(taken{hop: n, log: w.log, chain: res.Chain, opts: opts})
	w.session.hop = n
	w.session.trusted = res.Failure == nil
	w.session.public, w.session.unverified = res.Detail.Public(), w.planned.Insecure && !res.Detail.Public()
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
func (r *run) detour(at evidence.Endpoint) evidence.Endpoint {
	for _, d := range r.cfg.Detours {
		if (d.FromHost == "" || equalHost(d.FromHost, at.Host)) && (d.FromPort == 0 || d.FromPort == at.Port) {
			return evidence.Endpoint{Host: cmp.Or(d.ToHost, at.Host), Port: cmp.Or(d.ToPort, at.Port)}
		}
	}
	return at
}

// pinned applies --resolve.
func (r *run) pinned(at evidence.Endpoint) (netip.Addr, bool) {
	for _, p := range r.cfg.Pins {
		if at.Is(evidence.Endpoint{Host: p.Host, Port: p.Port}) {
			addr, err := netip.ParseAddr(p.Address)
			return addr, err == nil
		}
	}
	return netip.Addr{}, false
}
