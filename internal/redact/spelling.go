package redact

import (
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// spelled is a text with, for each byte, the part of the original that it stands
// for: original[from[i]:to[i]]. A text that was taken apart by an escape stays so
// connected with what was written.
type spelled struct {
	text []byte
	// Texts of the wire are bounded far below the two GiB that these can count.
	from, to []int32
}

// spell returns a text as it was written.
func spell(text string) spelled {
	s := spelled{text: []byte(text), from: make([]int32, len(text)), to: make([]int32, len(text))}
	for i := range s.text {
		s.from[i], s.to[i] = int32(i), int32(i+1)
	}
	return s
}

// empty makes a text with room for one of the same length.
func (s spelled) empty() spelled {
	return spelled{text: make([]byte, 0, len(s.text)), from: make([]int32, 0, len(s.text)), to: make([]int32, 0, len(s.text))}
}

// put appends a text that stands for bytes i to j of another.
func (s *spelled) put(text string, of spelled, i, j int) {
	for k := range len(text) {
		s.text = append(s.text, text[k])
		s.from, s.to = append(s.from, of.from[i]), append(s.to, of.to[j-1])
	}
}

// copy appends bytes i to j of another as they are.
func (s *spelled) copy(of spelled, i, j int) {
	s.text = append(s.text, of.text[i:j]...)
	s.from, s.to = append(s.from, of.from[i:j]...), append(s.to, of.to[i:j]...)
}

// maxLayers is how many escapes around each other are taken off: a value in a URL,
// in JSON, in HTML is three, and some proxies escape a URL twice.
const maxLayers = 4

// decoded takes one layer of escapes off, of all kinds at once. It reports whether
// there was one.
func (s spelled) decoded() (spelled, bool) {
	if !s.hasEscapes() {
		return s, false
	}
	out, found := s.empty(), false
	for i := 0; i < len(s.text); {
		plain := i
		for i < len(s.text) && !mayEscape(s.text[i]) {
			i++
		}
		out.copy(s, plain, i)
		if i == len(s.text) {
			break
		}
		text, size := readEscape(s.text[i:])
		if size > 0 {
			out.put(text, s, i, i+size)
			found = true
		} else {
			_, size = utf8.DecodeRune(s.text[i:])
			out.copy(s, i, i+size)
		}
		i += size
	}
	return out, found
}

func mayEscape(b byte) bool { return b == '%' || b == '&' || b == '\\' || b >= utf8.RuneSelf }

func (s spelled) hasEscapes() bool {
	return bytes.ContainsAny(s.text, `%&\`) || !utf8.Valid(s.text)
}

// readEscape reads the escape at the beginning of a text: what it stands for and
// its length, 0 where there is none. A byte that is no UTF-8 is taken for Latin-1.
func readEscape(b []byte) (string, int) {
	switch {
	case b[0] == '%':
		if n, ok := hex(b, 1, 2); ok {
			return string([]byte{byte(n)}), 3
		}
	case b[0] == '&':
		return readEntity(b)
	case b[0] == '\\':
		return readBackslash(b)
	case b[0] >= utf8.RuneSelf:
		if r, size := utf8.DecodeRune(b); r == utf8.RuneError && size == 1 {
			return string(rune(b[0])), 1
		}
	}
	return "", 0
}

// maxEntity is longer than any name of an entity, and than a number in any form
// that is written by a program.
const maxEntity = 34

func readEntity(b []byte) (string, int) {
	end := strings.IndexByte(string(b[:min(len(b), maxEntity)]), ';')
	if end < 2 {
		return "", 0
	}
	written := string(b[:end+1])
	// More than two characters are an entity without its semicolon and the rest.
	if text := html.UnescapeString(written); text != written && utf8.RuneCountInString(text) <= 2 {
		return text, end + 1
	}
	return "", 0
}

// readBackslash reads the escapes of JSON, JavaScript, C and Go, and those that
// this package writes.
func readBackslash(b []byte) (string, int) {
	if len(b) < 2 {
		return "", 0
	}
	switch b[1] {
	case '/', '"', '\'', '\\', '`':
		return string(b[1:2]), 2
	case 'a', 'b', 'f', 'n', 'r', 't', 'v':
		return " ", 2
	case 'x':
		if n, ok := hex(b, 2, 2); ok {
			return string([]byte{byte(n)}), 4
		}
	case 'U':
		if n, ok := hex(b, 2, 8); ok {
			return string(rune(n)), 10
		}
	case 'u':
		return readUnicode(b)
	}
	return "", 0
}

// maxCode is how many digits a number of Unicode has.
const maxCode = 6

func readUnicode(b []byte) (string, int) {
	if len(b) > 2 && b[2] == '{' {
		end := strings.IndexByte(string(b[:min(len(b), 4+maxCode)]), '}')
		if end > 3 {
			if n, ok := hex(b, 3, end-3); ok {
				return string(rune(n)), end + 1
			}
		}
		return "", 0
	}
	n, ok := hex(b, 2, 4)
	if !ok {
		return "", 0
	}
	if r := rune(n); n >= 0xd800 && n < 0xdc00 && len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
		if low, ok := hex(b, 8, 4); ok && low >= 0xdc00 && low < 0xe000 {
			return string((r-0xd800)<<10 + (rune(low) - 0xdc00) + 0x10000), 12
		}
	}
	return string(rune(n)), 6
}

// hex reads a number of hexadecimal digits.
func hex(b []byte, at, digits int) (uint64, bool) {
	if len(b) < at+digits {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[at:at+digits]), 16, 32)
	return n, err == nil
}

// folded writes a text in lower case and without what may be lost or added on the
// way: control and format characters, and blanks, to which + counts as it stands for
// one in forms. With blank set, blanks in a row are one instead.
func (s spelled) folded(blank bool) spelled {
	out := s.empty()
	for i := 0; i < len(s.text); {
		r, size := rune(s.text[i]), 1
		if r > ' ' && r < 0x7f && r != '+' {
			out.text = append(out.text, lower(byte(r)))
			out.from, out.to = append(out.from, s.from[i]), append(out.to, s.to[i])
			i++
			continue
		}
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(s.text[i:])
		}
		switch {
		case r == '+' || unicode.IsSpace(r):
			if last := len(out.text) - 1; blank && last >= 0 && out.text[last] != ' ' {
				out.put(" ", s, i, i+size)
			}
		case unicode.IsControl(r) || r >= utf8.RuneSelf && unicode.Is(unicode.Cf, r):
		case r == utf8.RuneError:
			out.put(string(s.text[i:i+size]), s, i, i+size)
		default:
			out.put(string(unicode.ToLower(r)), s, i, i+size)
		}
		i += size
	}
	return out
}

// lowerASCII writes the letters A to Z in lower case and leaves all else where it
// is, so that places in the one text are places in the other.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = lower(c)
	}
	return string(b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
