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

const proxyCite = "RFC 9110 section 9.3.6 (CONNECT)"

// reaching are the rows about getting to the proxy at all.
func reaching() []diagnosis.Entry {
	return []diagnosis.Entry{
		{
			Code: "proxy-name-unresolved", Since: since, Layer: diagnosis.Proxy, Severity: diagnosis.Error, Strength: diagnosis.Proven,
			Audience: diagnosis.HostAdmin,
			Title:    "the proxy's name {names} does not resolve",
			Seen:     "{servers} answered for {names}: {text}",
			Means:    "No host can be reached: every connection begins at the proxy. A name like http in the error means that the variable's value was misread.",
			Remedy:   "correct the proxy's name in the setting, or have {servers} resolve {names}",
			Cite:     []string{"failures D2: docker/for-linux#751, moby/moby#37946"},
			Values:   []string{"names", "name", "servers", "text"}, Needs: []evidence.Op{evidence.OpResolve},
			After: append(failedLookup(), "proxy-url-invalid", "proxy-credentials-unescaped"),
			Match: func(v *diagnosis.View) []diagnosis.Match {
				return matchEach(byServer(toProxy(v.PathFailed(evidence.OpResolve))), dnsValues)
			},
			Provoke: fault.World{Title: "the proxy's name does not exist",
				Faults: []fault.Fault{fault.DNS{Name: fault.ProxyName, Rcode: "NXDOMAIN"}}},
		},
		proxyDialRow("proxy-refused", []evidence.Kind{evidence.Refused}, "the proxy refuses the connection",
			"Nothing listens on that port of the proxy, or a firewall rejects it. On 127.0.0.1 the setting was meant for another machine or container.",
			"check that the proxy runs and that host and port in the setting are right",
			"failures D1, A18: containers/podman#27889", fault.Refuse),
		proxyDialRow("proxy-timeout", []evidence.Kind{evidence.Timeout}, "the proxy does not answer the connection",
			"Packets to the proxy are dropped: a firewall or a missing VPN lies between, or the address is wrong.",
			"allow TCP from {source} to {peers}, or correct the proxy's address",
			"failures D3, measured", fault.Drop),
		proxyDialRow("proxy-unreachable", []evidence.Kind{evidence.NoRoute, evidence.Prohibited, evidence.DeniedLocally}, "there is no way to the proxy",
			"This host has no way to the proxy's address, or a rule of this host or of the device that is named forbids it.",
			"check route, interface, VPN and outgoing rules of this host; where a device is named, have it allow TCP from {source} to {peers}",
			"failures C3, C4, D3; RFC 792", fault.NoRoute, fault.Prohibit, fault.DenyLocally),
	}
}

func proxyDialRow(code string, kinds []evidence.Kind, title, means, remedy, cite string, effects ...fault.Effect) diagnosis.Entry {
	audience := diagnosis.ProxyAdmin
	if kinds[0] != evidence.Refused {
		audience = diagnosis.NetworkTeam
	}
	var worlds []fault.World
	for _, effect := range effects {
		worlds = append(worlds, fault.World{Title: title, HopTimeout: quick, Faults: []fault.Fault{fault.Socket{Host: fault.TheProxy, Effect: effect}}})
	}
	return diagnosis.Entry{
		Code: code, Since: since, Layer: diagnosis.Proxy, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: audience,
		Title: title, Seen: "{peers}: {text}{place}", Means: means, Remedy: remedy, Cite: []string{cite},
		Values: []string{"peers", "text", "time", "place", "sender"}, Needs: []evidence.Op{evidence.OpDial}, After: []string{"proxy-url-invalid", "proxy-credentials-unescaped"},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			return matchDial(v, toProxy(v.PathFailed(evidence.OpDial, kinds...)))
		},
		Provoke: worlds[0], Also: worlds[1:],
	}
}

func proxy() []diagnosis.Entry {
	return slices.Concat(reaching(), speaking(), loggingIn(), refusing(), nodes())
}

// speaking are the rows about what speaks at the proxy's port.
func speaking() []diagnosis.Entry {
	return []diagnosis.Entry{
		tunnelRow("proxy-closed", diagnosis.ProxyAdmin, diagnosis.Likely, "the proxy closes every connection without an answer",
			"The proxy accepted TCP and ended it when it was asked, for every host. Often this source may not use it, or the port wants TLS.",
			"look in the proxy's log for {source}: an access list by source address, a port that wants TLS, or overload",
			[]string{"failures D4: containers/podman#24752", proxyCite},
			fault.World{Title: "the proxy closes after CONNECT", Faults: []fault.Fault{fault.Connect{Effect: fault.Close}}},
			fault.World{Title: "the proxy resets after CONNECT", Faults: []fault.Fault{fault.Connect{Effect: fault.Reset}}},
			httpsWorld("an https:// proxy resets TLS and plain text alike", fault.ProxyPort{Effect: fault.Reset}),
			httpsWorld("an https:// proxy closes TLS and plain text alike", fault.ProxyPort{Effect: fault.Close})),
		tunnelRow("proxy-silent", diagnosis.ProxyAdmin, diagnosis.Proven, "the proxy accepts connections and answers nothing",
			"No host got an answer in {time}. A Go client waits 60 s and then prints context deadline exceeded without a word of a proxy.",
			"look whether the proxy's helpers (authentication, filter, DNS) hang, and what it can reach itself",
			[]string{"failures D5, measured: Go's CONNECT timer is one minute", proxyCite},
			fault.World{Title: "the proxy never answers CONNECT", Timeout: 2 * quick, HopTimeout: quick,
				Faults: []fault.Fault{fault.Connect{Effect: fault.Silence}}},
			httpsWorld("an https:// proxy answers neither TLS nor plain text", fault.ProxyPort{Effect: fault.Silence})),
		tunnelRow("proxy-speaks-tls", diagnosis.HostAdmin, diagnosis.Proven, "the proxy's port wants TLS, and the setting says http://",
			"The answer to the plain CONNECT was a TLS record or a message of a TLS server. The scheme in the proxy variable is that of the connection to the proxy, not of what is fetched.",
			"write https:// in the proxy variable and trust the proxy's CA, or use the proxy's plain port",
			[]string{"failures A8: moby/moby#31779, measured"},
			fault.World{Title: "the proxy's port speaks TLS", Faults: []fault.Fault{fault.ProxyPort{Effect: fault.SpeaksTLS}}},
			fault.World{Title: "the proxy's port speaks TLS and ends plain text without a word",
				Faults: []fault.Fault{fault.ProxyPort{Effect: fault.TLSAlone}}}),
		speaksPlaintext(),
		proxyUntrusted(),
		proxyTLSFailed(),
		tunnelRow("proxy-not-a-proxy", diagnosis.HostAdmin, diagnosis.Proven, "what answers at the proxy's address is no HTTP proxy",
			"The setting points at something else: a web server, the host of a PAC file, or another service.",
			"put the forward proxy's own host and port into the setting",
			[]string{"failures D11, A21: docker/cli#4501 (nginx answers 400)", proxyCite},
			fault.World{Title: "a web server listens where the proxy should", Faults: []fault.Fault{fault.ProxyPort{Effect: fault.WebServer}}},
			fault.World{Title: "an SSH server listens where the proxy should", Faults: []fault.Fault{fault.ProxyPort{Effect: fault.SpeaksSSH}}},
			fault.World{Title: "the setting says http:// for a SOCKS server", Faults: []fault.Fault{fault.ProxyPort{Effect: fault.SOCKSAlone}}},
			httpsWorld("an SSH server listens where the https:// proxy should", fault.ProxyPort{Effect: fault.SpeaksSSH}),
			fault.World{Title: "the answer to CONNECT is no HTTP", Faults: []fault.Fault{fault.Connect{Effect: fault.Garbage}}}),
		answersWithPage(),
	}
}

func answersWithPage() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "proxy-answers-with-page", Since: since, Layer: diagnosis.Proxy, Severity: diagnosis.Error, Strength: diagnosis.Proven,
		Audience: diagnosis.ProxyAdmin,
		Title:    "the proxy says 200 and sends a page instead of a tunnel to {hosts}",
		Seen:     "{peers} answered {status} to {request} and went on with {bytes}",
		Means:    "Those bytes came before this client said anything, so they are the proxy's own: a block or login page dressed as success.",
		Remedy:   "allow CONNECT to {targets} for {source} without a page",
		Cite:     []string{"failures D13: docker/for-linux#1291, measured", proxyCite},
		Values:   []string{"peers", "status", "request", "bytes"}, Needs: []evidence.Op{evidence.OpTunnel, evidence.OpHandshake},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			early := v.Hops(evidence.OpTunnel, func(h evidence.Hop) bool {
				return h.OnPath() && h.State == evidence.OK && evidence.DetailOf[evidence.Tunnel](h).EarlyBytes != ""
			})
			return matchEach(byProxy(withHandshake(v, early)), func(g []evidence.Hop) map[string]string {
				d := evidence.DetailOf[evidence.Tunnel](g[0])
				return map[string]string{"peers": g[0].Peer, "status": quoted(d.StatusLine), "request": d.Request, "bytes": quoted(d.EarlyBytes)}
			})
		},
		Provoke: fault.World{Title: "the proxy answers 200 and a block page",
			Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Effect: fault.Page, Body: "<html><title>Blocked</title>This site is blocked.</html>"}}},
	}
}

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

func byProxy(hops []evidence.Hop) [][]evidence.Hop {
	return diagnosis.Group(hops, func(h evidence.Hop) string { return h.Via })
}

// tunnelRow is a row for one class of failed CONNECT; see classify.
func tunnelRow(code string, audience diagnosis.Audience, strength diagnosis.Strength, title, means, remedy string, cite []string, world fault.World, also ...fault.World) diagnosis.Entry {
	return diagnosis.Entry{
		Code: code, Since: since, Layer: diagnosis.Proxy, Severity: diagnosis.Error, Strength: strength, Audience: audience,
		Title: title, Seen: "{peers}{by} answered {request}: {answer}{others}", Means: means, Remedy: remedy, Cite: cite,
		Values: []string{"peers", "request", "answer", "others", "time", "schemes", "product", "by", "portal"},
		Needs:  []evidence.Op{evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest, evidence.OpDial}, After: beforeTunnel(),
		Match:   func(v *diagnosis.View) []diagnosis.Match { return matchTunnel(v, code) },
		Provoke: world, Also: also,
	}
}

// beforeTunnel are the causes that explain any refused tunnel: a setting that
// should have kept the host from the proxy, and a node that is unlike its sisters.
func beforeTunnel() []string {
	return []string{"proxy-url-invalid", "proxy-credentials-unescaped", "no-proxy-misses-target", "proxy-nodes-disagree"}
}

func matchTunnel(v *diagnosis.View, code string) []diagnosis.Match {
	failed := v.Hops(evidence.OpTunnel, func(h evidence.Hop) bool {
		return h.OnPath() && h.FailedWith() && h.Kind() != evidence.Budget && classify(v, h).code == code
	})
	groups := diagnosis.Group(failed, func(h evidence.Hop) string {
		return h.Via + answer(h) + string(h.Kind()) + string(classify(v, h).strength)
	})
	return append(matchProxyTLS(v, code), matchEachWith(groups, func(g []evidence.Hop) diagnosis.Match {
		c := classify(v, g[0])
		return diagnosis.Match{Hops: diagnosis.IDs(append(g, methodProbes(v, g[0])...)), Strength: c.strength, Means: c.means, Remedy: c.remedy, Audience: c.audience,
			Values: tunnelValues(v, g)}
	})...)
}

func tunnelValues(v *diagnosis.View, g []evidence.Hop) map[string]string {
	return map[string]string{
		"peers": peers(g), "answer": answer(g[0]) + pageText(v, g), "time": seconds(g), "others": othersPass(v, g) + askedAlone(v, g[0]) + withoutProxy(v, g),
		"request": requested(g),
		"schemes": schemes(evidence.DetailOf[evidence.Tunnel](g[0])), "product": productOf(v, g[0]), "by": by(v, g[0]),
		"portal": portal(g[0]),
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

// requested names the request and how many like it there were.
func requested(g []evidence.Hop) string {
	first := strings.TrimSuffix(evidence.DetailOf[evidence.Tunnel](g[0]).Request, " HTTP/1.1")
	if len(g) == 1 {
		return first
	}
	return fmt.Sprintf("%s and %d more alike", first, len(g)-1)
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
		return "the answer begins with " + quoted(d.FirstBytes)
	case d.StatusLine == "":
		return reason(h)
	case refusesLogin(d):
		return quoted(d.StatusLine) + " although " + d.AuthSent + " credentials were sent"
	case d.AuthProblem != "":
		return quoted(d.StatusLine) + "; " + d.AuthProblem
	}
	out := quoted(d.StatusLine)
	telling := []string{"X-Squid-Error", "Location", "Server", "Proxy-Agent", "Via"}
	if d.Code/100 == 3 {
		telling = []string{"Location"}
	}
	for _, name := range telling {
		if value, ok := evidence.HeaderValue(d.Headers, name); ok {
			out += fmt.Sprintf(" with %s: %s", name, value)
			break
		}
	}
	if d.Body != nil && d.Body.Title != "" {
		out += ", page titled " + quoted(d.Body.Title)
	}
	return out + manner(d)
}

// othersPass names the hosts that the same proxy lets through.
func othersPass(v *diagnosis.View, g []evidence.Hop) string {
	type through string
	passed := diagnosis.Remember(v, through(g[0].Via), func() []string {
		return distinct(v.HopsAbout(evidence.OpTunnel, diagnosis.About{}.Via(g[0].Via).State(evidence.OK), func(h evidence.Hop) bool {
			return (h.OnPath() || h.Probe == "control")
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
	for _, p := range v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Probe("block-page").Target(g[0].Target), nil) {
		d := evidence.DetailOf[evidence.Request](p)
		switch own := "//" + v.Target(p.Target).Host; {
		case d.Code/100 == 3 && d.Location != "" && !strings.Contains(d.Location, own):
			return "; for http:// it redirects to " + d.Location
		case slices.Contains([]int{403, 451, 511, evidence.DetailOf[evidence.Tunnel](g[0]).Code}, d.Code) && d.Body != nil && d.Body.Text != "":
			return "; its page says " + quoted(cut(d.Body.Text, maxPageText))
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

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

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
