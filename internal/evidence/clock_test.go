package evidence

import (
	"testing"
	"time"
)

func dated(id, parent int, target, date, age string, at time.Time) Hop {
	headers := []Header{{Name: "Date", Value: date}}
	if age != "" {
		headers = append(headers, Header{Name: "Age", Value: age})
	}
	return Hop{ID: id, Parent: parent, Op: OpRequest, Target: target, At: at, Detail: Request{Code: 200, Headers: headers}}
}

func behind(id int, kind, spki string) Hop {
	return Hop{ID: id, Op: OpHandshake, Detail: Handshake{Anchor: Anchor{Kind: kind, SPKI: spki}}}
}

func TestServerTimes(t *testing.T) {
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	const date = "Tue, 24 Nov 2026 11:00:00 GMT"
	for name, row := range map[string]struct {
		hops    []Hop
		sources int
		offset  time.Duration
		agree   bool
	}{
		"two public hosts": {[]Hop{behind(1, AnchorPublic, "a"), dated(2, 1, "a:443", date, "", at), behind(3, AnchorPublic, "a"),
			dated(4, 3, "b:443", date, "", at)}, 2, time.Hour, true},
		"one host twice": {[]Hop{behind(1, AnchorPublic, "a"), dated(2, 1, "a:443", date, "", at), dated(3, 1, "a:443", date, "", at)},
			1, 0, false},
		"two hosts, one forger": {[]Hop{behind(1, AnchorLocal, "x"), dated(2, 1, "a:443", date, "", at), behind(3, AnchorPresented, "x"),
			dated(4, 3, "b:443", date, "", at)}, 1, 0, false},
		"they disagree": {[]Hop{behind(1, AnchorPublic, "a"), dated(2, 1, "a:443", date, "", at), behind(3, AnchorPublic, "a"),
			dated(4, 3, "b:443", "Tue, 24 Nov 2026 12:00:00 GMT", "", at)}, 2, 0, false},
		"a cache adds its age": {[]Hop{behind(1, AnchorPublic, "a"), dated(2, 1, "a:443", "Tue, 24 Nov 2026 10:00:00 GMT", "3600", at),
			behind(3, AnchorPublic, "a"), dated(4, 3, "b:443", date, "", at)}, 2, time.Hour, true},
		"an age that is none": {[]Hop{behind(1, AnchorPublic, "a"), dated(2, 1, "a:443", date, "-5", at), behind(3, AnchorPublic, "a"),
			dated(4, 3, "b:443", date, "x", at)}, 2, time.Hour, true},
		"a date that is none":     {[]Hop{behind(1, AnchorPublic, "a"), dated(2, 1, "a:443", "yesterday", "", at)}, 0, 0, false},
		"an answer without a hop": {[]Hop{dated(2, 1, "a:443", date, "", at), dated(3, 0, "b:443", date, "", at)}, 2, time.Hour, true},
		"read of a text, of no time": {[]Hop{dated(2, 1, "a:443", date, "", time.Time{}), dated(3, 0, "b:443", date, "", time.Time{})}, 0, 0,
			false},
		"a request without answer": {[]Hop{{ID: 1, Op: OpRequest, Detail: Request{}}}, 0, 0, false},
	} {
		times := ServerTimes(row.hops)
		offset, _, ok := AgreedTime(times)
		if len(times) != row.sources || ok != row.agree || ok && (offset-row.offset).Abs() > time.Second {
			t.Errorf("%s: %d sources, offset %s, agreed %v", name, len(times), offset, ok)
		}
	}
}
