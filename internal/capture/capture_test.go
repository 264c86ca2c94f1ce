package capture_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"go.uber.org/goleak"

	"pullpath/internal/capture"
	"pullpath/internal/capture/draw"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// read returns what a capture has, a line for each connection and question.
func read(t *testing.T, data []byte) ([]string, *capture.Summary) {
	t.Helper()
	var out []string
	sum, err := capture.Read(t.Context(), bytes.NewReader(data), capture.Options{}, capture.Found{
		Connection: func(c *capture.Connection) { out = append(out, sketch(c)) },
		Question:   func(q *capture.Question) { out = append(out, sketchQuestion(q)) }})
	if err != nil {
		t.Fatal(err)
	}
	return out, sum
}

// sketch writes what a connection shows.
func sketch(c *capture.Connection) string {
	var b strings.Builder
	add := func(ok bool, format string, args ...any) {
		if ok {
			fmt.Fprintf(&b, " "+format, args...)
		}
	}
	fmt.Fprintf(&b, "%s > %s", c.Client, c.Server)
	add(c.Name != "", "%s", c.Name)
	add(c.Midway, "midway")
	add(c.OneWay, "one-way")
	add(c.Unseen, "unseen")
	add(c.SYNs > 0, "syn×%d", c.SYNs)
	add(!c.Accepted.Never(), "accepted")
	add(c.RoundTrip > 0, "rtt=%s", c.RoundTrip)
	for _, s := range []struct {
		name string
		side *capture.Side
	}{{"up", &c.Up}, {"down", &c.Down}} {
		add(s.side.Bytes > 0, "%s=%d/%d", s.name, s.side.Bytes, s.side.Acked)
		add(len(s.side.Head) > 0 && len(s.side.Head) < 20, "%q", s.side.Head)
		add(s.side.Cut, "cut")
		add(s.side.Again > 0, "again×%d", s.side.Again)
		add(s.side.Lost > 0, "lost=%d×%d", s.side.Lost, s.side.LostTimes)
		add(s.side.Passed > 0, "passed=%d", s.side.Passed)
		add(s.side.Hole > 0, "hole=%d", s.side.Hole)
		add(s.side.ZeroWindows > 0, "zero×%d", s.side.ZeroWindows)
		add(!s.side.Finished.Never(), "%s-fin", s.name)
	}
	add(c.Paused > 0, "paused=%s", c.Paused)
	if r := c.Reset; r != nil {
		add(true, "rst(down=%v ttl=%d idle=%s later=%d)", r.Down, r.HopLimit, r.Idle, r.Later)
		add(r.Elsewhere > 0, "elsewhere=%d", r.Elsewhere)
	}
	for _, m := range c.ICMP {
		add(true, "icmp(%d/%d mtu=%d from %s ignored=%v)", m.Type, m.Code, m.MTU, m.Sender, m.Ignored)
	}
	return b.String()
}

func sketchQuestion(q *capture.Question) string {
	out := fmt.Sprintf("%s? %s at %s ×%d", q.Type, q.Name, q.Server, q.Times)
	for _, a := range q.Answers {
		out += fmt.Sprintf(" = %v %s ttl=%d", a.Addresses, a.Question.Rcode, a.HopLimit)
	}
	if q.ICMP != nil {
		out += fmt.Sprintf(" icmp(%d/%d)", q.ICMP.Type, q.ICMP.Code)
	}
	return out
}

const opened = `
0.000 10.0.0.5:40001 > 203.0.113.9:443 S mss=1460 ts=1
0.020 203.0.113.9:443 > 10.0.0.5:40001 SA ttl=61 mss=1460 ts=900
0.021 10.0.0.5:40001 > 203.0.113.9:443 A ts=2
`

func TestConnections(t *testing.T) {
	for name, row := range map[string]struct{ packets, want string }{
		"an exchange": {opened + `
			0.030 10.0.0.5:40001 > 203.0.113.9:443 PA data="hello"
			0.050 203.0.113.9:443 > 10.0.0.5:40001 PA ttl=61 data="world"
			0.060 10.0.0.5:40001 > 203.0.113.9:443 FA
			0.080 203.0.113.9:443 > 10.0.0.5:40001 FA ttl=61
			0.081 10.0.0.5:40001 > 203.0.113.9:443 A`,
			`10.0.0.5:40001 > 203.0.113.9:443 syn×1 accepted rtt=20ms up=5/5 "hello" passed=5 up-fin down=5/5 "world" passed=5 down-fin`},
		"no answer": {`
			0.0 10.0.0.5:40001 > 203.0.113.9:443 S
			1.0 10.0.0.5:40001 > 203.0.113.9:443 S
			3.0 10.0.0.5:40001 > 203.0.113.9:443 S
			3.1 10.0.0.1:53 > 10.0.0.5:5000 dns 1 A? other = 192.0.2.1`,
			`10.0.0.5:40001 > 203.0.113.9:443 syn×3`},
		"nothing comes to the client at all": {`
			0.0 10.0.0.5:40001 > 203.0.113.9:443 S
			1.0 10.0.0.5:40001 > 203.0.113.9:443 S`,
			`10.0.0.5:40001 > 203.0.113.9:443 one-way syn×2`},
		"the client acknowledges what is not there": {`
			0.0 10.0.0.5:40001 > 203.0.113.9:443 S
			0.1 10.0.0.5:40001 > 203.0.113.9:443 A seq+=1 ack+=700`,
			`10.0.0.5:40001 > 203.0.113.9:443 one-way unseen syn×1`},
		"refused": {`
			0.0 10.0.0.5:40001 > 203.0.113.9:443 S
			0.1 203.0.113.9:443 > 10.0.0.5:40001 RA ttl=63`,
			`10.0.0.5:40001 > 203.0.113.9:443 syn×1 rst(down=true ttl=63 idle=0s later=0)`},
		"a reset that another sends, and then the server goes on": {opened + `
			0.030 10.0.0.5:40001 > 203.0.113.9:443 PA data="hello"
			0.031 203.0.113.9:443 > 10.0.0.5:40001 RA ttl=253
			0.050 203.0.113.9:443 > 10.0.0.5:40001 PA ttl=61 data="world"`,
			`10.0.0.5:40001 > 203.0.113.9:443 syn×1 accepted rtt=20ms up=5/5 "hello" passed=5 down=5/0 "world" ` +
				`rst(down=true ttl=253 idle=1ms later=1)`},
		"sent again, in parts and out of order": {opened + `
			0.030 10.0.0.5:40001 > 203.0.113.9:443 PA data="hel"
			0.031 10.0.0.5:40001 > 203.0.113.9:443 lost PA data="lo "
			0.032 10.0.0.5:40001 > 203.0.113.9:443 PA data="you"
			0.250 10.0.0.5:40001 > 203.0.113.9:443 PA seq+=-6 data="lo "
			0.300 203.0.113.9:443 > 10.0.0.5:40001 A ttl=61`,
			`10.0.0.5:40001 > 203.0.113.9:443 syn×1 accepted rtt=20ms up=9/9 "hello you" again×1 passed=3`},
		"one size does not pass": {opened + `
			0.03 10.0.0.5:40001 > 203.0.113.9:443 PA len=300
			0.05 203.0.113.9:443 > 10.0.0.5:40001 A ttl=61
			0.06 10.0.0.5:40001 > 203.0.113.9:443 PA len=1460
			0.30 10.0.0.5:40001 > 203.0.113.9:443 PA again
			0.90 10.0.0.5:40001 > 203.0.113.9:443 PA again
			2.00 10.0.0.5:40001 > 203.0.113.9:443 PA again`,
			`10.0.0.5:40001 > 203.0.113.9:443 syn×1 accepted rtt=20ms up=1760/300 again×3 lost=1460×4 passed=300`},
		"a hole in the answer": {opened + `
			0.03 10.0.0.5:40001 > 203.0.113.9:443 PA data="hello"
			0.05 203.0.113.9:443 > 10.0.0.5:40001 lost A ttl=61 len=1460
			0.05 203.0.113.9:443 > 10.0.0.5:40001 lost A ttl=61 len=1460
			0.05 203.0.113.9:443 > 10.0.0.5:40001 PA ttl=61 len=100
			0.06 10.0.0.5:40001 > 203.0.113.9:443 A ack+=-3020`,
			`10.0.0.5:40001 > 203.0.113.9:443 syn×1 accepted rtt=20ms up=5/5 "hello" passed=5 down=3020/0 hole=2920`},
		"what the capture lacks is no hole": {opened + `
			0.03 10.0.0.5:40001 > 203.0.113.9:443 PA data="hello"
			0.05 203.0.113.9:443 > 10.0.0.5:40001 lost A ttl=61 len=1460
			0.05 203.0.113.9:443 > 10.0.0.5:40001 PA ttl=61 len=100
			0.06 10.0.0.5:40001 > 203.0.113.9:443 A`,
			`10.0.0.5:40001 > 203.0.113.9:443 syn×1 accepted rtt=20ms up=5/5 "hello" passed=5 down=1560/1560 passed=100`},
		"cut frames": {opened + `
			0.03 10.0.0.5:40001 > 203.0.113.9:443 PA data="hello" cut=43
			0.05 203.0.113.9:443 > 10.0.0.5:40001 A ttl=61`,
			`10.0.0.5:40001 > 203.0.113.9:443 syn×1 accepted rtt=20ms up=5/5 cut passed=5`},
		"two copies of each packet, one a router further": {`
			0.0000 10.0.0.5:40001 > 203.0.113.9:443 S id=7 ttl=64
			0.0001 10.0.0.5:40001 > 203.0.113.9:443 S id=7 ttl=63
			0.0200 203.0.113.9:443 > 10.0.0.5:40001 SA ttl=61
			0.0201 203.0.113.9:443 > 10.0.0.5:40001 SA ttl=60`,
			`10.0.0.5:40001 > 203.0.113.9:443 syn×1 accepted rtt=20ms`},
		"from the middle on": {`
			0.0 203.0.113.9:443 > 10.0.0.5:40001 PA data="more"
			0.1 10.0.0.5:40001 > 203.0.113.9:443 A`,
			`10.0.0.5:40001 > 203.0.113.9:443 midway down=4/4 "more" passed=4`},
		"ICMP": {`
			0.0 10.0.0.5:40001 > 203.0.113.9:443 S
			0.1 10.9.9.9 > 10.0.0.5 icmp 3 13 of 10.0.0.5:40001 > 203.0.113.9:443`,
			`10.0.0.5:40001 > 203.0.113.9:443 syn×1 icmp(3/13 mtu=0 from 10.9.9.9 ignored=false)`},
		"a message about the size is ignored": {opened + `
			0.03 10.0.0.5:40001 > 203.0.113.9:443 PA len=1460
			0.04 10.9.9.9 > 10.0.0.5 icmp 3 4 mtu=1400 of 10.0.0.5:40001 > 203.0.113.9:443
			0.30 10.0.0.5:40001 > 203.0.113.9:443 PA again`,
			`10.0.0.5:40001 > 203.0.113.9:443 syn×1 accepted rtt=20ms up=1460/0 again×1 lost=1460×2 ` +
				`icmp(3/4 mtu=1400 from 10.9.9.9 ignored=true)`},
		"reset when idle": {opened + `
			0.03 10.0.0.5:40001 > 203.0.113.9:443 PA data="hello"
			0.05 203.0.113.9:443 > 10.0.0.5:40001 PA ttl=61 data="world"
			350.05 203.0.113.9:443 > 10.0.0.5:40001 RA ttl=254`,
			`10.0.0.5:40001 > 203.0.113.9:443 syn×1 accepted rtt=20ms up=5/5 "hello" passed=5 down=5/0 "world" ` +
				`rst(down=true ttl=254 idle=5m50s later=0)`},
		"silent behind a pause": {opened + `
			0.03 10.0.0.5:40001 > 203.0.113.9:443 PA data="hello"
			0.05 203.0.113.9:443 > 10.0.0.5:40001 PA ttl=61 data="world"
			400.05 10.0.0.5:40001 > 203.0.113.9:443 PA data="again"
			400.30 10.0.0.5:40001 > 203.0.113.9:443 PA again`,
			`10.0.0.5:40001 > 203.0.113.9:443 syn×1 accepted rtt=20ms up=10/5 "helloagain" again×1 lost=5×2 passed=5 ` +
				`down=5/5 "world" passed=5 paused=6m40s`},
		"ports that are used again": {`
			0.0 10.0.0.5:40001 > 203.0.113.9:443 S
			0.1 203.0.113.9:443 > 10.0.0.5:40001 RA ttl=63
			9.0 10.0.0.5:40001 > 203.0.113.9:443 S
			9.1 203.0.113.9:443 > 10.0.0.5:40001 SA ttl=61`,
			"10.0.0.5:40001 > 203.0.113.9:443 syn×1 rst(down=true ttl=63 idle=0s later=0)\n" +
				"10.0.0.5:40001 > 203.0.113.9:443 syn×1 accepted rtt=100ms"},
		"each direction has other addresses": {`
			0.0 10.0.0.5:40001 > 127.0.0.1:3443 S
			0.1 203.0.113.9:443 > 10.0.0.5:40001 SA ack+=1001
			0.2 10.0.0.5:40001 > 127.0.0.1:3443 PA data="hi"`,
			`10.0.0.5:40001 > 127.0.0.1:3443 syn×1 accepted rtt=100ms up=2/0 "hi"`},
		"a name that was looked up": {`
			0.0 10.0.0.5:5000 > 10.0.0.1:53 dns 9 A? registry.example
			0.1 10.0.0.1:53 > 10.0.0.5:5000 dns 9 A? registry.example = 203.0.113.9 ttl=63
			0.2 10.0.0.5:40001 > 203.0.113.9:443 S
			0.3 203.0.113.9:443 > 10.0.0.5:40001 SA ttl=61`,
			"10.0.0.5:40001 > 203.0.113.9:443 registry.example syn×1 accepted rtt=100ms\n" +
				"A? registry.example at 10.0.0.1:53 ×1 = [203.0.113.9] NOERROR ttl=63"},
		"two answers": {`
			0.000 10.0.0.5:5000 > 10.0.0.1:53 dns 9 A? registry.example
			0.001 10.0.0.1:53 > 10.0.0.5:5000 dns 9 A? registry.example = 10.10.10.10 ttl=254
			0.020 10.0.0.1:53 > 10.0.0.5:5000 dns 9 A? registry.example = 203.0.113.9 ttl=61`,
			"A? registry.example at 10.0.0.1:53 ×1 = [10.10.10.10] NOERROR ttl=254 = [203.0.113.9] NOERROR ttl=61"},
		"no answer to a question": {`
			0.0 10.0.0.5:5000 > 10.0.0.1:53 dns 9 A? registry.example
			5.0 10.0.0.5:5000 > 10.0.0.1:53 dns 9 A? registry.example`,
			"A? registry.example at 10.0.0.1:53 ×2"},
		"IPv6": {`
			0.0 [2001:db8::5]:40001 > [2001:db8::9]:443 S
			0.1 2001:db8::1 > 2001:db8::5 icmp 1 1 of [2001:db8::5]:40001 > [2001:db8::9]:443`,
			`[2001:db8::5]:40001 > [2001:db8::9]:443 syn×1 icmp(1/1 mtu=0 from 2001:db8::1 ignored=false)`},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := read(t, draw.PCAP(t, row.packets))
			lines := got[:0]
			for _, l := range got {
				if !strings.HasPrefix(l, "A? other") {
					lines = append(lines, l)
				}
			}
			if text := strings.Join(lines, "\n"); text != row.want {
				t.Errorf("got  %s\nwant %s", text, row.want)
			}
		})
	}
}

// The same connection, on every kind of link and in every form of file.
func TestForms(t *testing.T) {
	frames := draw.Frames(t, opened)
	const want = "10.0.0.5:40001 > 203.0.113.9:443 syn×1 accepted rtt=20ms"
	sll := append(make([]byte, 14), 0x08, 0x00)
	for name, row := range map[string]struct {
		link layers.LinkType
		head []byte
	}{
		"Ethernet":       {layers.LinkTypeEthernet, append(make([]byte, 12), 0x08, 0x00)},
		"a VLAN":         {layers.LinkTypeEthernet, append(make([]byte, 12), 0x81, 0x00, 0, 7, 0x08, 0x00)},
		"QinQ":           {layers.LinkTypeEthernet, append(make([]byte, 12), 0x88, 0xa8, 0, 7, 0x81, 0x00, 0, 8, 0x08, 0x00)},
		"PPPoE":          {layers.LinkTypeEthernet, append(make([]byte, 12), 0x88, 0x64, 0x11, 0, 0, 1, 0, 62, 0, 0x21)},
		"cooked":         {layers.LinkTypeLinuxSLL, sll},
		"cooked, second": {layers.LinkTypeLinuxSLL2, append([]byte{0x08, 0x00}, make([]byte, 18)...)},
		"raw IP":         {layers.LinkTypeRaw, nil},
		"raw IP of BSD":  {12, nil},
		"loopback":       {layers.LinkTypeNull, []byte{2, 0, 0, 0}},
		"PPP":            {layers.LinkTypePPP, []byte{0xff, 0x03, 0x00, 0x21}},
		"GRE":            {layers.LinkTypeRaw, append(outer(47), 0, 0, 0x08, 0x00)},
		"VXLAN": {layers.LinkTypeRaw, append(append(outer(17), 0x12, 0xb5, 0x12, 0xb5, 0, 100, 0, 0, 8, 0, 0, 0, 0, 0, 1, 0),
			append(make([]byte, 12), 0x08, 0x00)...)},
	} {
		var out bytes.Buffer
		draw.Write(t, &out, row.link, frames, row.head...)
		if got, sum := read(t, out.Bytes()); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v %v", name, got, sum.Skipped)
		}
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		if _, err := z.Write(out.Bytes()); err != nil || z.Close() != nil {
			t.Fatal(err)
		}
		if got, _ := read(t, packed.Bytes()); len(got) != 1 || got[0] != want {
			t.Errorf("%s, packed: %v", name, got)
		}
		if !capture.Is(packed.Bytes()) || !capture.Is(out.Bytes()) {
			t.Errorf("%s is not recognised", name)
		}
	}
	if capture.Is([]byte("* Connected to")) || capture.Is(nil) || capture.Is([]byte{0x1f, 0x8b}) {
		t.Error("a text is taken for a capture")
	}
}

// outer is a head of IPv4 that carries another packet.
func outer(proto byte) []byte {
	return []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, proto, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2}
}

// A pcapng file with two interfaces of different links, and a key log.
func TestNewForm(t *testing.T) {
	var out bytes.Buffer
	w, err := pcapgo.NewNgWriterInterface(&out, pcapgo.NgInterface{Name: "eth0", LinkType: layers.LinkTypeRaw},
		pcapgo.DefaultNgWriterOptions)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.AddInterface(pcapgo.NgInterface{Name: "eth1", LinkType: layers.LinkTypeEthernet})
	if err != nil {
		t.Fatal(err)
	}
	const keys = "CLIENT_RANDOM 00 11\n"
	if err := w.WriteDecryptionSecretsBlock(0x544c534b, []byte(keys)); err != nil {
		t.Fatal(err)
	}
	for i, f := range draw.Frames(t, opened) {
		data, on := f.Data, 0
		if i%2 == 1 {
			data, on = append(append(make([]byte, 12), 0x08, 0x00), f.Data...), second
		}
		ci := gopacket.CaptureInfo{Timestamp: f.At, CaptureLength: len(data), Length: len(data), InterfaceIndex: on}
		if err := w.WritePacket(ci, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	got, sum := read(t, out.Bytes())
	if len(got) != 1 || got[0] != "10.0.0.5:40001 > 203.0.113.9:443 syn×1 accepted rtt=20ms" {
		t.Errorf("%v %+v", got, sum)
	}
	if string(sum.Keys) != keys {
		t.Errorf("keys %q", sum.Keys)
	}
}

func TestBadInput(t *testing.T) {
	whole := draw.PCAP(t, opened)
	_, sum := read(t, whole[:len(whole)-10])
	if sum.Frames != 2 || sum.Ended == "" {
		t.Errorf("cut: %+v", sum)
	}
	hostile := append(bytes.Clone(whole[:24]), 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f)
	for name, data := range map[string][]byte{"nothing": {}, "a text": []byte("hello, this is a text"), "a head cut": whole[:10],
		"a length that cannot be": hostile, "a packed text": gzipped(t, []byte("hello, this is a text"))} {
		if _, err := capture.Read(t.Context(), bytes.NewReader(data), capture.Options{}, capture.Found{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := capture.Read(ctx, bytes.NewReader(whole), capture.Options{}, capture.Found{}); err == nil {
		t.Error("a context that ended is no error")
	}
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(data); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func FuzzRead(f *testing.F) {
	f.Add(draw.PCAP(f, opened))
	f.Add(draw.PCAP(f, "0.0 10.0.0.5:5000 > 10.0.0.1:53 dns 9 A? r\n0.1 10.0.0.1:53 > 10.0.0.5:5000 dns 9 A? r = 192.0.2.1\n"+
		"0.2 10.9.9.9 > 10.0.0.5 icmp 3 13 of 10.0.0.5:40001 > 203.0.113.9:443"))
	var sll bytes.Buffer
	draw.Write(f, &sll, layers.LinkTypeLinuxSLL2, draw.Frames(f, opened), append([]byte{0x08, 0x00}, make([]byte, 18)...)...)
	f.Add(sll.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, _ = capture.Read(ctx, bytes.NewReader(data), capture.Options{}, capture.Found{ // it must only come back
			Connection: func(c *capture.Connection) { _ = sketch(c) }, Question: func(q *capture.Question) { _ = sketchQuestion(q) }})
	})
}
