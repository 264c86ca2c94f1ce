//go:build linux

package clients

import (
	"strings"
)

// exclusion is a kind of vector that a client cannot be asked, and why.
type exclusion struct {
	applies func(v vector, found installed) bool
	why     string
}

// excludes returns why the client is not asked about a vector; "" if it is.
func (c client) excludes(v vector, found installed) string {
	for _, e := range c.not {
		if e.applies(v, found) {
			return e.why
		}
	}
	return ""
}

func curlExclusions() []exclusion {
	return []exclusion{{
		func(v vector, found installed) bool { return !plain(v.URL) && !strings.Contains(found.said, " IDN ") },
		"this build of curl has no IDN",
	}}
}

// requestsExclusions: the package PySocks gives requests the SOCKS schemes, which
// package route says it lacks.
func requestsExclusions() []exclusion {
	return []exclusion{{
		func(v vector, found installed) bool {
			return strings.Contains(found.said, "PySocks") && strings.HasPrefix(v.Env["https_proxy"], "socks")
		},
		"PySocks is installed",
	}}
}

// imageExclusions are URLs that name no registry.
func imageExclusions() []exclusion {
	return []exclusion{
		{func(v vector, _ installed) bool { return strings.HasPrefix(v.URL, "http://") }, "skopeo asks by https first"},
		{func(v vector, _ installed) bool { return strings.Contains(v.URL, "[") }, "an IPv6 address is no registry for containers/image"},
		{func(v vector, _ installed) bool { return !plain(v.URL) }, "an image reference is ASCII"},
		{func(v vector, _ installed) bool {
			return strings.Contains(v.URL, "./") || strings.Contains(v.URL, ".:")
		}, "an image reference has no final dot"},
		{func(v vector, _ installed) bool { return strings.Contains(v.URL, "_") }, "an image reference's host has no underscore"},
	}
}

// neverProxied leaves a client that reads no variables the rows about them: the
// other rows would show the same again, for a JVM at two tenths of a second each.
func neverProxied() []exclusion {
	return []exclusion{{
		func(v vector, _ installed) bool { return !strings.Contains("PJ", v.ID[:1]) },
		"it reads no variable, which the rows about them show",
	}}
}

// plain says whether a text is ASCII.
func plain(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > '~' })
}
