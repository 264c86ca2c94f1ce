package catalogue

import (
	"cmp"
	"net/url"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/product"
)

// inspected is a World whose TLS to the registry is inspected and trusted: the
// only way for something else than the origin to speak inside it.
func inspected(title string, h fault.HTTP) fault.World {
	return fault.World{Title: title, TrustInterceptor: true, Faults: []fault.Fault{
		fault.Certificate{Host: "registry.redhat.io", Issuer: "interceptor"}, h}}
}

func http() []diagnosis.Entry {
	page := "<html><head><title>Web page blocked</title></head><body>This site is blocked by policy. Category: file sharing.</body></html>"
	html := []string{"Content-Type: text/html"}
	return []diagnosis.Entry{
		httpRow("http-block-page", diagnosis.ProxyAdmin, diagnosis.Proven, "a block page stands in for {hosts}",
			"The page was sent inside the TLS connection{through}, by the device that inspects it and not by the registry.",
			"allow {targets} in the web filter for {source}: category, path and file types",
			[]string{"failures G1, G3, F2: goharbor, moby/moby#40507", "RFC 9110 section 15.5.4"},
			inspected("the inspecting proxy blocks the registry", fault.HTTP{Host: "registry.redhat.io", Status: 403, Headers: html, Body: page})),
		httpRow("http-redirected-elsewhere", diagnosis.ProxyAdmin, diagnosis.Likely, "{hosts} is redirected to {location}",
			"The redirect was sent inside the TLS connection{through}. Its target is no host of the registry: a login or consent page, or a captive portal.",
			"let {source} reach {targets} without the page at {location}",
			[]string{"failures D12, G1, measured", "RFC 8952 (captive portals)"},
			inspected("the inspecting proxy redirects to a login page", fault.HTTP{Host: "registry.redhat.io", Status: 302,
				Headers: []string{"Location: https://login.corp.example/consent"}})),
		httpRow("http-challenge-missing", diagnosis.RegistryOperator, diagnosis.Likely, "{hosts} answers 401 without a challenge that clients can answer",
			"A registry says in WWW-Authenticate where the token is to be had (Bearer) or that it takes a password (Basic). Here it offered {challenges}. A single sign-on in front of the registry, or something that strips the header, does this.",
			"exempt {targets} from the sign-on in front of it, or have WWW-Authenticate passed on",
			[]string{"failures G7: containers/skopeo#1300", "distribution spec, auth/token.md"},
			fault.World{Title: "the 401 has a Negotiate challenge only", Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/",
				Status: 401, Headers: []string{"WWW-Authenticate: Negotiate"}}}}),
		rateLimited(),
		httpRow("http-blocked-by-origin", diagnosis.AccountOwner, diagnosis.Likely, "{hosts} itself refuses this source",
			"The chain is the public one, so the refusal is the registry's or its CDN's: a geographic or export rule, or a web application firewall.",
			"ask the registry's operator, naming source address and time; another egress may pass",
			[]string{"failures C10, H12: containers/podman#12395", "RFC 9110 section 15.5.4"},
			fault.World{Title: "the registry's edge refuses", Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Status: 403,
				Headers: append(html, "Server: CloudFront"), Body: "<html><title>ERROR: The request could not be satisfied</title>Request blocked.</html>"}}}),
		httpRow("http-gateway-error", diagnosis.ProxyAdmin, diagnosis.Likely, "something in front of {hosts} answers with a server error",
			"The answer was sent inside the TLS connection{through}: the device that inspects it failed to reach the registry.",
			"look in the inspecting proxy's log for {targets} at the time below",
			[]string{"failures G5: docker/hub-feedback#2437", "RFC 9110 section 15.6"},
			inspected("the inspecting proxy fails upstream", fault.HTTP{Host: "registry.redhat.io", Status: 503, Headers: html, Body: "<html><title>Gateway error</title></html>"})),
		httpRow("http-server-error", diagnosis.RegistryOperator, diagnosis.Proven, "{hosts} answers with a server error",
			"The chain is the public one, so the error is the registry's own or its CDN's. Nothing in this network is to blame.",
			"wait and try again; check the registry's status page",
			[]string{"failures G5", "RFC 9110 section 15.6"},
			fault.World{Title: "the registry answers 503", Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Status: 503,
				Headers: []string{"Content-Type: application/json"}, Body: `{"errors":[{"code":"UNAVAILABLE","message":"try later"}]}`}}}),
		stallRow(),
		truncatedRow(),
		closedRow(),
		bodyAltered(),
		methodBlocked(),
		articleDiffers(),
	}
}

// httpRow is a row for one class of unexpected answer; see answerCode.
func httpRow(code string, audience diagnosis.Audience, strength diagnosis.Strength, title, means, remedy string, cite []string, world fault.World, also ...fault.World) diagnosis.Entry {
	layer := diagnosis.HTTP
	switch {
	case strings.HasPrefix(code, "registry-"):
		layer = diagnosis.Registry
	case strings.HasPrefix(code, "blob-"):
		layer = diagnosis.Blob
	case strings.HasPrefix(code, "auth-"):
		layer = diagnosis.Auth
	}
	return diagnosis.Entry{
		Code: code, Since: since, Layer: layer, Severity: diagnosis.Error, Strength: strength, Audience: audience,
		Title: title, Seen: "{requests}: {answers}", Means: means, Remedy: remedy, Cite: cite,
		Values: []string{"requests", "answers", "location", "challenges", "through", "messages", "token", "platforms"},
		Needs:  []evidence.Op{evidence.OpRequest, evidence.OpHandshake}, After: wrongAddress(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			failed := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
				return h.FailedWith(evidence.UnexpectedAnswer) && !otherClientFails(h) && answerCode(v, h) == code
			})
			groups := diagnosis.Group(failed, func(h evidence.Hop) string { return h.Target + evidence.DetailOf[evidence.Request](h).StatusLine })
			return matchEachWith(groups, func(g []evidence.Hop) diagnosis.Match { return answerMatch(v, g) })
		},
		Provoke: world, Also: also,
	}
}

// answerMatch states at most likely where the chain does not tell who answered.
func answerMatch(v *diagnosis.View, g []evidence.Hop) diagnosis.Match {
	m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: requestValues(v, g)}
	if over(v, g[0]) == unknownChain {
		m.Strength = diagnosis.Likely
	}
	return m
}

// chainClass is over what kind of chain an answer came.
type chainClass int

const (
	publicChain chainClass = iota
	interceptedChain
	unknownChain
)

// over tells the chain that a request went over. A sound public chain clears
// the path (CONTRACT.md 4.2).
func over(v *diagnosis.View, h evidence.Hop) chainClass {
	hs, ok := v.Before(h, evidence.OpHandshake)
	d := evidence.DetailOf[evidence.Handshake](hs)
	switch {
	case ok && d.Public():
		return publicChain
	case v.Target(h.Target).Public:
		return interceptedChain
	}
	return unknownChain
}

// answerCode gives an unexpected answer its one code: first whose it is, then
// what the step makes of it.
func answerCode(v *diagnosis.View, h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Request](h)
	foreign := over(v, h) != publicChain
	if code := askedCode(v, h); code != "" {
		return code
	}
	switch {
	case d.Digest != nil && d.Digest.Want != "" && d.Digest.Got != "" && d.Digest.Want != d.Digest.Got:
		return "http-body-altered"
	case d.Code == 429:
		return "http-rate-limited"
	case foreign && d.Code/100 == 3:
		return "http-redirected-elsewhere"
	case d.Code/100 == 5 && foreign:
		return "http-gateway-error"
	case d.Code/100 == 5:
		return "http-server-error"
	case foreign && d.Body != nil && (d.Body.HTML || product.BlockPage(d.Body.Markers, d.Body.Title)):
		return "http-block-page"
	case d.Step == "token":
		return tokenCode(d)
	}
	return cmp.Or(imageCode(h, d), stepCode(d))
}

// askedCode names an answer that goes by how was asked, whoever gave it; empty for
// others.
func askedCode(v *diagnosis.View, h evidence.Hop) string {
	_, blocked := blockedMethod(v, h)
	switch {
	case blocked:
		return "http-method-blocked"
	case refusesRealm(h):
		return "auth-realm-refused"
	case tooLargeHead(v, h):
		return "http-header-too-large"
	case stripped(v, h):
		return "http-authorization-stripped"
	case refusedToken(h) && untimely(v, h) != "":
		return "auth-token-clock"
	case withoutAccess(v, h):
		return "auth-token-without-access"
	case evidence.DetailOf[evidence.Request](h).Code == 407:
		return "http-proxy-auth-inside"
	}
	return ""
}

// stepCode reads an answer of the registry itself.
func stepCode(d evidence.Request) string {
	switch {
	case d.Step == "ping" && d.Code == 401:
		return "http-challenge-missing"
	case d.Step == "ping" && d.Code/100 <= 3, d.Step == "ping" && d.Code == 404:
		return "registry-unlike"
	case d.Code == 401 && d.AuthSent == "Basic":
		return "auth-credentials-rejected"
	case d.Code == 401 && d.AuthSent != "":
		return "registry-token-rejected"
	case d.Code == 404 && d.Step == "manifest":
		return "registry-not-found"
	case d.Code == 403 && d.Step != "ping":
		return "registry-access-denied"
	case d.Code == 403 || d.Code == 451:
		return "http-blocked-by-origin"
	}
	return diagnosis.Unexplained
}

func tokenCode(d evidence.Request) string {
	switch {
	case d.Code == 200:
		return "auth-token-malformed"
	case d.Code == 401 && d.AuthSent != "":
		return "auth-credentials-rejected"
	case d.Code == 403 || d.Code == 451:
		return "http-blocked-by-origin"
	}
	return diagnosis.Unexplained
}

func requestValues(v *diagnosis.View, g []evidence.Hop) map[string]string {
	d := evidence.DetailOf[evidence.Request](g[0])
	through := ""
	if hs, ok := v.Before(g[0], evidence.OpHandshake); ok && over(v, g[0]) != publicChain {
		through = " under " + anchorName(evidence.DetailOf[evidence.Handshake](hs))
	}
	return map[string]string{
		"requests": join(g, requestLine),
		"answers":  answerText(d), "location": locationHost(d.Location), "challenges": challengeNames(d), "through": through,
		"messages": messages(d), "token": tokenProblem(d), "platforms": strings.Join(d.Platforms, ", "),
	}
}

func answerText(d evidence.Request) string {
	out := quoted(d.StatusLine)
	switch {
	case d.Body != nil && d.Body.Title != "":
		out += ", page titled " + quoted(d.Body.Title)
	case len(d.Errors) > 0:
		out += ", " + messages(d)
	case d.Location != "":
		out += ", Location " + d.Location
	}
	return out
}

func messages(d evidence.Request) string {
	var out []string
	for _, e := range d.Errors {
		out = append(out, strings.TrimSpace(e.Code+" "+quoted(e.Message)))
	}
	return strings.Join(out, "; ")
}

func tokenProblem(d evidence.Request) string {
	if d.Token == nil {
		return "there is none"
	}
	return d.Token.Problem
}

func locationHost(location string) string {
	if u, err := url.Parse(location); err == nil && u.Host != "" {
		return u.Host
	}
	return location
}

func challengeNames(d evidence.Request) string {
	var out []string
	for _, c := range d.Challenges {
		out = append(out, c.Scheme)
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}
