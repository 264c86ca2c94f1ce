package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"pullpath/internal/hint"
	"pullpath/internal/report"
	"pullpath/internal/watch"
)

// watchDisplay shows how the walks come out: on a terminal a line for each outcome, that is
// drawn anew after each walk, elsewhere a line for each change.
type watchDisplay struct {
	s     streams
	out   io.Writer
	live  bool
	width int
	drawn int
}

// newWatchDisplay shows on stdout, and on stderr where a form of the report has stdout for
// itself.
func newWatchDisplay(s streams, onStdout, noColour bool) *watchDisplay {
	d := &watchDisplay{s: s, out: s.out, live: isTerminal(s.out) && obeysEscapes(s.out) && !noColour, width: terminalWidth(s.out)}
	if !onStdout {
		d.out, d.live = s.err, false
	}
	return d
}

// show shows the tally after a walk.
func (d *watchDisplay) show(t *watch.Tally, changed bool) {
	switch {
	case d.live:
		d.draw(t)
	case changed:
		w := t.Last()
		_, _ = fmt.Fprintf(d.out, "%s %s %s %s\n", w.At.UTC().Format(time.RFC3339), w.Status, w.Fingerprint, report.Clip(w.Headline, maxHeadline))
	}
}

// maxHeadline bounds a sentence in a line that a log keeps, in columns.
const maxHeadline = 300

// draw writes the lines over those of before.
func (d *watchDisplay) draw(t *watch.Tally) {
	var b strings.Builder
	if d.drawn > 0 {
		fmt.Fprintf(&b, upLines, d.drawn)
	}
	lines := outcomeLines(t)
	for _, l := range lines {
		b.WriteString(report.Clip(l, d.width-1) + eraseRest)
	}
	d.drawn = max(d.drawn, len(lines))
	_, _ = io.WriteString(d.out, b.String())
}

// outcomeLines has a line for each outcome: how often, when last, what, and what came only with
// it.
func outcomeLines(t *watch.Tally) []string {
	var out []string
	for _, o := range t.Outcomes() {
		line := fmt.Sprintf("%-10s %4d of %d  %3.0f%%  last %s  %s  %s", o.Status, o.Count, t.Total(), 100*o.Share,
			o.Last.UTC().Format("15:04:05Z"), o.Fingerprint, o.Headline)
		for _, a := range o.Only {
			line += "; only with " + a.String()
		}
		out = append(out, line)
	}
	return out
}

// note shows what is not of a walk; nil for nothing.
func (d *watchDisplay) note(err error) {
	if err == nil {
		return
	}
	d.clear()
	warn(d.s, "%v", err)
	if advice := hint.Of(err); advice != "" {
		_, _ = fmt.Fprintf(d.s.err, "hint: %s\n", advice)
	}
}

// clear leaves what was drawn where it is, and goes on below it.
func (d *watchDisplay) clear() { d.drawn = 0 }

// finish says what the walks came to.
func (d *watchDisplay) finish(t *watch.Tally, strict bool) {
	if !d.live {
		for _, l := range outcomeLines(t) {
			_, _ = fmt.Fprintln(d.out, report.Clip(l, maxHeadline))
		}
	}
	_, _ = fmt.Fprintf(d.out, "%s\n\n", t.Statement(strict))
}
