package redact

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ellipsis ends a text that was cut; it counts as one of the runes allowed.
const ellipsis = "…"

// mailAddress matches e-mail addresses as block pages and proxy errors print
// them ("contact jane.doe@corp.example"). It asks for no dot in the domain:
// intranet addresses such as helpdesk@corp are as personal as the others.
var mailAddress = regexp.MustCompile(`[\p{L}\p{N}.!#$%&'*+/=?^_{|}~-]+@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?`)

// mailMark replaces an e-mail address. It holds no @, so Text stays idempotent.
const mailMark = "[e-mail " + Mark + "]"

// Text makes s fit to be shown and kept: invalid bytes, control characters (C0,
// DEL, C1; also tab and newline), bidirectional controls, zero-width characters
// and line separators are written visibly as \xNN or \u{NNNN}, e-mail addresses
// are masked, and at most max runes are returned, the last of them an ellipsis
// if something was cut. A max below one yields the empty string.
//
// The result is one line of valid UTF-8 and Text of it is the same again. A
// backslash of the input is not doubled, so the escaping is for reading and
// cannot be undone with certainty.
func Text(s string, max int) string {
	if max < 1 {
		return ""
	}
	return cut(withoutMail(escape(s)), max)
}

// withoutMail masks mail addresses. An image by its digest, NAME@sha256:HEX, is none.
func withoutMail(s string) string {
	var out strings.Builder
	for at := mailAddress.FindStringIndex(s); at != nil; at = mailAddress.FindStringIndex(s) {
		found := s[at[0]:at[1]]
		out.WriteString(s[:at[0]])
		if _, domain, _ := strings.Cut(found, "@"); digestDomain(domain) && strings.HasPrefix(s[at[1]:], ":") {
			out.WriteString(found)
		} else {
			out.WriteString(mailMark)
		}
		s = s[at[1]:]
	}
	return out.String() + s
}

// digestDomain reports whether what stands behind an @ is the algorithm of a digest (OCI image
// spec, "Digests").
func digestDomain(domain string) bool { return domain == "sha256" || domain == "sha512" }

// Visible returns the first of what Text does: whatever must not reach a terminal or a
// page is written visibly. The result is one line of valid UTF-8.
func Visible(s string) string { return escape(s) }

// cut returns the first max runes of s, the last replaced by an ellipsis if any
// had to go.
func cut(s string, max int) string {
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	runes := []rune(s)
	return string(runes[:max-1]) + ellipsis
}

// escape writes every rune that must not reach a terminal or a page visibly.
func escape(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case isHidden(r) && r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case isHidden(r):
			fmt.Fprintf(&b, `\u{%04x}`, r)
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// isHidden reports whether r is not seen as itself: Unicode's control (Cc),
// format (Cf: bidi controls, zero-width characters, BOM, tags), line and
// paragraph separators (Zl, Zp), private use and unassigned runes, and blanks
// other than the ordinary one (a no-break blank in a proxy URL must be seen).
func isHidden(r rune) bool {
	return r != ' ' && !unicode.IsGraphic(r) || unicode.Is(unicode.Zs, r) && r != ' ' || isInvisibleLetter(r)
}

// isInvisibleLetter names the runes that Unicode classes as letters, marks or
// symbols but that fonts draw as nothing: combining grapheme joiner, Hangul
// fillers, Khmer inherent vowels, Braille blank, variation selectors.
func isInvisibleLetter(r rune) bool {
	switch {
	case r == 0x034f, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x2800, r == 0x3164, r == 0xffa0:
		return true
	}
	return unicode.Is(unicode.Variation_Selector, r)
}
