package mockproxy

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"pullpath/internal/fault"
)

// Map leads the World's addresses to loopback. It is data, so that another
// process can be let into the same network.
type Map struct {
	// Routes are looked up by the World's address.
	Routes map[string]Route `json:"routes"`
	// Routers are on the way to each of them, nearest first.
	Routers []string `json:"routers,omitempty"`
}

// Route is where one World address leads.
type Route struct {
	// To is a loopback address with port; empty where an effect stands instead.
	To string `json:"to,omitempty"`
	// Effect is what happens instead, one of those of [fault.Socket].
	Effect fault.Effect `json:"effect,omitempty"`
	// TCP is the effect on TCP alone.
	TCP fault.Effect `json:"tcp,omitempty"`
	// Port limits the effect to one port; 0 means all.
	Port int `json:"port,omitempty"`
	// Behind is the place of the router that does it; 0 means the end of the way.
	Behind int `json:"behind,omitempty"`
	// Hosts are the names of those who are there, and Hellos are what becomes of
	// ClientHellos to them.
	Hosts  []string          `json:"hosts,omitempty"`
	Hellos []fault.Handshake `json:"hellos,omitempty"`
	// MTU is the size of the longest packet that gets through; 0 means any.
	MTU int `json:"mtu,omitempty"`
	// Outbound limits that to packets to the host.
	Outbound bool `json:"outbound,omitempty"`
}

// Dial opens a connection to a World address, as net.Dialer.DialContext would
// in the World: each address has one service, on whatever port, and an address
// that the World does not have leads nowhere.
func (m Map) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return m.DialSegments(ctx, network, address, 0)
}

// DialSegments is Dial with a maximum segment size; 0 is Ethernet's.
func (m Map) DialSegments(ctx context.Context, network, address string, size int) (net.Conn, error) {
	route, effect, err := m.find(network, address)
	if err != nil {
		return nil, err
	}
	if effect != "" {
		return nil, m.fail(ctx, network, address, route.Behind, effect)
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, route.To)
	if err == nil && route.MTU > 0 && strings.HasPrefix(network, "tcp") {
		conn = newNarrow(conn, size, route.MTU-headers, route.Outbound)
	}
	if err == nil && slices.ContainsFunc(route.Hellos, loses) {
		conn = &unheard{Conn: conn, route: route}
	}
	return conn, err
}

// DialLimited is Dial for a SYN that goes no further than the router with that
// number. Where it reaches the end, the connection is good for nothing.
func (m Map) DialLimited(ctx context.Context, network, address string, limit int) (net.Conn, error) {
	route, effect, err := m.find(network, address)
	if err != nil {
		return nil, err
	}
	last := len(m.Routers)
	if effect != "" && route.Behind > 0 {
		last = min(last, route.Behind)
	}
	switch {
	case effect == fault.DenyLocally, effect == fault.NoRoute:
	case limit <= last:
		return nil, m.device(network, address, limit, timeExceeded)
	}
	if effect != "" {
		return nil, m.fail(ctx, network, address, route.Behind, effect)
	}
	near, far := net.Pipe()
	_ = far.Close()
	return near, nil
}

// Servers returns where the network listens, in order.
func (m Map) Servers() []netip.AddrPort {
	var out []netip.AddrPort
	for _, r := range m.Routes {
		if at, err := netip.ParseAddrPort(r.To); err == nil {
			out = append(out, at)
		}
	}
	slices.SortFunc(out, netip.AddrPort.Compare)
	return slices.Compact(out)
}

// find returns the route of an address, and the effect on a connection to it.
func (m Map) find(network, address string) (Route, fault.Effect, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return Route{}, "", err
	}
	route, ok := m.Routes[address]
	if !ok {
		route, ok = m.Routes[host]
	}
	if !ok {
		route.Effect = fault.NoRoute
	}
	effect := route.Effect
	if effect == "" && strings.HasPrefix(network, "tcp") {
		effect = route.TCP
	}
	if route.Port != 0 && port != strconv.Itoa(route.Port) {
		effect = ""
	}
	return route, effect, nil
}

// fail plays an effect as the dial's error.
func (m Map) fail(ctx context.Context, network, address string, behind int, effect fault.Effect) error {
	if behind == 0 {
		behind = len(m.Routers)
	}
	switch effect {
	case fault.Refuse:
		return dialError(network, address, syscall.ECONNREFUSED)
	case fault.DenyLocally:
		return dialError(network, address, syscall.EACCES)
	case fault.Prohibit, fault.HostUnreachable, fault.NetUnreachable:
		return m.device(network, address, behind, effect)
	case fault.Drop:
		// A SYN that is dropped: nothing happens until the caller gives up.
		<-ctx.Done()
		return &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("%s: i/o timeout: %w", address, ctx.Err())}
	}
	return dialError(network, address, syscall.EHOSTUNREACH)
}

func dialError(network, address string, errno syscall.Errno) error {
	return &net.OpError{Op: "dial", Net: network, Addr: worldAddr{network, address},
		Err: os.NewSyscallError("connect", errno)}
}

type worldAddr struct{ network, address string }

func (a worldAddr) Network() string { return a.network }
func (a worldAddr) String() string  { return a.address }
