package mockproxy

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"pullpath/internal/fault"
)

// Speak opens a connection to a World address and says a ClientHello on it that
// goes no further than the router with the number limit; see tunnel.SpeakFunc.
func (m Map) Speak(ctx context.Context, network, address string, limit int, first []byte) error {
	route, effect, err := m.find(network, address)
	if err != nil {
		return err
	}
	if effect != "" {
		return m.fail(ctx, network, address, route.Behind, effect)
	}
	near, far := net.Pipe()
	defer func() { _ = near.Close(); _ = far.Close() }()
	said := hello{raw: first, info: parseHello(near, first), split: len(first) > segment}
	if whole := recordHeader + int(binary.BigEndian.Uint16(first[3:])); whole > len(first) {
		said.raw, said.split = append(slices.Clone(first), make([]byte, whole-len(first))...), true
	}
	for _, f := range route.Hellos {
		place := f.Behind
		if place == 0 {
			place = len(m.Routers)
		}
		if host := route.called(said.info.ServerName); limit > place && scope(f.Host, host) && said.fits(f.Only, host) {
			return spokenTo(ctx, f.Effect)
		}
	}
	switch {
	case limit <= len(m.Routers):
		return dialError(network, address, syscall.EHOSTUNREACH)
	case len(said.raw) > len(first):
		return spokenTo(ctx, fault.Silence) // the server waits for what is missing
	}
	return nil
}

// spokenTo returns how a connection ends on which a ClientHello was said.
func spokenTo(ctx context.Context, effect fault.Effect) error {
	switch effect {
	case fault.Reset:
		return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	case fault.Close:
		return io.EOF
	case fault.Silence:
		<-ctx.Done()
		return fmt.Errorf("read: %w", ctx.Err())
	}
	return nil
}

// called returns the host of that name at the end of the route, the first where nobody
// has it.
func (r Route) called(name string) string {
	for _, host := range r.Hosts {
		if strings.EqualFold(host, name) {
			return host
		}
	}
	if len(r.Hosts) == 0 {
		return ""
	}
	return r.Hosts[0]
}
