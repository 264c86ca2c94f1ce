package tunnel

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Speak opens a connection to an address, says first with a hop limit, and
// returns how that ended: nil for an answer, else the error of the connection.
// Where a device on the way took the packet's last hop it is EHOSTUNREACH, and
// nothing tells which (tcp(7), IP_RECVERR: the sender is queued for a SYN alone).
func (d Dialer) Speak(ctx context.Context, network, address string, limit int, first []byte) error {
	plain := net.Dialer{ControlContext: d.Opened.control}
	conn, err := plain.DialContext(ctx, network, address)
	if err != nil {
		return fmt.Errorf("the connection itself failed: %w", err)
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		_ = conn.Close()
		return fmt.Errorf("no TCP connection: %s", network)
	}
	defer end(tcp)
	lift := Bound(ctx, conn)
	defer lift()
	restore, err := limitHops(tcp, limit)
	if err != nil {
		return err
	}
	defer restore()
	if _, err := conn.Write(first); err != nil {
		return err
	}
	_, err = conn.Read(make([]byte, 1))
	return err
}

// limitHops sets the hop limit of what is sent from now on and has ICMP messages
// reported at once. The returned function lifts the limit, so that the end of
// the connection reaches the peer.
func limitHops(conn *net.TCPConn, limit int) (restore func(), err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	level, errors, hops := unix.IPPROTO_IP, unix.IP_RECVERR, unix.IP_TTL
	if strings.Contains(conn.RemoteAddr().String(), "[") {
		level, errors, hops = unix.IPPROTO_IPV6, unix.IPV6_RECVERR, unix.IPV6_UNICAST_HOPS
	}
	set := func(option, value int) error {
		var failed error
		err := raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), level, option, value) })
		if err == nil {
			err = os.NewSyscallError("setsockopt", failed)
		}
		return err
	}
	if err := set(errors, 1); err != nil {
		return nil, err
	}
	// -1 is the system's own default, in both families (ip(7), ipv6(7)).
	return func() { _ = set(hops, -1) }, set(hops, limit)
}
