package ticket

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
)

// Heading names a kind of change.
func Heading(c diagnosis.Change) string {
	switch c {
	case diagnosis.AllowHost:
		return "allow the connection"
	case diagnosis.AllowConnect:
		return "allow CONNECT"
	case diagnosis.ExemptInspection:
		return "exempt from TLS inspection"
	case diagnosis.ExemptProxyAuth:
		return "exempt from the login at the proxy"
	case diagnosis.AllowContent:
		return "allow the content"
	case diagnosis.Mend:
	}
	return "mend what is broken"
}

// what says the change in a sentence. The catalogue's remedy stands where it is
// this very change; alone tells that the proxy itself is not reached.
func what(c diagnosis.Change, f diagnosis.Finding, alone bool) string {
	source := f.Values["source"]
	switch c {
	case diagnosis.ExemptInspection:
		return "do not decrypt the connections from " + source + " to the hosts below"
	case diagnosis.ExemptProxyAuth:
		return "let " + source + " CONNECT to the hosts below without a login and without a login page"
	case diagnosis.AllowHost:
		if alone && len(f.Targets) > 1 {
			return "allow TCP from " + source + " to the proxy below"
		}
	case diagnosis.AllowConnect, diagnosis.AllowContent, diagnosis.Mend:
	}
	return f.Remedy
}

// unasked says what a request is not, so that nobody grants or refuses more.
func unasked(c diagnosis.Change) string {
	switch c {
	case diagnosis.AllowHost:
		return "other hosts, other ports, or connections from outside to this host"
	case diagnosis.AllowConnect:
		return "other hosts or ports, plain HTTP, or an end of TLS inspection"
	case diagnosis.ExemptInspection:
		return "an end of inspection for other hosts, or access that the proxy does not grant today"
	case diagnosis.ExemptProxyAuth:
		return "access without a login to other hosts, or for other sources"
	case diagnosis.AllowContent:
		return "an end of content checks for other hosts"
	case diagnosis.Mend:
	}
	return "a wider access: the change is about what is named above"
}

// wildcard is what is known of a domain under which a registry's hosts lie.
type wildcard struct {
	suffix string
	advice string
}

// wildcards: reference registries.md section 3 and the line under section 6.
func wildcards() []wildcard {
	const shared = " is shared by many owners: a wildcard for it lets data out to any of them. Allow the full names alone"
	return []wildcard{
		{".quay.io", "*.quay.io may stand for quay.io's CDN hosts: all of them are Quay's own, and further ones are added without notice"},
		{".r2.cloudflarestorage.com", "r2.cloudflarestorage.com" + shared},
		{".amazonaws.com", "amazonaws.com" + shared},
		{".blob.core.windows.net", "blob.core.windows.net" + shared},
		{".cloudfront.net", "cloudfront.net" + shared},
		{".googleapis.com", "googleapis.com" + shared},
	}
}

// advice is how to write the rows' names into a rule.
func advice(rows []Row) []string {
	if len(rows) == 0 {
		return nil
	}
	out := []string{"write host names into the rule, not addresses: those of a registry or CDN change without notice"}
	for _, w := range wildcards() {
		if slices.ContainsFunc(rows, func(r Row) bool { return strings.HasSuffix("."+strings.ToLower(r.Host), w.suffix) }) {
			out = append(out, w.advice)
		}
	}
	return out
}
