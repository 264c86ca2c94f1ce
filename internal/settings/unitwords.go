package settings

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The two ways in which systemd refuses the rest of a list of words.
var (
	errEscape = errors.New("invalid escape sequence")
	errQuote  = errors.New("unbalanced quotes")
)

// unitWord is one word of a list in a unit, quotes removed and escapes resolved.
type unitWord struct {
	text    string
	escaped bool // a backslash escape was resolved in it
}

// splitWords splits a value as systemd does for Environment= (basic/
// extract-word.c with EXTRACT_UNQUOTE and EXTRACT_CUNESCAPE): blanks separate,
// quotes of either kind may begin anywhere in a word, and C escapes are resolved
// inside and outside of both. On an error it returns the words before it, which
// systemd has taken already.
func splitWords(value string) ([]unitWord, error) {
	var words []unitWord
	for value = strings.TrimLeft(value, unitBlanks); value != ""; value = strings.TrimLeft(value, unitBlanks) {
		word, rest, err := firstWord(value)
		if err != nil {
			return words, err
		}
		words = append(words, word)
		value = rest
	}
	return words, nil
}

// firstWord takes the word that begins value.
func firstWord(value string) (unitWord, string, error) {
	var out strings.Builder
	var word unitWord
	quote := byte(0)
	i := 0
	for ; i < len(value); i++ {
		c := value[i]
		switch {
		case c == '\\':
			text, size, ok := unescape(value[i+1:])
			if !ok {
				return word, "", errEscape
			}
			out.WriteString(text)
			i += size
			word.escaped = true
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && strings.IndexByte(unitBlanks, c) >= 0:
			word.text = out.String()
			return word, value[i:], nil
		default:
			out.WriteByte(c)
		}
	}
	if quote != 0 {
		return word, "", errQuote
	}
	word.text = out.String()
	return word, "", nil
}

// unescape resolves the C escape that follows a backslash (basic/escape.c,
// cunescape_one) and returns its text and length. NUL is refused.
func unescape(s string) (text string, size int, ok bool) {
	if s == "" {
		return "", 0, false
	}
	if i := strings.IndexByte(`abfnrtv\"'s`, s[0]); i >= 0 {
		return "\a\b\f\n\r\t\v\\\"' "[i : i+1], 1, true
	}
	switch s[0] {
	case 'x':
		return escapedNumber(s, 1, 2, 16)
	case 'u':
		return escapedNumber(s, 1, 4, 16)
	case 'U':
		return escapedNumber(s, 1, 8, 16)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		return escapedNumber(s, 0, 3, 8)
	}
	return "", 0, false
}

// escapedNumber resolves an escape of exactly digits digits from s[from:]; two
// or three of them are a byte, more are a character.
func escapedNumber(s string, from, digits, base int) (string, int, bool) {
	if len(s) < from+digits {
		return "", 0, false
	}
	number := s[from : from+digits]
	if strings.ContainsAny(number, "+-_") {
		return "", 0, false
	}
	n, err := strconv.ParseUint(number, base, 32)
	switch {
	case err != nil || n == 0:
		return "", 0, false
	case digits <= 3:
		return string([]byte{byte(n)}), from + digits, n <= 0xff
	case n > utf8.MaxRune || !utf8.ValidRune(rune(n)):
		return "", 0, false
	}
	return string(rune(n)), from + digits, true
}

// isName reports whether systemd takes a name for a variable's (basic/
// env-util.c, env_name_is_valid).
func isName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
