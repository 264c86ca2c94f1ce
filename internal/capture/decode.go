package capture

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// packet is what one frame carries for TCP, UDP or ICMP. Its bytes are valid until the next frame
// is decoded.
type packet struct {
	frame    int
	at       time.Time
	src, dst netip.Addr
	// hop is the hop limit (TTL), id the identification of IPv4, 0 in IPv6.
	hop uint8
	id  uint16
	// proto says what of the following is set.
	proto   layers.IPProtocol
	tcp     *layers.TCP
	udp     *layers.UDP
	icmp    icmpHead
	payload []byte
	// length is the payload's on the wire; payload is shorter where the capture cut it.
	length int
}

// icmpHead is the fixed part of an ICMP message; what it quotes is the packet's payload.
type icmpHead struct {
	kind, code uint8
	// mtu is that of "fragmentation needed" and "packet too big", 0 where it is not said.
	mtu int
}

// Why a frame is left out.
var (
	errOther     = errors.New("other protocols")
	errBroken    = errors.New("broken headers")
	errFragment  = errors.New("fragments")
	errEncrypted = errors.New("packets of IPsec")
	errLink      = errors.New("links of an unknown kind")
)

// maxNesting is how many tunnels may lie in each other: a mirror's around an overlay's around a
// VPN's is three.
const maxNesting = 4

// decoder takes the layers of frames apart. It is used again and again, so that a packet costs no
// memory.
type decoder struct {
	eth  layers.Ethernet
	vlan layers.Dot1Q
	sll  layers.LinuxSLL
	sll2 layers.LinuxSLL2
	loop layers.Loopback
	gre  layers.GRE
	ip4  layers.IPv4
	ip6  layers.IPv6
	skip layers.IPv6ExtensionSkipper
	frag layers.IPv6Fragment
	tcp  layers.TCP
	udp  layers.UDP

	fragments fragments
	cut       bool
}

// SetTruncated is gopacket's way to say that the frame was cut.
func (d *decoder) SetTruncated() { d.cut = true }

// decode returns the packet in a frame.
func (d *decoder) decode(f frame) (packet, error) {
	d.cut = false
	p := packet{frame: f.no, at: f.at}
	err := d.link(&p, f.link, f.data, 0)
	return p, err
}

// link takes the head of the link layer off.
func (d *decoder) link(p *packet, link layers.LinkType, data []byte, depth int) error {
	switch link {
	case layers.LinkTypeEthernet:
		return d.ethernet(p, data, depth)
	case layers.LinkTypeLinuxSLL:
		if d.sll.DecodeFromBytes(data, d) != nil {
			return errBroken
		}
		return d.network(p, d.sll.EthernetType, d.sll.Payload, depth)
	case layers.LinkTypeLinuxSLL2:
		if d.sll2.DecodeFromBytes(data, d) != nil {
			return errBroken
		}
		return d.network(p, d.sll2.ProtocolType, d.sll2.Payload, depth)
	case layers.LinkTypeNull, layers.LinkTypeLoop:
		if d.loop.DecodeFromBytes(data, d) != nil {
			return errBroken
		}
		return d.either(p, d.loop.Payload, depth)
	case layers.LinkTypePPP, layers.LinkTypePPP_HDLC:
		return d.ppp(p, data, depth)
	case layers.LinkTypeRaw, layers.LinkTypeIPv4, layers.LinkTypeIPv6, linkTypeRawBSD, linkTypeRawOpenBSD:
		return d.either(p, data, depth)
	}
	return errLink
}

// The numbers of raw IP in files of the BSDs (https://www.tcpdump.org/linktypes.html, LINKTYPE_RAW).
const (
	linkTypeRawBSD     layers.LinkType = 12
	linkTypeRawOpenBSD layers.LinkType = 14
)

// either is IPv4 or IPv6 by its first half byte.
func (d *decoder) either(p *packet, data []byte, depth int) error {
	if len(data) == 0 {
		return errBroken
	}
	if data[0]>>4 == 6 {
		return d.network(p, layers.EthernetTypeIPv6, data, depth)
	}
	return d.network(p, layers.EthernetTypeIPv4, data, depth)
}

func (d *decoder) ethernet(p *packet, data []byte, depth int) error {
	if d.eth.DecodeFromBytes(data, d) != nil {
		return errBroken
	}
	return d.network(p, d.eth.EthernetType, d.eth.Payload, depth)
}

// Heads of PPP (RFC 1661, RFC 1662) and of PPPoE (RFC 2516).
const (
	pppIPv4    = 0x0021
	pppIPv6    = 0x0057
	pppHDLC    = 0xff03
	pppoeHead  = 6
	erspanType = 0x88be
	erspanHead = 8
)

func (d *decoder) ppp(p *packet, data []byte, depth int) error {
	if len(data) >= 2 && binary.BigEndian.Uint16(data) == pppHDLC {
		data = data[2:]
	}
	if len(data) < 2 {
		return errBroken
	}
	switch protocol := binary.BigEndian.Uint16(data); {
	case protocol == pppIPv4:
		return d.network(p, layers.EthernetTypeIPv4, data[2:], depth)
	case protocol == pppIPv6:
		return d.network(p, layers.EthernetTypeIPv6, data[2:], depth)
	case data[0] == pppIPv4: // the protocol field compressed to one byte
		return d.network(p, layers.EthernetTypeIPv4, data[1:], depth)
	}
	return errOther
}

// network takes the head of IP off, behind those of VLANs.
func (d *decoder) network(p *packet, kind layers.EthernetType, data []byte, depth int) error {
	if depth > maxNesting {
		return errOther
	}
	switch kind {
	case layers.EthernetTypeDot1Q, layers.EthernetTypeQinQ:
		if d.vlan.DecodeFromBytes(data, d) != nil {
			return errBroken
		}
		return d.network(p, d.vlan.Type, d.vlan.Payload, depth+1)
	case layers.EthernetTypePPPoESession:
		if len(data) < pppoeHead {
			return errBroken
		}
		return d.ppp(p, data[pppoeHead:], depth)
	case layers.EthernetTypeIPv4:
		return d.ipv4(p, data, depth)
	case layers.EthernetTypeIPv6:
		return d.ipv6(p, data, depth)
	}
	return errOther
}

func (d *decoder) ipv4(p *packet, data []byte, depth int) error {
	if d.ip4.DecodeFromBytes(data, d) != nil || d.ip4.Version != 4 {
		return errBroken
	}
	ip := &d.ip4
	wire := max(int(ip.Length)-int(ip.IHL)*4, len(ip.Payload))
	if ip.FragOffset != 0 || ip.Flags&layers.IPv4MoreFragments != 0 {
		whole := d.fragments.ipv4(ip, p.at)
		if whole == nil {
			return errFragment
		}
		ip, wire = whole, len(whole.Payload)
	}
	p.src, _ = netip.AddrFromSlice(ip.SrcIP)
	p.dst, _ = netip.AddrFromSlice(ip.DstIP)
	p.hop, p.id = ip.TTL, ip.Id
	return d.transport(p, ip.Protocol, ip.Payload, wire, depth)
}

func (d *decoder) ipv6(p *packet, data []byte, depth int) error {
	if d.ip6.DecodeFromBytes(data, d) != nil || d.ip6.Version != 6 {
		return errBroken
	}
	p.src, _ = netip.AddrFromSlice(d.ip6.SrcIP)
	p.dst, _ = netip.AddrFromSlice(d.ip6.DstIP)
	p.hop, p.id = d.ip6.HopLimit, 0
	next, payload := d.ip6.NextHeader, d.ip6.Payload
	missing := max(int(d.ip6.Length)-len(payload), 0)
	if d.ip6.HopByHop != nil {
		next = d.ip6.HopByHop.NextHeader
		missing = max(int(d.ip6.Length)-len(payload)-len(d.ip6.HopByHop.Contents), 0)
	}
	for range maxExtensions {
		switch next {
		case layers.IPProtocolIPv6HopByHop, layers.IPProtocolIPv6Routing, layers.IPProtocolIPv6Destination:
			if d.skip.DecodeFromBytes(payload, d) != nil {
				return errBroken
			}
			next, payload = d.skip.NextHeader, d.skip.Payload
		case layers.IPProtocolIPv6Fragment:
			if d.frag.DecodeFromBytes(payload, d) != nil {
				return errBroken
			}
			whole := d.fragments.ipv6(&d.ip6, &d.frag, p.at)
			if whole == nil {
				return errFragment
			}
			next, payload, missing = whole.NextHeader, whole.Payload, 0
		default:
			return d.transport(p, next, payload, len(payload)+missing, depth)
		}
	}
	return errBroken
}

// maxExtensions bounds the headers between IPv6 and what it carries; RFC 8200 section 4.1 has seven.
const maxExtensions = 8

// vxlanPort is that of VXLAN (RFC 7348), vxlanHead the length of its head.
const (
	vxlanPort = 4789
	vxlanHead = 8
)

// transport takes the head of what IP carries off.
func (d *decoder) transport(p *packet, proto layers.IPProtocol, data []byte, wire, depth int) error {
	p.proto = proto
	switch proto {
	case layers.IPProtocolTCP:
		if d.tcp.DecodeFromBytes(data, d) != nil {
			return errBroken
		}
		p.tcp, p.payload, p.length = &d.tcp, d.tcp.Payload, wire-int(d.tcp.DataOffset)*4
	case layers.IPProtocolUDP:
		if d.udp.DecodeFromBytes(data, d) != nil {
			return errBroken
		}
		if d.udp.DstPort == vxlanPort && len(d.udp.Payload) > vxlanHead {
			return d.ethernet(p, d.udp.Payload[vxlanHead:], depth+1)
		}
		p.udp, p.payload, p.length = &d.udp, d.udp.Payload, wire-len(d.udp.Contents)
	case layers.IPProtocolICMPv4, layers.IPProtocolICMPv6:
		if len(data) < icmpHeadBytes {
			return errBroken
		}
		p.icmp = icmpHead{kind: data[0], code: data[1], mtu: mtuOf(proto, data)}
		p.payload, p.length = data[icmpHeadBytes:], wire-icmpHeadBytes
	case layers.IPProtocolIPv4:
		return d.network(p, layers.EthernetTypeIPv4, data, depth+1)
	case layers.IPProtocolIPv6:
		return d.network(p, layers.EthernetTypeIPv6, data, depth+1)
	case layers.IPProtocolGRE:
		return d.tunnelled(p, data, depth)
	case layers.IPProtocolESP, layers.IPProtocolAH:
		return errEncrypted
	default:
		return errOther
	}
	return nil
}

// tunnelled is a packet inside GRE (RFC 2784), or a mirrored frame inside ERSPAN
// (draft-foschiano-erspan).
func (d *decoder) tunnelled(p *packet, data []byte, depth int) error {
	if depth >= maxNesting || d.gre.DecodeFromBytes(data, d) != nil {
		return errBroken
	}
	inner := d.gre.Payload
	switch {
	case d.gre.Protocol == layers.EthernetTypeTransparentEthernetBridging:
		return d.ethernet(p, inner, depth+1)
	case d.gre.Protocol == erspanType && d.gre.SeqPresent && len(inner) > erspanHead:
		return d.ethernet(p, inner[erspanHead:], depth+1)
	case d.gre.Protocol == erspanType:
		return d.ethernet(p, inner, depth+1)
	}
	return d.network(p, d.gre.Protocol, inner, depth+1)
}

var _ gopacket.DecodeFeedback = (*decoder)(nil)
