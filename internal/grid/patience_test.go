package grid

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"pullpath/flows"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// tardy is a connection on which the end of a limit lands a moment after the answer
// that came instead.
type tardy struct {
	net.Conn
	landed *atomic.Int32
	heard  chan struct{}
}

func (c *tardy) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	select {
	case c.heard <- struct{}{}:
	default:
	}
	return n, err
}

func (c *tardy) SetDeadline(t time.Time) error {
	if t.IsZero() || t.After(time.Now()) {
		return c.Conn.SetDeadline(t)
	}
	<-c.heard
	time.Sleep(20 * time.Millisecond) // the rest of the answer
	c.landed.Add(1)
	return c.Conn.SetDeadline(t)
}

// An answer that comes as the hop's limit ends leaves the connection as it was: the
// next request waits its own time before a server is called silent.
func TestALimitCountsForItsOwnRequest(t *testing.T) {
	t.Parallel()
	const limit = 400 * time.Millisecond
	landed := new(atomic.Int32)
	w := walkWith(fault.World{Direct: true, Targets: []string{fault.Image + ":" + fault.ImageTag},
		Flags: []string{"--hop-timeout=" + limit.String()}, Faults: []fault.Fault{
			fault.Counted{Fault: fault.HTTP{Host: "registry.redhat.io", Delay: limit + 100*time.Millisecond}, Times: 1},
			fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Login: fault.Token, Delay: 100 * time.Millisecond}}},
		func(n *flows.Net) {
			dial := n.Dial
			n.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dial(ctx, network, address)
				if err != nil {
					return nil, err
				}
				return &tardy{Conn: conn, landed: landed, heard: make(chan struct{})}, nil
			}
		})
	if w.err != nil {
		t.Fatal(w.err)
	}
	if landed.Load() == 0 {
		t.Error("no limit ended under way")
	}
	for _, h := range w.trace.Hops {
		if h.Op == evidence.OpRequest && h.Failure != nil && h.Failure.Kind == evidence.Timeout && h.TookMS < float64(limit.Milliseconds()) {
			t.Errorf("hop %d, after %.1f ms: %s", h.ID, h.TookMS, h.Failure.Text)
		}
	}
}
