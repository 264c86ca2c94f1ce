package main

import (
	"fmt"
	"os"
	"strings"
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
	// shown is the last state of a transfer that was written, so that a line is not
	// written for every read.
	shown string
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

// barWidth is the length of a transfer's bar: a fortieth of a layer is a step.
const barWidth = 40

// transfer shows how far a blob is. A blob that comes at once shows nothing.
func (p *progress) transfer(target string, done, of int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out == nil || of <= 0 || of < barWidth {
		return
	}
	full := int(min(done, of) * barWidth / of)
	text := fmt.Sprintf("%s [%s%s] %d%% of %.1f MiB", target, strings.Repeat("=", full), strings.Repeat(" ", barWidth-full),
		min(done, of)*100/of, float64(of)/(1<<20))
	if text != p.shown {
		p.shown = text
		_, _ = fmt.Fprint(p.out, clearLine+text)
	}
}

func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out != nil {
		_, _ = fmt.Fprint(p.out, clearLine)
	}
}
