package capture

import (
	"container/list"
	"encoding/binary"
	"net/netip"
	"time"

	"pullpath/internal/evidence"
	"pullpath/resolve"
)

// dnsPort is that of name servers (RFC 1035 section 4.2).
const dnsPort = 53

const (
	// rivalPatience is how long a second answer to a question is awaited: the true one comes after
	// a forged one within a round trip and what the server needs.
	rivalPatience = 5 * time.Second
	// answerPatience is how long a first one is awaited: resolvers give up after 5 s, three times.
	answerPatience = 30 * time.Second
	// maxQuestions bounds those that wait at a time, maxRivals the answers to one that are kept.
	maxQuestions = 10_000
	maxRivals    = 4
)

// Question is one question to a name server, with all its answers.
type Question struct {
	Client, Server netip.AddrPort
	Name, Type     string
	Transport      string
	ID             uint16
	// Asked is when it was asked first, Times how often it was.
	Asked Moment
	Times int
	// Answers are in the order in which they came; of several all but one are forged or repeated.
	Answers []Answer
	// ICMP is the message that ended it, nil for none.
	ICMP *ICMP
	// Until is the time up to which an answer would be in the capture; OneWay as in Connection.
	Until  time.Time
	OneWay bool
}

// Answer is one answer.
type Answer struct {
	Moment
	HopLimit uint8
	resolve.Message
}

type questionKey struct {
	client, server netip.AddrPort
	id             uint16
	name, kind     string
}

// datagram follows a packet of UDP.
func (t *tracker) datagram(p packet) {
	from := netip.AddrPortFrom(p.src, uint16(p.udp.SrcPort))
	to := netip.AddrPortFrom(p.dst, uint16(p.udp.DstPort))
	if from.Port() != dnsPort && to.Port() != dnsPort && !asksForAddress(p.payload) || from.Port() == multicastPort {
		return
	}
	m, ok := resolve.ReadMessage(p.payload, evidence.Scribe{})
	switch now := (Moment{p.frame, p.at}); {
	case !ok:
	case m.Response:
		t.answer(to, from, Answer{Moment: now, HopLimit: p.hop, Message: m})
	default:
		t.ask(from, to, m, now, "udp")
	}
}

// multicastPort is that of multicast DNS (RFC 6762), where each answers for itself.
const multicastPort = 5353

// asksForAddress reports whether a datagram to another port has the head of a question with one
// name: name servers behind a translation of ports, and those for tests, listen there.
func asksForAddress(data []byte) bool {
	const head = 12
	return len(data) > head+5 && data[2]&0xf8 == 0 && binary.BigEndian.Uint16(data[4:]) == 1 && binary.BigEndian.Uint32(data[6:]) == 0
}

func keyOf(client, server netip.AddrPort, m resolve.Message) questionKey {
	return questionKey{client, server, m.ID, m.Question.Name, m.Question.Type}
}

// ask notes a question. Of other types than addresses nothing depends here.
func (t *tracker) ask(client, server netip.AddrPort, m resolve.Message, now Moment, transport string) {
	if m.Question.Type != "A" && m.Question.Type != "AAAA" || len(t.asked) >= maxQuestions {
		return
	}
	key := keyOf(client, server, m)
	if q, ok := t.asked[key]; ok {
		if len(q.Answers) == 0 && now.At.Sub(q.Asked.At) > twice {
			q.Times++
		}
		return
	}
	q := &Question{Client: client, Server: server, Name: m.Question.Name, Type: m.Question.Type, Transport: transport, ID: m.ID, Asked: now,
		Times: 1}
	t.asked[key] = q
	t.waiting.PushBack(waitingQuestion{key, q})
}

type waitingQuestion struct {
	key questionKey
	q   *Question
}

// answer notes one.
func (t *tracker) answer(client, server netip.AddrPort, a Answer) {
	q := t.asks(client, server, a.Message, a.Moment)
	if q == nil || len(q.Answers) == maxRivals {
		return
	}
	for _, before := range q.Answers {
		if before.HopLimit == a.HopLimit && before.Question.Size == a.Question.Size && a.At.Sub(before.At) < twice {
			return // captured twice
		}
	}
	q.Answers = append(q.Answers, a)
	for _, addr := range a.Addresses {
		if len(t.names) < maxAddresses {
			t.names[addr] = q.Name
		}
	}
}

// asks returns the question of an answer. It may have gone to another address, where this host
// translates them, or not be in the capture. nil for one that is none about addresses.
func (t *tracker) asks(client, server netip.AddrPort, m resolve.Message, now Moment) *Question {
	key := keyOf(client, server, m)
	if q, ok := t.asked[key]; ok {
		return q
	}
	for e := t.waiting.Back(); e != nil; e = e.Prev() {
		w, _ := e.Value.(waitingQuestion)
		if now.At.Sub(w.q.Asked.At) > rivalPatience {
			break
		}
		elsewhere := w.key
		elsewhere.server = server
		if elsewhere == key && len(w.q.Answers) == 0 && w.q.Server.Port() != dnsPort {
			delete(t.asked, w.key)
			w.q.Server, w.key = server, key
			t.asked[key], e.Value = w.q, w
			return w.q
		}
	}
	t.ask(client, server, m, now, "udp")
	return t.asked[key]
}

// questionUnreachable notes that a question met a closed port, or no way.
func (t *tracker) questionUnreachable(client, server netip.AddrPort, m ICMP) {
	for e := t.waiting.Back(); e != nil; e = e.Prev() {
		w, _ := e.Value.(waitingQuestion)
		if w.q.Client == client && w.q.Server == server && w.q.ICMP == nil && len(w.q.Answers) == 0 {
			w.q.ICMP = &m
			return
		}
	}
}

// answerLate hands out questions for which nothing more is awaited.
func (t *tracker) answerLate() {
	for e := t.waiting.Front(); e != nil; e = t.waiting.Front() {
		w, _ := e.Value.(waitingQuestion)
		waits := answerPatience
		if len(w.q.Answers) > 0 {
			waits = rivalPatience
		}
		if t.now.Sub(w.q.Asked.At) < waits {
			return
		}
		t.answered(e)
	}
}

func (t *tracker) answered(e *list.Element) {
	w, _ := t.waiting.Remove(e).(waitingQuestion)
	delete(t.asked, w.key)
	w.q.Until, w.q.OneWay = t.now, !t.heard[w.q.Client.Addr()]
	if t.found.Question != nil {
		t.found.Question(w.q)
	}
}

// overTCP reads the questions of a connection to a name server (RFC 7766 section 8). Where it did
// not come about, the question is not known, and the connection itself is handed out.
func (t *tracker) overTCP(c *Connection) {
	questions := messages(c.Up.Head)
	if len(questions) == 0 {
		if t.found.Connection != nil {
			t.found.Connection(c)
		}
		return
	}
	for _, m := range questions {
		if !m.Response {
			t.ask(c.Client, c.Server, m, c.Up.Began, "tcp")
		}
	}
	for _, m := range messages(c.Down.Head) {
		if m.Response {
			t.answer(c.Client, c.Server, Answer{Moment: c.Down.Began, Message: m})
		}
	}
}

// messages are those in a stream of DNS.
func messages(stream []byte) []resolve.Message {
	var out []resolve.Message
	for len(stream) > 2 {
		n := int(binary.BigEndian.Uint16(stream))
		if len(stream) < 2+n {
			return out
		}
		if m, ok := resolve.ReadMessage(stream[2:2+n], evidence.Scribe{}); ok {
			out = append(out, m)
		}
		stream = stream[2+n:]
	}
	return out
}
