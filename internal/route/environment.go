package route

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"pullpath/internal/redact"
)

// Variable is one environment variable and where it was set.
type Variable struct {
	Name   string
	Value  string // as written, with credentials: never printed, see String
	Source string // "environment", "-x flag", a file with its line
}

// String keeps credentials out of fmt and loggers.
func (v Variable) String() string {
	return fmt.Sprintf("%s=%s (%s)", v.Name, shownValue(v), v.Source)
}

// GoString does the same for %#v.
func (v Variable) GoString() string { return v.String() }

// MarshalJSON does the same for a report.
func (v Variable) MarshalJSON() ([]byte, error) { return json.Marshal(v.String()) }

// Environment is what a client finds set, in layers: of several variables of the
// same name the last counts, so a layer that overrides is appended. (Within one
// process block, where the C library and Go take the first, names are unique in
// all but pathological cases; the caller drops later doubles.) Names are compared
// exactly, as on every system but Windows.
type Environment []Variable

// lookup returns the last variable called name; an empty one if there is none.
func (e Environment) lookup(name string) Variable {
	for _, v := range slices.Backward(e) {
		if v.Name == name {
			return v
		}
	}
	return Variable{}
}

// first returns the first variable of names that is set and not empty.
func (e Environment) first(names []string) (Variable, bool) {
	for _, name := range names {
		if v := e.lookup(name); v.Value != "" {
			return v, true
		}
	}
	return Variable{}, false
}

// WithProxy returns a copy in which value replaces all proxy variables, as
// curl's -x does: NO_PROXY still applies, and the empty value means direct. It
// also drops REQUEST_METHOD, for the rule behind it distrusts a variable that a
// web client could have set, and a flag is none.
func (e Environment) WithProxy(value, source string) Environment {
	kept := e.without("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUEST_METHOD")
	if value == "" {
		return kept
	}
	return append(kept, Variable{"HTTPS_PROXY", value, source}, Variable{"HTTP_PROXY", value, source})
}

// WithSetting returns a copy in which value stands for all proxy variables, in
// both cases, as a configuration file does that beats them; empty means direct.
// NO_PROXY still applies.
func (e Environment) WithSetting(value, source string) Environment {
	kept := e.without("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUEST_METHOD")
	if value == "" {
		return kept
	}
	for _, name := range []string{"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"} {
		kept = append(kept, Variable{name, value, source})
	}
	return kept
}

// WithNoProxySetting is WithNoProxy in both cases.
func (e Environment) WithNoProxySetting(list, source string) Environment {
	kept := e.WithNoProxy(list, source)
	if list == "" {
		return kept
	}
	return append(kept, Variable{"no_proxy", list, source})
}

// WithNoProxy returns a copy in which list replaces NO_PROXY, as curl's
// --noproxy does; the empty list sends every host to the proxy.
func (e Environment) WithNoProxy(list, source string) Environment {
	kept := e.without("NO_PROXY")
	if list == "" {
		return kept
	}
	return append(kept, Variable{"NO_PROXY", list, source})
}

// without returns a copy that lacks the named variables in any case.
func (e Environment) without(names ...string) Environment {
	return slices.DeleteFunc(slices.Clone(e), func(v Variable) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(v.Name, name) })
	})
}

// shownValue returns a variable's value as it may become evidence: a list of
// hosts as text, everything else as the proxy URL that it may be.
func shownValue(v Variable) string {
	if strings.EqualFold(v.Name, "NO_PROXY") {
		return redact.Text(v.Value, maxList)
	}
	return redact.ProxyURL(v.Value)
}

// maxList bounds a shown NO_PROXY list, in runes. OpenShift generates lists of
// one to two thousand characters; twice that keeps them whole.
const maxList = 4096
