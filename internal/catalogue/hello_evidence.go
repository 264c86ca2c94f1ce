package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// brokenHandshakes are the handshakes of paths that came to no certificate, not
// those with what resets a connection on which nothing was said. Of those with a
// proxy only the ones count in which another ClientHello fared better: the rest
// is about the proxy.
func brokenHandshakes(v *diagnosis.View, kinds ...evidence.Kind) []evidence.Hop {
	return slices.DeleteFunc(v.PathFailed(evidence.OpHandshake, kinds...), func(h evidence.Hop) bool {
		return evidence.DetailOf[evidence.Handshake](h).Completed() || len(resetInSilence(v, h)) > 0 ||
			h.Role == evidence.Proxy && !proxyTakesAnother(v, h)
	})
}

// proxyTakesAnother tells that a proxy at the same address completed a handshake
// of a side probe, whichever target it was made for.
func proxyTakesAnother(v *diagnosis.View, h evidence.Hop) bool {
	type another string
	return diagnosis.Remember(v, another(h.Peer), func() bool {
		_, ok := v.FirstAbout(evidence.OpHandshake, diagnosis.About{}.Peer(h.Peer), func(p evidence.Hop) bool {
			return p.Probe != "" && p.Role == evidence.Proxy && evidence.DetailOf[evidence.Handshake](p).Completed()
		})
		return ok
	})
}

// helloCode gives a handshake that did not complete, or a request that was
// answered by an alert, its code where the ClientHello or the client's part
// explains it; empty where they do not. One that was not probed itself has the
// code of those that look alike, where these agree.
func helloCode(v *diagnosis.View, h evidence.Hop) string {
	if code := ownCode(v, h); code != "" || h.Op != evidence.OpHandshake || looked(v, h) {
		return code
	}
	codes := diagnosis.Remember(v, helloAlike{}, func() map[helloAlike][]string { return codesOfAlike(v) })
	if of := codes[alike(h)]; len(of) == 1 {
		return of[0]
	}
	return ""
}

// helloAlike is what failed ClientHellos have in common that one device ends.
type helloAlike struct {
	kind  evidence.Kind
	via   string
	proxy bool
}

func alike(h evidence.Hop) helloAlike { return helloAlike{h.Kind(), h.Via, h.Role == evidence.Proxy} }

// codesOfAlike are the codes of those that were repeated.
func codesOfAlike(v *diagnosis.View) map[helloAlike][]string {
	out := map[helloAlike][]string{}
	for _, o := range brokenHandshakes(v) {
		if !looked(v, o) {
			continue
		}
		if code := ownCode(v, o); !slices.Contains(out[alike(o)], code) {
			out[alike(o)] = append(out[alike(o)], code)
		}
	}
	return out
}

// ownCode is helloCode by the hop's own probes alone.
func ownCode(v *diagnosis.View, h evidence.Hop) string {
	if h.Op == evidence.OpRequest {
		if evidence.DetailOf[evidence.Request](h).Alert == alertCertificateRequired {
			return "tls-client-certificate-required"
		}
		return ""
	}
	d := evidence.DetailOf[evidence.Handshake](h)
	refusedClient := d.Alert == alertHandshakeFailure || d.Alert == alertBadCertificate || d.Alert == alertCertificateRequired
	switch {
	case d.Completed() || len(resetInSilence(v, h)) > 0:
		return ""
	case h.Role == evidence.Proxy && !failsAgain(v, h):
		return ""
	case h.Role == evidence.Proxy:
		return codeByControls(v, h)
	case refusedClient && d.ClientCertificate != nil:
		return "tls-client-certificate-required"
	case d.Alert == alertProtocolVersion, h.FailedWith(evidence.Protocol) && strings.Contains(h.Failure.Text, "unsupported protocol version"):
		return "tls-version-unsupported"
	case !failsAgain(v, h):
		return ""
	}
	return codeByControls(v, h)
}

// codeByControls reads what the probes changed and which of them went through.
// Smaller segments carry any ClientHello, so that they say nothing about its
// size; where a small one brought whole packets back, it is not the path's.
func codeByControls(v *diagnosis.View, h evidence.Hop) string {
	_, _, narrow := segmentsTaken(v, h)
	small := passes(v, h, "small-hello")
	switch {
	case narrow && !(small && fullPackets(v, h)):
		return "tls-path-mtu"
	case small && cutAnswer(h):
		return ""
	case small:
		return "tls-large-hello-dropped"
	case h.Role == evidence.Proxy:
		return ""
	case passes(v, h, "tls-1.2"):
		return "tls-version-unsupported"
	case passes(v, h, "tls-1.3"):
		return ""
	case passes(v, h, "control-sni") && h.FailedWith(evidence.Reset, evidence.Closed, evidence.Timeout):
		return "tls-sni-blocked"
	}
	return ""
}

// cutAnswer tells that the peer had begun to answer: the ClientHello got there, and it
// was the answer that was cut. To a small one it is shorter, by a kilobyte.
func cutAnswer(h evidence.Hop) bool {
	return h.FailedWith(evidence.Reset, evidence.Closed, evidence.Timeout) && evidence.DetailOf[evidence.Handshake](h).BytesReceived > 0
}

// helloProbe is the side probe of a kind for the same target and address.
func helloProbe(v *diagnosis.View, h evidence.Hop, probe string) (evidence.Hop, bool) {
	probes := diagnosis.Remember(v, helloProbeOf{}, func() map[helloProbeOf]evidence.Hop {
		out := map[helloProbeOf]evidence.Hop{}
		for _, p := range v.Hops(evidence.OpHandshake, func(p evidence.Hop) bool { return p.Probe != "" && p.State != evidence.Skipped }) {
			key := helloProbeOf{p.Probe, p.Target, p.Peer, p.Role}
			if _, known := out[key]; !known {
				out[key] = p
			}
		}
		return out
	})
	found, ok := probes[helloProbeOf{probe, h.Target, h.Peer, h.Role}]
	return found, ok
}

// helloProbeOf is a side probe's name, and whose it is.
type helloProbeOf struct {
	probe, target, peer string
	role                evidence.Role
}

// passes tells that a side probe brought the peer's certificate, whatever that
// is worth.
func passes(v *diagnosis.View, h evidence.Hop, probe string) bool {
	p, ok := helloProbe(v, h, probe)
	return ok && evidence.DetailOf[evidence.Handshake](p).Completed()
}

// looked tells that the failed ClientHello was repeated, failsAgain that it
// failed again: only beside that is a control that passes evidence.
func looked(v *diagnosis.View, h evidence.Hop) bool {
	_, ok := helloProbe(v, h, "same-hello")
	return ok
}

func failsAgain(v *diagnosis.View, h evidence.Hop) bool {
	return looked(v, h) && !passes(v, h, "same-hello")
}

// segmentsTaken are the largest maximum segment size with which the handshake
// completes and the smallest with which it does not, 0 for none; false where none
// completes.
func segmentsTaken(v *diagnosis.View, h evidence.Hop) (fits, fails int, narrow bool) {
	for _, p := range v.HopsAbout(evidence.OpHandshake, diagnosis.About{}.Target(h.Target).Peer(h.Peer), func(p evidence.Hop) bool {
		return strings.HasPrefix(p.Probe, "mss-") && p.Role == h.Role
	}) {
		var size int
		if _, err := fmt.Sscanf(p.Probe, "mss-%d", &size); err != nil {
			continue
		}
		if evidence.DetailOf[evidence.Handshake](p).Completed() {
			fits, narrow = max(fits, size), true
		} else if fails == 0 || size < fails {
			fails = size
		}
	}
	return fits, fails, narrow
}

// onePacket is more than one packet on Ethernet carries.
const onePacket = 1500

// fullPackets tells that the small ClientHello brought back more than one packet
// holds: large ones come through from the far side.
func fullPackets(v *diagnosis.View, h evidence.Hop) bool {
	p, _ := helloProbe(v, h, "small-hello")
	return evidence.DetailOf[evidence.Handshake](p).BytesReceived > onePacket
}

// helloProofs are the side probes that went through, and the trails.
func helloProofs(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	return v.HopsAbout(evidence.OpHandshake, diagnosis.About{}.Target(h.Target).Peer(h.Peer), func(p evidence.Hop) bool {
		return !p.OnPath() && evidence.DetailOf[evidence.Handshake](p).Completed()
	})
}
