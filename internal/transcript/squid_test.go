package transcript

import (
	"fmt"
	"strings"
	"testing"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
)

// TestLongLog: what a day's log keeps does not grow with its length, and good lines tell nothing.
func TestLongLog(t *testing.T) {
	var log strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&log, "17960567%02d.539 %d 10.0.%d.%d TCP_TUNNEL/200 3412 CONNECT h%d.example:443 - HIER_DIRECT/192.0.2.1 -\n", i%100,
			i%50, i/250%250, i%250, i)
	}
	trace := reading(t, log.String())
	same(t, sketch(trace), "")
	r := &reader{builder: newBuilder(nil, evidence.Scribe{Secrets: &redact.Secrets{}})}
	s := newSquid(r)
	for i := range 20_000 {
		s.take(line{no: i, text: fmt.Sprintf("1796056710.539 1 10.%d.%d.%d TCP_DENIED/407 3412 CONNECT h%d.example:443 - HIER_NONE/- -",
			i>>16, i>>8&255, i&255, i)})
	}
	if n := len(s.log.login); n != maxClients {
		t.Errorf("%d clients are kept, want %d", n, maxClients)
	}
}
