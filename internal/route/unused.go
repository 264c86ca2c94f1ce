package route

import "strings"

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
// code for one that does. The dialect is asked what it would take if this were
// the only one.
func (d Dialect) whyUnused(env Environment, v Variable, scheme string) (code, text string) {
	alone := Environment{v}
	if strings.EqualFold(v.Name, "NO_PROXY") {
		return d.whyNot(v, d.rules.list(alone), d.rules.list(env))
	}
	chosen, mine := d.rules.choose(env, scheme), d.rules.choose(alone, scheme)
	if scheme != "http" && scheme != "https" {
		chosen, mine = Variable{}, Variable{}
	}
	if mine.Name == "" && (d.rules.choose(alone, "http").Name != "" || d.rules.choose(alone, "https").Name != "") {
		if chosen.Value != "" {
			return "", ""
		}
		return OtherScheme, v.Name + " is for URLs of another scheme"
	}
	return d.whyNot(v, mine, chosen)
}

// whyNot compares what the dialect takes from the variable alone with what it
// takes from all.
func (d Dialect) whyNot(v, alone, chosen Variable) (code, text string) {
	switch {
	case alone.Name == "":
		if d.rules.notRead != nil {
			if why := d.rules.notRead(v.Name); why != "" && !strings.EqualFold(v.Name, "NO_PROXY") {
				return NotRead, why
			}
		}
		return NotRead, d.Family + " does not read the name " + v.Name
	case chosen.Name != v.Name && chosen.Value != v.Value:
		return Shadowed, chosen.Name + " comes first and has another value"
	}
	return "", ""
}
