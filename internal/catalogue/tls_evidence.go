package catalogue

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"

	"pullpath/internal/client"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// tlsMatch makes a match of handshakes that ended alike, with what the side
// probes of the first that was probed add.
func tlsMatch(v *diagnosis.View, g []evidence.Hop) diagnosis.Match {
	h := g[max(slices.IndexFunc(g, func(h evidence.Hop) bool { return looked(v, h) }), 0)]
	d := evidence.DetailOf[evidence.Handshake](h)
	out := diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{"peers": far(g), "text": reasons(g),
		"progress": " " + progress(h), "again": again(v, h), "place": ""}}
	switch {
	case h.FailedWith(evidence.NotTLS):
		out.Values["progress"] = ""
		if d.Page != nil && d.Page.Title != "" {
			out.Values["progress"] = ", page titled " + words.Quoted(d.Page.Title)
		}
	case looked(v, h) && !failsAgain(v, h):
		out.Means = "The same ClientHello to the same address completes a moment later, so no rule about its name, size or " +
			"version ended the first. A device or a server behind the address may be overloaded, one of several servers behind a " +
			"load balancer may be faulty, or packets may be lost."
		out.Remedy = "repeat the check a few times; if the fault comes and goes, search the logs of {peers} and of the firewall before it " +
			"for the times and ports below"
		p, _ := helloProbe(v, h, evidence.ProbeSameHello)
		out.Hops = append(out.Hops, p.ID)
	case passes(v, h, evidence.ProbeLegacySuites):
		out.Means = "The far side knows no cipher suite that Go clients offer: it wants key exchange by RSA (left out since Go " +
			"1.22), 3DES or CBC suites. An old appliance or server may terminate TLS here."
		out.Remedy = "have whoever terminates TLS for {targets} enable ECDHE with AES-GCM (RFC 9325 section 4.2)"
		out.Or = diagnosis.Way{Audience: diagnosis.HostAdmin,
			Remedy: "if only RSA key exchange is missing, set GODEBUG=tlsrsakex=1 in the client's environment"}
	default:
		if looked(v, h) && len(helloProofs(v, h)) == 0 {
			out.Means = whateverIsSaid(h, d)
		}
		if heard(h) {
			break // it is not the ClientHello that meets its end on the way
		}
		place := placeOfHello(v, h)
		out.Values["place"], out.Hops = place.text, append(out.Hops, place.hops...)
	}
	return out
}

// whateverIsSaid is what it means that every ClientHello fared alike.
func whateverIsSaid(h evidence.Hop, d evidence.Handshake) string {
	if len(d.Warnings) > 0 {
		return "What answers speaks TLS and warned of " + d.Warnings[0].Name + " before it ended the connection; Go clients ignore " +
			"warnings and print a bare EOF." + warnedName(d.Warnings[0])
	}
	const alike = "Name, size, segments and version of the ClientHello make no difference"
	switch h.Kind() {
	case evidence.Reset:
		return alike + ": a device on the way, or the server itself, resets each TLS handshake with this address. TCP works."
	case evidence.Closed:
		return alike + ": each TLS handshake with this address is ended without an alert. Proxies that connect late, filters " +
			"that do not reset, and load balancers without a backend do so. TCP works."
	case evidence.Timeout:
		switch {
		case heard(h):
			return ""
		case d.Delivery != nil:
			return alike + ": no TLS handshake with this address was answered, and not all of the ClientHello was acknowledged. So it " +
				"is lost on the way; a filter may drop it. TCP works. Go clients give up after 10 s with TLS handshake timeout."
		}
		return alike + ": no TLS handshake with this address was answered. A filter may drop it, the server may be hung, or a firewall " +
			"behind a proxy may drop it. TCP works. Go clients give up after 10 s with TLS handshake timeout."
	}
	return ""
}

// warnedName says what a warning about the name means (RFC 6066 section 3), nothing of others.
func warnedName(w evidence.Alerted) string {
	const unrecognizedName = 112
	if w.Number != unrecognizedName {
		return ""
	}
	return " Most likely the server there has no certificate for this name."
}

// again says what became of further ClientHellos to the same address.
func again(v *diagnosis.View, h evidence.Hop) string {
	switch {
	case !looked(v, h):
		return ""
	case !failsAgain(v, h):
		return "; the same again: handshake completes"
	case passes(v, h, evidence.ProbeLegacySuites):
		p, _ := helloProbe(v, h, evidence.ProbeLegacySuites)
		d := evidence.DetailOf[evidence.Handshake](p)
		return "; with suites that Go clients no longer offer: handshake completes (" + d.Version + ", " + d.Cipher + ")"
	}
	var fail, pass []string
	for _, row := range []struct {
		probe evidence.Probe
		words string
	}{{evidence.ProbeSmallHello, "a small one"}, {evidence.ProbeSplitHello, "one in two segments"}, {evidence.ProbeTLS12, "TLS 1.2 alone"},
		{evidence.ProbeTLS13, "TLS 1.3 alone"}, {evidence.ProbeNoSNI, "no SNI"}, {evidence.ProbeControlSNI, "another SNI"},
		{evidence.ProbeSegments536, "small segments"}} {
		if _, ok := helloProbe(v, h, row.probe); ok && passes(v, h, row.probe) {
			pass = append(pass, row.words)
		} else if ok {
			fail = append(fail, row.words)
		}
	}
	out := "; the same again fails"
	if len(fail) > 0 {
		out += ", and so does " + strings.Join(fail, ", ")
	}
	if len(pass) > 0 {
		out += "; " + strings.Join(pass, ", ") + ": handshake completes"
	}
	return out
}

// Numbers of alerts (RFC 8446 section 6).
const (
	alertBadRecordMAC        = 20
	alertHandshakeFailure    = 40
	alertBadCertificate      = 42
	alertProtocolVersion     = 70
	alertCertificateRequired = 116
)

// postQuantum is the number of X25519MLKEM768 among the TLS Supported Groups.
const postQuantum = 4588

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
func helloCode(v *diagnosis.View, h evidence.Hop) diagnosis.Code {
	if code := ownCode(v, h); code != "" || h.Op != evidence.OpHandshake || looked(v, h) {
		return code
	}
	codes := diagnosis.Remember(v, helloAlike{}, func() map[helloAlike][]diagnosis.Code { return codesOfAlike(v) })
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
func codesOfAlike(v *diagnosis.View) map[helloAlike][]diagnosis.Code {
	out := map[helloAlike][]diagnosis.Code{}
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
func ownCode(v *diagnosis.View, h evidence.Hop) diagnosis.Code {
	code, _ := v.Taken(&hellos, h)
	return code
}

// endedHello tells a ClientHello that brought no certificate, not on a connection that is
// reset though nothing is said. With a proxy only one that failed again counts.
func endedHello(v *diagnosis.View, h evidence.Hop) bool {
	if h.Op != evidence.OpHandshake || evidence.DetailOf[evidence.Handshake](h).Completed() || len(resetInSilence(v, h)) > 0 || corrupt(h) {
		return false
	}
	return h.Role != evidence.Proxy || failsAgain(v, h)
}

// wantsCertificate tells that the peer ended the handshake for want of the client's
// certificate.
func wantsCertificate(h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Handshake](h)
	refused := d.Alert == alertHandshakeFailure || d.Alert == alertBadCertificate || d.Alert == alertCertificateRequired
	return h.Role != evidence.Proxy && refused && d.ClientCertificate != nil
}

// saysVersion tells that the peer ended the handshake for the version.
func saysVersion(h evidence.Hop) bool {
	byAlert := evidence.DetailOf[evidence.Handshake](h).Alert == alertProtocolVersion
	return h.Role != evidence.Proxy && (byAlert || h.FailedWith(evidence.Protocol) && strings.Contains(h.Failure.Text,
		"unsupported protocol version"))
}

// failsUnsaid tells a ClientHello that failed again and of which the peer does not say why:
// the probes may.
func failsUnsaid(v *diagnosis.View, h evidence.Hop) bool {
	return endedHello(v, h) && failsAgain(v, h) && !wantsCertificate(h) && !saysVersion(h)
}

func takesCertificateWanted(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	if h.Op == evidence.OpRequest {
		return when(evidence.DetailOf[evidence.Request](h).Alert == alertCertificateRequired)
	}
	return when(endedHello(v, h) && wantsCertificate(h))
}

// takesPathMTU: smaller segments pass. Where a small ClientHello brought whole packets
// back, it is not the path.
func takesPathMTU(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	if !failsUnsaid(v, h) {
		return nil
	}
	_, _, narrow := segmentsTaken(v, h)
	return when(narrow && !(passes(v, h, evidence.ProbeSmallHello) && fullPackets(v, h)))
}

// takesLargeHello: a small one passes, and it was not the answer that was cut.
func takesLargeHello(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	return when(failsUnsaid(v, h) && passes(v, h, evidence.ProbeSmallHello) && !cutAnswer(h))
}

func takesVersionUnsupported(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	if endedHello(v, h) && saysVersion(h) {
		return &diagnosis.Match{}
	}
	return when(failsUnsaid(v, h) && h.Role != evidence.Proxy && !passes(v, h, evidence.ProbeSmallHello) && passes(v, h, evidence.ProbeTLS12))
}

// takesNameBlocked: neither size nor version make a difference, and another name does.
func takesNameBlocked(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	if !failsUnsaid(v, h) || h.Role == evidence.Proxy || passes(v, h, evidence.ProbeSmallHello) || passes(v, h, evidence.ProbeTLS13) {
		return nil
	}
	return when(passes(v, h, evidence.ProbeControlSNI) && h.FailedWith(evidence.Reset, evidence.Closed, evidence.Timeout))
}

// matchHellos makes a match of each group of look-alikes, by its first hop that was probed.
func matchHellos(v *diagnosis.View, e diagnosis.Entry) []diagnosis.Match {
	hops := append(brokenHandshakes(v), v.PathFailed(evidence.OpRequest, evidence.Closed)...)
	hops = slices.DeleteFunc(hops, func(h evidence.Hop) bool { return helloCode(v, h) != e.Code })
	groups := diagnosis.Group(hops, func(h evidence.Hop) string { return fmt.Sprint(h.Op, h.Kind(), h.Via, h.Role == evidence.Proxy) })
	return matchEachWith(groups, func(g []evidence.Hop) diagnosis.Match {
		m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: helloValues(v, g, probedHello(v, g))}
		for _, h := range g {
			m.Hops = append(m.Hops, diagnosis.IDs(helloProofs(v, h))...)
			if ownCode(v, h) == "" {
				m.Strength = diagnosis.Likely
			}
		}
		if e.Refine != nil {
			e.Refine(v, g, &m)
		}
		return m
	})
}

// probedHello is the first of look-alikes that was probed, which speaks for all.
func probedHello(v *diagnosis.View, g []evidence.Hop) evidence.Hop {
	return g[max(slices.IndexFunc(g, func(h evidence.Hop) bool { return ownCode(v, h) != "" }), 0)]
}

// helloName is the name in it, empty where openssl cannot ask the same: without a name,
// and for the proxy's own TLS.
func helloName(v *diagnosis.View, g []evidence.Hop) string {
	if h := probedHello(v, g); h.Role != evidence.Proxy {
		return evidence.DetailOf[evidence.Handshake](h).ServerName
	}
	return ""
}

// placesOfHellos are the trails that say where look-alikes meet their end.
func placesOfHellos(v *diagnosis.View, g []evidence.Hop) []int {
	var out []int
	for _, h := range g {
		out = append(out, placeOfHello(v, h).hops...)
	}
	return out
}

// cutAnswer tells that the peer had begun to answer: the ClientHello got there, and it
// was the answer that was cut. To a small one it is shorter, by a kilobyte.
func cutAnswer(h evidence.Hop) bool {
	return h.FailedWith(evidence.Reset, evidence.Closed, evidence.Timeout) && evidence.DetailOf[evidence.Handshake](h).BytesReceived > 0
}

// helloProbe is the side probe of a kind for the same target and address.
func helloProbe(v *diagnosis.View, h evidence.Hop, probe evidence.Probe) (evidence.Hop, bool) {
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
	probe        evidence.Probe
	target, peer string
	role         evidence.Role
}

// passes tells that a side probe brought the peer's certificate, whatever that
// is worth.
func passes(v *diagnosis.View, h evidence.Hop, probe evidence.Probe) bool {
	p, ok := helloProbe(v, h, probe)
	return ok && evidence.DetailOf[evidence.Handshake](p).Completed()
}

// looked tells that the failed ClientHello was repeated, failsAgain that it
// failed again: only beside that is a control that passes evidence.
func looked(v *diagnosis.View, h evidence.Hop) bool {
	_, ok := helloProbe(v, h, evidence.ProbeSameHello)
	return ok
}

func failsAgain(v *diagnosis.View, h evidence.Hop) bool {
	return looked(v, h) && !passes(v, h, evidence.ProbeSameHello)
}

// segmentsTaken are the largest maximum segment size with which the handshake
// completes and the smallest with which it does not, 0 for none; false where none
// completes.
func segmentsTaken(v *diagnosis.View, h evidence.Hop) (fits, fails int, narrow bool) {
	for _, p := range v.HopsAbout(evidence.OpHandshake, diagnosis.About{}.Target(h.Target).Peer(h.Peer), func(p evidence.Hop) bool {
		_, limited := p.Probe.Segment()
		return limited && p.Role == h.Role
	}) {
		size, _ := p.Probe.Segment()
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
	p, _ := helloProbe(v, h, evidence.ProbeSmallHello)
	return evidence.DetailOf[evidence.Handshake](p).BytesReceived > onePacket
}

// helloProofs are the side probes that went through, and the trails.
func helloProofs(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	return v.HopsAbout(evidence.OpHandshake, diagnosis.About{}.Target(h.Target).Peer(h.Peer), func(p evidence.Hop) bool {
		return !p.OnPath() && evidence.DetailOf[evidence.Handshake](p).Completed()
	})
}

// placeOfHello is where on the way a ClientHello meets its end, as far as ones
// with a rising hop limit tell (docs/rules.md, rule 9).
func placeOfHello(v *diagnosis.View, h evidence.Hop) place {
	own, looked := spokenTrail(v, h, evidence.ProbeRisingHello)
	control, _ := spokenTrail(v, h, evidence.ProbeRisingControl)
	large, whole := spokenTrail(v, h, evidence.ProbeRisingLarge)
	if whole {
		own, control = large, own
	}
	d := evidence.DetailOf[evidence.Dial](own)
	switch {
	case !looked:
		return place{}
	case d.NotLooked != "":
		return place{text: "; not looked at: " + d.NotLooked}
	case d.Trail == nil:
		return place{}
	}
	out := place{hops: []int{own.ID}}
	how, further := "possible: no other ClientHello got further to compare with", false
	if t := trailOf(control); len(t.Steps) > 0 {
		out.hops = append(out.hops, control.ID)
		if how, further = gotFurther(t, *d.Trail); !further {
			how = "possible: " + t.Said + " got no further"
		}
	}
	if whole && h.FailedWith(evidence.Timeout) && passesAll(*d.Trail, trailOf(control)) {
		out.text = "; on the way, its first segment passes every device, so which one minds the whole is not known"
		return out
	}
	out.text = endOfWay(*d.Trail, trailOf(control), how)
	return out
}

// endOfWay says where a trail ends.
func endOfWay(t, control evidence.Trail, how string) string {
	last, answered := t.Last()
	behind := "the next device behind it"
	if host, ok := control.End(); ok && host.TTL == last.TTL+1 {
		behind = "the host"
	}
	switch end, ended := t.End(); {
	case ended && end.Answer == evidence.TrailOpen:
		return "; with every hop limit that reaches the host, it answers"
	case ended && !answered:
		return fmt.Sprintf("; on the way, the reset comes at hop limit %d, and no device before answers: it is the first device "+
			"or one near (%s)", end.TTL, how)
	case ended:
		return fmt.Sprintf("; on the way, the reset comes at hop limit %d: from %s, hop %d, or from %s (%s)", end.TTL, named(last),
			last.TTL, behind, how)
	case answered:
		return fmt.Sprintf("; on the way, %s, hop %d, is the last that answers: "+
			"the ClientHello dies there or at a device behind it (%s)", named(last), last.TTL, how)
	}
	return "; on the way no device answers, not even the first"
}

// passesAll tells that a trail meets silence only where the control is answered.
func passesAll(own, control evidence.Trail) bool {
	last, _ := own.Last()
	end, ok := control.End()
	return ok && last.TTL == end.TTL-1
}

func named(s evidence.TrailStep) string {
	if s.Sender == "" {
		return "a device that is not known"
	}
	return s.Sender
}

// gotFurther says how far the control got, and whether that is further.
func gotFurther(control, own evidence.Trail) (string, bool) {
	if end, ok := control.End(); ok {
		mine, ended := own.End()
		if end.Answer == evidence.TrailOpen && (!ended || mine.Answer != evidence.TrailOpen) {
			return fmt.Sprintf("likely: %s is answered by %s at hop %d", control.Said, end.Sender, end.TTL), true
		}
		return "", false
	}
	a, _ := control.Last()
	b, _ := own.Last()
	return fmt.Sprintf("likely: %s passes hop %d", control.Said, a.TTL), a.TTL > b.TTL
}

// spokenTrail is the trail of a ClientHello that failed, false where none was
// wanted. It is made for one of those that look alike.
func spokenTrail(v *diagnosis.View, h evidence.Hop, probe evidence.Probe) (evidence.Hop, bool) {
	found := v.HopsAbout(evidence.OpDial, diagnosis.About{}.Probe(probe).Target(h.Target),
		func(p evidence.Hop) bool { return p.Peer == h.Peer })
	if len(found) == 0 {
		return evidence.Hop{}, false
	}
	return found[0], true
}

// opensslClient shakes hands as the hop did: s_client(1).
func opensslClient(h evidence.Hop, name string, flags ...string) string {
	to := "-connect " + diagnosis.Quote(h.Peer)
	if h.Via != "" {
		to = "-proxy " + diagnosis.Quote(h.Peer) + " -connect " + diagnosis.Quote(h.Target)
	}
	return strings.Join(append([]string{"openssl s_client", to, "-servername", diagnosis.Quote(name)}, flags...), " ") + " </dev/null"
}

// dontFragment sends one packet of so many bytes that may not be split: ping(8).
func dontFragment(address string, size int) string {
	headers := 20 + 8 // of IPv4 and of ICMP
	if strings.Contains(address, ":") {
		headers = 40 + 8
	}
	return fmt.Sprintf("ping -c 1 -M do -s %d %s", size-headers, diagnosis.Quote(address))
}

// helloValues fills the texts of a group of look-alikes, by one that was probed.
func helloValues(v *diagnosis.View, g []evidence.Hop, h evidence.Hop) map[string]string {
	d := evidence.DetailOf[evidence.Handshake](h)
	out := map[string]string{"peers": far(g), "text": reason(h), "progress": progress(h), "manner": mannerOf(h),
		"name": join(g, func(h evidence.Hop) string { return evidence.DetailOf[evidence.Handshake](h).ServerName }),
		"size": fmt.Sprint(d.HelloBytes), "cause": helloCause(v, h), "workaround": client.WithoutPostQuantum(v.Run().Client, v.Vantage().OS),
		"versions": versionsTaken(v, h), "asked": asked(v, h), "client": cmp.Or(v.Run().Client, "the client"),
		"place": placeOfHello(v, h).text, "elsewhere": atAnotherAddress(v, h)}
	if h.Role == evidence.Proxy {
		out["hosts"] = "the proxy " + h.Peer
	}
	if p, ok := helloProbe(v, h, evidence.ProbeControlSNI); ok {
		out["control"] = evidence.DetailOf[evidence.Handshake](p).ServerName
	}
	if p, ok := helloProbe(v, h, evidence.ProbeSmallHello); ok {
		out["small"] = fmt.Sprint(evidence.DetailOf[evidence.Handshake](p).HelloBytes)
	}
	if fits, fails, narrow := segmentsTaken(v, h); narrow {
		narrowValues(out, h, fits, fails)
	}
	return out
}

// progress says at which byte of the exchange a handshake ended.
func progress(h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Handshake](h)
	text := fmt.Sprintf("after our ClientHello of %d bytes, before any byte of the answer", d.HelloBytes)
	switch {
	case h.Op != evidence.OpHandshake:
		return ""
	case d.HelloBytes == 0:
		text = "before our ClientHello was sent"
	case d.Alert != 0:
		text = fmt.Sprintf("after our ClientHello of %d bytes (alert %d)", d.HelloBytes, d.Alert)
	case d.BytesSent > d.HelloBytes:
		text = fmt.Sprintf("after %d bytes of ours and %d of the answer", d.BytesSent, d.BytesReceived)
	case d.BytesReceived > 0:
		text = fmt.Sprintf("after our ClientHello of %d bytes and %d bytes of the answer", d.HelloBytes, d.BytesReceived)
	}
	switch {
	case d.Delivery.Whole():
		text += fmt.Sprintf(" (all %d bytes of ours were acknowledged)", d.Delivery.Acked)
	case d.Delivery != nil:
		text += fmt.Sprintf(" (%d bytes of ours were acknowledged, %d were not)", d.Delivery.Acked, d.Delivery.Unacked)
	}
	for _, w := range d.Warnings {
		text += fmt.Sprintf(", with the warning %s (alert %d)", w.Name, w.Number)
	}
	if h.Origin != nil { // it was another program's
		text = strings.NewReplacer("our ClientHello", "the ClientHello", "of ours", "of the client").Replace(text)
	}
	return text
}

// mannerOf says what happens to what is not let through.
func mannerOf(h evidence.Hop) string {
	switch h.Kind() {
	case evidence.Reset:
		return "resets the connection"
	case evidence.Timeout:
		return "drops what follows"
	case evidence.Alert:
		return "answers with an alert"
	}
	return "closes the connection"
}

// helloCause tells size, group and missing reassembly apart, by a large
// ClientHello without the group and a small one in two segments.
func helloCause(v *diagnosis.View, h evidence.Hop) string {
	p, large := helloProbe(v, h, evidence.ProbeLargeHello)
	s, split := helloProbe(v, h, evidence.ProbeSplitHello)
	size := evidence.DetailOf[evidence.Handshake](p).HelloBytes
	fits, _, narrow := segmentsTaken(v, h)
	switch {
	case large && passes(v, h, evidence.ProbeLargeHello):
		return fmt.Sprintf("; one of %d bytes without that group passes too, so the group is at fault and not the size", size)
	case split && !passes(v, h, evidence.ProbeSplitHello):
		return fmt.Sprintf("; one of %d bytes in two segments fails, so the device does not put segments together",
			evidence.DetailOf[evidence.Handshake](s).HelloBytes)
	case narrow:
		return fmt.Sprintf("; the large one in segments of at most %d bytes passes, so packets to the host are lost by their size", fits)
	case large && split:
		return fmt.Sprintf("; one of %d bytes without that group fails too and a small one in two segments passes, so the size is at fault", size)
	case large:
		return fmt.Sprintf("; one of %d bytes without that group fails too, so the size is at fault", size)
	}
	return ""
}

// atAnotherAddress says whether the block follows the name or the address.
func atAnotherAddress(v *diagnosis.View, h evidence.Hop) string {
	found := v.HopsAbout(evidence.OpHandshake, diagnosis.About{}.Probe(evidence.ProbeSNIElsewhere).Target(h.Target), nil)
	switch {
	case len(found) == 0:
		return ""
	case evidence.DetailOf[evidence.Handshake](found[0]).Completed():
		return "; the same SNI to " + found[0].Peer + " passes, so the rule is about name and address together"
	}
	return "; the same SNI to " + found[0].Peer + " fails too, so the rule follows the name"
}

// versionsTaken lists what the side probes found to be spoken.
func versionsTaken(v *diagnosis.View, h evidence.Hop) string {
	var out []string
	for _, probe := range []evidence.Probe{evidence.ProbeTLS10, evidence.ProbeTLS12, evidence.ProbeTLS13} {
		if p, ok := helloProbe(v, h, probe); ok {
			d := evidence.DetailOf[evidence.Handshake](p)
			if d.Completed() {
				out = append(out, d.Version+" alone passes")
			} else if probe != evidence.ProbeTLS10 {
				out = append(out, strings.Replace(string(probe), "tls-", "TLS ", 1)+" alone fails")
			}
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "; " + strings.Join(out, ", ")
}

// asked says which authorities' certificates the peer would take.
func asked(v *diagnosis.View, h evidence.Hop) string {
	if h.Op == evidence.OpRequest {
		if parent, ok := v.Hop(h.Parent); ok && parent.Op == evidence.OpHandshake {
			h = parent
		}
	}
	wish := evidence.DetailOf[evidence.Handshake](h).ClientCertificate
	if wish == nil || len(wish.Authorities) == 0 {
		return ""
	}
	return "; it would take one signed by " + strings.Join(wish.Authorities, " or ")
}

// packetHeaders are those of IP and TCP without options.
func packetHeaders(peer string) int {
	if strings.HasPrefix(peer, "[") {
		return 60
	}
	return 40
}

// narrowValues says between which sizes the path's limit lies. Through a tunnel
// it is the limit of the way to the proxy.
func narrowValues(out map[string]string, h evidence.Hop, fits, fails int) {
	if h.Via != "" {
		out["hosts"] = "the proxy " + h.Peer
	}
	headers := packetHeaders(h.Peer)
	out["fits"], out["segment"], out["mtu"] = fmt.Sprintf("%d bytes", fits), fmt.Sprint(fits), fmt.Sprint(fits+headers)
	out["address"], _, _ = net.SplitHostPort(h.Peer)
	out["fails"], out["lost"] = "", fmt.Sprintf("packets of more than %d bytes are lost", fits+headers)
	if fails > fits {
		out["fails"] = fmt.Sprintf(", with %d it does not", fails)
		out["lost"] = fmt.Sprintf("packets of %d bytes get through, those of %d are lost", fits+headers, fails+headers)
	}
}
