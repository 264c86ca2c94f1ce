package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// matchEach makes a match of every group of hops with the same key.
func matchEach(groups [][]evidence.Hop, values func([]evidence.Hop) map[string]string) []diagnosis.Match {
	var out []diagnosis.Match
	for _, g := range groups {
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(g), Values: values(g)})
	}
	return out
}

// byKind groups hops by what their failure is and the way they went.
func byKind(hops []evidence.Hop) [][]evidence.Hop {
	return diagnosis.Group(hops, func(h evidence.Hop) string { return string(h.Kind()) + " " + h.Via })
}

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

// reason is the failure's text without the addresses that the system puts in
// front of it; the hop has these, and with them no two reasons are equal.
func reason(h evidence.Hop) string {
	if h.Failure == nil {
		return ""
	}
	text := h.Failure.Text
	switch {
	case h.Kind() == evidence.Timeout:
		return fmt.Sprintf("no answer in %.1f s", h.TookMS/1000)
	case h.Kind() == evidence.Reset:
		// A reset is met by the read or by the write behind it, as timing has it.
		return "connection reset by peer"
	case strings.HasPrefix(text, "dial "), strings.HasPrefix(text, "read "), strings.HasPrefix(text, "write "):
		return lastPart(text)
	}
	return text
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
	return fmt.Sprintf("%.1f s", longest/1000)
}

// notProxy keeps hops that talk to a host of the registry.
func notProxy(hops []evidence.Hop) []evidence.Hop {
	return slices.DeleteFunc(hops, func(h evidence.Hop) bool { return h.Role == evidence.Proxy })
}

// toProxy keeps hops that talk to the proxy.
func toProxy(hops []evidence.Hop) []evidence.Hop {
	return slices.DeleteFunc(hops, func(h evidence.Hop) bool { return h.Role != evidence.Proxy })
}

// quoted puts a text of the wire between quotes, or says that there was none.
func quoted(s string) string {
	if s == "" {
		return "nothing"
	}
	return `"` + s + `"`
}
