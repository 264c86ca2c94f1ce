package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// Codes of causes that only packets show.
const (
	DNSAnswerInjected diagnosis.Code = "dns-answer-injected" // a device answers a question before the name server does
	TCPResetInjected  diagnosis.Code = "tcp-reset-injected"  // a device on the way resets a connection in the host's name
	TCPIdleTimeout    diagnosis.Code = "tcp-idle-timeout"    // a device on the way forgets connections that are idle
)

// resetInjected is about a RST in a host's name that the host did not send.
func resetInjected() diagnosis.Entry {
	return diagnosis.Entry{
		Code: TCPResetInjected, Since: "0.1.0", Packets: true,
		Layer: diagnosis.TCP, Severity: diagnosis.Error, Strength: diagnosis.Likely, Audience: diagnosis.NetworkTeam,
		Title: "a device before {hosts} resets the connection in its name",
		Seen:  "{peers}, frame {frame}: the reset came with hop limit {limit}, the other packets of that address with {others}{further}",
		Means: "Each router takes one off the hop limit, so packets of one sender come with one value. Most likely this reset " +
			"was injected by a device {where}; it may also have taken another way than the host's other packets.",
		Remedy: "find what sends resets {where}: a firewall, an IPS or a filter that reads names. Have it allow {targets} for {source}; " +
			"its log has the connection at the time below",
		Changes: []diagnosis.Change{diagnosis.AllowHost},
		Symptoms: []diagnosis.Symptom{
			{Text: "connection reset by peer", Cite: "https://github.com/moby/buildkit/issues/5839"},
			{Text: "(35) Recv failure: Connection reset", Cite: "internal/oracle/network_test.go"},
		},
		Cite: []string{
			"https://www.icir.org/vern/papers/reset-injection.ndss09.pdf (hop limits of injected resets)",
			"RFC 791 section 3.2 (Time to Live)", "RFC 9293 section 3.5.2",
			"docs/field-notes.md#hop-limits",
		},
		Values: []string{"peers", "frame", "limit", "others", "further", "where"},
		Needs:  []evidence.Op{evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest},
		After:  beforeDNS(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := captured(v, injected)
			return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string {
				return fmt.Sprint(h.Peer, h.Packets.Reset.HopLimit, h.Packets.Reset.Others)
			}), matchInjected)
		},
	}
}

// captured are the steps of connections that packets tell of.
func captured(v *diagnosis.View, keep func(evidence.Hop) bool) []evidence.Hop {
	var out []evidence.Hop
	for _, op := range []evidence.Op{evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest} {
		out = append(out, v.Hops(op, func(h evidence.Hop) bool { return h.OnPath() && keep(h) })...)
	}
	return out
}

// injected tells that a step ended by a RST that another device sent in the far side's name.
func injected(h evidence.Hop) bool {
	return h.FailedWith(evidence.Reset, evidence.Refused) && h.Packets != nil && h.Packets.Reset.Foreign() && !h.Packets.Reset.ByClient
}

func matchInjected(g []evidence.Hop) diagnosis.Match {
	r := g[0].Packets.Reset
	where, sure := placeOfReset(*r)
	m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{"peers": peers(g), "frame": fmt.Sprint(r.Frame),
		"limit": fmt.Sprint(r.HopLimit), "others": numbers(r.Others), "further": furtherSigns(*r), "where": where}}
	if !sure {
		m.Strength = diagnosis.Possible
	}
	return m
}

// placeOfReset says where the sender of a RST stands, from the hop limits; sure is false where
// these allow other readings.
func placeOfReset(r evidence.ResetPacket) (where string, sure bool) {
	from := evidence.Distance(r.HopLimit)
	nearest, farthest := evidence.Distance(slices.Max(r.Others)), evidence.Distance(slices.Min(r.Others))
	nearest, farthest = min(nearest, farthest), max(nearest, farthest)
	place := words.Count(from, "router") + " from the place of the capture"
	switch {
	case from >= farthest:
		return "on another way than the host's own packets take, or one that begins with another hop limit", false
	case from >= nearest:
		return "at most " + words.Count(farthest-from, "hop") + " before the host (" + place + ")", false
	case nearest == farthest:
		return words.Count(nearest-from, "hop") + " before the host (" + place + ", the host " + words.Count(nearest, "router") + ")",
			!r.Elsewhere && nearest-from > 1
	}
	return fmt.Sprintf("%d to %d hops before the host (%s)", nearest-from, farthest-from, place), !r.Elsewhere
}

// furtherSigns are what else sets a RST apart.
func furtherSigns(r evidence.ResetPacket) string {
	var out []string
	if r.Elsewhere {
		out = append(out, "those were of other connections")
	}
	if r.Timestamps {
		out = append(out, "it lacks the timestamps that they carry")
	}
	if r.ID == 0 && r.OtherID != 0 {
		out = append(out, "its identification is 0, theirs is not")
	}
	if r.Later > 0 {
		out = append(out, words.Count(r.Later, "more segment")+" of the host came after it")
	}
	if len(out) == 0 {
		return ""
	}
	return "; " + strings.Join(out, "; ")
}

func numbers(list []int) string {
	var out []string
	for _, n := range list {
		out = append(out, fmt.Sprint(n))
	}
	return strings.Join(out, ", ")
}

// idleTimeout is about connections that a device forgets.
func idleTimeout() diagnosis.Entry {
	return diagnosis.Entry{
		Code: TCPIdleTimeout, Since: "0.1.0", Packets: true,
		Layer: diagnosis.TCP, Severity: diagnosis.Warning, Strength: diagnosis.Likely, Audience: diagnosis.NetworkTeam,
		Title: "connections to {hosts} end after {time} without a byte",
		Seen:  "{peers}: {count} connections, each idle for {times} before {how}",
		Means: "Several connections end at the same age of silence, so most likely a timer ends them: firewalls, load " +
			"balancers and proxies forget what is idle, and some do not say so. A client that keeps connections open finds " +
			"out with its next request.",
		Remedy: "raise the idle time-out for {targets} on the devices between {source} and {peers}, or have them send resets",
		Or: diagnosis.Way{Audience: diagnosis.HostAdmin,
			Remedy: "have the client close idle connections sooner, or keep them alive: sysctl net.ipv4.tcp_keepalive_time below {time}"},
		Symptoms: []diagnosis.Symptom{{Text: "read: connection reset by peer", Cite: "https://github.com/golang/go/issues/81199"},
			{Text: "http2: server sent GOAWAY and closed the connection", Cite: "https://github.com/kubernetes/client-go/issues/374"}},
		Cite: []string{
			"RFC 5382 section 5 (REQ-5: idle connections)", "RFC 9293 section 3.8.4 (keep-alives)",
			"https://github.com/kubernetes/client-go/issues/374",
			"docs/field-notes.md#idle-connections",
		},
		Values: []string{"peers", "count", "times", "time", "how"},
		Needs:  []evidence.Op{evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := captured(v, func(h evidence.Hop) bool { return h.Packets != nil && len(h.Packets.IdleMS) > 0 })
			var out []diagnosis.Match
			for _, g := range diagnosis.Group(hops, func(h evidence.Hop) string { return h.Peer }) {
				if m, ok := matchIdle(g); ok {
					out = append(out, m)
				}
			}
			return out
		},
	}
}

// alikeShare is how far idle times may be apart that one timer makes: devices look at their tables
// every few seconds.
const alikeShare = 0.1

// matchIdle is what connections to one place have in common, false where fewer than two do.
func matchIdle(g []evidence.Hop) (diagnosis.Match, bool) {
	var all []float64
	resets := 0
	for _, h := range g {
		all = append(all, h.Packets.IdleMS...)
		if h.Packets.Reset != nil {
			resets++
		}
	}
	slices.Sort(all)
	if len(all) < 2 || all[len(all)-1]-all[0] > alikeShare*all[len(all)-1] {
		return diagnosis.Match{}, false
	}
	how := "the client spoke again and got no acknowledgement"
	if resets > 0 {
		how = "it was reset"
	}
	times := words.Duration(all[0])
	if last := words.Duration(all[len(all)-1]); last != times {
		times += " to " + last
	}
	return diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{"peers": peers(g), "count": fmt.Sprint(len(all)), "times": times,
		"time": words.Duration(all[0]), "how": how}}, true
}

// answerInjected is about a question that was answered twice, the first time by another device.
func answerInjected() diagnosis.Entry {
	return diagnosis.Entry{
		Code: DNSAnswerInjected, Since: "0.1.0", Packets: true,
		Layer: diagnosis.DNS, Severity: diagnosis.Error, Strength: diagnosis.Likely, Audience: diagnosis.NetworkTeam,
		Title: "a device answers for {name} before the name server does",
		Seen: "{servers}: two answers to one question for {name}: {first} with hop limit {limit} after {time}, then {second} with hop limit " +
			"{other} after {later}",
		Means: "The two answers differ and came over a different number of routers, so most likely two devices sent them; " +
			"a client takes the first. Filters that answer in the name server's place may do this.",
		Remedy: "find what answers DNS for {names} between {source} and {servers}, and have it let the name through",
		Symptoms: []diagnosis.Symptom{
			{Text: "x509: certificate is valid for …, not …", Cite: "docs/field-notes.md#interception"},
		},
		Cite: []string{
			"https://www.icir.org/vern/papers/hold-on.satin12.pdf (two answers, told apart by their hop limit)",
			"RFC 3833 section 2.2", "docs/field-notes.md#hop-limits",
		},
		Values: []string{"servers", "name", "names", "first", "second", "limit", "other", "time", "later"},
		Needs:  []evidence.Op{evidence.OpResolve},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool { return rival(h) != nil })
			return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string { return evidence.DetailOf[evidence.Resolve](h).Name }),
				matchRivals)
		},
	}
}

// rival is the question of a look-up that had two answers over different ways, nil for none.
func rival(h evidence.Hop) *evidence.Question {
	for _, q := range evidence.DetailOf[evidence.Resolve](h).Questions {
		if slices.ContainsFunc(q.Rivals, func(r evidence.Rival) bool { return r.HopLimit != q.HopLimit }) {
			return &q
		}
	}
	return nil
}

func matchRivals(g []evidence.Hop) diagnosis.Match {
	q := rival(g[0])
	i := slices.IndexFunc(q.Rivals, func(r evidence.Rival) bool { return r.HopLimit != q.HopLimit })
	other := q.Rivals[i]
	var given []string
	for _, a := range q.Answers {
		given = append(given, a.Address)
	}
	name := evidence.DetailOf[evidence.Resolve](g[0]).Name
	return diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{"servers": servers(g), "name": name, "names": name,
		"first": givenText(given, q.Rcode), "second": givenText(other.Addresses, other.Rcode), "limit": fmt.Sprint(q.HopLimit),
		"other": fmt.Sprint(other.HopLimit), "time": words.Duration(q.TookMS), "later": words.Duration(other.TookMS)}}
}

// givenText is an answer in short: its addresses, or its code.
func givenText(addresses []string, rcode string) string {
	if len(addresses) == 0 {
		return "rcode " + rcode
	}
	return diagnosis.List(addresses)
}
