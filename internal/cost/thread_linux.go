package cost

import (
	"time"

	"golang.org/x/sys/unix"
)

// onThread returns the time that this thread has computed: a busy machine does not add
// to it.
func onThread() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}
