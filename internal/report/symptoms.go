package report

import (
	"bytes"
	"io"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/words"
)

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
