package route

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// pythonChoose is urllib's getproxies: the scheme's variable whatever its case,
// then, for clients that look there, all_proxy.
func pythonChoose(all bool) func(Environment, string) Variable {
	return func(env Environment, scheme string) Variable {
		if v := folded(env, scheme+"_proxy"); v.Value != "" || !all {
			return v
		}
		return folded(env, "all_proxy")
	}
}

func pythonList(env Environment) Variable { return folded(env, "no_proxy") }

// urllibDialect is Python's urllib.request.
func urllibDialect(v version) Dialect {
	return Dialect{Name: "python-urllib-" + v.text, Family: "python-urllib", rules: rules{
		choose: pythonChoose(false), list: pythonList, read: urllibReading,
		exempt: func(list string, target *url.URL) (string, bool) {
			return urllibExempt(list, strings.ToLower(target.Host))
		},
	}}
}

// urllibExempt is proxy_bypass_environment (urllib/request.py): equal or below,
// leading dots off, against the host as it stands in the URL and without its
// port.
func urllibExempt(list, hostport string) (string, bool) {
	if list == "*" {
		return "*", true
	}
	host := hostport
	if i := strings.LastIndexByte(hostport, ':'); i > strings.LastIndexByte(hostport, ']') && isDigits(hostport[i+1:]) {
		host = hostport[:i]
	}
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimFunc(entry, isSpace)
		domain := strings.TrimLeft(strings.ToLower(entry), ".")
		if underDomain(hostport, domain) || underDomain(host, domain) {
			return entry, true
		}
	}
	return "", false
}

// urllibReading is _parse_proxy and http.client: the credentials end at the last
// @ before a slash behind them, the port may have blanks around it, and the
// default for an https URL is 443, for the CONNECT goes out on a connection that
// was meant for the target.
func urllibReading(value string, target *url.URL) reading {
	scheme, rest, found := strings.Cut(value, ":")
	fallback := "443"
	if target.Scheme == "http" {
		fallback = "80"
	}
	switch {
	case !found || strings.Contains(scheme, "/") || !strings.HasPrefix(rest, "/"):
		scheme, rest = "http", value
	case !strings.HasPrefix(rest, "//"):
		return refused("proxy URL with no authority")
	default:
		rest = rest[2:]
		from := max(strings.LastIndexByte(rest, '@'), 0)
		if i := strings.IndexByte(rest[from:], '/'); i >= 0 {
			rest = rest[:from+i]
		}
	}
	user, host := lastUser(rest)
	name, port, ok := pythonPort(host)
	if !ok {
		return refused("nonnumeric port")
	}
	if target.Scheme == "https" || strings.TrimSpace(strings.ToLower(scheme)) != "https" {
		scheme = "http"
	}
	return dials(strings.TrimSpace(scheme), name, port, fallback, userinfo(user))
}

// pythonPort is http.client's _get_hostport with int(), which takes blanks and
// line ends around a number.
func pythonPort(host string) (name, port string, ok bool) {
	i := strings.LastIndexByte(host, ':')
	if i <= strings.LastIndexByte(host, ']') {
		return strings.Trim(host, "[]"), "", true
	}
	name, port = strings.Trim(host[:i], "[]"), strings.TrimFunc(host[i+1:], isSpace)
	if host[i+1:] == "" {
		return name, "", true
	}
	_, err := strconv.Atoi(port)
	return name, port, err == nil
}

// requestsDialect is psf/requests with urllib3 (requests/utils.py).
func requestsDialect(v version) Dialect {
	list := func(env Environment) Variable {
		if v, ok := env.first([]string{"no_proxy", "NO_PROXY"}); ok {
			return v
		}
		return pythonList(env)
	}
	return Dialect{Name: "requests-" + v.text, Family: "requests", rules: rules{
		choose: pythonChoose(true), list: list,
		exempt: func(list string, target *url.URL) (string, bool) { return requestsExempt(list, target, v) },
		read:   func(value string, _ *url.URL) reading { return requestsReading(value, v) },
	}}
}

// requestsExempt is should_bypass_proxies and then urllib's rule on the bare
// host. Before 2.34.0 the first had no label boundary (psf/requests#7427); before
// 2.22 host and port were those of the URL's text.
func requestsExempt(list string, target *url.URL, v version) (string, bool) {
	old := !v.atLeast(2, 22)
	host := asciiOr(hostOf(target))
	hostport := host
	if p := target.Port(); p != "" {
		hostport += ":" + p
	}
	bypass := host
	if old {
		hostport = asciiOr(strings.ToLower(target.Host))
		host, _, _ = strings.Cut(hostport, ":")
		bypass = hostport
	}
	addr, err := netip.ParseAddr(host)
	is4 := err == nil && addr.Is4()
	for entry := range strings.SplitSeq(strings.ReplaceAll(list, " ", ""), ",") {
		if entry == "" {
			continue
		}
		if is4 && requestsAddress(entry, addr) || !is4 && requestsSuffix(entry, host, hostport, v) {
			return entry, true
		}
	}
	return urllibExempt(list, bypass)
}

func requestsSuffix(entry, host, hostport string, v version) bool {
	if !v.atLeast(2, 34) {
		return strings.HasSuffix(host, entry) || strings.HasSuffix(hostport, entry)
	}
	entry = strings.TrimLeft(entry, ".")
	below := func(h string) bool { return h == entry || strings.HasSuffix(h, "."+entry) }
	return entry != "" && (below(host) || below(hostport))
}

// requestsAddress is is_valid_cidr and address_in_network: prefixes of 1 to 32
// bits, host bits allowed.
func requestsAddress(entry string, addr netip.Addr) bool {
	text, length, prefixed := strings.Cut(entry, "/")
	if !prefixed {
		return entry == addr.String()
	}
	bits, err := strconv.Atoi(length)
	network, bad := netip.ParseAddr(text)
	return err == nil && bad == nil && bits >= 1 && bits <= 32 && network.Is4() && prefixMatches(network, addr, bits)
}

// requestsScheme takes the scheme off, "http" where there is none, and says which
// values urllib3 refuses for it.
func requestsScheme(value string, v version) (scheme, rest, failure string) {
	scheme, rest, found := strings.Cut(value, "://")
	switch {
	case found:
	case strings.HasPrefix(value, "http:/"), strings.HasPrefix(value, "http:") && v.atLeast(2, 26):
		return "", "", "the proxy URL is malformed and could be missing the host"
	case strings.HasPrefix(value, "http:"):
		return "http", strings.TrimPrefix(value, "http:"), ""
	case strings.Contains(value, "@"), strings.Contains(value, ":") && v.atLeast(2, 25) && !v.atLeast(2, 26):
		return "", "", "the proxy URL has no scheme"
	default:
		return "http", value, ""
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "http", "https":
		return scheme, rest, ""
	case "socks4", "socks4a", "socks5", "socks5h", "socks":
		return "", "", "SOCKS needs the package PySocks"
	}
	return "", "", "the scheme of the proxy URL is not supported"
}

// requestsReading is prepend_scheme_if_needed and urllib3's parse_url.
func requestsReading(value string, v version) reading {
	if strings.HasPrefix(value, " ") || strings.HasSuffix(value, " ") || strings.Contains(value, "\r") ||
		strings.HasSuffix(value, "\n") && !v.atLeast(2, 22) {
		return refused("failed to parse the proxy URL")
	}
	value = strings.TrimSuffix(value, "\n")
	scheme, rest, failure := requestsScheme(value, v)
	if failure != "" {
		return refused(failure)
	}
	if strings.Contains(rest, `\`) && v.atLeast(2, 25) {
		return refused("failed to parse the proxy URL")
	}
	authority := untilPath(rest)
	user, host := lastUser(authority)
	name, port, ok := cutPort(host)
	if !ok {
		return refused("failed to parse the proxy URL")
	}
	if port == "0" {
		port = ""
	}
	return dials(scheme, name, port, defaultPort(&url.URL{Scheme: scheme}), userinfo(user))
}
