package packets

import (
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

func mustAddrPort(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }

// made returns the bytes of layers.
func made(t testing.TB, all ...gopacket.SerializableLayer) []byte {
	t.Helper()
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true}, all...); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func ip4(proto layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 64, Id: 9, Protocol: proto, SrcIP: []byte{10, 0, 0, 2}, DstIP: []byte{192, 0, 2, 1}}
}

func ip6(next layers.IPProtocol) *layers.IPv6 {
	return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: next, SrcIP: netip.MustParseAddr("2001:db8::2").AsSlice(),
		DstIP: netip.MustParseAddr("2001:db8::1").AsSlice()}
}

func TestParse(t *testing.T) {
	syn := &layers.TCP{SrcPort: 40000, DstPort: 443, SYN: true, Seq: 77}
	udp := &layers.UDP{SrcPort: 40000, DstPort: 53}
	late := ip4(layers.IPProtocolUDP)
	late.FragOffset = 100
	first := ip4(layers.IPProtocolUDP)
	first.Flags = layers.IPv4MoreFragments
	exceeded := &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(layers.ICMPv4TypeTimeExceeded, 0)}
	hop := gopacket.Payload([]byte{17, 0, 1, 4, 0, 0, 0, 0})
	cut := gopacket.Payload(made(t, ip4(layers.IPProtocolTCP), syn)[:28])
	for name, row := range map[string]struct {
		data []byte
		ok   bool
		want func(packet) bool
	}{
		"a SYN": {made(t, ip4(layers.IPProtocolTCP), syn), true, func(p packet) bool {
			return p.syn && p.seq == 77 && p.src == mustAddrPort("10.0.0.2:40000") && p.dst == mustAddrPort("192.0.2.1:443")
		}},
		"a SYN-ACK": {made(t, ip4(layers.IPProtocolTCP), &layers.TCP{SrcPort: 443, DstPort: 40000, SYN: true, ACK: true}), true,
			func(p packet) bool { return !p.syn }},
		"IPv6": {made(t, ip6(layers.IPProtocolUDP), udp), true, func(p packet) bool {
			return p.proto == protoUDP && p.src == mustAddrPort("[2001:db8::2]:40000") && p.dst.Port() == 53
		}},
		"IPv6 with an option": {made(t, ip6(layers.IPProtocolIPv6HopByHop), hop, udp), true, func(p packet) bool {
			return p.proto == protoUDP && p.src.Port() == 40000
		}},
		"a first part": {made(t, first, udp), true, func(p packet) bool { return !p.later && p.fragment != nil && p.src.Port() == 40000 }},
		"a later part": {made(t, late, gopacket.Payload("rest")), true, func(p packet) bool { return p.later && p.fragment.id == 9 }},
		"what a router says": {made(t, ip4(layers.IPProtocolICMPv4), exceeded, cut), true,
			func(p packet) bool { return p.quoted != nil && p.quoted.src == mustAddrPort("10.0.0.2:40000") }},
		"an echo":   {made(t, ip4(layers.IPProtocolICMPv4), &layers.ICMPv4{TypeCode: 8 << 8}, gopacket.Payload(make([]byte, 40))), false, nil},
		"cut short": {made(t, ip4(layers.IPProtocolTCP), syn)[:22], false, nil},
		"ARP":       {[]byte{0, 1, 8, 0, 6, 4, 0, 1}, false, nil},
		"nothing":   {nil, false, nil},
	} {
		p, ok := parse(row.data)
		if ok != row.ok || ok && !row.want(p) {
			t.Errorf("%s: %+v, %v", name, p, ok)
		}
	}
}

// A port that was the run's may be somebody else's a moment later.
func TestWhoseAPacketIs(t *testing.T) {
	own, far := mustAddrPort("10.0.0.2:40000"), mustAddrPort("192.0.2.1:443")
	syn := packet{proto: protoTCP, src: own, dst: far, syn: true, seq: 1}
	now := time.Unix(1000, 0)
	o := newOwned([]netip.Addr{own.Addr()})
	c := o.add(3, socket{protoTCP, own.Port()})
	for i, row := range []struct {
		p    packet
		want *conn
	}{
		{syn, c}, {syn, c},
		{packet{proto: protoTCP, src: far, dst: own}, c},
		{packet{proto: protoUDP, src: far, dst: own}, nil},
		{packet{proto: protoTCP, src: mustAddrPort("10.9.9.9:40000"), dst: far}, nil},
		{packet{proto: protoICMP, src: mustAddrPort("10.0.0.1:0"), dst: own, quoted: &syn}, c},
		{packet{proto: protoTCP, src: own, dst: far, syn: true, seq: 2}, nil},
		{packet{proto: protoTCP, src: far, dst: own}, nil},
	} {
		if got := o.of(row.p, now); got != row.want {
			t.Errorf("%d: %+v is of %+v", i, row.p, got)
		}
	}
	if c.Local != own || c.Remote != far {
		t.Errorf("%+v", c)
	}
	asked := packet{proto: protoUDP, src: own, dst: far, fragment: &fragment{id: 1}}
	u := o.add(4, socket{protoUDP, own.Port()})
	u.until = now
	for i, row := range []struct {
		p    packet
		at   time.Time
		want *conn
	}{
		{asked, now.Add(-1), u},
		{packet{fragment: &fragment{id: 1}, later: true}, now, u}, {packet{fragment: &fragment{id: 2}, later: true}, now, nil},
		{asked, now.Add(time.Second), nil},
	} {
		if got := o.of(row.p, row.at); got != row.want {
			t.Errorf("datagram %d is of %+v", i, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(made(f, ip4(layers.IPProtocolTCP), &layers.TCP{SrcPort: 1, DstPort: 2, SYN: true}))
	f.Add(made(f, ip6(layers.IPProtocolUDP), &layers.UDP{SrcPort: 1, DstPort: 2}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, ok := parse(data); ok && !p.src.Addr().IsValid() {
			t.Errorf("%x: no address in %+v", data, p)
		}
	})
}
