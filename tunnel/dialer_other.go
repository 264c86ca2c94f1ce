//go:build !linux

package tunnel

import (
	"context"
	"errors"
	"net"
	"runtime"
)

// CanLimit reports whether DialLimited works on this system.
func (Dialer) CanLimit() bool { return false }

// DialContext opens a connection as net.Dialer does.
func (Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, &unseenError{err, "the ICMP answer: " + runtime.GOOS + " shows none to a program without privileges"}
	}
	return conn, nil
}

// DialLimited does not work here.
func (Dialer) DialLimited(context.Context, string, string, int) (net.Conn, error) {
	return nil, errors.ErrUnsupported
}

// DialSegments does not work here.
func (Dialer) DialSegments(context.Context, string, string, int) (net.Conn, error) {
	return nil, errors.ErrUnsupported
}

// Speak does not work here.
func (Dialer) Speak(context.Context, string, string, int, []byte) error { return errors.ErrUnsupported }
