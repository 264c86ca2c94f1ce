package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/product"
)

// class is what a failed CONNECT is called, and what of the row's texts it
// replaces.
type class struct {
	code     string
	strength diagnosis.Strength
	audience diagnosis.Audience
	means    string
	remedy   string
}

// classify gives a failed CONNECT its one code. The order is that of the
// evidence's strength: what is no HTTP, the proxy's own mark, then the status
// (CONTRACT.md 4.4).
func classify(v *diagnosis.View, h evidence.Hop) class {
	return diagnosis.Remember(v, classOf(h.ID), func() class { return classifyAnew(v, h) })
}

// classOf is the key of a hop's class.
type classOf int

func classifyAnew(v *diagnosis.View, h evidence.Hop) class {
	c := classifyHop(v, h)
	switch c.code {
	case "proxy-connect-denied", "proxy-closed", "proxy-error":
		if _, passes := probed(v, h, "other-port"); passes {
			return class{code: "proxy-connect-port-denied"}
		}
	}
	return c
}

// probed finds the side probe of a name that asked the proxy for a hop's target
// in another way and got through.
func probed(v *diagnosis.View, h evidence.Hop, probe string) (evidence.Hop, bool) {
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
type tunnelProbeOf struct{ probe, target string }

// classifyHop is classify by the hop and the other hosts' hops alone.
func classifyHop(v *diagnosis.View, h evidence.Hop) class {
	d := evidence.DetailOf[evidence.Tunnel](h)
	if d.SOCKS != nil && d.SOCKS.Method == evidence.SOCKSUnsaid && plainAnswer(v, h) != "" {
		return class{code: "proxy-speaks-plaintext"}
	}
	switch h.Kind() {
	case evidence.SpeaksTLS:
		return class{code: "proxy-speaks-tls"}
	case evidence.NotHTTP:
		return class{code: "proxy-not-a-proxy"}
	case evidence.Closed, evidence.Reset:
		return classifyEnd(v, h, "proxy-closed", class{code: "proxy-connect-denied", strength: diagnosis.Likely,
			means: "The proxy ends the connection for this host alone, which is how some refuse. A failure of the proxy for this host is not excluded."})
	case evidence.Timeout:
		return classifyEnd(v, h, "proxy-silent", class{code: "proxy-upstream-timeout", strength: diagnosis.Likely, audience: diagnosis.NetworkTeam,
			means: "The proxy answers for other hosts. For this one it waits itself: a second firewall behind the proxy drops its packets."})
	case evidence.ProxyStatus:
		return classifyStatus(v, h, d)
	}
	if d.Alert != 0 {
		return class{code: "proxy-tls-failed", means: alertMeans(d.Alert, false)}
	}
	return class{code: "proxy-error", strength: diagnosis.Possible}
}

// classifyEnd tells silence or an end for every host from that for one: while
// another host gets an answer from the same proxy, it is not the proxy.
func classifyEnd(v *diagnosis.View, h evidence.Hop, every string, one class) class {
	if answers(v, h.Peer) {
		return one
	}
	if _, speaks := v.FirstAbout(evidence.OpHandshake, diagnosis.About{}.Probe("tls-to-proxy").Peer(h.Peer), func(o evidence.Hop) bool {
		return len(evidence.DetailOf[evidence.Handshake](o).Chain) > 0
	}); speaks {
		return class{code: "proxy-speaks-tls", means: "The proxy ended the plain CONNECT without a word and completes a TLS handshake at the same port. " +
			"The scheme in the proxy variable is that of the connection to the proxy, not of what is fetched."}
	}
	if speaksSOCKS(v, h) {
		return class{code: "proxy-not-a-proxy", means: "The port ended the CONNECT without a word and answers a SOCKS5 greeting: a SOCKS server. The setting says http://.",
			remedy: "write socks5h:// in place of http:// for this port, or put the HTTP proxy's own port into the setting"}
	}
	return class{code: every}
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
	return h.Probe != "invalid-name" && (s == nil || s.ResolvedBy != "")
}

func classifyStatus(v *diagnosis.View, h evidence.Hop, d evidence.Tunnel) class {
	switch cause := product.Refusal(d, product.Own(v.Run().Signatures)...); {
	case d.SOCKS != nil:
		return classifySOCKS(v, h, *d.SOCKS)
	case d.Code == 407:
		return classifyAuth(v, h, d)
	case refusesLogin(d):
		return class{code: "proxy-auth-rejected", means: "The pair was sent once and the proxy answered 401, as tinyproxy does to a wrong one; 407 asks for one. It was not sent a second time, for accounts lock out."}
	case product.TLSPort(d):
		return class{code: "proxy-speaks-tls"}
	case cause == product.CannotResolve:
		return class{code: "proxy-cannot-resolve-target"}
	case cause == product.CannotReach:
		return class{code: "proxy-cannot-reach-target"}
	case cause == product.UpstreamTimeout:
		return class{code: "proxy-upstream-timeout"}
	case cause == product.Denied, d.Code == 403, d.Code == 451:
		return deniedClass(v, h)
	case d.Code/100 == 3:
		return class{code: "proxy-redirects"}
	}
	if _, web := product.WebServer(d); web && slices.Contains([]int{400, 404, 405, 501}, d.Code) {
		return class{code: "proxy-not-a-proxy"}
	}
	return class{code: "proxy-error"}
}

// deniedClass asserts less where no host passes: then either this source may
// not use the proxy, or none of these hosts is allowed.
func deniedClass(v *diagnosis.View, h evidence.Hop) class {
	c := class{code: "proxy-connect-denied"}
	if p, passes := probed(v, h, "browser-agent"); passes {
		c.means = "The same CONNECT with a browser's User-Agent passes (" + evidence.DetailOf[evidence.Tunnel](p).StatusLine +
			"): the rule is about the client's name, not the host. It is no question of registry credentials."
		return c
	}
	if !passesAt(v, h.Via) {
		c.means = "No host passes: either this source or user may not use the proxy, or none of these hosts is allowed. The answer does not tell which."
	}
	return c
}

// classifyAuth tells a login that is missing, refused, or of no use.
func classifyAuth(v *diagnosis.View, h evidence.Hop, d evidence.Tunnel) class {
	tried := d.AuthSent != "" && (speaks(v, d.AuthSent) && offers(d, d.AuthSent) || d.AuthSent != basicScheme)
	switch {
	case !tried && !clientCan(v, d):
		return class{code: "proxy-auth-scheme-unsupported"}
	case d.AuthAsked != "" && d.AuthSent == "" && offers(d, d.AuthAsked):
		return class{code: "proxy-auth-required", means: "The proxy offers {schemes}, and the login by " + d.AuthAsked + " could not be made: " + d.AuthProblem + ". Nothing was sent to the proxy.",
			remedy: "mend what is named: user, password or ticket, and the proxy's name in the setting"}
	case d.AuthProblem != "" && d.AuthSent == "":
		return class{code: "proxy-auth-required", means: "The proxy asks for {schemes}. A login by another scheme was asked for, so none was sent."}
	case d.AuthSent == "":
		return class{code: "proxy-auth-required"}
	}
	if acceptsAt(v, h.Via) {
		return class{code: "proxy-connect-denied", strength: diagnosis.Likely,
			means: "The same credentials were accepted for another host: the proxy asks again because this user may not reach this one."}
	}
	return rejectedClass(v, d)
}

// rejectedClass says what else stands in the way where the login was made in a
// scheme that the client cannot speak, or broke off.
func rejectedClass(v *diagnosis.View, d evidence.Tunnel) class {
	c := class{code: "proxy-auth-rejected"}
	switch {
	case d.AuthProblem != "":
		c.strength = diagnosis.Possible
		c.means = "The login was begun and not finished: " + d.AuthProblem + ". It counts as an attempt and was not made again, for accounts lock out."
	case !clientCan(v, d):
		c.means = "The pair was sent once by " + d.AuthSent + " and the proxy asked again. It was not sent a second time, for accounts lock out. " +
			"The client itself speaks none of the schemes on offer (" + schemes(d) + "), so right credentials would not help it either."
	}
	return c
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
