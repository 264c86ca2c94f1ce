package tunnel

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/neterr"
)

// DialFunc opens a connection, as net.Dialer.DialContext does.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Dial makes one TCP connection to an address with port. The context bounds
// it. On failure the connection is nil and the failure has a kind of the dial.
func Dial(ctx context.Context, dial DialFunc, address string, scribe evidence.Scribe) (net.Conn, evidence.Dial, *evidence.Failure) {
	detail := evidence.Dial{Address: address}
	conn, err := dial(ctx, "tcp", address)
	if err == nil {
		return conn, detail, nil
	}
	kind, errno := classifyDial(err)
	detail.Errno, detail.ICMP = errno, icmpOf(err)
	if told := icmpKind(detail.ICMP); told != "" {
		kind = told
	}
	var blind blindError
	if errors.As(err, &blind) {
		detail.NotLooked = scribe.Text(blind.NotLooked())
	}
	return nil, detail, evidence.Fail(kind, scribe.Text(err.Error()), err)
}

// classifyDial reads the errno first: it is the one thing that the system and
// not a library has chosen. The mapping was measured between namespaces. Where
// an ICMP message ended the attempt, that says more: no route to host stands
// for host unreachable and for both prohibitions of it.
func classifyDial(err error) (evidence.Kind, string) {
	for _, row := range dialErrnos {
		if errors.Is(err, row.errno) {
			return row.kind, row.name
		}
	}
	if neterr.IsTimeout(err) || errors.Is(err, context.Canceled) {
		return evidence.Timeout, ""
	}
	return evidence.Unknown, ""
}

type errnoRow struct {
	errno syscall.Errno
	name  string
	kind  evidence.Kind
}

// Bound ends every read and write on the connection when the context ends.
// The returned function lifts that; it must be called. What was read until then
// counts, and the connection is as good as before: no deadline comes after it.
func Bound(ctx context.Context, conn net.Conn) (lift func()) {
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { defer close(ended); expire(conn) })
	return sync.OnceFunc(func() { takeBack(stop, ended, conn) })
}

// expire ends the reads and writes of a connection that are under way or to come.
func expire(conn net.Conn) { _ = conn.SetDeadline(time.Unix(1, 0)) }

// takeBack takes an [expire] back that could not be stopped any more, once it is
// done.
func takeBack(stop func() bool, done <-chan struct{}, conn net.Conn) {
	if stop() {
		return
	}
	<-done
	_ = conn.SetDeadline(time.Time{})
}

// ClassifyStream reads an error of an open connection. The second result is
// false where the error is of no kind that streams share.
func ClassifyStream(err error) (evidence.Kind, bool) {
	switch {
	case neterr.IsReset(err):
		return evidence.Reset, true
	case neterr.IsClosed(err), neterr.IsBroken(err):
		return evidence.Closed, true
	case neterr.IsTimeout(err), errors.Is(err, context.Canceled):
		return evidence.Timeout, true
	}
	return evidence.Unknown, false
}
