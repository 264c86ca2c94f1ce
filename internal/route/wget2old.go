package route

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// oldWget2Exempt is Wget2 1.99.1: equal, or, with a leading dot, the end; both in
// their ASCII form.
func oldWget2Exempt(list string, target *url.URL) (string, bool) {
	host := asciiOr(hostOf(target))
	for entry := range strings.SplitSeq(list, ",") {
		lower := asciiOr(strings.ToLower(entry))
		if lower != "" && (host == lower || lower[0] == '.' && strings.HasSuffix(host, lower)) {
			return entry, true
		}
	}
	return "", false
}

// oldWget2Reading is 1.99.1, which takes nearly everything for a proxy, has the
// default port of its scheme, and decodes the value before it takes it apart, so
// that an encoded password breaks it as a plain one does.
func oldWget2Reading(value string, _ *url.URL) reading {
	trimmed := strings.TrimFunc(value, isSpace)
	scheme, rest, found := strings.Cut(trimmed, "://")
	switch {
	case strings.HasPrefix(scheme, `"`), strings.HasPrefix(trimmed, "http//"), strings.HasPrefix(trimmed, "http:") &&
		!strings.HasPrefix(trimmed, "http:/"):
		return refused("the proxy URL cannot be parsed")
	case !found && strings.HasPrefix(trimmed, "http:/"):
		rest = strings.TrimPrefix(trimmed, "http:/")
	case !found:
		scheme, rest = "http", trimmed
	}
	user, host := cutUser(untilPath(decoded(rest)), true)
	name, port, ok := oldWget2Port(host)
	if strings.Contains(host, "@") || name == "" || !ok {
		return refused("the proxy URL cannot be parsed")
	}
	return dials("http", name, port, wgetPort(scheme), userinfo(user))
}

// oldWget2Port takes the digits that a port begins with; 0 and what is no port
// count as none.
func oldWget2Port(host string) (name, port string, ok bool) {
	name, port, _ = strings.Cut(host, ":")
	if inner, behind, bracketed := strings.Cut(strings.TrimPrefix(host, "["), "]"); bracketed && host[0] == '[' {
		name, port = inner, strings.TrimPrefix(behind, ":")
	}
	digits := leadingDigits(port)
	if port != "" && digits == "" {
		return "", "", false
	}
	if digits == "0" || len(digits) > 4 && !isPort(digits) {
		digits = ""
	}
	return name, digits, true
}

var percented = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// decoded decodes what is percent-encoded and leaves any other percent sign.
func decoded(text string) string {
	return percented.ReplaceAllStringFunc(text, func(code string) string {
		n, err := strconv.ParseUint(code[1:], 16, 8)
		if err != nil {
			return code
		}
		return string([]byte{byte(n)})
	})
}
