package catalogue

import (
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// rateLimited is about 429, with what the registry says of its count.
func rateLimited() diagnosis.Entry {
	e := httpRow("http-rate-limited", diagnosis.AccountOwner, diagnosis.Proven, "{hosts} limits the rate of requests",
		"The registry counts requests by account, or by address when nobody is logged in{counted}. Behind a proxy a whole company is one address.",
		"log in, mirror the images, or wait{wait}",
		[]string{"failures C11: docker/hub-feedback#1907", "RFC 6585 section 4", "docs.docker.com, Docker Hub usage and limits: RateLimit-Limit, docker-ratelimit-source"},
		fault.World{Title: "the registry answers 429", Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Status: 429,
			Headers: []string{"Content-Type: application/json", "Retry-After: 60", "RateLimit-Limit: 100;w=21600", "RateLimit-Remaining: 0;w=21600", "Docker-RateLimit-Source: 198.51.100.77"},
			Body:    `{"errors":[{"code":"TOOMANYREQUESTS","message":"rate limit exceeded"}]}`}}},
		fault.World{Title: "the registry answers 429 and says nothing more", Direct: true, Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Status: 429}}})
	e.Values = append(e.Values, "counted", "wait")
	match := e.Match
	e.Match = func(v *diagnosis.View) []diagnosis.Match {
		out := match(v)
		for _, m := range out {
			m.Values["counted"], m.Values["wait"] = "", ""
			if h, ok := v.Hop(m.Hops[0]); ok {
				writeLimit(evidence.DetailOf[evidence.Request](h), m.Values)
			}
		}
		return out
	}
	return e
}

// writeLimit reads how much is allowed, how much is left, who is counted, and how long
// to wait (RFC 9110 section 10.2.3).
func writeLimit(d evidence.Request, values map[string]string) {
	var parts []string
	for _, field := range []struct{ name, words string }{{"RateLimit-Limit", "limit "}, {"RateLimit-Remaining", "left "}, {"Docker-RateLimit-Source", "counted as source "}} {
		if value, ok := evidence.HeaderValue(d.Headers, field.name); ok {
			parts = append(parts, field.words+value)
		}
	}
	if len(parts) > 0 {
		values["counted"] = ": " + strings.Join(parts, ", ")
	}
	if wait, ok := evidence.HeaderValue(d.Headers, "Retry-After"); ok {
		values["wait"] = " as long as the answer says (Retry-After: " + wait + ")"
	}
}
