package tunnel

import (
	"context"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// dialDatagrams opens a socket of UDP.
func (d Dialer) dialDatagrams(ctx context.Context, network, address string) (net.Conn, error) {
	var closed func()
	plain := net.Dialer{ControlContext: func(ctx context.Context, network, _ string, raw syscall.RawConn) (err error) {
		closed, err = d.Opened.bind(ctx, network, raw)
		return err
	}}
	conn, err := plain.DialContext(ctx, network, address)
	if closed == nil {
		return conn, err
	}
	if err != nil {
		closed()
		return nil, err
	}
	return &announced{Conn: conn, closed: sync.OnceFunc(closed)}, nil
}

// announced is a connection whose end is told.
type announced struct {
	net.Conn
	closed func()
}

func (a *announced) Close() error {
	defer a.closed()
	return a.Conn.Close()
}

// control is bind for a net.Dialer.
func (f OpenedFunc) control(ctx context.Context, network, _ string, raw syscall.RawConn) error {
	_, err := f.bind(ctx, network, raw)
	return err
}

// bind gives a socket a port of the system's choice, before connect(2) would, and tells it. A
// port that was bound so is shared with no other socket of this host, while one that connect(2)
// chooses may be (ip(7), IP_BIND_ADDRESS_NO_PORT). The address is still the route's. It does
// nothing where nobody is told.
func (f OpenedFunc) bind(ctx context.Context, network string, raw syscall.RawConn) (closed func(), err error) {
	if f == nil {
		return nil, nil //nolint:nilnil // nobody is told of the end either
	}
	var wildcard unix.Sockaddr = &unix.SockaddrInet4{}
	if strings.HasSuffix(network, "6") {
		wildcard = &unix.SockaddrInet6{}
	}
	var port int
	var failed error
	err = raw.Control(func(fd uintptr) {
		if failed = os.NewSyscallError("bind", unix.Bind(int(fd), wildcard)); failed == nil {
			port, failed = portOf(int(fd))
		}
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	return f(ctx, network, uint16(port)), nil
}

// portOf returns the local port of a socket.
func portOf(fd int) (int, error) {
	name, err := unix.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	switch own := name.(type) {
	case *unix.SockaddrInet4:
		return own.Port, nil
	case *unix.SockaddrInet6:
		return own.Port, nil
	}
	return 0, os.NewSyscallError("getsockname", unix.EAFNOSUPPORT)
}
