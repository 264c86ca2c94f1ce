//go:build linux

package testbed

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// NewCell makes a bed of one house, Client, with no cable: for a client of which
// only the first connection matters. Every IPv4 address of 10.0.0.0/8 and every
// IPv6 address of fd00::/8 and 2001:db8::/32 is its own, as 127.0.0.0/8 is anyway,
// so listeners on all addresses see whatever it dials; any other address is
// unreachable at once.
// Its name server is asked at 127.0.0.1, for ServeNames to serve.
func NewCell(t testing.TB) *Bed {
	t.Helper()
	b := ground(t)
	b.Client = newNamespace(t, b.label, "client")
	ip(t, "-n", b.Client.Name, "route", "add", "local", "10.0.0.0/8", "dev", "lo")
	for _, prefix := range []string{"fd00::/8", "2001:db8::/32"} {
		ip(t, "-n", b.Client.Name, "-6", "route", "add", "local", prefix, "dev", "lo")
	}
	b.Client.etc(t, "resolv.conf", "nameserver 127.0.0.1\n")
	b.Client.etc(t, "hosts", "127.0.0.1 localhost\n::1 localhost\n")
	b.Client.etc(t, "nsswitch.conf", "hosts: files dns\n")
	return b
}

// ListenAll opens TCP listeners inside the namespace, all or none.
func (n *Namespace) ListenAll(addresses ...string) (opened []net.Listener, err error) {
	err = n.within(func() error {
		for _, address := range addresses {
			l, err := net.Listen("tcp", address)
			if err != nil {
				return err
			}
			opened = append(opened, l)
		}
		return nil
	})
	if err != nil {
		CloseAll(opened)
		return nil, err
	}
	return opened, nil
}

// CloseAll closes listeners so that their addresses can be listened to again at
// once. Closing alone does not do: a process that another test starts meanwhile
// holds them too until its exec(2) is through. Shutting down ends the listening
// for all holders.
func CloseAll(listeners []net.Listener) {
	for _, l := range listeners {
		if tcp, ok := l.(*net.TCPListener); ok {
			if raw, err := tcp.SyscallConn(); err == nil {
				_ = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RDWR) })
			}
		}
		l.Close()
	}
}
