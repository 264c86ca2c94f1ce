package capture

import (
	"net/netip"
	"time"
)

// Moment is a time with the number of the frame, counted from 1 as Wireshark does. The zero value
// is never.
type Moment struct {
	Frame int
	At    time.Time
}

// Never reports whether it did not come.
func (m Moment) Never() bool { return m.Frame == 0 }

// Connection is one connection of TCP, as far as the capture shows it.
type Connection struct {
	// Client began it, as far as that can be told; Midway means that its beginning is not in the
	// capture.
	Client, Server netip.AddrPort
	Midway         bool
	// Name is the last one for which the client was given the server's address before it began.
	Name string
	// First and Last are its packets, Until the time up to which the capture would show more.
	First, Last Moment
	Until       time.Time
	// Sequence is the number with which the client's stream begins, 0 where its SYN is missing.
	Sequence uint32
	// SYNs counts how often it was asked for, Accepted is the SYN-ACK.
	SYNs     int
	Accepted Moment
	// RoundTrip is from the SYN that was answered to its SYN-ACK, 0 where one was sent again.
	RoundTrip time.Duration
	// Up is what the client sent, Down what came in the server's name.
	Up, Down Side
	// Turns are the beginnings of speech, one side after the other.
	Turns []Turn
	// Reset is the first one, nil for none.
	Reset *Reset
	// Paused is how long nobody had sent a byte when the client said what was never acknowledged;
	// 0 where all was, or where it was said at once.
	Paused time.Duration
	// ICMP are messages about it.
	ICMP []ICMP
	// OneWay means that not one packet to the client is in the capture: what it was sent is
	// unknown, and silence is none. Unseen means that the client acknowledged what is not in it.
	OneWay, Unseen bool

	// shown is the server's other address, where packets of the two directions have different ones,
	// and keys are those by which the connection is found.
	shown netip.AddrPort
	keys  []ends

	syn Moment

	pauses  []pause
	held    int
	last    [recent]print
	element any
}

// Side is what one end sent.
type Side struct {
	Packets int
	// Bytes is how far its stream came, Acked how much of that the other side acknowledged.
	Bytes, Acked int64
	// Head is the beginning of the stream, as far as it is whole; Cut means that the capture
	// lacks what follows although it was sent.
	Head []byte
	Cut  bool
	// Began and Spoke are its first and last bytes, Finished its FIN.
	Began, Spoke, Finished Moment
	// HopLimits are those of its packets, resets apart; Opening is that of its SYN or SYN-ACK.
	HopLimits []HopLimit
	Opening   uint8
	// ID and Window are those of its last packet that was no reset.
	ID, Window uint16
	// Timestamps means that its packets carry that option (RFC 7323).
	Timestamps bool
	// MSS is the largest segment that it says it takes, 0 where its SYN was not seen.
	MSS int
	// Again counts segments with bytes that were sent again, EndsAgain its SYN-ACKs and FINs.
	Again, EndsAgain int
	// Lost is the smallest segment that was sent several times and never acknowledged, in bytes,
	// and LostTimes how often; Passed is the largest that was acknowledged.
	Lost, LostTimes, Passed int
	// Hole is how many bytes never came although later ones did, and the other side says so by its
	// acknowledgements.
	Hole int64
	// ZeroWindows counts its packets that said that it has no room.
	ZeroWindows int

	stream stream
}

// HopLimit is a value of the TTL or hop limit, and how many packets had it.
type HopLimit struct {
	Value uint8
	Count int
}

// pause is a time in which nobody sent a byte, and where the client's stream went on.
type pause struct {
	at   int64
	took time.Duration
}

// Turn is the beginning of what one side said after the other.
type Turn struct {
	Moment
	Down bool
	// Offset is where it begins in the stream of its side.
	Offset int64
}

// Reset is a RST.
type Reset struct {
	Moment
	// Down means that it came in the server's name.
	Down     bool
	HopLimit uint8
	// ID and Window are those of its headers; Timestamp means that it carries that option.
	ID, Window uint16
	Timestamp  bool
	// Silence is the time since the last packet before it, Idle since the last byte of either side.
	Silence, Idle time.Duration
	// Elsewhere is the hop limit of another connection's packets from the same address, where this
	// one has none of its sender; 0 for none.
	Elsewhere uint8
	// Later counts packets with bytes in the same name that came after it.
	Later int
}

// ICMP is a message that quotes a packet of a connection.
type ICMP struct {
	Moment
	Sender     netip.Addr
	Version    int
	Type, Code uint8
	// MTU is the size that "fragmentation needed" and "packet too big" name.
	MTU int
	// Down means that the quoted packet was the server's.
	Down bool
	// Ignored means that larger packets were sent after it all the same.
	Ignored bool
}

// Cut reports whether a reset in the server's name ended it before the client did: one behind the
// client's FIN only says that nobody listens any more.
func (c *Connection) Cut() bool {
	return c.Reset != nil && c.Reset.Down && (c.Up.Finished.Never() || c.Up.Finished.Frame > c.Reset.Frame)
}

// fromServer reports whether packets from an end are the server's.
func (c *Connection) fromServer(from netip.AddrPort) bool {
	return from == c.Server || c.shown.IsValid() && from == c.shown
}

// side returns the one that sent a packet.
func (c *Connection) side(down bool) *Side {
	if down {
		return &c.Down
	}
	return &c.Up
}
