//go:build unix

package settings

import (
	"time"

	"golang.org/x/sys/unix"
)

// computed returns the processor time that this process has used.
func computed() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
