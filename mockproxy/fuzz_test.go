package mockproxy

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/miekg/dns"

	"pullpath/internal/cost"
	"pullpath/internal/fault"
)

// scripted is a connection whose client has said all that it will say. It keeps what the
// server answers.
type scripted struct {
	said    *bytes.Reader
	answers *bytes.Buffer
}

func saying(data []byte) scripted { return scripted{bytes.NewReader(data), &bytes.Buffer{}} }

func (s scripted) Read(p []byte) (int, error)       { return s.said.Read(p) }
func (s scripted) Write(p []byte) (int, error)      { return s.answers.Write(p) }
func (s scripted) Close() error                     { return nil }
func (s scripted) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }
func (s scripted) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2} }
func (s scripted) SetDeadline(time.Time) error      { return nil }
func (s scripted) SetReadDeadline(time.Time) error  { return nil }
func (s scripted) SetWriteDeadline(time.Time) error { return nil }

func started(f *testing.F, w fault.World) *Network {
	f.Helper()
	n, err := Start(w)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(n.Close)
	return n
}

// FuzzHello gives the reader of ClientHellos whatever a client may send.
func FuzzHello(f *testing.F) {
	f.Add([]byte("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"))
	f.Add([]byte("\x16\x03\x01\xff\xff"))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cost.Linear(t, len(data), func() {
			h, err := readHello(saying(data))
			if err == nil && (len(h.raw) == 0 || len(h.raw) > len(data) || !bytes.HasPrefix(data, h.raw)) {
				t.Errorf("%d bytes of %d", len(h.raw), len(data))
			}
		})
	})
}

// FuzzSOCKSServer gives the SOCKS server whatever a client may send. Its answers are short,
// and it leads to nobody but hosts of the network.
func FuzzSOCKSServer(f *testing.F) {
	n := started(f, fault.World{Env: map[string]string{"HTTPS_PROXY": "socks5h://" + fault.ProxyName + ":1080"}})
	for _, s := range []string{"\x05\x01\x00\x05\x01\x00\x03\x0bexample.com\x01\xbb", "\x05\x01\x02\x01\x01a\x01b", "\x05\xff",
		"\x05\x01\x00\x05\x01\x00\x04", "\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x16"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		cost.Linear(t, len(data), func() {
			conn := saying(data)
			target, _, err := n.socksRequest(conn, 0)
			if target != nil {
				_ = target.Close()
			}
			if conn.answers.Len() > 16 || target != nil && err != nil {
				t.Errorf("%d bytes of answers, %v", conn.answers.Len(), err)
			}
		})
	})
}

// sink takes the answers of a name server.
type sink struct {
	dns.ResponseWriter
	size int
}

func (s *sink) RemoteAddr() net.Addr { return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }
func (s *sink) LocalAddr() net.Addr  { return s.RemoteAddr() }
func (s *sink) WriteMsg(m *dns.Msg) error {
	raw, err := m.Pack()
	s.size += len(raw)
	return err
}
func (s *sink) Write(p []byte) (int, error) { s.size += len(p); return len(p), nil }

// FuzzNameServer gives the name server whatever a client may ask.
func FuzzNameServer(f *testing.F) {
	n := started(f, fault.World{Direct: true})
	q := new(dns.Msg)
	q.SetQuestion("registry.redhat.io.", dns.TypeA)
	seed, err := q.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(seed[:12])
	f.Fuzz(func(t *testing.T, data []byte) {
		cost.Linear(t, len(data), func() {
			m := new(dns.Msg)
			if m.Unpack(data) != nil {
				return
			}
			w := &sink{}
			n.answerDNS(1, w, m)
			if w.size > 4096+len(data) {
				t.Errorf("%d bytes for %d", w.size, len(data))
			}
		})
	})
}

// FuzzAuthority gives the reader of kept authorities whatever a file may hold.
func FuzzAuthority(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n" +
		"-----BEGIN EC PRIVATE KEY-----\nMA==\n-----END EC PRIVATE KEY-----\n"))
	f.Add(bytes.Repeat([]byte("-----BEGIN X-----\n"), 100))
	f.Fuzz(func(t *testing.T, data []byte) {
		cost.Linear(t, len(data), func() {
			if a, err := parseAuthority(data); err == nil && (a.root == nil || a.key == nil) {
				t.Error("half an authority")
			}
		})
	})
}
