package tunnel

import (
	"net"

	"pullpath/internal/evidence"
)

// Deliveries is a connection that tells itself what became of the bytes sent on it: how many the
// peer acknowledged, how many it did not, and how often a segment was sent again. A made-up
// network's is one, where loopback acknowledges everything.
type Deliveries interface {
	Delivered() (acked, unacked int64, again int)
}

// Delivered returns what the system knows of the bytes that were sent on a connection; nil
// where it does not say, as outside of Linux. The connection may be wrapped.
func Delivered(conn net.Conn) *evidence.Delivery {
	for conn != nil {
		switch c := conn.(type) {
		case Deliveries:
			acked, unacked, again := c.Delivered()
			return &evidence.Delivery{Acked: acked, Unacked: unacked, SentAgain: again}
		case *net.TCPConn:
			return delivered(c)
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
	return nil
}
