package report

import (
	"bytes"
	"fmt"
	"io"

	"pullpath/internal/diagnosis"
)

// Found writes the causes that a client's message may have, the most telling first,
// and how to tell which it is.
func Found(w io.Writer, found []diagnosis.Found, width int) error {
	width = TableOptions{Width: width}.width()
	var buf bytes.Buffer
	for _, f := range found {
		buf.WriteString(hang("", printable(f.Entry.Code)+": "+placeholders(f.Entry.Title), 2, width))
		for _, part := range [][2]string{
			{"prints", f.Symptom.Text},
			{"layer", string(f.Entry.Layer) + ", " + string(f.Entry.Severity)},
			{"ask", audience(f.Entry.Audience) + ": " + placeholders(f.Entry.Remedy)},
		} {
			buf.WriteString(hang(label(part[0]), printable(part[1]), labelWidth, width))
		}
	}
	if len(found) > 1 {
		fmt.Fprintf(&buf, "\n%s", hang("", "Clients print the same for several causes. pullpath check walks the path and tells which it is; pullpath explain CODE says more of each.", 0, width))
	}
	_, err := buf.WriteTo(w)
	return err
}

// symptomTexts are an entry's symptoms for terminal and document.
func symptomTexts(e diagnosis.Entry) []string {
	var out []string
	for _, s := range e.Symptoms {
		out = append(out, quoted(s.Text)+" ["+s.Cite+"]")
	}
	return out
}
