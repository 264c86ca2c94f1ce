package mockproxy

import (
	"cmp"
	"errors"
	"net"
	"sync"
	"time"
)

// gate is a loopback listener whose connections pass through a function before
// they are served: the seam for faults below HTTP.
type gate struct {
	listener *net.TCPListener
	// twin listens on the same port of ::1; nil for none.
	twin   *net.TCPListener
	pass   func(net.Conn) net.Conn
	served chan net.Conn
	done   chan struct{}
	once   sync.Once
	wg     sync.WaitGroup

	mu   sync.Mutex
	open map[*tracked]bool
}

// newGate listens on an address, empty for a free port of 127.0.0.1. pass returns the connection to serve, or nil
// when it has dealt with it; it runs in a goroutine of its own.
func newGate(address string, pass func(net.Conn) net.Conn) (*gate, error) {
	address = cmp.Or(address, freePort)
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, err
	}
	l, err := net.ListenTCP(ofFamily("tcp", address), at)
	if err != nil {
		return nil, err
	}
	g := &gate{listener: l, pass: pass, served: make(chan net.Conn), done: make(chan struct{}), open: map[*tracked]bool{}}
	g.wg.Go(func() { g.accept(l) })
	return g, nil
}

// double listens on the same port of ::1 too.
func (g *gate) double() error {
	at := g.listener.Addr().(*net.TCPAddr) //nolint:errcheck // a TCP listener's address
	if at.IP.To4() == nil {
		return nil // it is there already
	}
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv6loopback, Port: at.Port})
	if err != nil {
		return err
	}
	g.twin = l
	g.wg.Go(func() { g.accept(l) })
	return nil
}

func (g *gate) accept(l *net.TCPListener) {
	for {
		conn, err := l.AcceptTCP()
		if err != nil {
			return
		}
		held := &tracked{TCPConn: conn, gate: g}
		if !g.keep(held) {
			_ = conn.Close()
			continue // a gate that was closed accepts no more
		}
		g.wg.Go(func() {
			served := g.pass(held)
			if served == nil {
				_ = held.Close()
				return
			}
			select {
			case g.served <- served:
			case <-g.done:
				_ = served.Close()
			}
		})
	}
}

// tracked is a connection that its gate knows until it is closed.
type tracked struct {
	*net.TCPConn
	gate *gate
}

// Close closes the connection and lets the gate forget it.
func (t *tracked) Close() error {
	t.gate.mu.Lock()
	delete(t.gate.open, t)
	t.gate.mu.Unlock()
	return t.TCPConn.Close()
}

// limitHead gives a client its time for the beginning of what it says, until what it
// returns is called: one that says nothing must not be held without end. What comes
// later is a fault's or a server's to limit.
func limitHead(conn net.Conn) (lift func()) {
	_ = conn.SetReadDeadline(time.Now().Add(headerPatience))
	return func() { _ = conn.SetReadDeadline(time.Time{}) }
}

// maxOpen is how many connections one port holds at once: a client opens a dozen, and a
// process has some thousand descriptors for all ports together.
const maxOpen = 4096

// keep remembers a connection so that the gate's Close can end a fault that
// holds it. One too many is not kept, and is closed.
func (g *gate) keep(conn *tracked) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.done:
		return false
	default:
	}
	if len(g.open) >= maxOpen {
		return false
	}
	g.open[conn] = true
	return true
}

// Addr returns the loopback address that the gate listens on.
func (g *gate) Addr() net.Addr { return g.listener.Addr() }

// Accept returns the next connection that passed.
func (g *gate) Accept() (net.Conn, error) {
	select {
	case conn := <-g.served:
		return conn, nil
	case <-g.done:
		return nil, net.ErrClosed
	}
}

// Close ends listener, held connections and goroutines.
func (g *gate) Close() error {
	var err error
	g.once.Do(func() {
		close(g.done)
		err = g.listener.Close()
		if g.twin != nil {
			err = errors.Join(err, g.twin.Close())
		}
		g.mu.Lock()
		for conn := range g.open {
			_ = conn.TCPConn.Close()
		}
		g.mu.Unlock()
		g.wg.Wait()
	})
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// freePort is any that is free, on loopback.
const freePort = "127.0.0.1:0"

// reset ends a connection with RST instead of FIN, whatever it is wrapped in.
func reset(conn net.Conn) {
	for c := conn; c != nil; c = under(c) {
		if tcp, ok := c.(interface{ SetLinger(seconds int) error }); ok {
			_ = tcp.SetLinger(0)
			break
		}
	}
	_ = conn.Close()
}

// under returns the connection that one is made of, as [tls.Conn.NetConn] tells it; nil
// for one of the system's own.
func under(conn net.Conn) net.Conn {
	if w, ok := conn.(interface{ NetConn() net.Conn }); ok {
		return w.NetConn()
	}
	return nil
}

// resetGrace is how long a connection that is to be reset stays open at the
// most. Without it the RST can overtake the client's connect(2), which would
// then fail itself, now and then.
const resetGrace = 50 * time.Millisecond

// resetAccepted resets a connection at its first byte or after a moment,
// without having sent any.
func resetAccepted(conn net.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(resetGrace))
	_, _ = conn.Read(make([]byte, 1))
	reset(conn)
}

// hold keeps a connection open and silent until its peer or the network ends.
func hold(conn net.Conn) {
	buf := make([]byte, 4096)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}
