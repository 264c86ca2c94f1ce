package report

import (
	"bytes"
	"io"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/words"
)

// Found writes the causes that a client's message may have, the most likely first, and how
// to find out which one it is.
func Found(w io.Writer, found []diagnosis.Found, width int) error {
	width = TableOptions{Width: width}.width()
	var buf bytes.Buffer
	for _, f := range found {
		buf.WriteString(hang("", printable(string(f.Entry.Code))+": "+placeholders(f.Entry.Title), 2, width))
		for _, part := range [][2]string{
			{"prints", f.Symptom.Text},
			{"layer", string(f.Entry.Layer) + ", " + string(f.Entry.Severity)},
			{"ask", audience(f.Entry.Audience) + ": " + placeholders(f.Entry.Remedy)},
			{"or", placeholders(otherWay(&f.Entry.Or))},
		} {
			if part[1] != "" {
				buf.WriteString(hang(label(part[0]), printable(part[1]), labelWidth, width))
			}
		}
	}
	if len(found) > 1 {
		const several = "Clients print the same for several causes. pullpath check tells which it is; " +
			"pullpath explain CODE says more of each."
		buf.WriteString("\n" + hang("", several, 0, width))
	}
	_, err := buf.WriteTo(w)
	return err
}

// NotFound says that no cause is known by a message, and what to try next.
func NotFound(w io.Writer, message string, width int) error {
	width = TableOptions{Width: width}.width()
	var buf bytes.Buffer
	buf.WriteString(hang("", "no cause is known by this text", 0, width))
	next := [][2]string{{"pullpath check HOST", "checks the path to the registry and names the cause"},
		{"pullpath explain", "lists the causes; --layer tls shows those of one layer"}}
	if last := lastPart(message); last != "" {
		next = append([][2]string{{"pullpath explain --symptom " + diagnosis.Quote(last), "asks for the last part of it alone"}}, next...)
	}
	for i, n := range next {
		buf.WriteString(hangCommand(label(onlyFirst("try", i)), printable(n[0]), labelWidth, width))
		buf.WriteString(hang(label(""), n[1], labelWidth, width))
	}
	_, err := buf.WriteTo(w)
	return err
}

// maxPart is the longest part of a message that is worth a try alone: a phrase of a client.
const maxPart = 80

// lastPart is what stands behind the last colon of a message, where a client says what
// happened; empty for a message of one part.
func lastPart(message string) string {
	parts := strings.Split(strings.TrimRight(strings.Join(strings.Fields(message), " "), `"'`), ": ")
	if last := parts[len(parts)-1]; len(parts) > 1 && len(last) <= maxPart {
		return last
	}
	return ""
}

// symptomTexts returns an entry's symptoms for terminal and document.
func symptomTexts(e diagnosis.Entry) []string {
	var out []string
	for _, s := range e.Symptoms {
		out = append(out, words.Quoted(s.Text)+" ["+s.Cite+"]")
	}
	return out
}
