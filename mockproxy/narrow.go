package mockproxy

import (
	"cmp"
	"net"
	"sync"
)

// headers are those of IPv4 and TCP without options, in bytes.
const headers = 40

// ethernet is the maximum segment size on Ethernet, of IPv4.
const ethernet = 1460

// narrow is a connection over a path that loses packets longer than it lets
// through: a burst longer than that is sent in full segments, and with the
// first of them all that follows is lost.
type narrow struct {
	net.Conn
	most     int
	outbound bool
	// rest is what was read and not yet asked for.
	rest []byte

	mu   sync.Mutex
	lost bool
	// arrived and swallowed count the bytes that were written.
	arrived, swallowed int64
}

// newNarrow makes conn one whose ends send segments of size bytes, 0 for
// Ethernet's, over a path that lets most bytes through, in one direction alone
// where outbound is set.
func newNarrow(conn net.Conn, size, most int, outbound bool) net.Conn {
	if cmp.Or(size, ethernet) <= most {
		return conn
	}
	return &narrow{Conn: conn, most: most, outbound: outbound}
}

func (n *narrow) lose(burst int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lost = n.lost || burst > n.most
	return n.lost
}

// Write swallows what does not get through.
func (n *narrow) Write(p []byte) (int, error) {
	lost := n.lose(len(p))
	n.count(lost, len(p))
	if lost {
		return len(p), nil
	}
	return n.Conn.Write(p)
}

// count keeps what became of written bytes, for Delivered, which another goroutine may ask.
func (n *narrow) count(lost bool, bytes int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if lost {
		n.swallowed += int64(bytes)
		return
	}
	n.arrived += int64(bytes)
}

// Delivered says that nothing arrived, where what was sent is what was lost. Else everything did.
func (n *narrow) Delivered() (acked, unacked int64, again int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.swallowed > 0 {
		return n.arrived, n.swallowed, repeats
	}
	return n.arrived, 0, 0
}

// Read waits for the end of the caller's patience once the peer's burst was lost.
func (n *narrow) Read(p []byte) (int, error) {
	if len(n.rest) == 0 {
		burst := make([]byte, max(len(p), ethernet))
		for {
			got, err := n.Conn.Read(burst)
			if err != nil {
				return 0, err
			}
			if n.outbound || !n.lose(got) {
				n.rest = burst[:got]
				break
			}
		}
	}
	took := copy(p, n.rest)
	n.rest = n.rest[took:]
	return took, nil
}
