package flows

import (
	"context"
	"net/netip"
	"strconv"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/route"
	"pullpath/resolve"
)

// lookup is the outcome of asking a name: the hop that the walk stands on, and
// the addresses.
type lookup struct {
	node      *node
	addresses []netip.Addr
	ready     chan struct{}
}

func (l *lookup) failed() bool { return len(l.addresses) == 0 }

type lookupStep struct {
	lane    *lane
	parent  *node
	role    evidence.Role
	purpose evidence.Purpose
	probe   string
	host    string
	port    int
	// first is the hop to use for the first answer where it was begun before.
	first *node
}

// lookup asks a name and records one hop per source. Servers that were asked
// besides the one that counts are probes.
func (r *run) lookup(ctx context.Context, s lookupStep) *lookup {
	if s.lane != nil && s.purpose == evidence.Path {
		r.report(s.lane.target.ID, evidence.OpResolve)
	}
	ctx, cancel := r.hop(ctx)
	defer cancel()
	first := s.first
	if first == nil {
		first = r.begin(s)
	}
	if addr, ok := r.pinned(s.host, s.port); ok {
		first.end(evidence.Resolve{Name: s.host, Server: "--resolve", Addresses: []string{addr.String()}}, nil)
		return &lookup{node: first, addresses: []netip.Addr{addr}}
	}
	out := &lookup{node: first}
	for i, a := range r.net.Resolver.Lookup(ctx, s.host) {
		n := first
		if i > 0 {
			n = r.beginBeside(first, s)
		}
		n.answer(a, s.purpose)
		n.hop.Failure = r.settle(n.hop.Failure)
		if a.Chosen {
			out.node, out.addresses = n, a.Addresses()
		}
	}
	return out
}

func (r *run) begin(s lookupStep) *node {
	return r.rec.begin(s.lane, step{op: evidence.OpResolve, role: s.role, purpose: s.purpose, probe: s.probe, parent: s.parent})
}

func (r *run) beginBeside(first *node, s lookupStep) *node {
	return r.rec.begin(s.lane, step{op: evidence.OpResolve, role: s.role, purpose: s.purpose, probe: s.probe, parent: s.parent, beside: first})
}

// answer closes the hop with what one source said.
func (n *node) answer(a resolve.Answer, purpose evidence.Purpose) {
	n.end(a.Detail, a.Failure)
	n.hop.At, n.hop.BeganMS = a.Began.UTC().Truncate(millisecond), ms(a.Began.Sub(n.rec.started))
	n.hop.TookMS, n.hop.Peer, n.hop.Local = ms(a.Took), a.Peer, a.Local
	if !a.Chosen && purpose == evidence.Path {
		n.hop.Purpose, n.hop.Probe = evidence.Probe, "further-resolver"
	}
}

// lookupProxy asks the proxy's name once for all targets that use it.
func (r *run) lookupProxy(ctx context.Context, d route.Decision) *lookup {
	key := strings.ToLower(d.Address())
	r.mu.Lock()
	l, ok := r.names[key]
	if !ok {
		l = &lookup{ready: make(chan struct{})}
		r.names[key] = l
	}
	r.mu.Unlock()
	if ok {
		<-l.ready
		return l
	}
	defer close(l.ready)
	found := r.lookup(ctx, lookupStep{role: evidence.Proxy, purpose: evidence.Path, host: d.Host, port: atoi(d.Port)})
	found.node.hop.Via = d.ProxyText
	l.node, l.addresses = found.node, found.addresses
	return l
}

// atoi reads a port that was checked before; 0 for none.
func atoi(port string) int {
	n, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	return n
}

func equalHost(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, "."), strings.TrimSuffix(b, "."))
}
