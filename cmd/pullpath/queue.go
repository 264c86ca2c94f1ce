package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// queue is a writer between a run and somebody who reads along: who writes never
// waits, whether the reader reads or not. What was written comes in order.
type queue struct {
	out io.Writer
	// limit is how many bytes may wait, 0 for any number. Writes beyond that
	// are left out, and a line counts them.
	limit int

	mu      sync.Mutex
	waiting []byte
	left    int
	err     error
	closed  bool

	// more signals something to do, took something done, ended the end.
	more, took, ended chan struct{}
}

// queueGrace is how long a reader may take nothing before what waits for it at the
// end is given up. One that is a pipe further on reads within milliseconds, and a run
// ends within a second of its limit.
const queueGrace = 500 * time.Millisecond

// piece is how much is written at once: what a pipe has room for when its reader has
// taken anything (pipe(7), PIPE_BUF).
const piece = 4096

func newQueue(out io.Writer, limit int) *queue {
	q := &queue{out: out, limit: limit, more: make(chan struct{}, 1), took: make(chan struct{}, 1), ended: make(chan struct{})}
	go q.run()
	return q
}

// Write queues bytes. Its error is that of an earlier write.
func (q *queue) Write(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.err != nil:
		return 0, q.err
	case q.closed:
		return 0, io.ErrClosedPipe
	case q.limit > 0 && (q.left > 0 || len(q.waiting)+len(p) > q.limit):
		q.left++
	default:
		q.waiting = append(q.waiting, p...)
	}
	wake(q.more)
	return len(p), nil
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run writes until the queue is closed and nothing waits any more.
func (q *queue) run() {
	defer close(q.ended)
	for range q.more {
		for part := q.next(); len(part) > 0; part = q.next() {
			if _, err := q.out.Write(part); err != nil {
				q.fail(err)
				return
			}
			wake(q.took)
		}
		if q.over() {
			return
		}
	}
}

// next returns a piece of what waits, and at the end the note of what was left out.
func (q *queue) next() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 && q.left > 0 {
		q.waiting = fmt.Appendf(q.waiting, "(%d lines left out: nobody read them)\n", q.left)
		q.left = 0
	}
	part := q.waiting[:min(piece, len(q.waiting))]
	if q.waiting = q.waiting[len(part):]; len(q.waiting) == 0 {
		q.waiting = nil
	}
	return part
}

func (q *queue) over() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed && len(q.waiting) == 0 && q.left == 0
}

// fail ends the queue with its first error.
func (q *queue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
	}
	q.waiting, q.left = nil, 0
}

// errNotRead is the error where the reader stopped reading.
var errNotRead = errors.New("its reader stopped reading")

// finish waits until everything is written, as long as the reader goes on taking, and
// returns the first error. A reader that takes nothing for so long is given up.
func (q *queue) finish(grace time.Duration) error {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	wake(q.more)
	for {
		timer := time.NewTimer(grace)
		select {
		case <-q.ended:
		case <-q.took:
			timer.Stop()
			continue
		case <-timer.C:
			q.fail(errNotRead)
		}
		timer.Stop()
		q.mu.Lock()
		defer q.mu.Unlock()
		return q.err
	}
}
