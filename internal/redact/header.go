package redact

import (
	"fmt"
	"regexp"
	"strings"
)

// Header returns the value of a header field, request or response, as it may be
// kept. Names that tell who answered, when, and what was asked for keep their
// value (see keepsHeader), escaped and cut to 512 runes. A Location is treated
// by [URL], a challenge keeps its scheme and its public parameters, credentials
// keep their scheme and cookies their names. Of every other header only the
// length of the value remains.
func Header(name, value string) string {
	switch name = strings.ToLower(name); name {
	case "location", "content-location":
		return URL(value)
	case "www-authenticate", "proxy-authenticate":
		return challenges(value)
	case "authorization", "proxy-authorization":
		return credentials(value)
	case "set-cookie":
		pair, _, _ := strings.Cut(value, ";")
		return cookie(pair)
	case "cookie":
		return cookies(value)
	}
	if keepsHeader(name) {
		return Text(value, maxValue)
	}
	return withheld(value)
}

// withheld stands for a value of which only the length may be known.
func withheld(value string) string {
	return fmt.Sprintf("%s (%d bytes)", Mark, len(value))
}

// KnownHeader reports whether a field has a well-known name, in upper or lower case: such
// a name is not a secret, even where a secret has the same letters.
func KnownHeader(name string) bool {
	switch name = strings.ToLower(name); name {
	case "location", "content-location", "www-authenticate", "proxy-authenticate", "authorization", "proxy-authorization",
		"set-cookie", "cookie",
		"refresh", "link", "alt-svc", "x-powered-by", "content-security-policy", "x-content-type-options", "x-frame-options":
		return true
	}
	return listedHeader(name)
}

// keepsHeader reports whether the value of a header, name in lower case, is
// evidence and holds no secret. The list has the standard fields that describe
// a message or its way (RFC 9110, 9111, 9112, 9209, 9211), those of the
// distribution specification, and those by which proxies, CDNs and registries
// name themselves, their rule, or the log line of this request.
func keepsHeader(name string) bool {
	for _, prefix := range []string{"ratelimit-", "x-ratelimit-", "x-cache", "x-registry-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return listedHeader(name)
}

// listedHeader returns the part of keepsHeader's list that has whole names.
func listedHeader(name string) bool {
	switch name {
	case "date", "age", "server", "via", "expires", "last-modified", "cache-control", "pragma", "vary",
		"content-type", "content-length", "content-encoding", "content-language", "content-range",
		"accept", "accept-encoding", "accept-ranges", "range", "allow", "host", "user-agent", "etag",
		"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "mime-version",
		"retry-after", "strict-transport-security",
		"cache-status", "proxy-status", "proxy-agent", "proxy-connection", "proxy-support",
		"docker-distribution-api-version", "docker-content-digest", "docker-ratelimit-source", "registry-proxy-request-id",
		"x-squid-error", "x-amz-cf-id", "x-amz-cf-pop", "x-amz-request-id", "x-amz-id-2",
		"x-ms-request-id", "x-request-id", "x-github-request-id", "x-served-by", "cf-ray", "cf-cache-status":
		return true
	}
	return name == "ratelimit"
}

var (
	// challengeStart matches an authentication scheme and what follows it, the
	// start of a challenge (RFC 9110, section 11.6.1).
	challengeStart = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]{0,31})(?:[ \t]+(.*))?$`)

	// challengeParameter matches name=token or name="text", also the
	// unquoted text with blanks that Squid setups send (realm=Corp Proxy). A
	// token68 blob does not match: its equals signs stand at its end.
	challengeParameter = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_*-]{0,63})[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[^"=]+)$`)
)

// challenges returns the challenges of one WWW-Authenticate or
// Proxy-Authenticate field. Schemes other than Bearer, Basic and Digest keep
// their name only; NTLM and Negotiate carry blobs that name machines and
// domains.
func challenges(value string) string {
	scheme := ""
	var out []string
	for i, part := range commaParts(value) {
		shown := ""
		if m := challengeStart.FindStringSubmatch(part); m == nil || strings.HasPrefix(m[2], "=") {
			shown = parameter(scheme, part)
		} else {
			scheme = m[1]
			shown = strings.TrimSpace(schemeName(scheme, i == 0) + " " + parameter(scheme, m[2]))
		}
		if shown != "" {
			out = append(out, shown)
		}
	}
	return Text(strings.Join(out, ", "), maxValue)
}

// schemeName returns the name of an authentication scheme. The first word of a
// field is a scheme whatever it is called; a word further on may be the loose
// end of a value and has to be a known one.
func schemeName(scheme string, first bool) string {
	switch strings.ToLower(scheme) {
	case "basic", "bearer", "digest", "negotiate", "ntlm", "kerberos":
		return scheme
	}
	if first {
		return scheme
	}
	return Mark
}

// parameter returns one challenge parameter as it may be kept; "" where there is
// none or the scheme's parameters are not kept.
func parameter(scheme, part string) string {
	switch strings.ToLower(scheme) {
	case "bearer", "basic", "digest":
	default:
		return ""
	}
	if part == "" {
		return ""
	}
	m := challengeParameter.FindStringSubmatch(part)
	if m == nil {
		return Mark
	}
	switch name := strings.ToLower(m[1]); name {
	case "realm":
		if text := strings.Trim(m[2], `"`); strings.Contains(text, "://") {
			return m[1] + `="` + URL(text) + `"`
		}
		return m[1] + "=" + m[2]
	case "service", "scope", "error", "error_description", "charset", "algorithm", "qop", "stale", "domain":
		return m[1] + "=" + m[2]
	}
	return m[1] + "=" + Mark
}

// commaParts splits a field value at the commas that stand outside quotes.
func commaParts(value string) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(value); i++ {
		switch {
		case quoted && value[i] == '\\':
			i++
		case value[i] == '"':
			quoted = !quoted
		case value[i] == ',' && !quoted:
			parts = append(parts, strings.TrimSpace(value[start:i]))
			start = i + 1
		}
	}
	return append(parts, strings.TrimSpace(value[start:]))
}

// credentials keeps the scheme of an Authorization value if it is a known one;
// of anything else, a bare token for one, nothing but the length.
func credentials(value string) string {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
	if name := schemeName(scheme, false); name != Mark {
		return name + " " + withheld(rest)
	}
	return withheld(value)
}

// cookies keeps the names of a Cookie field.
func cookies(value string) string {
	parts := strings.Split(value, ";")
	for i, part := range parts {
		parts[i] = cookie(part)
	}
	return Text(strings.Join(parts, "; "), maxValue)
}

// cookie keeps the name of one name=value pair.
func cookie(pair string) string {
	name, _, found := strings.Cut(strings.TrimSpace(pair), "=")
	if !found {
		return Mark
	}
	return Text(name, maxName) + "=" + Mark
}
