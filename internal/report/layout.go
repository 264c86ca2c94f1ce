package report

import (
	"bytes"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// gap is the number of blanks between two columns.
const gap = 2

// columnsFrom is the width from which hosts and peers have columns of their own. Below it
// host, hop and peer would take so much that SEEN has less than half of the line, and one
// row of TLS six lines.
const columnsFrom = 110

// seenFirst is the room that SEEN must have before PEER gets a column: what is seen of a
// sound handshake then takes two lines, three at most.
const seenFirst = 36

// stackedSeenFirst is the same where hosts are headings: what a healthy host shows then
// takes one line for most hops.
const stackedSeenFirst = 50

// timeHeader heads the one column that is set flush right.
const timeHeader = "TIME"

// layout is the form in which rows are laid out.
type layout struct {
	// width is the number of columns that no line exceeds.
	width int
	paint painter
	// whole leaves long URLs as they are; they are shortened in the middle otherwise.
	whole bool
}

// write lays rows out: in columns where the width has room for them, else each host as a
// heading with its hops below it.
func (l layout) write(w io.Writer, rows []row) error {
	if l.width < columnsFrom {
		return l.stacked(w, rows)
	}
	header, cells := peerColumns, withPeer(rows)
	widths := share(header, cells, true, l.width)
	// Where a column for PEER leaves too little for SEEN, the peer stands in SEEN.
	if widths[5] < min(seenFirst, widest(cells, 5)) {
		header, cells = noPeerColumns, peerInSeen(rows)
		widths = share(header, cells, true, l.width)
	}
	return grid(w, header, l.shortened(cells, widths), widths, l.paint)
}

// The columns of the table, with and without one for the peer.
var (
	peerColumns   = []string{"HOST", "HOP", "PEER", "RESULT", timeHeader, "SEEN"}
	noPeerColumns = []string{"HOST", "HOP", "RESULT", timeHeader, "SEEN"}
)

// shortened shortens the long URLs in the last column to its width.
func (l layout) shortened(cells [][]string, widths []int) [][]string {
	if l.whole {
		return cells
	}
	last := len(widths) - 1
	for _, line := range cells {
		line[last] = shortURLs(line[last], widths[last])
	}
	return cells
}

// withPeer returns the cells of rows with a column for the peer. A peer that is the same as
// above in the block is not repeated.
func withPeer(rows []row) [][]string {
	var out [][]string
	above := ""
	for _, r := range rows {
		peer := r.peer
		if r.host == "" && peer == above {
			peer = ""
		}
		if r.peer != "" {
			above = r.peer
		}
		out = append(out, clean(r.host, r.hop, peer, r.result, r.time, r.seen))
	}
	return out
}

// peerInSeen returns the cells of rows without a column for the peer: it stands in SEEN, on
// the row where it changes.
func peerInSeen(rows []row) [][]string {
	var out [][]string
	above := ""
	for _, r := range rows {
		text := r.seen
		switch {
		case r.peer == "" || r.peer == above || strings.Contains(text, r.peer):
		case text == "":
			text = r.peer
		default:
			text = r.peer + ": " + text
		}
		if r.peer != "" {
			above = r.peer
		}
		out = append(out, clean(r.host, r.hop, r.result, r.time, text))
	}
	return out
}

func clean(cells ...string) []string {
	for i, c := range cells {
		cells[i] = printable(c)
	}
	return cells
}

// share divides the width: every column except the last takes what it needs up to a
// bound, and the last takes the rest. A header that is printed needs its room too.
func share(header []string, cells [][]string, printed bool, width int) []int {
	bounds := map[string]int{"HOST": max(width*3/10, 14), "HOP": max(width/7, 12), "PEER": max(width/5, 12), "RESULT": 6, timeHeader: 8}
	widths := make([]int, len(header))
	last := len(header) - 1
	rest := width - gap*last
	for i, name := range header[:last] {
		widths[i] = widest(cells, i)
		if printed {
			widths[i] = max(widths[i], columns(name))
		}
		widths[i] = min(widths[i], bounds[name])
		rest -= widths[i]
	}
	widths[last] = max(rest, 4)
	return widths
}

func widest(cells [][]string, column int) int {
	n := 0
	for _, c := range cells {
		n = max(n, columns(c[column]))
	}
	return n
}

// grid renders cells in columns of the given widths, the header above them.
func grid(w io.Writer, header []string, cells [][]string, widths []int, paint painter) error {
	rows, err := gridRows(header, append([][]string{header}, cells...), widths, paint)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, strings.Join(rows, ""))
	return err
}

// gridRows renders each row as separate text of one or more lines; all rows share their
// columns. The cells are wrapped here because the table library cuts or overflows where
// it wraps.
func gridRows(header []string, cells [][]string, widths []int, paint painter) ([]string, error) {
	if len(cells) == 0 {
		return nil, nil
	}
	var buf bytes.Buffer
	table := tablewriter.NewTable(&buf,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		})),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithRowAlignmentConfig(alignment(header)),
		tablewriter.WithPadding(tw.Padding{Left: tw.Empty, Right: strings.Repeat(" ", gap), Overwrite: true}),
	)
	var heights []int
	for _, line := range cells {
		wrapped, height := make([]string, len(line)), 1
		for i, c := range line {
			var parts []string
			for line := range strings.SplitSeq(c, "\n") {
				indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
				for _, part := range wrap(line, widths[i]-len(indent)) {
					parts = append(parts, indent+part)
				}
			}
			height = max(height, len(parts))
			wrapped[i] = strings.Join(parts, "\n")
			if header[i] == "RESULT" {
				wrapped[i] = paint.result(c)
			}
		}
		heights = append(heights, height)
		if err := table.Append(wrapped); err != nil {
			return nil, err
		}
	}
	if err := table.Render(); err != nil {
		return nil, err
	}
	return cutInto(buf.String(), heights), nil
}

// cutInto cuts a text into pieces of so many lines each, without the blanks at their ends.
func cutInto(text string, heights []int) []string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var out []string
	for _, n := range heights {
		n = min(n, len(lines))
		var piece strings.Builder
		for _, line := range lines[:n] {
			piece.WriteString(strings.TrimRight(line, " ") + "\n")
		}
		out, lines = append(out, piece.String()), lines[n:]
	}
	return out
}

func alignment(header []string) tw.CellAlignment {
	out := tw.CellAlignment{Global: tw.AlignLeft}
	for _, name := range header {
		if name == timeHeader {
			out.PerColumn = append(out.PerColumn, tw.AlignRight)
		} else {
			out.PerColumn = append(out.PerColumn, tw.AlignLeft)
		}
	}
	return out
}
