// Package ticket turns findings into change requests: one for each audience, a
// block for each kind of change, since separate people own them. It is pure;
// package report writes the requests.
package ticket

import (
	"cmp"
	"net"
	"slices"
	"strconv"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/profile"
)

// Ticket is what one audience is asked for.
type Ticket struct {
	Audience diagnosis.Audience
	Blocks   []Block
}

// Need says how much a pull needs a change.
type Need string

// Needs, the most urgent first.
const (
	// Required changes end an error.
	Required Need = "required"
	// Optional changes are for hosts that failed and that a pull can do without.
	Optional Need = "optional"
	// Advised changes end a warning: nothing fails by it today.
	Advised Need = "warning"
)

// Needs returns all of them, the most urgent first.
func Needs() []Need { return []Need{Required, Optional, Advised} }

// Block is one change that is asked for.
type Block struct {
	Change diagnosis.Change
	Need   Need
	// Code, Why and Seen are those of the finding that the block is made from.
	Code string
	Why  string
	Seen string
	// Strength says how far the evidence carries.
	Strength diagnosis.Strength
	// What is the change in one sentence. Alternatives are the owners of the other changes
	// that fix the same problem; one of the changes is then enough.
	What         string
	Alternatives []diagnosis.Audience
	// Rows are the connections to allow, empty where there is nothing to allow. Concerns
	// are the connections that the finding is about in any case.
	Rows, Concerns []Row
	// SourceNote says how far the rows' source address can be relied on.
	SourceNote string
	// Find are the lines by which a log is searched, UTC.
	Find []string
	// Advice is how to write the names into a rule.
	Advice []string
	// Verify is the command that shows that the change works.
	Verify string
	// Unasked says what is not asked for.
	Unasked string
}

// Row is one line of an allow-list.
type Row struct {
	// Host is a name wherever there is one: addresses of a CDN change.
	Host     string
	Port     int
	Protocol string
	// Source is the socket's own address. Behind a NAT others see another.
	Source string
	// Via is the host:port of the proxy in between, empty for none.
	Via string
}

// Make makes the requests of a judged trace from its unmasked errors and warnings: one for
// each audience, in the order of [diagnosis.Audiences]. What a pull needs comes first.
func Make(t *evidence.Trace, r diagnosis.Result, entries []diagnosis.Entry) []Ticket {
	changes := map[string][]diagnosis.Change{}
	for _, e := range entries {
		changes[string(e.Code)] = e.Changes
	}
	maker := maker{trace: t, targets: map[string]evidence.Target{}}
	for _, target := range t.Targets {
		maker.targets[target.ID] = target
	}
	blocks := map[diagnosis.Audience][]Block{}
	for _, f := range r.Unmasked() {
		if f.Severity == diagnosis.Info {
			continue
		}
		kinds := orMend(changes[f.Code])
		for i, c := range kinds {
			f := wayOf(f, c, kinds)
			owner := c.Owner(f.Audience)
			b := maker.block(f, c)
			for k, other := range kinds {
				if k != i {
					b.Alternatives = append(b.Alternatives, other.Owner(wayOf(f, other, kinds).Audience))
				}
			}
			blocks[owner] = append(blocks[owner], b)
		}
	}
	var out []Ticket
	for _, a := range diagnosis.Audiences() {
		if len(blocks[a]) > 0 {
			slices.SortStableFunc(blocks[a], func(x, y Block) int {
				return cmp.Or(cmp.Compare(slices.Index(Needs(), x.Need), slices.Index(Needs(), y.Need)), cmp.Compare(place(x.Change), place(y.Change)))
			})
			out = append(out, Ticket{Audience: a, Blocks: blocks[a]})
		}
	}
	return out
}

// wayOf returns a finding as one of its changes is asked for. The repair beside a change of
// another kind is the finding's other way.
func wayOf(f diagnosis.Finding, c diagnosis.Change, kinds []diagnosis.Change) diagnosis.Finding {
	if c == diagnosis.Mend && f.Or != nil && kinds[0] != diagnosis.Mend {
		f.Audience, f.Remedy = f.Or.Audience, f.Or.Remedy
	}
	return f
}

func place(c diagnosis.Change) int { return slices.Index(diagnosis.Changes(), c) }

func orMend(kinds []diagnosis.Change) []diagnosis.Change {
	if len(kinds) == 0 {
		return []diagnosis.Change{diagnosis.Mend}
	}
	return kinds
}

// maker is a trace and its targets by their ID.
type maker struct {
	trace   *evidence.Trace
	targets map[string]evidence.Target
}

func (m maker) block(f diagnosis.Finding, c diagnosis.Change) Block {
	_, _, alone := proxyAlone(m.trace, f)
	b := Block{Change: c, Need: need(f), Concerns: m.rows(f, c), Code: f.Code, Why: f.Explanation, Seen: f.Seen, Strength: f.Strength,
		Find:   f.Find,
		Verify: m.verify(f), Unasked: unasked(c)}
	if c != diagnosis.Mend {
		b.Rows, b.SourceNote = b.Concerns, natWarning
		if behindProxy(f, c) && !alone {
			b.SourceNote = "the proxy; the firewall behind it sees its outer address"
		}
		b.Advice = advice(b.Rows)
	}
	b.What = what(c, f, alone)
	return b
}

func need(f diagnosis.Finding) Need {
	switch {
	case f.Severity == diagnosis.Error:
		return Required
	case f.Optional:
		return Optional
	}
	return Advised
}

// rows returns the connections of a finding, each once: to its targets, or to the proxy where
// the proxy itself is not reached.
func (m maker) rows(f diagnosis.Finding, c diagnosis.Change) []Row {
	source := f.Values["source"]
	if host, port, ok := proxyAlone(m.trace, f); ok && c == diagnosis.AllowHost {
		return []Row{{Host: host, Port: port, Protocol: "tcp", Source: source}}
	}
	var out []Row
	known := map[Row]bool{}
	for _, id := range f.Targets {
		target, ok := m.targets[id]
		if !ok {
			continue
		}
		row := Row{Host: target.Host, Port: target.Port, Protocol: "tcp", Source: source}
		if target.Route.Kind == "proxy" {
			row.Via = evidence.ProxyAddress(target.Route.Proxy)
		}
		if behindProxy(f, c) && row.Via != "" {
			row.Source, row.Via = evidence.ProxyHost(target.Route.Proxy), ""
		}
		if !known[row] {
			out, known[row] = append(out, row), true
		}
	}
	return out
}

// behindProxy reports whether the connection to allow is the proxy's own, to the target.
func behindProxy(f diagnosis.Finding, c diagnosis.Change) bool {
	return c == diagnosis.AllowHost && f.Layer == diagnosis.Proxy
}

// natWarning stands next to every source address: the socket knows no other.
const natWarning = "the socket's own address; your firewall may see a NAT address"

// proxyAlone returns the host and port of the proxy where every hop of the finding is a
// connection to it.
func proxyAlone(t *evidence.Trace, f diagnosis.Finding) (string, int, bool) {
	via := ""
	for _, id := range f.Hops {
		h, ok := t.Hop(id)
		if !ok || h.Op != evidence.OpDial || h.Role != evidence.Proxy {
			return "", 0, false
		}
		via = cmp.Or(h.Via, via)
	}
	host, port, err := net.SplitHostPort(evidence.ProxyAddress(via))
	if err != nil {
		return "", 0, false
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 || host == "" {
		return "", 0, false
	}
	return host, int(number), true
}

// verify returns the run that passes once the change is made: the finding's own hosts
// and images, as the same client.
func (m maker) verify(f diagnosis.Finding) string {
	words := []string{"pullpath", "check"}
	if c := m.trace.Run.Client; c != "" && c != "podman" && c != evidence.SurveyClient {
		words = append(words, "--client", diagnosis.Quote(c))
	}
	var names []string
	for _, id := range f.Targets {
		target, ok := m.targets[id]
		switch {
		case !ok:
		case len(target.Images) > 0:
			names = append(names, target.Images...)
		case target.Port == 443:
			names = append(names, target.Host)
		default:
			names = append(names, target.ID)
		}
	}
	// The profile says what each host is: one that is no registry is not asked as if it were.
	// That of a file cannot be named, for the report does not know where the file lies.
	if own := m.trace.Run.Profile; profile.IsBuiltIn(own) && (own != profile.Default || len(names) > maxNamed) {
		words = append(words, "--profile", diagnosis.Quote(own))
		if len(names) > maxNamed { // many hosts are those of the profile
			return strings.Join(words, " ")
		}
	}
	for _, name := range names {
		words = append(words, diagnosis.Quote(name))
	}
	return strings.Join(words, " ")
}

// maxNamed is how many hosts a command names: five fit on two lines.
const maxNamed = 5
