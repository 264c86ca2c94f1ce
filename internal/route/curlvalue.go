package route

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// curlReading is libcurl's parse_proxy. At 7.61.1 it is code of its own, at 7.68
// the URL API (lib/urlapi.c); versions between take the older one.
func curlReading(value string, v version) reading {
	if !v.atLeast(7, 68) {
		return oldCurlReading(value, v)
	}
	if strings.ContainsAny(value, "\r\n") || strings.HasPrefix(value, " ") || strings.HasSuffix(value, " ") {
		return refused("unsupported proxy syntax")
	}
	scheme, rest := curlScheme(value)
	if scheme == "" {
		return refused("unsupported proxy scheme")
	}
	authority := untilPath(rest)
	user, host := cutUser(authority, false)
	if strings.Contains(user, " ") && v.atLeast(7, 81) || strings.Contains(host, "@") {
		return refused("unsupported proxy syntax")
	}
	name, port, ok := cutPort(host)
	if !ok || name == "" || strings.ContainsAny(name, "\"' <>\\^`{|}") {
		return refused("unsupported proxy syntax")
	}
	return dials(scheme, name, port, curlPort(scheme, v), userinfo(user))
}

// curlScheme takes the scheme off; "http" where there is none, "" for one that
// curl does not know as a proxy.
func curlScheme(value string) (scheme, rest string) {
	scheme, rest, found := strings.Cut(value, ":/")
	if !found || strings.ContainsAny(scheme, "/@:.") || scheme == "" {
		return "http", value
	}
	rest = strings.TrimPrefix(rest, "/")
	switch scheme = strings.ToLower(scheme); scheme {
	case "http", "https", "socks4", "socks4a", "socks5", "socks5h":
		return scheme, rest
	case "socks":
		return "socks4", rest
	}
	return "", rest
}

// curlPort returns the port that curl takes by itself: 1080 up to 8.18, 80 at 8.21
// (measured); https:// proxies 443.
func curlPort(scheme string, v version) string {
	switch {
	case scheme == "https" && v.atLeast(7, 52):
		return "443"
	case scheme == "http" && v.atLeast(8, 21):
		return "80"
	}
	return "1080"
}

// oldCurlReading splits at the first @ and the first colon, and reads as much of
// a port as is one.
func oldCurlReading(value string, v version) reading {
	scheme, rest, found := strings.Cut(value, "://")
	switch lower := strings.ToLower(scheme); {
	case !found:
		scheme, rest = "http", value
	case lower == "http", lower == "https", strings.HasPrefix(lower, "socks"):
		scheme = lower
		if lower == "socks" {
			scheme = "socks4"
		}
	case v.atLeast(7, 52):
		return refused("unsupported proxy scheme")
	default:
		scheme = "http"
	}
	user, host := cutUser(rest, true)
	if strings.HasPrefix(host, "[") {
		name, after, _ := strings.Cut(host[1:], "]")
		return dials(scheme, name, leadingDigits(strings.TrimPrefix(after, ":")), curlPort(scheme, v), userinfo(user))
	}
	name, port, hasPort := strings.Cut(host, ":")
	if hasPort {
		digits := leadingDigits(port)
		if digits == "" {
			digits = "0"
		}
		if n, err := strconv.Atoi(digits); (err != nil || n > 65535) && !v.atLeast(7, 52) {
			digits = ""
		}
		return dials(scheme, name, digits, curlPort(scheme, v), userinfo(user))
	}
	name, _, _ = strings.Cut(name, "/")
	return dials(scheme, name, "", curlPort(scheme, v), userinfo(user))
}

func leadingDigits(s string) string {
	if i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		return s[:i]
	}
	return s
}

// cutUser takes the credentials off an authority, at the first or the last @.
func cutUser(authority string, first bool) (user, host string) {
	i := strings.LastIndexByte(authority, '@')
	if first {
		i = strings.IndexByte(authority, '@')
	}
	if i < 0 {
		return "", authority
	}
	if !first && strings.Count(authority, "@") > 1 {
		return authority[:strings.IndexByte(authority, '@')], authority[strings.IndexByte(authority, '@')+1:]
	}
	return authority[:i], authority[i+1:]
}

// untilPath returns the authority of what follows "://".
func untilPath(rest string) string {
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		return rest[:i]
	}
	return rest
}

// lastUser takes the credentials off an authority, up to the last @.
func lastUser(authority string) (user, host string) {
	i := strings.LastIndexByte(authority, '@')
	return authority[:max(i, 0)], authority[i+1:]
}

// cutPort takes the port off a host; ok is false for a port that is none and
// for an IPv6 address without brackets.
func cutPort(host string) (name, port string, ok bool) {
	if strings.HasPrefix(host, "[") {
		address, after, found := strings.Cut(host[1:], "]")
		if _, err := netip.ParseAddr(address); err != nil || !found || after != "" && after[0] != ':' {
			return "", "", false
		}
		port = strings.TrimPrefix(after, ":")
		return address, port, isPort(port)
	}
	name, port, _ = strings.Cut(host, ":")
	return name, port, isPort(port)
}

// isPort takes the empty port, which means the default.
func isPort(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n <= 65535
}

// userinfo decodes credentials as clients do that send what they cannot decode
// as it stands; nil for none.
func userinfo(text string) *url.Userinfo {
	if text == "" {
		return nil
	}
	name, password, set := strings.Cut(text, ":")
	decode := func(s string) string {
		if plain, err := url.PathUnescape(s); err == nil {
			return plain
		}
		return s
	}
	if !set {
		return url.User(decode(name))
	}
	return url.UserPassword(decode(name), decode(password))
}
