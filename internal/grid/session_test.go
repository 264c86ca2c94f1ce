package grid

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pullpath/flows"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// tokenRefused makes the registry refuse its token and end the connection, so that
// the side probes which ask on need another one.
func tokenRefused() fault.HTTP {
	return fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Login: fault.Token, Status: 401,
		Headers: []string{"Connection: close", "Content-Type: application/json",
			`WWW-Authenticate: Bearer realm="https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth",service="docker-registry"`},
		Body: `{"errors":[{"code":"UNAUTHORIZED","message":"invalid token"}]}`}
}

// heldBack is a connection that tells of its end late.
type heldBack struct {
	net.Conn
	by time.Duration
}

func (h heldBack) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	if err != nil {
		<-time.After(h.by)
	}
	return n, err
}

// A look-up that a side probe's new connection begins is over when the run is: its
// second server is silent, and giving it up takes a moment.
func TestNothingIsRecordedBehindTheEnd(t *testing.T) {
	t.Parallel()
	late, ended := make(chan flows.Event, 100), false
	w := walkWith(fault.World{Direct: true, Resolvers: 2, Faults: []fault.Fault{tokenRefused(),
		fault.DNS{Name: "registry.redhat.io", Resolver: 2, Silent: true}}},
		func(n *flows.Net) {
			dial := n.Resolver.Dial
			n.Resolver.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dial(ctx, network, address)
				if err != nil {
					return nil, err
				}
				return heldBack{conn, 100 * time.Millisecond}, nil
			}
			n.Watch = func(e flows.Event) {
				if ended {
					late <- e
				}
				ended = ended || e.Stage == flows.Numbered
			}
		})
	if w.err != nil {
		t.Fatal(w.err)
	}
	<-time.After(200 * time.Millisecond)
	for range len(late) {
		if e := <-late; e.Stage != flows.Numbered {
			t.Errorf("%s: hop %s of %s behind the end of the run", e.Stage, e.Hop.Op, e.Hop.Target)
		}
	}
}

// What asks on over the connection of one host asks in turn: a report is read back
// and names the same probe for each connection, whatever the timing.
func TestProbesShareAConnectionInTurn(t *testing.T) {
	t.Parallel()
	world := worlds()["http-header-too-large"]
	world.Faults = append(slices.Clone(world.Faults), fault.HTTP{Host: fault.Everyone, Headers: []string{"Connection: close"}})
	world.Flags = append(slices.Clone(world.Flags), "--deep")
	var first []string
	for range 3 {
		w := walk(world, func(c *flows.Config) { c.AllClients = true })
		if w.err != nil {
			t.Fatal(w.err)
		}
		if err := w.trace.Check(); err != nil {
			t.Error(err)
		}
		var order []string
		for _, h := range w.trace.Hops {
			if strings.HasPrefix(string(h.Probe), "as-") || h.Probe == evidence.ProbeGrowingHeader {
				order = append(order, string(h.Op)+" "+string(h.Probe))
			}
		}
		if first == nil {
			first = order
		}
		if diff := cmp.Diff(first, order); diff != "" || !slices.Contains(order, "request growing-header") {
			t.Errorf("the probes differ from those before (-before +now):\n%s", diff)
		}
	}
}
