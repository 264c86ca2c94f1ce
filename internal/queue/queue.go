// Package queue says when a login may be sent.
//
// A login is sent to its verifier by one holder at a time, in the order of the plan,
// until the verifier has accepted it: from then on everybody may send it at once. A
// login that was not accepted is never sent again, unless the user asked for that,
// because accounts are locked after a few failed logins (docs/rules.md, rule 1).
//
// [Queues.Of] gives the queue of a login and a verifier, [Queue.Join] a place in it.
// The holder of a place calls [Place.Acquire] before it sends the login and
// [Place.Release] with the outcome.
package queue

import (
	"context"
	"slices"
	"sync"
)

// Outcome is what became of a login.
type Outcome int

// Outcomes.
const (
	// Unsent: the login was not sent, so that nothing is known of it.
	Unsent Outcome = iota
	// Accepted: the login is right, and stays so: a later refusal is about this user's
	// access to a host, not about the login.
	Accepted
	// Rejected: the verifier refused the login, or its answer is lost.
	Rejected
)

// Queues holds the queue of each login and verifier of a run. By is what rejected a
// login, for whoever is not let through.
type Queues[By any] struct {
	// Retry lets a login be sent again that was rejected.
	Retry bool

	mu     sync.Mutex
	queues map[string]*Queue[By]
}

// Of returns the queue of a key, which names a login and its verifier.
func (s *Queues[By]) Of(key string) *Queue[By] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queues[key] == nil {
		if s.queues == nil {
			s.queues = map[string]*Queue[By]{}
		}
		s.queues[key] = &Queue[By]{retry: s.Retry, changed: make(chan struct{})}
	}
	return s.queues[key]
}

// Queue is those who may send one login to one verifier.
type Queue[By any] struct {
	retry bool

	mu sync.Mutex
	// changed is closed when somebody's place is given back.
	changed chan struct{}
	places  []*Place[By]
	outcome Outcome
	by      *By
}

// Place is one holder's place in a queue.
type Place[By any] struct {
	queue *Queue[By]
	// order is the holder's place in the plan.
	order []int
	// acquired means that the holder was let through.
	acquired bool
}

// Join takes a place by the holder's order in the plan. Until it is released, the later
// places wait, so that two runs of the same plan send the same requests.
func (q *Queue[By]) Join(order []int) *Place[By] {
	p := &Place[By]{queue: q, order: order}
	p.Rejoin()
	return p
}

// Outcome returns what is known of the login so far.
func (q *Queue[By]) Outcome() Outcome {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.outcome
}

// Queue returns the one that the place is in.
func (p *Place[By]) Queue() *Queue[By] { return p.queue }

// Rejoin takes the place again after it was released; a place that is held stays as it
// is. It stands before those of later holders, but not before one that was let through.
func (p *Place[By]) Rejoin() {
	q := p.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if slices.Contains(q.places, p) {
		return
	}
	p.acquired = false
	at := slices.IndexFunc(q.places, func(o *Place[By]) bool { return !o.acquired && slices.Compare(o.order, p.order) > 0 })
	if at < 0 {
		at = len(q.places)
	}
	q.places = slices.Insert(q.places, at, p)
}

// Acquire waits until the login may be sent, and takes the place again where it was
// released. It returns what rejected the login where it must not be sent, and the
// context's error where that ended first. Every Acquire is followed by a Release.
func (p *Place[By]) Acquire(ctx context.Context) (rejectedBy *By, err error) {
	p.Rejoin()
	for {
		by, changed := p.try()
		if changed == nil {
			return by, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// try lets the holder through where it may go. Otherwise it returns what rejected the
// login, or the channel to wait for.
func (p *Place[By]) try() (*By, <-chan struct{}) {
	q := p.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.outcome == Rejected && !q.retry {
		return q.by, nil
	}
	if q.outcome == Accepted || slices.Index(q.places, p) == 0 {
		p.acquired = true
		return nil, nil
	}
	return nil, q.changed
}

// Release gives the place back and says what became of the login; by is the answer that
// rejected it.
func (p *Place[By]) Release(outcome Outcome, by *By) {
	q := p.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if outcome != Unsent && q.outcome != Accepted {
		q.outcome, q.by = outcome, by
	}
	q.places = slices.DeleteFunc(q.places, func(o *Place[By]) bool { return o == p })
	close(q.changed)
	q.changed = make(chan struct{})
}

// Leave gives the place back without having sent the login.
func (p *Place[By]) Leave() { p.Release(Unsent, nil) }
