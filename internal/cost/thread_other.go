//go:build !linux

package cost

import "time"

// onThread does not count here: a wall clock would measure what else the machine does.
func onThread() time.Duration { return 0 }
