package catalogue

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/product"
	"pullpath/internal/words"
)

// byProxy groups hops by the proxy that they went through.
func byProxy(hops []evidence.Hop) [][]evidence.Hop {
	return diagnosis.Group(hops, func(h evidence.Hop) string { return h.Via })
}

const proxyCite = "RFC 9110 section 9.3.6 (CONNECT)"

// withHandshake adds the failed handshakes that stand on tunnels.
func withHandshake(v *diagnosis.View, tunnels []evidence.Hop) []evidence.Hop {
	out, among := slices.Clone(tunnels), map[int]bool{}
	for _, t := range tunnels {
		among[t.ID] = true
	}
	for _, h := range v.PathFailed(evidence.OpHandshake) {
		if t, ok := v.Before(h, evidence.OpTunnel); ok && among[t.ID] {
			out = append(out, h)
		}
	}
	return out
}

func tunnelValues(v *diagnosis.View, g []evidence.Hop) map[string]string {
	return map[string]string{
		"peers": cmp.Or(peers(g), "the proxy"), "answer": answer(g[0]) + pageText(v, g), "time": seconds(g),
		"others":  othersPass(v, g) + askedAlone(v, g[0]) + withoutProxy(v, g),
		"request": requested(g),
		"reply":   reply(g, requested(g), answer(g[0])+pageText(v, g)),
		"schemes": schemes(evidence.DetailOf[evidence.Tunnel](g[0])), "product": productOf(v, g[0]), "by": by(v, g[0]),
		"portal": portal(g[0]), "proxy": proxyAt(g[0].Via), "names": join(g, func(h evidence.Hop) string { return v.Target(h.Target).Host }),
	}
}

// portal is the host that a redirect leads to, with its scheme.
func portal(h evidence.Hop) string {
	location, _ := evidence.HeaderValue(evidence.DetailOf[evidence.Tunnel](h).Headers, "Location")
	scheme, rest, ok := strings.Cut(location, "://")
	if !ok {
		return cmp.Or(location, "an address that it does not give")
	}
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

// proxyAt is a proxy's host and port, as they stand behind the scheme in a variable.
func proxyAt(via string) string { return evidence.ProxyAddress(via) }

// reply says what the proxy did at a request, for a sentence that begins with the proxy.
func reply(g []evidence.Hop, request, answer string) string {
	for _, end := range []struct {
		kind     evidence.Kind
		as, said string
	}{
		{evidence.Timeout, "no answer", "did not answer " + request + " in " + seconds(g)},
		{evidence.Closed, "the connection was closed without an answer", "closed the connection without an answer to " + request},
		{evidence.Reset, "the connection was reset", "reset the connection at " + request},
	} {
		if rest, ok := strings.CutPrefix(answer, end.as); ok && g[0].FailedWith(end.kind) {
			return end.said + rest
		}
	}
	return "answered " + request + ": " + answer
}

// requested names the request and how many like it there were.
func requested(g []evidence.Hop) string {
	first := cmp.Or(strings.TrimSuffix(evidence.DetailOf[evidence.Tunnel](g[0]).Request, " HTTP/1.1"), "the request")
	if len(g) == 1 {
		return first
	}
	return fmt.Sprintf("%s (and %s)", first, words.Count(len(g)-1, "more host"))
}

// refusesLogin tells that a proxy did not take the login that was sent.
func refusesLogin(d evidence.Tunnel) bool {
	return d.AuthSent != "" && (d.Code == 407 || d.Code == 401)
}

// answer is what the proxy said, with the one header that tells most.
func answer(h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Tunnel](h)
	switch {
	case h.FailedWith(evidence.Timeout):
		return "no answer"
	case h.FailedWith(evidence.Reset):
		return "the connection was reset"
	case h.FailedWith(evidence.Closed):
		return "the connection was closed without an answer"
	case d.SOCKS != nil && d.SOCKS.Method == evidence.SOCKSNoMethod:
		return noMethod(*d.SOCKS)
	case d.SOCKS != nil && d.SOCKS.Said() != "":
		return d.SOCKS.Said()
	case d.FirstBytes != "":
		return "the answer begins with " + words.Quoted(d.FirstBytes)
	case d.StatusLine == "":
		return reason(h)
	case refusesLogin(d):
		return words.Quoted(d.StatusLine) + " although " + d.AuthSent + " credentials were sent"
	case d.AuthProblem != "":
		return words.Quoted(d.StatusLine) + "; " + d.AuthProblem
	}
	out := words.Quoted(d.StatusLine)
	telling := words.MostTelling(d)
	if telling != "" {
		out += " with " + telling
	}
	if by := signature(h, d); by != "" && by != telling {
		out += " and " + by
	}
	if d.Body != nil && d.Body.Title != "" {
		out += ", page titled " + words.Quoted(d.Body.Title)
	}
	return out + manner(d)
}

// signed finds by what name a proxy signs an answer: in Via (RFC 9110 section 7.6.3), and in
// Squid's X-Cache.
var signed = regexp.MustCompile(`(?i)(?:\bfrom |(?:^|,)\s*(?:HTTP/)?\d(?:\.\d)?\s+)([^\s:,(]+)`)

// signature is the header field by which an answer names another proxy than the one that was
// asked: in a chain the parent that wrote it. It is empty where there is none.
func signature(h evidence.Hop, d evidence.Tunnel) string {
	for _, name := range []string{"Via", "X-Cache"} {
		value, _ := evidence.HeaderValue(d.Headers, name)
		for _, m := range signed.FindAllStringSubmatch(value, -1) {
			if !strings.EqualFold(m[1], evidence.ProxyHost(h.Via)) {
				return name + ": " + value
			}
		}
	}
	return ""
}

// othersPass names the hosts that the same proxy lets through.
func othersPass(v *diagnosis.View, g []evidence.Hop) string {
	type through string
	passed := diagnosis.Remember(v, through(g[0].Via), func() []string {
		return distinct(v.HopsAbout(evidence.OpTunnel, diagnosis.About{}.Via(g[0].Via).State(evidence.OK), func(h evidence.Hop) bool {
			return (h.OnPath() || h.Probe == evidence.ProbeControl)
		}), askedFor)
	})
	switch len(passed) {
	case 0:
		return ""
	case 1:
		return "; " + passed[0] + " passes on the same proxy"
	}
	return fmt.Sprintf("; %s and %d more pass on the same proxy", passed[0], len(passed)-1)
}

// askedFor is the host:port in a tunnel's request line.
func askedFor(h evidence.Hop) string {
	words := strings.Fields(strings.TrimPrefix(evidence.DetailOf[evidence.Tunnel](h).Request, "SOCKS5 "))
	if len(words) < 2 {
		return h.Target
	}
	return words[1]
}

// pageText is what the proxy's own page says of a refused host, where it was asked
// for in plain HTTP: it often names category and rule, which a CONNECT does not show.
func pageText(v *diagnosis.View, g []evidence.Hop) string {
	for _, p := range v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Probe(evidence.ProbeBlockPage).Target(g[0].Target), nil) {
		d := evidence.DetailOf[evidence.Request](p)
		switch own := "//" + v.Target(p.Target).Host; {
		case d.Code/100 == 3 && d.Location != "" && !strings.Contains(d.Location, own):
			return "; for http:// it redirects to " + d.Location
		case slices.Contains([]int{403, 451, 511, evidence.DetailOf[evidence.Tunnel](g[0]).Code}, d.Code) && d.Body != nil && d.Body.Text != "":
			return "; its page says " + words.Quoted(cut(d.Body.Text, maxPageText))
		}
	}
	return ""
}

// manner says what was odd about the form of an answer.
func manner(d evidence.Tunnel) string {
	switch {
	case slices.Contains(d.Remarks, evidence.RemarkFlood):
		return ", whose headers do not end"
	case slices.Contains(d.Remarks, evidence.RemarkUnending):
		return ", whose body does not end"
	}
	return ""
}

// maxPageText is how much of a page a finding repeats: a block page's sentence
// with category and rule. The hop has the rest.
const maxPageText = 200

// schemes lists what is on offer with its realm, each once.
func schemes(d evidence.Tunnel) string {
	var out []string
	for _, c := range d.Offers() {
		text := c.Scheme
		if realm := c.Params["realm"]; realm != "" {
			text += " (realm " + realm + ")"
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

// plainKey joins the handshakes with one proxy, whatever came of each; CONNECTs stand apart
// by what did.
func plainKey(_ *diagnosis.View, h evidence.Hop) string {
	if h.Op == evidence.OpHandshake {
		return h.Via
	}
	return string(h.Kind()) + " " + h.Via
}

func plainValues(v *diagnosis.View, g []evidence.Hop) map[string]string {
	scheme, _, _ := strings.Cut(g[0].Via, "://")
	asked, text := "the TLS handshake", words.Quoted(join(g,
		func(h evidence.Hop) string { return firstLine(evidence.DetailOf[evidence.Handshake](h).FirstBytes) }))
	if g[0].Op == evidence.OpTunnel {
		asked, text = "the SOCKS greeting", words.Quoted(firstLine(evidence.DetailOf[evidence.Tunnel](g[0]).FirstBytes))
	}
	if line := plainAnswer(v, g[0]); line != "" {
		text += ", and a plain CONNECT with " + words.Quoted(line)
	}
	return map[string]string{"peers": peers(g), "bytes": text, "scheme": scheme, "asked": asked, "proxy": proxyAt(g[0].Via)}
}

// plainAnswer is what the port said to a plain CONNECT, empty for nothing.
func plainAnswer(v *diagnosis.View, h evidence.Hop) string {
	p, _ := plainProbe(v, h)
	return evidence.DetailOf[evidence.Tunnel](p).StatusLine
}

// plainProbe is the plain CONNECT that was tried at the same port.
func plainProbe(v *diagnosis.View, h evidence.Hop) (evidence.Hop, bool) {
	return v.FirstAbout(evidence.OpTunnel, diagnosis.About{}.Probe(evidence.ProbePlainToProxy).Peer(h.Peer), nil)
}

// plainTried says what came of a plain CONNECT at the same port.
func plainTried(v *diagnosis.View, h evidence.Hop) string {
	if p, tried := plainProbe(v, h); tried {
		return "; a plain CONNECT there: " + answer(p)
	}
	return ""
}

// tlsAnswer is how handshakes ended.
func tlsAnswer(g []evidence.Hop) string {
	d := evidence.DetailOf[evidence.Handshake](g[0])
	switch {
	case g[0].FailedWith(evidence.Timeout, evidence.Reset, evidence.Closed):
		return answer(g[0])
	case d.Alert != 0:
		return fmt.Sprintf("alert %d, %s", d.Alert, d.AlertName)
	case d.FirstBytes != "":
		return words.Quoted(d.FirstBytes)
	}
	return reasons(g)
}

// certifiedNames are the names in the certificate that was shown.
func certifiedNames(h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Handshake](h)
	if len(d.Chain) == 0 {
		return "no name"
	}
	return cmp.Or(strings.Join(d.Chain[0].Names, ", "), d.Chain[0].SubjectCN, "no name")
}

// nodeProbes are the tunnels that further addresses of a proxy were asked for.
func nodeProbes(v *diagnosis.View, keep func(evidence.Hop) bool) []evidence.Hop {
	return v.Hops(evidence.OpTunnel, func(h evidence.Hop) bool { return h.Probe == evidence.ProbeProxyNode && keep(h) })
}

// refusingNodes: the path failed at one address, and another gives the tunnel.
func refusingNodes(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	for _, failed := range v.PathFailed(evidence.OpTunnel) {
		sound := v.HopsAbout(evidence.OpTunnel, diagnosis.About{}.Probe(evidence.ProbeProxyNode).Target(failed.Target).State(evidence.OK),
			nil)
		if len(sound) == 0 || failed.Kind() == evidence.Budget {
			continue
		}
		code, _ := v.Taken(&connects, failed)
		alike := failedAlike(v)[failedAt{failed.Peer, code}]
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(slices.Concat(alike, sound)), Targets: targetsOf(alike), Values: map[string]string{
			"odd": failed.Peer, "sound": peers(sound), "does": "gives the tunnel", "request": requested(alike), "answer": answer(failed)}})
	}
	return out
}

// failedAt is an address of a proxy, and how it failed.
type failedAt struct {
	peer string
	code diagnosis.Code
}

// failedAlike are the path's failed tunnels by address and class.
func failedAlike(v *diagnosis.View) map[failedAt][]evidence.Hop {
	return diagnosis.Remember(v, failedAt{}, func() map[failedAt][]evidence.Hop {
		out := map[failedAt][]evidence.Hop{}
		for _, h := range v.PathFailed(evidence.OpTunnel) {
			if h.Kind() != evidence.Budget {
				code, _ := v.Taken(&connects, h)
				key := failedAt{h.Peer, code}
				out[key] = append(out[key], h)
			}
		}
		return out
	})
}

// failingNodes: the path stands, and another address refuses the same tunnel.
func failingNodes(v *diagnosis.View) []diagnosis.Match {
	odd := nodeProbes(v, func(h evidence.Hop) bool {
		_, stands := sameTunnel(v, h)
		return h.FailedWith() && h.Kind() != evidence.Budget && stands
	})
	return matchEachWith(diagnosis.Group(odd, func(h evidence.Hop) string { return h.Peer }), func(g []evidence.Hop) diagnosis.Match {
		sound, _ := sameTunnel(v, g[0])
		return diagnosis.Match{Hops: diagnosis.IDs(append(g, sound)), Severity: diagnosis.Warning, Values: map[string]string{
			"odd": g[0].Peer, "sound": sound.Peer, "does": "gives the tunnel", "request": requested(g), "answer": answer(g[0])}}
	})
}

// sameTunnel is the path's open tunnel to a hop's target by the same proxy.
func sameTunnel(v *diagnosis.View, h evidence.Hop) (evidence.Hop, bool) {
	return v.FirstAbout(evidence.OpTunnel, diagnosis.About{}.Target(h.Target).State(evidence.OK), func(o evidence.Hop) bool {
		return o.OnPath() && o.Via == h.Via
	})
}

// deadNodes: an address of the proxy takes no connection while another does. A
// family that has no route here says nothing about the proxy.
func deadNodes(v *diagnosis.View) []diagnosis.Match {
	dead := notOfBrokenIPv6(v, toProxy(addressesDown(v)))
	among := setOf(targetsOf(dead))
	stands := toProxy(v.Hops(evidence.OpDial, func(h evidence.Hop) bool {
		return h.OnPath() && h.State == evidence.OK && among[h.Target]
	}))
	var out []diagnosis.Match
	for _, g := range diagnosis.Group(dead, func(h evidence.Hop) string { return h.Peer }) {
		others := slices.DeleteFunc(slices.Clone(stands), func(h evidence.Hop) bool { return h.Peer == g[0].Peer })
		if len(others) > 0 {
			out = append(out, deadNode(v, g, others))
		}
	}
	return out
}

// deadNode says what the other addresses do, and no more: they take the connection, and
// may refuse every tunnel.
func deadNode(v *diagnosis.View, dead, others []evidence.Hop) diagnosis.Match {
	m := diagnosis.Match{Hops: diagnosis.IDs(append(dead, others...)), Severity: diagnosis.Warning, Targets: targetsOf(dead),
		Means: "Go and curl continue with the next address of the name, so they pass. " + costOf(dead[0]),
		Values: map[string]string{"odd": dead[0].Peer, "sound": peers(others), "does": "takes the connection", "request": "a connection",
			"answer": reason(dead[0])}}
	serves := slices.ContainsFunc(others, func(h evidence.Hop) bool {
		return len(v.HopsAbout(evidence.OpTunnel, diagnosis.About{}.Peer(h.Peer).State(evidence.OK), nil)) > 0
	})
	if !serves {
		m.Means = "Go and curl continue with the next address of the name. " + costOf(dead[0])
		m.Remedy = "bring {odd} back, or take it out of the proxy's name until it is"
	}
	return m
}

// unaskedNodes: every tunnel stands, and the proxy's name has addresses of which none was
// asked. Where one failed, the others are asked in side probes.
func unaskedNodes(v *diagnosis.View) []diagnosis.Match {
	lookUps := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return h.OnPath() && h.Role == evidence.Proxy && len(evidence.DetailOf[evidence.Resolve](h).Addresses) > 1
	})
	var out []diagnosis.Match
	for _, g := range diagnosis.Group(lookUps, func(h evidence.Hop) string { return evidence.DetailOf[evidence.Resolve](h).Name }) {
		found := evidence.DetailOf[evidence.Resolve](g[0])
		tunnels := v.Hops(evidence.OpTunnel, func(h evidence.Hop) bool { return evidence.ProxyHost(h.Via) == found.Name })
		var asked, unasked []string
		for _, address := range found.Addresses {
			if slices.ContainsFunc(tunnels, func(h evidence.Hop) bool { return evidence.ProxyHost(h.Peer) == address }) {
				asked = append(asked, address)
			} else {
				unasked = append(unasked, address)
			}
		}
		failed := slices.ContainsFunc(tunnels, func(h evidence.Hop) bool { return h.State != evidence.OK })
		if len(asked) > 0 && len(unasked) > 0 && !failed {
			out = append(out, diagnosis.Match{Hops: diagnosis.IDs(append(slices.Clone(g), tunnels...)), Values: map[string]string{
				"proxy": found.Name, "addresses": strings.Join(found.Addresses, ", "), "asked": strings.Join(asked, ", "),
				"unasked": strings.Join(unasked, ", ")}})
		}
	}
	return out
}

// matchProxyRefused tells a proxy on this host from one elsewhere: the first is the host
// admin's to start.
func matchProxyRefused(v *diagnosis.View) []diagnosis.Match {
	out := proxyDialled(evidence.Refused)(v)
	for i, m := range out {
		local := v.Hops(evidence.OpDial, func(h evidence.Hop) bool { return slices.Contains(m.Hops, h.ID) && onLoopback(h.Peer) })
		if len(local) > 0 {
			out[i].Audience = diagnosis.HostAdmin
			out[i].Means = "Nothing listens on that port of this host. A local proxy may not be running, or the setting may be meant for " +
				"another machine or container."
			out[i].Remedy = "start the local proxy, or set HTTPS_PROXY to one that this host reaches"
		}
	}
	return out
}

// matchProxyUnreachable asks the network team where a device says that it prohibits the
// connection.
func matchProxyUnreachable(v *diagnosis.View) []diagnosis.Match {
	prohibited := proxyDialled(evidence.Prohibited)(v)
	for i := range prohibited {
		prohibited[i].Audience = diagnosis.NetworkTeam
		prohibited[i].Means = "A device on the way has a rule against the connection and says so by ICMP."
		prohibited[i].Remedy = "have the rule on {sender} allow TCP from {source} to {peers}"
	}
	return append(prohibited, proxyDialled(evidence.NoRoute, evidence.DeniedLocally)(v)...)
}

// onLoopback tells an address of this host alone.
func onLoopback(peer string) bool {
	addr, err := netip.ParseAddrPort(peer)
	return err == nil && addr.Addr().IsLoopback()
}

// methodProbes are the side probes in which a SOCKS server that took none of the
// methods of a tunnel was offered another one alone, and answered.
func methodProbes(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	if s := evidence.DetailOf[evidence.Tunnel](h).SOCKS; s == nil || s.Method != evidence.SOCKSNoMethod {
		return nil
	}
	type methodsAt string
	return diagnosis.Remember(v, methodsAt(h.Peer), func() []evidence.Hop { return methodsTried(v, h.Peer) })
}

func methodsTried(v *diagnosis.View, peer string) []evidence.Hop {
	return v.HopsAbout(evidence.OpTunnel, diagnosis.About{}.Peer(peer), func(o evidence.Hop) bool {
		s := evidence.DetailOf[evidence.Tunnel](o).SOCKS
		return (o.Probe == evidence.ProbeSOCKSPassword || o.Probe == evidence.ProbeSOCKSGSSAPI) && s != nil && s.Method != evidence.SOCKSUnsaid
	})
}

// takes tells that a server took a method when it was offered it.
func takes(asked []evidence.Hop, method int) bool {
	return slices.ContainsFunc(asked, func(h evidence.Hop) bool {
		return h.State == evidence.OK && slices.Contains(evidence.DetailOf[evidence.Tunnel](h).SOCKS.Offered, method)
	})
}

// settled tells that both methods which need a login were offered and not taken.
func settled(asked []evidence.Hop, s evidence.SOCKS) bool {
	offered := slices.Clone(s.Offered)
	for _, h := range asked {
		offered = append(offered, evidence.DetailOf[evidence.Tunnel](h).SOCKS.Offered...)
	}
	return slices.Contains(offered, evidence.SOCKSPassword) && slices.Contains(offered, evidence.SOCKSGSSAPI)
}

// noMethod says what a SOCKS server was offered that took none of it.
func noMethod(s evidence.SOCKS) string {
	return s.Said() + " (offered: " + methods(s.Offered) + ")"
}

// askedAlone says what a SOCKS server answered to other methods, empty where it
// was not asked.
func askedAlone(v *diagnosis.View, h evidence.Hop) string {
	out := ""
	for _, o := range methodProbes(v, h) {
		took := "is refused too"
		if o.State == evidence.OK {
			took = "is taken"
		}
		out += "; " + methods(evidence.DetailOf[evidence.Tunnel](o).SOCKS.Offered) + " alone " + took
	}
	return out
}

// methods names SOCKS methods (RFC 1928 section 3).
func methods(numbers []int) string {
	var out []string
	for _, n := range numbers {
		out = append(out, map[int]string{evidence.SOCKSNone: "no login", evidence.SOCKSGSSAPI: "GSSAPI",
			evidence.SOCKSPassword: "name and password"}[n])
	}
	return strings.Join(out, ", ")
}

// speaksSOCKS tells that the port answered a SOCKS greeting in kind.
func speaksSOCKS(v *diagnosis.View, h evidence.Hop) bool {
	return len(v.HopsAbout(evidence.OpTunnel, diagnosis.About{}.Probe(evidence.ProbeSpeaksSOCKS).Peer(h.Peer), func(o evidence.Hop) bool {
		s := evidence.DetailOf[evidence.Tunnel](o).SOCKS
		return s != nil && s.Method != evidence.SOCKSUnsaid
	})) > 0
}

// probed finds the side probe of a name that asked the proxy for a hop's target
// in another way and got through.
func probed(v *diagnosis.View, h evidence.Hop, probe evidence.Probe) (evidence.Hop, bool) {
	probes := diagnosis.Remember(v, tunnelProbeOf{}, func() map[tunnelProbeOf]evidence.Hop {
		out := map[tunnelProbeOf]evidence.Hop{}
		for _, o := range v.Hops(evidence.OpTunnel, func(o evidence.Hop) bool { return o.Probe != "" && o.State == evidence.OK }) {
			key := tunnelProbeOf{o.Probe, o.Target}
			if _, known := out[key]; !known {
				out[key] = o
			}
		}
		return out
	})
	got, ok := probes[tunnelProbeOf{probe, h.Target}]
	return got, ok
}

// tunnelProbeOf is a side probe's name, and whose it is.
type tunnelProbeOf struct {
	probe  evidence.Probe
	target string
}

// answers tells that a proxy's address said anything to a request for a host.
func answers(v *diagnosis.View, peer string) bool {
	type answering string
	return diagnosis.Remember(v, answering(peer), func() bool {
		_, ok := v.FirstAbout(evidence.OpTunnel, diagnosis.About{}.Peer(peer), func(o evidence.Hop) bool {
			return forHost(o) && (o.State == evidence.OK || o.FailedWith(evidence.ProxyStatus))
		})
		return ok
	})
}

// passesAt tells that a proxy let a host through, and acceptsAt one with a login.
func passesAt(v *diagnosis.View, via string) bool {
	type passing string
	return diagnosis.Remember(v, passing(via), func() bool {
		_, ok := v.FirstAbout(evidence.OpTunnel, diagnosis.About{}.Via(via).State(evidence.OK), forHost)
		return ok
	})
}

func acceptsAt(v *diagnosis.View, via string) bool {
	type accepting string
	return diagnosis.Remember(v, accepting(via), func() bool {
		_, ok := v.FirstAbout(evidence.OpTunnel, diagnosis.About{}.Via(via).State(evidence.OK), func(o evidence.Hop) bool {
			return evidence.DetailOf[evidence.Tunnel](o).AuthSent != ""
		})
		return ok
	})
}

// forHost tells that a tunnel was asked for to a host that can exist: not one that
// cannot, and no mere greeting of a SOCKS server.
func forHost(h evidence.Hop) bool {
	s := evidence.DetailOf[evidence.Tunnel](h).SOCKS
	return h.Probe != evidence.ProbeInvalidName && (s == nil || s.ResolvedBy != "")
}

// basicScheme is the one scheme that net/http speaks to a proxy (transport.go,
// connectMethod.proxyAuth).
const basicScheme = "Basic"

// speaks tells that the client under test knows a scheme. curl knows the four of
// its flags, Go clients one.
func speaks(v *diagnosis.View, scheme string) bool {
	known := []string{basicScheme}
	if v.Run().Client == "curl" {
		known = append(known, "Digest", "NTLM", "Negotiate")
	}
	return slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, scheme) })
}

// offers tells that a scheme is on offer.
func offers(d evidence.Tunnel, scheme string) bool {
	return slices.ContainsFunc(d.Offers(), func(c evidence.Challenge) bool { return strings.EqualFold(c.Scheme, scheme) })
}

// clientCan tells that something is on offer which the client under test speaks.
func clientCan(v *diagnosis.View, d evidence.Tunnel) bool {
	return slices.ContainsFunc(d.Offers(), func(c evidence.Challenge) bool { return speaks(v, c.Scheme) })
}

// productOf names the product behind a CONNECT answer, "an unknown product"
// where nothing tells. A mark from memory alone names nothing.
func productOf(v *diagnosis.View, h evidence.Hop) string {
	m, ok := product.Best(product.OfTunnel(evidence.DetailOf[evidence.Tunnel](h), product.Own(v.Run().Signatures)...))
	if !ok || m.Grade == product.Memory {
		return unknownProduct
	}
	return strings.TrimSpace(m.Name + " " + m.Version)
}

const unknownProduct = "an unknown product"

// by names the product for a sentence about its answer, and is empty where it is
// not known.
func by(v *diagnosis.View, h evidence.Hop) string {
	if name := productOf(v, h); name != unknownProduct {
		return " (" + name + ")"
	}
	return ""
}
