package capture

import (
	"encoding/binary"
	"net/netip"

	"github.com/gopacket/gopacket/layers"
)

// Of ICMP (RFC 792, RFC 1191) and ICMPv6 (RFC 4443).
const (
	icmpHeadBytes    = 8
	icmpUnreachable  = 3
	icmpTooBigCode   = 4
	icmp6Unreachable = 1
	icmp6TooBig      = 2
)

// mtuOf is the size that a message names.
func mtuOf(proto layers.IPProtocol, data []byte) int {
	switch {
	case proto == layers.IPProtocolICMPv4 && data[0] == icmpUnreachable && data[1] == icmpTooBigCode:
		return int(binary.BigEndian.Uint16(data[6:]))
	case proto == layers.IPProtocolICMPv6 && data[0] == icmp6TooBig:
		return int(min(binary.BigEndian.Uint32(data[4:]), 1<<20))
	}
	return 0
}

// message follows one of ICMP to the packet that it quotes.
func (t *tracker) message(p packet) {
	version := 4
	if p.proto == layers.IPProtocolICMPv6 {
		version = 6
	}
	about := p.icmp.kind == icmpUnreachable
	if version == 6 {
		about = p.icmp.kind == icmp6Unreachable || p.icmp.kind == icmp6TooBig
	}
	if !about {
		return
	}
	from, to, proto, ok := quoted(p.payload)
	if !ok {
		return
	}
	m := ICMP{Moment: Moment{p.frame, p.at}, Sender: p.src, Version: version, Type: p.icmp.kind, Code: p.icmp.code, MTU: p.icmp.mtu}
	if proto == layers.IPProtocolUDP {
		t.questionUnreachable(from, to, m)
		return
	}
	c := t.open[endsOf(from, to)]
	if c == nil || len(c.ICMP) == maxICMP {
		return
	}
	m.Down = from == c.Server
	c.ICMP = append(c.ICMP, m)
}

// quoted reads the ends of a quoted packet: its IP header and the first eight bytes behind it are
// all that a message has to quote.
func quoted(data []byte) (from, to netip.AddrPort, proto layers.IPProtocol, ok bool) {
	if len(data) < 20 {
		return from, to, 0, false
	}
	var src, dst netip.Addr
	var rest []byte
	switch data[0] >> 4 {
	case 4:
		head := int(data[0]&0xf) * 4
		if head < 20 || len(data) < head+4 {
			return from, to, 0, false
		}
		src, _ = netip.AddrFromSlice(data[12:16])
		dst, _ = netip.AddrFromSlice(data[16:20])
		proto, rest = layers.IPProtocol(data[9]), data[head:]
	case 6:
		if len(data) < 44 {
			return from, to, 0, false
		}
		src, _ = netip.AddrFromSlice(data[8:24])
		dst, _ = netip.AddrFromSlice(data[24:40])
		proto, rest = layers.IPProtocol(data[6]), data[40:]
	default:
		return from, to, 0, false
	}
	if proto != layers.IPProtocolTCP && proto != layers.IPProtocolUDP {
		return from, to, 0, false
	}
	return netip.AddrPortFrom(src, binary.BigEndian.Uint16(rest)), netip.AddrPortFrom(dst, binary.BigEndian.Uint16(rest[2:])), proto, true
}
