package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"pullpath/flows"
	"pullpath/internal/report"
)

// progress is the display on stderr while a run is under way: a line for each host
// with the hop that it is at. It is silent where stderr is not a terminal.
type progress struct {
	mu  sync.Mutex
	out io.Writer
	// flush waits until the drawing has reached the terminal.
	flush func()
	// size is the terminal's, in columns and lines.
	size  func() (width, height int)
	lines []hostLine
	// drawn is how many lines stand on the terminal, last when they were written,
	// and later the drawing that is due.
	drawn int
	last  time.Time
	later *time.Timer
	// every is the least time between two drawings.
	every time.Duration
}

// hostLine is a host and its current hop.
type hostLine struct{ host, text string }

// drawEvery is the least time between two drawings: an eye follows ten a second,
// and a remote terminal is not flooded.
const drawEvery = 100 * time.Millisecond

func newProgress(out *os.File, o *checkOptions, plan flows.Plan) *progress {
	if o.noProgress || o.quiet || !isTerminal(out) || !obeysEscapes(out) {
		return &progress{}
	}
	size := func() (int, int) {
		width, height, err := term.GetSize(int(out.Fd()))
		if err != nil {
			return 80, 24
		}
		return width, height
	}
	p := &progress{size: size, every: drawEvery}
	p.drawOn(out)
	for _, t := range plan.Targets {
		p.lines = append(p.lines, hostLine{host: t.Target.ID})
	}
	return p
}

// drawOn draws through a queue: a terminal that was stopped (^S) must not stop the walk,
// in the middle of which steps arrive.
func (p *progress) drawOn(out io.Writer) {
	q := newQueue(out, 0)
	p.out, p.flush = q, func() { _ = q.finish(queueGrace) }
}

// eraseRest erases the rest of a line and ends it, upLines moves the cursor up
// (ECMA-48 EL and CUU).
const (
	eraseRest = "\x1b[K\n"
	upLines   = "\r\x1b[%dA"
)

// hop takes a change of a hop.
func (p *progress) hop(e flows.Event) {
	if e.Stage == flows.Numbered || e.Hop.Target == "" || e.Stage == flows.Skipped {
		return
	}
	p.set(e.Hop.Target, report.HopLine(e.Hop, e.Stage == flows.Begun))
}

// barWidth is the length of a transfer's bar: a fortieth of a layer is a step.
const barWidth = 40

// transfer shows how far a blob is. A blob that comes at once shows nothing.
func (p *progress) transfer(target string, done, of int64) {
	if of <= 0 || of < barWidth {
		return
	}
	full := int(min(done, of) * barWidth / of)
	p.set(target, fmt.Sprintf("[%s%s] %d%% of %.1f MiB", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full),
		min(done, of)*100/of, float64(of)/(1<<20)))
}

func (p *progress) set(host, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out == nil {
		return
	}
	at := -1
	for i, l := range p.lines {
		if l.host == host {
			at = i
		}
	}
	if at < 0 {
		p.lines = append(p.lines, hostLine{host: host})
		at = len(p.lines) - 1
	}
	if p.lines[at].text == text {
		return
	}
	p.lines[at].text = text
	wait := p.every - time.Since(p.last)
	switch {
	case wait <= 0:
		p.draw()
	case p.later == nil:
		p.later = time.AfterFunc(wait, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.later != nil {
				p.draw()
			}
		})
	}
}

// draw writes the lines over those of before; the caller holds p.mu. Lines are
// erased one by one: some terminals keep a screen that is erased as a whole.
func (p *progress) draw() {
	p.later, p.last = nil, time.Now()
	width, height := p.size()
	var b strings.Builder
	lines := p.fitting(height - 1)
	p.up(&b)
	for _, l := range lines {
		b.WriteString(report.Clip(l, width-1) + eraseRest)
	}
	for range p.drawn - len(lines) {
		b.WriteString(eraseRest)
	}
	p.drawn = max(p.drawn, len(lines))
	_, _ = io.WriteString(p.out, b.String())
}

func (p *progress) up(b *strings.Builder) {
	if p.drawn > 0 {
		fmt.Fprintf(b, upLines, p.drawn)
	}
}

// fitting returns the lines to show in so much height: all hosts, or the first ones and
// how many more there are.
func (p *progress) fitting(height int) []string {
	height = max(height, 1)
	list, more := p.lines, 0
	if len(list) > height {
		list, more = list[:height-1], len(list)-height+1
	}
	widest := 0
	for _, l := range list {
		widest = max(widest, len(l.host))
	}
	var out []string
	for _, l := range list {
		out = append(out, fmt.Sprintf("%-*s  %s", min(widest, maxHostColumn), l.host, l.text))
	}
	if more > 0 {
		out = append(out, fmt.Sprintf("and %d more hosts", more))
	}
	return out
}

// maxHostColumn bounds the column of hosts, so that 80 columns still show their hops.
const maxHostColumn = 44

// clear takes the display away. What comes late is not shown.
func (p *progress) clear() {
	p.erase()
	if p.flush != nil {
		p.flush()
	}
}

func (p *progress) erase() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out == nil {
		return
	}
	if p.later != nil {
		p.later.Stop()
		p.later = nil
	}
	var b strings.Builder
	p.up(&b)
	b.WriteString(strings.Repeat(eraseRest, p.drawn))
	p.up(&b)
	_, _ = io.WriteString(p.out, b.String())
	p.drawn, p.out = 0, nil
}
