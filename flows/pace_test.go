package flows

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// A transfer is given up when it trickles, and when it is slow and the run's time is up; one
// that is as fast as a pull needs is not.
func TestSlowTransfersAreGivenUp(t *testing.T) {
	t.Parallel()
	const limit = 29 * time.Second // a run of 30 s, without its parting
	for name, row := range map[string]struct {
		rate int // bytes in a second
		want time.Duration
	}{
		"a trickle":               {8 << 10, 11 * time.Second},
		"slow to the end":         {60 << 10, limit + time.Second},
		"ordinary, to the end":    {300 << 10, 0},
		"just above what is slow": {101 << 10, 0},
	} {
		now := time.Unix(0, 0)
		started := now
		p := &pace{r: strings.NewReader(strings.Repeat("x", 60*row.rate)), now: func() time.Time { return now }, patience: 10 * time.Second,
			until: started.Add(limit), watch: func(int64) {}}
		p.began = started
		var err error
		for err == nil && now.Sub(started) < 40*time.Second {
			now = now.Add(time.Second)
			_, err = p.Read(make([]byte, row.rate))
		}
		got := now.Sub(started)
		if !errors.Is(err, errTrickle) {
			got = 0
		}
		if got != row.want {
			t.Errorf("%s: given up after %s (%v), want %s", name, got, err, row.want)
		}
	}
}
