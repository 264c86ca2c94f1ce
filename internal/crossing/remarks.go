package crossing

import (
	"fmt"
	"slices"

	"pullpath/internal/capture"
)

// crossed says what becomes of a connection.
func crossed(m *matcher, in, out *capture.Connection, by string) Crossing {
	c := Crossing{What: fmt.Sprintf("%s > %s (%s), frame %d", in.Client, in.Server, nameOf(in), in.First.Frame), By: by}
	if out == nil {
		if m.covers(in.First.At) {
			c.say(Lost, "not one packet of it comes to %s, which was captured at the time", m.outside.Name)
		}
		return c
	}
	r := pair{Crossing: &c, in: in, out: out, inside: m.inside.Name, outside: m.outside.Name}
	r.opening()
	r.resets()
	r.bytes()
	r.changes()
	return c
}

func (c *Crossing) say(kind Kind, format string, args ...any) {
	c.Remarks = append(c.Remarks, Remark{kind, fmt.Sprintf(format, args...)})
}

// pair is one connection at both places.
type pair struct {
	*Crossing
	in, out         *capture.Connection
	inside, outside string
}

// opening is about SYN and SYN-ACK.
func (p pair) opening() {
	switch {
	case p.in.SYNs > 0 && p.out.SYNs == 0 && !p.out.Midway:
		p.say(Lost, "the client's SYN is in %s alone", p.inside)
	case p.in.Accepted.Never() && !p.in.Midway && !p.out.Accepted.Never():
		p.say(Lost, "the server's SYN-ACK is in %s (frame %d) and does not come to %s", p.outside, p.out.Accepted.Frame, p.inside)
	case !p.in.Accepted.Never() && p.out.Accepted.Never() && !p.out.Midway:
		p.say(Made, "the SYN-ACK in %s (frame %d) is not the server's: in %s the SYN has no answer", p.inside, p.in.Accepted.Frame, p.outside)
	}
}

// resets are those that one place has and the other has not.
func (p pair) resets() {
	in, out := p.in.Reset, p.out.Reset
	switch {
	case in != nil && in.Down && (out == nil || !out.Down):
		p.say(Made, "the reset in the server's name in %s (frame %d, hop limit %d) is not in %s: something between sends it", p.inside, in.Frame,
			in.HopLimit, p.outside)
	case out != nil && out.Down && (in == nil || !in.Down):
		p.say(Lost, "the server's reset in %s (frame %d) does not come to %s", p.outside, out.Frame, p.inside)
	case in != nil && in.Down && out != nil && out.Down:
		p.say(Changed, "the reset is in both: it comes from behind the place of %s (hop limit %d there, %d in %s)", p.outside, out.HopLimit,
			in.HopLimit, p.inside)
	}
	if out != nil && !out.Down && (in == nil || in.Down) {
		p.say(Made, "the reset in the client's name in %s (frame %d, hop limit %d) is not in %s: something between sends it", p.outside,
			out.Frame, out.HopLimit, p.inside)
	}
}

// bytes are those that do not come through.
func (p pair) bytes() {
	p.stream("client", p.in.Up, p.out.Up, p.inside, p.outside)
	p.stream("server", p.out.Down, p.in.Down, p.outside, p.inside)
	p.size("client", p.in.Up, p.out.Up)
	p.size("server", p.out.Down, p.in.Down)
}

// stream is about what one side sent, seen where it is sent and where it arrives.
func (p pair) stream(who string, sent, arrived capture.Side, from, to string) {
	switch {
	case sent.Bytes > arrived.Bytes:
		p.say(Lost, "%d of %d bytes of the %s are in %s and do not come to %s", sent.Bytes-arrived.Bytes, sent.Bytes, who, from, to)
	case arrived.Hole > 0 && sent.Hole == 0:
		p.say(Lost, "%d bytes of the %s in the middle are in %s and do not come to %s", arrived.Hole, who, from, to)
	}
	n := min(len(sent.Head), len(arrived.Head))
	if n == 0 || slices.Equal(sent.Head[:n], arrived.Head[:n]) {
		return
	}
	at := 0
	for sent.Head[at] == arrived.Head[at] {
		at++
	}
	p.say(Changed, "the bytes of the %s differ from byte %d on: something between ends the connection and speaks for the %s, or alters it",
		who, at+1, who)
}

// size is about segments that do not come through while smaller ones do.
func (p pair) size(who string, sent, arrived capture.Side) {
	if sent.Lost > 0 && sent.Lost > arrived.Passed && arrived.Bytes < sent.Bytes {
		p.say(Lost, "segments of %d bytes of the %s were sent %d times and do not come through; the largest that does has %d", sent.Lost, who,
			sent.LostTimes, sent.Passed)
	}
}

// changes are what differs and is no loss.
func (p pair) changes() {
	if p.in.Up.MSS > 0 && p.out.Up.MSS > 0 && p.in.Up.MSS != p.out.Up.MSS {
		p.say(Changed, "the largest segment that the client announces is changed from %d to %d bytes", p.in.Up.MSS, p.out.Up.MSS)
	}
	if p.in.Down.MSS > 0 && p.out.Down.MSS > 0 && p.in.Down.MSS != p.out.Down.MSS {
		p.say(Changed, "the largest segment that the server announces is changed from %d to %d bytes", p.out.Down.MSS, p.in.Down.MSS)
	}
	if p.in.Client != p.out.Client && len(p.Remarks) > 0 {
		p.say(Changed, "the client's address is %s in %s", p.out.Client, p.outside)
	}
	if p.in.Server != p.out.Server && len(p.Remarks) > 0 {
		p.say(Changed, "the server's address is %s in %s", p.out.Server, p.outside)
	}
}

// asked says what becomes of a question to a name server.
func (m *matcher) asked(q *capture.Question) Crossing {
	c := Crossing{What: fmt.Sprintf("%s? %s at %s, frame %d", q.Type, q.Name, q.Server, q.Asked.Frame)}
	other := m.question(q)
	switch {
	case other == nil:
		return c // a name server of the inside need not ask it on
	case len(q.Answers) == 0 && len(other.Answers) > 0:
		c.say(Lost, "the answer is in %s (frame %d) and does not come to %s", m.outside.Name, other.Answers[0].Frame, m.inside.Name)
	case len(q.Answers) > 0 && len(other.Answers) == 0:
		c.say(Made, "it is answered in %s (frame %d) and has no answer in %s: something between answers", m.inside.Name, q.Answers[0].Frame,
			m.outside.Name)
	case len(q.Answers) > 0 && !slices.Equal(q.Answers[0].Addresses, other.Answers[0].Addresses):
		c.say(Made, "the answer in %s, %v, is another than in %s, %v", m.inside.Name, q.Answers[0].Addresses, m.outside.Name,
			other.Answers[0].Addresses)
	}
	return c
}

// question finds a question again: the same one, to the same server.
func (m *matcher) question(q *capture.Question) *capture.Question {
	for _, o := range m.questions[q.Type+" "+q.Name] {
		far := (o.Asked.At.Sub(q.Asked.At) - m.offset).Abs()
		if o.ID == q.ID && o.Server == q.Server && far <= apart {
			return o
		}
	}
	return nil
}
