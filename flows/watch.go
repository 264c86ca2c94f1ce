package flows

import "pullpath/internal/evidence"

// Stages of a hop, as they are reported while the run is under way.
const (
	// Begun: something is sent; Ended: how it went is known.
	Begun = "begun"
	Ended = "ended"
	// Skipped: it is not done, because of another hop. GivenUp: it was under way when
	// nothing waited for it any more; nothing was seen.
	Skipped = "skipped"
	GivenUp = "given-up"
	// Numbered: the trace is closed, and the hop has its ID.
	Numbered = "numbered"
)

// Event is one change of one hop. Serial counts hops from 1 as they begin; Parent
// and Because are serials too, 0 for none. Only at the stage Numbered has the hop
// the ID that findings point at, and Purpose and Probe their last values.
type Event struct {
	Stage                   string
	Serial, Parent, Because int
	Hop                     evidence.Hop
}

// notify passes an event on; the caller holds the recorder's lock, so that events come
// in the order in which things happened.
func (r *recorder) notify(stage string, n *openHop) {
	if r.watch == nil {
		return
	}
	e := Event{Stage: stage, Serial: n.serial, Hop: n.Hop}
	if n.parent != nil {
		e.Parent = n.parent.serial
	}
	if n.because != nil {
		e.Because = n.because.serial
	}
	r.watch(e)
}
