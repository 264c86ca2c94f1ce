package serve

import (
	"context"
	"sync"
	"time"
)

const (
	// maxProbes is how many walks are under way at once for those who ask: each takes some MB.
	maxProbes = 4
	// maxAnswers bounds the targets of which the last answer is kept.
	maxAnswers = 256
)

// probes are the walks that somebody asked for. It is safe for concurrent use.
type probes struct {
	slots chan struct{}

	mu      sync.Mutex
	flights map[string]*flight
	states  states
	at      map[string]time.Time
}

// flight is a walk that several may wait for. It ends when nobody waits any more.
type flight struct {
	done    chan struct{}
	waiting int
	cancel  context.CancelFunc
	report  Report
	err     error
}

// forget drops what was kept.
func (p *probes) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = nil
	p.states.keep(nil)
}

// young returns an answer that is not older than an interval.
func (p *probes) young(key string, interval time.Duration) (Report, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, known := p.at[key]; !known || time.Since(at) >= interval {
		return Report{}, false
	}
	return p.states.report(key)
}

// join waits for the walk of a key, and begins it where none is under way. The walk gets a context
// of its own, which ends with the last who waits.
func (p *probes) join(ctx context.Context, key string, walk func(context.Context) (Report, error)) (Report, error) {
	p.mu.Lock()
	f := p.flights[key]
	if f == nil {
		if p.flights == nil {
			p.flights, p.at = map[string]*flight{}, map[string]time.Time{}
		}
		own, cancel := context.WithCancel(context.WithoutCancel(ctx))
		f = &flight{done: make(chan struct{}), cancel: cancel}
		p.flights[key] = f
		go p.fly(own, key, f, walk)
	}
	f.waiting++
	p.mu.Unlock()
	select {
	case <-f.done:
		return f.report, f.err
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		f.cancel()
	}
	return Report{}, ctx.Err()
}

func (p *probes) fly(ctx context.Context, key string, f *flight, walk func(context.Context) (Report, error)) {
	f.report, f.err = walk(ctx)
	f.cancel()
	p.mu.Lock()
	delete(p.flights, key)
	if f.err == nil {
		p.remember(key)
	}
	p.mu.Unlock()
	close(f.done)
}

// remember notes when a key was answered, and forgets the oldest where there are too many.
func (p *probes) remember(key string) {
	if p.at == nil {
		p.at = map[string]time.Time{}
	}
	p.at[key] = time.Now()
	if len(p.at) <= maxAnswers {
		return
	}
	oldest := key
	for other, at := range p.at {
		if at.Before(p.at[oldest]) {
			oldest = other
		}
	}
	delete(p.at, oldest)
	p.states.mu.Lock()
	delete(p.states.modules, oldest)
	p.states.mu.Unlock()
}
