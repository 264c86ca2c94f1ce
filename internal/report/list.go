package report

import (
	"bytes"
	"fmt"
	"io"
)

// List writes rows below a header in at most width columns; 0 means 80. The last
// column takes what the others leave.
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
			bound = total * 2 / 5
		}
		widths[i] = min(max(widest(cells, i), columns(name)), bound)
		rest -= widths[i]
	}
	widths[last] = max(rest, len(header[last]))
	if err := grid(&out, header, cells, widths, painter(false)); err != nil {
		return err
	}
	_, err := out.WriteTo(w)
	return err
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
