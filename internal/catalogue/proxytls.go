package catalogue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// httpsWorld leads to the World's proxy by https://, with faults of its port.
func httpsWorld(title string, faults ...fault.Fault) fault.World {
	return fault.World{Title: title, HopTimeout: quick, Faults: faults,
		Env: map[string]string{"HTTPS_PROXY": "https://" + fault.ProxyName + ":" + fault.ProxyTCPPort}}
}

// behindTLS makes the World's proxy one that speaks TLS, with further faults.
func behindTLS(title string, faults ...fault.Fault) fault.World {
	return httpsWorld(title, append(faults, fault.ProxyPort{Effect: fault.SpeaksTLS})...)
}

func speaksPlaintext() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "proxy-speaks-plaintext", Since: since, Layer: diagnosis.Proxy, Severity: diagnosis.Error, Strength: diagnosis.Proven,
		Audience: diagnosis.HostAdmin,
		Title:    "the proxy's port speaks plain HTTP, and the setting says {scheme}://",
		Seen:     "{peers} answered {asked} with {bytes}",
		Means:    "https:// in a proxy variable means TLS to the proxy itself. Most proxies take CONNECT in plain HTTP, for https targets too.",
		Remedy:   "write http:// in the proxy variable",
		Cite:     []string{"failures A7: docker/for-linux#415, docker/cli#3351; the examples of docker's and OpenShift's manuals show https://"},
		Values:   []string{"peers", "bytes", "scheme", "asked"}, Needs: []evidence.Op{evidence.OpDial, evidence.OpHandshake, evidence.OpTunnel, evidence.OpRequest},
		After: []string{"proxy-url-invalid", "proxy-credentials-unescaped"},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			const code = "proxy-speaks-plaintext"
			socks := slices.DeleteFunc(v.PathFailed(evidence.OpTunnel), func(h evidence.Hop) bool { return classify(v, h).code != code })
			return append(matchEach(byProxy(proxyHandshakes(v, code)), func(g []evidence.Hop) map[string]string { return plainValues(v, g) }),
				matchEachWith(byKind(socks), func(g []evidence.Hop) diagnosis.Match {
					return diagnosis.Match{Hops: diagnosis.IDs(g), Values: plainValues(v, g),
						Means: "socks5:// and socks5h:// are for SOCKS servers. This port takes CONNECT in plain HTTP, as most proxies do, and waits for the end of a line that a SOCKS greeting does not have."}
				})...)
		},
		Provoke: httpsWorld("the setting says https:// for a plain proxy"),
		Also: []fault.World{
			httpsWorld("the setting says https:// for a plain proxy that waits for the end of a line", fault.ProxyPort{Effect: fault.PlainAlone}),
			{Title: "the setting says socks5h:// for an HTTP proxy", Env: socksEnv(""), HopTimeout: quick,
				Faults: []fault.Fault{fault.ProxyPort{Effect: fault.PlainAlone}}}},
	}
}

func plainValues(v *diagnosis.View, g []evidence.Hop) map[string]string {
	scheme, _, _ := strings.Cut(g[0].Via, "://")
	asked, text := "the TLS handshake", quoted(join(g, func(h evidence.Hop) string { return firstLine(evidence.DetailOf[evidence.Handshake](h).FirstBytes) }))
	if g[0].Op == evidence.OpTunnel {
		asked, text = "the SOCKS greeting", quoted(firstLine(evidence.DetailOf[evidence.Tunnel](g[0]).FirstBytes))
	}
	if line := plainAnswer(v, g[0]); line != "" {
		text += ", and a plain CONNECT with " + quoted(line)
	}
	return map[string]string{"peers": peers(g), "bytes": text, "scheme": scheme, "asked": asked}
}

func proxyUntrusted() diagnosis.Entry {
	public := func(title string, c fault.Certificate) fault.World {
		c.Host = fault.TheProxy
		return behindTLS(title, c)
	}
	return diagnosis.Entry{
		Code: "proxy-tls-untrusted", Since: since, Layer: diagnosis.Proxy, Severity: diagnosis.Error, Strength: diagnosis.Proven,
		Audience: diagnosis.HostAdmin,
		Title:    "the client does not accept the certificate of the proxy itself",
		Seen:     "{peers}: {text}",
		Means:    "The connection to the proxy is TLS (https:// in the setting), and its chain fails in the client's store. The registry was not asked yet.",
		Remedy:   "put the CA of the proxy's own certificate into the client's trust store, or use the proxy's plain port",
		Cite:     []string{"failures A7, E2", "RFC 5280 section 6"},
		Values:   []string{"peers", "text", "names"}, Needs: []evidence.Op{evidence.OpDial, evidence.OpHandshake, evidence.OpTunnel},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			return matchEachWith(byKind(proxyHandshakes(v, "proxy-tls-untrusted")), func(g []evidence.Hop) diagnosis.Match {
				c := classifyProxyTLS(v, g[0])
				return diagnosis.Match{Hops: diagnosis.IDs(g), Means: c.means, Remedy: c.remedy, Audience: c.audience,
					Values: map[string]string{"peers": peers(g), "text": reason(g[0]), "names": certifiedNames(g[0])}}
			})
		},
		Provoke: behindTLS("the proxy speaks TLS under a CA that the client does not know"),
		Also: []fault.World{
			public("the proxy's own certificate has expired", fault.Certificate{NotBefore: -90 * day, NotAfter: -day}),
			public("the proxy's own certificate begins tomorrow", fault.Certificate{NotBefore: day, NotAfter: 60 * day}),
			public("the proxy's own certificate has another name", fault.Certificate{Names: []string{"proxy-01.corp.example"}}),
			public("the proxy's own certificate cannot be parsed", fault.Certificate{NegativeSerial: true})},
	}
}

func proxyTLSFailed() diagnosis.Entry {
	e := tunnelRow("proxy-tls-failed", diagnosis.ProxyAdmin, diagnosis.Proven, "TLS with the proxy itself does not come about",
		"The connection to the proxy is TLS (https:// in the setting), and the proxy ends the handshake. The registry was not asked yet.",
		"compare versions, ciphers and the demand for a client certificate with what {source} offers; or give {source} the proxy's plain port",
		[]string{"failures A7, E13, E14", "RFC 8446 section 6.2"},
		behindTLS("an https:// proxy refuses the handshake with an alert", fault.Handshake{Host: fault.TheProxy, Effect: fault.Alert, Alert: alertHandshakeFailure}),
		behindTLS("an https:// proxy speaks nothing newer than TLS 1.1", fault.TLSServer{Host: fault.TheProxy, MaxVersion: 0x0302}),
		behindTLS("an https:// proxy answers the handshake with nonsense", fault.Handshake{Host: fault.TheProxy, Effect: fault.Garbage}),
		behindTLS("an https:// proxy demands a certificate of the client", fault.Certificate{Host: fault.TheProxy},
			fault.TLSServer{Host: fault.TheProxy, ClientCertificate: true}),
		behindTLS("an https:// proxy demands a certificate of the client in TLS 1.2", fault.Certificate{Host: fault.TheProxy},
			fault.TLSServer{Host: fault.TheProxy, ClientCertificate: true, MaxVersion: 0x0303}))
	return e
}

// proxyHandshakes are the path's failed handshakes with a proxy that have a code.
func proxyHandshakes(v *diagnosis.View, code string) []evidence.Hop {
	return slices.DeleteFunc(toProxy(v.PathFailed(evidence.OpHandshake)), func(h evidence.Hop) bool {
		return classifyProxyTLS(v, h).code != code || helloCode(v, h) != ""
	})
}

// matchProxyTLS is the part of a tunnel row that is about proxies spoken to in
// TLS whose handshake failed before any CONNECT.
func matchProxyTLS(v *diagnosis.View, code string) []diagnosis.Match {
	return matchEachWith(byKind(proxyHandshakes(v, code)), func(g []evidence.Hop) diagnosis.Match {
		c := classifyProxyTLS(v, g[0])
		values := tunnelValues(v, g)
		values["request"], values["answer"] = "the TLS handshake", tlsAnswer(g)+plainTried(v, g[0])
		return diagnosis.Match{Hops: diagnosis.IDs(g), Strength: c.strength, Means: c.means, Remedy: c.remedy, Audience: c.audience, Values: values}
	})
}

// classifyProxyTLS gives a failed handshake with the proxy itself its one code,
// none for one of an unknown kind.
func classifyProxyTLS(v *diagnosis.View, h evidence.Hop) class {
	d := evidence.DetailOf[evidence.Handshake](h)
	switch h.Kind() {
	case evidence.NotTLS:
		if !strings.HasPrefix(d.FirstBytes, "HTTP/") {
			return class{code: "proxy-not-a-proxy", means: "What listens there speaks neither TLS nor HTTP. The setting points at another service."}
		}
		return class{code: "proxy-speaks-plaintext"}
	case evidence.Reset, evidence.Closed, evidence.Timeout:
		return classifyProxyEnd(v, h)
	case evidence.Alert, evidence.Protocol:
		return class{code: "proxy-tls-failed", means: alertMeans(d.Alert, d.ClientCertificate != nil)}
	}
	return classifyProxyChain(h)
}

// classifyProxyEnd is about a handshake with the proxy that came to nothing.
func classifyProxyEnd(v *diagnosis.View, h evidence.Hop) class {
	const neither = "The connection to the proxy is TLS (https:// in the setting). The port takes TCP and "
	_, completed := v.FirstAbout(evidence.OpHandshake, diagnosis.About{}.Peer(h.Peer).State(evidence.OK),
		func(o evidence.Hop) bool { return o.Role == evidence.Proxy })
	timeout := h.FailedWith(evidence.Timeout)
	switch {
	case plainAnswer(v, h) != "":
		return class{code: "proxy-speaks-plaintext"}
	case completed && timeout:
		return class{code: "proxy-silent", strength: diagnosis.Possible, means: "The proxy completes other TLS handshakes and left this one without an answer: overload, or a limit on connections."}
	case completed:
		return class{code: "proxy-closed", strength: diagnosis.Possible, means: "The proxy completes other TLS handshakes and ended this one: overload, or a limit on connections."}
	case timeout:
		return class{code: "proxy-silent", means: neither + "answers no ClientHello. A Go client waits 10 s for it.",
			remedy: "look whether the proxy takes TLS on this port at all and whether it hangs; a firewall between {source} and the proxy may drop what follows the TCP handshake"}
	}
	return class{code: "proxy-closed", strength: diagnosis.Likely, means: neither + "ends the connection at the ClientHello, before a certificate was shown.",
		remedy: "look in the proxy's log for {source}: an access list by source address, overload, or a port that is not for clients"}
}

// classifyProxyChain is about the certificate that the proxy showed.
func classifyProxyChain(h evidence.Hop) class {
	c := class{code: "proxy-tls-untrusted"}
	switch h.Kind() {
	case evidence.Untrusted:
		return c
	case evidence.Expired:
		c.audience = diagnosis.ProxyAdmin
		c.means, c.remedy = "The proxy's own certificate is over, by this host's clock. The registry was not asked yet.", "renew the proxy's certificate; compare this host's clock first"
	case evidence.NotYetValid:
		c.audience = diagnosis.ProxyAdmin
		c.means, c.remedy = "The proxy's own certificate is not valid yet, by this host's clock. The registry was not asked yet.", "compare this host's clock with the proxy's; if it is right, have the proxy's certificate issued anew"
	case evidence.WrongName:
		c.means = "The proxy's own certificate is for {names}, and the setting calls it by another name. The registry was not asked yet."
		c.remedy = "write the proxy into the setting by a name that its certificate holds ({names}), or have one issued for the name in use"
	case evidence.MalformedCertificate:
		c.audience = diagnosis.ProxyAdmin
		c.means, c.remedy = "Go refuses the proxy's own certificate before anything is judged; other clients may take it.", "have the proxy's certificate issued anew"
	default:
		return class{}
	}
	return c
}

// alertMeans says what the alert of a proxy means, empty for what the row says.
func alertMeans(number int, asked bool) string {
	const begin = "The connection to the proxy is TLS (https:// in the setting), and the proxy "
	switch {
	case number == alertProtocolVersion:
		return begin + "takes none of the versions that the client offers, TLS 1.2 and 1.3."
	case asked, number == alertCertificateRequired:
		return begin + "demands a certificate of the client. Go clients have no setting for one towards a proxy."
	case number == 0:
		return begin + "answers with something that is no proper TLS."
	}
	return ""
}

// firstLine is what stands before the first end of a line, which bytes that were
// kept have in escaped form.
func firstLine(bytes string) string {
	line, _, _ := strings.Cut(bytes, `\x0d`)
	line, _, _ = strings.Cut(line, `\x0a`)
	return line
}

// plainAnswer is what the port said to a plain CONNECT, empty for nothing.
func plainAnswer(v *diagnosis.View, h evidence.Hop) string {
	p, _ := plainProbe(v, h)
	return evidence.DetailOf[evidence.Tunnel](p).StatusLine
}

// plainProbe is the plain CONNECT that was tried at the same port.
func plainProbe(v *diagnosis.View, h evidence.Hop) (evidence.Hop, bool) {
	return v.FirstAbout(evidence.OpTunnel, diagnosis.About{}.Probe("plain-to-proxy").Peer(h.Peer), nil)
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
		return quoted(d.FirstBytes)
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
