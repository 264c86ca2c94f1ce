//go:build !windows

package neterr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestKinds(t *testing.T) {
	in := func(err error) error {
		return fmt.Errorf("reading: %w", &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", err)})
	}
	for name, row := range map[string]struct {
		err                             error
		reset, closed, broken, timedOut bool
	}{
		"reset":          {in(syscall.ECONNRESET), true, false, false, false},
		"broken pipe":    {in(syscall.EPIPE), false, false, true, false},
		"end":            {fmt.Errorf("reading: %w", io.EOF), false, true, false, false},
		"end in between": {io.ErrUnexpectedEOF, false, true, false, false},
		"deadline":       {context.DeadlineExceeded, false, false, false, true},
		"cancelled":      {context.Canceled, false, false, false, false},
		"refused":        {in(syscall.ECONNREFUSED), false, false, false, false},
		"another":        {errors.New("another"), false, false, false, false},
		"none":           {nil, false, false, false, false},
	} {
		got := [4]bool{IsReset(row.err), IsClosed(row.err), IsBroken(row.err), IsTimeout(row.err)}
		if want := [4]bool{row.reset, row.closed, row.broken, row.timedOut}; got != want {
			t.Errorf("%s: reset, closed, broken, timed out %v, want %v", name, got, want)
		}
	}
}

// What the system says of a real connection.
func TestSockets(t *testing.T) {
	for name, row := range map[string]struct {
		end  func(*net.TCPConn)
		want func(error) bool
	}{
		"reset":   {func(c *net.TCPConn) { _ = c.SetLinger(0); _ = c.Close() }, IsReset},
		"end":     {func(c *net.TCPConn) { _ = c.Close() }, IsClosed},
		"silence": {func(*net.TCPConn) {}, IsTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			conn, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			peer, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = peer.Close() }()
			row.end(peer.(*net.TCPConn))
			if name == "silence" {
				if err := conn.SetReadDeadline(time.Unix(1, 0)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := conn.Read(make([]byte, 1)); !row.want(err) {
				t.Errorf("%v", err)
			}
		})
	}
}
