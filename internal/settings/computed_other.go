//go:build !unix

package settings

import "time"

// computed is not known here.
func computed() time.Duration { return 0 }
