package report

import (
	"cmp"
	"fmt"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// lane holds the hops of one host in the waterfall.
type lane struct {
	Name, Status, Sign, Word string
	// Optional marks a host that a pull can do without.
	Optional bool
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
	// HasEvidence says that the page has evidence of the hop.
	HasEvidence bool
}

// openLanes is how many hosts a page shows unfolded; what failed is always open.
const openLanes = 12

// sharedLane heads the hops that belong to no single host.
const sharedLane = "shared by all hosts"

// waterfall returns a lane for what hosts share and one for each target.
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
		if l.passing[t.ID] {
			continue
		}
		next := lane{Name: t.ID, Status: status(l.result, t), Optional: !t.Required, Bars: byTarget[t.ID]}
		mark := outcomeMarks[outcomeOf(next.Status)]
		next.Sign, next.Word = mark.sign, mark.word
		if len(next.Bars) > 0 && next.Status == diagnosis.StatusSkipped {
			next.Word = "not checked to the end"
		}
		next.Open = i < openLanes || next.Status == diagnosis.StatusFail
		out = append(out, next)
	}
	return out
}

// outcomeOf returns the outcome for the status of a target.
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
	mark := outcomeMarks[outcome]
	left := min(max(h.BeganMS/total*100, 0), 100-leastBar)
	width := min(max(h.TookMS/total*100, leastBar), 100-left)
	b := bar{ID: h.ID, Name: words.HopName(h), Class: mark.class, Sign: mark.sign, Word: hopWord(outcome), Probe: !h.OnPath(),
		Left: fmt.Sprintf("%.2f", left), Width: fmt.Sprintf("%.2f", width), Time: words.Duration(h.TookMS)}
	b.HasEvidence = h.State != evidence.Skipped && h.Op != evidence.OpSetting
	if b.Probe {
		b.Name += ", probe " + string(h.Probe)
	}
	if h.State == evidence.Skipped {
		b.Time, b.Width = "", ""
	}
	return b
}
