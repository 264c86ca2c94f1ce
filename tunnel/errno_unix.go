//go:build !windows

package tunnel

import (
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
