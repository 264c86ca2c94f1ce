// Package compare puts saved traces side by side: for each host what every vantage
// point saw, hop by hop, and the first hop at which they differ. It is pure and has
// no opinion on who is right.
package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// Result is a comparison of two or more reports.
type Result struct {
	Reports  []Report  `json:"reports"`
	Hosts    []Host    `json:"hosts"`
	Findings []Finding `json:"findings"`
}

// Same reports whether all reports show the same for every host.
func (r Result) Same() bool {
	return len(r.Findings) == 0 && !slices.ContainsFunc(r.Hosts, func(h Host) bool { return h.Differs != "" })
}

// Report is one column: where and when a path was walked, and as which client.
type Report struct {
	Name     string `json:"name"`
	Hostname string `json:"hostname"`
	// Node is what the fleet calls the host, empty where nobody said so.
	Node    string `json:"node,omitempty"`
	Started string `json:"started"`
	Client  string `json:"client"`
	Version string `json:"version"`
	Profile string `json:"profile"`
	// Verdict is how the hosts came out, and Codes are those of the errors and warnings.
	// Who judged the traces fills them in.
	Verdict string   `json:"verdict,omitempty"`
	Codes   []string `json:"codes,omitempty"`
}

// Host is one row.
type Host struct {
	Target string `json:"target"`
	// Differs is the first operation whose outcome differs, empty for none.
	Differs evidence.Op `json:"differs,omitempty"`
	// Differences are all operations whose outcome differs, but for what is only the
	// consequence of one before it.
	Differences []evidence.Op `json:"differences,omitempty"`
	Cells       []Cell        `json:"cells"`
}

// Cell is what one report has of a host.
type Cell struct {
	// Walked is false where the report does not have the host.
	Walked bool   `json:"walked"`
	Steps  []Step `json:"steps,omitempty"`
	// Odd marks a cell that differs from that of most reports. Where no majority agrees,
	// every cell is odd.
	Odd bool `json:"odd,omitempty"`
}

// Step is one operation of a path, and what was seen at it.
type Step struct {
	Op   evidence.Op `json:"op"`
	Saw  string      `json:"saw"`
	Hop  int         `json:"hop"`
	Fail bool        `json:"failed,omitempty"`
	// key is the part that is compared: what does not change by chance from run to run.
	key string
}

// operations returns the operations in the order of a path.
func operations() []evidence.Op {
	return []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest}
}

// Traces compares traces. Each has a name; hosts stand in the order in which they first
// appear.
func Traces(names []string, traces []*evidence.Trace) Result {
	out := Result{Hosts: []Host{}, Findings: []Finding{}}
	var targets []string
	var walks []walk
	known := map[string]bool{}
	for i, t := range traces {
		out.Reports = append(out.Reports, Report{Name: names[i], Hostname: t.Vantage.Hostname, Node: t.Vantage.Node,
			Started: t.Started.UTC().Format("2006-01-02T15:04:05Z"), Client: t.Run.Client, Version: t.Tool.Version, Profile: t.Run.Profile})
		walks = append(walks, newWalk(t))
		for _, target := range t.Targets {
			if !known[target.ID] {
				targets = append(targets, target.ID)
			}
			known[target.ID] = true
		}
	}
	for _, id := range targets {
		row := Host{Target: id}
		for _, w := range walks {
			row.Cells = append(row.Cells, w.cell(id))
		}
		if row.Differences = differences(row.Cells); len(row.Differences) > 0 {
			row.Differs = row.Differences[0]
		}
		markOdd(row)
		out.Hosts = append(out.Hosts, row)
	}
	out.Findings = append(out.Findings, findings(names, walks, out.Hosts)...)
	return out
}

// cell returns what the report holds for a target.
func (w walk) cell(id string) Cell {
	target, ok := w.targets[id]
	if !ok {
		return Cell{}
	}
	out := Cell{Walked: true}
	for _, op := range operations() {
		hops := w.path[placeOf{op, id, ""}]
		// The look-up of the proxy's name is every proxied target's.
		if all := w.path[placeOf{op, "", target.Route.Proxy}]; len(all) > 0 && op != evidence.OpRequest && target.Route.Proxy != "" &&
			(len(hops) == 0 || all[0] < hops[0]) {
			hops = all
		}
		if len(hops) > 0 {
			out.Steps = append(out.Steps, w.joined(op, hops))
		}
	}
	return out
}

// joined makes one step of the hops of an operation: the first hop of it, but all
// requests, one after the other.
func (w walk) joined(op evidence.Op, hops []int) Step {
	out := step(w.trace.Hops[hops[0]])
	if op != evidence.OpRequest {
		return out
	}
	saw, key := []string{out.Saw}, []string{out.key}
	for _, i := range hops[1:] {
		s := step(w.trace.Hops[i])
		if s.Saw == "" || s.Saw == skipped && out.Fail {
			continue
		}
		saw, key, out.Fail = append(saw, s.Saw), append(key, s.key), out.Fail || s.Fail
	}
	out.Saw, out.key = strings.Join(saw, ", "), strings.Join(key, ", ")
	return out
}

// differences returns the operations in which two reports that both have the host differ.
// After the first, an operation that was skipped is the consequence of one before it: it
// differs only if others differ among themselves or one of them failed there.
func differences(cells []Cell) []evidence.Op {
	var out []evidence.Op
	for _, op := range operations() {
		var keys []string
		failed := false
		for _, c := range cells {
			if !c.Walked {
				continue
			}
			s := c.Step(op)
			failed = failed || s.Fail
			if len(out) == 0 || s.key != skipped && s.key != "" {
				keys = append(keys, s.key)
			}
		}
		among := slices.ContainsFunc(keys, func(k string) bool { return !alike(op, keys[0], k) })
		if among || len(out) > 0 && failed && len(keys) < walkedOf(cells) {
			out = append(out, op)
		}
	}
	return out
}

func walkedOf(cells []Cell) int {
	n := 0
	for _, c := range cells {
		if c.Walked {
			n++
		}
	}
	return n
}

// markOdd marks the cells that stand out at the first difference.
func markOdd(row Host) {
	if row.Differs == "" {
		return
	}
	walked, usual := 0, -1
	for _, c := range row.Cells {
		if c.Walked {
			walked++
		}
	}
	likes := func(i int) (n int) {
		for _, c := range row.Cells {
			if c.Walked && alike(row.Differs, row.Cells[i].key(row.Differs), c.key(row.Differs)) {
				n++
			}
		}
		return n
	}
	for i, c := range row.Cells {
		if c.Walked && 2*likes(i) > walked && usual < 0 {
			usual = i
		}
	}
	for i := range row.Cells {
		c := &row.Cells[i]
		c.Odd = c.Walked && (usual < 0 || !alike(row.Differs, row.Cells[usual].key(row.Differs), c.key(row.Differs)))
	}
}

// alike reports whether two keys mean the same. The answers of name servers rotate, so one
// common address is enough.
func alike(op evidence.Op, a, b string) bool {
	if a == b || op != evidence.OpResolve {
		return a == b
	}
	there := map[string]bool{}
	for _, y := range strings.Fields(b) {
		there[y] = true
	}
	return slices.ContainsFunc(strings.Fields(a), func(x string) bool { return there[x] })
}

// Step returns what was seen at an operation, the zero value where it is not on the path.
func (c Cell) Step(op evidence.Op) Step {
	for _, s := range c.Steps {
		if s.Op == op {
			return s
		}
	}
	return Step{}
}

func (c Cell) key(op evidence.Op) string { return c.Step(op).key }

// step returns what a hop saw.
func step(h evidence.Hop) Step {
	s := Step{Op: h.Op, Hop: h.ID, Fail: h.State == evidence.Failed, Saw: skipped, key: skipped}
	if h.State != evidence.Skipped {
		s.Saw, s.key = words.Outcome(h), key(h)
	}
	return s
}

// skipped is said of a hop that was not made.
const skipped = "skipped"

// key returns the part of a hop that is compared: what does not change by chance.
func key(h evidence.Hop) string {
	failed := h.State == evidence.Failed
	switch d := h.Detail.(type) {
	case evidence.Setting:
		if !failed {
			return cmp.Or(withoutLogin(d.Proxy), d.Decision)
		}
	case evidence.Resolve:
		if !failed {
			return strings.Join(d.Addresses, " ")
		}
	case evidence.Dial:
		// A host's own addresses rotate; at a proxy's the node matters.
		if h.Role == evidence.Proxy {
			return string(h.Kind()) + h.Peer
		}
	case evidence.Tunnel:
		if failed {
			return cmp.Or(d.StatusLine, string(h.Kind()))
		}
		return fmt.Sprint(d.Code, " ", d.Phrase)
	case evidence.Handshake:
		return fmt.Sprint(h.Kind(), d.Public(), authority(d))
	case evidence.Request:
		if failed {
			// An answer that stops, or is cut off, has the status of a good one.
			return words.Join(string(d.Step), d.StatusLine, string(h.Kind()))
		}
		return fmt.Sprint(d.Step, " ", d.Code)
	}
	return string(h.Kind())
}

// authority returns who issued the leaf, empty where there is none.
func authority(d evidence.Handshake) string {
	if len(d.Chain) == 0 {
		return ""
	}
	return words.Issuer(d.Chain[0])
}
