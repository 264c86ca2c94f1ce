package flows

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"pullpath/internal/evidence"
)

// Silence is waited for as long as a reset could take, and no longer than the run.
func TestSilenceIsWaitedForWithinTheRun(t *testing.T) {
	for _, row := range []struct {
		name string
		// ends is when the run does, speaks when the peer does; 0 for never.
		ends, speaks time.Duration
		took         time.Duration
		kind         evidence.Kind
	}{
		{"the peer is silent", 0, 0, silencePatience, ""},
		{"the peer speaks", 0, 100 * time.Millisecond, 100 * time.Millisecond, ""},
		{"the run ends", 100 * time.Millisecond, 0, 100 * time.Millisecond, evidence.Timeout},
		{"the run ends later", time.Second, 0, silencePatience, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer func() { _ = near.Close(); _ = far.Close() }()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if row.ends > 0 {
					defer time.AfterFunc(row.ends, cancel).Stop()
				}
				if row.speaks > 0 {
					time.AfterFunc(row.speaks, func() { _, _ = far.Write([]byte("x")) })
				}
				began := time.Now()
				failure := waitForReset(ctx, near, evidence.Scribe{})
				if (failure == nil) != (row.kind == "") || failure != nil && failure.Kind != row.kind {
					t.Errorf("%v, want %q", failure, row.kind)
				}
				if took := time.Since(began); took != row.took {
					t.Errorf("it took %s, want %s", took, row.took)
				}
			})
		})
	}
}
