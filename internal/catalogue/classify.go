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
}

// classify gives a failed CONNECT its one code. The order is that of the
// evidence's strength: what is no HTTP, the proxy's own mark, then the status
// (CONTRACT.md 4.4).
func classify(v *diagnosis.View, h evidence.Hop) class {
	d := evidence.DetailOf[evidence.Tunnel](h)
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
	return class{code: "proxy-error", strength: diagnosis.Possible}
}

// classifyEnd tells silence or an end for every host from that for one: while
// another host gets an answer from the same proxy, it is not the proxy.
func classifyEnd(v *diagnosis.View, h evidence.Hop, every string, one class) class {
	answered := v.Hops(evidence.OpTunnel, func(o evidence.Hop) bool {
		return o.OnPath() && o.Peer == h.Peer && evidence.DetailOf[evidence.Tunnel](o).Code != 0
	})
	if len(answered) > 0 {
		return one
	}
	return class{code: every}
}

func classifyStatus(v *diagnosis.View, h evidence.Hop, d evidence.Tunnel) class {
	switch cause := product.Refusal(d); {
	case d.Code == 407:
		return classifyAuth(v, h, d)
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
	passed := v.Hops(evidence.OpTunnel, func(o evidence.Hop) bool { return o.State == evidence.OK && o.Via == h.Via })
	if len(passed) == 0 {
		c.means = "No host passes: either this source or user may not use the proxy, or none of these hosts is allowed. The answer does not tell which."
	}
	return c
}

func classifyAuth(v *diagnosis.View, h evidence.Hop, d evidence.Tunnel) class {
	switch {
	case !slices.ContainsFunc(d.Challenges, func(c evidence.Challenge) bool { return strings.EqualFold(c.Scheme, "Basic") }):
		return class{code: "proxy-auth-scheme-unsupported"}
	case d.AuthSent == "":
		return class{code: "proxy-auth-required"}
	}
	accepted := v.Hops(evidence.OpTunnel, func(o evidence.Hop) bool {
		return o.State == evidence.OK && o.Via == h.Via && evidence.DetailOf[evidence.Tunnel](o).AuthSent != ""
	})
	if len(accepted) > 0 {
		return class{code: "proxy-connect-denied", strength: diagnosis.Likely,
			means: "The same credentials were accepted for another host: the proxy asks again because this user may not reach this one."}
	}
	return class{code: "proxy-auth-rejected"}
}

// productOf names the product behind a CONNECT answer, "an unknown product"
// where nothing tells. A mark from memory alone names nothing.
func productOf(h evidence.Hop) string {
	m, ok := product.Best(product.OfTunnel(evidence.DetailOf[evidence.Tunnel](h)))
	if !ok || m.Grade == product.Memory {
		return "an unknown product"
	}
	return strings.TrimSpace(m.Name + " " + m.Version)
}
