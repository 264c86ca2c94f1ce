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

// Layers returns the layers, most basic first.
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

// Code names a cause. It is never reused and never changes its meaning.
type Code string

// Entry is one row of the catalogue.
type Entry struct {
	Code Code
	// Since is the version that brought the entry.
	Since    string
	Layer    Layer
	Severity Severity
	Strength Strength
	Audience Audience
	// Title says what is wrong in one line, without a period.
	Title string
	// Seen states the evidence, Means what it says about the cause, and Remedy the
	// change to ask for. All three and Title may hold {value} placeholders.
	Seen   string
	Means  string
	Remedy string
	// Or is the other way to fix it, where there is one: somebody else's change, or the same
	// people's second choice. Audience is who can make the change that Remedy asks for.
	Or Way
	// Changes are the kinds of change that fix it, for the change request. Without
	// any, the change is what Remedy says.
	Changes []Change
	// Symptoms are what clients print. An error has some, or NoSymptom says why not.
	Symptoms  []Symptom
	NoSymptom string
	// Cite lists where the cause and its signs are documented.
	Cite []string
	// Values are the names of the values that every Match of it gives.
	Values []string
	// Needs are the operations whose hops Match reads.
	Needs []evidence.Op
	// After are the codes that, if found on the same target, explain this away.
	After []Code
	// Match finds the occurrences. It is nil for "unexplained" alone.
	Match func(*View) []Match
	// Readings are, of [Unexplained] alone, what the signs in texts may mean that no entry
	// decides by itself.
	Readings []Reading
	// Family are the entries that ask the same question of the same hops, nil for an
	// entry that asks its own. The next three are for an entry of a family.
	Family *Family
	// When decides whether the entry takes a hop. It returns nil for no, otherwise the
	// texts that replace the entry's own.
	When func(*View, evidence.Hop) *Match
	// Group is the key by which taken hops become one match, nil for the family's.
	Group func(*View, evidence.Hop) string
	// Refine adds to the match of a group what only this entry says.
	Refine func(*View, []evidence.Hop, *Match)
	// Packets means that only a capture shows it: no walk finds it, so no World provokes it.
	Packets bool
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
	// About are the hops of the clients that it is about, empty for all of Hops. The others
	// are what these are compared with. Another finding explains it only if it is about one
	// of these clients.
	About []int
	// Explains are targets that were come upon only because of what the match is about:
	// whatever is found on them alone follows from it.
	Explains []string
	// Entries are the entries of a list that it is about, empty where it is about no entry.
	Entries []string
	// Severity, Strength, Audience and Means replace the entry's where set. A Remedy
	// replaces the entry's with its Or.
	Severity Severity
	Strength Strength
	Audience Audience
	Means    string
	Remedy   string
	Or       Way
	// Reproduce are commands in place of those that the hops give.
	Reproduce []string
}

// Unexplained is the code of the finding that Diagnose makes itself.
const Unexplained Code = "unexplained"

var (
	versionForm = regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	codeForm    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)
)

// Validate holds the entries to the catalogue's rules and returns every breach.
func Validate(entries []Entry) []error {
	var errs []error
	byCode := map[Code]Entry{}
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
		for i, code := range e.After {
			if slices.Contains(e.After[:i], code) {
				errs = append(errs, fmt.Errorf("%s: comes after %s twice", e.Code, code))
			}
			if _, ok := byCode[code]; !ok {
				errs = append(errs, fmt.Errorf("%s: comes after %s, which does not exist", e.Code, code))
			}
		}
		if slices.Contains(ancestors(byCode, e.Code), e.Code) {
			errs = append(errs, fmt.Errorf("%s: comes after itself", e.Code))
		}
	}
	return append(errs, familyProblems(entries)...)
}

func (e Entry) problems() []string {
	var out []string
	add := func(bad bool, text string) {
		if bad {
			out = append(out, text)
		}
	}
	e.textProblems(add)
	add(!codeForm.MatchString(string(e.Code)), "the code is not lower-case words joined by dashes")
	add(!slices.Contains(Layers(), e.Layer), "no such layer")
	add(e.Severity != Error && e.Severity != Warning && e.Severity != Info, "no such severity")
	add(e.Strength != Proven && e.Strength != Likely && e.Strength != Possible, "no such strength")
	add(e.Audience == "", "no audience")
	add(len(e.Cite) == 0, "no citation")
	add(!versionForm.MatchString(e.Since), "the version that brought it is missing or not of the form 1.2.3")
	add(e.When == nil && (e.Group != nil || e.Refine != nil), "Group and Refine belong to a When")
	add(e.When == nil && e.Family != nil && slices.Contains(e.Family.Order, e.Code),
		"stands in the order of its family and has no When: it would take nothing")
	add(e.When != nil && e.Family == nil, "has a When, which only a family asks: wrap the literal in the family's function")
	add(e.Match == nil && e.Code != Unexplained, "no match")
	add(len(e.Needs) == 0 && e.Code != Unexplained, "needs nothing")
	return out
}

func (e Entry) textProblems(add func(bad bool, text string)) {
	add(e.Title == "" || strings.HasSuffix(e.Title, "."), "the title is missing or ends in a period")
	add(e.Seen == "" || e.Means == "" || e.Remedy == "", "seen, means or remedy is missing")
	add(e.Severity == Error && len(e.Symptoms) == 0 && e.NoSymptom == "",
		"an error without a symptom: add what clients print to Symptoms, or say in NoSymptom why they print nothing of their own")
	add((e.Or.Audience == "") != (e.Or.Remedy == ""), "the other way has only one of audience and remedy")
	add(len(e.Symptoms) > 0 && e.NoSymptom != "", "has symptoms and a reason for none: take one of them out")
	for _, text := range []string{e.Title, e.Seen, e.Means, e.Remedy, e.Or.Remedy} {
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			add(!slices.Contains(e.Values, m[1]) && !slices.Contains(commonValues, m[1]), "uses {"+m[1]+"}, which it does not declare")
		}
	}
}

// ancestors returns every code that stands before code, near ones first. A
// code in its own ancestors is a cycle.
func ancestors(byCode map[Code]Entry, code Code) []Code {
	var out []Code
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
func Ancestors(entries []Entry, code Code) []Code {
	byCode := map[Code]Entry{}
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
