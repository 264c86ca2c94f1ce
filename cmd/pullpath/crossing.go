package main

import (
	"context"
	"fmt"

	"pullpath/internal/capture"
	"pullpath/internal/crossing"
	"pullpath/internal/hint"
	"pullpath/internal/redact"
	"pullpath/internal/report"
)

// captures reports whether the arguments of compare are two captures. One beside a report is an
// error: there is nothing to lay side by side.
func captures(s streams, args []string) (bool, error) {
	n := 0
	for _, path := range args {
		if path == "-" {
			continue
		}
		in, done, err := open(s.in, path)
		if err != nil {
			continue // a directory, or a pattern; who reads reports says what is wrong
		}
		if head, _ := in.Peek(sniffed); capture.Is(head) {
			n++
		}
		done()
	}
	switch {
	case n == 0:
		return false, nil
	case n == 2 && len(args) == 2:
		return true, nil
	}
	return false, hint.New(fmt.Sprintf("%d of %d files are captures", n, len(args)),
		"compare two captures of one failure, the client's first: pullpath compare client.pcap outside.pcap")
}

// compareCaptures lays two captures side by side.
func compareCaptures(ctx context.Context, s streams, o *compareOptions, args []string) error {
	if err := oneOf("-o", o.format, report.CrossingFormats()); err != nil {
		return hint.New(fmt.Sprintf("captures are not compared as %q", o.format), hint.Of(err))
	}
	if o.labels != "" || o.baseline != "" {
		return hint.New("--labels and --baseline are for reports", "leave them out")
	}
	var places []*crossing.Place
	for _, path := range args {
		in, done, err := open(s.in, path)
		if err != nil {
			return err
		}
		place, err := crossing.Read(ctx, redact.Argument(path), in)
		done()
		if err != nil {
			return fmt.Errorf("read %s: %w", redact.Argument(path), err)
		}
		places = append(places, place)
	}
	result := crossing.Compare(places[0], places[1])
	if err := report.Crossing(s.out, o.format, result, terminalWidth(s.out)); err != nil {
		return err
	}
	if result.Broken() {
		return &statusError{status: exitFindings}
	}
	return nil
}
