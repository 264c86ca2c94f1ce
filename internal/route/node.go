package route

import (
	"net/netip"
	"net/url"
	"strings"
)

// The versions of undici that Node carries: 22 has 6, 24 has 7, 26 has 8.
const (
	undici6 = 6
	undici7 = 7
	undici8 = 8
)

// undiciDialect is undici's EnvHttpProxyAgent (lib/dispatcher/env-http-proxy-agent.js).
func undiciDialect(v version) Dialect {
	line := undici7
	switch {
	case !v.atLeast(7):
		line = undici6
	case v.atLeast(8):
		line = undici8
	}
	d := undiciRules(line)
	d.Name, d.Family = "undici-"+v.text, "undici"
	if line == undici8 {
		d.rules.exempt = undici8Exempt
	}
	return d
}

// nodeFetchDialect is fetch in Node with NODE_USE_ENV_PROXY=1; older lines and
// Node without the variable read nothing.
func nodeFetchDialect(v version) Dialect {
	line := undici6
	switch {
	case v.atLeast(26):
		line = undici8
	case v.atLeast(24):
		line = undici7
	}
	d := undiciRules(line)
	d.Name, d.Family = "node-envproxy-fetch-"+v.text, "node-envproxy-fetch"
	if line == undici8 {
		d.rules.exempt = func(list string, target *url.URL) (string, bool) { return undici7Exempt(list, target, true) }
		read := d.rules.read
		d.rules.read = func(value string, target *url.URL) reading {
			r := read(value, target)
			if r.proxy != nil && r.proxy.Scheme == "https" {
				return refused("fetch in Node 26 fails on a proxy with https://")
			}
			return r
		}
	}
	return d
}

func undiciRules(line int) Dialect {
	https := []string{"https_proxy", "HTTPS_PROXY"}
	http := []string{"http_proxy", "HTTP_PROXY"}
	choose := func(env Environment, scheme string) Variable {
		if scheme == "https" {
			if v := env.firstDefined(https...); v.Value != "" {
				return v
			}
		}
		return env.firstDefined(http...)
	}
	exempt := undici6Exempt
	if line == undici7 {
		exempt = func(list string, target *url.URL) (string, bool) { return undici7Exempt(list, target, false) }
	}
	return Dialect{rules: rules{
		choose: choose, list: firstDefinedOf("no_proxy", "NO_PROXY"), exempt: exempt,
		read:    func(value string, _ *url.URL) reading { return undiciReading(value, line) },
		refuses: func(_ Environment, _ string, target *url.URL) string { return refusesZones(target) },
	}}
}

// noProxyEntry is an entry with the port that it names.
type noProxyEntry struct{ text, host, port string }

// undiciEntries splits at commas and white space, and takes digits behind the
// last colon for a port.
func undiciEntries(list string) []noProxyEntry {
	var out []noProxyEntry
	for _, text := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || isSpace(r) }) {
		e := noProxyEntry{text: text, host: strings.ToLower(text)}
		if i := strings.LastIndexByte(text, ':'); i > 0 && isDigits(text[i+1:]) {
			e.host, e.port = strings.ToLower(text[:i]), text[i+1:]
		}
		out = append(out, e)
	}
	return out
}

// whatwgHost returns the host as a URL object shows it: in ASCII, an address with
// brackets.
func whatwgHost(target *url.URL) string {
	host := asciiOr(hostOf(target))
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// undici6Exempt: an entry with a dot or asterisk in front is an ending, every
// other one the whole name.
func undici6Exempt(list string, target *url.URL) (string, bool) {
	host := whatwgHost(target)
	if list == "*" {
		return "*", true
	}
	for _, e := range undiciEntries(list) {
		if e.port != "" && e.port != impliedPort(target) {
			continue
		}
		ending := strings.HasPrefix(e.host, ".") || strings.HasPrefix(e.host, "*")
		if !ending && host == e.host || ending && strings.HasSuffix(host, strings.TrimPrefix(e.host, "*")) {
			return e.text, true
		}
	}
	return "", false
}

// undici7Exempt: a name and what is below it; * only as the whole list. Node 26
// (bare) also takes addresses without brackets and ignores a trailing dot.
func undici7Exempt(list string, target *url.URL, bare bool) (string, bool) {
	host := whatwgHost(target)
	if list == "*" {
		return "*", true
	}
	for _, e := range undiciEntries(list) {
		if bare {
			e, host = bareEntry(e), strings.TrimSuffix(host, ".")
		}
		if e.port != "" && e.port != impliedPort(target) {
			continue
		}
		domain := strings.TrimPrefix(strings.TrimPrefix(e.host, "*"), ".")
		if e.host == "*" || strings.HasPrefix(domain, ".") {
			continue
		}
		if underDomain(host, domain) {
			return e.text, true
		}
	}
	return "", false
}

// bareEntry reads an entry that is an IPv6 address without brackets as one, and
// takes a trailing dot off.
func bareEntry(e noProxyEntry) noProxyEntry {
	if addr, err := netip.ParseAddr(e.text); err == nil && addr.Is6() {
		e.host, e.port = "["+strings.ToLower(e.text)+"]", ""
	}
	e.host = strings.TrimSuffix(e.host, ".")
	return e
}

// undici8Exempt: * anywhere, *.name is below the name only, .name also the name.
func undici8Exempt(list string, target *url.URL) (string, bool) {
	host := strings.TrimSuffix(whatwgHost(target), ".")
	for _, e := range undiciEntries(list) {
		e = bareEntry(e)
		if e.port != "" && e.port != impliedPort(target) {
			continue
		}
		domain, below := strings.CutPrefix(e.host, "*.")
		domain = strings.TrimPrefix(domain, ".")
		switch {
		case e.host == "*":
			return e.text, true
		case strings.HasPrefix(domain, "."):
		case below && strings.HasSuffix(host, "."+domain), !below && underDomain(host, domain):
			return e.text, true
		}
	}
	return "", false
}

// undiciReading returns the URL object of the WHATWG standard and ProxyAgent's check
// of the scheme.
func undiciReading(value string, line int) reading {
	value = strings.NewReplacer("\r", "", "\n", "", "\t", "").Replace(strings.Trim(value, " \r\n\t"))
	scheme, rest, found := strings.Cut(value, ":")
	scheme = strings.ToLower(scheme)
	special := scheme == "http" || scheme == "https"
	switch {
	case !found || strings.ContainsAny(scheme, `"/@ `):
		return refused("invalid URL")
	case special:
		rest = strings.TrimLeft(rest, `/\`)
	case (scheme == "socks5" || scheme == "socks") && line > undici6 && strings.HasPrefix(rest, "//"):
		rest = rest[2:]
	default:
		return refused("the URL must start with http: or https:")
	}
	authority, path := rest, ""
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	user, host := lastUser(authority)
	name, port, ok := cutPort(host)
	switch {
	case !ok || name == "" || path != "" && path != "/":
		return refused("invalid URL")
	case badPercent.MatchString(user):
		return refused("URI malformed")
	}
	fallback := defaultPort(&url.URL{Scheme: scheme})
	if fallback == "" {
		fallback = "1080"
	}
	return dials(scheme, name, port, fallback, userinfo(user))
}

// nodeHTTPDialect is http.request in Node with NODE_USE_ENV_PROXY=1
// (lib/internal/http.js). fetch's agent is made at start too and refuses first.
func nodeHTTPDialect(v version) Dialect {
	line := undici6
	if v.atLeast(24) {
		line = undici7
	}
	return Dialect{Name: "node-envproxy-http-" + v.text, Family: "node-envproxy-http", rules: rules{
		choose:  names([]string{"https_proxy", "HTTPS_PROXY"}, []string{"http_proxy", "HTTP_PROXY"}),
		list:    firstOf("no_proxy", "NO_PROXY"),
		exempt:  func(list string, target *url.URL) (string, bool) { return nodeHTTPExempt(list, target, v) },
		refuses: func(_ Environment, _ string, target *url.URL) string { return refusesZones(target) },
		read: func(value string, _ *url.URL) reading {
			r := undiciReading(value, line)
			switch {
			case r.proxy == nil:
				return r
			case strings.ContainsAny(value, "\r\n"):
				return refused("invalid proxy URL")
			case !strings.HasPrefix(value, "http://") && !strings.HasPrefix(value, "https://"):
				return ignored()
			}
			return r
		},
	}}
}

// nodeHTTPExempt: whole names, endings with a dot or *. in front, ranges of IPv4
// addresses. Before nodejs/node#62333 a leading dot had no label boundary.
func nodeHTTPExempt(list string, target *url.URL, v version) (string, bool) {
	host := asciiOr(hostOf(target))
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimFunc(entry, isSpace)
		e := strings.ToLower(entry)
		domain, dotted := strings.CutPrefix(e, ".")
		below, starred := strings.CutPrefix(e, "*.")
		switch {
		case e == "":
		case e == "*", e == host, e == host+":"+impliedPort(target),
			dotted && !v.atLeast(24) && strings.HasSuffix(host, domain),
			dotted && underDomain(host, domain),
			starred && strings.HasSuffix(host, "."+below),
			inRange(e, host):
			return entry, true
		}
	}
	return "", false
}

// inRange reports whether an address is between the two of "10.1.2.0-10.1.2.255".
func inRange(entry, host string) bool {
	from, to, found := strings.Cut(entry, "-")
	if !found {
		return false
	}
	low, err := netip.ParseAddr(from)
	high, bad := netip.ParseAddr(to)
	addr, none := netip.ParseAddr(host)
	return err == nil && bad == nil && none == nil && low.Compare(addr) <= 0 && addr.Compare(high) <= 0
}

// directDialect returns a client that reads no variable.
func directDialect(family string, v version, why string) Dialect {
	none := func(Environment) Variable { return Variable{} }
	return Dialect{Name: family + "-" + v.text, Family: family, rules: rules{
		choose: func(Environment, string) Variable { return Variable{} }, list: none,
		exempt:  func(string, *url.URL) (string, bool) { return "", false },
		read:    func(string, *url.URL) reading { return ignored() },
		refuses: func(_ Environment, _ string, target *url.URL) string { return refusesZones(target) },
		notRead: func(string) string { return why },
	}}
}
