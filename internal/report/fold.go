package report

import (
	"fmt"

	"pullpath/internal/evidence"
)

// shared tells that a hop belongs to no single target, or is made for each in
// the same way: the look-up of the proxy's name, the connection to the proxy,
// and what the settings say. A CONNECT is each target's own.
func shared(h evidence.Hop) bool {
	switch {
	case h.Op == evidence.OpSetting, h.Target == "":
		return true
	case h.Role != evidence.Proxy:
		return false
	}
	return h.Op == evidence.OpResolve || h.Op == evidence.OpDial || h.Op == evidence.OpHandshake
}

// fold is one row that stands for equal hops of several targets.
type fold struct {
	row
	took    float64
	targets []string
	known   map[string]bool
}

func (f *fold) forTarget(id string) {
	if id != "" && !f.known[id] {
		f.known[id] = true
		f.targets = append(f.targets, id)
	}
}

// settingsLabel heads the block of what the settings say.
const settingsLabel = "settings"

// sharedRows gives a block for the settings, and one for each proxy.
func (l ledger) sharedRows() []row {
	blocks, labels := map[string]*folds{settingsLabel: newFolds()}, []string{settingsLabel}
	for _, h := range l.trace.Hops {
		if !shared(h) || !l.shown(h) {
			continue
		}
		label := l.label(h)
		if blocks[label] == nil {
			blocks[label], labels = newFolds(), append(labels, label)
		}
		blocks[label].add(l.row(h), h)
	}
	var out []row
	for _, label := range labels {
		out = append(out, blocks[label].rows(label)...)
	}
	return out
}

// folds are the rows of one block.
type folds struct {
	list []*fold
	of   map[row]*fold
}

func newFolds() *folds { return &folds{of: map[row]*fold{}} }

// add folds a hop into the row that reads the same, or makes a new one. The time of a
// folded row is the longest.
func (f *folds) add(r row, h evidence.Hop) {
	r.time = ""
	if f.of[r] == nil {
		f.of[r] = &fold{row: r, known: map[string]bool{}}
		f.list = append(f.list, f.of[r])
	}
	f.of[r].took = max(f.of[r].took, h.TookMS)
	f.of[r].forTarget(h.Target)
}

// rows are those of the block. Where targets differ in the outcome of the same step,
// each row says whose it is.
func (f *folds) rows(label string) []row {
	steps := map[string]int{}
	for _, f := range f.list {
		steps[f.hop+f.peer]++
	}
	var out []row
	for i, f := range f.list {
		next := f.row
		if f.result != resultNone && f.hop != "SETTING" {
			next.time = duration(f.took)
		}
		if steps[f.hop+f.peer] > 1 && len(f.targets) > 0 {
			next.seen = sentence(f.row.seen, whose(f.targets))
		}
		if i == 0 {
			next.host = label
		}
		out = append(out, next)
	}
	return out
}

func whose(targets []string) string {
	if len(targets) == 1 {
		return "for " + targets[0]
	}
	return fmt.Sprintf("for %d hosts", len(targets))
}

// label is the block in which a shared hop stands.
func (l ledger) label(h evidence.Hop) string {
	if h.Op == evidence.OpSetting {
		return settingsLabel
	}
	if h.Via != "" {
		return evidence.ProxyAddress(h.Via)
	}
	name := evidence.DetailOf[evidence.Resolve](h).Name
	if proxy := l.proxyOf[h.Target]; proxy != "" {
		return proxy
	}
	if proxy := l.proxyNamed[name]; proxy != "" && name != "" {
		return proxy
	}
	if name != "" {
		return name
	}
	return string(h.Role)
}

// notReached says why a hop was not made.
func (l ledger) notReached(h evidence.Hop) string {
	cause, ok := l.trace.Hop(l.cause(h.Because))
	switch {
	case !ok && l.trace.Run.Ended != "":
		return "not walked, " + ended(l.trace.Run.Ended)
	case !ok || cause.State == evidence.Skipped:
		return "not reached"
	case shared(cause) && shared(h) && l.label(cause) == l.label(h):
		return "not reached"
	case shared(cause):
		return "not reached (" + hopName(cause) + ")"
	case cause.Target == h.Target:
		return "not reached"
	}
	return "not done, see " + hopName(cause) + " of " + cause.Target
}

// cause is the hop behind one for which another was left out: that itself, or what it was
// left out for in turn. In a circle it is any of those in it.
func (l ledger) cause(id int) int {
	var way []int
	for {
		if known, ok := l.causes[id]; ok {
			id = known
			break
		}
		h, ok := l.trace.Hop(id)
		if !ok || h.State != evidence.Skipped {
			break
		}
		l.causes[id] = id // until the end is known: a circle ends here
		way = append(way, id)
		id = h.Because
	}
	for _, passed := range way {
		l.causes[passed] = id
	}
	return id
}

// ended says in words why a run was not finished.
func ended(why string) string {
	switch why {
	case "budget":
		return "the time was up"
	case "interrupted":
		return "the run was interrupted"
	}
	return "the run ended: " + why
}
