package flows

import (
	"context"
	"net"
	"net/netip"
	"time"

	"pullpath/internal/evidence"
	"pullpath/tunnel"
)

const (
	millisecond = time.Millisecond
	// fallbackDelay is how long one address may be silent before the next is
	// tried beside it: Go's own (net.Dialer.FallbackDelay, RFC 6555).
	fallbackDelay = 300 * time.Millisecond
	// maxAddresses bounds the addresses tried of one name. Real names have up
	// to eight; four show whether it is the name or an address that fails.
	maxAddresses = 4
)

type dialStep struct {
	lane      *lane
	parent    *node
	role      evidence.Role
	purpose   evidence.Purpose
	probe     string
	addresses []netip.Addr
	port      int
	via       string
}

type attempt struct {
	index   int
	conn    net.Conn
	detail  evidence.Dial
	failure *evidence.Failure
}

// dial tries the addresses in order, the next as soon as one failed or kept
// silent for a moment, all within one hop's limit. The first that answers is
// the path; every other attempt is recorded as a probe. It returns the node of
// the connection, or of the first failure.
func (r *run) dial(ctx context.Context, s dialStep) (net.Conn, *node) {
	if s.purpose == evidence.Path {
		r.report(s.lane.target.ID, evidence.OpDial)
	}
	ctx, cancel := r.hop(ctx)
	defer cancel()
	addresses := s.addresses[:min(len(s.addresses), maxAddresses)]
	nodes := make([]*node, 0, len(addresses))
	results := make(chan attempt, len(addresses))
	start := func() {
		i := len(nodes)
		address := netip.AddrPortFrom(addresses[i], uint16(s.port)).String()
		nodes = append(nodes, r.rec.begin(s.lane, step{op: evidence.OpDial, role: s.role, purpose: s.purpose,
			probe: s.probe, via: s.via, peer: address, parent: s.parent}))
		go func() {
			conn, detail, failure := tunnel.Dial(ctx, r.net.Dial, address, r.cfg.Scribe)
			results <- attempt{i, conn, detail, failure}
		}()
	}
	start()
	var winner net.Conn
	var won *node
	for finished := 0; finished < len(nodes); {
		var next <-chan time.Time
		if winner == nil && len(nodes) < len(addresses) {
			timer := time.NewTimer(fallbackDelay)
			defer timer.Stop()
			next = timer.C
		}
		select {
		case a := <-results:
			finished++
			if a.conn != nil && winner == nil {
				winner, won = a.conn, nodes[a.index]
				cancel()
			} else if a.conn != nil {
				_ = a.conn.Close()
			}
			r.closeAttempt(nodes[a.index], a, won)
			if winner == nil && len(nodes) < len(addresses) {
				start()
			}
		case <-next:
			start()
		}
	}
	return winner, r.standing(nodes, won)
}

// closeAttempt closes the hop of one attempt. One that was given up because
// another address answered is skipped, not failed.
func (r *run) closeAttempt(n *node, a attempt, won *node) {
	if a.conn != nil {
		n.hop.Local = a.conn.LocalAddr().String()
	}
	if a.failure != nil && won != nil && a.failure.Kind == evidence.Timeout {
		n.because = won
		n.hop.Detail = a.detail
		return
	}
	n.end(a.detail, r.settle(a.failure))
}

// standing picks the hop that the walk stands on and makes the others probes.
func (r *run) standing(nodes []*node, won *node) *node {
	if won == nil {
		won = nodes[0]
	}
	for _, n := range nodes {
		if n != won && n.hop.Purpose == evidence.Path {
			n.hop.Purpose, n.hop.Probe = evidence.Probe, "further-address"
		}
	}
	return won
}
