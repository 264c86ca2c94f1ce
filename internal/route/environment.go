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
	Source string // "environment", "command line", a file with its line
	// Key is what the source calls it, where that is not Name: "proxy" of a .curlrc, "-x".
	// Clients look the variable up by Name.
	Key string
}

// Called returns the name by which the source has it.
func (v Variable) Called() string {
	if v.Key != "" {
		return v.Key
	}
	return v.Name
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

// ProxyVariables are the variables that name a proxy, in upper case.
func ProxyVariables() []string {
	return []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "FTP_PROXY"}
}

// Variables are the variables that decide a route in some dialect, in upper case.
// REQUEST_METHOD marks a CGI script, in which Go does not believe HTTP_PROXY
// (https://httpoxy.org).
func Variables() []string { return append(ProxyVariables(), "NO_PROXY", "REQUEST_METHOD") }

// IsVariable says that a name is one of [Variables], in either spelling.
func IsVariable(name string) bool { return slices.Contains(Variables(), strings.ToUpper(name)) }

// Last returns the variable of a name that counts, false where none is set.
func (e Environment) Last(name string) (Variable, bool) {
	for _, v := range slices.Backward(e) {
		if v.Name == name {
			return v, true
		}
	}
	return Variable{}, false
}

// lookup returns the last variable called name; an empty one if there is none.
func (e Environment) lookup(name string) Variable {
	v, _ := e.Last(name)
	return v
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

// WithProxy returns a copy in which the value of v replaces all proxy variables, as
// curl's -x does: NO_PROXY still applies, and the empty value means direct. It
// also drops REQUEST_METHOD: the rule about it distrusts a variable that a web client
// could have set, and a flag is not one.
func (e Environment) WithProxy(v Variable) Environment {
	return e.withoutProxies().with(v, "HTTPS_PROXY", "HTTP_PROXY")
}

// WithSetting returns a copy in which the value of v stands for all proxy variables, in
// both cases, as a configuration file does that beats them; empty means direct, and stays so
// that a decision can name it. NO_PROXY still applies.
func (e Environment) WithSetting(v Variable) Environment {
	return e.withoutProxies().as(v, "https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY")
}

func (e Environment) withoutProxies() Environment {
	return e.without("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUEST_METHOD")
}

// WithNoProxySetting is WithNoProxy in both cases.
func (e Environment) WithNoProxySetting(list Variable) Environment {
	return e.without("NO_PROXY").with(list, "NO_PROXY", "no_proxy")
}

// WithNoProxy returns a copy in which list replaces NO_PROXY, as curl's
// --noproxy does; the empty list sends every host to the proxy.
func (e Environment) WithNoProxy(list Variable) Environment {
	return e.without("NO_PROXY").with(list, "NO_PROXY")
}

// with appends v under each of the names, and nothing for an empty value.
func (e Environment) with(v Variable, names ...string) Environment {
	if v.Value == "" {
		return e
	}
	return e.as(v, names...)
}

// as appends v under each of the names. The name that the source has stays as the key.
func (e Environment) as(v Variable, names ...string) Environment {
	for _, name := range names {
		e = append(e, Variable{Name: name, Value: v.Value, Source: v.Source, Key: v.Called()})
	}
	return e
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
