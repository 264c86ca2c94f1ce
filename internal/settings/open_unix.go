//go:build unix

package settings

import (
	"os"

	"golang.org/x/sys/unix"
)

// openRegular opens a file that was found to be regular. If it is another by now, a link
// is not followed out of the root and a pipe is not waited for.
func openRegular(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
}
