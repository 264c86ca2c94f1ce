package diagnosis

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// fingerprintForm is hashed with each outcome. It changes when the form below does, so that
// fingerprints of two forms never agree by chance.
const fingerprintForm = "pullpath.outcome/v1"

// Fingerprint is eight hex digits over how a run came out: for each target its route, the
// first hop of its path that failed and how, and what its chain ends in; and the codes of
// what was found, with their targets. Two runs that came out the same have the same one,
// on whatever host and at whatever time: no times, no addresses or ports of this host and
// no ids are in it. A host that a redirect named stands there by its role alone, for a CDN
// has many of them and chooses anew each time.
//
// Eight digits tell 65,000 outcomes apart before two of them agree by an even chance
// (https://www.rfc-editor.org/rfc/rfc4086 has the birthday bound); a fleet has a few dozen.
func Fingerprint(t *evidence.Trace, r Result) string {
	sum := sha256.Sum256([]byte(strings.Join(outcomeLines(t, r), "\n")))
	return hex.EncodeToString(sum[:4])
}

// outcomeLines is what is hashed, a line for each fact. Lines are sorted, and each stands
// there once: the order of a trace says nothing of its outcome.
func outcomeLines(t *evidence.Trace, r Result) []string {
	names, ends := map[string]string{}, pathEnds(t)
	var out []string
	for _, target := range t.Targets {
		names[target.ID] = outcomeName(target)
		end := ends[target.ID]
		out = append(out, outcomeLine("target", names[target.ID], target.Route.Kind, end.failed, end.chain))
	}
	for _, f := range r.Unmasked() {
		out = append(out, outcomeLine("code", f.Code))
		for _, id := range f.Targets {
			out = append(out, outcomeLine("code", f.Code, cmp.Or(names[id], id)))
		}
	}
	if t.Run.Ended != "" {
		out = append(out, outcomeLine("ended", string(t.Run.Ended)))
	}
	slices.Sort(out)
	return append([]string{fingerprintForm}, slices.Compact(out)...)
}

// outcomeLine joins the parts of a fact by a character that no part has.
func outcomeLine(parts ...string) string { return strings.Join(parts, "\x1f") }

// outcomeName is how a target stands in a fingerprint.
func outcomeName(t evidence.Target) string {
	if t.FoundBy == "redirect" {
		return "redirected to " + string(t.Role)
	}
	return t.ID
}

// pathEnd is how a target's path came out.
type pathEnd struct {
	// failed is the operation and kind of the first hop that failed, or what was skipped
	// first; empty for a path that is clear.
	failed string
	// chain is the kind of anchor in which the target's own chain ends.
	chain string
}

func pathEnds(t *evidence.Trace) map[string]pathEnd {
	out := map[string]pathEnd{}
	for _, h := range t.Hops {
		if !h.OnPath() || h.Target == "" {
			continue
		}
		end := out[h.Target]
		switch {
		case end.failed != "":
		case h.State == evidence.Failed:
			end.failed = outcomeLine(string(h.Op), string(h.Kind()))
		case h.State == evidence.Skipped:
			end.failed = outcomeLine(string(h.Op), string(evidence.Skipped))
		}
		if d, ok := h.Detail.(evidence.Handshake); ok && h.Role != evidence.Proxy && end.chain == "" {
			end.chain = d.Anchor.Kind
		}
		out[h.Target] = end
	}
	return out
}
