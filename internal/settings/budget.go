package settings

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// What is read of one host, together. A support archive that is full, with package lists
// and the files of all its daemons, is read with 10 MB in half a second.
const (
	// maxTotal bounds the bytes of all files.
	maxTotal = 64 << 20
	// maxWork bounds the time that reading and what is made of it compute. It is not that
	// of the clock: a busy machine is slow, and computes as much.
	maxWork = 5 * time.Second
	// maxElapsed bounds the time of the clock, for files on a disk that does not answer.
	// This host's own are not bounded by it: its user may be typing a password meanwhile.
	maxElapsed = 30 * time.Second
	// maxOpened bounds the files: a large host has 30,000 processes, each with one.
	maxOpened = 100_000
	// maxEntries bounds the names of one directory.
	maxEntries = 50_000
	// maxFound bounds the paths that match one pattern; dpkg, with a file for each
	// package, has the most, some hundred.
	maxFound = 2000
	// maxVariables bounds those of one service or shell that are kept, maxValue the bytes
	// of one: the kernel gives no program a longer one (execve(2), MAX_ARG_STRLEN).
	maxVariables = 50_000
	maxValue     = 128 << 10
)

// errStopped is why nothing more is read.
var errStopped = errors.New("not read: too much was read before")

// clock tells how long the process has computed, and the time.
type clock struct {
	computed func() time.Duration
	now      func() time.Time
}

// budget is what a root may still read.
type budget struct {
	clock  clock
	began  time.Time
	worked time.Duration // that the process had computed when it began
	bytes  int64
	opened int
	// stopped tells that nothing more is read; unread says what was left out and why.
	stopped bool
	unread  []string
}

func newBudget(c clock) budget { return budget{clock: c, began: c.now(), worked: c.computed()} }

// Unread says what of the host was not read because there was too much of it, one reason
// each; none where all was read. What was not found may then be there.
func (r *Root) Unread() []string { return slices.Clone(r.budget.unread) }

// leave notes that something was left out.
func (r *Root) leave(format string, args ...any) {
	why := fmt.Sprintf(format, args...)
	if b := &r.budget; !slices.Contains(b.unread, why) && len(b.unread) < maxReasons {
		b.unread = append(b.unread, why)
	}
}

// maxReasons bounds how many reasons are told.
const maxReasons = 10

// spent tells that nothing more is read.
func (r *Root) spent() bool {
	b := &r.budget
	switch {
	case b.stopped:
		return true
	case b.bytes > maxTotal:
		r.leave("reading ended after %d MiB", maxTotal>>20)
	case b.opened > maxOpened:
		r.leave("reading ended after %d files", maxOpened)
	case b.clock.computed()-b.worked > maxWork:
		r.leave("reading ended after %s of computing", maxWork)
	case !r.Here() && b.clock.now().Sub(b.began) > maxElapsed:
		r.leave("reading ended after %s", maxElapsed)
	default:
		return false
	}
	b.stopped = true
	return true
}

// unreadRemarks tell what was left out.
func (r *Root) unreadRemarks() []Remark {
	var out []Remark
	for _, why := range r.budget.unread {
		out = append(out, Remark{Code: NotAllRead, Source: "/", Text: "not all was read: " + why})
	}
	return out
}
