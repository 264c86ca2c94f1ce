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
)

// Ticket is what one audience is asked for.
type Ticket struct {
	Audience diagnosis.Audience
	Blocks   []Block
}

// Block is one change that is asked for.
type Block struct {
	Change diagnosis.Change
	// Code, Why and Seen are those of the finding behind it.
	Code string
	Why  string
	Seen string
	// Strength says how far the evidence carries.
	Strength diagnosis.Strength
	// What is the change in one sentence, Alternative that other people can mend
	// the same: then one of the changes is enough.
	What        string
	Alternative bool
	// Rows are the connections that it is about, empty where it is about none.
	Rows []Row
	// SourceNote says what the rows' source address is worth.
	SourceNote string
	// Find are the lines by which a log is searched, UTC.
	Find []string
	// Advice is how to write the names into a rule.
	Advice []string
	// Verify is the command that shows that the change works.
	Verify string
	// Unasked is what the change is not.
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

// Make makes the requests of a judged trace: its unmasked errors, each audience
// once, in the order of [diagnosis.Audiences]. No errors give no tickets.
func Make(t *evidence.Trace, r diagnosis.Result, entries []diagnosis.Entry) []Ticket {
	changes := map[string][]diagnosis.Change{}
	for _, e := range entries {
		changes[e.Code] = e.Changes
	}
	maker := maker{trace: t, targets: map[string]evidence.Target{}}
	for _, target := range t.Targets {
		maker.targets[target.ID] = target
	}
	blocks := map[diagnosis.Audience][]Block{}
	for _, f := range r.Unmasked() {
		if f.Severity != diagnosis.Error {
			continue
		}
		kinds := orMend(changes[f.Code])
		for _, c := range kinds {
			owner := c.Owner(f.Audience)
			b := maker.block(f, c)
			b.Alternative = len(kinds) > 1
			blocks[owner] = append(blocks[owner], b)
		}
	}
	var out []Ticket
	for _, a := range diagnosis.Audiences() {
		if len(blocks[a]) > 0 {
			slices.SortStableFunc(blocks[a], func(x, y Block) int { return cmp.Compare(place(x.Change), place(y.Change)) })
			out = append(out, Ticket{Audience: a, Blocks: blocks[a]})
		}
	}
	return out
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
	b := Block{Change: c, Code: f.Code, Why: f.Explanation, Seen: f.Seen, Strength: f.Strength, Find: f.Find,
		Verify: m.verify(f), Unasked: unasked(c)}
	if c != diagnosis.Mend {
		b.Rows, b.SourceNote = m.rows(f, c), natWarning
		if behindProxy(f, c) && !alone {
			b.SourceNote = "the proxy; the firewall behind it sees its outer address"
		}
		b.Advice = advice(b.Rows)
	}
	b.What = what(c, f, alone)
	return b
}

// rows are the connections of a finding, each once: to its targets, or to the proxy where
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

// behindProxy tells that the connection to allow is the proxy's own, to the target.
func behindProxy(f diagnosis.Finding, c diagnosis.Change) bool {
	return c == diagnosis.AllowHost && f.Layer == diagnosis.Proxy
}

// natWarning stands beside every source address: the socket knows no other.
const natWarning = "the socket's own address; your firewall may see a NAT address"

// proxyAlone tells that every hop of the finding is a failed way to the proxy, and
// gives the proxy's host and port.
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

// verify is the run that passes once the change is made: the finding's own hosts
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
	// More hosts than a line holds are those of the profile.
	if len(names) > maxNamed {
		return strings.Join(append(words, "--profile", diagnosis.Quote(m.trace.Run.Profile)), " ")
	}
	for _, name := range names {
		words = append(words, diagnosis.Quote(name))
	}
	return strings.Join(words, " ")
}

// maxNamed is how many hosts a command names: five stay on two lines.
const maxNamed = 5
