package route

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// curlDialect is libcurl with its own reading of the variables (lib/url.c,
// detect_proxy): lower case first, HTTP_PROXY never (httpoxy), then all_proxy.
// An empty variable counts as unset.
func curlDialect(v version) Dialect {
	m := newCurlMatcher(v)
	choose := fallback(names([]string{"https_proxy", "HTTPS_PROXY"}, []string{"http_proxy"}), "all_proxy", "ALL_PROXY")
	return Dialect{Name: "curl-" + v.text, Family: "curl", rules: rules{
		choose: choose, list: firstOf("no_proxy", "NO_PROXY"), exempt: m.exempt,
		read:    func(value string, _ *url.URL) reading { return curlReading(value, v) },
		refuses: m.refuses,
		notRead: func(name string) string {
			if name == "HTTP_PROXY" {
				return "curl never reads HTTP_PROXY in upper case"
			}
			return ""
		},
	}}
}

// curlMatcher is libcurl's NO_PROXY matcher (lib/noproxy.c) as it changed.
type curlMatcher struct {
	cidr4     bool // 7.86: IPv4 prefixes, and addresses no longer match by their tail
	cidr6     bool // 8.18: IPv6 prefixes, other spellings of an IPv6 address
	bare6     bool // 7.61.1: a bare IPv6 address
	dots      bool // 7.87: a trailing dot of host or entry is ignored
	commas    bool // 8.9: a blank ends the list unless a comma follows
	tabs      bool // 7.86: tabs separate, or end, as blanks do
	broken    bool // 7.86.0 alone, see brokenExempt
	junk      bool // 7.86 to 8.17: what follows the prefix length is ignored
	idn       bool // the URL's host is compared in its ASCII form
	noIDN     bool // built without IDN: refuses such a URL
	noIPv6    bool // built without IPv6
	zoneError bool // up to 7.61 some builds refuse an address with a zone
}

// The builds that were measured and have no IDN (upstream tags without libidn2),
// no IPv6, or fail on zones; distributions build curl with both.
func newCurlMatcher(v version) curlMatcher {
	m := curlMatcher{
		cidr4: v.atLeast(7, 86), cidr6: v.atLeast(8, 18), bare6: v.atLeast(7, 61, 1), dots: v.atLeast(7, 87),
		commas: v.atLeast(8, 9), tabs: v.atLeast(7, 86), idn: v.atLeast(7, 86),
		broken: v.atLeast(7, 86) && !v.atLeast(7, 87), junk: v.atLeast(7, 86) && !v.atLeast(8, 18),
	}
	switch v.text {
	case "7.86.0", "7.87.0", "8.12.1", "8.16.0", "8.17.0", "8.18.0", "8.21.0":
		m.idn = false
	case "7.61.1":
		m.noIDN, m.zoneError = true, true
	case "7.58.0":
		m.zoneError = true
	case "7.29.0":
		m.noIPv6 = true
	}
	return m
}

func (m curlMatcher) refuses(_ Environment, _ string, target *url.URL) string {
	host := target.Hostname()
	switch {
	case m.noIPv6 && strings.Contains(host, ":"):
		return "this build does not know IPv6"
	case m.zoneError && strings.Contains(host, "%"):
		return "this version does not parse an address with a zone"
	case m.noIDN && !ascii(host):
		return "this build does not convert international names"
	}
	return ""
}

func (m curlMatcher) exempt(list string, target *url.URL) (string, bool) {
	if list == "*" {
		return "*", true
	}
	host := hostOf(target)
	if m.idn {
		host = asciiOr(host)
	}
	if m.broken {
		return brokenExempt(list, host)
	}
	for _, entry := range m.split(list) {
		if m.matches(entry, host) {
			return entry, true
		}
	}
	return "", false
}

// split takes the list apart. From 8.9.0 on it stops at the first entry that a
// blank follows and no comma does (curl e78913e6b5).
func (m curlMatcher) split(list string) []string {
	blank := " "
	if m.tabs {
		blank = " \t"
	}
	if !m.commas {
		return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || strings.ContainsRune(blank, r) })
	}
	var out []string
	for list != "" {
		list = strings.TrimLeft(list, blank)
		end := strings.IndexAny(list, blank+",")
		if end < 0 {
			return append(out, list)
		}
		if end > 0 {
			out = append(out, list[:end])
		}
		list = strings.TrimLeft(list[end:], blank)
		if !strings.HasPrefix(list, ",") {
			break
		}
		list = strings.TrimLeft(list, ",")
	}
	return out
}

func (m curlMatcher) matches(entry, host string) bool {
	addr, err := netip.ParseAddr(host)
	switch {
	case err == nil && addr.Is4() && m.cidr4:
		return m.matches4(entry, addr)
	case err == nil && addr.Is6() && m.cidr6:
		return matches6(entry, addr)
	case err == nil && addr.Is6() && !m.bare6:
		return false
	}
	if m.dots {
		entry, host = strings.TrimSuffix(entry, "."), strings.TrimSuffix(host, ".")
	}
	return underDomain(host, strings.TrimPrefix(entry, "."))
}

// underDomain reports whether host is the domain or, at a label boundary, below
// it.
func underDomain(host, domain string) bool {
	domain = strings.ToLower(domain)
	return domain != "" && (host == domain || strings.HasSuffix(host, "."+domain))
}

// matches4 is Curl_cidr4_match: a prefix of 0 bits means all of them.
func (m curlMatcher) matches4(entry string, addr netip.Addr) bool {
	text, length, prefixed := strings.Cut(entry, "/")
	network, err := netip.ParseAddr(text)
	if err != nil || !network.Is4() {
		return false
	}
	bits := 0
	if prefixed {
		digits := length
		if i := strings.IndexFunc(length, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
			digits = length[:i]
		}
		if digits != length && !m.junk {
			return false
		}
		bits, _ = strconv.Atoi(digits)
	}
	return prefixMatches(network, addr, bits)
}

func matches6(entry string, addr netip.Addr) bool {
	text, length, prefixed := strings.Cut(entry, "/")
	network, err := netip.ParseAddr(text)
	if err != nil || !network.Is6() {
		return false
	}
	bits := 0
	if prefixed {
		if bits, err = strconv.Atoi(length); err != nil {
			return false
		}
	}
	return prefixMatches(network, addr, bits)
}

func prefixMatches(network, addr netip.Addr, bits int) bool {
	if bits == 0 {
		return network == addr
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return false
	}
	wanted, err := network.Prefix(bits)
	return err == nil && prefix == wanted
}

// brokenExempt returns the matcher of 7.86.0 alone (curl#9813, #9981): a domain
// without a dot matches only itself, one with a dot compares up to the end of the
// whole list, so that only the last one works and needs no label boundary, and an
// address is read up to the next slash wherever that stands.
func brokenExempt(list, host string) (string, bool) {
	addr, err := netip.ParseAddr(host)
	is4 := err == nil && addr.Is4()
	for rest := strings.TrimLeft(list, " \t,"); rest != ""; rest = strings.TrimLeft(rest, " \t,") {
		end := strings.IndexAny(rest, " \t,")
		if end < 0 {
			end = len(rest)
		}
		entry, last := rest[:end], end == len(rest)
		domain, dotted := strings.CutPrefix(strings.ToLower(entry), ".")
		switch {
		case is4 && brokenAddress(rest, addr),
			!is4 && dotted && last && strings.HasSuffix(host, domain),
			!is4 && !dotted && domain == host:
			return entry, true
		}
		rest = rest[end:]
	}
	return "", false
}

func brokenAddress(rest string, addr netip.Addr) bool {
	text, length, prefixed := strings.Cut(rest, "/")
	network, err := netip.ParseAddr(text)
	if err != nil || !network.Is4() {
		return false
	}
	bits := 0
	if prefixed {
		digits := strings.IndexFunc(length+",", func(r rune) bool { return r < '0' || r > '9' })
		bits, _ = strconv.Atoi(length[:digits])
	}
	return prefixMatches(network, addr, bits)
}
