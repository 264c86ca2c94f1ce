package route

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// rubyDialect is Ruby's URI#find_proxy (lib/uri/generic.rb). Net::HTTP asks it
// for the http scheme whatever the URL's; open-uri for the URL's own.
func rubyDialect(family string, v version) Dialect {
	openURI := family == "ruby-openuri"
	m := rubyMatcher{v: v}
	return Dialect{Name: family + "-" + v.text, Family: family, rules: rules{
		choose: func(env Environment, scheme string) Variable {
			if !openURI {
				scheme = "http"
			}
			return rubyChoose(env, scheme)
		},
		list: firstDefinedOf("no_proxy", "NO_PROXY"), own: rubyImplicit, exempt: m.exempt, unsure: m.unsure,
		read: func(value string, _ *url.URL) reading { return rubyReading(value, openURI) },
		refuses: func(_ Environment, _ string, target *url.URL) string {
			if !ascii(target.Hostname()) {
				return "Ruby's URI takes ASCII only"
			}
			return refusesZones(target)
		},
	}}
}

// rubyChoose drops an upper-case HTTP_PROXY that a web client may have set.
func rubyChoose(env Environment, scheme string) Variable {
	if scheme == "http" && env.lookup("REQUEST_METHOD").Name != "" {
		return env.lookup("http_proxy")
	}
	return env.firstDefined(scheme+"_proxy", strings.ToUpper(scheme)+"_PROXY")
}

// rubyImplicit: the host is looked up first, and one that is loopback goes
// direct. Only the names that are loopback everywhere are known here.
func rubyImplicit(target *url.URL) string {
	host := strings.TrimSuffix(hostOf(target), ".")
	addr, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && addr.IsLoopback() && !addr.Is4In6() {
		return "a host that resolves to a loopback address is never proxied"
	}
	return ""
}

// rubyEntry is the pattern of use_proxy? (lib/uri/generic.rb).
var rubyEntry = regexp.MustCompile(`([^:,\s]+)(?::(\d+))?`)

// rubyMatcher is use_proxy?: Ruby compares the host, and then the address that it
// resolves to, with each entry.
type rubyMatcher struct {
	v version
	// resolves gives the addresses of a name where they are known; nil where not.
	resolves func(host string) []netip.Addr
}

func (m rubyMatcher) exempt(list string, target *url.URL) (string, bool) {
	host := hostOf(target)
	addr, err := netip.ParseAddr(host)
	known := err == nil
	if !known && m.resolves != nil {
		if found := m.resolves(host); len(found) > 0 {
			addr, known = found[0], true
		}
	}
	for _, e := range rubyEntry.FindAllStringSubmatch(list, -1) {
		name, port := strings.ToLower(e[1]), e[2]
		if port != "" && port != impliedPort(target) {
			continue
		}
		if !m.v.atLeast(2, 7) {
			name = strings.TrimLeft(name, ".")
		}
		ending := name
		if !strings.HasPrefix(name, ".") {
			ending = "." + name
		}
		if name != "" && strings.HasSuffix("."+host, ending) && (name[0] != '.' || strings.HasSuffix(host, name)) ||
			known && m.contains(e[1], addr) {
			return e[0], true
		}
	}
	return "", false
}

// contains is IPAddr#include?: an address, a prefix, or an address with a mask.
// Up to 3.0 an IPv4-mapped address is inside its IPv4 one.
func (m rubyMatcher) contains(entry string, addr netip.Addr) bool {
	prefix, ok := rubyPrefix(entry)
	if !ok {
		return false
	}
	if addr.Is4In6() && !m.v.atLeast(3, 1) {
		addr = addr.Unmap()
	}
	return prefix.Contains(addr)
}

func rubyPrefix(entry string) (netip.Prefix, bool) {
	text, length, prefixed := strings.Cut(entry, "/")
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	if !prefixed {
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	if mask, err := netip.ParseAddr(length); err == nil {
		bits := 0
		for _, b := range mask.AsSlice() {
			for ; b&0x80 != 0; b <<= 1 {
				bits++
			}
		}
		return netip.PrefixFrom(addr, bits).Masked(), true
	}
	p, err := netip.ParsePrefix(entry)
	return p.Masked(), err == nil
}

// unsure says that an address entry may match, once the name is looked up.
func (m rubyMatcher) unsure(list string, target *url.URL) string {
	if _, err := netip.ParseAddr(hostOf(target)); err == nil || m.resolves != nil {
		return ""
	}
	for _, e := range rubyEntry.FindAllStringSubmatch(list, -1) {
		if _, ok := rubyPrefix(e[1]); ok && (e[2] == "" || e[2] == impliedPort(target)) {
			return "Ruby looks the name up and goes direct if it resolves into " + e[1]
		}
	}
	return ""
}

// rubyURI has the characters that URI.parse takes in an authority (RFC 3986).
var rubyURI = regexp.MustCompile(`^[A-Za-z0-9._~!$&'()*+,;=:@%/\[\]-]*$`)

// rubyReading is URI.parse; open-uri refuses what is not http, and both go direct
// when no host is left.
func rubyReading(value string, openURI bool) reading {
	scheme, rest, found := strings.Cut(value, "://")
	userless := rest[strings.LastIndexByte(rest, '@')+1:]
	switch {
	case strings.HasPrefix(strings.ToLower(value), "http:") && !found:
		return ignored()
	case !rubyURI.MatchString(value), strings.Count(rest, "@") > 1, badPercent.MatchString(value), strings.Count(value, "://") > 1,
		strings.Contains(rest[:len(rest)-len(userless)], "/"):
		return refused("bad URI")
	case !found, openURI && strings.ToLower(scheme) != "http":
		return refused("non-HTTP proxy URI")
	}
	host, _, _ := strings.Cut(userless, "/")
	name, port, ok := cutPort(host)
	if !ok && !isDigits(port) || name == "" {
		return refused("bad URI")
	}
	user := ""
	if len(userless) < len(rest) {
		user = rest[:len(rest)-len(userless)-1]
	}
	fallback := "80"
	if strings.EqualFold(scheme, "https") {
		fallback = "443"
	}
	return dials("http", name, port, fallback, userinfo(user))
}
