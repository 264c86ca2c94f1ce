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
	shared []*openHop
	// watch receives every change, nil for no receiver; serial counts the hops that were
	// begun.
	watch  func(Event)
	serial int
	logs   []*targetLog
	// keeper bounds what all hops together keep of their peers' words.
	keeper *evidence.Keeper
}

// targetLog is the hops of one target, in the order in which they were begun. One
// goroutine at a time begins hops in a log. The target stays as it was when the log
// began: its walk reads it while another conversation finds out that its pull needs
// the host too.
type targetLog struct {
	target evidence.Target
	// needed means that a pull turned out to need the target, plain that it is spoken to in
	// plain HTTP.
	needed, plain bool
	// way is the route that was taken where it is another than the planned one.
	way  *evidence.Route
	hops []*openHop
	// order places the log: plan index, then, for a target that was found on the way,
	// the finder's order followed by a serial number. The finder is the one that came
	// first until all have come; earliest is then the first in the plan.
	order, earliest []int
}

// openHop is a hop in the making.
type openHop struct {
	evidence.Hop
	parent, because *openHop
	// decides means that a walk ends at it, whatever others got over.
	decides bool
	// attached are hops that another goroutine than the log's began; they are numbered
	// after this one.
	attached []*openHop
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

// step is what is known about a hop when it begins.
type step struct {
	// log is the target's, nil for a hop that several targets share.
	log  *targetLog
	op   evidence.Op
	role evidence.Role
	// probe names the side probe, empty on the path.
	probe  evidence.Probe
	via    string
	peer   string
	parent *openHop
	// attachTo, where set, takes the hop instead of the log: for what runs side by side
	// with the log's own steps.
	attachTo *openHop
}

// on returns the same step made on what a hop opened.
func (s step) on(parent *openHop) step {
	s.parent, s.peer = parent, parent.Peer
	return s
}

// as returns the same step towards a host of another role.
func (s step) as(role evidence.Role) step {
	s.role = role
	return s
}

func (s step) purpose() evidence.Purpose {
	if s.probe == "" {
		return evidence.Path
	}
	return evidence.Probing
}

// begin starts a hop.
func (r *recorder) begin(s step) *openHop { return r.enter(s, Begun, nil) }

// record puts a hop down that takes no time.
func (r *recorder) record(s step, detail evidence.Detail, failure *evidence.Failure) *openHop {
	n := r.begin(s)
	n.end(detail, failure)
	return n
}

// enter puts a hop into its log, begun or skipped because of another.
func (r *recorder) enter(s step, stage string, because *openHop) *openHop {
	now := r.now()
	n := &openHop{rec: r, began: now, parent: s.parent, because: because, Hop: evidence.Hop{
		Op: s.op, Role: s.role, Purpose: s.purpose(), Probe: s.probe, Via: s.via, Peer: s.peer,
		At: now.UTC().Truncate(time.Millisecond), BeganMS: ms(now.Sub(r.started)), State: evidence.Skipped,
	}}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.log != nil {
		n.Target = s.log.target.ID
	}
	switch {
	case s.attachTo != nil:
		s.attachTo.attached = append(s.attachTo.attached, n)
	case s.log == nil:
		r.shared = append(r.shared, n)
	default:
		s.log.hops = append(s.log.hops, n)
	}
	r.serial++
	n.serial = r.serial
	r.notify(stage, n)
	return n
}

// end closes a hop: failed with a failure, ok without.
func (n *openHop) end(detail evidence.Detail, failure *evidence.Failure) {
	n.endAfter(n.rec.now().Sub(n.began), detail, failure)
}

// endAfter is end for a hop whose time was taken elsewhere.
func (n *openHop) endAfter(took time.Duration, detail evidence.Detail, failure *evidence.Failure) {
	detail, failure = evidence.Seal(n.rec.scribe, detail), n.rec.scribe.SealFailure(failure)
	n.rec.mu.Lock()
	defer n.rec.mu.Unlock()
	n.TookMS = ms(took)
	n.Detail, n.LeftOut = n.rec.keeper.Keep(detail)
	for field, count := range n.unseen {
		if n.LeftOut == nil {
			n.LeftOut = map[string]int{}
		}
		n.LeftOut[field] += count
	}
	n.Failure, n.State = failure, evidence.OK
	if failure != nil {
		n.State = evidence.Failed
	}
	n.rec.notify(Ended, n)
}

// begun counts the hops of a log so far.
func (r *recorder) begun(l *targetLog) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(l.hops)
}

// need marks the target of a log as one that a pull cannot do without.
func (r *recorder) need(l *targetLog) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.needed = true
}

// inPlain marks the target of a log as one that is spoken to in plain HTTP.
func (r *recorder) inPlain(l *targetLog) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.plain = true
}

// found notes one more finder of a target.
func (r *recorder) found(l *targetLog, order []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if planned := len(l.order) == 1; !planned && slices.Compare(order, l.earliest) < 0 {
		l.earliest = order
	}
}

// askedBy assigns the hops of a log, from one on, to a registry's conversation.
func (r *recorder) askedBy(l *targetLog, from int, by []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range l.hops[from:] {
		if n.by == nil {
			n.by = by
		}
	}
}

// askedBy assigns a hop to a registry's conversation, whichever one had it before.
func (n *openHop) askedBy(by []int) {
	n.rec.mu.Lock()
	defer n.rec.mu.Unlock()
	n.by = by
}

// arrange puts the hops of conversations that ran side by side into the plan's order:
// hosts that several of them found, and the requests of each to a shared host, after the
// hops that they stand on.
func (r *recorder) arrange() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.logs {
		l.order = l.earliest
		by := map[*openHop][]int{}
		for _, n := range flatten(nil, l.hops) {
			by[n] = by[n.parent]
			if !slices.Equal(n.by, l.order) && slices.Compare(n.by, by[n]) > 0 {
				by[n] = n.by
			}
		}
		slices.SortStableFunc(l.hops, func(a, b *openHop) int { return slices.Compare(by[a], by[b]) })
	}
}

// targets returns the logs' targets in plan order.
func (r *recorder) targets() []evidence.Target {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortStableFunc(r.logs, func(a, b *targetLog) int { return slices.Compare(a.order, b.order) })
	out := make([]evidence.Target, 0, len(r.logs))
	for _, l := range r.logs {
		t := l.target
		t.Required, t.Plain = t.Required || l.needed, t.Plain || l.plain
		if l.way != nil {
			registry := t.Route.Registry
			t.Route = *l.way
			t.Route.Registry = registry
		}
		out = append(out, t)
	}
	return out
}

// relabel makes the path's hops of a log, from one on, those of a side probe.
func (r *recorder) relabel(l *targetLog, from int, probe evidence.Probe) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range flatten(nil, l.hops[from:]) {
		if n.Purpose == evidence.Path {
			n.Purpose, n.Probe = evidence.Probing, probe
		}
	}
}

// relabelHop makes a hop of the path one of a side probe: the client gets over what it shows.
func (r *recorder) relabelHop(n *openHop, probe evidence.Probe) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n.Purpose, n.Probe = evidence.Probing, probe
}

// leaveOut counts what a hop's answer had and was not even looked at.
func (n *openHop) leaveOut(field string, count int) {
	if count == 0 {
		return
	}
	if n.unseen == nil {
		n.unseen = map[string]int{}
	}
	n.unseen[field] += count
}

// giveUp makes a hop one that was not looked at.
func (n *openHop) giveUp() {
	n.rec.mu.Lock()
	defer n.rec.mu.Unlock()
	n.State, n.Failure, n.Detail, n.LeftOut = evidence.Skipped, nil, nil, nil
	n.rec.notify(GivenUp, n)
}

// excuse makes a failed request one whose answer is as good as those in words.
func (n *openHop) excuse(words string) {
	n.rec.mu.Lock()
	defer n.rec.mu.Unlock()
	if d, ok := n.Detail.(evidence.Request); ok {
		d.Expected = words
		n.Detail = d
	}
	n.State, n.Failure = evidence.OK, nil
	n.rec.notify(Ended, n)
}

// failed reports whether the hop was closed with a failure.
func (n *openHop) failed() bool {
	n.rec.mu.Lock()
	defer n.rec.mu.Unlock()
	return n.State == evidence.Failed
}

// skip records steps that were not made because of a hop, each standing on the
// one before. It returns the last.
func (r *recorder) skip(l *targetLog, parent, because *openHop, role evidence.Role, ops ...evidence.Op) *openHop {
	for _, op := range ops {
		parent = r.enter(step{log: l, op: op, role: role, parent: parent}, Skipped, because)
	}
	return parent
}

// hops numbers all hops: shared ones first, then log by log.
func (r *recorder) hops() []evidence.Hop {
	r.mu.Lock()
	defer r.mu.Unlock()
	var order []*openHop
	order = flatten(order, r.shared)
	for _, l := range r.logs {
		l.sortProbes()
		order = flatten(order, l.hops)
	}
	ids := map[*openHop]int{}
	for i, n := range order {
		ids[n] = i + 1
	}
	out := make([]evidence.Hop, 0, len(order))
	for i, n := range order {
		n.ID = i + 1
		n.Parent, n.Because = ids[n.parent], ids[n.because]
		n.Hop = evidence.Seal(r.scribe, n.Hop)
		out = append(out, n.Hop)
		r.notify(Numbered, n)
	}
	return out
}

// sortProbes puts probes that ran side by side one after the other, and none before
// a hop that it stands on: two probes may share a connection.
func (l *targetLog) sortProbes() {
	place := map[*openHop]int{}
	for _, n := range flatten(nil, l.hops) {
		place[n] = max(n.Probe.Order(), place[n.parent])
	}
	slices.SortStableFunc(l.hops, func(a, b *openHop) int { return place[a] - place[b] })
}

func flatten(order, hops []*openHop) []*openHop {
	for _, n := range hops {
		order = flatten(append(order, n), n.attached)
	}
	return order
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
