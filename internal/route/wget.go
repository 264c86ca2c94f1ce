package route

import (
	"net/netip"
	"net/url"
	"strings"
)

// wgetDialect is GNU Wget: lower-case variables only, an empty one means direct
// (src/retr.c, getproxy; src/host.c, sufmatch).
func wgetDialect(v version) Dialect {
	return Dialect{Name: "wget-" + v.text, Family: "wget", rules: rules{
		choose: defined([]string{"https_proxy"}, []string{"http_proxy"}), list: firstOf("no_proxy"),
		exempt:  func(list string, target *url.URL) (string, bool) { return wgetExempt(list, target, v) },
		read:    wgetReading,
		refuses: func(_ Environment, _ string, target *url.URL) string { return refusesZones(target) },
		notRead: func(name string) string {
			if name == strings.ToUpper(name) {
				return "wget reads lower-case names only"
			}
			return ""
		},
	}}
}

// refusesZones returns the answer of clients that take no address with a zone.
func refusesZones(target *url.URL) string {
	if strings.Contains(target.Hostname(), "%") {
		return "the client does not take an address with a zone in a URL"
	}
	return ""
}

// wgetExempt compares from the end. The label boundary was there in 1.19.4, which
// had lost entries with a leading dot; in 1.20.3 they are back. Versions between
// measured ones take the older one's rules.
func wgetExempt(list string, target *url.URL, v version) (string, bool) {
	host := asciiOr(hostOf(target))
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimLeftFunc(entry, isSpace)
		lower := strings.ToLower(entry)
		if lower == "" || !strings.HasSuffix(host, lower) {
			continue
		}
		rest := host[:len(host)-len(lower)]
		boundary := rest == "" || strings.HasSuffix(rest, ".")
		switch {
		case !v.atLeast(1, 19):
			boundary = true
		case v.atLeast(1, 20, 3):
			boundary = boundary || strings.HasPrefix(lower, ".")
		}
		if boundary {
			return entry, true
		}
	}
	return "", false
}

// isSpace is C's isspace in the C locale.
func isSpace(r rune) bool { return strings.ContainsRune(" \t\n\v\f\r", r) }

// wgetReading is rewrite_shorthand_url and url_parse: name:password@host without
// a scheme is taken for FTP, and a proxy must be http, or https for an https URL.
func wgetReading(value string, target *url.URL) reading {
	if strings.ContainsFunc(value, isSpace) && !strings.Contains(value, "@") {
		return refused("the proxy URL cannot be parsed")
	}
	scheme, rest, found := strings.Cut(value, "://")
	if !found {
		if strings.Contains(value, "@") {
			return refused("without a scheme, name:password@ is taken for FTP")
		}
		scheme, rest = "http", value
	}
	if scheme = strings.ToLower(scheme); scheme != "http" && (scheme != "https" || target.Scheme != "https") {
		return refused("the proxy must be http")
	}
	authority := untilPath(rest)
	user, host := cutUser(authority, true)
	name, port, ok := cutPort(host)
	if !ok || name == "" || strings.ContainsAny(name, "@\"") || strings.ContainsFunc(host, isSpace) {
		return refused("the proxy URL cannot be parsed")
	}
	return dials("http", name, port, wgetPort(scheme), userinfo(user))
}

// wget2Dialect is GNU Wget2 (libwget/http.c, wget_http_match_no_proxy_ips and
// its neighbours).
func wget2Dialect(v version) Dialect {
	old := !v.atLeast(2)
	choose := defined([]string{"https_proxy", "HTTPS_PROXY"}, []string{"http_proxy", "HTTP_PROXY"})
	if old {
		choose = defined([]string{"https_proxy"}, []string{"http_proxy"})
	}
	own := choose
	choose = func(env Environment, scheme string) Variable {
		if v := own(env, scheme); v.Value != "" || old || scheme == "http" {
			return v
		}
		return own(env, "http")
	}
	d := Dialect{Name: "wget2-" + v.text, Family: "wget2", rules: rules{
		choose: choose, list: firstDefinedOf("no_proxy", "NO_PROXY"), exempt: wget2Exempt, read: wget2Reading,
		refuses: func(_ Environment, _ string, target *url.URL) string { return refusesZones(target) },
	}}
	if old {
		d.rules.list, d.rules.exempt, d.rules.read, d.rules.refuses = firstOf("no_proxy"), oldWget2Exempt, oldWget2Reading, nil
	}
	return d
}

// wget2Exempt compares with the host as the URL has it, without folding case and
// without trimming blanks; a port counts only where the URL shows it.
func wget2Exempt(list string, target *url.URL) (string, bool) {
	host := asciiOr(target.Hostname())
	addr, err := netip.ParseAddr(host)
	isAddr := err == nil
	for entry := range strings.SplitSeq(list, ",") {
		plain := entry
		if i := strings.LastIndexByte(entry, ':'); i > 0 && strings.Count(entry, ":") == 1 {
			plain = entry[:i]
			if entry[i+1:] != target.Port() || strings.Contains(plain, "/") || plain == "*" {
				continue
			}
		}
		switch {
		case plain == "*", plain == "<local>" && !isAddr && !strings.Contains(host, "."):
			return entry, true
		case isAddr && wget2Address(plain, addr):
			return entry, true
		}
		domain := strings.TrimPrefix(strings.TrimPrefix(plain, "*"), ".")
		if strings.HasPrefix(plain, "*") && !strings.HasPrefix(plain, "*.") {
			continue
		}
		if domain != "" && !strings.HasPrefix(domain, ".") && (host == domain || strings.HasSuffix(host, "."+domain)) {
			return entry, true
		}
	}
	return "", false
}

// wget2Address compares addresses; a prefix with host bits set matches nothing.
func wget2Address(entry string, addr netip.Addr) bool {
	if a, err := netip.ParseAddr(entry); err == nil {
		return a == addr
	}
	prefix, err := netip.ParsePrefix(entry)
	return err == nil && prefix.Masked() == prefix && prefix.Contains(addr)
}

// wget2Reading ignores what wget_iri_parse does not take, and goes direct.
func wget2Reading(value string, _ *url.URL) reading {
	if strings.TrimFunc(value, isSpace) != value || strings.ContainsAny(value, `"`) || badPercent.MatchString(value) {
		return ignored()
	}
	scheme, rest, found := strings.Cut(value, ":/")
	rest = strings.TrimPrefix(rest, "/")
	switch lower := strings.ToLower(scheme); {
	case found && (lower == "http" || lower == "https"):
		scheme = lower
	case found && strings.HasPrefix(value, scheme+"://"):
		return refused("the proxy must be http or https")
	case strings.HasPrefix(lower, "http:"):
		return refused("the proxy URL has no host")
	default:
		return wget2Bare(value)
	}
	return wget2Authority(scheme, rest)
}

// wget2Bare reads a value without a scheme: only a name with a port is taken for
// host and port, an address is not.
func wget2Bare(value string) reading {
	name, port, hasPort := strings.Cut(value, ":")
	if isAddress(name) || !hasPort || !isPort(port) || port == "" || strings.ContainsAny(name, "/@") {
		return ignored()
	}
	return dials("http", name, port, "80", nil)
}

func wget2Authority(scheme, rest string) reading {
	if plain, err := url.PathUnescape(rest); err == nil && strings.ContainsAny(rest, "%") && strings.Count(plain, "@") > 1 {
		return refused("the decoded credentials cannot be parsed")
	}
	authority := untilPath(rest)
	user, host := cutUser(authority, true)
	name, port, ok := cutPort(host)
	switch {
	case strings.Contains(host, "@"), ok && port == "0":
		return refused("the proxy cannot be dialled")
	case !ok && isDigits(port):
		return refused("the port is not between 1 and 65535")
	case !ok || name == "":
		return ignored()
	}
	return dials(scheme, name, port, defaultPort(&url.URL{Scheme: scheme}), userinfo(user))
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// wgetPort returns the port of a proxy whose value names none.
func wgetPort(scheme string) string {
	if strings.EqualFold(scheme, "https") {
		return "443"
	}
	return "80"
}
