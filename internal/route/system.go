package route

import (
	"net/netip"
	"net/url"
	"path"
	"strings"
)

// The families of settings that belong to a system or to a product and are no variables. A
// reader of such a setting gives its values under the names of the variables, with the setting's
// own name as the key, and these rules read the list of exceptions as the system does. No program
// reads the variables by them, so they are not among [Families].
const (
	// WinINET is how Windows reads ProxyServer and ProxyOverride
	// (https://learn.microsoft.com/windows/win32/wininet/enabling-internet-functionality).
	WinINET = "wininet"
	// MacOSProxies is how macOS reads the proxies of a network service
	// (https://developer.apple.com/documentation/cfnetwork/cfnetworkcopysystemproxysettings()).
	MacOSProxies = "macos-proxies"
	// ProductProxies is how the proxy of a product with settings of its own reads its list: names,
	// domains with or without an asterisk, prefixes of addresses, separated by commas
	// (https://docs.docker.com/desktop/settings-and-maintenance/settings/#proxies).
	ProductProxies = "product-proxies"
)

// ForSystem returns the rules of such a family. What is dialled for a value is what a Go program
// dials: host and port, with http:// where no scheme is written.
func ForSystem(family string) Dialect {
	exempt := map[string]func(string, *url.URL) (string, bool){WinINET: wininetExempt, MacOSProxies: macExempt,
		ProductProxies: productExempt}[family]
	return Dialect{Name: family, Family: family, rules: rules{
		choose: fallback(names([]string{"HTTPS_PROXY"}, []string{"HTTP_PROXY"}), "ALL_PROXY"),
		list:   firstOf("NO_PROXY"), exempt: exempt, own: loopbackOf, unseen: true,
		read:    func(value string, _ *url.URL) reading { return goReading(value, parseVersion(goNewest)) },
		notRead: func(string) string { return "it names a proxy for other schemes" },
	}}
}

// loopbackOf is the rule by which a system never proxies its own addresses.
func loopbackOf(target *url.URL) string {
	host := hostOf(target)
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsLoopback() || host == "localhost" {
		return "the system reaches its own addresses without a proxy"
	}
	return ""
}

// wininetExempt is ProxyOverride: entries between semicolons or blanks, each a host with
// asterisks, with a scheme or a port where they matter; <local> is every name without a dot.
func wininetExempt(list string, target *url.URL) (string, bool) {
	for _, entry := range strings.FieldsFunc(list, func(r rune) bool { return r == ';' || r == ' ' || r == '\t' || r == '\r' || r == '\n' }) {
		if strings.EqualFold(entry, "<local>") {
			if host := hostOf(target); !strings.ContainsAny(host, ".:") {
				return entry, true
			}
			continue
		}
		if globMatches(entry, target) {
			return entry, true
		}
	}
	return "", false
}

// macExempt is ExceptionsList, which a reader joins with commas, and ExcludeSimpleHostnames,
// which it writes as <local>: names with asterisks, prefixes of addresses such as 169.254/16.
func macExempt(list string, target *url.URL) (string, bool) {
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)
		host := hostOf(target)
		if entry == "<local>" && !strings.ContainsAny(host, ".:") || inShortPrefix(entry, host) || globMatches(entry, target) {
			return entry, true
		}
	}
	return "", false
}

// productExempt takes a domain for all names below it as well.
func productExempt(list string, target *url.URL) (string, bool) {
	for entry := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ';' }) {
		entry = strings.TrimSpace(entry)
		host := hostOf(target)
		if inShortPrefix(entry, host) || globMatches(entry, target) || underDomain(host, strings.TrimPrefix(strings.TrimPrefix(entry,
			"*"), ".")) {
			return entry, true
		}
	}
	return "", false
}

// globMatches compares an entry with asterisks, and with its scheme and port where it has them.
func globMatches(entry string, target *url.URL) bool {
	pattern := strings.ToLower(entry)
	if scheme, rest, found := strings.Cut(pattern, "://"); found {
		if scheme != target.Scheme {
			return false
		}
		pattern = rest
	}
	if name, port, ok := cutPort(pattern); ok && port != "" && !strings.Contains(name, ":") {
		if port != impliedPort(target) {
			return false
		}
		pattern = name
	}
	if pattern == "" {
		return false
	}
	pattern = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `?`, `\?`).Replace(strings.Trim(pattern, "[]"))
	ok, err := path.Match(pattern, hostOf(target))
	return err == nil && ok
}

// inShortPrefix reports whether an address is within a prefix, of which macOS leaves the last
// zeros out: 10/8, 169.254/16.
func inShortPrefix(entry, host string) bool {
	addr, err := netip.ParseAddr(host)
	network, bits, prefixed := strings.Cut(entry, "/")
	if err != nil || !prefixed {
		return false
	}
	for strings.Count(network, ".") < 3 && !strings.Contains(network, ":") {
		network += ".0"
	}
	prefix, err := netip.ParsePrefix(network + "/" + bits)
	return err == nil && prefix.Contains(addr)
}
