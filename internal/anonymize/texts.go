package anonymize

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"golang.org/x/net/publicsuffix"

	"pullpath/internal/evidence"
	"pullpath/internal/product"
)

var (
	ipv4Form = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`)
	ipv6Form = regexp.MustCompile(`(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}`)
	urlForm  = regexp.MustCompile(`\b([a-z][a-z0-9+]*://)([^/\s@"']*@)?([^/\s:@"'\[\]]+)`)
	dotted   = regexp.MustCompile(`[\p{L}\p{N}_*-]+(?:\.[\p{L}\p{N}_-]+)+`)
	lookup   = regexp.MustCompile(`\blookup ([^\s:]+)`)
	homeForm = regexp.MustCompile(`(/(?:home|Users)/|\\Users\\)([^/\\\s:,"']+)`)
	fileForm = regexp.MustCompile(`([^/\\\s:,"']+)(\.(?:crt|pem|cer|cert|key|der|yaml|yml))\b`)
)

// usual are names of certificate files that say nothing about a company.
var usual = map[string]bool{"ca": true, "cert": true, "client": true, "key": true, "tls": true, "ca-bundle": true, "tls-ca-bundle": true,
	"ca-certificates": true, "redhat-ca": true, "NAME": true, "ca-bundle.trust": true, "registries": true, "*": true, "rootCA": true}

// text makes free text anonymous: known words, paths, URLs, names, addresses. Hops say
// the same over and over, and each text is worked through once in a pass.
func (a *maker) text(s string) string {
	out, known := a.texts[s]
	if !known {
		out = a.rewritten(s)
		a.texts[s] = out
	}
	return out
}

func (a *maker) rewritten(s string) string {
	s = a.replacer.Replace(s)
	s = homeForm.ReplaceAllStringFunc(s, func(m string) string {
		p := homeForm.FindStringSubmatch(m)
		a.learnWord(strings.ToLower(p[2]))
		return p[1] + a.label("user", p[2])
	})
	s = fileForm.ReplaceAllStringFunc(s, func(m string) string {
		p := fileForm.FindStringSubmatch(m)
		if usual[p[1]] {
			return m
		}
		return a.label("file", p[1]) + p[2]
	})
	s = urlForm.ReplaceAllStringFunc(s, func(m string) string {
		p := urlForm.FindStringSubmatch(m)
		return p[1] + p[2] + a.nameAlone(p[3])
	})
	s = lookup.ReplaceAllStringFunc(s, func(m string) string { return "lookup " + a.nameAlone(strings.TrimPrefix(m, "lookup ")) })
	s = ipv6Form.ReplaceAllStringFunc(s, a.addressText)
	s = ipv4Form.ReplaceAllStringFunc(s, a.addressText)
	return a.unspoken(dotted.ReplaceAllStringFunc(s, a.dottedName))
}

// nameAlone is host for names; an address has its own turn, and only one.
func (a *maker) nameAlone(s string) string {
	if ipv4Form.MatchString(s) {
		return s
	}
	return a.host(s)
}

func (a *maker) addressText(m string) string {
	addr, err := netip.ParseAddr(m)
	if err != nil {
		return m
	}
	return a.address(addr)
}

// dottedName replaces what is a name: one that was met where only names stand, or
// one under a domain that names can be under. The rest are files and versions.
func (a *maker) dottedName(m string) string {
	suffix, icann := publicsuffix.PublicSuffix(strings.ToLower(m))
	top := suffix[strings.LastIndexByte(suffix, '.')+1:]
	if !icann && !privateTop[top] && a.pseudonyms["name "+strings.ToLower(m)] == "" || ipv4Form.MatchString(m) {
		return m
	}
	return a.host(m)
}

// privateTop are the top domains that companies give their inner names: RFC 6762
// appendix G, RFC 2606 and the reserved internal.
var privateTop = map[string]bool{"corp": true, "local": true, "lan": true, "home": true, "intranet": true, "private": true,
	"internal": true, "intra": true, "example": true, "test": true, "localdomain": true, "ad": true}

// page leaves a page's words out and says how many there were.
func (a *maker) page(s string) string {
	if leftOut.MatchString(s) {
		return s
	}
	return fmt.Sprintf("(%d characters left out)", len([]rune(s)))
}

var leftOut = regexp.MustCompile(`^\(\d+ characters left out\)$`)

var (
	realmForm = regexp.MustCompile(`(?i)\brealm="([^"]*)"`)
	fromForm  = regexp.MustCompile(`(?i)\bfrom ([^\s:]+)`)
	viaForm   = regexp.MustCompile(`(?i)((?:^|,)\s*(?:HTTP/)?\d(?:\.\d)?\s+)([^\s:,(]+)`)
)

// header makes a header's value anonymous. Some name the node or the company in a
// single word (RFC 9110 sections 7.6.3 and 11.5; Squid's X-Cache).
func (a *maker) header(name, value string) string {
	switch strings.ToLower(name) {
	case "via":
		value = replacePart(viaForm, value, 2, func(s string) string { return a.node(s) })
	case "x-served-by":
		if single.FindString(value) == value {
			return a.node(value)
		}
	case "x-cache", "x-cache-lookup":
		value = replacePart(fromForm, value, 1, func(s string) string { return a.node(s) })
	case "proxy-authenticate", "www-authenticate":
		value = replacePart(realmForm, value, 1, func(s string) string { return a.param("realm", s) })
	}
	return a.text(value)
}

func replacePart(form *regexp.Regexp, s string, part int, change func(string) string) string {
	var out strings.Builder
	end := 0
	for _, m := range form.FindAllStringSubmatchIndex(s, -1) {
		out.WriteString(s[end:m[2*part]] + change(s[m[2*part]:m[2*part+1]]))
		end = m[2*part+1]
	}
	return out.String() + s[end:]
}

// node returns a proxy's name for itself: a host, or one word that may be anything.
func (a *maker) node(s string) string {
	if strings.Contains(s, ".") {
		return a.host(s)
	}
	if known(evidence.Header{Name: "Via", Value: "1.1 " + s}) {
		return s
	}
	return a.label("node", s)
}

// param makes a challenge's parameter anonymous.
func (a *maker) param(name, value string) string {
	if name != "realm" || strings.Contains(value, "://") {
		return a.text(value)
	}
	if known(evidence.Header{Name: "Proxy-Authenticate", Value: `Basic realm="` + value + `"`}) {
		return value
	}
	return a.label("realm", value)
}

// known reports whether a product is recognised by the header alone.
func known(h evidence.Header) bool {
	return len(product.OfTunnel(evidence.Tunnel{Headers: []evidence.Header{h}})) > 0
}
