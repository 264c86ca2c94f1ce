package flows

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/product"
	"pullpath/internal/queue"
	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// run is one walk of a plan.
type run struct {
	cfg Config
	net Net
	// ctx ends with the run's budget, or when the user interrupts.
	ctx context.Context
	rec *recorder

	// slots are the places of the walks under way.
	slots chan struct{}

	mu     sync.Mutex
	walks  map[string]*walk
	logins queue.Queues[openHop]
	names  map[string]*lookup
	wg     sync.WaitGroup
	// chains are what targets presented, proxyChains what https:// proxies did.
	chains, proxyChains chains
	// survey is what is known about the host's other clients, once the paths have been
	// walked.
	survey HostSurvey
	// side is the work that runs beside the paths and is given up when they are walked.
	side       sync.WaitGroup
	sideCtx    context.Context
	cancelSide context.CancelFunc
}

// Run walks the plan and returns what was seen. It ends with the context, at
// the latest when the budget of the configuration is used up; what was not
// reached by then is skipped in the trace.
func Run(ctx context.Context, c Config, plan Plan, n Net) *evidence.Trace {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	c.Scribe.Markers = append(product.Markers(), evidence.WantsTLS()...)
	for _, s := range c.Signatures {
		if s.Body != "" {
			c.Scribe.Markers = append(c.Scribe.Markers, s.Body)
		}
	}
	n.Resolver.Scribe = c.Scribe
	c.secrets().Keep(ownNames(c, plan, n)...)
	r := &run{slots: make(chan struct{}, maxWalks), cfg: c, net: n, ctx: ctx, rec: newRecorder(n.Now, n.Watch, c.Scribe),
		walks: map[string]*walk{}, names: map[string]*lookup{}}
	r.logins.Retry = c.RetryRejected
	r.sideCtx, r.cancelSide = context.WithCancel(ctx)
	defer r.cancelSide()
	for i, p := range plan.Targets {
		if !p.inTurn {
			r.start(p, []int{i})
		}
	}
	for _, w := range r.planned() {
		if p := &w.planned; p.Target.Role.HasImages() && (len(p.Images) > 0 || !plan.chained(p.Target.ID)) { // its way may change meanwhile
			c := r.conversation(w)
			r.wg.Go(func() { c.converse() })
		}
	}
	for _, ch := range plan.chains {
		r.wg.Go(func() { r.inTurn(plan, ch) })
	}
	r.wg.Wait()
	r.endSide()
	r.surveyHost()
	r.rec.arrange()
	if !c.NoProbes && ctx.Err() == nil {
		r.probe()
	}
	r.closeAll()
	r.complete()
	if r.cfg.Deep && !r.cfg.NoProbes && ctx.Err() == nil {
		r.fetchIssuers()
	}
	r.keep()
	return r.trace(ctx)
}

// sideGrace is how long the work beside the paths may continue after they were walked. A
// name server that answers at all does so within it; a silent one must not delay a run
// whose paths are done.
const sideGrace = 300 * time.Millisecond

// endSide gives the side look-ups their grace and ends them.
func (r *run) endSide() {
	timer := time.AfterFunc(sideGrace, r.cancelSide)
	defer timer.Stop()
	r.side.Wait()
	r.cancelSide()
}

// start begins the walk to a target, once; a second call returns the first.
func (r *run) start(p Planned, order []int) *walk {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w, ok := r.walks[p.Target.ID]; ok {
		r.rec.found(w.log, order)
		return w
	}
	w := &walk{run: r, planned: p, log: &targetLog{target: p.Target, order: order, earliest: order}, done: make(chan struct{}),
		plain: p.Target.Plain}
	r.walks[p.Target.ID] = w
	r.rec.mu.Lock()
	r.rec.logs = append(r.rec.logs, w.log)
	r.rec.mu.Unlock()
	if p.Decision.Kind == route.Proxy && !w.proxyLogin().Empty() {
		w.place = r.logins.Of("proxy " + proxyOf(p.Decision).ID()).Join(order)
	}
	r.wg.Go(func() {
		defer close(w.done)
		if free, ok := r.slot(order); ok {
			defer free()
			w.walk()
		} else if w.place != nil {
			w.place.Leave()
		}
	})
	return w
}

// maxWalks is how many hosts of the plan are walked side by side: more than any built-in
// profile has, and few enough for a process's sockets, of which Linux allows 1,024.
const maxWalks = 256

// slot waits for a place among those that are walked, and gives up with the run: what had
// no turn by then was not walked, and has no hops. A host that was found on the way, for
// which others wait, needs none.
func (r *run) slot(order []int) (free func(), ok bool) {
	if len(order) > 1 {
		return func() {}, true
	}
	select {
	case <-r.ctx.Done():
		return nil, false
	default:
	}
	select {
	case r.slots <- struct{}{}:
		return func() { <-r.slots }, true
	case <-r.ctx.Done():
		return nil, false
	}
}

// planned returns the walks in order.
func (r *run) planned() []*walk {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []*walk
	for _, w := range r.walks {
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b *walk) int { return slices.Compare(a.log.order, b.log.order) })
	return out
}

func (r *run) closeAll() {
	for _, w := range r.planned() {
		w.session.close()
	}
}

// settle marks the failures that the run caused: what ended because the run's time
// ended says nothing about the peer.
func (r *run) settle(f *evidence.Failure) *evidence.Failure {
	if f == nil || !r.over() || f.Kind != evidence.Timeout && f.Kind != evidence.Unknown {
		return f
	}
	text := "the run's time limit ended while this was under way"
	if errors.Is(context.Cause(r.ctx), context.Canceled) {
		text = "the run was interrupted while this was under way"
	}
	return evidence.Fail(evidence.Budget, text, f)
}

// over reports whether the run has ended. A connection has the same deadline, and may
// report it before the context does.
func (r *run) over() bool {
	deadline, limited := r.ctx.Deadline()
	return r.ctx.Err() != nil || limited && !time.Now().Before(deadline)
}

// hop gives one hop its limit. A hop never outlives the run.
func (r *run) oneHop(parent context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(parent, r.cfg.HopTimeout)
}

// trace closes the record.
func (r *run) trace(ctx context.Context) *evidence.Trace {
	targets := r.rec.targets()
	t := &evidence.Trace{Schema: evidence.Schema, Tool: evidence.Tool{Version: r.net.Version},
		Started: r.rec.started.UTC(), DurationMS: ms(r.net.Now().Sub(r.rec.started)), Seed: r.net.Seed,
		Vantage: r.vantage(), Hops: r.rec.hops(), Targets: targets}
	t.Run = evidence.Run{Profile: r.cfg.Profile.Name, Client: r.cfg.shape().Tool, NotModelled: r.cfg.shape().speaks.NotModelled,
		GoRelease:   r.cfg.shape().release,
		Credentials: r.cfg.credentials(),
		User:        redact.User(r.cfg.User), TimeoutMS: ms(r.cfg.Timeout), HopTimeoutMS: ms(r.cfg.HopTimeout),
		ProxySettings: proxySettings(r.cfg.Env), Signatures: r.cfg.Signatures, PublicRoots: redact.Text(r.cfg.PublicRoots, maxPath),
		AuthFlow: r.cfg.AuthFlow, AsArticle: r.cfg.AsArticle}
	if len(r.cfg.Targets) == 0 {
		t.Run.Listed = r.cfg.Profile.Listed()
	}
	for _, flag := range r.cfg.Flags {
		t.Run.Flags = append(t.Run.Flags, r.cfg.Scribe.Text(flag))
	}
	switch {
	case errors.Is(context.Cause(ctx), context.Canceled) && ctx.Err() != nil:
		t.Run.Ended = evidence.EndedInterrupted
	case ctx.Err() != nil:
		t.Run.Ended = evidence.EndedBudget
	}
	t.Vantage.ClockOffsetMS, t.Vantage.Stub = nil, r.net.Resolver.Stub()
	if offset, _, ok := evidence.AgreedTime(evidence.ServerTimes(t.Hops)); ok {
		t.Vantage.ClockOffsetMS = new(ms(offset))
	}
	t.Targets, t.Vantage, t.Run = evidence.Seal(r.cfg.Scribe, t.Targets), evidence.Seal(r.cfg.Scribe, t.Vantage),
		evidence.Seal(r.cfg.Scribe, t.Run)
	return t
}

// maxPath bounds how much of a file's name is kept: Linux's PATH_MAX is larger, but not
// useful to a reader.
const maxPath = 256

// maxNoProxy bounds how much of a NO_PROXY list is kept; clusters have lists of a
// thousand characters.
const maxNoProxy = 4096

// proxySettings returns the proxy variables that are set, for the reader of a report who
// cannot ask the host. The other variables of a client's environment do not belong in a
// report (docs/rules.md, rule 12).
func proxySettings(env route.Environment) []evidence.UnusedVariable {
	var out []evidence.UnusedVariable
	for _, v := range env {
		if !strings.HasSuffix(strings.ToUpper(v.Name), "_PROXY") {
			continue
		}
		value := redact.ProxyURL(v.Value)
		if strings.EqualFold(v.Name, "NO_PROXY") {
			value = redact.Text(v.Value, maxNoProxy)
		}
		out = append(out, evidence.UnusedVariable{Name: redact.Text(v.Name, 40), Value: value, Source: v.Source, Why: "set"})
	}
	return out
}
