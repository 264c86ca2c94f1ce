package tunnel

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// CanLimit reports whether DialLimited works on this system.
func (Dialer) CanLimit() bool { return true }

// DialContext opens a connection as net.Dialer does.
func (d Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if !strings.HasPrefix(network, "tcp") {
		return d.dialDatagrams(ctx, network, address)
	}
	return (&queueDial{opened: d.Opened}).open(ctx, network, address)
}

// DialLimited is DialContext with a hop limit. The connection that it may open
// is good for nothing but to be closed.
func (d Dialer) DialLimited(ctx context.Context, network, address string, limit int) (net.Conn, error) {
	return (&queueDial{limit: limit, opened: d.Opened}).open(ctx, network, address)
}

// DialSegments is DialContext with a maximum segment size, which also limits
// what the peer sends: it is announced in the SYN (tcp(7), TCP_MAXSEG).
func (d Dialer) DialSegments(ctx context.Context, network, address string, size int) (net.Conn, error) {
	return (&queueDial{segment: size, opened: d.Opened}).open(ctx, network, address)
}

// queueDial is one attempt that keeps a second descriptor of the socket:
// net.Dialer closes its own before the error queue can be read.
type queueDial struct {
	limit, segment int
	opened         OpenedFunc
	// fd is the second descriptor, -1 where there is none.
	fd int
	v6 bool
	// blind is why the queue cannot be read, nil where it can.
	blind error
}

func (q *queueDial) open(ctx context.Context, network, address string) (net.Conn, error) {
	q.fd = -1
	d := net.Dialer{ControlContext: q.prepare}
	conn, err := d.DialContext(ctx, network, address)
	if q.fd >= 0 {
		defer func() { _ = unix.Close(q.fd) }()
	}
	if err == nil {
		q.stopQueue()
		return conn, nil
	}
	if q.blind != nil {
		return nil, &unseenError{err, "the ICMP answer: " + q.blind.Error()}
	}
	if m, ok := q.read(); ok {
		m.error = err
		return nil, m
	}
	return nil, err
}

// prepare asks the kernel to queue ICMP messages (ip(7) and ipv6(7),
// IP_RECVERR) and takes the second descriptor, before connect(2).
func (q *queueDial) prepare(ctx context.Context, network, _ string, raw syscall.RawConn) error {
	if _, err := q.opened.bind(ctx, network, raw); err != nil {
		return err
	}
	q.v6 = strings.HasSuffix(network, "6")
	var limited error
	err := raw.Control(func(fd uintptr) {
		if q.limit > 0 {
			limited = q.set(int(fd), unix.IP_TTL, unix.IPV6_UNICAST_HOPS, q.limit)
		}
		if q.segment > 0 {
			limited = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, q.segment)
		}
		if q.blind = q.set(int(fd), unix.IP_RECVERR, unix.IPV6_RECVERR, 1); q.blind != nil {
			return
		}
		q.fd, q.blind = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err == nil {
		err = os.NewSyscallError("setsockopt", limited)
	}
	return err
}

func (q *queueDial) set(fd, option4, option6, value int) error {
	if q.v6 {
		return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, option6, value)
	}
	return unix.SetsockoptInt(fd, unix.IPPROTO_IP, option4, value)
}

// stopQueue ends the queueing: on an open connection it would make a passing
// ICMP message fatal (tcp(7), "Error handling").
func (q *queueDial) stopQueue() {
	if q.fd >= 0 {
		_ = q.set(q.fd, unix.IP_RECVERR, unix.IPV6_RECVERR, 0)
	}
}

// queueDepth bounds how many messages are read of one attempt: a SYN and its
// repetitions.
const queueDepth = 8

// read takes the first ICMP message off the queue.
func (q *queueDial) read() (*deviceError, bool) {
	if q.fd < 0 {
		return nil, false
	}
	oob := make([]byte, 512)
	for range queueDepth {
		_, n, _, _, err := unix.Recvmsg(q.fd, nil, oob, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if err != nil {
			return nil, false
		}
		messages, err := unix.ParseSocketControlMessage(oob[:n])
		if err != nil {
			return nil, false
		}
		for _, m := range messages {
			if out, ok := parseExtended(m); ok {
				out.own = q.isOwn(out.sender)
				return out, true
			}
		}
	}
	return nil, false
}

// isOwn reports whether the address is the socket's own end.
func (q *queueDial) isOwn(addr netip.Addr) bool {
	name, err := unix.Getsockname(q.fd)
	if err != nil {
		return false
	}
	switch own := name.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrFrom4(own.Addr) == addr
	case *unix.SockaddrInet6:
		return netip.AddrFrom16(own.Addr) == addr
	}
	return false
}

// Places in struct sock_extended_err and in the sender's address behind it
// (linux/errqueue.h, ip(7)).
const (
	atOrigin, atType, atCode = 4, 5, 6
	atSender4, atSender6     = 16 + 4, 16 + 8
)

// parseExtended reads a control message of the error queue, false for one that
// is no ICMP message.
func parseExtended(m unix.SocketControlMessage) (*deviceError, bool) {
	queued := m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_RECVERR ||
		m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_RECVERR
	if !queued || len(m.Data) < 16 {
		return nil, false
	}
	out := &deviceError{typ: m.Data[atType], code: m.Data[atCode]}
	switch m.Data[atOrigin] {
	case unix.SO_EE_ORIGIN_ICMP:
		out.version = 4
	case unix.SO_EE_ORIGIN_ICMP6:
		out.version = 6
	default:
		return nil, false
	}
	if len(m.Data) < 18 {
		return out, true
	}
	switch family := binary.NativeEndian.Uint16(m.Data[16:]); {
	case family == unix.AF_INET && len(m.Data) >= atSender4+4:
		out.sender = netip.AddrFrom4([4]byte(m.Data[atSender4:]))
	case family == unix.AF_INET6 && len(m.Data) >= atSender6+16:
		out.sender = netip.AddrFrom16([16]byte(m.Data[atSender6:]))
	}
	return out, true
}

// deviceError is a failed dial with the ICMP message that ended it.
type deviceError struct {
	error
	version   int
	typ, code uint8
	sender    netip.Addr
	own       bool
}

func (e *deviceError) Unwrap() error { return e.error }

func (e *deviceError) ICMP() (version int, typ, code uint8, sender netip.Addr, own bool) {
	return e.version, e.typ, e.code, e.sender, e.own
}
