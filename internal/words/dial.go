package words

import (
	"fmt"
	"strings"

	"pullpath/internal/evidence"
)

// seenDial describes a connection attempt: why it failed, what a device reported, which
// devices are on the way, and what was not looked at.
func seenDial(h evidence.Hop, d evidence.Dial) string {
	parts := []string{Reason(h)}
	if d.Trail != nil && h.Failure != nil {
		parts[0] = h.Failure.Text // which device answered last
	}
	if m := d.ICMP; m != nil {
		message := "ICMP " + m.Name
		if m.Sender != "" {
			message += " from " + m.Sender
		}
		if m.Own {
			message += " (this host)"
		}
		parts = append(parts, message)
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
	return Join(parts...)
}

// trail returns the devices on the route by their number. A device that kept silent
// while later ones answered is a star.
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
