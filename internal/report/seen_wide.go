package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// further is what the wide table has beyond the short one: every question, the
// whole chain, and the time of each phase of a hop.
func further(h evidence.Hop) string { return sentence(furtherOf(h), leftOut(h)) }

// leftOut says how much of what a peer said the report does not keep.
func leftOut(h evidence.Hop) string {
	var out []string
	for _, field := range slices.Sorted(maps.Keys(h.LeftOut)) {
		out = append(out, fmt.Sprintf("%d of %s", h.LeftOut[field], field))
	}
	if len(out) == 0 {
		return ""
	}
	return "left out: " + strings.Join(out, ", ")
}

func furtherOf(h evidence.Hop) string {
	switch d := h.Detail.(type) {
	case evidence.Resolve:
		return questions(d)
	case evidence.Tunnel:
		return firstByte(d.FirstByteMS)
	case evidence.Handshake:
		return sentence(strings.TrimSpace(d.Cipher+" "+d.Curve), chainNames(d), fmt.Sprintf("%d bytes sent, %d received", d.BytesSent, d.BytesReceived))
	case evidence.Request:
		text := firstByte(d.FirstByteMS)
		if d.Transfer != nil {
			text = sentence(text, fmt.Sprintf("%s in %s", count(int(d.Transfer.Bytes), "byte"), duration(d.Transfer.MS)))
		}
		return text
	}
	return ""
}

func firstByte(ms float64) string {
	if ms <= 0 {
		return ""
	}
	return "first byte after " + duration(ms)
}

func questions(d evidence.Resolve) string {
	var out []string
	for _, q := range d.Questions {
		text := strings.TrimSpace(q.Type + " " + q.Rcode)
		if q.Transport != "" {
			text += " over " + q.Transport
		}
		out = append(out, text+" in "+duration(q.TookMS))
	}
	return strings.Join(out, ", ")
}

// chainNames are the subjects of the chain as presented, and where it ends.
func chainNames(d evidence.Handshake) string {
	if len(d.Chain) == 0 {
		return ""
	}
	var out []string
	for i, c := range d.Chain {
		out = append(out, fmt.Sprintf("%d %s to %s", i+1, quoted(c.Subject), c.NotAfter.Format(day)))
	}
	return "chain " + strings.Join(out, ", ") + ", anchor " + anchorText(d.Anchor)
}
