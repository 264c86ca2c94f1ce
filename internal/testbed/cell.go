//go:build linux

package testbed

import (
	"net"
	"testing"
)

// NewCell makes a bed of one house, Client, with no cable: for a client of which
// only the first connection matters. Every IPv4 address of 10.0.0.0/8 and every
// IPv6 address of fd00::/8 is its own, as 127.0.0.0/8 is anyway, so listeners on
// all addresses see whatever it dials; any other address is unreachable at once.
// Its name server is asked at 127.0.0.1, for ServeNames to serve.
func NewCell(t testing.TB) *Bed {
	t.Helper()
	b := ground(t)
	b.Client = newNamespace(t, b.label, "client")
	ip(t, "-n", b.Client.Name, "route", "add", "local", "10.0.0.0/8", "dev", "lo")
	ip(t, "-n", b.Client.Name, "-6", "route", "add", "local", "fd00::/8", "dev", "lo")
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
		for _, l := range opened {
			l.Close()
		}
		return nil, err
	}
	return opened, nil
}
