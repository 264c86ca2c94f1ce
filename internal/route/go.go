package route

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// goNewest is the release whose rules are the newest known.
const goNewest = "1.26.8"

// Go returns the rules of net/http in the newest known Go release, the ones of
// podman, docker, containerd and crane built with it: upper case before lower
// case, an empty variable counts as unset, ALL_PROXY is not read, HTTP_PROXY is
// not used for https. (GOROOT/src/vendor/golang.org/x/net/http/httpproxy/proxy.go;
// the copy in x/net v0.61 and v0.62 prefers lower case, golang/go#79656, which is
// why the variables are chosen here and not by FromEnvironment.)
func Go() Dialect { return goDialect(parseVersion(goNewest)) }

// GoStrict is Go for a client whose own go.mod names Go 1.26 or later: net/url
// then refuses a host with colons that are no port (GODEBUG urlstrictcolons).
// Most clients built with 1.26 still name an older version, and the binaries
// that were measured do.
func GoStrict() Dialect {
	d := Go()
	d.Name += "-strict"
	d.rules.read = func(value string, _ *url.URL) reading {
		proxy, err := parseStrict(value)
		if err != nil || proxy.Scheme == "" || proxy.Host == "" {
			if retried, failed := parseStrict("http://" + value); failed == nil {
				proxy, err = retried, nil
			}
		}
		if err != nil || value == "" {
			return ignored()
		}
		return reading{proxy: proxy, port: defaultPort(proxy)}
	}
	return d
}

// parseStrict is url.Parse in its strict mode; the rest of the reading above is
// httpproxy's parseProxy.
func parseStrict(value string) (*url.URL, error) {
	u, err := url.Parse(value)
	if err == nil && looseColons(u.Host) {
		return nil, fmt.Errorf("too many colons in the host")
	}
	return u, err
}

// ForImages returns the dialect of a client on containers/image, which takes no IPv6
// address for a registry (docker/reference, "invalid reference format"; measured
// with podman, buildah and skopeo).
func (d Dialect) ForImages() Dialect {
	refuses := d.rules.refuses
	d.rules.refuses = func(env Environment, list string, target *url.URL) string {
		if strings.Contains(target.Hostname(), ":") {
			return "an image reference cannot have an IPv6 address for its registry"
		}
		return refuses(env, list, target)
	}
	return d
}

// KnowsStrictColons reports whether a Go release reads colons strictly where the
// program's go.mod names it: from 1.26 on.
func (d Dialect) KnowsStrictColons() bool {
	return d.Family == "go" && parseVersion(strings.TrimPrefix(d.Name, "go-")).atLeast(1, 26)
}

// looseColons reports whether net/url in its strict mode refuses the host.
func looseColons(host string) bool {
	return !strings.HasPrefix(host, "[") && strings.Count(host, ":") > 1
}

// The versions at which Go's answer changes (docs/field-notes.md#client-releases).
func goDialect(v version) Dialect {
	m := goMatcher{
		cidr:      v.atLeast(1, 11),
		octets:    v.atLeast(1, 17),
		ipDomains: !v.atLeast(1, 23, 7) || v.atLeast(1, 24) && !v.atLeast(1, 24, 1),
		idn:       v.atLeast(1, 19),
	}
	choose := names([]string{"HTTPS_PROXY", "https_proxy"}, []string{"HTTP_PROXY", "http_proxy"})
	if !v.atLeast(1, 16) {
		choose = fallback(choose, "HTTP_PROXY", "http_proxy")
	}
	return Dialect{Name: "go-" + v.text, Family: "go", rules: rules{
		choose: choose, list: firstOf("NO_PROXY", "no_proxy"), readFirst: true,
		own: goImplicit, exempt: m.exempt,
		read:    func(value string, _ *url.URL) reading { return goReading(value, v) },
		refuses: goRefuses(v, m),
		notRead: func(name string) string { return "Go's net/http does not read " + name },
	}}
}

// goReading asks the library what net/http makes of a value.
func goReading(value string, v version) reading {
	if !v.atLeast(1, 11) && goUnparsable(value) {
		return refused("Go before 1.11 reports an invalid proxy address")
	}
	if !v.atLeast(1, 23) {
		value = onlyKnownSchemes(value)
	}
	config := httpproxy.Config{HTTPSProxy: value}
	proxy, err := config.ProxyFunc()(&url.URL{Scheme: "https", Host: "registry.invalid"})
	if err != nil || proxy == nil {
		return ignored()
	}
	return reading{proxy: proxy, port: defaultPort(proxy)}
}

// goUnparsable reports whether net/url takes the value in no form.
func goUnparsable(value string) bool {
	_, first := url.Parse(value)
	_, second := url.Parse("http://" + value)
	return first != nil && second != nil
}

// onlyKnownSchemes puts http:// in front of a value with a scheme that httpproxy
// knew before x/net 8c07e20f (Go 1.23); that made the scheme the host.
func onlyKnownSchemes(value string) string {
	u, err := url.Parse(value)
	if err != nil {
		return value
	}
	switch u.Scheme {
	case "http", "https", "socks5", "":
		return value
	}
	return "http://" + value
}

// defaultPort returns the port of a proxy URL or the default that net/http dials
// (net/http/transport.go, schemePort); "" for a scheme without one.
func defaultPort(proxy *url.URL) string {
	if p := proxy.Port(); p != "" {
		return p
	}
	switch proxy.Scheme {
	case "http":
		return "80"
	case "https":
		return "443"
	case "socks5", "socks5h":
		return "1080"
	}
	return ""
}

// goImplicit names the rule by which Go never proxies a host: the library is
// asked with an empty list.
func goImplicit(target *url.URL) string {
	if libraryProxies("", target) {
		return ""
	}
	if strings.ContainsAny(target.Hostname(), "[]") {
		return "a host that cannot be told from its port is never proxied"
	}
	return "localhost and loopback addresses are never proxied"
}

// libraryProxies reports whether, with this list of exceptions and a proxy that
// is beyond doubt, target goes to the proxy.
func libraryProxies(list string, target *url.URL) bool {
	config := httpproxy.Config{HTTPProxy: "http://proxy.invalid:3128", HTTPSProxy: "http://proxy.invalid:3128", NoProxy: list}
	proxy, err := config.ProxyFunc()(target)
	return err == nil && proxy != nil
}

// goMatcher is what an older Go does otherwise than the library.
type goMatcher struct {
	cidr      bool // CIDR, ports, *., * in lists, and IP addresses in another spelling
	octets    bool // zero-padded octets are no address any more
	ipDomains bool // a domain entry also matches the tail of an IP address
	idn       bool // names with other letters are compared in their ASCII form
}

// exempt asks the library about one entry at a time, so that the entry that
// decides can be named.
func (m goMatcher) exempt(list string, target *url.URL) (string, bool) {
	if !m.cidr {
		return oldGoExempt(list, target)
	}
	for entry := range strings.SplitSeq(list, ",") {
		if entry = strings.TrimSpace(entry); entry != "" && m.matches(entry, target) {
			return entry, true
		}
	}
	return "", false
}

func (m goMatcher) matches(entry string, target *url.URL) bool {
	if !m.idn && !ascii(entry) {
		return false
	}
	if !libraryProxies(entry, target) {
		return true
	}
	if !m.octets {
		if plain := unpad(entry); plain != entry && !libraryProxies(plain, target) {
			return true
		}
	}
	return m.ipDomains && m.tailMatches(entry, target)
}

// tailMatches returns the domain rule as it was before x/net v0.36.0, which also
// compared an IP address with a domain entry (CVE-2025-22870).
func (m goMatcher) tailMatches(entry string, target *url.URL) bool {
	host := strings.ToLower(target.Hostname())
	if _, err := netip.ParseAddr(host); err != nil {
		return false
	}
	entry = strings.ToLower(strings.TrimPrefix(entry, "*"))
	if h, port, err := net.SplitHostPort(entry); err == nil {
		if port != impliedPort(target) {
			return false
		}
		entry = h
	}
	if _, err := netip.ParseAddr(entry); err == nil || entry == "" || strings.Contains(entry, "/") {
		return false
	}
	return host == entry || strings.HasSuffix(host, "."+strings.TrimPrefix(entry, "."))
}

// oldGoExempt is net/http before Go 1.11: plain names, a port in an entry is cut
// off, a leading dot matches the name itself too, * only as the whole list
// (go1.10 net/http/transport.go, useProxy).
func oldGoExempt(list string, target *url.URL) (string, bool) {
	if strings.TrimSpace(list) == "*" && list == "*" {
		return "*", true
	}
	host := target.Hostname()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	host = strings.ToLower(host)
	if a, err := asciiHost(host); err == nil {
		host = a
	}
	for entry := range strings.SplitSeq(list, ",") {
		p := strings.ToLower(strings.TrimSpace(entry))
		if p == "" {
			continue
		}
		if i := strings.LastIndexByte(p, ':'); i > strings.LastIndexByte(p, ']') {
			p = p[:i]
		}
		if host == p || p != "" && p[0] == '.' && (strings.HasSuffix(host, p) || host == p[1:]) ||
			p != "" && p[0] != '.' && strings.HasSuffix(host, "."+p) {
			return strings.TrimSpace(entry), true
		}
	}
	return "", false
}

// goRefuses returns which URLs a Go client cannot reach whatever the setting: an
// address with a zone that is no interface here, and, in a few releases, an
// IPv4-mapped address (golang/go#75815).
func goRefuses(v version, m goMatcher) func(Environment, string, *url.URL) string {
	mapped := v.atLeast(1, 24, 8) && !v.atLeast(1, 24, 10) || v.atLeast(1, 25, 2) && !v.atLeast(1, 25, 4)
	return func(_ Environment, list string, target *url.URL) string {
		host := target.Hostname()
		if addr, err := netip.ParseAddr(host); err == nil && addr.Is4In6() && mapped {
			return "this Go release does not parse an IPv4-mapped address in a URL"
		}
		if _, zone, found := strings.Cut(host, "%"); found && m.cidr && m.ipDomains {
			for entry := range strings.SplitSeq(list, ",") {
				if e := strings.TrimPrefix(strings.TrimSpace(entry), "*"); strings.HasPrefix(e, ".") && strings.HasSuffix("."+zone, e) {
					return "the entry " + strings.TrimSpace(entry) + " matches the zone, and no interface is called " + zone
				}
			}
		}
		return ""
	}
}

// unpad takes leading zeros off the octets of an IPv4 address, which Go before
// 1.17 read as decimal numbers all the same.
func unpad(entry string) string {
	octets := strings.Split(entry, ".")
	for i, o := range octets {
		if trimmed := strings.TrimLeft(o, "0"); isDigits(o) && trimmed != "" {
			octets[i] = trimmed
		}
	}
	return strings.Join(octets, ".")
}
