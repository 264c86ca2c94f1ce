package report

import (
	"cmp"
	"fmt"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// lane is the hops of one host in the waterfall.
type lane struct {
	Name, Status, Sign, Word string
	// Open lanes are shown at once.
	Open bool
	Bars []bar
}

// bar is one hop: when it began and how long it took, in per cent of the run.
type bar struct {
	ID                      int
	Name, Time, Class, Sign string
	Word                    string
	Left, Width             string
	Probe                   bool
	// Told tells that the evidence has more of it.
	Told bool
}

// openLanes is how many hosts a page shows unfolded; what failed is always open.
const openLanes = 12

// sharedLane heads the hops that belong to no single host.
const sharedLane = "shared by all hosts"

// waterfall gives a lane for what hosts share and one for each target.
func (l ledger) waterfall() []lane {
	total := cmp.Or(l.trace.DurationMS, 1)
	byTarget := map[string][]bar{}
	for _, h := range l.trace.Hops {
		total = max(total, h.BeganMS+h.TookMS)
	}
	for _, h := range l.trace.Hops {
		byTarget[h.Target] = append(byTarget[h.Target], l.bar(h, total))
	}
	var out []lane
	if bars := byTarget[""]; len(bars) > 0 {
		out = append(out, lane{Name: sharedLane, Open: true, Bars: bars})
	}
	for i, t := range l.trace.Targets {
		next := lane{Name: t.ID, Status: status(l.result, t), Bars: byTarget[t.ID]}
		words := outcomeWords[outcomeOf(next.Status)]
		next.Sign, next.Word = words[0], words[1]
		if len(next.Bars) > 0 && next.Status == diagnosis.StatusSkipped {
			next.Word = "not walked to the end"
		}
		next.Open = i < openLanes || next.Status == diagnosis.StatusFail
		out = append(out, next)
	}
	return out
}

// outcomeOf is the outcome that a target's status comes to.
func outcomeOf(status string) string {
	switch status {
	case diagnosis.StatusPass:
		return resultOK
	case diagnosis.StatusWarn:
		return resultWarn
	case diagnosis.StatusFail:
		return resultFail
	}
	return resultNone
}

// leastBar is the width, in per cent, below which a bar cannot be seen.
const leastBar = 0.4

func (l ledger) bar(h evidence.Hop, total float64) bar {
	outcome := l.outcome(h)
	words := outcomeWords[outcome]
	left := min(max(h.BeganMS/total*100, 0), 100-leastBar)
	width := min(max(h.TookMS/total*100, leastBar), 100-left)
	b := bar{ID: h.ID, Name: hopName(h), Class: words[2], Sign: words[0], Word: hopWord(outcome), Probe: !h.OnPath(),
		Left: fmt.Sprintf("%.2f", left), Width: fmt.Sprintf("%.2f", width), Time: duration(h.TookMS)}
	b.Told = h.State != evidence.Skipped && h.Op != evidence.OpSetting
	if b.Probe {
		b.Name += ", probe " + h.Probe
	}
	if h.State == evidence.Skipped {
		b.Time, b.Width = "", ""
	}
	return b
}
