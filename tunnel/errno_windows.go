package tunnel

import (
	"syscall"

	"golang.org/x/sys/windows"

	"pullpath/internal/evidence"
)

var dialErrnos = []errnoRow{
	{windows.WSAECONNREFUSED, "WSAECONNREFUSED", evidence.Refused},
	{windows.WSAECONNRESET, "WSAECONNRESET", evidence.Reset},
	{windows.WSAENETUNREACH, "WSAENETUNREACH", evidence.NoRoute},
	{windows.WSAEHOSTUNREACH, "WSAEHOSTUNREACH", evidence.NoRoute},
	{windows.WSAEADDRNOTAVAIL, "WSAEADDRNOTAVAIL", evidence.NoRoute},
	{windows.WSAEAFNOSUPPORT, "WSAEAFNOSUPPORT", evidence.NoRoute},
	{windows.WSAEACCES, "WSAEACCES", evidence.DeniedLocally},
	{windows.WSAETIMEDOUT, "WSAETIMEDOUT", evidence.Timeout},
	// A made-up network refuses with the portable number.
	{syscall.ECONNREFUSED, "ECONNREFUSED", evidence.Refused},
	{syscall.EHOSTUNREACH, "EHOSTUNREACH", evidence.NoRoute},
}
