package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// further returns what the wide table adds to the short one: every question, the whole
// chain, and the time of each phase of a hop.
func further(h evidence.Hop) string { return words.Join(furtherOf(h), leftOut(h)) }

// leftOut returns how much of a peer's answer the report does not keep.
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
		sizes := fmt.Sprintf("%d bytes sent, %d received", d.BytesSent, d.BytesReceived)
		return words.Join(strings.TrimSpace(d.Cipher+" "+d.Curve), chainNames(d), sizes)
	case evidence.Request:
		text := firstByte(d.FirstByteMS)
		if d.Transfer != nil {
			text = words.Join(text, fmt.Sprintf("%s in %s", words.Count(int(d.Transfer.Bytes), "byte"), words.Duration(d.Transfer.MS)))
		}
		return text
	}
	return ""
}

func firstByte(ms float64) string {
	if ms <= 0 {
		return ""
	}
	return "first byte after " + words.Duration(ms)
}

func questions(d evidence.Resolve) string {
	var out []string
	for _, q := range d.Questions {
		text := strings.TrimSpace(q.Type + " " + q.Rcode)
		if q.Transport != "" {
			text += " over " + q.Transport
		}
		out = append(out, text+" in "+words.Duration(q.TookMS))
	}
	return strings.Join(out, ", ")
}

// chainNames returns the subjects of the chain as presented, and where it ends.
func chainNames(d evidence.Handshake) string {
	if len(d.Chain) == 0 {
		return ""
	}
	var out []string
	for i, c := range d.Chain {
		out = append(out, fmt.Sprintf("%d %s to %s", i+1, words.Quoted(c.Subject), c.NotAfter.Format(day)))
	}
	return "chain " + strings.Join(out, ", ") + ", anchor " + anchorText(d)
}
