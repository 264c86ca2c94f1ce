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
	return "repair what is broken"
}

// PartHeading names the part of a request that has the changes of a need, empty for what is
// required.
func PartHeading(n Need) string {
	switch n {
	case Optional:
		return "Optional: these hosts failed, and the pull can do without them"
	case Advised:
		return "Warnings: nothing fails because of these today"
	case Required:
	}
	return ""
}

// what says the change in a sentence. The catalogue's remedy stands where it is
// this very change; alone says that the proxy itself is not reached.
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

// unasked returns what a request does not ask for, so that the reader grants and refuses
// nothing else.
func unasked(c diagnosis.Change) string {
	switch c {
	case diagnosis.AllowHost:
		return "other hosts, other ports, or connections from outside to this host"
	case diagnosis.AllowConnect:
		return "other hosts or ports, plain HTTP, or exemption from TLS inspection"
	case diagnosis.ExemptInspection:
		return "exemption of other hosts from inspection, or access that the proxy does not grant today"
	case diagnosis.ExemptProxyAuth:
		return "access without a login to other hosts, or for other sources"
	case diagnosis.AllowContent:
		return "exemption of other hosts from content checks"
	case diagnosis.Mend:
	}
	return "wider access: the change covers only what is named above"
}

// wildcard is what is known about a domain that a registry's hosts belong to.
type wildcard struct {
	suffix string
	advice string
}

// wildcards returns the domains for which a rule of an allow-list needs advice. The first is
// Quay's own; the others belong to clouds, where anybody may have a name.
func wildcards() []wildcard {
	const shared = " is shared by many owners: a wildcard for it would let data out to any of them. Allow only the full names"
	return []wildcard{
		{".quay.io", "*.quay.io may stand for quay.io's CDN hosts: all of them are Quay's own, and further ones are added without notice"},
		{".r2.cloudflarestorage.com", "r2.cloudflarestorage.com" + shared},
		{".amazonaws.com", "amazonaws.com" + shared},
		{".blob.core.windows.net", "blob.core.windows.net" + shared},
		{".cloudfront.net", "cloudfront.net" + shared},
		{".googleapis.com", "googleapis.com" + shared},
	}
}

// advice returns how to write the rows' names into a rule.
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
