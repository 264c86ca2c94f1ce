package flows

import (
	"slices"
	"sync"
	"time"

	"pullpath/internal/evidence"
)

// recorder gathers hops while hosts run side by side, and numbers them at the
// end in plan order, so that no report depends on timing.
type recorder struct {
	mu      sync.Mutex
	now     func() time.Time
	started time.Time
	// scribe takes the run's secrets out of every hop, at its end and once more when
	// all are known.
	scribe evidence.Scribe
	shared []*node
	// watch is told of every change, nil for nobody; serial counts what was begun.
	watch  func(Event)
	serial int
	lanes  []*lane
	// keeper bounds what all hops together keep of their peers' words.
	keeper *evidence.Keeper
}

// lane is the hops of one target, in the order in which they were begun. One
// goroutine at a time begins hops in a lane. The target stays as it was when the
// lane began: its walk reads it while another conversation finds out that its pull
// needs the host too.
type lane struct {
	target evidence.Target
	// needed tells that a pull turned out to need the target.
	needed bool
	hops   []*node
	// order places the lane: plan index, then, for a target that was found on
	// the way, the finder's order followed by a serial number. The finder is the one
	// that came first until all have come; earliest is then the first in the plan.
	order, earliest []int
}

// node is a hop in the making.
type node struct {
	hop             evidence.Hop
	parent, because *node
	// beside are hops begun by this one's goroutine, numbered after it.
	beside []*node
	// by is the place in the plan of the registry whose conversation asked for it, nil
	// for what belongs to the target's own walk.
	by    []int
	began time.Time
	// unseen counts what was left out before there was a detail.
	unseen map[string]int
	rec    *recorder
	serial int
}

func newRecorder(now func() time.Time, watch func(Event), scribe evidence.Scribe) *recorder {
	return &recorder{now: now, started: now(), watch: watch, scribe: scribe, keeper: evidence.NewKeeper()}
}

// step is what is known of a hop when it begins.
type step struct {
	op      evidence.Op
	role    evidence.Role
	purpose evidence.Purpose
	probe   string
	via     string
	peer    string
	parent  *node
	// beside, where set, takes the hop instead of the lane: for what runs side
	// by side with the lane's own steps.
	beside *node
}

// begin starts a hop in a lane; a nil lane is shared by several targets.
func (r *recorder) begin(l *lane, s step) *node { return r.enter(l, s, Begun, nil) }

// enter puts a hop into its lane, begun or skipped because of another.
func (r *recorder) enter(l *lane, s step, stage string, because *node) *node {
	now := r.now()
	n := &node{rec: r, began: now, parent: s.parent, because: because, hop: evidence.Hop{
		Op: s.op, Role: s.role, Purpose: s.purpose, Probe: s.probe, Via: s.via, Peer: s.peer,
		At: now.UTC().Truncate(time.Millisecond), BeganMS: ms(now.Sub(r.started)), State: evidence.Skipped,
	}}
	r.mu.Lock()
	defer r.mu.Unlock()
	if l != nil {
		n.hop.Target = l.target.ID
	}
	switch {
	case s.beside != nil:
		s.beside.beside = append(s.beside.beside, n)
	case l == nil:
		r.shared = append(r.shared, n)
	default:
		l.hops = append(l.hops, n)
	}
	r.serial++
	n.serial = r.serial
	r.tell(stage, n)
	return n
}

// end closes a hop: failed with a failure, ok without.
func (n *node) end(detail evidence.Detail, failure *evidence.Failure) {
	n.endAfter(n.rec.now().Sub(n.began), detail, failure)
}

// endAfter is end for a hop whose time was taken elsewhere.
func (n *node) endAfter(took time.Duration, detail evidence.Detail, failure *evidence.Failure) {
	detail, failure = evidence.Seal(n.rec.scribe, detail), n.rec.scribe.SealFailure(failure)
	n.rec.mu.Lock()
	defer n.rec.mu.Unlock()
	n.hop.TookMS = ms(took)
	n.hop.Detail, n.hop.LeftOut = n.rec.keeper.Keep(detail)
	for field, count := range n.unseen {
		if n.hop.LeftOut == nil {
			n.hop.LeftOut = map[string]int{}
		}
		n.hop.LeftOut[field] += count
	}
	n.hop.Failure, n.hop.State = failure, evidence.OK
	if failure != nil {
		n.hop.State = evidence.Failed
	}
	n.rec.tell(Ended, n)
}

// begun counts the hops of a lane so far.
func (r *recorder) begun(l *lane) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(l.hops)
}

// need marks the target of a lane as one that a pull cannot do without.
func (r *recorder) need(l *lane) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.needed = true
}

// found tells of one more finder of a target.
func (r *recorder) found(l *lane, order []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if planned := len(l.order) == 1; !planned && slices.Compare(order, l.earliest) < 0 {
		l.earliest = order
	}
}

// ascribe gives the hops of a lane, from one on, to a registry's conversation.
func (r *recorder) ascribe(l *lane, from int, by []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range l.hops[from:] {
		if n.by == nil {
			n.by = by
		}
	}
}

// ascribe gives a hop to a registry's conversation, whoever had it before.
func (n *node) ascribe(by []int) {
	n.rec.mu.Lock()
	defer n.rec.mu.Unlock()
	n.by = by
}

// arrange puts what conversations did side by side into the plan's order: the hosts
// that several found, and what each asked of a host that they share, behind what it
// stands on.
func (r *recorder) arrange() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lanes {
		l.order = l.earliest
		by := map[*node][]int{}
		for _, n := range flatten(nil, l.hops) {
			by[n] = by[n.parent]
			if !slices.Equal(n.by, l.order) && slices.Compare(n.by, by[n]) > 0 {
				by[n] = n.by
			}
		}
		slices.SortStableFunc(l.hops, func(a, b *node) int { return slices.Compare(by[a], by[b]) })
	}
}

// targets returns the lanes' targets in plan order.
func (r *recorder) targets() []evidence.Target {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortStableFunc(r.lanes, func(a, b *lane) int { return slices.Compare(a.order, b.order) })
	out := make([]evidence.Target, 0, len(r.lanes))
	for _, l := range r.lanes {
		t := l.target
		t.Required = t.Required || l.needed
		out = append(out, t)
	}
	return out
}

// relabel makes the path's hops of a lane, from one on, those of a side probe.
func (r *recorder) relabel(l *lane, from int, probe string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range flatten(nil, l.hops[from:]) {
		if n.hop.Purpose == evidence.Path {
			n.hop.Purpose, n.hop.Probe = evidence.Probe, probe
		}
	}
}

// leaveOut counts what a hop's answer had and was not even looked at.
func (n *node) leaveOut(field string, count int) {
	if count == 0 {
		return
	}
	if n.unseen == nil {
		n.unseen = map[string]int{}
	}
	n.unseen[field] += count
}

// giveUp makes a hop one that was not looked at.
func (n *node) giveUp() {
	n.rec.mu.Lock()
	defer n.rec.mu.Unlock()
	n.hop.State, n.hop.Failure, n.hop.Detail, n.hop.LeftOut = evidence.Skipped, nil, nil, nil
	n.rec.tell(GivenUp, n)
}

// failed tells whether the hop was closed with a failure.
func (n *node) failed() bool {
	n.rec.mu.Lock()
	defer n.rec.mu.Unlock()
	return n.hop.State == evidence.Failed
}

// skip records steps that were not made because of a hop, each standing on the
// one before. It returns the last.
func (r *recorder) skip(l *lane, parent, because *node, role evidence.Role, ops ...evidence.Op) *node {
	for _, op := range ops {
		parent = r.enter(l, step{op: op, role: role, purpose: evidence.Path, parent: parent}, Skipped, because)
	}
	return parent
}

// hops numbers all hops: shared ones first, then lane by lane.
func (r *recorder) hops() []evidence.Hop {
	r.mu.Lock()
	defer r.mu.Unlock()
	var order []*node
	order = flatten(order, r.shared)
	for _, l := range r.lanes {
		l.sortProbes()
		order = flatten(order, l.hops)
	}
	ids := map[*node]int{}
	for i, n := range order {
		ids[n] = i + 1
	}
	out := make([]evidence.Hop, 0, len(order))
	for i, n := range order {
		n.hop.ID = i + 1
		n.hop.Parent, n.hop.Because = ids[n.parent], ids[n.because]
		n.hop = evidence.Seal(r.scribe, n.hop)
		out = append(out, n.hop)
		r.tell(Numbered, n)
	}
	return out
}

// sortProbes puts probes that ran side by side one after the other, and none before
// a hop that it stands on: two probes may share a connection.
func (l *lane) sortProbes() {
	place := map[*node]int{}
	for _, n := range flatten(nil, l.hops) {
		place[n] = max(1+slices.Index(besideEachOther(), n.hop.Probe), place[n.parent])
	}
	slices.SortStableFunc(l.hops, func(a, b *node) int { return place[a] - place[b] })
}

func flatten(order, hops []*node) []*node {
	for _, n := range hops {
		order = flatten(append(order, n), n.beside)
	}
	return order
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
