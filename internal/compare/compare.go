// Package compare puts saved traces side by side: for each host what every vantage
// point saw, hop by hop, and the first hop at which they differ. It is pure and has
// no opinion on who is right.
package compare

import (
	"fmt"
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// Result is a comparison of two or more reports.
type Result struct {
	Reports  []Report  `json:"reports"`
	Hosts    []Host    `json:"hosts"`
	Findings []Finding `json:"findings"`
}

// Same tells that every host was met alike.
func (r Result) Same() bool {
	return len(r.Findings) == 0 && !slices.ContainsFunc(r.Hosts, func(h Host) bool { return h.Differs != "" })
}

// Report is one column: where, when and as whom a path was walked.
type Report struct {
	Name     string `json:"name"`
	Hostname string `json:"hostname"`
	Started  string `json:"started"`
	Client   string `json:"client"`
	Version  string `json:"version"`
}

// Host is one row.
type Host struct {
	Target string `json:"target"`
	// Differs is the first operation that was met differently, empty for none.
	Differs evidence.Op `json:"differs,omitempty"`
	Cells   []Cell      `json:"cells"`
}

// Cell is what one report has of a host.
type Cell struct {
	// Walked is false where the report does not have the host.
	Walked bool   `json:"walked"`
	Steps  []Step `json:"steps,omitempty"`
	// Odd marks what differs from what most reports saw, and where no answer is that of
	// most, each of them.
	Odd bool `json:"odd,omitempty"`
}

// Step is one operation of a path, and what was seen.
type Step struct {
	Op   evidence.Op `json:"op"`
	Saw  string      `json:"saw"`
	Hop  int         `json:"hop"`
	Fail bool        `json:"failed,omitempty"`
	// key is what is compared: the parts of Saw that do not change by chance.
	key string
}

// operations are in the order of a path.
func operations() []evidence.Op {
	return []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest}
}

// Traces compares traces under their names. Hosts are in the order in which they
// turn up.
func Traces(names []string, traces []*evidence.Trace) Result {
	out := Result{Hosts: []Host{}, Findings: []Finding{}}
	var targets []string
	var walks []walk
	known := map[string]bool{}
	for i, t := range traces {
		out.Reports = append(out.Reports, Report{names[i], t.Vantage.Hostname, t.Started.UTC().Format("2006-01-02T15:04:05Z"), t.Run.Client, t.Tool.Version})
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
		row.Differs = firstDifference(row.Cells)
		markOdd(row)
		out.Hosts = append(out.Hosts, row)
	}
	out.Findings = append(out.Findings, findings(names, walks, out.Hosts)...)
	return out
}

// cell is what the report has of a target.
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

// joined is the first of the hops of one operation; requests are told one after the
// other.
func (w walk) joined(op evidence.Op, hops []int) Step {
	out := step(w.trace.Hops[hops[0]])
	if op != evidence.OpRequest {
		return out
	}
	saw, key := []string{out.Saw}, []string{out.key}
	for _, i := range hops[1:] {
		s := step(w.trace.Hops[i])
		if s.Saw == "" || s.Saw == "skipped" && out.Fail {
			continue
		}
		saw, key, out.Fail = append(saw, s.Saw), append(key, s.key), out.Fail || s.Fail
	}
	out.Saw, out.key = strings.Join(saw, ", "), strings.Join(key, ", ")
	return out
}

// firstDifference is the first operation in which two reports that both have the
// host differ. One that was skipped is the consequence of one before it.
func firstDifference(cells []Cell) evidence.Op {
	for _, op := range operations() {
		var keys []string
		for _, c := range cells {
			if c.Walked {
				keys = append(keys, c.key(op))
			}
		}
		for _, k := range keys {
			if !alike(op, keys[0], k) {
				return op
			}
		}
	}
	return ""
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

// alike: answers of name servers rotate, so that one address in common is enough.
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

func (c Cell) key(op evidence.Op) string {
	for _, s := range c.Steps {
		if s.Op == op {
			return s.key
		}
	}
	return ""
}

// step says what a hop saw.
func step(h evidence.Hop) Step {
	s := Step{Op: h.Op, Hop: h.ID, Fail: h.State == evidence.Failed}
	switch {
	case h.State == evidence.Skipped:
		s.Saw = "skipped"
	case s.Fail:
		s.Saw = failed(h)
	default:
		s.Saw = succeeded(h)
	}
	s.key = s.Saw
	switch d := h.Detail.(type) {
	case evidence.Setting:
		if !s.Fail && d.Proxy != "" {
			s.key = "by " + withoutLogin(d.Proxy)
		}
	case evidence.Handshake:
		s.key = fmt.Sprint(h.Kind(), d.Public(), authority(d))
	case evidence.Dial:
		// A host's own addresses rotate; at a proxy's the node matters.
		if s.key = string(h.Kind()); h.Role == evidence.Proxy {
			s.key += h.Peer
		}
	case evidence.Resolve:
		if !s.Fail {
			s.key = strings.Join(d.Addresses, " ")
		}
	}
	return s
}

func failed(h evidence.Hop) string {
	switch d := h.Detail.(type) {
	case evidence.Tunnel:
		if d.StatusLine != "" {
			return d.StatusLine
		}
	case evidence.Request:
		if d.StatusLine != "" {
			return d.Step + " " + d.StatusLine
		}
		return d.Step + " " + string(h.Kind())
	case evidence.Handshake:
		if by := authority(d); by != "" {
			return string(h.Kind()) + ", issued by " + by
		}
	case evidence.Dial:
		return h.Peer + " " + string(h.Kind())
	}
	return string(h.Kind())
}

func succeeded(h evidence.Hop) string {
	switch d := h.Detail.(type) {
	case evidence.Setting:
		if d.Proxy != "" {
			return "by " + d.Proxy
		}
		return d.Decision
	case evidence.Resolve:
		return strings.Join(d.Addresses, " ")
	case evidence.Dial:
		return h.Peer
	case evidence.Tunnel:
		return strings.TrimSpace(fmt.Sprint(d.Code, " ", d.Phrase))
	case evidence.Handshake:
		return "issued by " + authority(d)
	case evidence.Request:
		return fmt.Sprint(d.Step, " ", d.Code)
	}
	return "ok"
}

// authority is who issued the leaf: the organization, or the name.
func authority(d evidence.Handshake) string {
	if len(d.Chain) == 0 {
		return ""
	}
	if leaf := d.Chain[0]; len(leaf.IssuerOrg) > 0 {
		return leaf.IssuerOrg[0]
	} else if leaf.IssuerCN != "" {
		return leaf.IssuerCN
	}
	return d.Chain[0].Issuer
}
