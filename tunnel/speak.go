package tunnel

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"pullpath/internal/evidence"
)

// SpeakFunc opens a connection and says first on it, no further than the device
// with the number limit on the way. It returns nil for an answer of any kind.
// EHOSTUNREACH means that a device on the way took the last hop.
type SpeakFunc func(ctx context.Context, network, address string, limit int, first []byte) error

// SpokenLength is how many devices are looked for with data on an open connection:
// filters are near the site, and three such trails and one of SYNs stay within a
// run's cap of 64 (docs/rules.md, rule 7).
const SpokenLength = 16

// speakPatience is how long an answer may take: three round trips around the
// earth, and the kernel's first repetitions of what was lost (RFC 6298).
const speakPatience = 1500 * time.Millisecond

// WalkSpoken opens connections to an address and port, all at once, and says
// first on each with a rising hop limit up to length (OONI's tlsmiddlebox). It
// returns the outcome at each limit; it does not say which device took the last hop.
func WalkSpoken(ctx context.Context, speak SpeakFunc, to netip.AddrPort, length int, first []byte, now func() time.Time) evidence.Trail {
	ctx, cancel := context.WithTimeout(ctx, speakPatience)
	defer cancel()
	steps := make([]evidence.TrailStep, length)
	var wg sync.WaitGroup
	for i := range steps {
		wg.Go(func() {
			began := now()
			err := speak(ctx, "tcp", to.String(), i+1, first)
			steps[i] = evidence.TrailStep{TTL: i + 1, Answer: spoken(err)}
			if steps[i].Answer != evidence.TrailSilence {
				steps[i].TookMS = float64(now().Sub(began).Microseconds()) / 1000
			}
		})
	}
	wg.Wait()
	return evidence.Trail{Steps: upToTheEnd(steps), Sent: length}
}

// spoken classifies how one connection ended.
func spoken(err error) string {
	kind, _ := ClassifyStream(err)
	switch {
	case err == nil:
		return evidence.TrailOpen
	case errors.Is(err, syscall.EHOSTUNREACH):
		return evidence.TrailRouter
	case kind == evidence.Reset:
		return evidence.TrailReset
	case kind == evidence.Closed:
		return evidence.TrailClosed
	case kind == evidence.Timeout:
		return evidence.TrailSilence
	}
	return evidence.TrailUnsent
}
