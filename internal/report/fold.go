package report

import (
	"fmt"
	"slices"

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
}

// settingsLabel heads the block of what the settings say.
const settingsLabel = "settings"

// sharedRows gives a block for the settings, and one for each proxy.
func (l ledger) sharedRows() []row {
	var folds []fold
	for _, h := range l.trace.Hops {
		if shared(h) && l.shown(h) {
			folds = l.addTo(folds, h)
		}
	}
	labels := []string{settingsLabel}
	for _, f := range folds {
		labels = appendNew(labels, f.host)
	}
	var out []row
	for _, label := range labels {
		out = append(out, block(label, folds)...)
	}
	return out
}

// addTo folds a hop into the row that reads the same, or makes a new one. The
// time of a folded row is the longest.
func (l ledger) addTo(folds []fold, h evidence.Hop) []fold {
	next := fold{row: l.row(h), took: h.TookMS}
	next.host, next.time = l.label(h), ""
	at := slices.IndexFunc(folds, func(f fold) bool { return f.row == next.row })
	if at < 0 {
		folds, at = append(folds, next), len(folds)
	}
	folds[at].took = max(folds[at].took, h.TookMS)
	if h.Target != "" {
		folds[at].targets = appendNew(folds[at].targets, h.Target)
	}
	return folds
}

// block is the rows of one label. Where targets differ in the outcome of the
// same step, each row says whose it is.
func block(label string, folds []fold) []row {
	steps := map[string]int{}
	for _, f := range folds {
		if f.host == label {
			steps[f.hop+f.peer]++
		}
	}
	var out []row
	for _, f := range folds {
		if f.host != label {
			continue
		}
		if f.result != resultNone && f.hop != "SETTING" {
			f.time = duration(f.took)
		}
		if steps[f.hop+f.peer] > 1 && len(f.targets) > 0 {
			f.seen = sentence(f.seen, whose(f.targets))
		}
		if len(out) > 0 {
			f.host = ""
		}
		out = append(out, f.row)
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
	for _, t := range l.trace.Targets {
		proxy := evidence.ProxyAddress(t.Route.Proxy)
		if proxy != "" && (t.ID == h.Target || name != "" && evidence.ProxyHost(t.Route.Proxy) == name) {
			return proxy
		}
	}
	if name != "" {
		return name
	}
	return string(h.Role)
}

// notReached says why a hop was not made.
func (l ledger) notReached(h evidence.Hop) string {
	cause, ok := l.trace.Hop(h.Because)
	for range l.trace.Hops {
		if !ok || cause.State != evidence.Skipped {
			break
		}
		cause, ok = l.trace.Hop(cause.Because)
	}
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
