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

// seenFirst is the room that SEEN must have before PEER gets a column.
const seenFirst = 36

// timeHeader heads the one column that is set flush right.
const timeHeader = "TIME"

// layoutRows lays rows out in at most width columns. Where a column for PEER
// would leave too little for SEEN, the peer stands in SEEN, on the row where it
// changes.
func layoutRows(w io.Writer, rows []row, width int, paint painter) error {
	header := []string{"HOST", "HOP", "PEER", "RESULT", timeHeader, "SEEN"}
	cells := withPeer(rows)
	widths := share(header, cells, width)
	if widths[5] < min(seenFirst, widest(cells, 5)) {
		header = []string{"HOST", "HOP", "RESULT", timeHeader, "SEEN"}
		cells = peerInSeen(rows)
		widths = share(header, cells, width)
	}
	return grid(w, header, cells, widths, paint)
}

// withPeer gives six cells a row; a peer that is the same as above in the block
// is not repeated.
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

// peerInSeen gives five cells a row.
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

// share divides the width: every column but the last takes what it needs up to
// a bound, the last takes the rest.
func share(header []string, cells [][]string, width int) []int {
	bounds := map[string]int{"HOST": max(width*3/10, 14), "HOP": max(width/7, 8), "PEER": max(width/5, 12), "RESULT": 6, timeHeader: 8}
	widths := make([]int, len(header))
	last := len(header) - 1
	rest := width - gap*last
	for i, name := range header[:last] {
		widths[i] = min(max(widest(cells, i), columns(name)), bounds[name])
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

// grid renders cells in columns of the given widths. The cells are wrapped here
// because the table library cuts or overflows where it wraps.
func grid(w io.Writer, header []string, cells [][]string, widths []int, paint painter) error {
	var buf bytes.Buffer
	table := tablewriter.NewTable(&buf,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignmentConfig(alignment(header)),
		tablewriter.WithRowAlignmentConfig(alignment(header)),
		tablewriter.WithPadding(tw.Padding{Left: tw.Empty, Right: strings.Repeat(" ", gap), Overwrite: true}),
	)
	table.Header(header)
	for _, line := range cells {
		wrapped := make([]string, len(line))
		for i, c := range line {
			wrapped[i] = strings.Join(wrap(c, widths[i]), "\n")
			if header[i] == "RESULT" {
				wrapped[i] = paint.result(c)
			}
		}
		if err := table.Append(wrapped); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	for line := range strings.Lines(buf.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(line, " \n")+"\n"); err != nil {
			return err
		}
	}
	return nil
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
