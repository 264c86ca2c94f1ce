package route

import (
	"net/netip"
	"net/url"
	"strings"
)

// httpxDialect is httpx, which turns the list into URL patterns
// (httpx/_utils.py, get_environment_proxies and URLPattern).
func httpxDialect(v version) Dialect {
	return Dialect{Name: "httpx-" + v.text, Family: "httpx", rules: rules{
		choose: pythonChoose(true), list: pythonList, exempt: httpxExempt, read: httpxReading,
		refuses: func(_ Environment, list string, _ *url.URL) string {
			for entry := range strings.SplitSeq(list, ",") {
				if httpxRejects(strings.TrimFunc(entry, isSpace)) {
					return "an entry of the NO_PROXY list is no URL pattern: httpx raises InvalidURL for every request"
				}
			}
			return ""
		},
	}}
}

// httpxRejects reports whether an entry makes an invalid pattern: brackets, an
// IPv6 prefix, a control character inside, letters beyond ASCII.
func httpxRejects(entry string) bool {
	if strings.Contains(entry, "://") {
		return false
	}
	address, _, prefixed := strings.Cut(entry, "/")
	addr, err := netip.ParseAddr(address)
	return strings.ContainsAny(entry, "[]\t\r\n") || err == nil && addr.Is6() && prefixed || !ascii(entry)
}

func httpxExempt(list string, target *url.URL) (string, bool) {
	entries := strings.Split(list, ",")
	for _, entry := range entries {
		if strings.TrimFunc(entry, isSpace) == "*" {
			return "*", true
		}
	}
	for _, entry := range entries {
		entry = strings.TrimFunc(entry, isSpace)
		if entry != "" && httpxMatches(entry, target) {
			return entry, true
		}
	}
	return "", false
}

func httpxMatches(entry string, target *url.URL) bool {
	host := strings.ToLower(target.Hostname())
	if scheme, rest, found := strings.Cut(entry, "://"); found {
		rest, _, _ = strings.Cut(rest, "/")
		name, port, ok := cutPort(rest)
		return ok && scheme == target.Scheme && strings.ToLower(name) == host && (port == "" || port == target.Port())
	}
	plain, _, _ := strings.Cut(entry, "/")
	if _, err := netip.ParseAddr(plain); err == nil {
		return plain == host
	}
	if plain == "localhost" {
		return host == plain
	}
	name, port, ok := cutPort(plain)
	if !ok || port != "" && port != httpxPort(target) {
		return false
	}
	name = strings.ToLower(name)
	if domain, dotted := strings.CutPrefix(name, "."); dotted {
		return domain != "" && strings.HasSuffix(host, "."+domain)
	}
	return name != "" && (host == name || strings.HasSuffix(host, "."+name))
}

// httpxPort returns the port as httpx keeps it: the scheme's own is dropped.
func httpxPort(target *url.URL) string {
	if p := target.Port(); p != "443" && p != "80" {
		return p
	}
	return ""
}

func httpxReading(value string, _ *url.URL) reading {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	if strings.ContainsAny(value, "\r\n\t") {
		return refused("invalid non-printable character in the URL")
	}
	scheme, rest, _ := strings.Cut(value, "://")
	if scheme = strings.ToLower(scheme); scheme != "http" && scheme != "https" {
		return refused("unknown scheme for proxy URL, or SOCKS without the package socksio")
	}
	authority := strings.TrimRight(rest, " ")
	if i := strings.IndexAny(authority, "/?#"); i >= 0 {
		authority = authority[:i]
	}
	user, host := lastUser(authority)
	name, port, ok := cutPort(host)
	if !ok && !isDigits(port) {
		return refused("invalid port")
	}
	if port == "0" {
		port = ""
	}
	return dials(scheme, name, port, defaultPort(&url.URL{Scheme: scheme}), userinfo(user))
}

// aiohttpDialect is aiohttp with trust_env (aiohttp/helpers.py,
// proxies_from_env): urllib's variables and its rule on the bare host, a proxy
// with https:// is left out with a warning.
func aiohttpDialect(v version) Dialect {
	return Dialect{Name: "aiohttp-" + v.text, Family: "aiohttp", rules: rules{
		choose: pythonChoose(false), list: pythonList,
		exempt: func(list string, target *url.URL) (string, bool) {
			return urllibExempt(list, unicodeOr(hostOf(target)))
		},
		read: func(value string, _ *url.URL) reading { return aiohttpReading(value) },
	}}
}

func aiohttpReading(value string) reading {
	value = strings.NewReplacer("\r", "", "\n", "", "\t", "").Replace(strings.Trim(value, " "))
	scheme, rest, found := strings.Cut(value, "://")
	if !found || strings.ContainsAny(scheme, `"/`) {
		return refused("InvalidURL")
	}
	if scheme = strings.ToLower(scheme); scheme == "https" || scheme == "wss" {
		return ignored()
	}
	authority := untilPath(rest)
	if strings.Contains(authority, `\`) {
		return refused("a backslash is not allowed in the URL")
	}
	user, host := lastUser(authority)
	name, port, ok := cutPort(host)
	if !ok || name == "" {
		return refused("the port is not a number between 0 and 65535")
	}
	return dials("http", name, port, "80", userinfo(user))
}
