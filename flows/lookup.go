package flows

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strconv"

	"pullpath/internal/evidence"
	"pullpath/internal/route"
	"pullpath/resolve"
)

// lookup is the outcome of asking a name: the hop that the walk stands on, and
// the addresses.
type lookup struct {
	node      *node
	addresses []netip.Addr
	// further are the hops of the sources that did not count. They are complete
	// when the run's side probes have ended.
	further []*node
	ready   chan struct{}
}

func (l *lookup) failed() bool { return len(l.addresses) == 0 }

type lookupStep struct {
	lane    *lane
	parent  *node
	role    evidence.Role
	purpose evidence.Purpose
	probe   string
	host    string
	port    int
	// via is the proxy that the address is for, empty where it is dialled.
	via string
	// first is the hop to use for the first answer where it was begun before.
	first *node
}

// lookup asks a name and records one hop per source. Servers that were asked
// besides the one that counts are probes.
func (r *run) lookup(ctx context.Context, s lookupStep) *lookup {
	first := s.first
	if first == nil {
		first = r.begin(s)
	}
	if addr, ok := r.pinned(s.host, s.port); ok {
		first.end(evidence.Resolve{Name: s.host, Server: "--resolve", Addresses: []string{addr.String()}}, nil)
		return &lookup{node: first, addresses: []netip.Addr{addr}}
	}
	options := r.asked(s)
	ctx, cancel := r.wait(ctx, evidence.OpResolve)
	sources := r.net.Resolver.Ask(ctx, s.host, options)
	if !options.All {
		cancel() // what is still under way is not waited for, and is recorded so
	}
	out, open := r.collect(sources, first, s, options.All)
	r.finish(open, cancel)
	return out
}

// open are the sources of a look-up that did not answer yet, before and after
// the one that counts.
type open struct{ before, after []func() }

// collect makes a hop of every source, in their order. Those that may go on are
// left open.
func (r *run) collect(sources []*resolve.Source, first *node, s lookupStep, mayGoOn bool) (*lookup, open) {
	out, left := &lookup{node: first}, open{}
	chosen := false
	for i, source := range sources {
		n := first
		if i > 0 {
			n = r.beginBeside(first, s)
		}
		if mayGoOn && !source.Answered() {
			n.hop.Purpose, n.hop.Probe = evidence.Probe, furtherResolver
			out.further = append(out.further, n)
			record := func() { r.record(n, source.Answer(), s.purpose) }
			if chosen {
				left.after = append(left.after, record)
			} else {
				left.before = append(left.before, record)
			}
			continue
		}
		a := source.Answer()
		r.record(n, a, s.purpose)
		if a.Chosen {
			out.node, out.addresses, chosen = n, a.Addresses(), true
		} else {
			out.further = append(out.further, n)
		}
	}
	return out, left
}

// asked says whom a look-up asks. On the path every server is asked at once;
// nobody waits for those that the client would not wait for. The host's own
// ways are compared for the first few names.
func (r *run) asked(s lookupStep) resolve.Options {
	all := s.purpose == evidence.Path && !r.cfg.NoProbes
	early := s.lane == nil || len(s.lane.order) == 1 && s.lane.order[0] < maxTries
	return resolve.Options{All: all, Ways: all && early}
}

// finish records in the background what the walk does not wait for. A server
// that stands before the one that counts is waited for by the client, so the
// run gives it a hop's time; one behind it is given up with the side probes.
func (r *run) finish(left open, cancel context.CancelFunc) {
	records := slices.Concat(left.before, left.after)
	work := func() {
		defer cancel()
		for _, record := range records {
			record()
		}
	}
	switch {
	case len(records) == 0:
		cancel()
	case len(left.before) > 0:
		r.wg.Go(work)
	default:
		r.side.Go(func() {
			stop := context.AfterFunc(r.sideCtx, cancel)
			defer stop()
			work()
		})
	}
}

// record closes the hop of one source. One that was given up before it had the
// time in which any server answers was not looked at.
func (r *run) record(n *node, a resolve.Answer, purpose evidence.Purpose) {
	n.answer(a, r.settle(a.Failure), purpose)
	if !a.Chosen && a.Failure != nil && errors.Is(a.Failure, context.Canceled) && (a.Way || a.Took < resolve.Hedge) {
		n.giveUp()
	}
}

func (r *run) begin(s lookupStep) *node {
	return r.rec.begin(s.lane, step{op: evidence.OpResolve, role: s.role, purpose: s.purpose, probe: s.probe, via: s.via, parent: s.parent})
}

func (r *run) beginBeside(first *node, s lookupStep) *node {
	return r.rec.begin(s.lane, step{op: evidence.OpResolve, role: s.role, purpose: s.purpose, probe: s.probe, via: s.via, parent: s.parent, beside: first})
}

// Names of the side probes of look-ups.
const (
	furtherResolver = "further-resolver"
	systemLookup    = "system-lookup"
)

// answer closes the hop with what one source said.
func (n *node) answer(a resolve.Answer, failure *evidence.Failure, purpose evidence.Purpose) {
	n.hop.At, n.hop.BeganMS = a.Began.UTC().Truncate(millisecond), ms(a.Began.Sub(n.rec.started))
	n.hop.Peer, n.hop.Local = a.Peer, a.Local
	if !a.Chosen && purpose == evidence.Path {
		n.hop.Purpose, n.hop.Probe = evidence.Probe, furtherResolver
	}
	if a.Way {
		n.hop.Purpose, n.hop.Probe = evidence.Probe, systemLookup
	}
	n.endAfter(a.Took, a.Detail, failure)
}

// lookupProxy asks the proxy's name once for all targets that use it.
func (r *run) lookupProxy(ctx context.Context, d route.Decision) *lookup {
	key := targetID(d.Host, atoi(d.Port))
	r.mu.Lock()
	l, ok := r.names[key]
	if !ok {
		l = &lookup{ready: make(chan struct{})}
		r.names[key] = l
	}
	r.mu.Unlock()
	if ok {
		<-l.ready
		return l
	}
	defer close(l.ready)
	found := r.lookup(ctx, lookupStep{role: evidence.Proxy, purpose: evidence.Path, host: d.Host, port: atoi(d.Port)})
	found.node.hop.Via = d.ProxyText
	l.node, l.addresses = found.node, found.addresses
	return l
}

// atoi reads a port that was checked before; 0 for none.
func atoi(port string) int {
	n, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	return n
}

// equalHost tells that two names are one host's.
func equalHost(a, b string) bool { return evidence.HostName(a) == evidence.HostName(b) }
