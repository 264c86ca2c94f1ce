package flows

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pullpath/internal/evidence"
	"pullpath/internal/queue"
)

func TestLoginOutcome(t *testing.T) {
	for name, row := range map[string]struct {
		auth   string
		code   int
		failed bool
		want   queue.Outcome
	}{
		"a token":                     {"Basic", 200, false, queue.Accepted},
		"a form the server knows not": {"form", 405, false, queue.Accepted},
		"another answer than a token": {"Basic", 200, true, queue.Rejected},
		"refused":                     {"Basic", 401, false, queue.Rejected},
		"forbidden":                   {"form", 403, false, queue.Rejected},
		"at a proxy":                  {"Basic", 407, false, queue.Rejected},
		"lost":                        {"Basic", 0, true, queue.Rejected},
		"refused, but not sent":       {"", 401, true, queue.Unsent},
		"no connection":               {"", 0, true, queue.Unsent},
	} {
		out := reply{failed: row.failed, carried: row.auth != "", detail: evidence.Request{AuthSent: row.auth, Code: row.code}}
		if got := out.loginOutcome(); got != row.want {
			t.Errorf("%s: %d, want %d", name, got, row.want)
		}
	}
}

// registryWith is the conversation with a registry at a place of the plan.
func registryWith(r *run, order int) *conversation {
	host := fmt.Sprintf("r%d.example:443", order)
	w := &walk{run: r, log: &targetLog{target: evidence.Target{ID: host}, order: []int{order}}}
	return r.conversation(w)
}

// A login goes to one token server by one registry at a time, in the plan's order. A
// registry that has not learnt where its login goes keeps the later ones waiting for as
// long as one hop may take.
func TestLoginsTakeTurns(t *testing.T) {
	const never = time.Hour
	for name, row := range map[string]struct {
		// learns is when a registry learns where its login goes, by the plan's order; it
		// then sends it and has the outcome a second later.
		learns  []time.Duration
		outcome queue.Outcome
		want    []string
	}{
		"in the plan's order": {[]time.Duration{2 * time.Second, time.Second, 0}, queue.Unsent,
			[]string{"0 at 2s", "1 at 3s", "2 at 4s"}},
		"accepted lets the others through": {[]time.Duration{0, time.Second, 0}, queue.Accepted, []string{"0 at 0s", "1 at 1s", "2 at 1s"}},
		"rejected is not sent again":       {[]time.Duration{0, 0, time.Second}, queue.Rejected, []string{"0 at 0s"}},
		"who never learns is waited for as long as a hop": {[]time.Duration{never, 0, time.Second}, queue.Unsent,
			[]string{"1 at 5s", "2 at 6s"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := testRun(t.Context(), nil)
				r.cfg.User, r.cfg.Password = "joe", "secret"
				began := time.Now()
				auth := &walk{run: r, log: &targetLog{target: evidence.Target{ID: "auth.example:443"}}}
				var mu sync.Mutex
				var got []string
				var wg sync.WaitGroup
				var all []*conversation
				for order := range row.learns {
					all = append(all, registryWith(r, order))
				}
				for order, c := range all {
					wg.Go(func() {
						defer c.leaveQueues()
						time.Sleep(min(row.learns[order], time.Minute))
						if row.learns[order] == never {
							return
						}
						c.claim(auth)
						because, err := c.acquire()
						if because != nil || err != nil {
							c.place.Leave()
							return
						}
						mu.Lock()
						got = append(got, fmt.Sprintf("%d at %s", order, time.Since(began)))
						mu.Unlock()
						time.Sleep(time.Second)
						c.place.Release(row.outcome, &openHop{})
					})
				}
				wg.Wait()
				slices.Sort(got)
				if diff := cmp.Diff(row.want, got); diff != "" {
					t.Errorf("the login was sent by (-want +got):\n%s", diff)
				}
			})
		})
	}
}
