package catalogue

import (
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// way is a trail of routers with an end after some milliseconds.
func way(routers int, end string, ms float64) *evidence.Trail {
	t := &evidence.Trail{Sent: 30}
	for i := range routers {
		t.Steps = append(t.Steps, evidence.TrailStep{TTL: i + 1, Answer: evidence.TrailRouter, Sender: "10.0.0." +
			string(rune('1'+i)), TookMS: 1})
	}
	t.Steps = append(t.Steps, evidence.TrailStep{TTL: routers + 1, Answer: end, Sender: "203.0.113.1", TookMS: ms})
	return t
}

func TestLocate(t *testing.T) {
	const open, refused, silence = evidence.TrailOpen, evidence.TrailRefused, evidence.TrailSilence
	for name, row := range map[string]struct {
		kind           evidence.Kind
		trail, control *evidence.Trail
		notLooked      string
		want           []string
		not            []string
		audience       diagnosis.Audience
	}{
		"nearer than the host": {kind: evidence.Refused, trail: way(2, refused, 30), control: way(5, open, 31),
			want: []string{"hop limit 3", "at hop 6", "likely a firewall", "at hop 2 or 3"}},
		"much faster": {kind: evidence.Refused, trail: way(5, refused, 2), control: way(5, open, 80),
			want: []string{"likely a firewall", "much faster"}},
		"faster by noise alone": {kind: evidence.Refused, trail: way(5, refused, 1), control: way(5, open, 40), not: []string{"likely"}},
		"as slow as the host": {kind: evidence.Refused, trail: way(5, refused, 78), control: way(5, refused, 80),
			want: []string{"hop limit 6"}, not: []string{"likely"}},
		"nothing to compare": {kind: evidence.Refused, trail: way(2, refused, 1), control: way(5, silence, 0),
			want: []string{"hop limit 3"}, not: []string{"likely"}},
		"control to the end": {kind: evidence.Timeout, trail: way(2, silence, 0), control: way(5, open, 9),
			want: []string{"10.0.0.2 (hop 2)", "(likely)", "port 80 is answered"}},
		"control further": {kind: evidence.Timeout, trail: way(2, silence, 0), control: way(4, silence, 0),
			want: []string{"(likely)", "port 80 passes hop 4"}},
		"control as far": {kind: evidence.Timeout, trail: way(2, silence, 0), control: way(2, silence, 0),
			want: []string{"(possible"}, not: []string{"likely"}},
		"control nearer": {kind: evidence.Timeout, trail: way(2, silence, 0), control: way(1, silence, 0),
			want: []string{"(possible"}, not: []string{"likely"}},
		"no device at all": {kind: evidence.Timeout, trail: way(0, silence, 0), control: way(0, silence, 0),
			want: []string{"not even the first"}, audience: diagnosis.HostAdmin},
		"not looked": {kind: evidence.Timeout, notLooked: "the devices on the way", want: []string{"not looked at: the devices"}},
	} {
		failed := evidence.Hop{ID: 1, Op: evidence.OpDial, Target: "a:443", Peer: "203.0.113.1:443", Purpose: evidence.Path,
			State:   evidence.Failed,
			Failure: evidence.Fail(row.kind, "text", nil), Detail: evidence.Dial{}}
		trail := evidence.Hop{ID: 2, Op: evidence.OpDial, Target: "a:443", Peer: "203.0.113.1:443", Purpose: evidence.Probing,
			Probe:  evidence.ProbeRisingTTL,
			Detail: evidence.Dial{Trail: row.trail, NotLooked: row.notLooked}}
		control := evidence.Hop{ID: 3, Op: evidence.OpDial, Target: "a:443", Peer: "203.0.113.1:80", Purpose: evidence.Probing,
			Probe:  evidence.ProbeRisingTTLControl,
			Detail: evidence.Dial{Trail: row.control}}
		v := diagnosis.NewView(&evidence.Trace{Hops: []evidence.Hop{failed, trail, control}}, nil)
		got := locate(v, []evidence.Hop{failed})
		text := got.text + " " + got.means
		for _, want := range row.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q lacks %q", name, text, want)
			}
		}
		for _, no := range row.not {
			if strings.Contains(text, no) {
				t.Errorf("%s: %q has %q", name, text, no)
			}
		}
		if got.audience != row.audience {
			t.Errorf("%s: audience %q", name, got.audience)
		}
	}
}
