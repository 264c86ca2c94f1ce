package main

import (
	"fmt"
	"os"

	"pullpath/flows"
	"pullpath/internal/diagnosis"
	"pullpath/internal/report"
)

// eventFile is --events: a stream that is written while the run is under way. What
// happens is told in the middle of the walk, which a reader that stalls must not hold
// up: events wait for it in memory, all of them. They are some KiB for each hop, less
// than the trace itself.
type eventFile struct {
	path   string
	file   *os.File
	queue  *queue
	stream *report.Events
}

// openEvents opens the file of --events before anything is sent. On stdout events
// stand alone: a table in between would be no JSON Lines any more.
func openEvents(path string, s streams, seed string, outs *outputs) (*eventFile, error) {
	e := &eventFile{path: path}
	switch path {
	case "":
		return e, nil
	case "-":
		if outs.toStdout() {
			return nil, &hintError{"--events - leaves no room on stdout for -o", "give the output a file: -o FORMAT=FILE"}
		}
		e.begin(s.out, seed)
		return e, nil
	}
	var err error
	if e.file, err = os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("--events: %w", err)
	}
	e.begin(e.file, seed)
	return e, nil
}

func (e *eventFile) begin(out *os.File, seed string) {
	e.queue = newQueue(out, 0)
	e.stream = report.NewEvents(e.queue, version, seed)
}

func (e *eventFile) hop(h flows.Event) {
	if e.stream != nil {
		e.stream.Hop(report.HopEvent{Stage: h.Stage, Serial: h.Serial, Parent: h.Parent, Because: h.Because, Hop: h.Hop})
	}
}

// finish writes the findings, and says what could not be written.
func (e *eventFile) finish(r diagnosis.Result) error {
	if e.stream == nil {
		return nil
	}
	err := e.stream.Close(r)
	if closed := e.close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("--events %s: %w", e.path, err)
	}
	return nil
}

// close sees what was written through to the file.
func (e *eventFile) close() error {
	err := e.queue.finish(queueGrace)
	if e.file != nil {
		if closed := e.file.Close(); err == nil {
			err = closed
		}
	}
	e.queue, e.file = nil, nil
	return err
}

// discard closes the file of a run that was not made.
func (e *eventFile) discard() {
	if e.queue != nil {
		_ = e.close()
	}
}
