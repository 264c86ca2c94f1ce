package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"pullpath/internal/redact"
	"pullpath/mockproxy"
)

// accessLog takes events of a network without delaying it: they arrive in the middle of
// each exchange.
type accessLog struct {
	queue *queue
	// file is what was opened for it, nil for standard error.
	file    *os.File
	verbose bool
}

// maxLog is how much of an access log waits for its reader, in bytes: some ten thousand
// lines. A mock may run for days.
const maxLog = 1 << 20

func newAccessLog(out, file *os.File, verbose bool) *accessLog {
	return &accessLog{queue: newQueue(out, maxLog), file: file, verbose: verbose}
}

// add writes an event; it has the form of mockproxy.Log.
func (l *accessLog) add(e mockproxy.Event) { _, _ = l.queue.Write([]byte(logEvent(e, l.verbose))) }

// close writes what waits. What standard error did not take is not worth an error, which
// it would not take either.
func (l *accessLog) close() error {
	err := l.queue.finish(queueGrace)
	if l.file == nil {
		return nil
	}
	if err = errors.Join(err, l.file.Close()); err != nil {
		return fmt.Errorf("--log: %w", err)
	}
	return nil
}

// logEvent returns one line for an event in the manner of an access log: when, from
// whom, what kind, which host, what was asked; how it was answered; the login that came
// with it, and the fault that took effect.
func logEvent(e mockproxy.Event, verbose bool) string {
	peer := e.Peer
	if peer == "" {
		peer = "-"
	}
	line := []string{e.At.UTC().Format("2006-01-02T15:04:05.000Z"), peer, e.Kind, e.Host}
	if e.What != "" {
		line = append(line, fmt.Sprintf("%q", e.What))
	}
	if e.Status != "" {
		line = append(line, "status="+e.Status, fmt.Sprintf("bytes=%d", e.Bytes), fmt.Sprintf("ms=%d", e.Took.Milliseconds()))
	}
	if e.Auth != "" {
		line = append(line, "auth="+e.Auth)
	}
	if e.Fault != "" {
		line = append(line, "fault="+e.Fault)
	}
	out := redact.Visible(strings.Join(line, " ")) + "\n"
	if verbose {
		for _, h := range e.Headers {
			out += fmt.Sprintf("    %q\n", h)
		}
	}
	return out
}
