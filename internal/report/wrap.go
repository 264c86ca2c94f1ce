package report

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// columns measures s in terminal columns. Of two measures the larger counts:
// that of whole characters as a terminal draws them, and that of single code
// points, by which the table library lays out.
func columns(s string) int {
	n := 0
	g := displaywidth.StringGraphemes(s)
	for g.Next() {
		n += columnsOf(g.Value(), g.Width())
	}
	return n
}

func columnsOf(character string, drawn int) int {
	if len(character) == 1 {
		return drawn
	}
	return max(drawn, twwidth.WidthNoCache(character))
}

// wrap breaks s into lines of at most width columns: between words where that
// is possible, else inside a word. Only blanks at the breaks are dropped.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	flush := func() {
		if line != "" {
			lines = append(lines, line)
		}
		line = ""
	}
	for _, word := range strings.Fields(s) {
		if line != "" && columns(line)+1+columns(word) <= width {
			line += " " + word
			continue
		}
		flush()
		head, rest := breakWord(word, width)
		for rest != "" {
			lines = append(lines, head)
			head, rest = breakWord(rest, width)
		}
		line = head
	}
	flush()
	return lines
}

// breakWord splits a word behind at most width columns; rest is empty when all
// of it fits. It breaks behind a mark that joins the parts of a name or URL when
// one stands in the line's second half.
func breakWord(word string, width int) (head, rest string) {
	at, soft, used := 0, 0, 0
	g := displaywidth.StringGraphemes(word)
	for g.Next() {
		part := g.Value()
		used += columnsOf(part, g.Width())
		if used > width && at > 0 {
			break
		}
		at += len(part)
		if used > width/2 && strings.Contains("/.,:;=&?-", part) {
			soft = at
		}
	}
	if soft > 0 && at < len(word) {
		at = soft
	}
	return word[:at], word[at:]
}

// hang wraps text behind a lead on its first line and under it on the others.
// The lead is as wide as indent says, which a coloured one does not show.
func hang(lead, text string, indent, width int) string {
	lines := wrap(text, max(width-indent, 1))
	if len(lines) == 0 {
		return strings.TrimRight(lead, " ") + "\n"
	}
	return lead + strings.Join(lines, "\n"+strings.Repeat(" ", indent)) + "\n"
}

// hangCommand is hang for a shell command: it breaks only at a blank outside
// quotes and ends the line with a backslash, so that the whole can be pasted. A
// word that is too long for a line is left whole.
func hangCommand(lead, command string, indent, width int) string {
	room := width - indent - len(` \`)
	var lines []string
	line := ""
	for _, word := range shellWords(command) {
		switch {
		case line == "":
			line = word
		case columns(line)+1+columns(word) <= room:
			line += " " + word
		default:
			lines = append(lines, line+` \`)
			line = "  " + word
		}
	}
	lines = append(lines, line)
	return lead + strings.Join(lines, "\n"+strings.Repeat(" ", indent)) + "\n"
}

// shellWords splits a command at the blanks outside quotes; quotes stay.
func shellWords(command string) []string {
	var words []string
	var word strings.Builder
	var quote rune
	escaped := false
	for _, r := range command {
		switch {
		case escaped:
			escaped = false
		case r == '\\' && quote != '\'':
			escaped = true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case quote == 0 && r == ' ':
			if word.Len() > 0 {
				words = append(words, word.String())
				word.Reset()
			}
			continue
		}
		word.WriteRune(r)
	}
	if word.Len() > 0 {
		words = append(words, word.String())
	}
	return words
}
