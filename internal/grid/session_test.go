package grid

import (
	"context"
	"net"
	"testing"
	"time"

	"pullpath/flows"
	"pullpath/internal/fault"
)

// tokenRefused makes the registry refuse its token and end the connection, so that
// the side probes which ask on need another one.
func tokenRefused() fault.HTTP {
	return fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", WithToken: true, Status: 401,
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
	late, ended := make(chan flows.Event, 100), false
	w := walkWith(fault.World{Direct: true, Resolvers: 2, Faults: []fault.Fault{tokenRefused(), fault.DNS{Name: "registry.redhat.io", Resolver: 2, Silent: true}}},
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
