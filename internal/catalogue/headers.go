package catalogue

import (
	"cmp"
	"fmt"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// headerRows are about what happens to a request's fields on the way.
func headerRows() []diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	tooLarge := func(status int) []fault.Fault {
		return []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", OverHead: 400, Status: status, Headers: []string{"Content-Type: text/plain"}, Body: "too large"}}
	}
	return []diagnosis.Entry{
		{
			Code: "http-header-too-large", Since: since, Layer: diagnosis.HTTP, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
			Title:  "a request with a token to {hosts} is refused for its size",
			Seen:   "{requests}: {answers}; the request's head has {size} bytes{limit}",
			Means:  "Tokens of Red Hat's registry carry their key and are long. Something in front of the registry takes no request head of that size{owner}.",
			Remedy: "raise the limit on request headers for {targets} to 16 KiB at least (nginx: large_client_header_buffers; HAProxy: tune.bufsize; Squid: request_header_max_size)",
			Cite:   []string{"failures F, G: token size 1462 characters in the article itself", "RFC 6585 section 5", "nginx ngx_http_core_module, large_client_header_buffers"},
			Values: []string{"requests", "answers", "size", "limit", "owner"}, Needs: []evidence.Op{evidence.OpRequest, evidence.OpHandshake}, After: wrongAddress(),
			Match: func(v *diagnosis.View) []diagnosis.Match {
				hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return h.OnPath() && tooLargeHead(v, h) })
				return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) map[string]string {
					d := evidence.DetailOf[evidence.Request](g[0])
					owner := ""
					if over(v, g[0]) != publicChain {
						owner = ", most likely the device that inspects the connection"
					}
					return map[string]string{"requests": join(g, requestLine), "answers": cmp.Or(statusOr(d), reason(g[0])), "size": fmt.Sprint(d.HeadBytes),
						"limit": headLimit(v, g[0]), "owner": owner}
				})
			},
			Provoke: fault.World{Title: "request heads over 400 bytes are refused with 431", Targets: image, Faults: tooLarge(431)},
			Also: []fault.World{
				{Title: "request heads over 400 bytes are refused with 400, and their limit is looked for", Targets: image, Deep: true, Direct: true, Faults: tooLarge(400)},
			},
		},
		httpRow("http-authorization-stripped", diagnosis.ProxyAdmin, diagnosis.Likely, "the token does not arrive at {hosts}",
			"The registry answers as if no token had been sent, and it answers a wrong one in another way. The connection is not the registry's own{through}: the device that speaks in it takes the Authorization field away.",
			"have Authorization passed on for {targets}, or exempt them from TLS inspection",
			[]string{"failures F8: Squid request_header_access", "RFC 9110 section 11.6.2", "RFC 6750 section 3.1"},
			inspected("the inspecting proxy takes long Authorization fields away", fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", WithToken: true, OverHead: 300, Effect: fault.Strip, Field: "Authorization"})),
		httpRow("http-proxy-auth-inside", diagnosis.ProxyAdmin, diagnosis.Proven, "{hosts} asks for a login at a proxy, inside the TLS connection",
			"407 is a proxy's answer and no registry's. It came inside the connection{through}: an inspecting proxy lets CONNECT pass and wants the login for what is inside. No client answers that.",
			"exempt {targets} from authentication at the inspecting proxy, or {source} by its address",
			[]string{"failures D7, G7", "RFC 9110 section 15.5.8"},
			inspected("the inspecting proxy wants a login inside the tunnel", fault.HTTP{Host: "registry.redhat.io", Status: 407,
				Headers: []string{"Proxy-Authenticate: Basic realm=\"Corp\"", "Content-Type: text/html"}, Body: "<html><title>Authentication required</title></html>"})),
		httpRow("registry-unlike", diagnosis.RegistryOperator, diagnosis.Likely, "{hosts} answers, and not as a registry does",
			"The chain is the host's own. A registry answers /v2/ with 200 in JSON, or with 401 and a challenge; this is something else: a web server, a portal page, or a registry under another path.",
			"check the name and the port of the registry; of a registry behind a reverse proxy, that /v2/ is passed on",
			[]string{"failures 0.1 rule 9", "OCI distribution spec, end-1"},
			fault.World{Title: "a web server answers under the registry's name", Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io",
				Status: 200, Headers: []string{"Content-Type: text/html"}, Body: "<html><title>Welcome</title>It works.</html>"}}}),
	}
}

// tooLargeHead tells that a request was refused for the size of its head: by the
// status that says so, or because a smaller one passed the same host and one of a
// size did not.
func tooLargeHead(v *diagnosis.View, h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	if d.AuthSent == "" || h.State != evidence.Failed {
		return false
	}
	if d.Code == 431 {
		return true
	}
	passes, fails := headBounds(v, h)
	return passes > 0 && fails > 0 && fails <= d.HeadBytes+headSlack
}

// headSlack is how far the search for a limit may have missed it: its last step.
const headSlack = 256

// headBounds are the largest head that passed in the search and the smallest that did
// not, 0 where there is none.
func headBounds(v *diagnosis.View, h evidence.Hop) (passes, fails int) {
	for _, p := range v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Probe("growing-header").Target(h.Target), nil) {
		size := evidence.DetailOf[evidence.Request](p).HeadBytes
		if p.State == evidence.OK {
			passes = max(passes, size)
		} else if p.RefusesHead() && (fails == 0 || size < fails) {
			fails = size
		}
	}
	return passes, fails
}

func headLimit(v *diagnosis.View, h evidence.Hop) string {
	passes, fails := headBounds(v, h)
	switch {
	case fails == 0:
		return ""
	case passes == 0:
		return fmt.Sprintf(", and one of %d bytes without a token is refused too", fails)
	}
	return fmt.Sprintf("; without a token one of %d bytes passes and one of %d does not", passes, fails)
}

// stripped tells that a token did not arrive: the answer equals the one without it,
// while a wrong token gets another (CONTRACT.md 4.2).
func stripped(v *diagnosis.View, h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	if d.AuthSent != "Bearer" || d.Code != 401 || over(v, h) == publicChain {
		return false
	}
	answers := func(probe string, step string) []evidence.Hop {
		return v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Target(h.Target), func(o evidence.Hop) bool {
			return o.Probe == probe && evidence.DetailOf[evidence.Request](o).Step == step
		})
	}
	without, wrong := answers("", "ping"), answers("known-bad-token", "ping-authorized")
	return len(without) > 0 && len(wrong) > 0 && sameAnswer(d, evidence.DetailOf[evidence.Request](without[0])) &&
		!sameAnswer(d, evidence.DetailOf[evidence.Request](wrong[0]))
}

func sameAnswer(a, b evidence.Request) bool {
	return a.Code == b.Code && challengeText(a) == challengeText(b) && messages(a) == messages(b)
}

func challengeText(d evidence.Request) string { return fmt.Sprint(d.Challenges) }
