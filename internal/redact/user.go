package redact

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The stars drawn for the first and for each further part of a user name. They
// are those of the example in docs/rules.md, rule 12: enough to recognise
// "organisation|name", too few to give the length of the parts away. The full
// length is told once, because a cut or doubled name is a common fault.
const (
	starsFirst   = 6
	starsFurther = 3
)

// User returns the shape of a user name: the first character of each part
// between "|" signs, stars for the rest, and the length in characters, as in
// "1******|m***, 14 characters". The empty name has the empty shape.
func User(name string) string {
	if name == "" {
		return ""
	}
	parts := strings.Split(name, "|")
	for i, part := range parts {
		stars := starsFurther
		if i == 0 {
			stars = starsFirst
		}
		parts[i] = initial(part, stars)
	}
	unit := "characters"
	length := utf8.RuneCountInString(name)
	if length == 1 {
		unit = "character"
	}
	return fmt.Sprintf("%s, %d %s", cut(strings.Join(parts, "|"), maxName), length, unit)
}

// initial keeps the first character of part, escaped, and draws at most stars
// stars for the others.
func initial(part string, stars int) string {
	if part == "" {
		return ""
	}
	_, size := utf8.DecodeRuneInString(part)
	others := utf8.RuneCountInString(part) - 1
	return visible(part[:size]) + strings.Repeat("*", min(others, stars))
}
