package report

import (
	"bytes"
	"io"
	"slices"
	"strings"
)

// indent is how far hops stand in below the heading of their host.
const indent = 2

// stacked lays rows out for a narrow terminal: each host is a heading, and its hops stand
// below it. A host of one row that fits in one line is that line.
func (l layout) stacked(w io.Writer, rows []row) error {
	header, blocks := peerColumns[1:], blocksOf(withPeer(rows))
	if !l.peerHasRoom(header, hopsOf(blocks)) {
		header, blocks = noPeerColumns[1:], blocksOf(peerInSeen(rows))
	}
	lines, err := l.oneLiners(blocks)
	if err != nil {
		return err
	}
	cells := hopsOf(blocks)
	widths := share(header, cells, false, l.width-indent)
	hops, err := gridRows(header, l.shortened(cells, widths), widths, l.paint)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for _, b := range blocks {
		if b.line != nil {
			out.WriteString(lines[0])
			lines = lines[1:]
			continue
		}
		out.WriteString(hang("", b.host, indent, l.width))
		for line := range strings.Lines(strings.Join(hops[:len(b.hops)], "")) {
			out.WriteString(strings.Repeat(" ", indent) + line)
		}
		hops = hops[len(b.hops):]
	}
	_, err = out.WriteTo(w)
	return err
}

// peerHasRoom reports whether every peer fits in a column that leaves SEEN enough.
func (l layout) peerHasRoom(header []string, hops [][]string) bool {
	widths := share(header, hops, false, l.width-indent)
	const peer, seen = 1, 4
	return widths[seen] >= stackedSeenFirst && widest(hops, peer) <= widths[peer]
}

// block is what is shown of one host.
type block struct {
	host string
	// hops are the cells of its rows.
	hops [][]string
	// line are the cells of a block that is one line, nil for a heading with hops.
	line []string
}

// blocksOf parts the cells of rows by host, which stands on the first row of each.
func blocksOf(cells [][]string) []*block {
	var out []*block
	for _, line := range cells {
		if line[0] != "" || len(out) == 0 {
			out = append(out, &block{host: line[0]})
		}
		b := out[len(out)-1]
		b.hops = append(b.hops, line[1:])
	}
	return out
}

// hopsOf returns the cells of all hops that stand below a heading.
func hopsOf(blocks []*block) [][]string {
	var out [][]string
	for _, b := range blocks {
		if b.line == nil {
			out = append(out, b.hops...)
		}
	}
	return out
}

// oneLiners chooses the blocks that are one line, and renders these: the host, the result,
// the time, and what was seen at which hop.
func (l layout) oneLiners(blocks []*block) ([]string, error) {
	header := []string{"HOST", "RESULT", timeHeader, "SEEN"}
	const host, result, time, seen = 0, 1, 2, 3
	var chosen []*block
	var cells [][]string
	for _, b := range blocks {
		if len(b.hops) == 1 {
			b.line = oneLine(b)
			chosen, cells = append(chosen, b), append(cells, b.line)
		}
	}
	room := l.width - gap*seen - widest(cells, result) - widest(cells, time)
	fits := func(b *block) bool {
		return columns(b.line[seen]) <= room/2 && columns(b.line[host])+columns(b.line[seen]) <= room
	}
	chosen, cells = keep(chosen, fits)
	// One column for all hosts: the longest of them must leave room for the longest text.
	rest := widest(cells, seen)
	_, cells = keep(chosen, func(b *block) bool { return columns(b.line[host])+rest <= room })
	widths := []int{widest(cells, host), widest(cells, result), widest(cells, time), rest}
	return gridRows(header, cells, widths, l.paint)
}

// keep returns the blocks that fit, with the cells of their lines. Of the others it takes
// the line.
func keep(blocks []*block, fits func(*block) bool) (kept []*block, cells [][]string) {
	for _, b := range blocks {
		if !fits(b) {
			b.line = nil
			continue
		}
		kept, cells = append(kept, b), append(cells, b.line)
	}
	return kept, cells
}

// oneLine returns the line of a block of one hop. Its cells are the hop, the peer where
// it has a column, the result, the time and what was seen.
func oneLine(b *block) []string {
	hop := b.hops[0]
	n := len(hop)
	var seen []string
	for _, cell := range append(slices.Clone(hop[:n-3]), hop[n-1]) {
		if cell != "" {
			seen = append(seen, cell)
		}
	}
	return []string{b.host, hop[n-3], hop[n-2], strings.Join(seen, ": ")}
}
