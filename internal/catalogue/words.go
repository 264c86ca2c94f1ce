package catalogue

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// maxLines is how many lines of files a sentence names; those of a host are a handful.
const maxLines = 30

// few joins texts, of many the first and how many more.
func few(texts []string, by string) string {
	if left := len(texts) - maxLines; left > 0 {
		return fmt.Sprintf("%s%sand %d more", strings.Join(texts[:maxLines], by), by, left)
	}
	return strings.Join(texts, by)
}

// plain writes a time in whole seconds as people say it.
func plain(d time.Duration) string { return fmt.Sprintf("%.0f s", d.Seconds()) }

// maxPeers is how many addresses a sentence names; the hops have all.
const maxPeers = 3

// fewPeers lists the first few far ends.
func fewPeers(hops []evidence.Hop) string {
	var kept []evidence.Hop
	more := 0
	for _, h := range hops {
		known := slices.ContainsFunc(kept, func(k evidence.Hop) bool { return k.Peer == h.Peer })
		switch {
		case known:
		case len(kept) < maxPeers:
			kept = append(kept, h)
		default:
			more++
		}
	}
	if more > 0 {
		return peers(kept) + " and more"
	}
	return peers(kept)
}

// port is the port that a hop went to.
func port(h evidence.Hop) string {
	for i := len(h.Peer) - 1; i >= 0; i-- {
		if h.Peer[i] == ':' {
			return h.Peer[i+1:]
		}
	}
	return ""
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// firstLine is what stands before the first end of a line, which bytes that were
// kept have in escaped form.
func firstLine(bytes string) string {
	line, _, _ := strings.Cut(bytes, `\x0d`)
	line, _, _ = strings.Cut(line, `\x0a`)
	return line
}

// upper begins a sentence.
func upper(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// span writes a duration in the unit in which it is read.
func span(d time.Duration) string {
	switch {
	case d >= 2*day:
		return words.Count(rounded(d, day), "day")
	case d >= 2*time.Hour:
		return words.Count(rounded(d, time.Hour), "hour")
	case d >= 2*time.Minute:
		return words.Count(rounded(d, time.Minute), "minute")
	}
	return words.Count(rounded(d, time.Second), "second")
}

func rounded(d, unit time.Duration) int { return int(math.Round(float64(d) / float64(unit))) }

// kibibytes writes an amount to the next KiB: of a trickle no reader wants the bytes.
func kibibytes(n int64) string { return fmt.Sprintf("%d KiB", (n+1023)/1024) }

// peers lists the far ends of hops, each once.
func peers(hops []evidence.Hop) string {
	return join(hops, func(h evidence.Hop) string { return h.Peer })
}

// far names what answered inside a connection: the address when direct, the
// target with the proxy when tunnelled, and of several the first.
func far(hops []evidence.Hop) string {
	h := hops[0]
	out := h.Peer
	if h.Via != "" && h.Target != "" {
		out = h.Target + " (through " + h.Peer + ")"
	}
	if len(hops) > 1 {
		out += fmt.Sprintf(" and %d more", len(hops)-1)
	}
	return out
}

// join lists a text of hops, each once, in order.
func join(hops []evidence.Hop, text func(evidence.Hop) string) string {
	return diagnosis.List(distinct(hops, text))
}

// distinct are the texts of hops, each once, in order.
func distinct(hops []evidence.Hop, text func(evidence.Hop) string) []string {
	var out []string
	seen := map[string]bool{"": true}
	for _, h := range hops {
		if s := text(h); !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// reason says why a hop failed, and of one that got no answer how long it waited.
func reason(h evidence.Hop) string {
	if h.Kind() == evidence.Timeout {
		return words.Reason(h) + " in " + words.Seconds(h.TookMS)
	}
	return words.Reason(h)
}

// reasons lists why hops failed, each reason once: of those that ran into their
// limit the longest wait, for they differ in nothing else.
func reasons(hops []evidence.Hop) string {
	var longest evidence.Hop
	for _, h := range hops {
		if h.Kind() == evidence.Timeout && h.TookMS >= longest.TookMS {
			longest = h
		}
	}
	return join(hops, func(h evidence.Hop) string {
		if h.Kind() == evidence.Timeout {
			h = longest
		}
		return reason(h)
	})
}

// lastPart is the last of an error's parts, which says what happened; those
// before it say where.
func lastPart(text string) string {
	if i := strings.LastIndex(text, ": "); i >= 0 {
		return text[i+len(": "):]
	}
	return text
}

// seconds writes how long hops were waited for, the longest.
func seconds(hops []evidence.Hop) string {
	longest := 0.0
	for _, h := range hops {
		longest = max(longest, h.TookMS)
	}
	return words.Seconds(longest)
}
