package catalogue

import (
	"cmp"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// methodBlocked is about filters that let GET pass and not what some clients ask by.
func methodBlocked() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	html := []string{"Content-Type: text/html"}
	refuses := func(host, path, method string) fault.HTTP {
		return fault.HTTP{Host: host, Path: path, Method: method, Status: 403, Headers: html, Body: "<html><title>Method not allowed by policy</title></html>"}
	}
	head := func(title string, w fault.World) fault.World {
		w.Title, w.TrustInterceptor, w.Targets = title, true, image
		w.Faults = []fault.Fault{fault.Certificate{Host: "registry.redhat.io", Issuer: "interceptor"}, refuses("registry.redhat.io", "/v2/", "HEAD")}
		return w
	}
	return diagnosis.Entry{
		Code: "http-method-blocked", Since: since, Layer: diagnosis.HTTP, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title:  "requests by {method} to {hosts} are refused, and GET passes",
		Seen:   "{requests}: {answers}; by GET: {get}",
		Means:  "A filter on the way goes by the method. {clients} by {method}; clients that ask by GET alone work, which is why podman and curl may pass where this one fails.",
		Remedy: "allow {method} besides GET for {targets} in proxy and filter",
		Cite:   []string{"failures 0.1 rule 8, measured: containerd asks for manifests by HEAD and posts logins", "RFC 9110 sections 9.3.2 and 9.3.3"},
		Values: []string{"method", "requests", "answers", "get", "clients"},
		Needs:  []evidence.Op{evidence.OpRequest}, After: wrongAddress(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { _, blocked := blockedMethod(v, h); return blocked })
			groups := diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target + evidence.DetailOf[evidence.Request](h).Method })
			return matchEach(groups, func(g []evidence.Hop) map[string]string {
				d := evidence.DetailOf[evidence.Request](g[0])
				passing, _ := blockedMethod(v, g[0])
				return map[string]string{"method": d.Method, "requests": join(g, requestLine), "answers": cmp.Or(statusOr(d), reason(g[0])),
					"get": statusOr(evidence.DetailOf[evidence.Request](passing)), "clients": askers(d.Method)}
			})
		},
		Provoke: head("a filter refuses HEAD, and containerd pulls", fault.World{Client: "containerd"}),
		Also: []fault.World{
			{Title: "a filter refuses POST to the token server", Client: "containerd", TrustInterceptor: true, Targets: image,
				Faults: []fault.Fault{fault.Certificate{Host: "sso.redhat.com", Issuer: "interceptor"}, refuses("sso.redhat.com", "/", "POST")}},
			head("a filter refuses HEAD, and every client is asked for", fault.World{AllClients: true}),
		},
	}
}

// askers names the clients that ask by a method.
func askers(method string) string {
	if method == "HEAD" {
		return "containerd asks for manifests only, and docker first,"
	}
	return "containerd sends a login"
}

func statusOr(d evidence.Request) string {
	if d.StatusLine == "" {
		return ""
	}
	return answerText(d)
}

// blockedMethod finds the request by GET that passes where a hop's own method was
// refused, on the same host for the same thing.
func blockedMethod(v *diagnosis.View, h evidence.Hop) (evidence.Hop, bool) {
	d := evidence.DetailOf[evidence.Request](h)
	refused := h.FailedWith(evidence.UnexpectedAnswer, evidence.Closed, evidence.Reset, evidence.Timeout)
	if d.Method == "GET" || d.Method == "" || !refused || d.Code/100 == 2 || d.Code == 401 || d.Code == 429 || d.Code/100 == 5 {
		return evidence.Hop{}, false
	}
	passing := v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Target(h.Target).State(evidence.OK), func(o evidence.Hop) bool {
		p := evidence.DetailOf[evidence.Request](o)
		return p.Method == "GET" && p.Step == d.Step && (o.OnPath() || o.Probe == "by-get")
	})
	if len(passing) == 0 {
		return evidence.Hop{}, false
	}
	return passing[0], true
}

// otherClientFails tells that a side probe asked in another client's name.
func otherClientFails(h evidence.Hop) bool { return strings.HasPrefix(h.Probe, "as-") }
