package main

import (
	"fmt"
	"io"
	"strings"

	"pullpath/mockproxy"
)

// logEvent writes one line per event in the manner of an access log: when, from
// whom, what kind, which host, what was asked, and the fault that struck.
func logEvent(out io.Writer, e mockproxy.Event, verbose bool) {
	peer := e.Peer
	if peer == "" {
		peer = "-"
	}
	line := []string{e.At.UTC().Format("2006-01-02T15:04:05.000Z"), peer, e.Kind, e.Host}
	if e.What != "" {
		line = append(line, fmt.Sprintf("%q", e.What))
	}
	if e.Auth != "" {
		line = append(line, "auth="+e.Auth)
	}
	if e.Fault != "" {
		line = append(line, "fault="+e.Fault)
	}
	_, _ = fmt.Fprintln(out, strings.Join(line, " "))
	if !verbose {
		return
	}
	for _, h := range e.Headers {
		_, _ = fmt.Fprintf(out, "    %q\n", h)
	}
}
