//go:build !unix

package settings

import "os"

// openRegular opens a file that was found to be regular.
func openRegular(path string) (*os.File, error) { return os.Open(path) }
