package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// invalidHost is the name that cannot exist which --deep asks a proxy for (RFC 6761
// section 6.4).
const invalidHost = "pullpath-probe.invalid"

// ofInvalid are the hops of that probe at the proxy of a hop.
func ofInvalid(v *diagnosis.View, op evidence.Op, via string) []evidence.Hop {
	return v.HopsAbout(op, diagnosis.About{}.Probe("invalid-name").Via(via), func(evidence.Hop) bool { return via != "" })
}

// forgesInvalid makes an interception proven, and says so, where the same authority
// has signed for a name that cannot exist: no origin can have shown that
// certificate (interception 1.1, d5).
func forgesInvalid(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) bool {
	own := evidence.DetailOf[evidence.Handshake](g[0]).Anchor.SPKI
	for _, h := range ofInvalid(v, evidence.OpHandshake, g[0].Via) {
		d := evidence.DetailOf[evidence.Handshake](h)
		if len(d.Chain) > 0 && slices.Contains(d.Chain[0].Names, invalidHost) && own != "" && d.Anchor.SPKI == own {
			m.Strength, m.Hops, m.Targets = diagnosis.Proven, append(m.Hops, h.ID), targetsOf(g)
			m.Values["proof"] += "; the same authority signs for " + invalidHost + ", a name that cannot exist"
			return true
		}
	}
	return false
}

// connectsLate says of a proxy whose tunnel led to nothing that its 200 is no
// proof that the far side was reached; empty where it was not asked or said no.
func connectsLate(v *diagnosis.View, g []evidence.Hop) string {
	tunnels := ofInvalid(v, evidence.OpTunnel, g[0].Via)
	if len(tunnels) == 0 || tunnels[0].State != evidence.OK {
		return ""
	}
	return "; the proxy says " + quoted(evidence.DetailOf[evidence.Tunnel](tunnels[0]).StatusLine) + " for " + invalidHost +
		" too, a name that cannot exist, so its 200 does not tell that it reached " + strings.TrimSuffix(g[0].Target, ":443")
}
