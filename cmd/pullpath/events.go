package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"pullpath/flows"
	"pullpath/internal/diagnosis"
	"pullpath/internal/hint"
	"pullpath/internal/report"
)

// eventFile is --events: a stream that is written while the run is under way. Events
// arrive in the middle of the walk, which a reader that stalls must not delay: all of
// them wait for it in memory. They are some KiB for each hop, less
// than the trace itself.
type eventFile struct {
	path string
	// file is what was opened for it; made tells that it was not there before, out where
	// events go.
	file   *os.File
	made   bool
	out    *os.File
	queue  *queue
	stream *report.Events
}

// openEvents opens the file of --events before anything is sent; what an earlier run
// wrote stays in it until this one begins. On stdout events stand alone: a table in
// between would be no JSON Lines any more.
func openEvents(path string, s streams, outs *outputs) (*eventFile, error) {
	e := &eventFile{path: path}
	switch {
	case path == "":
		return e, nil
	case path == "-" && outs.onStdout() > 0:
		return nil, hint.New("--events - leaves no room on stdout for -o", "give the output a file: -o FORMAT=FILE")
	case path == "-", sameFile(path, s.out):
		e.out = s.out
		return e, nil
	}
	_, missing := os.Stat(path)
	var err error
	if e.file, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY, reportMode); err != nil {
		return nil, fmt.Errorf("--events: %w", err)
	}
	e.made, e.out = errors.Is(missing, fs.ErrNotExist), e.file
	return e, nil
}

// begin starts the stream, in the place of what an earlier run left in the file.
func (e *eventFile) begin(seed string) error {
	if e.out == nil {
		return nil
	}
	if e.file != nil {
		info, err := e.file.Stat()
		if err == nil && info.Mode().IsRegular() {
			err = e.file.Truncate(0)
		}
		if err != nil {
			return fmt.Errorf("--events: %w", err)
		}
	}
	e.queue = newQueue(e.out, 0)
	e.stream = report.NewEvents(e.queue, version, seed)
	return nil
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

// discard closes the file of a run that was not made, and removes one that was made for
// it.
func (e *eventFile) discard() {
	switch {
	case e.queue != nil:
		_ = e.close()
	case e.file != nil:
		_ = e.file.Close()
		if e.made {
			_ = os.Remove(e.path)
		}
	}
}
