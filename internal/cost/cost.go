// Package cost bounds what a call costs by the size of its input. It is for fuzz
// targets: a parser that does not panic can still take all time and memory there is.
package cost

import (
	"runtime"
	"testing"
	"time"
)

const (
	// start is what any call may allocate, and perByte what it may allocate more for
	// each byte of its input: a tree of small nodes for a text of signs takes some
	// hundred bytes for each. What grows with the square of the input passes both with
	// the first kilobytes.
	start   = 8 << 20
	perByte = 4 << 10
	// startTime and timePerByte bound the time on a processor in the same way, with
	// the race detector and the fuzzer's counters in the code.
	startTime   = 500 * time.Millisecond
	timePerByte = 50 * time.Microsecond
)

// Linear calls f, which reads an input of size bytes, and fails the test where it
// allocates or computes more than a linear reader would. f must not start goroutines
// that outlive it. A size below zero counts as zero.
func Linear(t testing.TB, size int, f func()) {
	t.Helper()
	size = max(size, 0)
	runtime.LockOSThread() // the time is that of one thread
	defer runtime.UnlockOSThread()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := onThread()
	f()
	took := onThread() - began
	runtime.ReadMemStats(&after)
	if got, most := after.TotalAlloc-before.TotalAlloc, uint64(start+perByte*size); got > most {
		t.Errorf("%d bytes of input cost %d bytes of memory, at most %d are right", size, got, most)
	}
	if most := startTime + time.Duration(size)*timePerByte; took > most {
		t.Errorf("%d bytes of input cost %v of a processor, at most %v is right", size, took, most)
	}
}
