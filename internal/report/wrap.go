package report

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// columns returns the width of s in terminal columns. Terminals measure whole characters, the
// table library single code points; the larger of the two counts.
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

// breakWord splits a word after at most width columns; rest is empty when all of it
// fits. It breaks after a mark that joins the parts of a name or URL when one stands in
// the line's second half.
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

// hang wraps a text. The first line begins with the lead, the others are indented. The lead is
// as wide as indent says, also where it has colours in it.
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

// Comment returns a text as lines that begin with #, at most width columns wide; 0 means 80.
// Lines after the first stand in by indent.
func Comment(text string, indent, width int) string {
	width = TableOptions{Width: width}.width()
	lines := wrap(printable(text), max(width-indent-len("# "), 1))
	return "# " + strings.Join(lines, "\n# "+strings.Repeat(" ", indent)) + "\n"
}

// Hang is a text of at most width columns; 0 means 80. The first line begins with the lead, the
// others stand in by indent.
func Hang(lead, text string, indent, width int) string {
	return hang(lead, printable(text), indent, TableOptions{Width: width}.width())
}

// HangCommand is Hang for a shell command: its lines can be pasted.
func HangCommand(lead, command string, indent, width int) string {
	return hangCommand(lead, printable(command), indent, TableOptions{Width: width}.width())
}
