package mockproxy

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"pullpath/internal/fault"
)

// Ports are the addresses at which a network can be reached by clients that have
// no [Map]. Empty takes a free port of 127.0.0.1.
type Ports struct {
	// HTTP is the forward proxy, HTTPS the same behind TLS, SOCKS a SOCKS5 server,
	// DNS the first name server, on UDP and TCP.
	HTTP, HTTPS, SOCKS, DNS string
	// Anywhere allows addresses that other machines can reach.
	Anywhere bool
}

// check refuses addresses that others can reach.
func (p Ports) check() error {
	for _, address := range []string{p.HTTP, p.HTTPS, p.SOCKS, p.DNS} {
		if address == "" {
			continue
		}
		if err := CheckAddress(address, p.Anywhere); err != nil {
			return err
		}
	}
	return nil
}

// CheckAddress reports whether an address to listen on is a literal one with a
// port, of loopback unless others are wanted.
func CheckAddress(address string, anywhere bool) error {
	at, err := netip.ParseAddrPort(address)
	switch {
	case err != nil:
		return fmt.Errorf("listen on %s: no IP address with a port; 127.0.0.1:3128 is one", address)
	case !at.Addr().IsLoopback() && !anywhere:
		return fmt.Errorf("listen on %s: other machines could reach it; --listen-anywhere allows that", address)
	}
	return nil
}

// ofFamily returns the network on which an address is listened to, "tcp" or "udp" with
// the family of one of IPv4: else 0.0.0.0 would be every address of IPv6 as well.
func ofFamily(network, address string) string {
	if at, err := netip.ParseAddrPort(address); err == nil && at.Addr().Is4() {
		return network + "4"
	}
	return network
}

// local returns where a client on this machine reaches a listener: one at every address
// is at the loopback one.
func local(listener net.Addr) string {
	at, err := netip.ParseAddrPort(listener.String())
	if err != nil || !at.Addr().IsUnspecified() {
		return listener.String()
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port()).String()
}

// Listen puts the network at these addresses.
func Listen(p Ports) Option { return func(n *Network) { n.ports = p } }

// Complete adds the proxy behind TLS, the SOCKS5 server of its own and the hosts in
// plain HTTP, for clients that need them.
func Complete() Option { return func(n *Network) { n.complete = true } }

// ListenIPv6 listens on ::1 besides, at the same ports, for clients that have a way to
// it alone: those of a namespace. The ports are free where nobody else listens.
func (n *Network) ListenIPv6() error {
	for _, double := range n.doubles {
		if err := double(); err != nil {
			return fmt.Errorf("mock network: %w", err)
		}
	}
	return nil
}

// listenAt opens a gate at an address, empty for a free port.
func (n *Network) listenAt(address string, pass func(net.Conn) net.Conn) (*gate, error) {
	g, err := newGate(address, pass)
	if err == nil {
		n.doubles = append(n.doubles, g.double)
	}
	return g, err
}

// served lets a connection pass as it is.
func served(conn net.Conn) net.Conn { return conn }

// startFurther starts what only a complete network has.
func (n *Network) startFurther() error {
	secure, err := n.secureConfig()
	if err != nil {
		return fmt.Errorf("proxy behind TLS: %w", err)
	}
	g, err := n.listenAt(n.ports.HTTPS, func(conn net.Conn) net.Conn { return tls.Server(conn, secure) })
	if err != nil {
		return fmt.Errorf("proxy behind TLS: %w", err)
	}
	n.secure = local(g.Addr())
	n.serveKeeping(g, n.outer(n.engine, 1))
	socks, err := n.listenAt(n.ports.SOCKS, func(conn net.Conn) net.Conn {
		_ = n.orSOCKS(conn, 1) // what begins otherwise is no SOCKS, and ends
		return nil
	})
	if err != nil {
		return fmt.Errorf("SOCKS server: %w", err)
	}
	n.socks = local(socks.Addr())
	n.closers = append(n.closers, func() { _ = socks.Close() })
	plain, err := n.listenAt("", served)
	if err != nil {
		return fmt.Errorf("plain HTTP: %w", err)
	}
	n.plain = plain.Addr().String()
	n.serve(plain, n.byHost())
	return nil
}

// secureConfig returns the TLS of the proxy's port of its own, under the public
// authority: a client that trusts this network can use it by name or address.
func (n *Network) secureConfig() (*tls.Config, error) {
	cert, err := n.public.leaf(fault.ProxyName, fault.Certificate{Names: proxyNames()}, n.Now())
	if err != nil {
		return nil, err
	}
	return n.tlsConfig(*cert, fault.TLSServer{}), nil
}

// proxyNames returns those by which a client can have the proxy.
func proxyNames() []string { return []string{fault.ProxyName, "localhost", "127.0.0.1", "::1"} }

// byHost serves every host of the World in plain HTTP, told apart by the Host
// field.
func (n *Network) byHost() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, ok := n.handlers[strings.ToLower(hostOf(r))]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// SecureProxy returns the address of the proxy behind TLS; empty, as the next two, where
// the network is not a complete one.
func (n *Network) SecureProxy() string { return n.secure }

// SOCKS returns the address of the SOCKS5 server.
func (n *Network) SOCKS() string { return n.socks }

// Plain returns the address of all hosts in plain HTTP.
func (n *Network) Plain() string { return n.plain }
