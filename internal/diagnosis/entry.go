package diagnosis

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// Severity is how bad a finding is for the pull.
type Severity string

// Severities, worst first.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

func (s Severity) rank() int {
	switch s {
	case Error:
		return 2
	case Warning:
		return 1
	}
	return 0
}

// Strength is how far the evidence carries the conclusion.
type Strength string

// Strengths, strongest first.
const (
	Proven   Strength = "proven"
	Likely   Strength = "likely"
	Possible Strength = "possible"
)

// Layer is where on the path a cause lies; the order is the path's.
type Layer string

// Layers, most basic first.
const (
	Settings Layer = "settings"
	DNS      Layer = "dns"
	TCP      Layer = "tcp"
	Proxy    Layer = "proxy"
	TLS      Layer = "tls"
	HTTP     Layer = "http"
	Auth     Layer = "auth"
	Registry Layer = "registry"
	Blob     Layer = "blob"
	Any      Layer = "any"
)

// Layers lists the layers, most basic first.
func Layers() []Layer {
	return []Layer{Settings, DNS, TCP, Proxy, TLS, HTTP, Auth, Registry, Blob, Any}
}

// Audience is whose move it is.
type Audience string

// Audiences.
const (
	HostAdmin        Audience = "host-admin"
	NetworkTeam      Audience = "network-team"
	ProxyAdmin       Audience = "proxy-admin"
	AccountOwner     Audience = "account-owner"
	RegistryOperator Audience = "registry-operator"
)

// Entry is one row of the catalogue.
type Entry struct {
	// Code names the cause; it is never reused and never changes its meaning.
	Code string
	// Title says what is wrong in one line, without a period.
	Title    string
	Layer    Layer
	Severity Severity
	Strength Strength
	Audience Audience
	// Seen states the evidence, Means what it says of the cause, Remedy the
	// change to ask for. All three and Title may hold {value} placeholders.
	Seen   string
	Means  string
	Remedy string
	// Changes are the kinds of change that mend it, for the change request.
	Changes []Change
	// Symptoms are what clients print.
	Symptoms []Symptom
	// Cite lists where the cause and its signs are documented.
	Cite []string
	// Since is the version that brought the entry.
	Since string
	// Values are the names of the values that every Match of it gives.
	Values []string
	// Needs are the operations whose hops Match reads.
	Needs []evidence.Op
	// After are the codes that, if found on the same target, explain this away.
	After []string
	// Match finds the occurrences. It is nil for "unexplained" alone.
	Match func(*View) []Match
	// Provoke is the World in which exactly this is the root cause.
	Provoke fault.World
	// Also are further Worlds of the same cause: other shapes that it takes.
	Also []fault.World
}

// Match is one occurrence as the entry sees it.
type Match struct {
	// Hops prove it, in the order of the trace.
	Hops []int
	// Targets limits the finding to these; empty takes every target whose path
	// runs through the hops.
	Targets []string
	Values  map[string]string
	// Severity, Strength, Audience, Means and Remedy replace the entry's where set.
	Severity Severity
	Strength Strength
	Audience Audience
	Means    string
	Remedy   string
	// Reproduce are commands in place of those that the hops give.
	Reproduce []string
}

// Unexplained is the code of the finding that Diagnose makes itself.
const Unexplained = "unexplained"

var (
	codeForm    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)
)

// Validate holds the entries to the catalogue's rules and returns every breach.
func Validate(entries []Entry) []error {
	var errs []error
	byCode := map[string]Entry{}
	for _, e := range entries {
		if _, twice := byCode[e.Code]; twice {
			errs = append(errs, fmt.Errorf("%s: the code is there twice", e.Code))
		}
		byCode[e.Code] = e
		for _, problem := range e.problems() {
			errs = append(errs, fmt.Errorf("%s: %s", e.Code, problem))
		}
	}
	for _, e := range entries {
		for _, code := range e.After {
			if _, ok := byCode[code]; !ok {
				errs = append(errs, fmt.Errorf("%s: comes after %s, which does not exist", e.Code, code))
			}
		}
		if slices.Contains(ancestors(byCode, e.Code), e.Code) {
			errs = append(errs, fmt.Errorf("%s: comes after itself", e.Code))
		}
	}
	return errs
}

func (e Entry) problems() []string {
	var out []string
	add := func(bad bool, text string) {
		if bad {
			out = append(out, text)
		}
	}
	add(!codeForm.MatchString(e.Code), "the code is not lower-case words joined by dashes")
	add(e.Title == "" || strings.HasSuffix(e.Title, "."), "the title is missing or ends in a period")
	add(!slices.Contains(Layers(), e.Layer), "no such layer")
	add(e.Severity != Error && e.Severity != Warning && e.Severity != Info, "no such severity")
	add(e.Strength != Proven && e.Strength != Likely && e.Strength != Possible, "no such strength")
	add(e.Audience == "", "no audience")
	add(e.Seen == "" || e.Means == "" || e.Remedy == "", "seen, means or remedy is missing")
	add(len(e.Cite) == 0, "no citation")
	add(e.Since == "", "no version")
	add(e.Match == nil && e.Code != Unexplained, "no match")
	add(len(e.Needs) == 0 && e.Code != Unexplained, "needs nothing")
	for _, text := range []string{e.Title, e.Seen, e.Means, e.Remedy} {
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			add(!slices.Contains(e.Values, m[1]) && !slices.Contains(commonValues, m[1]), "uses {"+m[1]+"}, which it does not declare")
		}
	}
	return out
}

// ancestors returns every code that stands before code, near ones first. A
// code in its own ancestors is a cycle.
func ancestors(byCode map[string]Entry, code string) []string {
	var out []string
	queue := slices.Clone(byCode[code].After)
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		if slices.Contains(out, next) {
			continue
		}
		out = append(out, next)
		queue = append(queue, byCode[next].After...)
	}
	return out
}

// Ancestors returns every code that stands before a code by the entries' After,
// near ones first.
func Ancestors(entries []Entry, code string) []string {
	byCode := map[string]Entry{}
	for _, e := range entries {
		byCode[e.Code] = e
	}
	return ancestors(byCode, code)
}

func fill(text string, values map[string]string) string {
	return placeholder.ReplaceAllStringFunc(text, func(m string) string {
		if v, ok := values[strings.Trim(m, "{}")]; ok {
			return v
		}
		return m
	})
}

// PlainTitle is the title with its placeholders shown as <value>, for lists
// that have no occurrence at hand.
func (e Entry) PlainTitle() string {
	return sentence(placeholder.ReplaceAllString(e.Title, "<$1>"), e.Title)
}
