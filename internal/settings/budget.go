package settings

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Bounds of what is read of one host in all. Reading a full support archive, with package
// lists and the files of all daemons, takes 10 MB and half a second.
const (
	// maxTotal bounds the bytes of all files.
	maxTotal = 64 << 20
	// maxWork bounds the processor time of reading and evaluating. Wall time would not do:
	// on a busy machine the same work takes longer.
	// Eight times a full archive; a run looks at a host twice.
	maxWork = 4 * time.Second
	// maxElapsed bounds the wall time, for files on a disk that does not answer. It does
	// not apply to this host: its user may be typing a password meanwhile.
	maxElapsed = 30 * time.Second
	// maxOpened bounds the files: a large host has 30,000 processes, each with one.
	maxOpened = 100_000
	// maxEntries bounds the names of one directory.
	maxEntries = 50_000
	// maxFound bounds the paths that match one pattern; dpkg, with a file for each
	// package, has the most, a few hundred.
	maxFound = 2000
	// maxVariables bounds the variables of one service or shell that are kept, maxValue the
	// bytes of one: the kernel passes no longer one to a program (execve(2),
	// MAX_ARG_STRLEN).
	maxVariables = 50_000
	maxValue     = 128 << 10
)

// errStopped is the error of every read after the budget is spent.
var errStopped = errors.New("not read: too much was read before")

// clock gives the processor time of this process and the time of day.
type clock struct {
	computed func() time.Duration
	now      func() time.Time
}

// budget is what a root may still read.
type budget struct {
	clock  clock
	began  time.Time
	worked time.Duration // processor time of the process when it began
	bytes  int64
	opened int
	asked  int // questions so far, those that were answered from memory included
	// stopped means that nothing more is read; unread says what was left out and why.
	stopped bool
	unread  []string
}

func newBudget(c clock) budget { return budget{clock: c, began: c.now(), worked: c.computed()} }

// Unread returns the reasons why a part of the host was not read; none where all was
// read. Where there are reasons, what was not found may exist all the same.
func (r *Root) Unread() []string { return slices.Clone(r.budget.unread) }

// leave notes that something was left out.
func (r *Root) leave(format string, args ...any) {
	why := fmt.Sprintf(format, args...)
	if b := &r.budget; !slices.Contains(b.unread, why) && len(b.unread) < maxReasons {
		b.unread = append(b.unread, why)
	}
}

// maxReasons bounds the reasons that are kept.
const maxReasons = 10

// clockEvery is how many questions about a path pass between two looks at the clocks, each
// of which costs as much as the question. Before a file is read they are looked at each time.
const clockEvery = 16

// spent reports whether nothing more is looked at.
func (r *Root) spent() bool {
	r.budget.asked++
	return r.over(r.budget.asked%clockEvery == 1)
}

// over reports whether nothing more is read; timed looks at the clocks as well.
func (r *Root) over(timed bool) bool {
	b := &r.budget
	switch {
	case b.stopped:
		return true
	case b.bytes > maxTotal:
		r.leave("reading ended after %d MiB", maxTotal>>20)
	case b.opened > maxOpened:
		r.leave("reading ended after %d files", maxOpened)
	case timed && b.clock.computed()-b.worked > maxWork:
		r.leave("reading ended after %s of computing", maxWork)
	case timed && !r.Here() && b.clock.now().Sub(b.began) > maxElapsed:
		r.leave("reading ended after %s", maxElapsed)
	default:
		return false
	}
	b.stopped = true
	return true
}

// unreadRemarks returns a remark for each part that was left out.
func (r *Root) unreadRemarks() []Remark {
	var out []Remark
	for _, why := range r.budget.unread {
		out = append(out, Remark{Code: NotAllRead, Source: "/", Text: "not all was read: " + why})
	}
	return out
}
