package flows

import (
	"net"
	"net/netip"
	"slices"

	"pullpath/internal/evidence"
	"pullpath/internal/route"
)

// nameJobs returns the side probes that separate similar causes at a name, for a direct
// path that failed: whether SERVFAIL is due to signatures, and whether the address that
// another source gave is the host.
func (w *walk) nameJobs() []sideProbe {
	if w.proxied() || w.found == nil || w.planned.Decision.Reason == route.NoProxy {
		return nil
	}
	failed := w.failedHop()
	switch {
	case failed == nil:
		return nil
	case failed.Op == evidence.OpResolve && failed.Failure.Kind == evidence.ServFail:
		return []sideProbe{{kind: evidence.ProbeCheckingDisabled, run: func() { w.probeUnchecked(failed) }}}
	case !w.otherServerMayHelp(failed.Hop):
		return nil
	}
	if source, addr, ok := w.otherAnswer(); ok {
		return []sideProbe{{kind: evidence.ProbeFurtherAnswer, run: func() { w.probeAnswer(source, addr) }}}
	}
	return nil
}

// answerJobs returns the side probes of an address that may not be the name's: where a name
// made with the search list has it, the name itself is asked for; where nothing answers there,
// or something that is not the host, a name that cannot exist is (docs/rules.md, rule 7).
func (w *walk) answerJobs() []sideProbe {
	if w.proxied() || w.found == nil || w.found.failed() || w.found.hop.Peer == "" {
		return nil
	}
	failed := w.failedHop()
	var out []sideProbe
	if d := evidence.DetailOf[evidence.Resolve](w.found.hop.Hop); failed != nil && d.SearchName() != "" && !d.AskedBare() {
		out = append(out, sideProbe{kind: evidence.ProbeBareName, run: func() { w.probeBare(evidence.ProbeBareName, d.Name) }})
	}
	if w.run.cfg.Deep || failed != nil && w.looksWrong(failed.Hop) || w.refusedUnproven() {
		out = append(out, sideProbe{kind: evidence.ProbeInvalidLookup, once: true,
			run: func() { w.probeBare(evidence.ProbeInvalidLookup, invalidHost) }})
	}
	return out
}

// looksWrong: nothing answered at the address, or what answered did not show to be the host, or
// hosts of several owners have its address.
func (w *walk) looksWrong(failed evidence.Hop) bool {
	if failed.Op == evidence.OpDial {
		return true
	}
	if failed.Op == evidence.OpHandshake && failed.FailedWith(evidence.WrongName, evidence.NotTLS, evidence.Untrusted, evidence.Alert) {
		return true
	}
	return slices.ContainsFunc(w.run.planned(), func(o *walk) bool {
		return o.found != nil && !o.proxied() && evidence.Owner(o.log.target.Host) != evidence.Owner(w.log.target.Host) &&
			slices.ContainsFunc(o.found.addresses, func(a netip.Addr) bool { return slices.Contains(w.found.addresses, a) })
	})
}

// refusedUnproven: a request was answered in an unexpected way, and no certificate of the
// public web shows that the host did so.
func (w *walk) refusedUnproven() bool { return w.refused != nil && !w.session.public }

// probeBare asks the server that answered for a name as it is.
func (w *walk) probeBare(probe evidence.Probe, name string) {
	s := w.probing(probe, evidence.OpResolve, w.root)
	n := w.run.rec.begin(s)
	ctx, cancel := w.run.limit(w.run.ctx, s)
	defer cancel()
	server := evidence.DetailOf[evidence.Resolve](w.found.hop.Hop).Server
	w.run.record(n, w.run.net.Resolver.AskBare(ctx, server, name), s.probe)
}

// failedHop returns the hop at which the path failed, a refused handshake included;
// nil when it did not.
func (w *walk) failedHop() *openHop {
	n := w.session.broken
	if n == nil && w.session.hop != nil && !w.session.trusted {
		n = w.session.hop
	}
	if n == nil || n.Failure == nil {
		return nil
	}
	return n
}

// otherServerMayHelp: a connection or handshake failed at an address of the
// hosts file, or what answered the handshake did not show to be the host.
func (w *walk) otherServerMayHelp(h evidence.Hop) bool {
	if h.Op != evidence.OpDial && h.Op != evidence.OpHandshake {
		return false
	}
	pinned := evidence.DetailOf[evidence.Resolve](w.found.hop.Hop).Server == "hosts"
	return pinned || h.Op == evidence.OpHandshake && h.FailedWith(evidence.WrongName, evidence.NotTLS, evidence.Untrusted)
}

// otherAnswer returns an address that a further source gave and the path's did not
// have.
func (w *walk) otherAnswer() (*openHop, netip.Addr, bool) {
	for _, n := range w.found.further {
		if n.State != evidence.OK || n.Probe != evidence.ProbeFurtherResolver {
			continue
		}
		for _, text := range evidence.DetailOf[evidence.Resolve](n.Hop).Addresses {
			addr, err := netip.ParseAddr(text)
			if err == nil && !addr.IsUnspecified() && !addr.IsLoopback() && !slices.Contains(w.found.addresses, addr) {
				return n, addr, true
			}
		}
	}
	return nil, netip.Addr{}, false
}

// probeUnchecked asks the server that failed again, without checks of
// signatures.
func (w *walk) probeUnchecked(failed *openHop) {
	d := evidence.DetailOf[evidence.Resolve](failed.Hop)
	s := w.probing(evidence.ProbeCheckingDisabled, evidence.OpResolve, failed.parent)
	n := w.run.rec.begin(s)
	ctx, cancel := w.run.limit(w.run.ctx, s)
	defer cancel()
	w.run.record(n, w.run.net.Resolver.AskUnchecked(ctx, d.Server, d.Name), s.probe)
}

// probeAnswer dials the address that another source gave and shakes hands with
// it for the host's name. Nothing is sent inside.
func (w *walk) probeAnswer(source *openHop, addr netip.Addr) {
	t := w.log.target
	conn, dial := w.run.dial(w.run.ctx, w.probing(evidence.ProbeFurtherAnswer, evidence.OpDial, source), at(addr, t.Port))
	if conn == nil {
		return
	}
	w.shake(conn, dial, evidence.ProbeFurtherAnswer)
}

// shake makes a TLS handshake for the host's name over a dialled connection, in a side
// probe, and ends the connection.
func (w *walk) shake(conn net.Conn, parent *openHop, probe evidence.Probe) {
	defer func() { _ = conn.Close() }()
	w.shakeAs(conn, parent, helloProbe{kind: probe, name: w.log.target.Host, shape: w.run.cfg.shape().hello()}, w.log.target.Role)
}
