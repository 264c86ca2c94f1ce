package catalogue

import (
	"fmt"
	"math"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// skewWorth is from where a wrong clock is worth a warning though nothing fails
// yet (CONTRACT.md 3): tokens are made for 300 s, and a fifth of that is gone.
const skewWorth = time.Minute

// clocks are the rows about this host's clock.
func clocks() []diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	return []diagnosis.Entry{{
		Code: "clock-skew", Since: since, Layer: diagnosis.TLS, Severity: diagnosis.Error, Strength: diagnosis.Proven,
		Audience: diagnosis.HostAdmin,
		Title:    "this host's clock is {amount}",
		Seen:     "by the Date of {servers} it is {amount}{chains}",
		Means:    "The certificates hold at the servers' time and not at this host's. Every check of a date on this host goes wrong: certificates, tokens, signed URLs.",
		Remedy:   "set this host's clock (chronyc tracking; chronyc makestep, or timedatectl set-ntp true) and let it reach its time server (123/udp); of a virtual machine also look at the clock of its host",
		Cite:     []string{"failures E6: containers/podman-desktop#1713, containers/podman#10198, moby/moby#11534", "RFC 9110 sections 5.6.7 and 6.6.1"},
		Values:   []string{"amount", "servers", "chains"},
		Needs:    []evidence.Op{evidence.OpHandshake, evidence.OpRequest},
		Match:    matchClock,
		Provoke:  fault.World{Title: "this host's clock is 45 days behind", Direct: true, ClientClock: -45 * day},
		Also: []fault.World{
			{Title: "this host's clock is 70 days ahead", ClientClock: 70 * day},
			{Title: "this host's clock is behind, and an image is asked for", ClientClock: -45 * day, Targets: image},
			{Title: "this host's clock is five minutes ahead", Direct: true, ClientClock: 5 * time.Minute, Targets: image},
		},
	}}
}

// skew is what the servers say of this host's clock.
type skew struct {
	offset time.Duration
	agree  []evidence.ServerTime
	known  bool
}

// skewOf reads it from all requests of the run.
func skewOf(v *diagnosis.View) skew {
	type ofRun struct{}
	return diagnosis.Remember(v, ofRun{}, func() skew {
		hops := append(v.Hops(evidence.OpHandshake, nil), v.Hops(evidence.OpRequest, nil)...)
		var s skew
		s.offset, s.agree, s.known = evidence.AgreedTime(evidence.ServerTimes(hops))
		return s
	})
}

// at is the servers' time of a moment of this host, its own where nobody says
// that it is wrong.
func (s skew) at(local time.Time) time.Time {
	if s.known && s.offset.Abs() >= skewWorth {
		return local.Add(s.offset)
	}
	return local
}

// explains tells that a chain was refused for its dates at this host's time and
// holds at the servers'.
func (s skew) explains(h evidence.Hop) bool {
	if !h.FailedWith(evidence.Expired, evidence.NotYetValid) || !s.known || s.offset.Abs() < skewWorth {
		return false
	}
	return datesHold(evidence.DetailOf[evidence.Handshake](h), s.at(h.At))
}

// datesHold tells that every presented certificate is valid at a time.
func datesHold(d evidence.Handshake, at time.Time) bool {
	for _, c := range d.Chain {
		if at.Before(c.NotBefore) || at.After(c.NotAfter) {
			return false
		}
	}
	return len(d.Chain) > 0
}

func matchClock(v *diagnosis.View) []diagnosis.Match {
	s := skewOf(v)
	if !s.known || s.offset.Abs() < skewWorth {
		return nil
	}
	failed := v.Hops(evidence.OpHandshake, func(h evidence.Hop) bool { return h.OnPath() && s.explains(h) })
	m := diagnosis.Match{Hops: diagnosis.IDs(failed), Values: map[string]string{"amount": s.words(), "servers": s.servers(), "chains": ""}}
	if len(failed) > 0 {
		m.Values["chains"] = "; refused at this host's time and sound at theirs: " + count(len(failed), "chain")
		return []diagnosis.Match{m}
	}
	for _, t := range s.agree {
		m.Hops = append(m.Hops, t.Hop)
	}
	m.Severity = diagnosis.Warning
	m.Means = "Nothing fails by it yet. Tokens live for minutes and certificates begin and end on the second: soon something will."
	return []diagnosis.Match{m}
}

// words says how wrong this host's clock is: behind where the servers' time is later.
func (s skew) words() string {
	if s.offset > 0 {
		return span(s.offset) + " behind"
	}
	return span(-s.offset) + " ahead"
}

// span writes a duration in the unit in which it is read.
func span(d time.Duration) string {
	switch {
	case d >= 2*day:
		return count(rounded(d, day), "day")
	case d >= 2*time.Hour:
		return count(rounded(d, time.Hour), "hour")
	case d >= 2*time.Minute:
		return count(rounded(d, time.Minute), "minute")
	}
	return count(rounded(d, time.Second), "second")
}

func rounded(d, unit time.Duration) int { return int(math.Round(float64(d) / float64(unit))) }

// shownServers bounds how many servers are named as witnesses.
const shownServers = 3

func (s skew) servers() string {
	var names []string
	for _, t := range s.agree {
		names = append(names, t.Target)
	}
	if len(names) > shownServers {
		return strings.Join(names[:shownServers], ", ") + fmt.Sprintf(" and %d more", len(names)-shownServers)
	}
	return strings.Join(names, ", ")
}
