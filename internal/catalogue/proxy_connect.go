package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/product"
)

// connects are the rows about a CONNECT that failed, and about a TLS handshake with the
// proxy itself that failed before any CONNECT. The order is that of the evidence: what
// speaks at the port at all, then the login, then what the proxy says of its reason, and
// last what is left when it says nothing.
var connects = diagnosis.Family{Name: "failed CONNECT", Order: []diagnosis.Code{
	ProxySpeaksPlaintext,
	ProxyTLSUntrusted,
	ProxyTLSFailed,
	ProxyAuthRequired,
	ProxyAuthSchemeUnsupported,
	ProxyAuthRejected,
	ProxySpeaksTLS,
	ProxyCannotResolveTarget,
	ProxyCannotReachTarget,
	ProxyUpstreamTimeout,
	ProxyNotAProxy,
	ProxySilent,
	ProxyRedirects,
	ProxyConnectPortDenied, // before the rows that a port which is not allowed looks like
	ProxyConnectDenied,
	ProxyClosed,
	ProxyError, // whatever is left
}}

// connectRow is a row of the family with what most of them share.
func connectRow(e diagnosis.Entry) diagnosis.Entry {
	return connectRowOf(shared(diagnosis.Entry{
		Layer: diagnosis.Proxy, Severity: diagnosis.Error,
		Seen:   "{peers}{by} {reply}{others}",
		Values: []string{"peers", "reply", "request", "answer", "others", "time", "schemes", "product", "by", "portal", "proxy", "names"},
		Needs:  []evidence.Op{evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest, evidence.OpDial},
		// A setting that should have kept the host from the proxy, and a node that is unlike its sisters.
		After: []diagnosis.Code{ProxyURLInvalid, ProxyIsPACFile, ProxyCredentialsUnescaped, NoProxyMissesTarget, ProxyNodesDisagree,
			TCPResetInjected},
	}, e))
}

// connectRowOf is a row of the family that says everything else itself.
func connectRowOf(e diagnosis.Entry) diagnosis.Entry {
	e.Family = &connects
	e.Match = func(v *diagnosis.View) []diagnosis.Match {
		return takenBy(v, e, failedConnects(v), func(h evidence.Hop) string { return connectKey(v, h) },
			func(g []evidence.Hop) diagnosis.Match { return connectMatch(v, g) })
	}
	return e
}

// failedConnects are the hops that the family judges.
func failedConnects(v *diagnosis.View) []evidence.Hop {
	type judged struct{}
	return diagnosis.Remember(v, judged{}, func() []evidence.Hop {
		shakes := slices.DeleteFunc(toProxy(v.PathFailed(evidence.OpHandshake)), func(h evidence.Hop) bool { return helloCode(v, h) != "" })
		return append(shakes, v.Hops(evidence.OpTunnel, func(h evidence.Hop) bool {
			return h.OnPath() && (h.FailedWith() && h.Kind() != evidence.Budget || letIn(v, h))
		})...)
	})
}

// letIn tells a tunnel that stands by a login which the client itself cannot make: the
// walk goes on behind it, and the client does not.
func letIn(v *diagnosis.View, h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Tunnel](h)
	return h.Op == evidence.OpTunnel && h.State == evidence.OK && len(d.Offers()) > 0 && !clientCan(v, d)
}

// connectKey is what the hops of one match have in common.
func connectKey(v *diagnosis.View, h evidence.Hop) string {
	if h.Op == evidence.OpHandshake {
		return string(h.Op) + string(h.Kind()) + " " + h.Via
	}
	if h.State == evidence.OK {
		return string(h.State) + " " + h.Via
	}
	_, said := v.Taken(&connects, h)
	if evidence.DetailOf[evidence.Tunnel](h).Log != nil && asksConnect(v, h) && oddPort(v, h) { // a log has all hosts, and a port may be why
		return h.Via + answer(h) + string(h.Kind()) + " odd port"
	}
	return h.Via + answer(h) + string(h.Kind()) + string(said.Strength)
}

// connectMatch is the match of hops that failed alike.
func connectMatch(v *diagnosis.View, g []evidence.Hop) diagnosis.Match {
	values := tunnelValues(v, g)
	if g[0].Op == evidence.OpHandshake {
		values["request"], values["answer"] = "the TLS handshake", tlsAnswer(g)+plainTried(v, g[0])
		values["reply"] = reply(g, values["request"], values["answer"])
		return diagnosis.Match{Hops: diagnosis.IDs(g), Values: values}
	}
	return diagnosis.Match{Hops: diagnosis.IDs(append(g, methodProbes(v, g[0])...)), Values: values}
}

// answeredConnect is the answer of a proxy that said no to a CONNECT in HTTP, false for
// every other failure.
func answeredConnect(h evidence.Hop) (evidence.Tunnel, bool) {
	d := evidence.DetailOf[evidence.Tunnel](h)
	return d, h.Op == evidence.OpTunnel && h.FailedWith(evidence.ProxyStatus) && d.SOCKS == nil
}

// socksReply is the reply of a SOCKS server that said no, -1 for every other failure
// (RFC 1928 section 6). One that takes no method or refuses the login sends none.
func socksReply(h evidence.Hop) int {
	s := evidence.DetailOf[evidence.Tunnel](h).SOCKS
	if !h.FailedWith(evidence.ProxyStatus) || s == nil || s.Method == evidence.SOCKSNoMethod || s.Login > 0 {
		return -1
	}
	return s.Reply
}

// saidCause is why the proxy says that it refused, empty where it does not say and where
// the answer is about its login.
func saidCause(v *diagnosis.View, h evidence.Hop) product.Cause {
	d, ok := answeredConnect(h)
	if !ok || d.Code == 407 || refusesLogin(d) {
		return product.None
	}
	if d.Log != nil {
		return product.Cause(d.Log.Says)
	}
	type refusing int
	return diagnosis.Remember(v, refusing(h.ID), func() product.Cause { return product.Refusal(d, product.Own(v.Run().Signatures)...) })
}

// endedConnect tells a CONNECT that was answered by nothing: silence or the end.
func endedConnect(h evidence.Hop, kinds ...evidence.Kind) bool {
	return h.Op == evidence.OpTunnel && h.FailedWith(kinds...)
}

// endedForAll tells such a CONNECT at a proxy that answered nobody in this run. While
// another host gets an answer from the same address, it is not the proxy (docs/rules.md, rule 4).
func endedForAll(v *diagnosis.View, h evidence.Hop) bool {
	return endedConnect(h, evidence.Closed, evidence.Reset, evidence.Timeout) && !answers(v, h.Peer)
}

// endedForOne tells such a CONNECT at a proxy that answers for other hosts.
func endedForOne(v *diagnosis.View, h evidence.Hop, kinds ...evidence.Kind) bool {
	return endedConnect(h, kinds...) && answers(v, h.Peer)
}

// endedShake tells a TLS handshake with the proxy that came to nothing.
func endedShake(h evidence.Hop) bool {
	return h.Op == evidence.OpHandshake && h.FailedWith(evidence.Reset, evidence.Closed, evidence.Timeout)
}

// shakesWithOthers tells that the proxy at the same address completed another handshake.
func shakesWithOthers(v *diagnosis.View, h evidence.Hop) bool {
	_, ok := v.FirstAbout(evidence.OpHandshake, diagnosis.About{}.Peer(h.Peer).State(evidence.OK),
		func(o evidence.Hop) bool { return o.Role == evidence.Proxy })
	return ok
}

// speaksTLSThere tells that a TLS handshake was completed at a port which ended a plain
// CONNECT.
func speaksTLSThere(v *diagnosis.View, h evidence.Hop) bool {
	_, ok := v.FirstAbout(evidence.OpHandshake, diagnosis.About{}.Probe(evidence.ProbeTLSToProxy).Peer(h.Peer), func(o evidence.Hop) bool {
		return len(evidence.DetailOf[evidence.Handshake](o).Chain) > 0
	})
	return ok
}

// takesClosed: the connection was ended, whoever the request was for.
func takesClosed(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	switch {
	case endedShake(h) && !h.FailedWith(evidence.Timeout) && shakesWithOthers(v, h):
		return &diagnosis.Match{Strength: diagnosis.Possible,
			Means: "The proxy completes other TLS handshakes and ended this one. It may be overloaded, or limit its connections."}
	case endedShake(h) && !h.FailedWith(evidence.Timeout):
		return &diagnosis.Match{Strength: diagnosis.Likely,
			Means: "The connection to the proxy is TLS (https:// in the setting). The port accepts TCP connections and ends them at " +
				"the ClientHello, before a certificate was shown.",
			Remedy: "look in the proxy's log for {source}: an access list by source address, overload, or a port that is not for clients"}
	}
	return when(endedForAll(v, h) && !h.FailedWith(evidence.Timeout))
}

// takesSilent: nothing was answered, whoever the request was for.
func takesSilent(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	switch {
	case endedShake(h) && h.FailedWith(evidence.Timeout) && shakesWithOthers(v, h):
		return &diagnosis.Match{Strength: diagnosis.Possible,
			Means: "The proxy completes other TLS handshakes and left this one without an answer. It may be overloaded, or limit its " +
				"connections."}
	case endedShake(h) && h.FailedWith(evidence.Timeout):
		return &diagnosis.Match{
			Means: "The connection to the proxy is TLS (https:// in the setting). The port accepts TCP connections and does not " +
				"answer the ClientHello. A Go client waits 10 s for it.",
			Remedy: "check whether the proxy accepts TLS on this port at all and whether it is hung; a firewall between {source} and the " +
				"proxy may drop what follows the TCP handshake"}
	}
	return when(endedForAll(v, h) && h.FailedWith(evidence.Timeout))
}

// takesSpeaksTLS: the plain CONNECT met a TLS server.
func takesSpeaksTLS(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	if endedForAll(v, h) && speaksTLSThere(v, h) {
		return &diagnosis.Match{Means: "The proxy ended the plain CONNECT without an answer and completes a TLS handshake at the " +
			"same port. The scheme in the proxy variable is that of the connection to the proxy, not that of the URL that is " +
			"fetched."}
	}
	d, answered := answeredConnect(h)
	login := d.Code == 407 || refusesLogin(d)
	return when(endedConnect(h, evidence.SpeaksTLS) || answered && !login && product.TLSPort(d))
}

// takesSpeaksPlaintext: TLS or SOCKS met a server of plain HTTP.
func takesSpeaksPlaintext(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	if d := evidence.DetailOf[evidence.Tunnel](h); d.SOCKS != nil && h.FailedWith() && d.SOCKS.Method == evidence.SOCKSUnsaid {
		switch {
		case plainAnswer(v, h) != "":
			return &diagnosis.Match{Means: "socks5:// and socks5h:// are for SOCKS servers. This port answers CONNECT in plain HTTP, as " +
				"most proxies do, and does not answer a SOCKS greeting."}
		case strings.HasPrefix(d.FirstBytes, "HTTP/"):
			return &diagnosis.Match{Means: "socks5:// and socks5h:// are for SOCKS servers. This port answers a SOCKS greeting in plain HTTP."}
		}
	}
	inHTTP := strings.HasPrefix(evidence.DetailOf[evidence.Handshake](h).FirstBytes, "HTTP/")
	return when(h.Op == evidence.OpHandshake && h.FailedWith(evidence.NotTLS) && inHTTP || endedShake(h) && plainAnswer(v, h) != "")
}

// takesNotAProxy: what answered is no HTTP proxy.
func takesNotAProxy(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	switch {
	case h.Op == evidence.OpHandshake && h.FailedWith(evidence.NotTLS):
		return &diagnosis.Match{Means: "What answers there is not TLS and not HTTP. The setting points at another service."}
	case endedForAll(v, h) && speaksSOCKS(v, h):
		return &diagnosis.Match{
			Means:  "The port ended the CONNECT without an answer and answers a SOCKS5 greeting: a SOCKS server. The setting says http://.",
			Remedy: "set HTTPS_PROXY=socks5h://{proxy}, or set it to the port of an HTTP proxy"}
	}
	d, answered := answeredConnect(h)
	_, web := product.WebServer(d)
	return when(endedConnect(h, evidence.NotHTTP) || answered && web && saidCause(v, h) == product.None)
}

// takesTLSFailed: the handshake with the proxy itself was refused, or a CONNECT was met by
// an alert.
func takesTLSFailed(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	const begin = "The connection to the proxy is TLS (https:// in the setting), and the proxy "
	shake, alert := evidence.DetailOf[evidence.Handshake](h), evidence.DetailOf[evidence.Tunnel](h).Alert
	switch {
	case h.Op == evidence.OpTunnel && (alert == 0 || answeredSomehow(h)):
		return nil
	case h.Op == evidence.OpHandshake && !h.FailedWith(evidence.Alert, evidence.Protocol):
		return nil
	}
	switch alert = max(alert, shake.Alert); {
	case alert == alertProtocolVersion:
		return &diagnosis.Match{Means: begin + "accepts none of the versions that the client offers, TLS 1.2 and 1.3."}
	case shake.ClientCertificate != nil, alert == alertCertificateRequired:
		return &diagnosis.Match{Means: begin + "demands a certificate of the client. Go clients have no setting for one towards a proxy."}
	case alert == 0:
		return &diagnosis.Match{Means: begin + "answers with something that is not valid TLS."}
	}
	return &diagnosis.Match{}
}

// answeredSomehow tells that the kind of a tunnel's end says what came, which an alert
// does not say better; so does a tunnel that stands.
func answeredSomehow(h evidence.Hop) bool {
	return !h.FailedWith() || h.FailedWith(evidence.SpeaksTLS, evidence.NotHTTP, evidence.Closed, evidence.Reset, evidence.Timeout,
		evidence.ProxyStatus)
}

// takesTLSUntrusted: the client does not accept the certificate that the proxy showed.
func takesTLSUntrusted(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	if h.Op != evidence.OpHandshake {
		return nil
	}
	switch h.Kind() {
	case evidence.Untrusted:
		return &diagnosis.Match{}
	case evidence.Expired:
		return &diagnosis.Match{Audience: diagnosis.ProxyAdmin,
			Means:  "By this host's clock, the proxy's own certificate has expired. The registry was not asked yet.",
			Remedy: "renew the proxy's certificate",
			Or:     diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "set this host's clock, if that is what is wrong (date -u)"}}
	case evidence.NotYetValid:
		return &diagnosis.Match{
			Means:  "By this host's clock, the proxy's own certificate is not valid yet. The registry was not asked yet.",
			Remedy: "check this host's clock (date -u)",
			Or:     diagnosis.Way{Audience: diagnosis.ProxyAdmin, Remedy: "if the clock is right, reissue the proxy's certificate"}}
	case evidence.WrongName:
		return &diagnosis.Match{
			Means:  "The proxy's own certificate is for {names}, and the setting calls it by another name. The registry was not asked yet.",
			Remedy: "name the proxy in the setting as its certificate does ({names})",
			Or:     diagnosis.Way{Audience: diagnosis.ProxyAdmin, Remedy: "issue the proxy's certificate for the name in use"}}
	case evidence.MalformedCertificate:
		return &diagnosis.Match{Audience: diagnosis.ProxyAdmin,
			Means:  "Go refuses the proxy's own certificate before anything is judged; other clients may take it.",
			Remedy: "reissue the proxy's certificate"}
	}
	return nil
}

// triedLogin tells that a login was made which the proxy understood, or one that is made
// only where the proxy asks for it.
func triedLogin(v *diagnosis.View, d evidence.Tunnel) bool {
	return d.AuthSent != "" && (speaks(v, d.AuthSent) && offers(d, d.AuthSent) || d.AuthSent != basicScheme)
}

// takesAuthRequired: the proxy asks for a login that the client can make, and none was sent.
func takesAuthRequired(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	if s, ok := takesNoMethod(h); ok {
		return socksWantsLogin(v, h, s)
	}
	d, answered := answeredConnect(h)
	switch {
	case !answered || d.Code != 407 || d.AuthSent != "" || !clientCan(v, d):
		return nil
	case d.AuthAsked != "" && offers(d, d.AuthAsked):
		return &diagnosis.Match{
			Means: "The proxy offers {schemes}, and the login by " + d.AuthAsked + " could not be made: " + d.AuthProblem +
				". Nothing was sent to the proxy.",
			Remedy: "correct what is named: user, password or ticket, and the proxy's name in the setting"}
	case d.AuthProblem != "":
		return &diagnosis.Match{Means: "The proxy asks for {schemes}. A login by another scheme was asked for, so none was sent."}
	}
	return &diagnosis.Match{}
}

// takesAuthUnsupported is seen where the proxy refused and offered nothing for the client,
// and where it let us in by a scheme that the client does not speak.
func takesAuthUnsupported(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	if letIn(v, h) {
		return &diagnosis.Match{Means: "The proxy offers {schemes}. The login by " + evidence.DetailOf[evidence.Tunnel](h).AuthSent +
			" was accepted, so the check continued behind it; podman, docker, containerd and skopeo support only Basic and stop here."}
	}
	if s, ok := takesNoMethod(h); ok {
		return socksWantsOther(v, h, s)
	}
	d, answered := answeredConnect(h)
	return when(answered && d.Code == 407 && !triedLogin(v, d) && !clientCan(v, d))
}

// takesAuthRejected: the pair that was sent was not accepted, and for no other host either.
func takesAuthRejected(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	if s := evidence.DetailOf[evidence.Tunnel](h).SOCKS; s != nil {
		return when(h.FailedWith(evidence.ProxyStatus) && s.Method != evidence.SOCKSNoMethod && s.Login > 0)
	}
	d, answered := answeredConnect(h)
	switch {
	case !answered || !refusesLogin(d) || d.Code == 407 && acceptsAt(v, h.Via):
		return nil
	case d.Code != 407:
		return &diagnosis.Match{Means: "The pair was sent once and the proxy answered 401, as tinyproxy does to a wrong one; 407 " +
			"asks for one. It was not sent a second time, because accounts lock out."}
	case d.AuthProblem != "":
		return &diagnosis.Match{Strength: diagnosis.Possible, Means: "The login was begun and not finished: " + d.AuthProblem +
			". It counts as an attempt and was not made again, because accounts lock out."}
	case !clientCan(v, d):
		return &diagnosis.Match{Means: "The pair was sent once by " + d.AuthSent + " and the proxy asked again. " +
			"It was not sent a second time, because accounts lock out. " +
			"The client itself speaks none of the schemes on offer (" + schemes(d) + "), so right credentials would not help it either."}
	}
	return &diagnosis.Match{}
}

// takesDenied asserts less where no host passes: then either this source may not use the
// proxy, or none of these hosts is allowed.
func takesDenied(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	d, answered := answeredConnect(h)
	switch {
	case endedForOne(v, h, evidence.Closed, evidence.Reset):
		return &diagnosis.Match{Strength: diagnosis.Likely, Means: "The proxy answers for other hosts and ends the connection for this " +
			"one, which is how some refuse. The proxy may also have failed for this host."}
	case answered && d.Code == 407:
		return &diagnosis.Match{Strength: diagnosis.Likely,
			Means: "The same credentials were accepted for another host, and the proxy asks again for this one. Most likely this user " +
				"may not reach it."}
	case socksReply(h) == 2:
		return deniedBeside(v, h)
	case !answered || saidCause(v, h) != product.Denied && d.Code != 403 && d.Code != 451:
		return nil
	}
	if p, passes := probed(v, h, evidence.ProbeBrowserAgent); passes {
		return &diagnosis.Match{Means: "The same CONNECT with a browser's User-Agent passes (" +
			evidence.DetailOf[evidence.Tunnel](p).StatusLine +
			"): the rule is about the client's name, not the host. Registry credentials are not the problem."}
	}
	return deniedBeside(v, h)
}

// deniedBeside says what the answers for other hosts tell of a refusal: whether this source
// may use the proxy at all (docs/rules.md, rule 4).
func deniedBeside(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	if passesAt(v, h.Via) {
		return &diagnosis.Match{}
	}
	if behind, ok := failedBehindProxy(v, h.Via); ok {
		return &diagnosis.Match{Means: "The proxy accepted the request for " + askedFor(behind) + " and failed behind it, so this source may " +
			"use the proxy. Its rules do not allow this host. Registry credentials are not the problem: none were sent to this host."}
	}
	if other, _ := v.FirstAbout(evidence.OpTunnel, diagnosis.About{}.Via(h.Via), func(o evidence.Hop) bool {
		return o.Target != h.Target && forHost(o)
	}); other.ID == 0 {
		return &diagnosis.Match{Means: "No other host was asked: either this source or user may not use the proxy, or it does not allow this " +
			"host. The answer does not tell which."}
	}
	return &diagnosis.Match{Means: "No host passes: either this source or user may not use the proxy, or none of these hosts is allowed. " +
		"The answer does not tell which."}
}

// failedBehindProxy is an answer for a host of which the proxy says that it had accepted the
// request: its rules are asked before it looks a name up or connects.
func failedBehindProxy(v *diagnosis.View, via string) (evidence.Hop, bool) {
	type behind string
	h := diagnosis.Remember(v, behind(via), func() evidence.Hop {
		found, _ := v.FirstAbout(evidence.OpTunnel, diagnosis.About{}.Via(via).State(evidence.Failed), func(h evidence.Hop) bool {
			said := saidCause(v, h)
			return forHost(h) && (socksReply(h) >= 3 && socksReply(h) <= 6 || said != product.None && said != product.Denied)
		})
		return found
	})
	return h, h.ID != 0
}

// takesPortDenied: the same host passes at another port. It is asked after every row for
// which an answer says more.
func takesPortDenied(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	if h.Op != evidence.OpTunnel || !h.FailedWith() {
		return nil
	}
	_, passes := probed(v, h, evidence.ProbeOtherPort)
	return when(passes)
}

// takesUnreached: the proxy says that its own connection failed. SOCKS servers answer 4
// (host unreachable) for a name that they cannot look up as well.
func takesUnreached(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	switch reply := socksReply(h); {
	case reply == 4 && evidence.DetailOf[evidence.Tunnel](h).SOCKS.ResolvedBy != evidence.ByClient:
		return &diagnosis.Match{Strength: diagnosis.Likely,
			Means: "The SOCKS server says host unreachable: no route behind it, or its own look-up of the name failed, for which most say the same.",
			Remedy: "look in the SOCKS server's log for {targets}: have its name servers resolve {names}, or allow TCP from it in the firewall " +
				"behind it"}
	case reply == 3, reply == 4, reply == 5:
		return &diagnosis.Match{}
	}
	if saidCause(v, h) == product.NoWay {
		return noWay(v, h)
	}
	return when(saidCause(v, h) == product.CannotReach)
}

// noWay is about an answer that stands for several failures behind the proxy. Another host
// that passes shows that not all of its ways are closed.
func noWay(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	out := &diagnosis.Match{Strength: diagnosis.Possible,
		Means: "The proxy accepted the request and did not get through. It gives the same answer whether the name does not resolve there " +
			"or the connection fails.",
		Remedy: "look in the proxy's log for {targets}: have its name servers resolve {names}, or allow TCP from the proxy to the host"}
	if d, _ := answeredConnect(h); !saysCannotForward(d) {
		return out
	}
	out.Means = "The proxy accepted the request and found no way to forward it. Squid says this when its parent proxy (cache_peer) cannot " +
		"be used; Squid 5.0 to 6.2 says it also when the name does not resolve."
	if passesAt(v, h.Via) {
		out.Means += " Other hosts pass, so the name may be the likelier of the two, unless the parent serves this host alone."
	}
	out.Remedy = "look in Squid's cache.log for the parent proxy (cache_peer) and check that it answers; then check that Squid's name " +
		"servers resolve {names}"
	return out
}

// saysCannotForward tells Squid's page for a request without a next step.
func saysCannotForward(d evidence.Tunnel) bool {
	reason, _ := evidence.HeaderValue(d.Headers, "X-Squid-Error")
	return strings.HasPrefix(reason, "ERR_CANNOT_FORWARD") || d.Body != nil && slices.Contains(d.Body.Markers, "<body id=ERR_CANNOT_FORWARD")
}

// takesUpstreamTimeout: the proxy says that it waited for nothing, or is silent for one
// host alone.
func takesUpstreamTimeout(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	if endedForOne(v, h, evidence.Timeout) {
		return &diagnosis.Match{Strength: diagnosis.Likely, Audience: diagnosis.NetworkTeam,
			Means: "The proxy answers for other hosts. For this one it is likely waiting itself: a firewall behind the proxy may drop " +
				"its packets, or the host may be down."}
	}
	return when(socksReply(h) == 6 || saidCause(v, h) == product.UpstreamTimeout)
}

// takesRedirect: the answer to CONNECT is a redirect, and no rule is named.
func takesRedirect(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	d, answered := answeredConnect(h)
	return when(answered && d.Code/100 == 3 && saidCause(v, h) == product.None)
}

// takesOtherError: whatever else a CONNECT met.
func takesOtherError(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	return when(h.Op == evidence.OpTunnel && h.FailedWith())
}

// takesNoMethod tells a SOCKS server that took none of the methods that it was offered.
func takesNoMethod(h evidence.Hop) (evidence.SOCKS, bool) {
	s := evidence.DetailOf[evidence.Tunnel](h).SOCKS
	if s == nil || !h.FailedWith(evidence.ProxyStatus) || s.Method != evidence.SOCKSNoMethod {
		return evidence.SOCKS{}, false
	}
	return *s, true
}

// socksWantsLogin reads what a SOCKS server answered when each other method was offered
// alone: a login that the client can make, or that nobody tried.
func socksWantsLogin(v *diagnosis.View, h evidence.Hop, s evidence.SOCKS) *diagnosis.Match {
	switch asked := methodProbes(v, h); {
	case takes(asked, evidence.SOCKSPassword):
		return &diagnosis.Match{
			Means: "The SOCKS server accepts no client without a login. It accepts a login by name and password when only that is " +
				"offered; none was sent."}
	case takes(asked, evidence.SOCKSGSSAPI) && v.Run().Client == "curl":
		return &diagnosis.Match{Remedy: "get a Kerberos ticket and use a curl built with GSS-API (curl -V names it)",
			Means: "The SOCKS server accepts a login by GSSAPI (Kerberos). It did not accept a name and password."}
	case takes(asked, evidence.SOCKSGSSAPI), settled(asked, s), slices.Contains(s.Offered, evidence.SOCKSPassword):
		return nil
	}
	return &diagnosis.Match{Strength: diagnosis.Likely,
		Means: "The SOCKS server accepts no client without a login. It does not say which kind: name and password is the usual " +
			"one, GSSAPI the other."}
}

// socksWantsOther reads the same for what the client cannot do.
func socksWantsOther(v *diagnosis.View, h evidence.Hop, s evidence.SOCKS) *diagnosis.Match {
	out := &diagnosis.Match{Remedy: "have the SOCKS server accept name and password from {source}, or accept {source} without " +
		"a login, by its address"}
	switch asked := methodProbes(v, h); {
	case takes(asked, evidence.SOCKSGSSAPI):
		out.Means = "The SOCKS server accepts a login by GSSAPI (Kerberos). It did not accept a name and password. Go clients (podman, docker, " +
			"containerd, skopeo) offer only no login, or name and password."
	case settled(asked, s):
		out.Means = "The SOCKS server rejects all three: no login, name and password, and GSSAPI. It may use a method of its own, " +
			"or a rule may keep {source} out altogether."
	default:
		out.Strength = diagnosis.Likely
		out.Means = "The SOCKS server rejects both: no login, and name and password. It may want GSSAPI, which container " +
			"clients do not support."
	}
	return out
}
