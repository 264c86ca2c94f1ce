package settings

import (
	"strings"
)

// directive is one assignment of a systemd unit or configuration file.
type directive struct {
	section string // "" outside of any
	key     string
	value   string
	line    int // where it begins, from 1
}

// brokenLine is a line that systemd refuses.
type brokenLine struct {
	line  int
	fatal bool // systemd gives the whole file up
}

// unitBlanks are systemd's white space (basic/string-util.h, WHITESPACE).
const unitBlanks = " \t\n\r"

// parseUnit splits a unit as systemd does (shared/conf-parser.c,
// config_parse): a line that ends in an odd number of backslashes goes on after
// a blank, lines that begin with # or ; are comments even there, a line without
// = is skipped, and a broken section header ends the file.
//
// go-systemd's unit package reads the same format but gives no line numbers,
// refuses lines over 2048 bytes, which a NO_PROXY list of OpenShift exceeds and
// systemd accepts, and stops at a line without =. It is the oracle of the tests.
func parseUnit(text string) ([]directive, []brokenLine) {
	var found []directive
	var broken []brokenLine
	section := ""
	for _, l := range logicalLines(text) {
		switch key, value, ok := strings.Cut(l.text, "="); {
		case strings.HasPrefix(l.text, "["):
			if !strings.HasSuffix(l.text, "]") {
				return found, append(broken, brokenLine{l.line, true})
			}
			section = l.text[1 : len(l.text)-1]
		case !ok:
			broken = append(broken, brokenLine{l.line, false})
		default:
			found = append(found, directive{section, strings.Trim(key, unitBlanks), strings.Trim(value, unitBlanks), l.line})
		}
	}
	return found, broken
}

// logicalLine is what continuation lines were joined to, trimmed.
type logicalLine struct {
	text string
	line int // of its first part, from 1
}

// logicalLines joins continuation lines and leaves out comments and empty lines.
func logicalLines(text string) []logicalLine {
	var lines []logicalLine
	var parts []string
	begin, number := 0, 0
	for physical := range strings.SplitSeq(text, "\n") {
		number++
		physical = strings.TrimRight(physical, "\r")
		if trimmed := strings.TrimLeft(physical, unitBlanks); trimmed != "" && strings.Contains("#;", trimmed[:1]) {
			continue
		}
		if len(parts) == 0 {
			begin = number
		}
		if continues(physical) {
			parts = append(parts, physical[:len(physical)-1])
			continue
		}
		joined := strings.Trim(strings.Join(append(parts, physical), " "), unitBlanks)
		if joined != "" {
			lines = append(lines, logicalLine{joined, begin})
		}
		parts = nil
	}
	if rest := strings.Trim(strings.Join(parts, " "), unitBlanks); rest != "" {
		lines = append(lines, logicalLine{rest, begin})
	}
	return lines
}

// continues reports whether a line ends in a backslash that is not itself
// escaped.
func continues(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}
