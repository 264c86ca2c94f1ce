//go:build !windows

package tunnel

import (
	"errors"
	"io"
	"syscall"

	"pullpath/internal/evidence"
)

var dialErrnos = []errnoRow{
	{syscall.ECONNREFUSED, "ECONNREFUSED", evidence.Refused},
	{syscall.ECONNRESET, "ECONNRESET", evidence.Reset},
	{syscall.ENETUNREACH, "ENETUNREACH", evidence.NoRoute},
	{syscall.EHOSTUNREACH, "EHOSTUNREACH", evidence.NoRoute},
	{syscall.EADDRNOTAVAIL, "EADDRNOTAVAIL", evidence.NoRoute},
	{syscall.EAFNOSUPPORT, "EAFNOSUPPORT", evidence.NoRoute},
	{syscall.EPERM, "EPERM", evidence.DeniedLocally},
	{syscall.EACCES, "EACCES", evidence.DeniedLocally},
	{syscall.EINVAL, "EINVAL", evidence.DeniedLocally},
	{syscall.ETIMEDOUT, "ETIMEDOUT", evidence.Timeout},
}

func isReset(err error) bool { return errors.Is(err, syscall.ECONNRESET) }

func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE)
}
