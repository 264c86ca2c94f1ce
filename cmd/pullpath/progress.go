package main

import (
	"fmt"
	"os"
	"sync"

	"pullpath/internal/evidence"
)

// progress is the status line on stderr while a run is under way. It is silent
// where stderr is no terminal.
type progress struct {
	mu    sync.Mutex
	out   *os.File
	hosts map[string]bool
	total int
}

func newProgress(out *os.File, o *checkOptions, total int) *progress {
	if o.noProgress || o.quiet || !isTerminal(out) {
		out = nil
	}
	return &progress{out: out, hosts: map[string]bool{}, total: total}
}

// clearLine returns to the line's beginning and erases it (ECMA-48 EL).
const clearLine = "\r\x1b[K"

func (p *progress) update(target string, op evidence.Op) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out == nil {
		return
	}
	p.hosts[target] = true
	_, _ = fmt.Fprintf(p.out, "%s%d of %d hosts, %s: %s", clearLine, len(p.hosts), max(p.total, len(p.hosts)), target, op)
}

func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out != nil {
		_, _ = fmt.Fprint(p.out, clearLine)
	}
}
