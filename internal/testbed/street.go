//go:build linux

package testbed

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Street is a network with three routers in a row between a client and a far
// host, for what only routers do: it has no servers but those that a test
// starts, and both families.
//
//	client ── near ── middle ── distant ── far
//
// The cable number n, counted from the client, has the nets 10.78.n.0/24 and
// fd78:n::/64: 1 is the left end, 2 the right one.
type Street struct {
	*Bed
	// Near, Middle and Distant are the routers, Far has the addresses of hosts.
	Near, Middle, Distant, Far *Namespace
}

// The addresses of the routers as the client meets them, and of the street's
// name server, which is the first router.
const (
	NearAddr    = "10.78.1.2"
	MiddleAddr  = "10.78.2.2"
	DistantAddr = "10.78.3.2"
	// MiddleAddr6 is the middle router's, for IPv6.
	MiddleAddr6 = "fd78:2::2"
	// FarNet and FarNet6 are routed to the far host: documentation ranges.
	FarNet  = "203.0.113.0/24"
	FarNet6 = "2001:db8::/32"
)

// NewStreet makes the street: cables, addresses and routes.
func NewStreet(t testing.TB) *Street {
	t.Helper()
	b := ground(t)
	s := &Street{Bed: b}
	b.Client = newNamespace(t, b.label, "client")
	s.Near, s.Middle = newNamespace(t, b.label, "near"), newNamespace(t, b.label, "middle")
	s.Distant, s.Far = newNamespace(t, b.label, "distant"), newNamespace(t, b.label, "far")
	row := []*Namespace{b.Client, s.Near, s.Middle, s.Distant, s.Far}
	for i, ns := range row {
		s.forwarding(ns)
		if i == 0 {
			continue
		}
		b.cable(row[i-1], fmt.Sprintf("10.78.%d.1", i), ns, fmt.Sprintf("10.78.%d.2", i))
		s.address6(row[i-1], ns, fmt.Sprintf("fd78:%d::1", i))
		s.address6(ns, row[i-1], fmt.Sprintf("fd78:%d::2", i))
	}
	for i, ns := range row {
		if i < len(row)-1 {
			ip(t, "-n", ns.Name, "route", "add", "default", "via", fmt.Sprintf("10.78.%d.2", i+1))
			ip(t, "-n", ns.Name, "-6", "route", "add", "default", "via", fmt.Sprintf("fd78:%d::2", i+1))
		}
		for back := 1; back < i; back++ {
			ip(t, "-n", ns.Name, "route", "add", fmt.Sprintf("10.78.%d.0/24", back), "via", fmt.Sprintf("10.78.%d.1", i))
			ip(t, "-n", ns.Name, "-6", "route", "add", fmt.Sprintf("fd78:%d::/64", back), "via", fmt.Sprintf("fd78:%d::1", i))
		}
	}
	ip(t, "-n", s.Far.Name, "route", "add", "local", FarNet, "dev", "lo")
	ip(t, "-n", s.Far.Name, "-6", "route", "add", "local", FarNet6, "dev", "lo")
	b.Client.etc(t, "resolv.conf", "nameserver "+NearAddr+"\n")
	b.Client.etc(t, "hosts", "127.0.0.1 localhost\n")
	return s
}

// address6 gives the cable's end an address at once: without duplicate address
// detection, which would take a second.
func (s *Street) address6(ns, towards *Namespace, addr string) {
	s.t.Helper()
	ip(s.t, "-n", ns.Name, "address", "add", addr+"/64", "dev", "to-"+role(towards), "nodad")
}

// forwarding makes the namespace pass packets on and answer each one that it
// does not: by default a kernel sends few ICMP errors a second (icmp(7)), and
// walks side by side would take them from each other. Addresses are good at once:
// detecting duplicates keeps a new link's IPv6 silent for a second or two. A server
// may have an address of its own of the nets that are routed to it.
func (s *Street) forwarding(ns *Namespace) {
	s.t.Helper()
	settings := map[string]string{"ipv4/ip_forward": "1", "ipv6/conf/all/forwarding": "1", "ipv4/icmp_ratelimit": "0",
		"ipv6/icmp/ratelimit": "0", "ipv6/conf/all/accept_dad": "0", "ipv6/conf/default/accept_dad": "0", "ipv6/conf/default/dad_transmits": "0",
		"ipv6/ip_nonlocal_bind": "1"}
	err := ns.within(func() error { // as in OpenEgress
		for name, value := range settings {
			if err := os.WriteFile("/proc/sys/net/"+name, []byte(value), 0o644); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// Rules loads nftables rules into a namespace of the street.
func (s *Street) Rules(ns *Namespace, rules string) {
	s.t.Helper()
	Require(s.t, "nftables")
	file := s.WriteFile("rules-"+role(ns)+".conf", []byte(rules))
	if out, err := exec.Command("ip", "netns", "exec", ns.Name, "nft", "-f", filepath.Clean(file)).CombinedOutput(); err != nil {
		s.t.Fatalf("nft: %v: %s", err, out)
	}
}

// Route adds a route to a namespace of the street, in words of ip(8).
func (s *Street) Route(ns *Namespace, words ...string) {
	s.t.Helper()
	ip(s.t, append([]string{"-n", ns.Name, "route", "add"}, words...)...)
}

// Accept opens TCP ports of every address of the far host, and closes each
// connection that it gets.
func (s *Street) Accept(ports ...string) {
	s.t.Helper()
	for _, port := range ports {
		l, err := s.Far.Listen(net.JoinHostPort("::", port))
		if err != nil {
			s.t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_ = conn.Close()
			}
		}()
		s.t.Cleanup(func() { _ = l.Close(); <-ended })
	}
}

// HostZone returns a zone of one name with several addresses.
func HostZone(name string, addresses ...string) Names {
	out := Names{}
	for _, a := range addresses {
		out[name] = append(out[name], netip.MustParseAddr(a))
	}
	return out
}
