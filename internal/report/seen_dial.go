package report

import (
	"fmt"
	"strings"

	"pullpath/internal/evidence"
)

// seenDial is a connection attempt: why it failed, what a device said, which
// devices are on the way, and what was not looked at.
func seenDial(h evidence.Hop, d evidence.Dial) string {
	parts := []string{failureText(h)}
	if m := d.ICMP; m != nil {
		said := "ICMP " + m.Name
		if m.Sender != "" {
			said += " from " + m.Sender
		}
		if m.Own {
			said += " (this host)"
		}
		parts = append(parts, said)
	}
	switch {
	case d.Trail != nil && d.Trail.Said != "":
		return d.Trail.Said + ": " + trail(*d.Trail)
	case d.Trail != nil:
		parts = append(parts, trail(*d.Trail))
	}
	if d.NotLooked != "" {
		parts = append(parts, "not looked at: "+d.NotLooked)
	}
	return sentence(parts...)
}

// trail lists the devices on a way by their number; one that kept silent while
// others behind it answered is a star.
func trail(t evidence.Trail) string {
	var out []string
	for _, s := range t.Steps {
		who := s.Sender
		switch s.Answer {
		case evidence.TrailRouter:
		case evidence.TrailSilence:
			who = "*"
		default:
			who = strings.TrimSpace(who + " " + s.Answer)
		}
		out = append(out, fmt.Sprintf("%d %s", s.TTL, who))
	}
	return strings.Join(out, ", ")
}
