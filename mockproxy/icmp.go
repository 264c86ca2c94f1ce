package mockproxy

import (
	"net/netip"
	"strings"
	"syscall"

	"pullpath/internal/fault"
)

// timeExceeded is what a router does with a packet whose hop limit leads to it.
const timeExceeded fault.Effect = "time-exceeded"

// device is a failed dial that an ICMP message of a router ended.
type device struct {
	error
	version   int
	typ, code uint8
	sender    netip.Addr
}

func (d *device) Unwrap() error { return d.error }

// ICMP returns the message; no router is this host.
func (d *device) ICMP() (version int, typ, code uint8, sender netip.Addr, own bool) {
	return d.version, d.typ, d.code, d.sender, false
}

// messages are type and code of what a router says, in IPv4 and IPv6 (RFC 792,
// RFC 1812 section 5.2.7.1, RFC 4443 section 3.1), and the errno that Linux
// makes of it (measured).
func messages() map[fault.Effect]struct {
	four, six [2]uint8
	errno     syscall.Errno
} {
	return map[fault.Effect]struct {
		four, six [2]uint8
		errno     syscall.Errno
	}{
		fault.Prohibit:        {[2]uint8{3, 13}, [2]uint8{1, 1}, syscall.EHOSTUNREACH},
		fault.HostUnreachable: {[2]uint8{3, 1}, [2]uint8{1, 3}, syscall.EHOSTUNREACH},
		fault.NetUnreachable:  {[2]uint8{3, 0}, [2]uint8{1, 0}, syscall.ENETUNREACH},
		timeExceeded:          {[2]uint8{11, 0}, [2]uint8{3, 0}, syscall.EHOSTUNREACH},
	}
}

// device returns the error of a dial that the router at a place ended. To an IPv6
// address it speaks with the address 2001:db8:: and its place.
func (m Map) device(network, address string, place int, what fault.Effect) error {
	said := messages()[what]
	d := &device{error: dialError(network, address, said.errno), version: 4, typ: said.four[0], code: said.four[1]}
	if strings.HasPrefix(address, "[") {
		d.version, d.typ, d.code = 6, said.six[0], said.six[1]
		d.sender = netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 15: byte(place)})
		return d
	}
	if place >= 1 && place <= len(m.Routers) {
		d.sender = netip.MustParseAddr(m.Routers[place-1])
	}
	return d
}
