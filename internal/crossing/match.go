package crossing

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"pullpath/internal/capture"
	"pullpath/tlsinspect"
)

// matcher finds what is in one capture in the other.
type matcher struct {
	inside, outside *Place
	speech          map[string][]*capture.Connection
	sequence        map[uint32][]*capture.Connection
	ends            map[[2]string][]*capture.Connection
	names           map[string][]*capture.Connection
	questions       map[string][]*capture.Question
	taken           map[*capture.Connection]bool
	offset          time.Duration
	aligned         int
}

func newMatcher(inside, outside *Place) *matcher {
	m := &matcher{inside: inside, outside: outside, speech: map[string][]*capture.Connection{}, sequence: map[uint32][]*capture.Connection{},
		ends: map[[2]string][]*capture.Connection{}, names: map[string][]*capture.Connection{}, questions: map[string][]*capture.Question{},
		taken: map[*capture.Connection]bool{}}
	for _, c := range outside.Connections {
		if key := speechOf(c); key != "" {
			m.speech[key] = append(m.speech[key], c)
		}
		if c.Sequence != 0 {
			m.sequence[c.Sequence] = append(m.sequence[c.Sequence], c)
		}
		m.ends[endsOf(c)] = append(m.ends[endsOf(c)], c)
		m.names[nameOf(c)] = append(m.names[nameOf(c)], c)
	}
	for _, q := range outside.Questions {
		m.questions[q.Type+" "+q.Name] = append(m.questions[q.Type+" "+q.Name], q)
	}
	m.align()
	return m
}

// speechOf is how a client's speech begins, empty where that says too little.
func speechOf(c *capture.Connection) string {
	if len(c.Up.Head) < sure || c.Midway {
		return ""
	}
	return string(c.Up.Head[:sure])
}

func endsOf(c *capture.Connection) [2]string { return [2]string{c.Client.String(), c.Server.String()} }

// nameOf is the host that a connection is for: of the ClientHello, of a CONNECT, of a look-up, else
// its address.
func nameOf(c *capture.Connection) string {
	if heard, _ := tlsinspect.Overhear(c.Up.Head, nil, tlsinspect.Options{}); heard.Detail.ServerName != "" {
		return heard.Detail.ServerName
	}
	if rest, ok := strings.CutPrefix(string(c.Up.Head[:min(len(c.Up.Head), 300)]), "CONNECT "); ok {
		target, _, _ := strings.Cut(rest, " ")
		return target
	}
	if c.Name != "" {
		return c.Name
	}
	return c.Server.String()
}

// align finds how far the clocks are apart, by the connections that are surely the same.
func (m *matcher) align() {
	var offsets []time.Duration
	for _, c := range m.inside.Connections {
		if other, _ := m.surely(c); other != nil {
			offsets = append(offsets, other.First.At.Sub(c.First.At))
		}
	}
	if m.aligned = len(offsets); m.aligned > 0 {
		slices.Sort(offsets)
		m.offset = offsets[m.aligned/2]
	}
}

// surely finds a connection again by what no other has.
func (m *matcher) surely(c *capture.Connection) (*capture.Connection, string) {
	if key := speechOf(c); key != "" {
		if list := m.speech[key]; len(list) == 1 {
			return list[0], "what the client says"
		}
	}
	if list := m.sequence[c.Sequence]; c.Sequence != 0 && len(list) == 1 {
		return list[0], "its sequence number"
	}
	return nil, ""
}

// match finds a connection again, nil where it is not there.
func (m *matcher) match(c *capture.Connection) (*capture.Connection, string) {
	other, by := m.surely(c)
	if other == nil {
		if other = m.nearest(m.ends[endsOf(c)], c, time.Hour); other != nil {
			by = "its ends"
		}
	}
	if other == nil {
		if other = m.nearest(m.names[nameOf(c)], c, apart); other != nil {
			by = "its name and time"
		}
	}
	if other == nil || m.taken[other] {
		return nil, ""
	}
	m.taken[other] = true
	return other, by
}

// nearest is the one that began nearest in time, nil where none is near enough.
func (m *matcher) nearest(list []*capture.Connection, c *capture.Connection, most time.Duration) *capture.Connection {
	far := func(o *capture.Connection) time.Duration { return (o.First.At.Sub(c.First.At) - m.offset).Abs() }
	var best *capture.Connection
	for _, o := range list {
		if !m.taken[o] && far(o) <= most && (best == nil || cmp.Less(far(o), far(best))) {
			best = o
		}
	}
	return best
}

// covers reports whether the outside capture ran at a time of the inside one.
func (m *matcher) covers(at time.Time) bool {
	at = at.Add(m.offset)
	return !at.Before(m.outside.Summary.First) && !at.After(m.outside.Summary.Last)
}
