package serve

import (
	"slices"
	"strings"
	"sync"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/metrics"
)

// Report is a walk, judged.
type Report struct {
	Trace  *evidence.Trace
	Result diagnosis.Result
}

// moduleState is what is known of a module.
type moduleState struct {
	// last is the last walk that was made whole, with side probes; plain is the fingerprint of the
	// last one without. While that stays, the module came out as last says.
	last  Report
	plain string
	// ended and took are those of the last walk, of either kind.
	ended time.Time
	took  time.Duration
	// made and failed count the walks, and the times that none could be made.
	made, failed float64
}

// states are those of all modules. It is safe for concurrent use.
type states struct {
	mu      sync.Mutex
	modules map[string]*moduleState
}

func (s *states) of(module string) *moduleState {
	if s.modules == nil {
		s.modules = map[string]*moduleState{}
	}
	m := s.modules[module]
	if m == nil {
		m = &moduleState{}
		s.modules[module] = m
	}
	return m
}

// changed reports whether a walk without side probes came out otherwise than the one before.
func (s *states) changed(module, plain string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.of(module)
	return m.last.Trace == nil || m.plain != plain
}

// note takes a walk into account; plain is the fingerprint without side probes, and whole the
// walk with them, which is nil where the one before still says how it came out.
func (s *states) note(module, plain string, walked Report, whole *Report, ended time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.of(module)
	m.made++
	m.plain, m.ended, m.took = plain, ended, time.Duration(walked.Trace.DurationMS*float64(time.Millisecond))
	if whole != nil {
		m.last = *whole
	}
}

// noteFailed counts a walk that could not be made.
func (s *states) noteFailed(module string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of(module).failed++
}

// report returns the last walk of a module.
func (s *states) report(module string) (Report, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.of(module)
	return m.last, m.last.Trace != nil
}

// keep forgets the modules that a new configuration does not have.
func (s *states) keep(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.modules {
		if !slices.Contains(names, name) {
			delete(s.modules, name)
		}
	}
}

// Runs implements [metrics.Source].
func (s *states) Runs() []metrics.Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []metrics.Run
	for name, m := range s.modules {
		out = append(out, metrics.Run{Module: name, Trace: m.last.Trace, Result: m.last.Result, Ended: m.ended, Took: m.took,
			Made: m.made, Failed: m.failed, Counted: true})
	}
	slices.SortFunc(out, func(a, b metrics.Run) int { return strings.Compare(a.Module, b.Module) })
	return out
}
