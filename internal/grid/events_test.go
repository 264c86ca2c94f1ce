package grid

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"pullpath/flows"
	"pullpath/internal/evidence"
	"pullpath/internal/report"
)

// What is told while a run is under way adds up to its trace: each hop begins once
// or is skipped, ends at most once, has its number at the end, and was told as it is
// in the report.
func TestEventsAddUpToTheTrace(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"proxy-connect-denied", "tcp-timeout", "dns-resolver-down"} {
		var events []flows.Event
		w := walkWith(worlds()[name], func(n *flows.Net) { n.Watch = func(e flows.Event) { events = append(events, e) } })
		if w.err != nil {
			t.Fatal(w.err)
		}
		told, ended := map[int]string{}, map[int]evidence.Hop{}
		numbered := 0
		for _, e := range events {
			switch e.Stage {
			case flows.Begun, flows.Skipped:
				if e.Serial != len(told)+1 || e.Parent >= e.Serial {
					t.Errorf("%s: hop %d is told after %d, with the parent %d", name, e.Serial, len(told), e.Parent)
				}
				told[e.Serial] = e.Stage
			case flows.Ended, flows.GivenUp:
				if told[e.Serial] != flows.Begun && (e.Stage == flows.Ended || told[e.Serial] != flows.Ended) {
					t.Errorf("%s: hop %d is %s after %q", name, e.Serial, e.Stage, told[e.Serial])
				}
				told[e.Serial], ended[e.Serial] = e.Stage, e.Hop
			case flows.Numbered:
				numbered++
				h, ok := w.trace.Hop(e.Hop.ID)
				last := ended[e.Serial]
				if !ok || told[e.Serial] == flows.Ended && (last.Op != h.Op || last.State != h.State || last.Target != h.Target ||
					last.TookMS != h.TookMS) {
					t.Errorf("%s: hop %d was told as %+v and is %+v", name, e.Serial, last, h)
				}
			}
		}
		if numbered != len(w.trace.Hops) || len(told) != numbered {
			t.Errorf("%s: %d hops were told and %d numbered, the trace has %d", name, len(told), numbered, len(w.trace.Hops))
		}
		lines(t, name, events, w)
	}
}

// lines holds the stream to its form: JSON objects, one a line, the verdict last.
func lines(t *testing.T, name string, events []flows.Event, w walked) {
	t.Helper()
	var out bytes.Buffer
	stream := report.NewEvents(&out, "test", "grid")
	for _, e := range events {
		stream.Hop(report.HopEvent{Stage: e.Stage, Serial: e.Serial, Parent: e.Parent, Because: e.Because, Hop: e.Hop})
	}
	if err := stream.Close(w.result); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for line := range bytes.Lines(out.Bytes()) {
		var event struct{ Event string }
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatalf("%s: %v: %s", name, err, line)
		}
		kinds = append(kinds, event.Event)
	}
	if kinds[0] != "run" || kinds[len(kinds)-1] != "verdict" || !slices.Contains(kinds, "finding") {
		t.Errorf("%s: the stream has %v", name, slices.Compact(kinds))
	}
	for _, secret := range w.secrets {
		if bytes.Contains(out.Bytes(), []byte(secret)) {
			t.Errorf("%s: the stream has a secret", name)
		}
	}
}
