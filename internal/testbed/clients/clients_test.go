//go:build linux

package clients

import (
	"errors"
	"testing"

	"pullpath/internal/route"
	"pullpath/internal/testbed"
)

// TestClients runs every client of the roster on the sample. Its subtests are
// named after the client, the rules that it is held to with their version, and
// the vector.
func TestClients(t *testing.T) {
	testbed.Require(t, "namespaces")
	vectors := sample(t)
	for _, c := range roster(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			testbed.Require(t, c.needs...)
			found, err := c.find()
			if errors.Is(err, errAbsent) && len(c.needs) == 0 {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			h := newHouse(t, vectors)
			t.Run(found.dialect.Name, func(t *testing.T) {
				for _, v := range append(vectors, c.more...) {
					t.Run(v.ID, func(t *testing.T) { h.ask(t, c, found, v) })
				}
			})
		})
	}
}

// ask compares what one client does with what its dialect says.
func (h house) ask(t *testing.T, c client, found installed, v vector) {
	if why := c.excludes(v, found); why != "" {
		t.Skip(why)
	}
	target := v.target(t)
	want := found.dialect.Decide(v.variables(), target)
	if want.Kind == route.Unsure {
		t.Skip(want.Why)
	}
	port := ""
	if want.Outcome() == string(route.Proxy) {
		port = want.Port
	}
	got := h.watch(t, v, c.env, append([]string{found.path}, c.args(v.URL)...))
	if got.outcome != want.Outcome() || got.port != port {
		t.Errorf("%s %s, %s: %s with %q: the client %q, package route %q (%s %s); it said: %s", c.name, found.version, v.ID, v.URL,
			v.environ(), got.outcome+" "+got.port, want.Outcome()+" "+port, want.Reason, want.Why, got.said)
	}
}
