package evidence

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// ServerTime is one server's clock as an answer of it shows it.
type ServerTime struct {
	// Source is who set the clock: the target where the chain is one of the
	// public web, else the key of the authority behind it. All answers through
	// one interceptor have one source (docs/rules.md, rule 10).
	Source string
	// Public means that the source is a target of the public web.
	Public bool
	// Hop is the request that was answered, Target its target.
	Hop    int
	Target string
	// Offset is the server's time minus ours.
	Offset time.Duration
}

// dateForm is how HTTP writes a time (RFC 9110 section 5.6.7).
const dateForm = "Mon, 02 Jan 2006 15:04:05 GMT"

// ServerTimes reads the clocks in the answers of requests: Date plus Age against
// the middle of the wait. There is one for each source, its first.
func ServerTimes(hops []Hop) []ServerTime {
	var out []ServerTime
	byID := map[int]Hop{}
	for _, h := range hops {
		byID[h.ID] = h
	}
	for _, h := range hops {
		offset, ok := h.clockOffset()
		if !ok {
			continue
		}
		s := ServerTime{Source: h.Target, Hop: h.ID, Target: h.Target, Offset: offset}
		if d, found := handshakeUnder(byID, h); found {
			if s.Public = d.Anchor.Kind == AnchorPublic; !s.Public {
				s.Source = "authority " + d.Anchor.SPKI
			}
		}
		if !slices.ContainsFunc(out, func(o ServerTime) bool { return o.Source == s.Source }) {
			out = append(out, s)
		}
	}
	return out
}

func (h Hop) clockOffset() (time.Duration, bool) {
	d, ok := h.Detail.(Request)
	if !ok || d.Code == 0 || h.At.IsZero() { // a text need not tell when it was
		return 0, false
	}
	date, ok := d.ServedAt()
	if !ok {
		return 0, false
	}
	// Date counts whole seconds, cut off: on average half a second is missing.
	date = date.Add(time.Second / 2)
	return date.Sub(h.At.Add(time.Duration(d.FirstByteMS / 2 * float64(time.Millisecond)))), true
}

// ServedAt returns the server's own time of an answer, to the second: Date, plus Age for
// one out of a cache (RFC 9110 section 6.6.1, RFC 9111 section 5.1).
func (r Request) ServedAt() (time.Time, bool) {
	text, _ := HeaderValue(r.Headers, "Date")
	date, err := time.Parse(dateForm, strings.TrimSpace(text))
	if err != nil {
		return time.Time{}, false
	}
	if age, found := HeaderValue(r.Headers, "Age"); found {
		if seconds, err := strconv.Atoi(strings.TrimSpace(age)); err == nil && seconds > 0 && seconds < 1<<30 {
			date = date.Add(time.Duration(seconds) * time.Second)
		}
	}
	return date, true
}

// handshakeUnder finds the handshake that a request stands on.
func handshakeUnder(byID map[int]Hop, h Hop) (Handshake, bool) {
	for h.Parent != 0 {
		next, ok := byID[h.Parent]
		if !ok {
			return Handshake{}, false
		}
		if d, ok := next.Detail.(Handshake); ok {
			return d, true
		}
		h = next
	}
	return Handshake{}, false
}

// clockAgreement is how far servers' clocks may lie apart and still agree. They
// keep time to a second; caches and slow answers add some. Half of the minute
// from which a skew is worth a word.
const clockAgreement = 30 * time.Second

// AgreedTime returns what at least two sources say of our clock: their time minus
// ours, and who they are. One source alone may be wrong itself.
func AgreedTime(times []ServerTime) (offset time.Duration, agree []ServerTime, ok bool) {
	if len(times) < 2 {
		return 0, nil, false
	}
	sorted := slices.Clone(times)
	slices.SortStableFunc(sorted, func(a, b ServerTime) int { return int((a.Offset - b.Offset) / time.Millisecond) })
	middle := sorted[(len(sorted)-1)/2].Offset
	for _, t := range times {
		if (t.Offset - middle).Abs() <= clockAgreement {
			agree = append(agree, t)
		}
	}
	return middle, agree, len(agree) >= 2
}
