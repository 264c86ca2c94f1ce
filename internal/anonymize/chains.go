package anonymize

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/product"
)

// attribute makes a common name or organization of a certificate anonymous. An
// open one stays, names of hosts are names, and what a product is recognised by
// stays.
func (a *maker) attribute(s string, open bool) string {
	if s == "" || open || ours.MatchString(s) {
		return s
	}
	if first, rest, ok := strings.Cut(s, "."); ok && nameForm.MatchString(s) {
		if isProduct(first) {
			return first + "." + a.host(rest)
		}
		return a.host(s)
	}
	if isProduct(s) {
		return s
	}
	return a.label("authority", s)
}

func isProduct(s string) bool {
	return len(product.OfChain([]evidence.Certificate{{IssuerCN: s, IssuerOrg: []string{s}}})) > 0
}

var part = regexp.MustCompile(`(?:\\.|[^,+\\])+`)

// subject makes a distinguished name anonymous (RFC 4514), part by part.
func (a *maker) subject(s string, open bool) string {
	return part.ReplaceAllStringFunc(s, func(p string) string {
		key, value, ok := strings.Cut(p, "=")
		switch {
		case !ok:
			return a.text(p)
		case key == "C" || open:
			return p
		case key == "CN" || key == "O":
			return key + "=" + a.attribute(unescape(value), open)
		}
		return key + "=" + a.label("part", value)
	})
}

func unescape(s string) string {
	return strings.NewReplacer(`\,`, ",", `\+`, "+", `\\`, `\`).Replace(s)
}

// hash replaces a fingerprint by a number of the same length. Those of the public
// web stay, and keys that are known to be in the wrong hands.
func (a *maker) hash(s string) string {
	if _, leaked := product.LeakedKey(s); leaked || a.open || a.seen[s] || ourHash.MatchString(s) {
		return s
	}
	key := "hash " + s
	if _, ok := a.pseudonyms[key]; !ok {
		a.counts["hash"]++
		a.pseudonyms[key] = fmt.Sprintf("%0*x", len(s), a.counts["hash"])
	}
	return a.pseudonyms[key]
}

var ourHash = regexp.MustCompile(`^0{12}[0-9a-f]*$`)

// link keeps of an address on a company's own host that it is one.
func (a *maker) link(s string) string {
	if u, err := url.Parse(s); err == nil && !a.isPublic(u.Hostname()) && u.Hostname() != "" && !a.genuine {
		return u.Scheme + "://" + a.host(u.Hostname()) + "/" + a.label("file", strings.TrimPrefix(u.Path, "/"))
	}
	return a.text(s)
}
