package queue

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hop stands for what rejected a login.
type hop struct{ name string }

// may reports whether the holder may send the login now, and what rejected it.
func may(p *Place[hop]) (bool, *hop) {
	ended, end := context.WithCancel(context.Background())
	end()
	by, err := p.Acquire(ended)
	return by == nil && err == nil, by
}

func join(q *Queue[hop], orders ...int) map[int]*Place[hop] {
	out := map[int]*Place[hop]{}
	for _, o := range orders {
		out[o] = q.Join([]int{o})
	}
	return out
}

// Each row is a story of steps: "N?" asks whether holder N may send the login, "N!" says
// that it may not, "N-" releases it unsent, "N+" accepted, "Nx" rejected, "N." joins.
func TestStories(t *testing.T) {
	for name, row := range map[string]struct {
		retry bool
		steps string
	}{
		"in the plan's order, not in that of joining":     {false, "3. 1. 3! 1? 2. 2! 1- 3! 2? 2- 3?"},
		"who was let through stays ahead of an earlier":   {false, "2. 2? 1. 1! 2- 1?"},
		"unsent lets the next try":                        {false, "1. 2. 1? 1- 2? 2- 1?"},
		"accepted lets all through at once":               {false, "1. 2. 3. 1? 1+ 2? 3? 4. 4?"},
		"rejected lets nobody through":                    {false, "1. 2. 1? 1x 2! 3. 3! 1!"},
		"rejected, with retry, goes on one at a time":     {true, "1. 2. 3. 1? 1x 2? 3! 2x 3?"},
		"a refusal does not take an acceptance back":      {false, "1. 2. 3. 1? 1+ 2? 2x 3?"},
		"an acceptance after a refusal counts":            {true, "1. 2. 1? 1x 2? 2+ 1? 3. 3?"},
		"a place taken again is before later ones":        {false, "1. 2. 1? 1- 1. 2! 1?"},
		"a place taken again waits for who was let go":    {false, "1. 2. 1? 1- 2? 1. 1! 2- 1?"},
		"unsent after a refusal leaves it as it is":       {false, "1. 2. 1? 1x 2- 3. 3!"},
		"leaving without having been let through is fine": {false, "1. 2. 3. 2- 1? 1- 3?"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Queues[hop]{Retry: row.retry}
			q, places := s.Of("login at verifier"), map[byte]*Place[hop]{}
			for step := range strings.FieldsSeq(row.steps) {
				who, p := step[0], places[step[0]]
				switch step[1] {
				case '.':
					if p == nil {
						places[who] = q.Join([]int{int(who - '0')})
					} else {
						p.Rejoin()
					}
				case '?', '!':
					if ok, _ := may(p); ok != (step[1] == '?') {
						t.Fatalf("%s: may send %t", step, ok)
					}
				case '-':
					p.Leave()
				case '+':
					p.Release(Accepted, nil)
				case 'x':
					p.Release(Rejected, &hop{step})
				}
			}
		})
	}
}

// A holder that may not send the login learns what rejected it.
func TestRejectionIsPassedOn(t *testing.T) {
	q := (&Queues[hop]{}).Of("x")
	p, by := join(q, 1, 2), &hop{"407"}
	p[1].Release(Rejected, by)
	if ok, got := may(p[2]); ok || got != by {
		t.Errorf("may send %t, rejected by %v", ok, got)
	}
	if got := q.Outcome(); got != Rejected {
		t.Errorf("outcome %d", got)
	}
}

// A verifier is asked apart from the others, and each has one queue.
func TestOneQueueForAKey(t *testing.T) {
	s := Queues[hop]{}
	if a := s.Of("a"); a != s.Of("a") || a == s.Of("b") {
		t.Error("queues and keys do not correspond")
	}
	s.Of("a").Join([]int{1}).Release(Rejected, &hop{})
	if ok, _ := may(s.Of("b").Join([]int{1})); !ok {
		t.Error("a login that one verifier rejected is not sent to another")
	}
}

// Who waits goes on when the context ends, and its place is free when it leaves.
func TestAcquireEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := (&Queues[hop]{}).Of("x")
		p := join(q, 1, 2, 3)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		if by, err := p[2].Acquire(ctx); by != nil || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Fatalf("%v %v after %s", by, err, time.Since(began))
		}
		p[2].Leave()
		var third error
		var wg sync.WaitGroup
		wg.Go(func() { _, third = p[3].Acquire(t.Context()) })
		synctest.Wait()
		p[1].Leave()
		wg.Wait()
		if third != nil {
			t.Error(third)
		}
	})
}

// With delays at random: one at a time until an outcome is known, in the plan's order,
// and never again once it was rejected.
func TestManyHolders(t *testing.T) {
	const holders = 20
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 16))
			deciding, outcome := random.IntN(holders), []Outcome{Accepted, Rejected, Unsent}[seed%3]
			q := (&Queues[hop]{}).Of("x")
			var mu sync.Mutex
			var sent []int
			var alone atomic.Int32
			var wg sync.WaitGroup
			for order, p := range join(q, numbers(holders)...) {
				before, during := delay(random), delay(random)
				wg.Go(func() {
					time.Sleep(before)
					by, err := p.Acquire(t.Context())
					if err != nil || by != nil {
						p.Leave()
						return
					}
					known := q.Outcome() != Unsent
					if alone.Add(1) > 1 && !known {
						t.Error("two send the login before its outcome is known")
					}
					mu.Lock()
					sent = append(sent, order)
					mu.Unlock()
					time.Sleep(during)
					alone.Add(-1)
					if order == deciding {
						p.Release(outcome, &hop{})
					} else {
						p.Leave()
					}
				})
			}
			wg.Wait()
			check(t, sent, deciding, holders, outcome)
		})
	}
}

func check(t *testing.T, sent []int, deciding, holders int, outcome Outcome) {
	t.Helper()
	want := holders
	if outcome == Rejected {
		want = deciding + 1
	}
	if len(sent) != want {
		t.Errorf("%d sent the login, want %d", len(sent), want)
	}
	if outcome == Accepted {
		sent = sent[:deciding+1] // behind it there is no order
	}
	if !slices.IsSorted(sent) {
		t.Errorf("sent in the order %v", sent)
	}
}

func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func delay(random *rand.Rand) time.Duration {
	return time.Duration(random.IntN(1000)) * time.Millisecond
}
