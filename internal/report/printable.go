package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable returns s with every character escaped that is neither visible nor a plain
// blank: control characters, bidirectional and zero-width marks, foreign blanks and line
// ends, broken UTF-8. Evidence is escaped where it is made, but a saved report may come
// from anyone.
func printable(s string) string {
	if !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError:
			b.WriteString(escapeBroken(s[i:]))
		case hidden(r):
			b.WriteString(escapeRune(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hidden reports whether a character does not show as itself. The replacement
// character counts: it may stand for a byte that is no UTF-8.
func hidden(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// escapeBroken escapes the byte that begins s where it is no UTF-8; a genuine
// replacement character stays.
func escapeBroken(s string) string {
	if _, size := utf8.DecodeRuneInString(s); size > 1 {
		return s[:size]
	}
	return fmt.Sprintf(`\x%02x`, s[0])
}

func escapeRune(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < 0x100:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}
