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
type ticket struct {
	gate *gate
	// order is the holder's place in the plan.
	order []int
	// passed tells that the holder was let through.
	passed bool
}

func newGate(retry bool) *gate { return &gate{changed: make(chan struct{}), retry: retry} }

// enter takes a place in the queue. A ticket must be given back by done or leave.
func (g *gate) enter(order []int) *ticket {
	t := &ticket{gate: g, order: order}
	t.again()
	return t
}

// again takes a place anew for a ticket that was given back. It is before those of
// the plan's later targets, but for one that was let through.
func (t *ticket) again() {
	g := t.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if slices.Contains(g.queue, t) {
		return
	}
	t.passed = false
	at := slices.IndexFunc(g.queue, func(q *ticket) bool { return !q.passed && slices.Compare(q.order, t.order) > 0 })
	if at < 0 {
		at = len(g.queue)
	}
	g.queue = slices.Insert(g.queue, at, t)
}

// wait blocks until the credentials may be sent; the ticket must have a place. It
// returns the hop that rejected them, nil when they may go, and the context's error
// when it ends.
func (t *ticket) wait(ctx context.Context) (*node, error) {
	for {
		because, changed := t.look()
		if changed == nil {
			return because, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// look lets the ticket pass where it may; otherwise it returns the hop that rejected
// the credentials, or what to wait for.
func (t *ticket) look() (*node, <-chan struct{}) {
	g := t.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.outcome == rejected && !g.retry {
		return g.because, nil
	}
	if g.outcome == accepted || slices.Index(g.queue, t) == 0 {
		t.passed = true
		return nil, nil
	}
	return nil, g.changed
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

// known is how the credentials fared so far.
func (g *gate) known() outcome {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.outcome
}

// leave gives the place up without having sent anything.
func (t *ticket) leave() { t.done(unsent, nil) }
