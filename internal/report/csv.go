package report

import (
	"encoding/csv"
	"io"
	"strings"
)

// CSV writes lines of cells (RFC 4180). Nothing in a cell moves a cursor, and a spreadsheet
// takes every cell for text.
func CSV(w io.Writer, lines [][]string) error {
	inert := make([][]string, 0, len(lines))
	for _, line := range lines {
		cells := make([]string, 0, len(line))
		for _, c := range line {
			cells = append(cells, inertCell(c))
		}
		inert = append(inert, cells)
	}
	return csv.NewWriter(w).WriteAll(inert)
}

// inertCell keeps a spreadsheet from taking a cell for a formula: the content may come
// from anyone (CWE-1236). Some spreadsheets see a formula even after blanks, and a tab
// or carriage return also begins one (OWASP, CSV Injection).
func inertCell(c string) string {
	begins := strings.TrimLeft(c, " ")
	c = printable(c)
	if begins != "" && strings.ContainsAny(begins[:1], "=+-@\t\r\n") || strings.HasPrefix(begins, "＝") || strings.HasPrefix(begins, "＋") ||
		strings.HasPrefix(begins, "－") || strings.HasPrefix(begins, "＠") {
		return "'" + c
	}
	return c
}
