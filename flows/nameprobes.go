package flows

import (
	"net"
	"net/netip"
	"slices"

	"pullpath/internal/evidence"
	"pullpath/internal/route"
)

// Names of the side probes that ask what a look-up meant.
const (
	checkingDisabled = "checking-disabled"
	furtherAnswer    = "further-answer"
)

// nameJobs are the side probes that tell look-alikes of a name apart, for a
// direct path that failed: whether SERVFAIL is a matter of signatures, and
// whether the address that another source gave is the host.
func (w *walk) nameJobs() []sideProbe {
	if w.proxied() || w.found == nil || w.planned.Decision.Reason == route.NoProxy {
		return nil
	}
	failed := w.failedHop()
	switch {
	case failed == nil:
		return nil
	case failed.hop.Op == evidence.OpResolve && failed.hop.Failure.Kind == evidence.ServFail:
		return []sideProbe{{kind: checkingDisabled, run: func() { w.probeUnchecked(failed) }}}
	case !w.otherServerMayHelp(failed.hop):
		return nil
	}
	if source, addr, ok := w.otherAnswer(); ok {
		return []sideProbe{{kind: furtherAnswer, run: func() { w.probeAnswer(source, addr) }}}
	}
	return nil
}

// failedHop is the hop at which the path failed, a refused handshake included;
// nil when it did not.
func (w *walk) failedHop() *node {
	n := w.session.broken
	if n == nil && w.session.node != nil && !w.session.trusted {
		n = w.session.node
	}
	if n == nil || n.hop.Failure == nil {
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
	pinned := evidence.DetailOf[evidence.Resolve](w.found.node.hop).Server == "hosts"
	return pinned || h.Op == evidence.OpHandshake && h.FailedWith(evidence.WrongName, evidence.NotTLS, evidence.Untrusted)
}

// otherAnswer is an address that a further source gave and the path's did not
// have.
func (w *walk) otherAnswer() (*node, netip.Addr, bool) {
	for _, n := range w.found.further {
		if n.hop.State != evidence.OK || n.hop.Probe != furtherResolver {
			continue
		}
		for _, text := range evidence.DetailOf[evidence.Resolve](n.hop).Addresses {
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
func (w *walk) probeUnchecked(failed *node) {
	d := evidence.DetailOf[evidence.Resolve](failed.hop)
	n := w.run.rec.begin(w.lane, step{op: evidence.OpResolve, role: w.lane.target.Role, purpose: evidence.Probe,
		probe: checkingDisabled, parent: failed.parent})
	ctx, cancel := w.run.hop(w.run.ctx)
	defer cancel()
	w.run.record(n, w.run.net.Resolver.AskUnchecked(ctx, d.Server, d.Name), evidence.Probe)
}

// probeAnswer dials the address that another source gave and shakes hands with
// it for the host's name. Nothing is sent inside.
func (w *walk) probeAnswer(source *node, addr netip.Addr) {
	t := w.lane.target
	conn, dial := w.run.dial(w.run.ctx, dialStep{lane: w.lane, parent: source, role: t.Role, purpose: evidence.Probe,
		probe: furtherAnswer, addresses: []netip.Addr{addr}, port: t.Port})
	if conn == nil {
		return
	}
	w.shake(conn, dial, furtherAnswer)
}

// shake shakes hands with what was dialled for the host's name, in a side probe,
// and ends the connection.
func (w *walk) shake(conn net.Conn, parent *node, probe string) {
	defer func() { _ = conn.Close() }()
	w.shakeAs(conn, parent, helloProbe{kind: probe, name: w.lane.target.Host, shape: w.run.cfg.shape().hello}, w.lane.target.Role)
}
