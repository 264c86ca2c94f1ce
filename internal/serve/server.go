package serve

import (
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/metrics"
)

// Walker makes a walk: of the targets, or of the module's profile where there are none; with side
// probes, or only what the pull itself would send.
type Walker func(ctx context.Context, m Module, targets []string, probes bool) (*evidence.Trace, error)

// Options are what a server is made of.
type Options struct {
	Walk  Walker
	Judge func(*evidence.Trace) diagnosis.Result
	// Target says what is wrong with a target that somebody asks for: one that no client could pull is
	// not walked.
	Target func(string) error
	Build  metrics.Build
	// Node is what the fleet calls this host: it decides when the first walk begins.
	Node string
	// Log takes what went wrong. Save, where it is not nil, keeps the last report of a module, and
	// the last that came out otherwise.
	Log  *slog.Logger
	Save func(module string, r Report, changed bool) error
}

// Server walks modules and tells of them.
type Server struct {
	Options
	states states
	probes probes

	mu     sync.Mutex
	config Config
	// reload ends the schedule of the configuration before.
	reload context.CancelFunc
	// busy has a place for each module: no two walks of one are under way.
	busy map[string]chan struct{}
}

// New returns a server of a configuration.
func New(c Config, o Options) *Server {
	s := &Server{Options: o, config: c, busy: map[string]chan struct{}{}}
	s.probes.slots = make(chan struct{}, maxProbes)
	return s
}

// Config is the configuration in force.
func (s *Server) Config() Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config
}

// Reload takes another configuration. The walks that are under way end first.
func (s *Server) Reload(c Config) {
	s.mu.Lock()
	s.config = c
	end := s.reload
	s.mu.Unlock()
	s.states.keep(slices.Collect(maps.Keys(c.Modules)))
	s.probes.forget()
	if end != nil {
		end()
	}
}

// Run walks by the schedule until ctx ends.
func (s *Server) Run(ctx context.Context) {
	for ctx.Err() == nil {
		inForce, end := context.WithCancel(ctx)
		s.mu.Lock()
		s.reload = end
		schedule := s.config.Schedule
		s.mu.Unlock()
		var turns sync.WaitGroup
		for _, t := range schedule {
			turns.Go(func() { s.turn(inForce, t) })
		}
		<-inForce.Done()
		turns.Wait()
		end()
	}
}

// turn walks a module again and again.
func (s *Server) turn(ctx context.Context, t Turn) {
	wait := FirstWalk(s.Node, t)
	for {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		began := time.Now()
		again := s.walkModule(ctx, t)
		wait = max(0, again-time.Since(began))
	}
}

// FirstWalk is how long after the start a module is walked first: spread by the node's name over
// the interval, so that the proxy of a fleet that is started at once sees a flat rate.
func FirstWalk(node string, t Turn) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(node + "\x00" + t.Module))
	return time.Duration(mixed(h.Sum64()) % uint64(t.Every))
}

// mixed spreads the bits of a hash: names that differ in their last letter alone have FNV sums
// that lie together (https://papa.bretmulvey.com/post/124027987928/hash-functions; the constants
// are those of splitmix64, https://prng.di.unimi.it/splitmix64.c).
func mixed(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// rejectedPause is how long a module rests after a login was rejected. Where accounts are locked
// it is after some tries within a quarter of an hour to an hour
// (https://learn.microsoft.com/windows/security/threat-protection/security-policy-settings/reset-account-lockout-counter-after).
const rejectedPause = time.Hour

// walkModule walks a module by its turn, and returns when it is walked again.
func (s *Server) walkModule(ctx context.Context, t Turn) time.Duration {
	m, known := s.Config().Modules[t.Module]
	if !known || !s.enter(ctx, t.Module) {
		return t.Every
	}
	defer s.leave(t.Module)
	r, err := s.walk(ctx, &s.states, t.Module, m, m.Walked())
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.states.noteFailed(t.Module)
		s.Log.Error("no walk could be made", "module", t.Module, "err", err)
	case rejected(r.Result):
		s.Log.Warn("a login was rejected; the module rests, for more tries may lock the account", "module", t.Module, "for", rejectedPause)
		return max(t.Every, rejectedPause)
	}
	return t.Every
}

// rejected reports whether a login was rejected, at the registry or at the proxy.
func rejected(r diagnosis.Result) bool {
	return slices.ContainsFunc(r.Findings, func(f diagnosis.Finding) bool {
		return f.Code == "auth-credentials-rejected" || f.Code == "proxy-auth-rejected"
	})
}

// errEnded is the error of a walk that was ended before its end: it says nothing.
var errEnded = errors.New("the walk was ended")

// walk makes a walk with what the pull itself would send, and, where that came out otherwise than
// the one before, another one with all side probes: only then is there something to find out.
func (s *Server) walk(ctx context.Context, into *states, key string, m Module, targets []string) (Report, error) {
	ctx, cancel := context.WithTimeout(ctx, m.Timeout)
	defer cancel()
	plain, err := s.once(ctx, m, targets, false)
	if err != nil {
		return Report{}, err
	}
	fingerprint := diagnosis.Fingerprint(plain.Trace, plain.Result)
	if !into.changed(key, fingerprint) {
		into.note(key, fingerprint, plain, nil, time.Now())
		r, _ := into.report(key)
		s.save(into, key, r, false)
		return r, nil
	}
	whole := plain
	// What failed is asked about. Of a path that is clear there is nothing to ask, and where the time
	// was used up there is none left.
	if plain.Result.Verdict.Status != diagnosis.StatusPass && plain.Trace.Run.Ended == "" {
		if r, err := s.once(ctx, m, targets, true); err == nil && r.Trace.Run.Ended == "" {
			whole = r
		}
	}
	if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return Report{}, errEnded
	}
	into.note(key, fingerprint, whole, &whole, time.Now())
	s.save(into, key, whole, true)
	return whole, nil
}

// once makes one walk and judges it.
func (s *Server) once(ctx context.Context, m Module, targets []string, probes bool) (Report, error) {
	trace, err := s.Walk(ctx, m, targets, probes)
	if err != nil {
		return Report{}, err
	}
	if trace.Run.Ended == evidence.EndedInterrupted {
		return Report{}, errEnded
	}
	return Report{trace, s.Judge(trace)}, nil
}

// save keeps the report of a module of the schedule.
func (s *Server) save(into *states, module string, r Report, changed bool) {
	if s.Save == nil || into != &s.states {
		return
	}
	if err := s.Save(module, r, changed); err != nil {
		s.Log.Error("the report could not be kept", "module", module, "err", err)
	}
}

// enter waits until no other walk of a module is under way.
func (s *Server) enter(ctx context.Context, module string) bool {
	s.mu.Lock()
	place := s.busy[module]
	if place == nil {
		place = make(chan struct{}, 1)
		s.busy[module] = place
	}
	s.mu.Unlock()
	select {
	case place <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *Server) leave(module string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	<-s.busy[module]
}

// Ready reports whether each module of the schedule had its first walk.
func (s *Server) Ready() bool {
	c := s.Config()
	s.states.mu.Lock()
	defer s.states.mu.Unlock()
	for _, t := range c.Schedule {
		if m := s.states.modules[t.Module]; m == nil || m.made+m.failed == 0 {
			return false
		}
	}
	return true
}
