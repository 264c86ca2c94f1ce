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
	hop       *openHop
	addresses []netip.Addr
	// further are the hops of the sources that did not count. They are complete
	// when the run's side probes have ended.
	further []*openHop
	ready   chan struct{}
}

func (l *lookup) failed() bool { return len(l.addresses) == 0 }

// lookup looks a name up and records one hop per source. Servers other than the one that
// counts are probes. The port is that of --resolve.
func (r *run) lookup(ctx context.Context, s step, to evidence.Endpoint) *lookup {
	s.op = evidence.OpResolve
	return r.lookupInto(ctx, r.rec.begin(s), s, to)
}

// lookupInto is lookup with a hop for the first answer that was begun before.
func (r *run) lookupInto(ctx context.Context, first *openHop, s step, to evidence.Endpoint) *lookup {
	s.op = evidence.OpResolve
	if addr, ok := r.pinned(to); ok {
		first.end(evidence.Resolve{Name: to.Host, Server: "--resolve", Addresses: []string{addr.String()}}, nil)
		return &lookup{hop: first, addresses: []netip.Addr{addr}}
	}
	if !r.net.Resolver.CanAsk(to.Host) {
		first.end(evidence.Resolve{Name: to.Host}, nil)
		first.giveUp()
		return &lookup{hop: first}
	}
	options := r.asked(s)
	ctx, cancel := r.limit(ctx, s)
	sources := r.net.Resolver.Ask(first.within(ctx), to.Host, options)
	if !options.All {
		cancel() // what is still under way is not waited for, and is recorded so
	}
	out, open := r.collect(sources, first, s, options.All)
	r.finishLookup(open, cancel)
	return out
}

// open are the sources of a look-up that did not answer yet, before and after
// the one that counts.
type open struct{ before, after []func() }

// collect makes a hop of every source, in their order. Those that may go on are
// left open.
func (r *run) collect(sources []*resolve.Source, first *openHop, s step, mayGoOn bool) (*lookup, open) {
	out, left := &lookup{hop: first}, open{}
	chosen := false
	for i, source := range sources {
		n := first
		if i > 0 {
			beside := s
			beside.attachTo = first
			n = r.rec.begin(beside)
		}
		if mayGoOn && !source.Answered() {
			n.Purpose, n.Probe = evidence.Probing, evidence.ProbeFurtherResolver
			out.further = append(out.further, n)
			record := func() { r.record(n, source.Answer(), s.probe) }
			if chosen {
				left.after = append(left.after, record)
			} else {
				left.before = append(left.before, record)
			}
			continue
		}
		a := source.Answer()
		r.record(n, a, s.probe)
		if a.Chosen {
			out.hop, out.addresses, chosen = n, a.Addresses(), true
		} else {
			out.further = append(out.further, n)
		}
	}
	return out, left
}

// asked returns whom a look-up asks. On the path every server is asked at once, and only
// those that the client would wait for are waited for. The host's own ways of looking up
// are compared for the first few names.
func (r *run) asked(s step) resolve.Options {
	all := s.probe == "" && !r.cfg.NoProbes
	early := s.log == nil || len(s.log.order) == 1 && s.log.order[0] < maxTries
	return resolve.Options{All: all, Ways: all && early}
}

// finishLookup records in the background what the walk does not wait for. The client
// waits for a server that is listed before the one that counts, so the run gives it a
// hop's time; a later server is given up with the side probes.
func (r *run) finishLookup(left open, cancel context.CancelFunc) {
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
func (r *run) record(n *openHop, a resolve.Answer, probe evidence.Probe) {
	n.answer(a, r.settle(a.Failure), probe)
	if !a.Chosen && a.Failure != nil && errors.Is(a.Failure, context.Canceled) && (a.Way || a.Took < resolve.Hedge) {
		n.giveUp()
	}
}

// answer closes the hop with what one source said.
func (n *openHop) answer(a resolve.Answer, failure *evidence.Failure, probe evidence.Probe) {
	n.At, n.BeganMS = a.Began.UTC().Truncate(millisecond), ms(a.Began.Sub(n.rec.started))
	n.Peer, n.Local = a.Peer, a.Local
	if !a.Chosen && probe == "" {
		n.Purpose, n.Probe = evidence.Probing, evidence.ProbeFurtherResolver
	}
	if a.Way {
		n.Purpose, n.Probe = evidence.Probing, evidence.ProbeSystemLookup
	}
	n.endAfter(a.Took, a.Detail, failure)
}

// lookupProxy asks the proxy's name once for all targets that use it.
func (r *run) lookupProxy(ctx context.Context, d route.Decision) *lookup {
	at := proxyOf(d)
	key := at.ID()
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
	found := r.lookup(ctx, step{role: evidence.Proxy}, at)
	found.hop.Via = d.ProxyText
	l.hop, l.addresses = found.hop, found.addresses
	return l
}

// proxyOf returns where the proxy of a decision is.
func proxyOf(d route.Decision) evidence.Endpoint {
	return evidence.Endpoint{Host: d.Host, Port: atoi(d.Port)}
}

// atoi reads a port that was checked before; 0 for none.
func atoi(port string) int {
	n, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	return n
}

// equalHost reports whether two names are one host's.
func equalHost(a, b string) bool { return evidence.HostName(a) == evidence.HostName(b) }
