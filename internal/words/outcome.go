package words

import (
	"cmp"
	"fmt"
	"strings"

	"pullpath/internal/evidence"
)

// Outcome returns what came of a hop that was made, in fewer words than [Seen]: without
// the host's own name and times, so that the outcomes of two runs can stand side by side.
// Bytes are counted of an answer that did not come whole: there they are what was seen.
func Outcome(h evidence.Hop) string {
	switch d := h.Detail.(type) {
	case evidence.Setting:
		return routeOutcome(h, d)
	case evidence.Dial:
		return strings.TrimSuffix(h.Peer+": "+Reason(h), ": ")
	case evidence.Handshake:
		return Join(IssuedBy(d), cmp.Or(refusals[h.Kind()], Reason(h)))
	case evidence.Request:
		return requestOutcome(h, d)
	}
	return seenByOp(h)
}

// refusals are why a client refuses a chain. The library's own words have the time of the
// run and every name of the certificate in them.
var refusals = map[evidence.Kind]string{
	evidence.Untrusted: notTrusted, evidence.Expired: "expired", evidence.NotYetValid: "not valid yet", evidence.WrongName: "for another name",
}

func routeOutcome(h evidence.Hop, d evidence.Setting) string {
	switch {
	case h.State == evidence.Failed:
		return Reason(h)
	case d.Proxy != "":
		return "proxy " + d.Proxy
	}
	return d.Decision
}

func requestOutcome(h evidence.Hop, d evidence.Request) string {
	name := requestName(d)
	switch {
	case h.State != evidence.Failed:
		return fmt.Sprintf("%s %d", name, d.Code)
	case d.Code == 0 && d.StatusLine == "":
		return name + ": " + Reason(h)
	}
	status := name + " " + Status(d.Code, phraseOf(d.StatusLine), d.StatusLine)
	switch h.Kind() {
	case evidence.UnexpectedAnswer:
		return status
	case evidence.DigestMismatch:
		return Join(status, Reason(h))
	}
	return Join(status, Digest(d.Digest), Reason(h))
}
