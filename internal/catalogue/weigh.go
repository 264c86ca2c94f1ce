package catalogue

import (
	"fmt"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// weigh lists what speaks for and against an interception, for chains of which
// neither is certain (interception 1, methods b1, b2, d2, f1, f8).
func weigh(v *diagnosis.View, g []evidence.Hop) string {
	h := g[0]
	d := evidence.DetailOf[evidence.Handshake](h)
	leaf := d.Chain[0]
	var pro, con []string
	sort := func(is bool, yes, no string) {
		switch {
		case is && yes != "":
			pro = append(pro, yes)
		case !is && no != "":
			con = append(con, no)
		}
	}
	sort(v.Target(h.Target).Public, "the host belongs to the public web", "the host is not one of the public web")
	sort(d.SCTs == 0, "no transparency log knows the leaf", timestampWords(d))
	sort(len(leaf.AIA)+len(leaf.CRL) == 0, "the leaf says nowhere where its issuer or its revocation list is", "the leaf names its issuer's addresses")
	sort(d.Anchor.Kind == evidence.AnchorPresented, "the root was sent along, which public servers do not do", "")
	sort(proof(v, g) != "", strings.TrimPrefix(proof(v, g), "; "), "")
	if name := productOfChain(d); name != "" {
		pro = append(pro, "the issuer's name is that of a product"+name)
	}
	out := ""
	if len(pro) > 0 {
		out += "; for interception: " + strings.Join(pro, ", ")
	}
	if len(con) > 0 {
		out += "; against it: " + strings.Join(con, ", ")
	}
	return out
}

// timestampWords says what the logs' signatures on a leaf are worth.
func timestampWords(d evidence.Handshake) string {
	t := d.Timestamps
	switch {
	case t == nil:
		return ""
	case t.Copied():
		return ""
	case t.Verified > 0:
		return fmt.Sprintf("%s of transparency logs hold (%s)", count(t.Verified, "timestamp"), strings.Join(t.Logs, ", "))
	case t.NotLooked != "":
		return "the leaf carries " + count(d.SCTs, "timestamp") + " of transparency logs, not checked: " + t.NotLooked
	}
	return "the leaf carries " + count(d.SCTs, "timestamp") + " of transparency logs, of logs that are not on the list"
}
