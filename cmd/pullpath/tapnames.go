package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/packets"
	"pullpath/internal/words"
)

// maxComment bounds a comment in the file of packets, in bytes. A connection that is kept for
// all requests of a pull has some twenty hops; a line of Wireshark shows the first of them.
const maxComment = 1000

// comment names the hops that a connection stands for, and their target. One that no hop was made
// on and that was opened for none is between the parts of a made-up network.
func (t *tap) comment(c packets.Conn) (text string, own bool) {
	hops := t.hopsOf(c)
	if len(hops) == 0 {
		return "of this run, and none of its hops", c.Serial > 0
	}
	var parts []string
	for _, h := range hops {
		parts = append(parts, hopName(h))
	}
	text = cmp.Or(hops[0].Target, "all targets") + ": " + strings.Join(parts, "; ")
	if len(text) > maxComment {
		text = strings.ToValidUTF8(text[:maxComment], "") + " …"
	}
	return text, true
}

// hopsOf returns the hops that were made on a connection, in order: those that have its own
// address, else the one for which it was opened. Of several name servers that were asked for one
// name each has a hop, and all were asked for the first.
func (t *tap) hopsOf(c packets.Conn) []evidence.Hop {
	var out, asked []evidence.Hop
	opened, ok := t.hops[c.Serial]
	datagrams := c.Network == "udp"
	for _, h := range t.hops {
		if h.Local == c.Local.String() && (!datagrams || h.Op == evidence.OpResolve) {
			out = append(out, h)
		}
		if h.Op == evidence.OpResolve && opened.Op == evidence.OpResolve && h.Peer == c.Remote.String() && h.Target == opened.Target &&
			evidence.DetailOf[evidence.Resolve](h).Name == evidence.DetailOf[evidence.Resolve](opened).Name {
			asked = append(asked, h)
		}
	}
	switch {
	case len(out) > 0:
	case len(asked) > 0:
		out = asked
	case ok:
		out = append(out, opened)
	}
	slices.SortFunc(out, func(a, b evidence.Hop) int { return a.ID - b.ID })
	return out
}

// hopName returns how a report numbers and names a hop, where it leads, and how it went.
func hopName(h evidence.Hop) string {
	text := fmt.Sprintf("hop %d %s", h.ID, words.HopName(h))
	if h.Op == evidence.OpResolve {
		text += " " + evidence.DetailOf[evidence.Resolve](h).Name
	}
	if h.Probe != "" {
		text += ", side probe " + string(h.Probe)
	}
	switch {
	case h.Failure != nil:
		text += ", failed: " + string(h.Failure.Kind)
	case h.State == evidence.Skipped:
		text += ", given up"
	}
	return text
}
