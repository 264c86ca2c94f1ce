// Package neterr says what an error of a connection means, the same on every system.
package neterr

import (
	"context"
	"errors"
	"io"
	"net"
)

// IsReset reports whether a TCP RST of the peer ended the connection.
func IsReset(err error) bool { return isReset(err) }

// IsClosed reports whether the peer ended the connection with FIN, in the middle of a
// message or between two.
func IsClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// IsBroken reports whether something was written to a connection that the peer had
// already ended. How it ended is not visible. Windows has no separate error for it.
func IsBroken(err error) bool { return isBroken(err) }

// IsTimeout reports whether a deadline ended the work.
func IsTimeout(err error) bool {
	var netErr net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &netErr) && netErr.Timeout()
}
