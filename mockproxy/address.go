package mockproxy

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"pullpath/internal/fault"
)

// Map leads the World's addresses to loopback. It is data, so that another
// process can be let into the same network.
type Map struct {
	// Routes are looked up by the World's address.
	Routes map[string]Route `json:"routes"`
}

// Route is where one World address leads.
type Route struct {
	// To is a loopback address with port; empty where an effect stands instead.
	To string `json:"to,omitempty"`
	// Effect is Refuse, Drop or NoRoute.
	Effect fault.Effect `json:"effect,omitempty"`
	// TCP is the effect on TCP alone.
	TCP fault.Effect `json:"tcp,omitempty"`
}

// Dial opens a connection to a World address, as net.Dialer.DialContext would
// in the World: the port is ignored, for each address has one service, and an
// address that the World does not have leads nowhere.
func (m Map) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	route, ok := m.Routes[host]
	if !ok {
		route.Effect = fault.NoRoute
	}
	effect := route.Effect
	if effect == "" && strings.HasPrefix(network, "tcp") {
		effect = route.TCP
	}
	switch effect {
	case fault.Refuse:
		return nil, dialError(network, address, syscall.ECONNREFUSED)
	case fault.NoRoute:
		return nil, dialError(network, address, syscall.EHOSTUNREACH)
	case fault.Drop:
		// A SYN that is dropped: nothing happens until the caller gives up.
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("%s: i/o timeout: %w", address, ctx.Err())}
	}
	var d net.Dialer
	return d.DialContext(ctx, network, route.To)
}

func dialError(network, address string, errno syscall.Errno) error {
	return &net.OpError{Op: "dial", Net: network, Addr: worldAddr{network, address},
		Err: os.NewSyscallError("connect", errno)}
}

type worldAddr struct{ network, address string }

func (a worldAddr) Network() string { return a.network }
func (a worldAddr) String() string  { return a.address }
