package resolve

import (
	"context"
	"time"
)

// Hedge is how long the first server may be silent before the others count.
// Public resolvers answer in well under 200 ms; a second leaves room for a
// cold cache behind a slow link and still saves four of the five seconds that
// resolv.conf(5) waits.
const Hedge = time.Second

// Options says who is asked in addition to those that the client would ask.
type Options struct {
	// All asks every server at once. The chosen answer is the one that the client
	// would take; nobody waits for the others.
	All bool
	// Ways asks the host's own ways too.
	Ways bool
}

// Source is one source that was asked, and its answer once it is there.
type Source struct {
	answer Answer
	done   chan struct{}
}

// Answer waits for the source, at the longest until the context of its look-up
// ends.
func (s *Source) Answer() Answer {
	<-s.done
	return s.answer
}

// Answered reports whether the answer is there.
func (s *Source) Answered() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// Lookup asks a name as the client does and returns one answer per source that
// was asked, in the order of the configuration. Exactly one is chosen.
func (r *Resolver) Lookup(ctx context.Context, name string) []Answer {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sources := r.Ask(ctx, name, Options{})
	cancel()
	out := make([]Answer, 0, len(sources))
	for _, s := range sources {
		out = append(out, s.Answer())
	}
	return out
}

// Ask asks a name and returns the sources in the order of the configuration as
// soon as the client would go on. Exactly one of them is chosen, and answered;
// the others may be under way until the context ends.
func (r *Resolver) Ask(ctx context.Context, name string, o Options) []*Source {
	r = r.forName(name)
	a := &asking{r: r, ctx: ctx, name: name, finished: make(chan struct{}, len(r.Servers))}
	local, ok := r.local(name)
	switch {
	case ok && (!o.All || local.Detail.Server == literal):
		return []*Source{given(local)}
	case ok:
		// What the servers say is asked for comparison with the hosts file.
		a.start(len(r.Servers))
		a.sources = append([]*Source{given(local)}, a.sources...)
	case len(r.Servers) == 0:
		return []*Source{given(r.system(ctx, name))}
	default:
		a.race(o.All)
	}
	if o.Ways {
		a.ways()
	}
	return a.sources
}

// given returns a source that needs no waiting and is chosen.
func given(a Answer) *Source {
	a.Chosen = true
	s := &Source{answer: a, done: make(chan struct{})}
	close(s.done)
	return s
}

// asking is one name on its way to the servers.
type asking struct {
	r       *Resolver
	ctx     context.Context
	name    string
	sources []*Source
	// finished gets a value for every source that was answered.
	finished chan struct{}
}

// start asks the servers up to the given number that were not asked yet.
func (a *asking) start(upTo int) {
	for i := len(a.sources); i < upTo; i++ {
		server := a.r.Servers[i]
		a.sources = append(a.sources, a.begin(func() Answer { return a.r.askServer(a.ctx, server, a.name) }))
	}
}

func (a *asking) begin(ask func() Answer) *Source {
	s := &Source{done: make(chan struct{})}
	go func() {
		s.answer = ask()
		close(s.done)
		select {
		case a.finished <- struct{}{}:
		default: // nobody waits for a way
		}
	}()
	return s
}

// race asks the first server, and the others at once or when it fails or is
// slow. It returns when one source is chosen.
func (a *asking) race(all bool) {
	a.start(1)
	if all {
		a.start(len(a.r.Servers))
	}
	hedge := time.NewTimer(Hedge)
	defer hedge.Stop()
	for hedged := false; ; {
		if i, ok := settled(a.sources, hedged, len(a.sources) == len(a.r.Servers)); ok {
			a.sources[i].answer.Chosen = true
			return
		}
		if hedged || a.sources[0].Answered() {
			a.start(len(a.r.Servers))
		}
		select {
		case <-a.finished:
		case <-hedge.C:
			hedged = true
		}
	}
}

// settled picks the answer that a client ends up with: the first definite one
// in the order of the servers, passing over one that is silent once it had its
// time; when all are there and none is definite, an answer before silence.
func settled(sources []*Source, hedged, complete bool) (int, bool) {
	open := !complete
	for i, s := range sources {
		switch {
		case !s.Answered() && !hedged:
			return 0, false
		case !s.Answered():
			open = true
		case s.answer.definite():
			return i, true
		}
	}
	if open {
		return 0, false
	}
	for i, s := range sources {
		if !s.answer.silence() {
			return i, true
		}
	}
	return 0, true
}
