package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/redact"
)

// endRow is a row for an exchange that did not come to a complete answer.
func endRow(code string, kind evidence.Kind, title, means, remedy string, cite []string, world fault.World) diagnosis.Entry {
	return diagnosis.Entry{
		Code: code, Since: since, Layer: diagnosis.HTTP, Severity: diagnosis.Error, Strength: diagnosis.Likely,
		Audience: diagnosis.NetworkTeam, Title: title, Seen: "{requests}: {text} (after {time})", Means: means, Remedy: remedy, Cite: cite,
		Values: []string{"requests", "text", "time"}, Needs: []evidence.Op{evidence.OpRequest},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			failed := slices.DeleteFunc(v.Failed(evidence.OpRequest, kind), func(h evidence.Hop) bool { return otherClientFails(h) || askedCode(v, h) != "" })
			return matchEach(byKind(failed), func(g []evidence.Hop) map[string]string {
				return map[string]string{"requests": join(g, requestLine), "text": join(g, reason), "time": seconds(g)}
			})
		},
		Provoke: world,
	}
}

// requestLine is a request without the query of a signed URL, whose values nobody
// may see and whose names nobody wants.
func requestLine(h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Request](h)
	url := d.URL
	if path, query, ok := strings.Cut(url, "?"); ok && strings.Contains(query, redact.Mark) {
		url = path + "?…"
	}
	return d.Method + " " + url
}

func stallRow() diagnosis.Entry {
	return endRow("http-timeout", evidence.Timeout, "{hosts} does not answer a request",
		"The TLS connection stands and the request got no answer, or the answer stopped. The far side is slow, or something on the way holds it back to scan it.",
		"look for content scanning and idle timeouts for {targets} in proxy and filter",
		[]string{"failures H8, H11: containers/skopeo#2878, container-libs#208"},
		fault.World{Title: "the registry never answers the request", HopTimeout: quick,
			Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Effect: fault.Silence}}})
}

// bodyAltered needs a chain over which something else than the origin can have
// spoken; over a public one a wrong digest is the registry's.
func bodyAltered() diagnosis.Entry {
	e := endRow("http-body-altered", evidence.DigestMismatch, "the content that arrives from {hosts} is not what was sent",
		"The content does not hash to its digest. The connection is inspected, so a scanner or cache on the way replaced or changed it.",
		"exempt {targets} from content scanning and caching",
		[]string{"failures H10, G10: moby/moby#46163, goharbor/harbor#16495", "OCI image spec, descriptor digests"},
		fault.World{Title: "a scanner alters a blob", TrustInterceptor: true, Targets: []string{fault.Image + ":" + fault.ImageTag},
			Faults: []fault.Fault{fault.Certificate{Host: "cdn01.quay.io", Issuer: "interceptor"},
				fault.HTTP{Host: "cdn01.quay.io", Effect: fault.NotTheBody}}})
	e.Needs = append(e.Needs, evidence.OpHandshake)
	e.Match = func(v *diagnosis.View) []diagnosis.Match {
		failed := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
			altered := h.FailedWith(evidence.DigestMismatch) || h.FailedWith(evidence.UnexpectedAnswer) && answerCode(v, h) == "http-body-altered"
			return altered && over(v, h) != publicChain
		})
		return matchEach(diagnosis.Group(failed, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) map[string]string {
			return map[string]string{"requests": join(g, requestLine), "text": join(g, reason), "time": seconds(g)}
		})
	}
	return e
}
