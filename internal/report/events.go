package report

import (
	"bytes"
	"encoding/json"
	"io"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// EventSchema is the name and version of the form of the events.
const EventSchema = "pullpath.events/v1"

// HopEvent is one change of one hop while a run is under way. Serial counts hops as they
// begin; Parent and Because are serials. Findings point at a hop by its ID. It is given when
// the run is over, in an event of the stage "numbered", and is 0 before.
type HopEvent struct {
	Event   string       `json:"event"`
	Stage   string       `json:"stage"`
	Serial  int          `json:"serial"`
	Parent  int          `json:"parent_serial,omitempty"`
	Because int          `json:"because_serial,omitempty"`
	ID      int          `json:"id,omitempty"`
	Hop     evidence.Hop `json:"hop,omitzero"`
}

// Events writes what happens as JSON Lines, each line at once. It keeps the first
// error and writes nothing after it.
type Events struct {
	w   io.Writer
	err error
}

// NewEvents begins a stream: its first line names the schema, tool and run.
func NewEvents(w io.Writer, version, seed string) *Events {
	e := &Events{w: w}
	e.write(struct {
		Event  string        `json:"event"`
		Schema string        `json:"schema"`
		Tool   evidence.Tool `json:"tool"`
		Seed   string        `json:"seed"`
	}{"run", EventSchema, evidence.Tool{Version: version}, seed})
	return e
}

// Hop writes a change of a hop. The event of the stage "numbered" has only the numbers.
func (e *Events) Hop(h HopEvent) {
	h.Event = "hop"
	if h.Hop.ID != 0 {
		h.ID, h.Parent, h.Because, h.Hop = h.Hop.ID, 0, 0, evidence.Hop{}
	}
	if h.Stage == stageBegun {
		h.Hop.State = stageBegun // not skipped: nobody knows yet
	}
	e.write(h)
}

// stageBegun is the stage of a hop that has no state yet.
const stageBegun = "begun"

// Close writes the findings and the verdict, and returns the first error.
func (e *Events) Close(r diagnosis.Result) error {
	for _, f := range r.Findings {
		f.Targets, f.Hops = present(f.Targets), present(f.Hops)
		e.write(struct {
			Event   string            `json:"event"`
			Finding diagnosis.Finding `json:"finding"`
		}{"finding", f})
	}
	v := r.Verdict
	v.RootCauses = present(v.RootCauses)
	e.write(struct {
		Event   string            `json:"event"`
		Verdict diagnosis.Verdict `json:"verdict"`
	}{"verdict", v})
	return e.err
}

func (e *Events) write(event any) {
	if e.err != nil {
		return
	}
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	if e.err = encoder.Encode(event); e.err == nil {
		_, e.err = io.WriteString(e.w, escapeJSON(buf.String()))
	}
}
