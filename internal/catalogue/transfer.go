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

// truncatedRow is about an answer that was begun: its end came before its announced
// length, by FIN or by RST.
func truncatedRow() diagnosis.Entry {
	e := endRow("http-truncated", evidence.Truncated, "an answer of {hosts} ends before its announced length",
		"Something on the way ended the transfer: a size limit of a scanner, an idle timeout of a proxy, or a broken link.",
		"look for limits on size and time for {targets} in proxy and content filter",
		[]string{"containers/image#1145, containers/podman#24715", "RFC 9112 section 8"},
		fault.World{Title: "the transfer of a layer ends half way", Targets: []string{fault.Image + ":" + fault.ImageTag},
			Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Effect: fault.Truncate}}})
	e.Needs = append(e.Needs, evidence.OpHandshake)
	e.Match = func(v *diagnosis.View) []diagnosis.Match { return matchEnds(v, begunThenEnded) }
	return e
}

// closedRow is about a request that was answered by the end of the connection. Who
// ended it, no hop shows: the host, what stands before it, or a device on the way.
func closedRow() diagnosis.Entry {
	world := func(title string, effect fault.Effect, direct bool, more ...fault.Fault) fault.World {
		return fault.World{Title: title, Direct: direct, TrustInterceptor: len(more) > 0,
			Faults: append(more, fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Effect: effect})}
	}
	e := endRow("http-closed", evidence.Closed, "{hosts} ends the connection in place of an answer",
		"TLS stood, and the connection ended before an answer to the request came. {whose}",
		"look in the log of {targets} for the request at the time below: if it is there, the host ended the connection; if it is not, look for resets and limits of devices on the way",
		[]string{"RFC 9110 section 9.3.1", "net/http, transport.go: errServerClosedIdle and transportReadFromServerError"},
		world("the registry ends the connection after a request", fault.Close, false))
	e.Also = []fault.World{world("the registry resets the connection after a request", fault.Reset, true),
		world("the inspecting proxy ends the connection after a request", fault.Close, false, fault.Certificate{Host: "registry.redhat.io", Issuer: "interceptor"})}
	e.Since, e.Audience, e.After = "0.4.0", diagnosis.RegistryOperator, append(wrongAddress(), "tls-client-certificate-required")
	e.Values, e.Needs = append(e.Values, "whose"), append(e.Needs, evidence.OpHandshake)
	e.Match = func(v *diagnosis.View) []diagnosis.Match { return matchEnds(v, endedUnanswered) }
	return e
}

// begunThenEnded tells that the head of an answer came, and its body not whole.
func begunThenEnded(h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	return h.FailedWith(evidence.Truncated) || h.OnPath() && d.Code != 0 && (h.FailedWith(evidence.Reset) || h.FailedWith(evidence.Closed))
}

// endedUnanswered tells that the connection ended before an answer's head was there.
func endedUnanswered(h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	return h.OnPath() && d.Code == 0 && d.Alert != alertCertificateRequired && (h.FailedWith(evidence.Reset) || h.FailedWith(evidence.Closed))
}

// matchEnds makes a match of the requests of each host that ended so.
func matchEnds(v *diagnosis.View, ended func(evidence.Hop) bool) []diagnosis.Match {
	failed := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		return ended(h) && !otherClientFails(h) && askedCode(v, h) == ""
	})
	return matchEachWith(byKind(failed), func(g []evidence.Hop) diagnosis.Match {
		m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{"requests": join(g, requestLine), "text": join(g, reason), "time": seconds(g),
			"whose": whoseEnd(over(v, g[0]))}}
		if over(v, g[0]) == interceptedChain {
			m.Audience = diagnosis.ProxyAdmin
		}
		return m
	})
}

// whoseEnd says what the chain tells of who can have ended a connection.
func whoseEnd(c chainClass) string {
	switch c {
	case publicChain:
		return "The chain is the public one, so nobody on the way can read the request; a device on the way can still cut a connection that it does not read."
	case interceptedChain:
		return "The connection is inspected: the device that inspects it sees the request first."
	}
	return "The chain does not tell whether a device on the way reads the request."
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
