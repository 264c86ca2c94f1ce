package mockproxy

import (
	"net"
	"slices"
	"sync"
	"time"

	"pullpath/internal/fault"
)

// underStream returns the connection with a stream's fault on it, where one strikes.
func (n *Network) underStream(conn net.Conn, host string, means func(host string) bool) net.Conn {
	f, ok := strike(n, func(f fault.Stream) bool { return means(f.Host) })
	if !ok {
		return conn
	}
	n.journal.add(Event{Kind: "tcp", Host: host, Peer: conn.RemoteAddr().String(), Fault: fault.Name(f)})
	if f.Effect == "" && f.Rate == 0 && f.Delay == 0 {
		f.Rate = fault.SlowRate
	}
	return &stream{Conn: conn, f: f, network: n}
}

// stream is a connection whose sending side breaks.
type stream struct {
	net.Conn
	f       fault.Stream
	network *Network

	mu   sync.Mutex
	sent int
	over bool
}

// NetConn returns the connection under it.
func (s *stream) NetConn() net.Conn { return s.Conn }

// Write sends what the fault lets through.
func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return s.swallow(p)
	}
	if s.sent == 0 && !s.network.wait(s.f.Delay) {
		return 0, net.ErrClosed
	}
	if s.f.Effect == "" {
		return s.slowly(p)
	}
	left := max(s.f.Bytes-s.sent, 0)
	if left >= len(p) {
		return s.slowly(p)
	}
	if s.f.Effect == fault.NotTheBody {
		altered := slices.Clone(p)
		altered[left] ^= 1
		s.f.Effect = ""
		return s.slowly(altered)
	}
	if _, err := s.slowly(p[:left]); err != nil {
		return 0, err
	}
	s.over = true
	switch s.f.Effect {
	case fault.Reset:
		reset(s)
	case fault.Close:
		_ = s.Close()
	case fault.HalfClose:
		if tcp, ok := s.Conn.(interface{ CloseWrite() error }); ok {
			_ = tcp.CloseWrite()
		}
	}
	return s.swallow(p)
}

// swallow takes what the peer shall never see.
func (s *stream) swallow(p []byte) (int, error) {
	if s.f.Effect == fault.Silence || s.f.Effect == fault.HalfClose {
		return len(p), nil
	}
	return 0, net.ErrClosed
}

func (s *stream) slowly(p []byte) (int, error) {
	n, err := s.network.paced(p, s.f.Rate, s.Conn.Write)
	s.sent += n
	return n, err
}

// paced writes at so many bytes in a second, in tenths of one; 0 is at once.
func (n *Network) paced(p []byte, rate int, write func([]byte) (int, error)) (int, error) {
	if rate == 0 {
		return write(p)
	}
	const perSecond = 10
	drop := max(rate/perSecond, 1)
	sent := 0
	for sent < len(p) {
		end := min(sent+drop, len(p))
		wrote, err := write(p[sent:end])
		sent += wrote
		if err != nil {
			return sent, err
		}
		if !n.wait(time.Duration(end-sent+wrote) * time.Second / time.Duration(rate)) {
			return sent, net.ErrClosed
		}
	}
	return sent, nil
}
