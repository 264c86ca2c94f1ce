package report

import (
	"strings"

	"github.com/clipperhouse/displaywidth"

	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// HopLine returns a hop in a few words, for a display while the run is under way.
func HopLine(h evidence.Hop, underWay bool) string {
	text := words.HopName(h)
	if h.Purpose == evidence.Probing && h.Probe != "" {
		text += " (probe " + string(h.Probe) + ")"
	}
	switch {
	case underWay:
		text += " …"
	case h.State == evidence.OK:
		text += " ok, " + words.Duration(h.TookMS)
	case h.State == evidence.Failed:
		text += " FAIL: " + words.Reason(h)
	}
	return printable(text)
}

// Clip makes one line of at most width columns of a text, with nothing in it that a
// terminal obeys; what does not fit is left out.
func Clip(text string, width int) string {
	text = printable(text)
	if columns(text) <= width {
		return text
	}
	var b strings.Builder
	used := 1
	for g := displaywidth.StringGraphemes(text); g.Next(); {
		if used += columnsOf(g.Value(), g.Width()); used > width {
			break
		}
		b.WriteString(g.Value())
	}
	return b.String() + "…"
}
