package flows

import (
	"context"
	"testing"

	"pullpath/internal/evidence"
)

func TestHowALoginFared(t *testing.T) {
	for name, row := range map[string]struct {
		auth   string
		code   int
		failed bool
		want   outcome
	}{
		"a token":                     {"Basic", 200, false, accepted},
		"a form the server knows not": {"form", 405, false, accepted},
		"another answer than a token": {"Basic", 200, true, rejected},
		"refused":                     {"Basic", 401, false, rejected},
		"forbidden":                   {"form", 403, false, rejected},
		"at a proxy":                  {"Basic", 407, false, rejected},
		"lost":                        {"Basic", 0, true, rejected},
		"refused, but not sent":       {"", 401, true, unsent},
		"no connection":               {"", 0, true, unsent},
	} {
		out := reply{failed: row.failed, detail: evidence.Request{AuthSent: row.auth, Code: row.code}}
		if got := out.fared(); got != row.want {
			t.Errorf("%s: %d, want %d", name, got, row.want)
		}
	}
}

// passes tells whether a ticket may go now, and the hop that keeps it back.
func passes(t *ticket) (bool, *node) {
	ended, end := context.WithCancel(context.Background())
	end()
	because, err := t.wait(ended)
	return because == nil && err == nil, because
}

// One pair at a time, in the plan's order, until it is known to be right or wrong.
func TestGateLetsOneThrough(t *testing.T) {
	g := newGate(false)
	third, first := g.enter([]int{2}), g.enter([]int{0})
	if ok, _ := passes(third); ok {
		t.Error("the third goes before the first")
	}
	if ok, _ := passes(first); !ok {
		t.Error("the first waits")
	}
	second, before := g.enter([]int{1}), g.enter([]int{-1})
	if ok, _ := passes(before); ok {
		t.Error("two go at once")
	}
	first.leave()
	for _, next := range []*ticket{before, second, third} {
		if ok, _ := passes(next); !ok {
			t.Error("nobody goes after one that sent nothing")
		}
		next.leave()
	}
	first.again()
	if ok, _ := passes(first); !ok {
		t.Error("a place taken anew is not let through")
	}
	first.done(accepted, nil)
	second.again()
	third.again()
	second.done(rejected, &node{})
	if ok, _ := passes(third); !ok || g.known() != accepted {
		t.Error("a refusal takes the acceptance back")
	}
}

// A pair that was not accepted goes no more, unless --retry-rejected lets it.
func TestGateKeepsARejectedPair(t *testing.T) {
	for _, retry := range []bool{false, true} {
		g, hop := newGate(retry), &node{}
		first, second := g.enter([]int{0}), g.enter([]int{1})
		first.done(rejected, hop)
		ok, because := passes(second)
		if ok != retry || !retry && because != hop {
			t.Errorf("retry %t: passes %t because of %p, want %p", retry, ok, because, hop)
		}
	}
}
