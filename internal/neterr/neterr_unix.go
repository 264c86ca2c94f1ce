//go:build !windows

package neterr

import (
	"errors"
	"syscall"
)

func isReset(err error) bool { return errors.Is(err, syscall.ECONNRESET) }

func isBroken(err error) bool { return errors.Is(err, syscall.EPIPE) }
