package packets

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"pullpath/tunnel"
)

// start begins a recording, or skips the test where packets cannot be read.
func start(t *testing.T) (*Recording, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "run.pcapng")
	r, err := Start(file, "test")
	if errors.Is(err, syscall.EPERM) && os.Getenv("CI") == "" {
		t.Skip("reading packets needs CAP_NET_RAW")
	}
	if err != nil {
		t.Fatal(err)
	}
	return r, file
}

// echo serves TCP and UDP on one port of loopback: what comes is sent back.
func echo(t *testing.T, network, at string) string {
	t.Helper()
	if strings.HasPrefix(network, "udp") {
		c, err := net.ListenPacket(network, at)
		if err != nil {
			t.Skip(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		go func() {
			buf := make([]byte, 1<<16)
			for {
				n, from, err := c.ReadFrom(buf)
				if err != nil {
					return
				}
				_, _ = c.WriteTo(buf[:n], from)
			}
		}()
		return c.LocalAddr().String()
	}
	l, err := net.Listen(network, at)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				buf := make([]byte, 1<<16)
				for {
					n, err := c.Read(buf)
					if err != nil {
						_ = c.Close()
						return
					}
					_, _ = c.Write(buf[:n])
				}
			}()
		}
	}()
	return l.Addr().String()
}

// say sends a text and waits for it to come back.
func say(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	for got := 0; got < len(text); {
		n, err := c.Read(make([]byte, 1<<16))
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
	_ = c.Close()
}

type seen struct {
	text, comments string
	packets        int
	first          gopacket.Packet
}

func readBack(t *testing.T, file string) seen {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	r, err := pcapgo.NewNgReader(bytes.NewReader(data), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		t.Fatal(err)
	}
	out := seen{text: string(data)}
	for {
		data, ci, options, err := r.ReadPacketDataWithOptions()
		if err != nil {
			return out
		}
		p := gopacket.NewPacket(data, layers.LinkTypeEthernet, gopacket.Default)
		if out.packets == 0 {
			out.first = p
		}
		if ci.Length < len(data) {
			t.Errorf("a packet of %d bytes has %d", ci.Length, len(data))
		}
		out.packets++
		out.comments += strings.Join(options.Comments, "") + "\n"
	}
}

func TestTheRunsOwnPacketsAndNoOthers(t *testing.T) {
	for _, row := range []struct{ network, at string }{
		{"tcp4", "127.0.0.1:0"}, {"tcp6", "[::1]:0"}, {"udp4", "127.0.0.1:0"}, {"udp6", "[::1]:0"},
	} {
		t.Run(row.network, func(t *testing.T) {
			at := echo(t, row.network, row.at)
			r, file := start(t)
			d := tunnel.Dialer{Opened: func(_ context.Context, network string, port uint16) func() { return r.Opened(7, network, port) }}
			own, err := d.DialContext(context.Background(), row.network[:3], at)
			if err != nil {
				t.Fatal(err)
			}
			others, err := net.Dial(row.network, at)
			if err != nil {
				t.Fatal(err)
			}
			local := own.LocalAddr().String()
			say(t, own, "of the run")
			say(t, others, "of somebody else")
			sum, err := r.Finish(func(c Conn) (string, bool) {
				if c.Serial != 7 || c.Network != row.network[:3] || c.Local.String() != local || c.Remote.String() != at {
					t.Errorf("%+v, want %s to %s", c, local, at)
				}
				return "hop 7", true
			}, nil)
			got := readBack(t, file)
			if err != nil || sum.Connections != 1 || sum.Packets != got.packets || sum.Lost != 0 {
				t.Errorf("%+v, %v; the file has %d packets", sum, err, got.packets)
			}
			if !strings.Contains(got.text, "of the run") || strings.Contains(got.text, "of somebody else") {
				t.Error("the packets are not the run's own")
			}
			if !strings.HasPrefix(got.comments, "hop 7\n\n") || strings.Count(got.comments, "hop 7") != 1 {
				t.Errorf("comments %q", got.comments)
			}
			if tcp, ok := got.first.TransportLayer().(*layers.TCP); strings.HasPrefix(row.network, "tcp") && (!ok || !tcp.SYN || tcp.ACK) {
				t.Errorf("the first packet is no SYN: %s", got.first)
			}
		})
	}
}

func TestWhatIsRefusedIsThere(t *testing.T) {
	r, file := start(t)
	d := tunnel.Dialer{Opened: func(_ context.Context, network string, port uint16) func() { return r.Opened(1, network, port) }}
	if _, err := d.DialContext(context.Background(), "tcp", "127.0.0.1:1"); err == nil {
		t.Skip("something listens on port 1")
	}
	c, err := d.DialContext(context.Background(), "udp", "127.0.0.1:1") // answered by ICMP, which quotes it
	if err != nil {
		t.Fatal(err)
	}
	_, _ = c.Write([]byte("anybody?"))
	_, _ = c.Read(make([]byte, 1))
	_ = c.Close()
	sum, err := r.Finish(func(Conn) (string, bool) { return "", true }, nil)
	got := readBack(t, file)
	if err != nil || sum.Packets != 4 || got.packets != 4 || !strings.Contains(got.text, "anybody?") {
		t.Errorf("%+v, %v; want a SYN and its reset, a datagram and the message about it", sum, err)
	}
}

func TestAServersConnections(t *testing.T) {
	at := echo(t, "tcp4", "127.0.0.1:0")
	r, file := start(t)
	r.Serves(mustAddrPort(at))
	for range 2 {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		say(t, c, "served")
	}
	sum, err := r.Finish(func(c Conn) (string, bool) { return "with " + c.Remote.String(), true }, []byte("CLIENT_RANDOM 00 00\n"))
	got := readBack(t, file)
	if err != nil || sum.Connections != 2 || strings.Count(got.comments, "with "+at) != 2 {
		t.Errorf("%+v, %v: %q", sum, err, got.comments)
	}
	if !strings.Contains(got.text, "CLIENT_RANDOM") {
		t.Error("the secrets are not in it")
	}
}

// What turns out not to be the run's is not in the file, and what comes after it is still whole.
func TestOthersConnectionsAreLeftOut(t *testing.T) {
	at := echo(t, "tcp4", "127.0.0.1:0")
	r, file := start(t)
	r.Serves(mustAddrPort(at))
	var own string
	for _, text := range []string{"of somebody else", "of the run"} {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		own = c.LocalAddr().String()
		r.Connected(5, "tcp", c.LocalAddr())
		say(t, c, text)
	}
	sum, err := r.Finish(func(c Conn) (string, bool) { return "hop 5", c.Serial == 5 && c.Local.String() == own }, nil)
	got := readBack(t, file)
	if err != nil || sum.Connections != 1 || sum.Packets != got.packets || strings.Contains(got.text, "of somebody else") ||
		!strings.Contains(got.text, "of the run") || !strings.HasPrefix(got.comments, "hop 5\n\n") {
		t.Errorf("%+v, %v: %d packets, %q", sum, err, got.packets, got.comments)
	}
}

// A layer's bytes are not what a capture is made for, and would fill the disk.
func TestALongConnectionIsCut(t *testing.T) {
	at := echo(t, "tcp4", "127.0.0.1:0")
	r, file := start(t)
	d := tunnel.Dialer{Opened: func(_ context.Context, network string, port uint16) func() { return r.Opened(1, network, port) }}
	c, err := d.DialContext(context.Background(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	say(t, c, strings.Repeat("0123456789abcdef", 4<<20/16))
	if _, err := r.Finish(func(Conn) (string, bool) { return "", true }, nil); err != nil {
		t.Fatal(err)
	}
	if got := readBack(t, file); len(got.text) < wholeBytes || len(got.text) > 2*wholeBytes {
		t.Errorf("8 MiB there and back became %d bytes in %d packets", len(got.text), got.packets)
	}
}

// A run that is killed leaves what it had.
func TestTheFileIsWholeAtAnyTime(t *testing.T) {
	at := echo(t, "tcp4", "127.0.0.1:0")
	r, file := start(t)
	d := tunnel.Dialer{Opened: func(_ context.Context, network string, port uint16) func() { return r.Opened(1, network, port) }}
	c, err := d.DialContext(context.Background(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	say(t, c, "before the end")
	r.source.stop()
	<-r.done
	if got := readBack(t, file); got.packets < 5 || !strings.Contains(got.text, "before the end") {
		t.Errorf("%d packets", got.packets)
	}
	_, _ = r.Finish(func(Conn) (string, bool) { return "", true }, nil)
}
