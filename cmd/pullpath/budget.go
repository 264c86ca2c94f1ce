package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"pullpath/internal/hint"
)

// budget is the context of a whole check. It ends with the signal that interrupts the
// run, or when --timeout is used up: what is done before the walk (files, the password,
// helpers) counts as the walk does. It stops while the user is asked.
type budget struct {
	context.Context
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	timer *time.Timer
	until time.Time
}

func newBudget(parent context.Context, limit time.Duration) *budget {
	b := &budget{until: time.Now().Add(limit)}
	b.Context, b.cancel = context.WithCancelCause(parent)
	b.timer = time.AfterFunc(limit, b.end)
	return b
}

func (b *budget) end() { b.cancel(context.DeadlineExceeded) }

// close stops the timer and ends what runs under the budget.
func (b *budget) close() {
	b.timer.Stop()
	b.cancel(context.Canceled)
}

// left returns how much of the limit remains.
func (b *budget) left() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Until(b.until)
}

// pause stops the clock until the returned function is called: the time in which a user
// types, or a made-up network is set up, does not count.
func (b *budget) pause() (resume func()) {
	left := b.left()
	if !b.timer.Stop() {
		return func() {} // it has ended
	}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.until = time.Now().Add(left)
		b.timer.Reset(left)
	}
}

// perHost is what judging and writing one host takes, measured: a report of thousands is
// not written in the second that a run may take beyond its limit.
const perHost = 200 * time.Microsecond

// walkTime returns how long a run with so many hosts may walk of the time that it has
// left.
func walkTime(left time.Duration, hosts int) time.Duration {
	return left - min(time.Duration(hosts)*perHost, left/2)
}

// windUp is how long work may go on after its context ended before it is left alone:
// long enough to put a terminal or a file back in order, too short to be noticed.
const windUp = 200 * time.Millisecond

// within does work that nothing can stop from outside: reading a terminal or a pipe that
// is silent, opening a named pipe that has no other end, judging a report. When the
// context ends first, the work is left to itself and the error says what was under way;
// the process is about to end.
func within[T any](ctx context.Context, doing string, work func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := work()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
	}
	select {
	case o := <-done:
		return o.value, o.err
	case <-time.After(windUp):
		var none T
		return none, endedWhile(ctx, doing)
	}
}

// openingOutputs says what a run is doing when a file of -o is a pipe that nobody reads.
const openingOutputs = "opening the files of -o"

// endedWhile returns the error of work that was given up.
func endedWhile(ctx context.Context, doing string) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return hint.New("the run's time limit ended while "+doing, "a longer --timeout waits longer; a pipe needs its other end")
	}
	return &statusError{status: exitUsage, cause: fmt.Errorf("interrupted while %s", doing)}
}

// interruptible returns a command that the first signal ends, whatever it is at.
func interruptible(doing string, work func(c *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		_, err := within(c.Context(), doing, func() (struct{}, error) { return struct{}{}, work(c, args) })
		return err
	}
}
