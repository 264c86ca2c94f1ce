package capture

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket/layers"
)

const (
	// recent is how many packets of a connection are compared with the next, to find those that
	// were captured twice.
	recent = 8
	// twice is how far two captured copies of one packet may be apart: a router passes a packet on
	// within it, and no one sends again so soon. Where nothing in the headers changes when a
	// packet is sent again (no timestamps and no identification), it is less than any round trip.
	twice     = 100 * time.Millisecond
	twiceBare = 2 * time.Millisecond
	// outOfOrder is how late a segment may come behind later ones and was still sent before them
	// (Wireshark takes the same 3 ms, epan/dissectors/packet-tcp.c).
	outOfOrder = 3 * time.Millisecond
)

const (
	// longPause is how long nobody must have sent a byte for a pause to be remembered, and
	// maxPauses how many are: what follows the last that was acknowledged is of interest alone.
	longPause = 30 * time.Second
	maxPauses = 8
)

// print is what tells two packets apart.
type print struct {
	at       time.Time
	down     bool
	seq, ack uint32
	id       uint16
	window   uint16
	flags    uint8
	length   int
	stamp    uint32
}

// same reports whether a packet is another copy of one.
func (p print) same(other print) bool {
	apart := other.at.Sub(p.at).Abs()
	p.at, other.at = time.Time{}, time.Time{}
	if p != other {
		return false
	}
	if p.stamp == 0 && p.id == 0 {
		return apart <= twiceBare
	}
	return apart <= twice
}

// segment follows a packet of TCP.
func (t *tracker) segment(p packet) {
	from := netip.AddrPortFrom(p.src, uint16(p.tcp.SrcPort))
	to := netip.AddrPortFrom(p.dst, uint16(p.tcp.DstPort))
	key := endsOf(from, to)
	c := t.open[key]
	if c != nil && begins(p.tcp) && (c.over() || p.tcp.Seq != c.Sequence && !c.Accepted.Never()) {
		t.release(c) // its ports are used again
		c = nil
	}
	if c == nil {
		if c = t.translated(p, from, to); c == nil {
			c = t.begin(p, from, to)
		}
		t.open[key] = c
		c.keys = append(c.keys, key)
	}
	down := c.fromServer(from) && from != c.Client
	seen := printOf(p, down)
	for _, before := range c.last {
		if before.same(seen) {
			t.summary.Repeated++
			return
		}
	}
	copy(c.last[1:], c.last[:])
	c.last[0] = seen
	t.take(c, p, down)
	weight := c.weight()
	t.held += weight - c.held
	c.held = weight
	t.touch(c)
}

// weight is the memory that a connection takes, in bytes, so far as it grows.
func (c *Connection) weight() int {
	const (
		itself  = 1500 // with its places in the tables
		perTurn = 48
		perSent = 24
		perPart = 48
	)
	out := itself + perTurn*len(c.Turns)
	for _, s := range []*Side{&c.Up, &c.Down} {
		out += cap(s.Head) + s.stream.ahead + perSent*cap(s.stream.open) + perPart*cap(s.stream.parts)
	}
	return out
}

func begins(tcp *layers.TCP) bool { return tcp.SYN && !tcp.ACK }

func printOf(p packet, down bool) print {
	flags := p.tcp.Contents[13]
	_, stamp := options(p.tcp)
	return print{at: p.at, down: down, seq: p.tcp.Seq, ack: p.tcp.Ack, id: p.id, window: p.tcp.Window, flags: flags, length: p.length,
		stamp: stamp}
}

// options returns the maximum segment size and the time stamp of a packet, 0 for none.
func options(tcp *layers.TCP) (mss int, stamp uint32) {
	for _, o := range tcp.Options {
		switch {
		case o.OptionType == layers.TCPOptionKindMSS && len(o.OptionData) >= 2:
			mss = int(binary.BigEndian.Uint16(o.OptionData))
		case o.OptionType == layers.TCPOptionKindTimestamps && len(o.OptionData) >= 8:
			stamp = binary.BigEndian.Uint32(o.OptionData)
		}
	}
	return mss, stamp
}

// begin makes a connection of its first packet.
func (t *tracker) begin(p packet, from, to netip.AddrPort) *Connection {
	c := &Connection{Client: from, Server: to, First: Moment{p.frame, p.at}}
	switch {
	case begins(p.tcp):
		c.Sequence = p.tcp.Seq
		if len(t.syns) < maxConnections {
			t.syns[p.tcp.Seq+1] = c
		}
	case p.tcp.SYN: // the answer alone
		c.Client, c.Server = to, from
		c.Midway = true
	default:
		c.Midway = true
		if serves(from.Port(), to.Port()) {
			c.Client, c.Server = to, from
		}
	}
	c.Name = t.names[c.Server.Addr()]
	return c
}

// translated returns the connection whose SYN a packet answers, although it comes from another
// address: where this host itself translates addresses, a capture shows each direction on its own
// side of that. nil where there is none.
func (t *tracker) translated(p packet, from, to netip.AddrPort) *Connection {
	if !p.tcp.ACK || !p.tcp.SYN && !p.tcp.RST {
		return nil
	}
	c := t.syns[p.tcp.Ack]
	if c == nil || c.Client.Port() != to.Port() || !c.Accepted.Never() || c.Reset != nil {
		return nil
	}
	c.shown = from
	if name := t.names[from.Addr()]; name != "" { // the address that the client knows
		c.Server, c.shown, c.Name = from, c.Server, name
	}
	return c
}

// serves reports whether the first of two ports is rather the server's: the lower one, as those
// that systems give to clients are high (RFC 6335 section 6).
func serves(port, other uint16) bool { return port < other }

// take notes what a packet of a connection shows.
func (t *tracker) take(c *Connection, p packet, down bool) {
	side, other := c.side(down), c.side(!down)
	now := Moment{p.frame, p.at}
	silence, idle := p.at.Sub(c.Last.At), c.idle(p.at)
	if c.Last.Never() {
		silence = 0
	}
	c.Last = now
	mss, stamp := options(p.tcp)
	if p.tcp.RST {
		t.reset(c, p, down, stamp, silence, idle)
		return
	}
	side.Packets++
	side.ID, side.Window = p.id, p.tcp.Window
	side.Timestamps = side.Timestamps || stamp != 0
	side.HopLimits = counted(side.HopLimits, p.hop)
	if len(t.hops) < maxAddresses {
		t.hops[p.src] = p.hop
	}
	if p.tcp.Window == 0 && !p.tcp.SYN && !p.tcp.FIN {
		side.ZeroWindows++
	}
	if p.tcp.SYN {
		c.opening(p, down, mss)
		return
	}
	if !side.stream.known {
		side.stream.base, side.stream.known = p.tcp.Seq, true
	}
	if p.tcp.ACK {
		c.acknowledge(other, p.tcp.Ack, down)
	}
	if p.length > 0 {
		t.bytes(c, p, down)
	}
	switch {
	case p.tcp.FIN && side.Finished.Never():
		side.Finished = now
	case p.tcp.FIN && p.length == 0:
		side.EndsAgain++
	}
}

// idle is how long ago the last byte of either side was sent.
func (c *Connection) idle(at time.Time) time.Duration {
	last := c.Accepted.At
	for _, s := range []*Side{&c.Up, &c.Down} {
		if s.Spoke.At.After(last) {
			last = s.Spoke.At
		}
	}
	if last.IsZero() {
		return 0
	}
	return at.Sub(last)
}

// counted adds one to the packets with a hop limit.
func counted(list []HopLimit, value uint8) []HopLimit {
	for i := range list {
		if list[i].Value == value {
			list[i].Count++
			return list
		}
	}
	return append(list, HopLimit{value, 1})
}

// opening notes a SYN or SYN-ACK.
func (c *Connection) opening(p packet, down bool, mss int) {
	side := c.side(down)
	now := Moment{p.frame, p.at}
	side.MSS, side.Opening = mss, p.hop
	side.stream.base, side.stream.known = p.tcp.Seq+1, true
	if !down {
		c.SYNs++
		c.syn = now
		return
	}
	if !c.Accepted.Never() {
		side.EndsAgain++
		return
	}
	c.Accepted = now
	if c.SYNs == 1 {
		c.RoundTrip = p.at.Sub(c.syn.At)
	}
}

// acknowledge notes how much of a side's stream the other has; the acknowledging side is down.
func (c *Connection) acknowledge(of *Side, ack uint32, down bool) {
	if !of.stream.known {
		of.stream.base, of.stream.known = ack, true
		c.Unseen = c.Unseen || !down
		return
	}
	up := of.stream.offset(ack, of.Bytes)
	if !of.Finished.Never() {
		up = min(up, of.Bytes) // FIN counts as one
	}
	if up > of.Bytes && !down && of.Finished.Never() && up > of.Bytes+1 {
		c.Unseen = true
	}
	if up <= of.Acked || up > of.Bytes+1 {
		return
	}
	of.Acked = min(up, of.Bytes)
	if passed := of.stream.acknowledged(of.Acked); passed > 0 {
		of.Passed = max(of.Passed, of.onWire(passed, c.side(down)))
	}
}

// bytes notes what a side said.
func (t *tracker) bytes(c *Connection, p packet, down bool) {
	side := c.side(down)
	s := &side.stream
	from := s.offset(p.tcp.Seq, side.Bytes)
	to := from + int64(p.length)
	if to <= side.Bytes && p.length <= 1 || from < 0 {
		return // a keep-alive (RFC 9293 section 3.8.4)
	}
	now := Moment{p.frame, p.at}
	again := s.seen(from, to) || to <= side.Bytes && p.at.Sub(side.Spoke.At) > outOfOrder
	times := s.opened(from, to)
	if again {
		side.Again++
		c.ignoring(down, p.length)
	} else {
		c.turn(down, now, from)
	}
	if times == 1 && c.Reset != nil && c.Reset.Down == down {
		c.Reset.Later++
	}
	if idle := c.idle(p.at); !down && !again && idle >= longPause {
		c.pauses = append(c.pauses[max(len(c.pauses)-maxPauses+1, 0):], pause{from, idle})
	}
	if side.Began.Never() {
		side.Began = now
	}
	if to > side.Bytes {
		side.Bytes, side.Spoke = to, now
	}
	t.keep(side, from, to, p.payload)
}

// keep puts bytes behind the head of a stream.
func (t *tracker) keep(side *Side, from, to int64, data []byte) {
	most := headBytes
	if t.opts.Keyed {
		most = keyedBytes
	}
	room := most - len(side.Head)
	added, whole := side.stream.add(from, to, data, !side.Cut && room > 0)
	for _, part := range added {
		if n := min(len(part), most-len(side.Head)); !side.Cut && n > 0 {
			side.Head = append(side.Head, part[:n]...)
		}
	}
	if !whole && room > 0 {
		side.Cut = true
	}
}

// turn notes that a side begins to speak.
func (c *Connection) turn(down bool, now Moment, at int64) {
	if n := len(c.Turns); n < maxTurns && (n == 0 || c.Turns[n-1].Down != down) {
		c.Turns = append(c.Turns, Turn{Moment: now, Down: down, Offset: at})
	}
}

// ignoring marks a message about the size of packets after which larger ones were sent again.
func (c *Connection) ignoring(down bool, length int) {
	for i := range c.ICMP {
		if m := &c.ICMP[i]; m.MTU > 0 && m.Down == down && length > m.MTU {
			m.Ignored = true
		}
	}
}

// reset notes a RST.
func (t *tracker) reset(c *Connection, p packet, down bool, stamp uint32, silence, idle time.Duration) {
	if c.Reset != nil {
		return
	}
	c.Reset = &Reset{Moment: Moment{p.frame, p.at}, Down: down, HopLimit: p.hop, ID: p.id, Window: p.tcp.Window, Timestamp: stamp != 0,
		Silence: silence, Idle: idle}
	if len(c.side(down).HopLimits) == 0 {
		c.Reset.Elsewhere = t.hops[p.src]
	}
}
