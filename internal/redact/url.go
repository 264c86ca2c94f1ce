package redact

import (
	"net/url"
	"regexp"
	"strings"
)

// maxName bounds the name of a query parameter or of a cookie, in runes. The
// longest in use (X-Amz-Content-Sha256, X-Goog-SignedHeaders) have half of it.
const maxName = 64

// maxPath bounds a kept path, in runes: a repository name has at most 255, a
// digest 71, and the fixed parts of a blob path fill the rest.
const maxPath = 512

// pathValue matches name=value inside a path. Akamai and others sign in the
// path (/~exp=1700000000~acl=/*~hmac=0f3a…/).
var pathValue = regexp.MustCompile(`([A-Za-z0-9_.-]+)=[^/;&,~]*`)

// pathToken matches a JWT that stands in a path: its header always begins so,
// because it is the base64 of `{"`.
var pathToken = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{6,}[A-Za-z0-9_.-]*`)

// queryName matches what parameters are called; its bound is maxName.
var queryName = regexp.MustCompile(`^[A-Za-z0-9_.$\[\]~-]{1,64}$`)

// URL returns a target, realm or redirect URL as it may be kept: scheme, host
// and path stay, userinfo becomes "REDACTED@", query names stay and their values
// become REDACTED unless the name is one of the token protocol's harmless ones
// (see keepsQueryValue), and the fragment is dropped. A relative URL stays
// relative. What does not parse, or has an @ where none belongs, is treated like
// the value of a proxy variable: only scheme, host and port survive.
func URL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || strings.Contains(u.Host+u.Path+u.Fragment, "@") {
		return ProxyURL(raw)
	}
	var out strings.Builder
	if u.Scheme != "" {
		out.WriteString(u.Scheme + ":")
	}
	if u.Host != "" || u.User != nil {
		out.WriteString("//")
	}
	if u.User != nil {
		out.WriteString(Mark + "@")
	}
	if severalPorts.MatchString(u.Host) {
		out.WriteString(cut(u.Host, maxValue))
	} else {
		out.WriteString(cut(endpoint(u.Host), maxValue))
	}
	path := pathToken.ReplaceAllString(u.EscapedPath(), Mark)
	out.WriteString(Text(pathValue.ReplaceAllString(path, "$1="+Mark), maxPath))
	if u.RawQuery != "" {
		out.WriteString("?" + query(u.RawQuery))
	}
	return out.String()
}

// severalPorts matches a host that has more than one port: a registry behind a reverse proxy
// may name such a token server, and the ports are what shows it.
var severalPorts = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]{1,5}){2,}$`)

// query returns the pairs of a raw query in their order. A pair without "=" is
// withheld as a whole (nothing says whether it is a name or a bare signature),
// and so is one whose name has escapes in it (sig%3D…).
func query(raw string) string {
	pairs := strings.FieldsFunc(raw, func(r rune) bool { return r == '&' || r == ';' })
	for i, pair := range pairs {
		name, value, found := strings.Cut(pair, "=")
		switch {
		case !found || !queryName.MatchString(name):
			pairs[i] = Mark
		case keepsQueryValue(name):
			pairs[i] = name + "=" + Text(value, maxValue)
		default:
			pairs[i] = name + "=" + Mark
		}
	}
	return strings.Join(pairs, "&")
}

// keepsQueryValue reports whether the value of a query parameter is harmless:
// those of the token request that name what is asked for, not who asks
// (distribution spec, "Token Authentication Specification": service, scope,
// client_id, offline_token; account is the user name and stays out), and the
// region of a bucket.
func keepsQueryValue(name string) bool {
	switch name {
	case "service", "scope", "client_id", "offline_token", "region":
		return true
	}
	return false
}
