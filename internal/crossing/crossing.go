// Package crossing lays two captures of one failure side by side, from two sides of a device, and
// says what becomes of connections and questions between them.
//
// Addresses and ports may be translated in between, and clocks may differ: a connection is found
// again by what its client says, by its sequence number, by its ends, or by its name and time, in
// this order. A remark says what one capture has and the other has not; it names no cause.
package crossing

import (
	"cmp"
	"context"
	"io"
	"slices"
	"time"

	"pullpath/internal/capture"
)

const (
	// maxKept bounds what is kept of one capture: two of a failure have some hundred.
	maxKept = 20_000
	// sure is how many bytes of a client's speech name a connection: a ClientHello has 32 of
	// chance among its first 43, and a CONNECT the name that it is for.
	sure = 64
	// apart is how far the beginnings of one connection may be in time, once the clocks are
	// aligned, where its name alone tells that it is the same.
	apart = 5 * time.Second
)

// Place is one of the two captures.
type Place struct {
	Name        string
	Connections []*capture.Connection
	Questions   []*capture.Question
	Summary     *capture.Summary
	// LeftOut counts what is beyond the bound.
	LeftOut int
}

// Read reads a capture whole. It fails as [capture.Read] does.
func Read(ctx context.Context, name string, in io.Reader) (*Place, error) {
	p := &Place{Name: name}
	var err error
	p.Summary, err = capture.Read(ctx, in, capture.Options{}, capture.Found{
		Connection: func(c *capture.Connection) {
			if len(p.Connections) == maxKept {
				p.LeftOut++
				return
			}
			p.Connections = append(p.Connections, c)
		},
		Question: func(q *capture.Question) {
			if len(p.Questions) == maxKept {
				p.LeftOut++
				return
			}
			p.Questions = append(p.Questions, q)
		}})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(p.Connections, func(a, b *capture.Connection) int { return cmp.Compare(a.First.Frame, b.First.Frame) })
	return p, nil
}

// Result is what the two places show together.
type Result struct {
	Inside  string `json:"inside"`
	Outside string `json:"outside"`
	// Offset is what the outside clock is ahead, as far as the connections tell; Aligned counts
	// those by which it was found.
	Offset  time.Duration `json:"offset_ns"`
	Aligned int           `json:"aligned"`
	// Crossings are those of which something is to be said, Same counts the rest that is in both.
	Crossings []Crossing `json:"crossings"`
	Same      int        `json:"same"`
	// OnlyOutside counts what is in the outside capture alone: other clients.
	OnlyOutside int `json:"only_outside"`
}

// Crossing is one connection or question at the two places.
type Crossing struct {
	// What says what it is, in the words of the inside capture.
	What string `json:"what"`
	// By is how it was found again, empty where it was not.
	By string `json:"by,omitempty"`
	// Remarks are what one place has and the other has not.
	Remarks []Remark `json:"remarks"`
}

// Remark is one difference.
type Remark struct {
	Kind Kind   `json:"kind"`
	Text string `json:"text"`
}

// Kind is the kind of a difference.
type Kind string

// Kinds: what is sent at one place does not come to the other, something between sends in
// another's name, or it changes what passes.
const (
	Lost    Kind = "lost"
	Made    Kind = "made"
	Changed Kind = "changed"
)

// Broken reports whether anything is lost or made in between: what changes alone, an address or a
// segment size, need be no failure.
func (r Result) Broken() bool {
	return slices.ContainsFunc(r.Crossings, func(c Crossing) bool {
		return slices.ContainsFunc(c.Remarks, func(m Remark) bool { return m.Kind != Changed })
	})
}

// Compare lays the captures side by side; inside is the client's.
func Compare(inside, outside *Place) Result {
	m := newMatcher(inside, outside)
	out := Result{Inside: inside.Name, Outside: outside.Name, Offset: m.offset, Aligned: m.aligned}
	found := map[*capture.Connection]bool{}
	for _, c := range inside.Connections {
		other, by := m.match(c)
		if other != nil {
			found[other] = true
		}
		out.add(crossed(m, c, other, by))
	}
	for _, q := range inside.Questions {
		out.add(m.asked(q))
	}
	for _, c := range outside.Connections {
		if !found[c] {
			out.OnlyOutside++
		}
	}
	return out
}

func (r *Result) add(c Crossing) {
	if len(c.Remarks) == 0 {
		r.Same++
		return
	}
	r.Crossings = append(r.Crossings, c)
}
