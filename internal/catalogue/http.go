package catalogue

import (
	"cmp"
	"fmt"
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// Codes of causes that lie in requests and answers, whoever gives them.
const (
	HTTPBlockPage             diagnosis.Code = "http-block-page"             // a block page stands in for the host
	HTTPRedirectedElsewhere   diagnosis.Code = "http-redirected-elsewhere"   // something on the way redirects to a login page or portal
	HTTPChallengeMissing      diagnosis.Code = "http-challenge-missing"      // a 401 comes without a challenge that clients can answer
	HTTPRateLimited           diagnosis.Code = "http-rate-limited"           // the host limits the rate of requests
	HTTPBlockedByOrigin       diagnosis.Code = "http-blocked-by-origin"      // the host itself refuses this source
	HTTPGatewayError          diagnosis.Code = "http-gateway-error"          // something in front of the host answers with a server error
	HTTPServerError           diagnosis.Code = "http-server-error"           // the host answers with a server error
	HTTPTimeout               diagnosis.Code = "http-timeout"                // the host does not answer a request
	HTTPRangeRefused          diagnosis.Code = "http-range-refused"          // the host does not serve parts of a blob
	HTTPTruncated             diagnosis.Code = "http-truncated"              // an answer of the host ends before its announced length
	HTTPClosed                diagnosis.Code = "http-closed"                 // the host ends the connection in place of an answer
	HTTPBodyAltered           diagnosis.Code = "http-body-altered"           // the content that arrives is not what was sent
	HTTPMethodBlocked         diagnosis.Code = "http-method-blocked"         // HEAD or POST is refused, and GET passes
	HTTPHeaderTooLarge        diagnosis.Code = "http-header-too-large"       // a request with a token to the host is refused for its size
	HTTPBodyLimit             diagnosis.Code = "http-body-limit"             // the body of a request to the host is refused for its size
	HTTPAuthorizationStripped diagnosis.Code = "http-authorization-stripped" // the token does not arrive at the host
	HTTPProxyAuthInside       diagnosis.Code = "http-proxy-auth-inside"      // the host asks for a login at a proxy, inside the TLS connection
	HTTP2Broken               diagnosis.Code = "http2-broken"                // a request breaks over HTTP/2
	HTTPSlow                  diagnosis.Code = "http-slow"                   // the host answers slowly
)

// inspected is a World whose TLS to the registry is inspected and trusted: the
// only way for something else than the origin to speak inside it.
func inspected(title string, h fault.HTTP) fault.World {
	return fault.World{Title: title, TrustInterceptor: true, Faults: []fault.Fault{
		fault.Certificate{Host: "registry.redhat.io", Issuer: "interceptor"}, h}}
}

// http are the rows about requests and answers, whoever gives them.
func http() []diagnosis.Entry {
	return slices.Concat(httpAnswers(), headerRows(), []diagnosis.Entry{slowHTTP()})
}

func httpAnswers() []diagnosis.Entry {
	return []diagnosis.Entry{
		httpBlockPage(), httpRedirectedElsewhere(), httpChallengeMissing(), rateLimited(),
		httpBlockedByOrigin(), httpGatewayError(), httpServerError(), stallRow(), truncatedRow(), rangeRefused(),
		closedRow(), bodyAltered(), methodBlocked(), httpBodyLimit(), http2Broken(),
	}
}

// http2Broken is about exchanges that HTTP/2 itself ended.
func http2Broken() diagnosis.Entry {
	return diagnosis.Entry{
		Code: HTTP2Broken, Since: "0.1.0",
		Layer: diagnosis.HTTP, Severity: diagnosis.Error, Strength: diagnosis.Likely, Audience: diagnosis.RegistryOperator,
		Title: "{hosts} breaks requests off over HTTP/2",
		Seen:  "{requests}: {text}{control}",
		Means: "The peer ended the exchange by a message of HTTP/2. Clients that speak HTTP/1.1 (podman, docker, containerd) do not meet " +
			"this. {owner}",
		Remedy: "correct or switch off HTTP/2 at the front end of {targets}",
		Or: diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "set GODEBUG=http2client=0 in the client's environment until then: it " +
			"speaks HTTP/1.1"},
		Symptoms: []diagnosis.Symptom{
			{Text: "stream error: stream ID 25; INTERNAL_ERROR; received from peer",
				Cite: "https://github.com/google/go-containerregistry/issues/1318"},
			{Text: "http2: server sent GOAWAY and closed the connection", Cite: "https://github.com/golang/net/blob/v0.62.0/http2/transport.go"},
		},
		Cite:   []string{"RFC 9113 section 7 (error codes)", "https://pkg.go.dev/net/http#hdr-HTTP_2 (http2client=0)"},
		Values: []string{"requests", "text", "control", "owner"},
		Needs:  []evidence.Op{evidence.OpRequest, evidence.OpHandshake},
		After:  wrongAddress(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			failed := v.PathFailed(evidence.OpRequest, evidence.Protocol)
			return matchEachWith(diagnosis.Group(failed, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) diagnosis.Match {
				m := diagnosis.Match{Values: endValues(g), Hops: diagnosis.IDs(g)}
				m.Values["control"], m.Values["owner"] = "", whose(over(v, g[0]))
				about := diagnosis.About{}.Probe(evidence.ProbeHTTP1).Target(g[0].Target).State(evidence.OK)
				if passed := v.HopsAbout(evidence.OpRequest, about, nil); len(passed) > 0 {
					m.Strength, m.Hops = diagnosis.Proven, append(m.Hops, diagnosis.IDs(passed)...)
					m.Values["control"] = "; the same request over HTTP/1.1 is answered"
				}
				return m
			})
		},
		Provoke: fault.World{Title: "the front end of the CDN resets streams of HTTP/2 in the middle of a layer, and crane pulls", HTTP2: true,
			Flags: asClient("crane"), Targets: []string{fault.Image + ":" + fault.ImageTag}, Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io",
				HTTP2: true, Blob: "layer", Effect: fault.Truncate}}},
	}
}

func httpBlockPage() diagnosis.Entry {
	page := "<html><head><title>Web page blocked</title></head><body>This site is blocked by policy. Category: file sharing.</body></html>"
	html := []string{"Content-Type: text/html"}
	return answerRow(diagnosis.Entry{
		Code: HTTPBlockPage, Since: "0.1.0",
		Layer: diagnosis.HTTP, Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title:   "a block page stands in for {hosts}",
		Means:   "The page was sent inside the TLS connection{through}. {owner}",
		Remedy:  "allow {targets} in the web filter for {source}: category, path and file types",
		Changes: []diagnosis.Change{diagnosis.AllowConnect},
		Symptoms: []diagnosis.Symptom{
			{Text: `invalid status code from registry 403 (Forbidden)`, Cite: printed},
			{Text: "invalid character '<' looking for beginning of value", Cite: "https://github.com/moby/moby/issues/40507"},
			{Text: `StatusCode: 403, "<!DOCTYPE html…`, Cite: "docs/field-notes.md#connect-in-go"},
		},
		Cite: []string{
			"https://github.com/moby/moby/issues/40507",
			"docs/field-notes.md#answers-that-mislead",
			"RFC 9110 section 15.5.4",
		},
		When: takesBlockPage,
		Provoke: inspected("the inspecting proxy blocks the registry", fault.HTTP{Host: "registry.redhat.io", Status: 403,
			Headers: html, Body: page}),
	})
}

func httpRedirectedElsewhere() diagnosis.Entry {
	e := answerRow(diagnosis.Entry{
		Code: HTTPRedirectedElsewhere, Since: "0.1.0",
		Layer: diagnosis.HTTP, Strength: diagnosis.Likely, Audience: diagnosis.ProxyAdmin,
		Title: "{hosts} is redirected to {location}",
		Means: "The redirect was sent inside the TLS connection{through}. {owner} It may lead to a login or consent page, or to a " +
			"captive portal.",
		Remedy:  "let {source} reach {targets} without the page at {location}",
		Changes: []diagnosis.Change{diagnosis.ExemptProxyAuth},
		Symptoms: []diagnosis.Symptom{
			{Text: "invalid character '<' looking for beginning of value", Cite: "https://github.com/containers/skopeo/issues/360"},
			{Text: "stopped after 10 redirects", Cite: "docs/field-notes.md#answers-that-mislead"},
			{Text: "511 Network Authentication Required", Cite: "docs/field-notes.md#answers-that-mislead"},
		},
		Cite: []string{
			"docs/field-notes.md#connect-in-go",
			"docs/field-notes.md#answers-that-mislead",
			"RFC 8952 (captive portals)",
		},
		// What redirects and is followed did not fail, so the row has a Match of its own besides.
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(over(v, h) != publicChain && statusOf(h)/100 == 3)
		},
		Provoke: inspected("the inspecting proxy redirects to a login page", fault.HTTP{Host: "registry.redhat.io", Status: 302,
			Headers: []string{"Location: https://login.corp.example/consent"}}),
		Also: []fault.World{{Title: "the inspecting proxy redirects to a login page that answers", TrustInterceptor: true,
			Hosts: append(fault.Hosts(), fault.Host{Name: "login.corp.example", Role: "auth", Address: "203.0.113.150", Private: true}),
			Faults: []fault.Fault{fault.Certificate{Host: "registry.redhat.io", Issuer: "interceptor"},
				fault.Certificate{Host: "login.corp.example", Issuer: "interceptor"},
				fault.HTTP{Host: "registry.redhat.io", Status: 302, Headers: []string{"Location: https://login.corp.example/consent"}},
				fault.HTTP{Host: "login.corp.example", Status: 200, Headers: []string{"Content-Type: text/html"},
					Body: "<html><title>Terms of use</title></html>"}}}},
	})
	refused := e.Match
	e.Match = func(v *diagnosis.View) []diagnosis.Match { return append(refused(v), matchLedAstray(v)...) }
	e.Needs = append(e.Needs, evidence.OpResolve, evidence.OpDial, evidence.OpTunnel)
	return e
}

func httpChallengeMissing() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: HTTPChallengeMissing, Since: "0.1.0",
		Layer: diagnosis.HTTP, Strength: diagnosis.Likely, Audience: diagnosis.RegistryOperator,
		Title: "{hosts} answers 401 without a challenge that clients can answer",
		Means: "A registry says in WWW-Authenticate where to get a token (Bearer), or that it accepts a password (Basic). Here it " +
			"offered {challenges}. A single sign-on in front of the registry, or something that removes the header, may be the reason.",
		Remedy: "exempt {targets} from a sign-on in front of it, or have WWW-Authenticate passed on",
		Symptoms: []diagnosis.Symptom{
			{Text: `reading manifest … unauthorized: authentication required`, Cite: printed},
			{Text: "None of the challenges sent by server … are supported", Cite: "https://github.com/containers/skopeo/issues/1300"},
		},
		Cite: []string{
			"https://github.com/containers/skopeo/issues/1300",
			"https://distribution.github.io/distribution/spec/auth/token/",
		},
		After: []diagnosis.Code{RegistryUnlike},
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			if challengeCameLate(v, h) {
				return &diagnosis.Match{Means: "This client logs in by the challenge of /v2/ alone, and /v2/ was answered without one. " +
					"The manifest's own challenge comes too late for it. {owner}",
					Remedy: "have /v2/ of {targets} answered with 401 and the challenge"}
			}
			return when(statusOf(h) == 401 && loginOf(h) == "" && bearerRealm(h) == "" &&
				(stepOf(h) == evidence.StepPing || stepOf(h) == evidence.StepManifest && h.Role.HasImages()))
		},
		Provoke: fault.World{Title: "the 401 has a Negotiate challenge only",
			Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/",
				Status: 401, Headers: []string{"WWW-Authenticate: Negotiate"}}}},
		Also: []fault.World{{Title: "/v2/ is open, the manifest is not, and docker pulls", Flags: asClient("docker"),
			Targets: []string{fault.Image + ":" + fault.ImageTag}, Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/",
				Whole: true, Status: 200, Headers: []string{"Content-Type: application/json", "Docker-Distribution-Api-Version: registry/2.0"},
				Body: "{}"}}}},
	})
}

// challengeCameLate tells a 401 with a challenge to a request for a manifest after /v2/ was
// answered without one, so that the client had nothing to log in by.
func challengeCameLate(v *diagnosis.View, h evidence.Hop) bool {
	if statusOf(h) != 401 || loginOf(h) != "" || bearerRealm(h) == "" || stepOf(h) != evidence.StepManifest {
		return false
	}
	_, late := v.FirstAbout(evidence.OpRequest, diagnosis.About{}.Target(h.Target), func(o evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Request](o)
		return o.OnPath() && o.ID < h.ID && d.Step == evidence.StepPing && len(d.Challenges) == 0 && d.Code != 0
	})
	return late
}

func httpBlockedByOrigin() diagnosis.Entry {
	html := []string{"Content-Type: text/html"}
	return answerRow(diagnosis.Entry{
		Code: HTTPBlockedByOrigin, Since: "0.1.0",
		Layer: diagnosis.HTTP, Strength: diagnosis.Likely, Audience: diagnosis.AccountOwner,
		Title:  "{hosts} refuses the request",
		Means:  blockedMeans,
		Remedy: "ask the registry's operator, and name source address and time",
		Symptoms: []diagnosis.Symptom{
			{Text: "client with IP … is not allowed access", Cite: "https://github.com/Azure/acr/issues/633"},
			{Text: "Your client does not have permission to get URL", Cite: "https://github.com/kubernetes/registry.k8s.io/pull/212"},
			{Text: "unexpected status from HEAD request to …: 403 Forbidden", Cite: "https://github.com/kubernetes/registry.k8s.io/issues/138"},
			{Text: "configured to block access from your country", Cite: "https://github.com/curiefense/curiefense/issues/824"},
			{Text: "complete the security check", Cite: "https://github.com/docker-library/official-images/issues/4309"},
		},
		Cite: []string{
			"https://github.com/containers/podman/issues/12395",
			"RFC 9110 section 15.5.4",
			"https://learn.microsoft.com/azure/private-link/private-endpoint-dns (privatelink)",
			"https://github.com/Azure/azure-cli/issues/17137",
		},
		Values: []string{"saw", "endpoint"},
		Needs:  []evidence.Op{evidence.OpResolve},
		When:   takesRefusal,
		Refine: refineBlocked,
		Also: []fault.World{besideEndpoint("the registry has a private endpoint, and the name server leads to its public address",
			"corp.privatelink.azurecr.io"), {Title: "the edge of the store refuses with a page",
			Targets: []string{fault.Image + ":" + fault.ImageTag},
			Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Status: 403, Headers: append(html, "Server: CloudFront"),
				Body: "<html><title>ERROR: The request could not be satisfied</title>Request blocked.</html>"}}},
			{Title: "the registry's own firewall refuses the source " +
				"address", Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io",
				Path: "/v2/", Status: 403, Headers: []string{"Content-Type: application/json"},
				Body: `{"errors":[{"code":"DENIED","message":"client with IP '198.51.100.77' is not allowed access. ` +
					`Refer https://aka.ms/acr/firewall to grant access."}]}`}}},
			inspected("a bare refusal comes over an inspected connection", fault.HTTP{Host: "registry.redhat.io",
				Path: "/v2/", Status: 403, Headers: []string{"Content-Type: text/plain"}, Body: "no"})},
		Provoke: fault.World{Title: "the registry's edge refuses", Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io",
			Path: "/v2/", Status: 403,
			Headers: append(html, "Server: CloudFront"), Body: "<html><title>ERROR: The request could not be " +
				"satisfied</title>Request blocked.</html>"}}},
	})
}

// besideEndpoint is a World in which a registry lets in nobody from outside, and its name leads
// to the public address behind an alias.
func besideEndpoint(title, alias string) fault.World {
	const registry, address = "corp.azurecr.io", "203.0.113.150"
	return fault.World{Title: title, Direct: true, Anonymous: true, Targets: []string{registry},
		Hosts: []fault.Host{{Name: registry, Role: "registry", Address: address}},
		Faults: []fault.Fault{fault.DNS{Name: registry, Rcode: "NOERROR", Alias: alias, Addresses: []string{address}},
			fault.HTTP{Host: registry, Path: "/v2/", Status: 403, Headers: []string{"Content-Type: application/json"},
				Body: `{"errors":[{"code":"DENIED","message":"client with IP '198.51.100.77' is not allowed access. ` +
					`Refer https://aka.ms/acr/firewall to grant access."}]}`}}}
}

func httpGatewayError() diagnosis.Entry {
	html := []string{"Content-Type: text/html"}
	return answerRow(diagnosis.Entry{
		Code: HTTPGatewayError, Since: "0.1.0",
		Layer: diagnosis.HTTP, Strength: diagnosis.Likely, Audience: diagnosis.ProxyAdmin,
		Title:  "{hosts}, or something in front of it, answers with a server error",
		Means:  "The answer was sent inside the TLS connection{through}. {owner}",
		Remedy: "look in the inspecting proxy's log for {targets} at the time below",
		Symptoms: []diagnosis.Symptom{
			{Text: "received unexpected HTTP status: 503 Service Unavailable", Cite: "https://github.com/docker/hub-feedback/issues/2437"},
			{Text: "received unexpected HTTP status: 502 Bad Gateway", Cite: "internal/oracle/network_test.go"},
		},
		Cite: []string{"https://github.com/docker/hub-feedback/issues/2437", "RFC 9110 section 15.6"},
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(inspectorSeen(v, h) && statusOf(h)/100 == 5)
		},
		Provoke: inspected("the inspecting proxy fails upstream", fault.HTTP{Host: "registry.redhat.io", Status: 503, Headers: html,
			Body: "<html><title>Gateway error</title></html>"}),
	})
}

func httpServerError() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: HTTPServerError, Since: "0.1.0",
		Layer: diagnosis.HTTP, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
		Title:  "{hosts} answers with a server error",
		Means:  "The chain is the public one, so the error is the registry's own or its CDN's. Nothing in this network is to blame.",
		Remedy: "wait and try again; check the registry's status page",
		Symptoms: []diagnosis.Symptom{
			{Text: "received unexpected HTTP status: 500 Internal Server Error", Cite: "internal/oracle/network_test.go"},
			{Text: "received unexpected HTTP status: 503 Service Unavailable", Cite: "internal/oracle/network_test.go"},
		},
		Cite: []string{"internal/oracle/network_test.go", "RFC 9110 section 15.6"},
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			if statusOf(h)/100 == 5 && over(v, h) != publicChain {
				m := &diagnosis.Match{Remedy: "look in the log of {targets} at the time below",
					Means: "The host is no public registry that this tool knows, and no device that inspects the connection shows itself: the error " +
						"is most likely the host's own, or of what stands before it."}
				if over(v, h) == unseenChain {
					m.Means = "What was read shows no device that inspects the connection: the error is most likely the host's own, or of what " +
						"stands before it."
				}
				return m
			}
			return when(statusOf(h)/100 == 5)
		},
		Provoke: fault.World{Title: "the registry answers 503", Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io",
			Path: "/v2/", Status: 503,
			Headers: []string{"Content-Type: application/json"}, Body: `{"errors":[{"code":"UNAVAILABLE","message":"try later"}]}`}}},
		Also: []fault.World{ofCompany("a company's own registry answers 503 with a page", fault.HTTP{Host: "harbor.corp.example", Path: "/v2/",
			Status: 503, Headers: []string{"Content-Type: text/html", "Server: nginx"}, Body: "<html><title>503 Service Temporarily " +
				"Unavailable</title></html>"})},
	})
}

// ofCompany is a World with a registry of the company's own, under an authority of the
// company that the client trusts.
func ofCompany(title string, faults ...fault.Fault) fault.World {
	const registry = "harbor.corp.example"
	return fault.World{Title: title, Direct: true, Anonymous: true, Targets: []string{registry}, TrustInterceptor: true,
		Hosts:  []fault.Host{{Name: registry, Role: "registry", Address: "203.0.113.150", Private: true}},
		Faults: append([]fault.Fault{fault.Certificate{Host: registry, Issuer: "interceptor"}}, faults...)}
}

// asking are the rows about requests that are refused for how they were asked, whoever
// answers.
var asking = diagnosis.Family{Name: "request that is refused for its form", Order: []diagnosis.Code{
	HTTPRangeRefused,
	HTTPMethodBlocked,
	AuthRealmRefused,
	HTTPHeaderTooLarge,
	HTTPAuthorizationStripped,
	AuthTokenExpired,
	AuthTokenClock,
	AuthTokenWithoutAccess,
	HTTPProxyAuthInside,
}}

// answering are the rows about every other answer that was not expected: first whose it is
// (docs/rules.md, rule 2), then what the step makes of it.
var answering = diagnosis.Family{Name: "unexpected answer", Order: []diagnosis.Code{
	AuthLockedOut, // of these four the answer's own sentence alone decides
	AuthCredentialsExpired,
	RegistryMirrorUpstream,
	BlobAccessDenied,
	HTTPRateLimited,
	HTTPBodyLimit,
	RegistryHeaderMissing,
	RegistrySpeaksTLS,
	HTTPRedirectedElsewhere,
	HTTPGatewayError,
	HTTPServerError,
	HTTPBlockPage,
	AuthTokenMalformed,
	RegistryPlatformMissing,
	BlobRedirectUnusable,
	BlobURLRejected,
	AuthRealmUnusable,
	HTTPChallengeMissing,
	RegistryUnlike,
	AuthCredentialsRejected,
	RegistryTokenRejected,
	RegistryNotFound,
	RegistryAccessDenied,
	HTTPBlockedByOrigin,
}}

// answerRow is a row of one of these two families, of the second where it names none.
func answerRow(e diagnosis.Entry) diagnosis.Entry {
	if e.Family == nil {
		e.When = readFirst(e)
	}
	e = shared(diagnosis.Entry{
		Family: &answering, Severity: diagnosis.Error,
		Seen:   "{requests}: {answers}",
		Values: []string{"requests", "answers", "location", "challenges", "through", "messages", "token", "platforms", "owner"},
		Needs:  []evidence.Op{evidence.OpRequest, evidence.OpHandshake},
		After:  append(wrongAddress(), refusedChains()...),
	}, e)
	e.Match = func(v *diagnosis.View) []diagnosis.Match {
		return takenBy(v, e, unexpected(v, e.Family), func(h evidence.Hop) string {
			return h.Target + evidence.DetailOf[evidence.Request](h).StatusLine
		},
			func(g []evidence.Hop) diagnosis.Match { return answerMatch(v, g) })
	}
	return e
}

// headerRows are about what happens to a request's fields on the way.
func headerRows() []diagnosis.Entry {
	return []diagnosis.Entry{httpHeaderTooLarge(), httpAuthorizationStripped(), httpProxyAuthInside()}
}

func httpHeaderTooLarge() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	tooLarge := func(status int) []fault.Fault {
		return []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", OverHead: 400, Status: status,
			Headers: []string{"Content-Type: text/plain"}, Body: "too large"}}
	}
	return diagnosis.Entry{
		Code: HTTPHeaderTooLarge, Since: "0.1.0",
		Layer: diagnosis.HTTP, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title: "a request with a token to {hosts} is refused because of its size",
		Seen:  "{requests}: {answers}; the request's head has {size} bytes{limit}",
		Means: "The registry, or something in front of it, does not accept a request head of that size{owner}. Tokens can be long: those " +
			"of Red Hat's registry carry their key.",
		Remedy: "raise the limit on request headers for {targets} to 16 KiB at least (nginx: large_client_header_buffers; HAProxy: " +
			"tune.bufsize; Squid: request_header_max_size)",
		Changes: []diagnosis.Change{diagnosis.AllowContent},
		Symptoms: []diagnosis.Symptom{
			{Text: "400 Request Header Or Cookie Too Large", Cite: "https://github.com/regclient/regclient/issues/797"},
			{Text: "431 Request Header Fields Too Large", Cite: "RFC 6585 section 5"},
		},
		Cite: []string{
			"docs/field-notes.md#red-hats-registry (1,462 characters)",
			"RFC 6585 section 5",
			"https://nginx.org/en/docs/http/ngx_http_core_module.html#large_client_header_buffers",
		},
		Values: []string{"requests", "answers", "size", "limit", "owner"},
		Needs:  []evidence.Op{evidence.OpRequest, evidence.OpHandshake},
		After:  wrongAddress(),
		Family: &asking,
		When:   func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match { return when(tooLargeHead(v, h)) },
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return h.OnPath() && v.Takes(&asking, HTTPHeaderTooLarge, h) })
			return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) map[string]string {
				d := evidence.DetailOf[evidence.Request](g[0])
				owner := ""
				if over(v, g[0]) == interceptedChain {
					owner = ", most likely the device that inspects the connection"
				}
				return map[string]string{"requests": join(g, requestLine), "answers": cmp.Or(statusOr(d), reason(g[0])),
					"size":  fmt.Sprint(d.HeadBytes),
					"limit": headLimit(v, g[0]), "owner": owner}
			})
		},
		Provoke: fault.World{Title: "request heads over 400 bytes are refused with 431", Targets: image, Faults: tooLarge(431)},
		Also: []fault.World{
			{Title: "request heads over 400 bytes are refused with 400, and their limit is looked for", Targets: image, Flags: []string{"--deep"},
				Direct: true, Faults: tooLarge(400)},
		},
	}
}

func httpAuthorizationStripped() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: HTTPAuthorizationStripped, Since: "0.1.0",
		Layer: diagnosis.HTTP, Strength: diagnosis.Likely, Audience: diagnosis.ProxyAdmin,
		Title: "the token does not arrive at {hosts}",
		Means: "The answer is the same as to a request without a token, and a wrong token is answered in another way. So the " +
			"Authorization header is likely removed on the way. {owner}",
		Remedy:  "have the Authorization header passed on for {targets}, or exempt them from TLS inspection",
		Changes: []diagnosis.Change{diagnosis.ExemptInspection},
		Symptoms: []diagnosis.Symptom{
			{Text: "reading manifest …: unauthorized: Access to the requested resource is not authorized",
				Cite: "docs/field-notes.md#answers-that-mislead"},
		},
		Cite: []string{
			"https://www.squid-cache.org/Doc/config/request_header_access/",
			"RFC 9110 section 11.6.2",
			"RFC 6750 section 3.1",
		},
		Family: &asking,
		When:   func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match { return when(stripped(v, h)) },
		Provoke: inspected("the inspecting proxy takes long Authorization fields away", fault.HTTP{Host: "registry.redhat.io",
			Path: "/v2/", Login: fault.Token, OverHead: 300, Effect: fault.Strip, Field: "Authorization"}),
	})
}

func httpProxyAuthInside() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: HTTPProxyAuthInside, Since: "0.1.0",
		Layer: diagnosis.HTTP, Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title: "{hosts} asks for a login at a proxy, inside the TLS connection",
		Means: "407 is an answer of a proxy, not of a registry. It came inside the TLS connection{through}. Some proxies let CONNECT pass " +
			"and ask for the login for the requests inside, where clients do not answer. {owner}",
		Remedy:  "exempt {targets}, or {source} by its address, from authentication for the requests inside the TLS connection",
		Changes: []diagnosis.Change{diagnosis.ExemptProxyAuth},
		Symptoms: []diagnosis.Symptom{
			{Text: "received unexpected HTTP status: 407 Proxy Authentication Required", Cite: "docs/field-notes.md#answers-that-mislead"},
		},
		Cite:   []string{"docs/field-notes.md#answers-that-mislead", "RFC 9110 section 15.5.8"},
		Family: &asking,
		When:   func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match { return when(statusOf(h) == 407) },
		Provoke: inspected("the inspecting proxy wants a login inside the tunnel", fault.HTTP{Host: "registry.redhat.io", Status: 407,
			Headers: []string{"Proxy-Authenticate: Basic realm=\"Corp\"", "Content-Type: text/html"},
			Body:    "<html><title>Authentication required</title></html>"}),
	})
}

// endRow is a row about an exchange that did not come to a complete answer.
func endRow(e diagnosis.Entry) diagnosis.Entry {
	return shared(diagnosis.Entry{
		Layer: diagnosis.HTTP, Severity: diagnosis.Error, Strength: diagnosis.Likely, Audience: diagnosis.NetworkTeam,
		Seen:   "{requests}: {text} (after {time})",
		Values: []string{"requests", "text", "time"},
		Needs:  []evidence.Op{evidence.OpRequest, evidence.OpHandshake},
	}, e)
}

const (
	unansweredMeans = "The TLS connection was established, and the request got no answer. The server may be slow, or something on the " +
		"way may hold the answer back to scan it.{wait}"
	endedMeans = "The TLS connection was established, and it ended before an answer to the request came. {whose}"
)

func stallRow() diagnosis.Entry {
	return endRow(diagnosis.Entry{
		Code: HTTPTimeout, Since: "0.1.0",
		Title:   "{hosts} gives no complete answer to a request",
		Seen:    "{requests}: {text}",
		Means:   unansweredMeans,
		Remedy:  "look for content scanning and idle timeouts for {targets} in proxy and filter",
		Changes: []diagnosis.Change{diagnosis.AllowContent},
		Symptoms: []diagnosis.Symptom{
			{Text: "Client.Timeout exceeded while awaiting headers", Cite: "docs/field-notes.md#silence"},
			{Text: "context deadline exceeded", Cite: "https://github.com/containers/skopeo/issues/2878"},
		},
		Cite: []string{
			"https://github.com/containers/skopeo/issues/2878",
			"https://github.com/podman-container-tools/container-libs/issues/208",
		},
		Values: []string{"wait"},
		Match:  matchStalled,
		Provoke: fault.World{Title: "the registry never answers the request", Flags: []string{quickHop},
			Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Effect: fault.Silence}}},
		Also: []fault.World{{Title: "a layer stops after its first 100 KiB", Direct: true, Flags: []string{quickHop},
			Targets: []string{fault.Image + ":" + fault.ImageTag},
			Faults:  []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Effect: fault.Stall, Bytes: 100 << 10}}}},
	})
}

// truncatedRow is about an answer that was begun: its end came before its announced
// length, by FIN or by RST.
func truncatedRow() diagnosis.Entry {
	return endRow(diagnosis.Entry{
		Code: HTTPTruncated, Since: "0.1.0",
		Title: "an answer of {hosts} ends before its announced length",
		Means: "The transfer was cut short. The reason may be a size limit of a scanner, an idle timeout of a proxy, the server " +
			"itself, or a broken link.",
		Remedy:  "look for limits on size and time for {targets} in proxy and content filter",
		Changes: []diagnosis.Change{diagnosis.AllowContent},
		Symptoms: []diagnosis.Symptom{
			{Text: "unexpected EOF", Cite: "https://github.com/containers/image/issues/1145"},
			{Text: "short read: expected … bytes but got …: unexpected EOF",
				Cite: "https://github.com/containerd/containerd/blob/v2.4.2/core/content/helpers.go"},
			{Text: "happened during read: unexpected EOF (after reconnecting, server did not process a Range: header",
				Cite: "https://github.com/containers/podman/issues/24715"},
			{Text: "use of closed network connection", Cite: "https://github.com/podman-container-tools/container-libs/issues/208"},
		},
		Cite: []string{
			"https://github.com/containers/image/issues/1145",
			"https://github.com/containers/podman/issues/24715",
			"RFC 9112 section 8",
		},
		After:  []diagnosis.Code{HTTPRangeRefused},
		Values: []string{"client"},
		Match:  matchCut,
		Provoke: fault.World{Title: "the transfer of a layer ends half way", Targets: []string{fault.Image + ":" + fault.ImageTag},
			Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Effect: fault.Truncate}}},
		Also: []fault.World{{Title: "the connection is reset in the middle of a layer", Targets: []string{fault.Image + ":" + fault.ImageTag},
			Flags: []string{"--full"}, LayerBytes: 4 << 20, Faults: []fault.Fault{fault.Stream{Host: "cdn01.quay.io", Effect: fault.Reset,
				Bytes: 100 << 10}}}, {Title: "the transfer of a layer ends half way, and podman gets the rest",
			Targets: []string{fault.Image + ":" + fault.ImageTag}, Faults: []fault.Fault{fault.Counted{Fault: fault.HTTP{Host: "cdn01.quay.io",
				Blob: "layer", Effect: fault.Truncate}, Times: 1}}}},
	})
}

// rangeRefused is about hosts that serve a blob and not a part of it. Clients need parts to go on
// after a cut, and to pull what of a layer they do not have.
func rangeRefused() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	refuses := fault.HTTP{Host: "cdn01.quay.io", Blob: "layer", Ranged: true, Status: 416}
	ignores := fault.HTTP{Host: "cdn01.quay.io", Blob: "layer", Ranged: true, Effect: fault.Strip, Field: "Range"}
	cutOnce := fault.HTTP{Host: "cdn01.quay.io", Blob: "layer", Effect: fault.Truncate}
	return diagnosis.Entry{
		Code: HTTPRangeRefused, Since: "0.1.0",
		Layer: diagnosis.HTTP, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
		Title: "{hosts} does not serve parts of blobs",
		Seen:  "{requests} (Range: {range}): {answers}; without Range: {whole}",
		Means: "The transfer broke off, and {client} asked for the rest of it by Range. The answer is not that part, and {client} gives up " +
			"there. The same without Range is answered, so the host, or a cache or filter before it, refuses parts. {owner}",
		Remedy: servesParts,
		Or: diagnosis.Way{Audience: diagnosis.NetworkTeam, Remedy: "look for what cuts the transfer: size limits and idle timeouts in proxy " +
			"and filter"},
		Symptoms: []diagnosis.Symptom{
			{Text: "unexpected EOF (after reconnecting, server did not process a Range: header, status 200)",
				Cite: "https://github.com/podman-container-tools/container-libs/pull/1114"},
			{Text: "unexpected EOF (after reconnecting, fetching blob: StatusCode: 400",
				Cite: "https://github.com/kubernetes/registry.k8s.io/issues/333"},
			{Text: "content range requests not supported", Cite: "https://github.com/containerd/containerd/pull/12291"},
			{Text: "416 Requested Range Not Satisfiable", Cite: "RFC 7233 section 4.4"},
		},
		Cite: []string{
			"RFC 9110 section 14.2",
			"https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs",
			"https://github.com/kubernetes/registry.k8s.io/issues/333",
			"https://github.com/containers/storage/blob/main/docs/containers-storage-zstd-chunked.md",
		},
		Values: []string{"requests", "answers", "range", "whole", "client", "owner"},
		Needs:  []evidence.Op{evidence.OpRequest, evidence.OpHandshake},
		After:  wrongAddress(),
		Family: &asking,
		When:   func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match { return when(refusedPart(v, h)) },
		Match:  matchRangeRefused,
		Provoke: fault.World{Title: "a layer is cut, and the CDN refuses the rest of it", Targets: image,
			Faults: []fault.Fault{refuses, cutOnce}},
		Also: []fault.World{
			{Title: "a layer is cut, and the CDN answers with all of it instead of the rest", Targets: image, Direct: true,
				Faults: []fault.Fault{ignores, cutOnce}},
			{Title: "the CDN refuses parts, and docker resumes", Targets: image, Flags: asClient("docker"),
				Faults: []fault.Fault{refuses, cutOnce}},
			{Title: "the CDN refuses parts, and nothing is cut", Targets: image, Flags: []string{"--deep"}, Faults: []fault.Fault{refuses}},
			{Title: "a filter refuses the part of a layer that a check reads", Targets: image, LayerBytes: 9 << 20,
				Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Ranged: true, Status: 403}}},
		},
	}
}

// closedRow is about a request that was answered by the end of the connection. Who
// ended it, no hop shows: the host, what stands before it, or a device on the way.
func closedRow() diagnosis.Entry {
	world := func(title string, effect fault.Effect, direct bool, more ...fault.Fault) fault.World {
		return fault.World{Title: title, Direct: direct, TrustInterceptor: len(more) > 0,
			Faults: append(more, fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Effect: effect})}
	}
	return endRow(diagnosis.Entry{
		Code: HTTPClosed, Since: "0.1.0",
		Audience: diagnosis.RegistryOperator,
		Title:    "{hosts} ends the connection instead of answering",
		Means:    endedMeans,
		Remedy: "look in the log of {targets} for the request at the time below: if it is there, the host ended the connection; if " +
			"it is not, look for resets and limits of devices on the way",
		Symptoms: []diagnosis.Symptom{
			{Text: `Get "https://…/v2/": EOF`, Cite: "https://github.com/golang/go/blob/go1.26.8/src/net/http/transport.go (readLoop)"},
			{Text: "http: server closed idle connection",
				Cite: "https://github.com/golang/go/blob/go1.26.8/src/net/http/transport.go (errServerClosedIdle)"},
			{Text: "Empty reply from server", Cite: "https://github.com/curl/curl/blob/curl-8_16_0/lib/http.c (CURLE_GOT_NOTHING)"},
		},
		Cite: []string{
			"RFC 9110 section 9.3.1",
			"https://github.com/golang/go/blob/go1.26.8/src/net/http/transport.go (errServerClosedIdle, transportReadFromServerError)",
		},
		Values:  []string{"whose"},
		After:   append(wrongAddress(), TCPResetInjected, TLSClientCertificateRequired, TLSRecordCorrupt),
		Match:   func(v *diagnosis.View) []diagnosis.Match { return matchEnds(v, endedUnanswered) },
		Provoke: world("the registry ends the connection after a request", fault.Close, false),
		Also: []fault.World{
			world("the registry resets the connection after a request", fault.Reset, true),
			world("the inspecting proxy ends the connection after a request", fault.Close, false,
				fault.Certificate{Host: "registry.redhat.io", Issuer: "interceptor"}),
			{Title: "a registry of plain HTTP resets the connection after a request", Direct: true,
				Hosts:   []fault.Host{{Name: "harbor.corp.example", Role: "registry", Address: "203.0.113.150", Private: true, Plain: true}},
				Targets: []string{"harbor.corp.example:80"}, Faults: []fault.Fault{fault.HTTP{Host: "harbor.corp.example", Effect: fault.Reset}},
				Files: map[string]string{"/etc/containers/registries.conf": "[[registry]]\nlocation = \"harbor.corp.example:80\"\n" +
					"insecure = true\n"}},
		},
	})
}

// bodyAltered needs a chain over which something else than the origin can have
// spoken; over a public one a wrong digest is the registry's.
func bodyAltered() diagnosis.Entry {
	return endRow(diagnosis.Entry{
		Code: HTTPBodyAltered, Since: "0.1.0",
		Title:   "the content that arrives from {hosts} does not match its digest",
		Means:   "The content does not hash to its digest. {owner} A scanner or cache may have replaced or changed it.",
		Remedy:  "exempt {targets} from content scanning and caching",
		Changes: []diagnosis.Change{diagnosis.AllowContent},
		Symptoms: []diagnosis.Symptom{
			{Text: "does not match expected sha256", Cite: "docs/field-notes.md#blobs"},
			{Text: "error verifying sha256 checksum", Cite: "docs/field-notes.md#blobs"},
			{Text: "filesystem layer verification failed for digest", Cite: "https://github.com/moby/moby/issues/46163"},
			{Text: "Manifest does not match provided manifest digest", Cite: "https://github.com/goharbor/harbor/issues/16495"},
		},
		Cite: []string{
			"https://github.com/moby/moby/issues/46163",
			"https://github.com/goharbor/harbor/issues/16495",
			"https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md#digests",
		},
		Values: []string{"owner"},
		Match:  matchAltered,
		Provoke: fault.World{Title: "a scanner alters a blob", TrustInterceptor: true, Targets: []string{fault.Image + ":" + fault.ImageTag},
			Faults: []fault.Fault{fault.Certificate{Host: "cdn01.quay.io", Issuer: "interceptor"},
				fault.HTTP{Host: "cdn01.quay.io", Effect: fault.NotTheBody}}},
	})
}

// httpBodyLimit is about 413. A pull sends one body, the form of a login; a push sends layers.
func httpBodyLimit() diagnosis.Entry {
	page := fault.HTTP{Host: "sso.redhat.com", Method: "POST", Status: 413, Headers: []string{"Content-Type: text/html"},
		Body: "<html><head><title>413 Request Entity Too Large</title></head><body><hr><center>nginx</center></body></html>"}
	ofGet := page
	ofGet.Host, ofGet.Method, ofGet.Path = "registry.redhat.io", "", "/v2/ubi9"
	image := []string{fault.Image + ":" + fault.ImageTag}
	return answerRow(diagnosis.Entry{
		Code: HTTPBodyLimit, Since: "0.1.0",
		Layer: diagnosis.HTTP, Strength: diagnosis.Likely, Audience: diagnosis.RegistryOperator,
		Title: "{hosts} answers that a request is too large",
		Means: "413 says that the body of the request is larger than the server takes. This body is the form of a login, some hundred bytes " +
			"long, or a stored token of a few thousand. {owner} A reverse proxy has such a limit of its own; a push meets it with " +
			"the first large layer.",
		Remedy: "raise or lift the limit for {targets} (nginx: client_max_body_size 0; in an Ingress: the annotation " +
			"nginx.ingress.kubernetes.io/proxy-body-size; Apache: LimitRequestBody 0)",
		Symptoms: []diagnosis.Symptom{
			{Text: "error parsing HTTP 413 response body: invalid character '<' looking for beginning of value",
				Cite: "https://github.com/SteveLTN/https-portal/issues/100"},
			{Text: "uploading layer chunked: StatusCode: 413", Cite: "https://github.com/pulp/pulp-operator/issues/330"},
			{Text: "413 Request Entity Too Large", Cite: "https://github.com/podman-container-tools/skopeo/issues/2104"},
			{Text: "413 Payload Too Large", Cite: "RFC 7231 section 6.5.11"},
		},
		Cite: []string{
			"RFC 9110 section 15.5.14",
			"https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size",
			"https://github.com/goharbor/harbor/issues/3270",
		},
		When: takesBodyLimit,
		Provoke: fault.World{Title: "the token server's reverse proxy takes no body of a login's size, and containerd pulls",
			Targets: image, Flags: asClient("containerd"), Faults: []fault.Fault{page}},
		Also: []fault.World{{Title: "a request without a body is answered 413", Targets: image, Faults: []fault.Fault{ofGet}}},
	})
}

// methodBlocked is about filters that let GET pass and not what some clients ask by.
func methodBlocked() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	html := []string{"Content-Type: text/html"}
	refuses := func(host, path, method string) fault.HTTP {
		return fault.HTTP{Host: host, Path: path, Method: method, Status: 403, Headers: html, Body: "<html><title>Method not " +
			"allowed by policy</title></html>"}
	}
	head := func(title string, w fault.World) fault.World {
		w.Title, w.TrustInterceptor, w.Targets = title, true, image
		w.Faults = []fault.Fault{fault.Certificate{Host: "registry.redhat.io", Issuer: "interceptor"}, refuses("registry.redhat.io",
			"/v2/", "HEAD")}
		return w
	}
	return diagnosis.Entry{
		Code: HTTPMethodBlocked, Since: "0.1.0",
		Layer: diagnosis.HTTP, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title: "{method} requests to {hosts} are refused, and GET passes",
		Seen:  "{requests}: {answers}; with GET: {get}",
		Means: "The same request by GET passes, so something blocks by method: most likely a filter on the way. {clients}; clients that " +
			"use only GET work, which is why podman and curl may pass where this one fails.",
		Remedy:  "allow {method} in addition to GET for {targets} in proxy and filter",
		Changes: []diagnosis.Change{diagnosis.AllowContent},
		Symptoms: []diagnosis.Symptom{
			{Text: "unexpected status from HEAD request…: 403 Forbidden", Cite: "https://github.com/containerd/containerd/issues/6684"},
			{Text: "unexpected status from POST request to …: 403 Forbidden", Cite: "docs/field-notes.md#request-shapes"},
		},
		Cite:   []string{"docs/field-notes.md#request-shapes", "RFC 9110 sections 9.3.2 and 9.3.3"},
		Values: []string{"method", "requests", "answers", "get", "clients"},
		Needs:  []evidence.Op{evidence.OpRequest, evidence.OpHandshake},
		After:  wrongAddress(),
		Family: &asking,
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			_, blocked := blockedMethod(v, h)
			return when(blocked)
		},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return v.Takes(&asking, HTTPMethodBlocked, h) })
			groups := diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target + evidence.DetailOf[evidence.Request](h).Method })
			return matchEach(groups, func(g []evidence.Hop) map[string]string {
				d := evidence.DetailOf[evidence.Request](g[0])
				passing, _ := blockedMethod(v, g[0])
				return map[string]string{"method": d.Method, "requests": join(g, requestLine), "answers": cmp.Or(statusOr(d), reason(g[0])),
					"get": statusOr(evidence.DetailOf[evidence.Request](passing)), "clients": askers(d.Method)}
			})
		},
		Provoke: head("a filter refuses HEAD, and containerd pulls", fault.World{Flags: []string{"--client=containerd"}}),
		Also: []fault.World{
			{Title: "a filter refuses POST to the token server", Flags: []string{"--client=containerd"}, TrustInterceptor: true, Targets: image,
				Faults: []fault.Fault{fault.Certificate{Host: "sso.redhat.com", Issuer: "interceptor"}, refuses("sso.redhat.com", "/", "POST")}},
			head("a filter refuses HEAD, and every client is asked for", fault.World{Flags: []string{"--client=all"}}),
		},
	}
}

// rateLimited is about 429, with what the registry says of its count.
func rateLimited() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: HTTPRateLimited, Since: "0.1.0",
		Layer: diagnosis.HTTP, Strength: diagnosis.Proven, Audience: diagnosis.AccountOwner,
		Title: "{hosts} limits the rate of requests",
		Means: "Registries count requests by account or, without a login, by address{counted}. Behind a proxy, a whole company may share " +
			"one address.",
		Remedy: "log in, mirror the images, or wait{wait}",
		Symptoms: []diagnosis.Symptom{
			{Text: "toomanyrequests: You have reached your pull rate limit", Cite: "https://github.com/docker/hub-feedback/issues/1907"},
			{Text: "toomanyrequests: You have reached your unauthenticated pull rate limit",
				Cite: "https://github.com/docker/hub-feedback/issues/2464"},
			{Text: "toomanyrequests: <!DOCTYPE html>", Cite: "https://github.com/ketches/registry-proxy/issues/5"},
			{Text: "too many requests to registry", Cite: "docs/field-notes.md#answers-that-mislead"},
		},
		Cite: []string{
			"https://github.com/docker/hub-feedback/issues/1907",
			"RFC 6585 section 4",
			"https://docs.docker.com/docker-hub/usage/pulls/ (RateLimit-Limit, docker-ratelimit-source)",
		},
		Values: []string{"counted", "wait"},
		When:   func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match { return when(statusOf(h) == 429) },
		Refine: func(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			writeLimit(evidence.DetailOf[evidence.Request](g[0]), m.Values)
			if m.Remedy == "" && loggedIn(v) {
				m.Remedy = "log in with an account that has a higher limit, mirror the images, or wait{wait}"
			}
		},
		Provoke: fault.World{Title: "the registry answers 429", Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io",
			Path: "/v2/", Status: 429,
			Headers: []string{"Content-Type: application/json", "Retry-After: 60", "RateLimit-Limit: 100;w=21600",
				"RateLimit-Remaining: 0;w=21600", "Docker-RateLimit-Source: 198.51.100.77"},
			Body: `{"errors":[{"code":"TOOMANYREQUESTS","message":"rate limit exceeded"}]}`}}},
		Also: []fault.World{
			{Title: "the registry answers 429 and says nothing more", Direct: true,
				Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Status: 429}}},
		},
	})
}

// slowHTTP is about answers that come, and slowly.
func slowHTTP() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	return diagnosis.Entry{
		Code: HTTPSlow, Since: "0.1.0",
		Layer: diagnosis.HTTP, Severity: diagnosis.Warning, Strength: diagnosis.Likely, Audience: diagnosis.ProxyAdmin,
		Title: "{hosts} answers slowly",
		Seen:  "{requests}: {pace}",
		Means: "{cause}. Clients give up on large layers, or start over.",
		Remedy: "look for content scanning, bandwidth limits and load for {targets} in proxy and filter; compare with a source that " +
			"does not pass them",
		Changes: []diagnosis.Change{diagnosis.AllowContent},
		Cite:    []string{"https://github.com/containers/skopeo/issues/2101 (a scanner that takes three minutes)"},
		Values:  []string{"requests", "pace", "cause"},
		Needs:   []evidence.Op{evidence.OpRequest},
		After:   wrongAddress(),
		Match:   slowAnswers,
		Provoke: fault.World{Title: "a layer comes in drops", Targets: image, Flags: []string{quickHop},
			Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Effect: fault.Trickle}}},
	}
}
