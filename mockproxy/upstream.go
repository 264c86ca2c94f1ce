package mockproxy

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// upstream is a tunnel's connection to a host. A RST on it is passed on to the client,
// who would else be told of an orderly end.
type upstream struct {
	*net.TCPConn
	client net.Conn
}

func passReset(conn, client net.Conn) net.Conn {
	if tcp, ok := conn.(*net.TCPConn); ok && client != nil {
		return &upstream{tcp, underTLS(client)}
	}
	return conn
}

func (u *upstream) Read(p []byte) (int, error) {
	n, err := u.TCPConn.Read(p)
	u.pass(err)
	return n, err
}

// WriteTo is the method that io.Copy uses.
func (u *upstream) WriteTo(w io.Writer) (int64, error) {
	n, err := u.TCPConn.WriteTo(w)
	u.pass(err)
	return n, err
}

func (u *upstream) pass(err error) {
	if errors.Is(err, syscall.ECONNRESET) {
		reset(u.client)
	}
}
