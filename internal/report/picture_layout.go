package report

import (
	"cmp"
	"fmt"
	"strings"
)

// drawing is the picture in user units of SVG.
type drawing struct {
	// ID is unique on the page. Label says what the drawing shows.
	ID, Label     string
	Width, Height int
	Boxes         []box
	Trunks        []string
	Lines         []line
}

// box is a station: a frame, lines of text, and its finding.
type box struct {
	X, Y, W, H int
	Class      string
	Title      string
	Texts      []boxText
	Finding    int
}

type boxText struct {
	X, Y  int
	Class string
	Text  string
}

// line is an edge: a path with a sign on it, so that colour is not all it has.
type line struct {
	Class, Path, Sign string
	X, Y, SignY       int
}

// Measures of the drawing. A character of the page's font at 12 units is under 7.5
// wide (DejaVu Sans, the widest that is usual); the wide drawing with four
// stations and a column of hosts stays below 1200, the width of a page, and the
// narrow one below 360, the width of a phone less its margins.
const (
	stationWidth, stationHeight = 188, 104
	endWidth, endHeight         = 290, 46
	narrowWidth, narrowStation  = 346, 62
	between                     = 44
	characterWidth              = 75 // in tenths
)

// mark is how an outcome is shown: a sign, a word, and the class of its colour.
type mark struct{ sign, word, class string }

var outcomeMarks = map[string]mark{
	resultOK:   {"✓", "passes", "ok"},
	resultWarn: {"!", "warning", "warn"},
	resultFail: {"✕", "blocked", "fail"},
	resultInfo: {"i", "seen up to here", "none"},
	resultNone: {"–", "not reached", "none"},
}

// hopWord returns the word for the outcome of a single hop.
func hopWord(outcome string) string {
	return map[string]string{resultOK: "ok", resultWarn: "warning", resultFail: "failed", resultInfo: "note",
		resultNone: "not reached"}[outcome]
}

// wide lays the spine out from left to right and the ends in a column to the right of
// it.
func (p path) wide() drawing {
	d := drawing{ID: "wide", Label: "The path from this host to each host, and where it breaks"}
	step := stationWidth + between
	for i, s := range p.spine {
		x := 2 + i*step
		d.station(s, x, 2, stationWidth, stationHeight)
		if i > 0 {
			d.connect(s.Outcome, fmt.Sprintf("M%d %dH%d", x-between, 2+stationHeight/2, x), x-between/2, 2+stationHeight/2)
		}
	}
	left := 2 + len(p.spine)*step
	for i, s := range p.ends {
		y := 2 + (stationHeight-endHeight)/2 + i*(endHeight+10)
		middle := y + endHeight/2
		d.end(s, left, y, endWidth)
		trunk := 2 + s.from*step + stationWidth + between/4
		d.trunk(fmt.Sprintf("M%d %dH%dV%d", trunk-between/4, 2+stationHeight/2, trunk, middle))
		d.connect(s.Outcome, fmt.Sprintf("M%d %dH%d", trunk, middle, left), left-between/3, middle)
		d.Height = max(d.Height, y+endHeight+4)
	}
	d.Width, d.Height = left+endWidth+4, max(d.Height, stationHeight+6)
	return d
}

// narrow lays everything out from top to bottom.
func (p path) narrow() drawing {
	d := drawing{ID: "narrow", Label: "The path from this host to each host, from top to bottom, and where it breaks", Width: narrowWidth + 4}
	const step = narrowStation + 30
	indent := 16*len(p.spine) + 26
	for i, s := range p.spine {
		y := 2 + i*step
		x := 16 * len(p.spine)
		d.station(s, x, y, narrowWidth-x, narrowStation)
		if i > 0 {
			middle := x + (narrowWidth-x)/2
			d.connect(s.Outcome, fmt.Sprintf("M%d %dV%d", middle, y-30, y), middle, y-15)
		}
	}
	for i, s := range p.ends {
		y := 2 + len(p.spine)*step + i*(endHeight+10)
		d.end(s, indent, y, narrowWidth-indent)
		trunk := 6 + 16*s.from
		middle := y + endHeight/2
		d.trunk(fmt.Sprintf("M%d %dH%dV%d", 16*len(p.spine), 2+s.from*step+narrowStation/2, trunk, middle))
		d.connect(s.Outcome, fmt.Sprintf("M%d %dH%d", trunk, middle, indent), indent-14, middle)
		d.Height = y + endHeight + 4
	}
	d.Height = max(d.Height, len(p.spine)*step)
	return d
}

// station draws a stop of the spine. The wide drawing has its texts in two lines
// where they need them, the narrow one has a longer and flatter box.
func (d *drawing) station(s stop, x, y, width, height int) {
	mark := outcomeMarks[s.Outcome]
	b := box{X: x, Y: y, W: width, H: height, Class: mark.class, Title: s.Kind + ": " + s.Name, Finding: s.Finding}
	b.write(18, "kind", s.Kind)
	switch {
	case height == narrowStation:
		b.write(35, "name", s.Name)
		if s.from >= 0 {
			b.write(52, "word", mark.sign+" "+cmp.Or(s.Code, mark.word))
		}
	default:
		b.writeTwo(35, "name", s.Name)
		if s.from >= 0 {
			b.write(67, "word", mark.sign+" "+mark.word)
			b.writeTwo(82, "code", s.Code)
		}
	}
	d.Boxes = append(d.Boxes, b)
}

func (d *drawing) end(s stop, x, y, width int) {
	mark := outcomeMarks[s.Outcome]
	b := box{X: x, Y: y, W: width, H: endHeight, Class: mark.class, Title: s.Kind + ": " + s.Name, Finding: s.Finding}
	b.write(18, "name", s.Name)
	text := mark.sign + " " + mark.word + " · " + s.Kind
	if s.Code != "" {
		text = mark.sign + " " + s.Code
	}
	b.write(36, "word", text)
	d.Boxes = append(d.Boxes, b)
}

func (b *box) write(y int, class, text string) {
	if text = shorten(printable(text), (b.W-16)*10/characterWidth); text != "" {
		b.Texts = append(b.Texts, boxText{X: b.X + 8, Y: b.Y + y, Class: class, Text: text})
	}
}

// writeTwo writes a text in one line or two.
func (b *box) writeTwo(y int, class, text string) {
	lines := wrap(printable(text), (b.W-16)*10/characterWidth)
	if len(lines) > 2 {
		lines = []string{lines[0], strings.Join(lines[1:], " ")}
	}
	for i, l := range lines {
		b.write(y+15*i, class, l)
	}
}

func (d *drawing) connect(outcome, path string, x, y int) {
	mark := outcomeMarks[outcome]
	d.Lines = append(d.Lines, line{Class: mark.class, Path: path, Sign: mark.sign, X: x, Y: y, SignY: y + 4})
}

// trunk draws a part of the path that several hosts share. It has no outcome.
func (d *drawing) trunk(path string) { d.Trunks = append(d.Trunks, path) }
