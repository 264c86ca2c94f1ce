package redact

import (
	"regexp"
	"strings"
)

// maxValue bounds a kept setting or header value, in runes. 512 holds every
// challenge and Via line seen in the field with room to spare, and is the
// length that is kept of a body (docs/rules.md, rule 12).
const maxValue = 512

// maxPort is the number of digits kept of what stands where a port would. Five
// write every valid and most mistyped ports; a longer number may be a password.
const maxPort = 5

var (
	// schemePart matches a scheme with what people write for "://". The short
	// forms (http:/proxy, http//proxy, http:proxy) are only read as a scheme if
	// the word is one: in user:pass@proxy the first word is a user.
	schemePart = regexp.MustCompile(`^(?i:(?:https?|socks(?:4a?|5h?)?|ftp)(?::/{0,3}|//)|[a-z][a-z0-9+.-]{0,11}://)`)

	// separator finds the last character that can end userinfo. A separator that
	// was percent-encoded by mistake (%40, %2540) counts: the parser sees no
	// userinfo there, a reader would see the password.
	separator = regexp.MustCompile(`(?i)@|%(?:25)*40|＠|﹫`)

	// hostPart matches a host name, an IPv4 or a bracketed IPv6 address; a lone
	// port is a host part with an empty name.
	hostPart = regexp.MustCompile(`^(?:\[[0-9A-Fa-f:.%\p{L}\p{N}_-]*\]|[\p{L}\p{M}\p{N}._*-]*)`)

	// bareIPv6 matches an IPv6 address written without brackets; endpoint asks
	// besides for a "::", for user:dead:beef matches too.
	bareIPv6 = regexp.MustCompile(`^[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,5}){2,8}`)

	portPart = regexp.MustCompile(`^:[0-9]*`)
)

// frame is what can stand by accident around a value: blanks, quotes, control
// characters and the byte order mark. It is kept, escaped, for it is often the
// fault itself.
const frame = " \t\r\n\v\f\x00\"'`\u00a0\u2018\u2019\u201c\u201d\u200b\ufeff"

// ProxyURL returns the value of a proxy variable as it may be shown: scheme,
// host and port as written, userinfo replaced by "REDACTED@", stray blanks,
// quotes and line ends around it made visible (a blank as \x20), and anything
// that follows host and port shortened to "…" after its first character.
//
// It does not trust a parser, because the values that matter are those that do
// not parse (http://DOM\user:p#w@proxy): everything up to the last @ is
// userinfo, wherever the @ stands. Where there is no @ a password can still
// stand in the port's place, so a port that is no number is withheld.
func ProxyURL(raw string) string {
	body := strings.TrimLeft(raw, frame)
	lead := raw[:len(raw)-len(body)]
	trimmed := strings.TrimRight(body, frame)
	tail := body[len(trimmed):]

	var out strings.Builder
	out.WriteString(visible(lead))
	if cuts := separator.FindAllStringIndex(trimmed, -1); cuts != nil {
		out.WriteString(schemePart.FindString(trimmed) + Mark + "@")
		out.WriteString(endpoint(trimmed[cuts[len(cuts)-1][1]:]))
	} else {
		out.WriteString(list(trimmed))
	}
	out.WriteString(visible(tail))
	return cut(out.String(), maxValue)
}

// list returns a value without any @: one endpoint, or several where a list was
// written. Behind the first, only what has a scheme, or a dotted name and a
// port, is an endpoint; the rest may be a stray word of a password and is withheld.
func list(s string) string {
	var out strings.Builder
	for first := true; s != ""; first = false {
		end := strings.IndexAny(s, ",; \t\r\n\u00a0")
		part, delimiter := s, ""
		if end >= 0 {
			size := len(s[end:]) - len(strings.TrimLeft(s[end:], ",; \t\r\n\u00a0"))
			part, delimiter = s[:end], s[end:end+size]
		}
		s = s[len(part)+len(delimiter):]
		scheme := schemePart.FindString(part)
		switch shown := endpoint(part[len(scheme):]); {
		case first || scheme != "" || isAddress(shown):
			out.WriteString(scheme + shown)
		default:
			out.WriteString(Mark)
		}
		out.WriteString(visible(delimiter))
	}
	return out.String()
}

// isAddress reports whether an endpoint has a dotted name and a port that was
// kept. A word with a number behind it (user:1234) is not enough.
func isAddress(s string) bool {
	host, port, found := strings.Cut(s, ":")
	return found && strings.Contains(host, ".") && port != "" && strings.Trim(port, "0123456789") == ""
}

// endpoint returns the host and port at the start of s. What follows is named by
// its first character and an ellipsis: that there is a path, a quote or a second
// proxy is worth knowing, what it says is not.
func endpoint(s string) string {
	host := hostPart.FindString(s)
	if six := bareIPv6.FindString(s); len(six) > len(host) && strings.Contains(six, "::") {
		return six + more(s[len(six):])
	}
	rest := s[len(host):]
	port := portPart.FindString(rest)
	rest = rest[len(port):]
	if port == "" || len(port) <= maxPort+1 && (rest == "" || isSign(rest)) {
		return host + port + more(rest)
	}
	return host + ":" + Mark
}

// more stands for the rest of a value: a sign that is known to separate, and an
// ellipsis for what follows it. A lone slash is complete in itself.
func more(rest string) string {
	switch {
	case rest == "" || rest == "/":
		return rest
	case isSign(rest):
		return visible(rest[:1]) + ellipsis
	}
	return ellipsis
}

// isSign reports whether s begins with a sign that ends a host or a port and
// that may be shown, because it says what went wrong.
func isSign(s string) bool { return strings.IndexByte("/?#,;\"'\\ ", s[0]) >= 0 }

// visible escapes s like escape and also writes blanks as \x20: at the edge of a
// value a blank is a fault that nobody would see.
func visible(s string) string {
	return strings.ReplaceAll(escape(s), " ", `\x20`)
}
