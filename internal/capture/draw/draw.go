// Package draw draws captures for tests, from lines of text.
//
// A line is one packet:
//
//	0.020 203.0.113.9:443 > 10.0.0.5:40001 SA ttl=61 mss=1460
//
// The time is in seconds. Flags are letters: S, A, F, R, P. Sequence and acknowledgement numbers
// are those that TCP would use behind the lines before; words change them and the rest: ttl=, id=,
// win=, mss=, ts=, seq+=, ack+= (both relative to the usual value), len= (bytes of zero), data= (a
// quoted text), hello= (the ClientHello for a name), begin= and from= (its first bytes, and those
// behind so many), other (another hello for the name), cut= (what the capture keeps of the frame),
// again (the segment before is sent again). "lost" is a segment that was sent and is not in the
// capture.
//
//	0.000 10.0.0.5:5353 > 10.0.0.2:53 dns 7 A? r.example
//	0.001 10.0.0.2:53 > 10.0.0.5:5353 dns 7 A? r.example = 203.0.113.9 ttl=63
//	0.010 10.9.9.9 > 10.0.0.5 icmp 3 13 of 10.0.0.5:40001 > 203.0.113.9:443
//
// A rcode, NXDOMAIN say, may stand in place of the addresses.
package draw

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/miekg/dns"

	"pullpath/tlsinspect"
)

// Began is the time of second 0.
var Began = time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)

// Frame is a drawn frame, without a link layer.
type Frame struct {
	At   time.Time
	Data []byte
	// Length is what the frame had on the wire.
	Length int
}

// Frames draws the lines of a text. Empty lines and those that begin with # are passed over.
func Frames(t testing.TB, text string) []Frame {
	t.Helper()
	d := drawer{t: t, next: map[string]uint32{}, last: map[string]segment{}}
	var out []Frame
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if f, ok := d.line(line); ok {
			out = append(out, f)
		}
	}
	return out
}

// PCAP draws a capture of raw IP.
func PCAP(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	Write(t, &out, layers.LinkTypeRaw, Frames(t, text))
	return out.Bytes()
}

// Write writes frames as pcap. head is put before each: the link layer.
func Write(t testing.TB, out io.Writer, link layers.LinkType, frames []Frame, head ...byte) {
	t.Helper()
	w := pcapgo.NewWriterNanos(out)
	if err := w.WriteFileHeader(1<<18, link); err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		data := append(append([]byte(nil), head...), f.Data...)
		err := w.WritePacket(gopacket.CaptureInfo{Timestamp: f.At, CaptureLength: len(data), Length: f.Length + len(head)}, data)
		if err != nil {
			t.Fatal(err)
		}
	}
}

type drawer struct {
	t    testing.TB
	next map[string]uint32 // the next sequence number by sender and receiver
	last map[string]segment
}

type segment struct {
	seq  uint32
	data []byte
}

// line draws one, false for one that is not in the capture.
func (d *drawer) line(line string) (Frame, bool) {
	words := fields(line)
	if len(words) < 5 || words[2] != ">" {
		d.t.Fatalf("no packet: %s", line)
	}
	seconds, err := strconv.ParseFloat(words[0], 64)
	if err != nil {
		d.t.Fatalf("no time: %s", line)
	}
	p := packet{from: words[1], to: words[3], set: map[string]string{}}
	p.lost = words[4] == "lost"
	if p.lost {
		words = append(words[:4:4], words[5:]...)
	}
	for _, w := range words[5:] {
		name, value, _ := strings.Cut(w, "=")
		p.set[name] = value
	}
	var data []byte
	switch words[4] {
	case "dns":
		data = d.dns(p, words[5:])
	case "icmp":
		data = d.icmp(p, words[5:])
	default:
		data = d.tcp(p, words[4])
	}
	f := Frame{At: Began.Add(time.Duration(seconds * float64(time.Second))), Data: data, Length: len(data)}
	if cut := p.number("cut", 0); cut > 0 && cut < len(data) {
		f.Data = data[:cut]
	}
	return f, !p.lost
}

// fields are the words of a line; what is quoted is one.
func fields(line string) []string {
	var out []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		i := strings.IndexAny(line, " \"")
		if i >= 0 && line[i] == '"' {
			quoted, err := strconv.QuotedPrefix(line[i:])
			if err == nil {
				text, _ := strconv.Unquote(quoted) // it was just read
				out = append(out, line[:i]+text)
				line = line[i+len(quoted):]
				continue
			}
		}
		if i < 0 {
			i = len(line)
		}
		out = append(out, line[:i])
		line = line[i:]
	}
	return out
}

type packet struct {
	from, to string
	set      map[string]string
	lost     bool
}

func (p packet) number(name string, other int) int {
	n, err := strconv.Atoi(p.set[name])
	if err != nil {
		return other
	}
	return n
}

func (d *drawer) ends(p packet) (from, to netip.AddrPort) {
	from, err := netip.ParseAddrPort(p.from)
	if err == nil {
		to, err = netip.ParseAddrPort(p.to)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return from, to
}

// tcp draws a segment.
func (d *drawer) tcp(p packet, flags string) []byte {
	from, to := d.ends(p)
	key, back := p.from+" "+p.to, p.to+" "+p.from
	if strings.Contains(flags, "S") {
		d.next[key] = 1000
		if strings.Contains(flags, "A") {
			d.next[key] = 5000
		}
	}
	seq, data := d.next[key], d.payload(p)
	if _, again := p.set["again"]; again {
		seq, data = d.last[key].seq, d.last[key].data
	} else if len(data) > 0 {
		d.last[key] = segment{seq, data}
	}
	seq += uint32(p.number("seq+", 0))
	t := &layers.TCP{SrcPort: layers.TCPPort(from.Port()), DstPort: layers.TCPPort(to.Port()), Seq: seq,
		SYN: strings.Contains(flags, "S"), ACK: strings.Contains(flags, "A"), FIN: strings.Contains(flags, "F"),
		RST: strings.Contains(flags, "R"), PSH: strings.Contains(flags, "P"), Window: uint16(p.number("win", 64000))}
	if t.ACK {
		t.Ack = uint32(int64(d.next[back]) + int64(p.number("ack+", 0)))
	}
	if mss := p.number("mss", 0); mss > 0 {
		t.Options = append(t.Options, layers.TCPOption{OptionType: layers.TCPOptionKindMSS, OptionLength: 4,
			OptionData: []byte{byte(mss >> 8), byte(mss)}})
	}
	if ts := p.number("ts", 0); ts > 0 {
		t.Options = append(t.Options, layers.TCPOption{OptionType: layers.TCPOptionKindTimestamps, OptionLength: 10,
			OptionData: []byte{byte(ts >> 24), byte(ts >> 16), byte(ts >> 8), byte(ts), 0, 0, 0, 0}})
	}
	length := uint32(len(data))
	if t.SYN || t.FIN {
		length++
	}
	if end := seq + length; int32(end-d.next[key]) > 0 && !t.RST {
		d.next[key] = end
	}
	return d.ip(p, from.Addr(), to.Addr(), layers.IPProtocolTCP, t, data)
}

// payload is what a segment says.
func (d *drawer) payload(p packet) []byte {
	if name, ok := p.set["hello"]; ok {
		_, other := p.set["other"]
		hello := d.hello(name, other)
		return hello[p.number("from", 0):p.number("begin", len(hello))]
	}
	if text, ok := p.set["data"]; ok {
		return []byte(text)
	}
	return make([]byte, p.number("len", 0))
}

// hellos are made once for each name: two captures of one connection have the same.
var hellos = struct {
	sync.Mutex
	made map[string][]byte
}{made: map[string][]byte{}}

// hello is the ClientHello for a name, or another one for it.
func (d *drawer) hello(name string, other bool) []byte {
	hellos.Lock()
	defer hellos.Unlock()
	key := fmt.Sprint(name, other)
	if known := hellos.made[key]; known != nil {
		return known
	}
	hello, err := tlsinspect.Hello(context.Background(), tlsinspect.Options{ServerName: name, Shape: tlsinspect.Shape{Classical: true}})
	if err != nil {
		d.t.Fatal(err)
	}
	hellos.made[key] = hello
	return hello
}

// dns draws a question or an answer: ID TYPE? NAME [= ADDRESS,…|RCODE].
func (d *drawer) dns(p packet, words []string) []byte {
	from, to := d.ends(p)
	id, err := strconv.Atoi(words[0])
	if err != nil || len(words) < 3 {
		d.t.Fatalf("no question: %v", words)
	}
	kind := dns.StringToType[strings.TrimSuffix(words[1], "?")]
	m := new(dns.Msg).SetQuestion(dns.Fqdn(words[2]), kind)
	m.Id = uint16(id)
	if len(words) > 4 && words[3] == "=" {
		m = new(dns.Msg).SetReply(m)
		d.answers(m, kind, words[4])
	}
	data, err := m.Pack()
	if err != nil {
		d.t.Fatal(err)
	}
	udp := &layers.UDP{SrcPort: layers.UDPPort(from.Port()), DstPort: layers.UDPPort(to.Port())}
	return d.ip(p, from.Addr(), to.Addr(), layers.IPProtocolUDP, udp, data)
}

func (d *drawer) answers(m *dns.Msg, kind uint16, text string) {
	if code, ok := dns.StringToRcode[text]; ok {
		m.Rcode = code
		return
	}
	for a := range strings.SplitSeq(text, ",") {
		head := dns.RR_Header{Name: m.Question[0].Name, Rrtype: kind, Class: dns.ClassINET, Ttl: 60}
		if kind == dns.TypeAAAA {
			m.Answer = append(m.Answer, &dns.AAAA{Hdr: head, AAAA: net.ParseIP(a)})
		} else {
			m.Answer = append(m.Answer, &dns.A{Hdr: head, A: net.ParseIP(a)})
		}
	}
}

// icmp draws a message about a packet: TYPE CODE [mtu=N] of FROM > TO.
func (d *drawer) icmp(p packet, words []string) []byte {
	kind, _ := strconv.Atoi(words[0]) // a test's own lines: what is wrong shows
	code, _ := strconv.Atoi(words[1])
	i := 2
	for words[i] != "of" {
		i++
	}
	about := packet{from: words[i+1], to: words[i+3], set: map[string]string{}}
	from, to := d.ends(about)
	quoted := d.ip(about, from.Addr(), to.Addr(), layers.IPProtocolTCP, &layers.TCP{SrcPort: layers.TCPPort(from.Port()),
		DstPort: layers.TCPPort(to.Port()), SYN: true}, nil)
	src, dst := netip.MustParseAddr(p.from), netip.MustParseAddr(p.to)
	mtu := p.number("mtu", 0)
	if src.Is6() {
		body := append([]byte{0, 0, byte(mtu >> 8), byte(mtu)}, quoted...)
		return d.ip(p, src, dst, layers.IPProtocolICMPv6, &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(uint8(kind), uint8(code))},
			body)
	}
	return d.ip(p, src, dst, layers.IPProtocolICMPv4, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(uint8(kind), uint8(code)),
		Seq: uint16(mtu)}, quoted)
}

// ip puts a packet together.
func (d *drawer) ip(p packet, src, dst netip.Addr, proto layers.IPProtocol, inner gopacket.SerializableLayer, data []byte) []byte {
	d.t.Helper()
	ttl := uint8(p.number("ttl", 64))
	var outer gopacket.SerializableLayer
	var network gopacket.NetworkLayer
	if src.Is4() {
		v4 := &layers.IPv4{Version: 4, IHL: 5, TTL: ttl, Id: uint16(p.number("id", 0)), Protocol: proto, SrcIP: src.AsSlice(),
			DstIP: dst.AsSlice()}
		outer, network = v4, v4
	} else {
		v6 := &layers.IPv6{Version: 6, HopLimit: ttl, NextHeader: proto, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
		outer, network = v6, v6
	}
	if summed, ok := inner.(interface {
		SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
	}); ok {
		if err := summed.SetNetworkLayerForChecksum(network); err != nil {
			d.t.Fatal(err)
		}
	}
	buf := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, outer, inner,
		gopacket.Payload(data))
	if err != nil {
		d.t.Fatal(fmt.Errorf("%s > %s: %w", p.from, p.to, err))
	}
	return bytes.Clone(buf.Bytes())
}
