package report

import (
	"bytes"
	"fmt"
	"io"
)

// List writes rows below a header in at most width columns; 0 means 80. The last
// column takes what the others leave, and stands below them where that is little.
func List(w io.Writer, header []string, rows [][]string, width int) error {
	var out bytes.Buffer
	cells := make([][]string, 0, len(rows))
	for _, r := range rows {
		cells = append(cells, clean(append([]string{}, r...)...))
	}
	total := TableOptions{Width: width}.width()
	widths := make([]int, len(header))
	last := len(header) - 1
	rest := total - gap*last
	for i, name := range header[:last] {
		// The first column is a name, which should not be broken where there is room.
		bound := total / 6
		if i == 0 {
			bound = total / 2
		}
		widths[i] = min(max(widest(cells, i), columns(name)), bound)
		rest -= widths[i]
	}
	widths[last] = max(rest, len(header[last]))
	write := grid
	if rest < minText && last > 1 {
		write = stackedGrid
	}
	if err := write(&out, header, cells, widths, painter(false)); err != nil {
		return err
	}
	_, err := out.WriteTo(w)
	return err
}

// minText is the least width of a column of sentences: two or three words fit into a line. A
// narrower one makes a row of a list five lines high.
const minText = 20

// stackedGrid is grid with the last cell of each row below the others, indented.
func stackedGrid(w io.Writer, header []string, cells [][]string, widths []int, paint painter) error {
	all, last := append([][]string{header}, cells...), len(header)-1
	var above [][]string
	for _, row := range all {
		above = append(above, row[:last])
	}
	rows, err := gridRows(header[:last], above, widths[:last], paint)
	if err != nil {
		return err
	}
	total := widths[last]
	for _, n := range widths[:last] {
		total += n + gap
	}
	for i, row := range rows {
		if _, err := io.WriteString(w, row+hang("  ", all[i][last], 4, total)); err != nil {
			return err
		}
	}
	return nil
}

// Facts writes names and values, one a line.
func Facts(w io.Writer, facts [][2]string) error {
	for _, f := range facts {
		if _, err := fmt.Fprintf(w, "  %-10s %s\n", printable(f[0]), printable(f[1])); err != nil {
			return err
		}
	}
	return nil
}
