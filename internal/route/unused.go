package route

import (
	"slices"
	"strings"
)

// Unused is a proxy variable that is set and does not count for this URL.
type Unused struct {
	Variable string `json:"variable"`
	Source   string `json:"source,omitempty"`
	Value    string `json:"value"` // redacted
	Code     string `json:"code"`
	Text     string `json:"text"`
}

// The codes of Unused.
const (
	NotRead     = "not-read"     // the client never reads this name
	OtherScheme = "other-scheme" // it is for URLs of the other scheme
	Shadowed    = "shadowed"     // another variable comes first and has another value
)

// unused returns the variables that look like proxy settings and do not count
// for a URL of this scheme, in the order in which they are set. Left out is what
// does no harm: a shadowed one with the value of the one that counts, and the
// other scheme's where this scheme has its own.
func (d Dialect) unused(env Environment, scheme string) []Unused {
	var out []Unused
	for _, v := range env {
		if v.Value == "" || v != env.lookup(v.Name) || !isProxyName(v.Name) {
			continue
		}
		if code, text := d.whyUnused(env, v, scheme); code != "" {
			out = append(out, Unused{v.Name, v.Source, shownValue(v), code, text})
		}
	}
	return out
}

// isProxyName reports whether any client in the field takes a proxy setting
// from this name; some fold case, so all cases belong to it.
func isProxyName(name string) bool {
	switch strings.ToUpper(name) {
	case "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY":
		return true
	}
	return false
}

// whyUnused returns code and text for a variable that does not count, an empty
// code for one that does.
func (d Dialect) whyUnused(env Environment, v Variable, scheme string) (code, text string) {
	names := d.variables(scheme)
	switch {
	case slices.Contains(d.noProxy, v.Name):
		names = d.noProxy
	case slices.Contains(names, v.Name):
	case slices.Contains(d.http, v.Name), slices.Contains(d.https, v.Name):
		if _, found := env.first(names); found {
			return "", ""
		}
		return OtherScheme, v.Name + " is for URLs of another scheme"
	case strings.EqualFold(v.Name, "ALL_PROXY"):
		return NotRead, "Go's net/http does not read " + v.Name
	default:
		return NotRead, "the name is read in upper or in lower case only, not as " + v.Name
	}
	if chosen, _ := env.first(names); chosen.Name != v.Name && chosen.Value != v.Value {
		return Shadowed, chosen.Name + " comes first and has another value"
	}
	return "", ""
}
