package transcript

import (
	"testing"
	"time"
)

// An answer has the time that dig prints, where the zone says how far that is from UTC.
func TestDigMoment(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 1, 10, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		";; WHEN: Sun Mar 01 10:00:00 UTC 2026":     at,
		";; WHEN: Sun Mar  1 10:00:00 GMT 2026":     at,
		";; Time 2026-03-01 10:00:00 UTC":           at,
		";; WHEN: Sun Mar 01 11:00:00 CET 2026":     {},
		";; WHEN: Sun Mar  1 10:00:00 2026":         {},
		";; WHEN: Thu Jan 01 25:00:00 UTC 1970":     {},
		";; MSG SIZE  rcvd: 56 (Sun Mar 1 of UTC)":  {},
		";; Time to live is not what is meant, UTC": {},
	} {
		trace := reading(t, "; <<>> DiG 9.18 <<>> r.example\n;; ->>HEADER<<- opcode: QUERY, status: SERVFAIL, id: 4\n"+
			";; QUESTION SECTION:\n;r.example.\t\tIN\tA\n\n;; SERVER: 192.0.2.53#53(192.0.2.53) (UDP)\n"+text+"\n")
		if len(trace.Hops) != 1 || !trace.Hops[0].At.Equal(want) {
			t.Errorf("%q: %+v", text, trace.Hops)
		}
	}
}
