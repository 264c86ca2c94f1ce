package catalogue

import (
	"cmp"
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// refusedPart tells a request for a part of a blob that was answered with something else, where
// the host serves the same blob to a request without Range. A sentence that says why outranks it.
func refusedPart(v *diagnosis.View, h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	if d.Range == "" || !isBlobStep(d.Step) || !h.FailedWith(evidence.UnexpectedAnswer) || means(h) != "" ||
		slices.Contains([]int{401, 404, 407, 413, 429}, d.Code) || d.Code/100 == 3 || d.Code/100 == 5 {
		return false
	}
	_, ok := servedWhole(v, h)
	return ok
}

// servedWhole is a request for the same content at the same host that was answered, without Range.
func servedWhole(v *diagnosis.View, h evidence.Hop) (evidence.Hop, bool) {
	step := stepOf(h)
	return v.FirstAbout(evidence.OpRequest, diagnosis.About{}.Target(h.Target), func(o evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Request](o)
		return d.Step == step && d.Range == "" && d.Code/100 == 2
	})
}

// servesParts is what to ask for where a host serves no parts.
const servesParts = "let {targets}, and what stands before it, answer requests with Range by 206 (nginx as a cache: the module slice or " +
	"proxy_force_ranges; Squid: range_offset_limit)"

// matchRangeRefused is an error where the client needed the part, and a warning where the part was
// asked for to learn whether the host has parts at all.
func matchRangeRefused(v *diagnosis.View) []diagnosis.Match {
	hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return v.Takes(&asking, HTTPRangeRefused, h) })
	groups := diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target + string(h.Probe) })
	return matchEachWith(groups, func(g []evidence.Hop) diagnosis.Match {
		d := evidence.DetailOf[evidence.Request](g[0])
		whole, _ := servedWhole(v, g[0])
		m := diagnosis.Match{Hops: append(diagnosis.IDs(g), whole.ID), Values: map[string]string{"requests": join(g, requestLine),
			"answers": cmp.Or(statusOr(d), reason(g[0])), "range": d.Range, "whole": statusOr(evidence.DetailOf[evidence.Request](whole)),
			"client": cmp.Or(v.Run().Client, "the client"), "owner": whose(over(v, g[0]))}}
		if over(v, g[0]) == interceptedChain {
			m.Audience = diagnosis.ProxyAdmin
		}
		if !g[0].OnPath() {
			m.Severity, m.Remedy = diagnosis.Warning, servesParts
			m.Means = "A part of the blob was asked for by Range, and the answer is not that part; the same without Range is answered. A " +
				"transfer that breaks off cannot be resumed here, and podman cannot pull only the parts of a layer that it lacks. {owner}"
		}
		return m
	})
}

// matchCut is a warning where the client asked for the rest and got it.
func matchCut(v *diagnosis.View) []diagnosis.Match {
	out := matchEnds(v, begunThenEnded)
	for i := range out {
		m := &out[i]
		m.Values["client"] = cmp.Or(v.Run().Client, "the client")
		gotOver := !slices.ContainsFunc(m.Hops, func(id int) bool { h, _ := v.Hop(id); return h.Probe != evidence.ProbeCutBefore })
		if gotOver {
			m.Severity = diagnosis.Warning
			m.Means = "The transfer was cut short, and {client} asked for the rest by Range and got it. The reason may be a size limit of a " +
				"scanner, an idle timeout of a proxy, the server itself, or a broken link."
		}
	}
	return out
}
