package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"pullpath/internal/crossing"
	"pullpath/internal/words"
)

// CrossingFormats are the forms in which two captures are compared.
func CrossingFormats() []string { return []string{"table", "json"} }

// Crossing writes what becomes of connections between two places of capture.
func Crossing(out io.Writer, format string, r crossing.Result, width int) error {
	if format == "json" {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	width = TableOptions{Width: width}.width()
	var buf bytes.Buffer
	buf.WriteString(hang("", fmt.Sprintf("%s (inside) and %s (outside)%s", r.Inside, r.Outside, clocks(r)), 2, width) + "\n")
	for _, c := range r.Crossings {
		what := c.What
		if c.By != "" {
			what += ", found again by " + c.By
		}
		buf.WriteString(hang("", printable(what), 2, width))
		for _, m := range c.Remarks {
			buf.WriteString(hang(fmt.Sprintf("  %-8s ", m.Kind), printable(m.Text), 11, width))
		}
		buf.WriteByte('\n')
	}
	buf.WriteString(hang("", crossingSum(r), 0, width))
	_, err := buf.WriteTo(out)
	return err
}

// clocks says how far the two clocks are apart.
func clocks(r crossing.Result) string {
	const like = 50 * time.Millisecond // a way to the other place takes as long
	switch {
	case r.Aligned == 0:
		return " · nothing tells how far their clocks are apart"
	case r.Offset.Abs() < like:
		return " · by one clock"
	}
	return fmt.Sprintf(" · the outside clock is %s ahead", r.Offset.Round(time.Millisecond))
}

func crossingSum(r crossing.Result) string {
	lost, made := 0, 0
	for _, c := range r.Crossings {
		for _, m := range c.Remarks {
			switch m.Kind {
			case crossing.Lost:
				lost++
			case crossing.Made:
				made++
			case crossing.Changed:
			}
		}
	}
	text := "nothing is lost or made between the two places"
	if lost+made > 0 {
		text = fmt.Sprintf("between the two places: %s lost, %s made there", words.Count(lost, "thing"), words.Count(made, "thing"))
	}
	text += fmt.Sprintf("; %d alike", r.Same)
	if r.OnlyOutside > 0 {
		text += fmt.Sprintf(", %d outside alone", r.OnlyOutside)
	}
	return text
}
