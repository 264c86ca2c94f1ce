package packets

import (
	"encoding/binary"
	"net/netip"
)

// Protocol numbers (www.iana.org/assignments/protocol-numbers).
const (
	protoICMP, protoTCP, protoUDP, protoICMPv6 = 1, 6, 17, 58
	// Extension headers of IPv6 (RFC 8200 section 4).
	nextHopByHop, nextRouting, nextFragment, nextDestination = 0, 43, 44, 60
)

// maxExtensions bounds the extension headers that are passed over: RFC 8200 section 4.1 names
// five, each at most once.
const maxExtensions = 8

// packet is what a packet's headers say of whose it is.
type packet struct {
	proto    byte
	src, dst netip.AddrPort
	// syn says that this is the first packet of a connection's side that opens it, and seq is
	// its number.
	syn bool
	seq uint32
	// quoted is the packet that an ICMP message is about, nil for none.
	quoted *packet
	// fragment identifies a packet that came in parts; later means that this part has no ports.
	fragment *fragment
	later    bool
}

// fragment is what parts of one packet share (RFC 791 section 3.2, RFC 8200 section 4.5).
type fragment struct {
	src, dst netip.Addr
	proto    byte
	id       uint32
}

// parse reads the headers of a packet from the IP header on, false for what is none or is cut
// too early to be known.
func parse(data []byte) (packet, bool) { return parseAt(data, true) }

// parseAt reads a packet, and where outer is true what it quotes.
func parseAt(data []byte, outer bool) (packet, bool) {
	if len(data) == 0 {
		return packet{}, false
	}
	switch data[0] >> 4 {
	case 4:
		return parse4(data, outer)
	case 6:
		return parse6(data, outer)
	}
	return packet{}, false
}

func parse4(data []byte, outer bool) (packet, bool) {
	const least = 20
	if len(data) < least {
		return packet{}, false
	}
	head := int(data[0]&0xf) * 4
	if head < least || head > len(data) {
		return packet{}, false
	}
	src, dst := netip.AddrFrom4([4]byte(data[12:16])), netip.AddrFrom4([4]byte(data[16:20]))
	p := packet{proto: data[9], src: netip.AddrPortFrom(src, 0), dst: netip.AddrPortFrom(dst, 0)}
	const moreFragments, offsetMask = 0x2000, 0x1fff
	if part := binary.BigEndian.Uint16(data[6:]); part&(moreFragments|offsetMask) != 0 {
		p.fragment = &fragment{src, dst, p.proto, uint32(binary.BigEndian.Uint16(data[4:]))}
		p.later = part&offsetMask != 0
	}
	return p.transport(data[head:], outer)
}

func parse6(data []byte, outer bool) (packet, bool) {
	const head = 40
	if len(data) < head {
		return packet{}, false
	}
	src, dst := netip.AddrFrom16([16]byte(data[8:24])), netip.AddrFrom16([16]byte(data[24:40]))
	p := packet{proto: data[6], src: netip.AddrPortFrom(src, 0), dst: netip.AddrPortFrom(dst, 0)}
	rest := data[head:]
	for range maxExtensions {
		size := 8
		switch p.proto {
		case nextHopByHop, nextRouting, nextDestination:
			if len(rest) >= size {
				size += int(rest[1]) * 8
			}
		case nextFragment:
			if len(rest) >= size {
				p.fragment = &fragment{src, dst, rest[0], binary.BigEndian.Uint32(rest[4:])}
				p.later = binary.BigEndian.Uint16(rest[2:])>>3 != 0
			}
		default:
			return p.transport(rest, outer)
		}
		if len(rest) < size {
			return packet{}, false
		}
		p.proto, rest = rest[0], rest[size:]
		if p.later {
			return p, true
		}
	}
	return packet{}, false
}

// transport reads what stands behind the IP header.
func (p packet) transport(data []byte, outer bool) (packet, bool) {
	if p.later {
		return p, true
	}
	switch p.proto {
	case protoTCP, protoUDP:
		if len(data) < 4 {
			return packet{}, false
		}
		p.src = netip.AddrPortFrom(p.src.Addr(), binary.BigEndian.Uint16(data))
		p.dst = netip.AddrPortFrom(p.dst.Addr(), binary.BigEndian.Uint16(data[2:]))
		if p.proto == protoTCP && len(data) >= 14 {
			const syn, ack = 0x02, 0x10
			p.syn = data[13]&(syn|ack) == syn
			p.seq = binary.BigEndian.Uint32(data[4:])
		}
		return p, true
	case protoICMP, protoICMPv6:
		const head = 8 // RFC 792, RFC 4443 section 2.1 with four bytes of the message
		if !outer || len(data) < head || !isError(p.proto, data[0]) {
			return packet{}, false
		}
		quoted, ok := parseAt(data[head:], false)
		p.quoted = &quoted
		return p, ok
	}
	return packet{}, false
}

// isError reports whether a type of ICMP is about a packet that it quotes: destination
// unreachable, source quench, time exceeded, parameter problem (RFC 792), and the errors of
// ICMPv6, which are below 128 (RFC 4443 section 2.1).
func isError(proto, kind byte) bool {
	if proto == protoICMPv6 {
		return kind < 128
	}
	return kind == 3 || kind == 4 || kind == 11 || kind == 12
}
