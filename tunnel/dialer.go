package tunnel

import (
	"context"
	"net"
)

// LimitedFunc is a DialFunc whose SYN goes no further than the device with the
// number limit on the way (IP's time to live, IPv6's hop limit).
type LimitedFunc func(ctx context.Context, network, address string, limit int) (net.Conn, error)

// SegmentFunc is a DialFunc whose connection has a maximum segment size in bytes:
// neither end sends more in one packet (RFC 9293 section 3.7.1).
type SegmentFunc func(ctx context.Context, network, address string, size int) (net.Conn, error)

// Dialer is the machine's own way to open connections. It learns the ICMP
// message that ended an attempt, with its sender, where the system shows it to
// a program without privileges; errors carry it, see [Dial].
type Dialer struct {
	// Opened is told of each socket before its first packet, on Linux; nil for nobody. It
	// costs the socket its port a moment earlier than connect(2) would choose one.
	Opened OpenedFunc
}

// OpenedFunc is told the local port that a socket is bound to, with the context of its dial
// and its network ("tcp4", "udp6", ...). What it returns is called when a socket of UDP is
// closed: from then on the port may be somebody else's. A connection of TCP keeps its port
// until its end is over.
type OpenedFunc func(ctx context.Context, network string, port uint16) (closed func())

// Wire is the ways in which connections to the world are opened.
type Wire struct {
	Dial DialFunc
	// DialLimited is Dial with a hop limit; nil where the system cannot show who
	// answered.
	DialLimited LimitedFunc
	// DialSegments is Dial with a maximum segment size, and Speak says a first message
	// with a hop limit; nil where the system has none.
	DialSegments SegmentFunc
	Speak        SpeakFunc
}

// Wire returns the machine's own ways, as far as the system has them.
func (d Dialer) Wire() Wire {
	w := Wire{Dial: d.DialContext}
	if d.CanLimit() {
		w.DialLimited, w.DialSegments, w.Speak = d.DialLimited, d.DialSegments, d.Speak
	}
	return w
}
