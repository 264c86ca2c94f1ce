package fleet

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// A report of 80 KB has 2 KB that count here. What stands in between is passed over without
// being made anything of: that takes a tenth of the time that reading all of it does.

// errCut is the error of a text that ends before its values do, or is no JSON there.
var errCut = errors.New("the JSON is broken, or ends before its end")

// lists are members that are arrays, with what is called with each of their elements.
type lists map[string]func(value []byte) error

// members calls each with the members of an object, in their order, as they are written. A list
// is gone through on the way: nine tenths of a report are one, and are not looked at twice.
func members(text []byte, in lists, each func(name string, value []byte) error) error {
	_, err := inside(text, '{', '}', func(rest []byte) (int, error) {
		if rest[0] != '"' {
			return 0, errCut
		}
		end, err := endOfString(rest)
		if err != nil {
			return 0, err
		}
		colon := end + blanks(rest[end:])
		if colon >= len(rest) || rest[colon] != ':' {
			return 0, errCut
		}
		begin := colon + 1 + blanks(rest[colon+1:])
		name := string(rest[1 : end-1])
		if strings.Contains(name, `\`) || !utf8.ValidString(name) {
			if err := json.Unmarshal(rest[:end], &name); err != nil {
				return 0, errCut
			}
		}
		if list := in[name]; list != nil {
			length, err := listed(rest[begin:], list)
			return begin + length, err
		}
		length, err := endOfValue(rest[begin:])
		if err != nil {
			return 0, err
		}
		return begin + length, each(name, rest[begin:begin+length])
	})
	return err
}

// elements calls each with the elements of an array.
func elements(text []byte, each func(value []byte) error) error {
	_, err := listed(text, each)
	return err
}

// listed is elements of the array with which a text begins, and returns its length.
func listed(text []byte, each func(value []byte) error) (int, error) {
	return inside(text, '[', ']', func(rest []byte) (int, error) {
		length, err := endOfValue(rest)
		if err != nil {
			return 0, err
		}
		return length, each(rest[:length])
	})
}

// inside goes through what stands between two brackets, and returns the length of all of it: one
// takes what begins there, and returns its length.
func inside(text []byte, open, closed byte, one func(rest []byte) (int, error)) (int, error) {
	i := blanks(text)
	if i >= len(text) || text[i] != open {
		return 0, errCut
	}
	i++
	for first := true; ; first = false {
		i += blanks(text[i:])
		if i >= len(text) {
			return 0, errCut
		}
		if text[i] == closed {
			return i + 1, nil
		}
		if !first {
			if text[i] != ',' {
				return 0, errCut
			}
			if i += 1 + blanks(text[i+1:]); i >= len(text) {
				return 0, errCut
			}
		}
		length, err := one(text[i:])
		if err != nil {
			return 0, err
		}
		i += length
	}
}

// blanks is how many there are at the beginning.
func blanks(text []byte) int {
	for i, c := range text {
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return i
		}
	}
	return len(text)
}

// shortString is how much of a string is looked at byte by byte: names and most values are no
// longer, and bytes.IndexByte is dear for them.
const shortString = 24

// endOfString returns the length of the string with which a text begins.
func endOfString(text []byte) (int, error) {
	for i := 1; i < len(text); i++ {
		if i > shortString {
			return endOfLong(text, i)
		}
		switch text[i] {
		case '"':
			return i + 1, nil
		case '\\':
			i++
		}
	}
	return 0, errCut
}

// endOfLong is endOfString from a place on at which no escape is under way.
func endOfLong(text []byte, from int) (int, error) {
	for i := from; ; {
		next := bytes.IndexByte(text[i:], '"')
		if next < 0 {
			return 0, errCut
		}
		i += next + 1
		slashes := 0
		for j := i - 2; j >= from && text[j] == '\\'; j-- {
			slashes++
		}
		if slashes%2 == 0 {
			return i, nil
		}
	}
}

// counts are the bytes outside of strings that are looked at within an object or an array.
var counts = [256]bool{'"': true, '{': true, '[': true, '}': true, ']': true}

// endOfValue returns the length of the value with which a text begins.
func endOfValue(text []byte) (int, error) {
	if len(text) == 0 {
		return 0, errCut
	}
	switch text[0] {
	case '"':
		return endOfString(text)
	case '{', '[':
		return endOfNested(text)
	}
	for i, c := range text {
		switch c {
		case ',', ' ', '\n', '\t', '\r', '}', ']', '"', '{', '[':
			return i, ending(i)
		}
	}
	return len(text), nil
}

// endOfNested is endOfValue of an object or an array.
func endOfNested(text []byte) (int, error) {
	depth := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if !counts[c] {
			continue
		}
		switch c {
		case '"':
			length, err := endOfString(text[i:])
			if err != nil {
				return 0, err
			}
			i += length - 1
		case '{', '[':
			depth++
		default:
			if depth--; depth == 0 {
				return i + 1, nil
			}
		}
	}
	return 0, errCut
}

// ending refuses a value without a character.
func ending(length int) error {
	if length == 0 {
		return errCut
	}
	return nil
}
