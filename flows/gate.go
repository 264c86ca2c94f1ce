package flows

import (
	"context"
	"slices"
	"sync"
)

// gate lets one pair of credentials pass to one verifier: the first request
// that carries it goes alone, the others wait for its outcome, and a pair that
// was not accepted is not sent again (CONTRACT.md 4.1; accounts lock out). A pair
// that was accepted is right for good: what is refused later is not the pair, but
// this user's way to that host (CONTRACT.md 4.4).
//
// Who goes first is the plan's order, not the race's, so that two runs of the
// same plan send the same requests.
type gate struct {
	mu      sync.Mutex
	changed chan struct{}
	queue   []*ticket
	outcome outcome
	because *node
	retry   bool
}

type outcome int

const (
	unsent outcome = iota
	accepted
	rejected
)

// ticket is a place in the gate's queue.
type ticket struct{ gate *gate }

func newGate(retry bool) *gate { return &gate{changed: make(chan struct{}), retry: retry} }

// enter takes a place at the end of the queue. A ticket must be given back by
// done or leave.
func (g *gate) enter() *ticket {
	t := &ticket{gate: g}
	t.again()
	return t
}

// again takes a place anew for a ticket that was given back: the credentials are
// to be sent once more.
func (t *ticket) again() {
	g := t.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Contains(g.queue, t) {
		g.queue = append(g.queue, t)
	}
}

// wait blocks until the credentials may be sent; the ticket must have a place. It
// returns the hop that rejected them, nil when they may go, and the context's error
// when it ends.
func (t *ticket) wait(ctx context.Context) (*node, error) {
	g := t.gate
	for {
		g.mu.Lock()
		out, first, changed := g.outcome, len(g.queue) > 0 && g.queue[0] == t, g.changed
		because := g.because
		g.mu.Unlock()
		switch {
		case out == rejected && !g.retry:
			return because, nil
		case out == accepted || first:
			return nil, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// done says how the credentials fared and lets the others go on.
func (t *ticket) done(out outcome, hop *node) {
	g := t.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if out != unsent && g.outcome != accepted {
		g.outcome, g.because = out, hop
	}
	g.queue = slices.DeleteFunc(g.queue, func(q *ticket) bool { return q == t })
	close(g.changed)
	g.changed = make(chan struct{})
}

// proven tells that the credentials were accepted.
func (g *gate) proven() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.outcome == accepted
}

// leave gives the place up without having sent anything.
func (t *ticket) leave() { t.done(unsent, nil) }
