package capture

import (
	"bytes"
	"container/list"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/gopacket/gopacket/layers"
)

const (
	// maxConnections bounds those that are followed at a time, and maxHeld the bytes that are kept
	// of them. What is more is handed out as it is, what is over first.
	maxConnections = 32 << 10
	maxHeld        = 32 << 20
	// maxAddresses bounds what is remembered by address: names, hop limits, who was sent packets.
	maxAddresses = 64 << 10
	// linger is how long an ended connection is followed on: for what is sent after a reset, and
	// for packets that were captured late. Retransmissions are done after it.
	linger = 5 * time.Second
	// headBytes is how much of each side is kept without a key log: a handshake with its
	// certificates, or the head of an answer with a page.
	headBytes = 64 << 10
	// keyedBytes is the same with one: a manifest with its token, in front of a layer.
	keyedBytes = 1 << 20
	// maxTurns bounds the turns that are kept of a connection.
	maxTurns = 256
	// maxICMP bounds the messages about one.
	maxICMP = 8
	// byPause is the interval in frames at which time and context are looked at.
	byPause = 1024
)

// Found takes what is found, in the order in which it is over.
type Found struct {
	Connection func(*Connection)
	Question   func(*Question)
}

// Options say how to read.
type Options struct {
	// Keyed means that a key log is there, so that more of each connection is worth keeping.
	Keyed bool
	// Keys is told the key log inside the file, before what it has the keys of is handed out; nil
	// where nobody wants to know.
	Keys func(log []byte)
}

// Summary is what a capture has beside connections and questions.
type Summary struct {
	Frames      int
	First, Last time.Time
	// Skipped counts frames that were not read, by the reason.
	Skipped map[string]int
	// Repeated counts packets that were captured more than once.
	Repeated int
	// Ended says why the reading ended before the end of the file; empty where it did not.
	Ended string
	// Keys is the key log inside the file, empty for none.
	Keys []byte
	// Early counts connections that were handed out while they were open, for want of room.
	Early int
}

// Read reads a capture and hands out what it finds. It fails where the file is no capture, where
// not one frame could be read, and where the context ends.
func Read(ctx context.Context, in io.Reader, opts Options, found Found) (*Summary, error) {
	f, err := open(in)
	if err != nil {
		return nil, err
	}
	t := newTracker(opts, found)
	err = t.frames(ctx, f)
	t.keyed(f)
	t.finish()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && t.summary.Frames == 0:
		return nil, fmt.Errorf("not one packet can be read: %w", err)
	case err != nil:
		t.summary.Ended = err.Error()
	}
	return &t.summary, nil
}

// ends is a connection's key: its two ends, in order.
type ends struct{ a, b netip.AddrPort }

func endsOf(one, other netip.AddrPort) ends {
	if one.Compare(other) > 0 {
		one, other = other, one
	}
	return ends{one, other}
}

// tracker follows connections.
type tracker struct {
	opts    Options
	found   Found
	summary Summary
	decoder decoder
	now     time.Time

	open  map[ends]*Connection
	syns  map[uint32]*Connection // by what acknowledges their SYN
	alive *list.List             // of connections, the one that was silent for longest first
	over  *list.List             // of those that have ended, likewise
	held  int

	names map[netip.Addr]string
	hops  map[netip.Addr]uint8
	heard map[netip.Addr]bool

	asked   map[questionKey]*Question
	waiting *list.List // of questions
	// empty is how many frames had no bytes.
	empty int
}

func newTracker(opts Options, found Found) *tracker {
	return &tracker{opts: opts, found: found, summary: Summary{Skipped: map[string]int{}}, open: map[ends]*Connection{},
		syns: map[uint32]*Connection{}, alive: list.New(),
		over: list.New(), names: map[netip.Addr]string{}, hops: map[netip.Addr]uint8{}, heard: map[netip.Addr]bool{},
		asked: map[questionKey]*Question{}, waiting: list.New()}
}

// frames reads all frames.
func (t *tracker) frames(ctx context.Context, f *frames) error {
	defer func() {
		if t.empty > 0 {
			t.summary.Skipped[errBroken.Error()] += t.empty
		}
	}()
	for {
		fr, err := f.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if t.summary.Frames%byPause == 0 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			t.keyed(f)
		}
		t.frame(fr)
	}
}

// keyed hands the key log of the file out, where there is more of it than before.
func (t *tracker) keyed(f *frames) {
	if f.secrets == nil || len(f.secrets.keys) == len(t.summary.Keys) {
		return
	}
	t.summary.Keys, t.opts.Keyed = bytes.Clone(f.secrets.keys), true
	if t.opts.Keys != nil {
		t.opts.Keys(t.summary.Keys)
	}
}

// frame reads one.
func (t *tracker) frame(f frame) {
	t.summary.Frames++
	if t.summary.First.IsZero() || f.at.Before(t.summary.First) {
		t.summary.First = f.at
	}
	if f.at.After(t.now) {
		t.now, t.summary.Last = f.at, f.at
	}
	if len(f.data) == 0 { // a file of zeros is nothing but these
		t.empty++
		return
	}
	p, err := t.decoder.decode(f)
	if err != nil {
		t.summary.Skipped[err.Error()]++
		return
	}
	if len(t.heard) < maxAddresses {
		t.heard[p.dst] = true
	}
	switch p.proto {
	case layers.IPProtocolTCP:
		t.segment(p)
	case layers.IPProtocolUDP:
		t.datagram(p)
	default:
		t.message(p)
	}
	t.tidy()
}

// tidy hands out what is over, and what there is no room for.
func (t *tracker) tidy() {
	for e := t.over.Front(); e != nil; e = t.over.Front() {
		c, _ := e.Value.(*Connection)
		if t.now.Sub(c.Last.At) <= linger && len(t.open) <= maxConnections && t.held <= maxHeld {
			break
		}
		t.release(c)
	}
	for len(t.open) > maxConnections || t.held > maxHeld {
		e := t.alive.Front()
		if e == nil {
			break
		}
		c, _ := e.Value.(*Connection)
		t.summary.Early++
		t.release(c)
	}
	t.answerLate()
}

// release hands a connection out.
func (t *tracker) release(c *Connection) {
	for _, key := range c.keys {
		delete(t.open, key)
	}
	if t.syns[c.Sequence+1] == c {
		delete(t.syns, c.Sequence+1)
	}
	if e, ok := c.element.(*list.Element); ok {
		t.alive.Remove(e)
		t.over.Remove(e)
	}
	t.held -= c.held
	c.close(t.now)
	c.OneWay = !t.heard[c.Client.Addr()]
	if c.Server.Port() == dnsPort || c.Client.Port() == dnsPort {
		t.overTCP(c)
		return
	}
	if t.found.Connection != nil {
		t.found.Connection(c)
	}
}

// finish hands out the rest, in the order of their beginnings.
func (t *tracker) finish() {
	rest := make([]*Connection, 0, len(t.open))
	for key, c := range t.open {
		if key == c.keys[0] {
			rest = append(rest, c)
		}
	}
	slices.SortFunc(rest, func(a, b *Connection) int { return a.First.Frame - b.First.Frame })
	for _, c := range rest {
		t.release(c)
	}
	for e := t.waiting.Front(); e != nil; e = t.waiting.Front() {
		t.answered(e)
	}
}

// touch moves a connection behind those that were silent for longer.
func (t *tracker) touch(c *Connection) {
	to := t.alive
	if c.over() {
		to = t.over
	}
	e, ok := c.element.(*list.Element)
	if ok && to == t.alive {
		to.MoveToBack(e)
		return
	}
	if ok {
		t.alive.Remove(e)
		t.over.Remove(e)
	}
	c.element = to.PushBack(c)
}

// over reports whether a connection has ended: reset, or finished from both sides.
func (c *Connection) over() bool {
	return c.Reset != nil || !c.Up.Finished.Never() && !c.Down.Finished.Never()
}

// close makes the sums.
func (c *Connection) close(until time.Time) {
	c.Until = until
	for _, p := range c.pauses {
		if p.at >= c.Up.Acked && c.Up.Bytes > p.at {
			c.Paused = p.took
			break
		}
	}
	for _, down := range []bool{false, true} {
		s := c.side(down)
		for _, o := range s.stream.open {
			size := s.onWire(int(o.to-o.from), c.side(!down))
			if o.times > 1 && o.from == s.Acked && (s.Lost == 0 || size < s.Lost) {
				s.Lost, s.LostTimes = size, o.times
			}
		}
		if hole := s.stream.hole(); hole > 0 && s.Acked <= s.stream.next {
			s.Hole = hole
		}
		s.stream = stream{}
	}
	c.element = nil
}

// onWire is the size of the packets of a segment, which a network card may cut up only behind the
// place of the capture.
func (s *Side) onWire(size int, other *Side) int {
	mss := other.MSS
	if s.MSS > 0 && (mss == 0 || s.MSS < mss) {
		mss = s.MSS
	}
	if mss > 0 {
		return min(size, mss)
	}
	return size
}
