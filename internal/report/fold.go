package report

import (
	"fmt"

	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// shared reports whether a hop belongs to no single target, or is the same for each: the
// look-up of the proxy's name, the connection to the proxy, and what the settings say. Each
// target has its own CONNECT.
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

// settingsLabel heads the block of the settings.
const settingsLabel = "settings"

// sharedRows returns a block for the settings, and one for each proxy.
func (l ledger) sharedRows() []row {
	blocks, labels := map[string]*folds{settingsLabel: newFolds()}, []string{settingsLabel}
	for _, h := range l.trace.Hops {
		if !shared(h) || !l.shown(h) || l.failures && l.outcome(h) == resultOK {
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
	if h.Origin == nil {
		r.time = ""
	}
	if f.of[r] == nil {
		f.of[r] = &fold{row: r, known: map[string]bool{}}
		f.list = append(f.list, f.of[r])
	}
	f.of[r].took = max(f.of[r].took, h.TookMS)
	f.of[r].forTarget(h.Target)
}

// rows returns the rows of the block. Where the outcomes of one step differ, each row names
// its targets.
func (f *folds) rows(label string) []row {
	steps := map[string]int{}
	for _, f := range f.list {
		steps[f.hop+f.peer]++
	}
	var out []row
	for i, f := range f.list {
		next := f.row
		if f.result != resultNone && f.hop != "SETTING" && next.time == "" {
			next.time = words.Duration(f.took)
		}
		if steps[f.hop+f.peer] > 1 && len(f.targets) > 0 {
			next.seen = words.Join(f.row.seen, forTargets(f.targets))
		}
		if i == 0 {
			next.host = label
		}
		out = append(out, next)
	}
	return out
}

func forTargets(targets []string) string {
	if len(targets) == 1 {
		return "for " + targets[0]
	}
	return fmt.Sprintf("for %d hosts", len(targets))
}

// label names the block of a shared hop.
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

// notReached returns why a hop was not made.
func (l ledger) notReached(h evidence.Hop) string {
	cause, ok := l.trace.Hop(l.cause(h.Because))
	switch {
	case !ok && l.trace.Run.Ended != "":
		return "not checked, " + ended(l.trace.Run.Ended)
	case !ok || cause.State == evidence.Skipped:
		return "not reached"
	case shared(cause) && shared(h) && l.label(cause) == l.label(h):
		return "not reached"
	case shared(cause):
		return "not reached (" + words.HopName(cause) + ")"
	case cause.Target == h.Target:
		return "not reached"
	}
	return "not done, see " + words.HopName(cause) + " of " + cause.Target
}

// cause returns the hop that made others impossible. A hop that was itself left out leads on
// to the one that it was left out for. In a circle it is any hop of the circle.
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
