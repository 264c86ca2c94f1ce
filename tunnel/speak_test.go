package tunnel

import (
	"context"
	"io"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"pullpath/internal/evidence"
)

func TestWalkSpokenTellsWhatBecameOfIt(t *testing.T) {
	const routers = 3
	beyond := func(hop int, what error) func(int) error {
		return func(limit int) error {
			if limit <= min(hop, routers) {
				return &net.OpError{Op: "read", Err: syscall.EHOSTUNREACH}
			}
			return what
		}
	}
	const r = evidence.TrailRouter
	for name, row := range map[string]struct {
		fate func(int) error
		want []string
	}{
		"answered":             {beyond(routers, nil), []string{r, r, r, evidence.TrailOpen}},
		"reset behind one":     {beyond(1, syscall.ECONNRESET), []string{r, evidence.TrailReset}},
		"closed behind two":    {beyond(2, io.EOF), []string{r, r, evidence.TrailClosed}},
		"silent behind two":    {beyond(2, context.DeadlineExceeded), []string{r, r, evidence.TrailSilence}},
		"reset at once":        {beyond(0, syscall.ECONNRESET), []string{evidence.TrailReset}},
		"silent at once":       {beyond(0, context.DeadlineExceeded), []string{evidence.TrailSilence}},
		"no connection at all": {beyond(0, syscall.EPERM), []string{evidence.TrailUnsent}},
	} {
		said := []byte("a ClientHello")
		speak := func(_ context.Context, _, _ string, limit int, first []byte) error {
			if string(first) != string(said) {
				t.Errorf("said %q", first)
			}
			return row.fate(limit)
		}
		trail := WalkSpoken(context.Background(), speak, netip.MustParseAddrPort("192.0.2.1:443"), 8, said, time.Now)
		var got []string
		for _, step := range trail.Steps {
			got = append(got, step.Answer)
		}
		if !slices.Equal(got, row.want) || trail.Sent != 8 {
			t.Errorf("%s: %q of %d, want %q", name, got, trail.Sent, row.want)
		}
	}
}
