package product

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// The samples become evidence the way that a probe makes it: through the
// scribe, so that a sign which redaction takes away fails here.

func scribe() evidence.Scribe { return evidence.Scribe{Markers: Markers()} }

func headersOf(lines []string) []evidence.Header {
	var out []evidence.Header
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		out = append(out, scribe().Header(name, strings.TrimSpace(value)))
	}
	return out
}

func tunnelOf(c fault.Connect) evidence.Tunnel {
	headers := headersOf(c.Headers)
	contentType, _ := evidence.HeaderValue(headers, "Content-Type")
	return evidence.Tunnel{
		StatusLine: scribe().Text(fmt.Sprintf("HTTP/1.1 %d %s", c.Status, c.Phrase)), Code: c.Status, Phrase: c.Phrase,
		Headers: headers, Body: scribe().Body([]byte(c.Body), contentType, false),
	}
}

func requestOf(p fault.HTTP) evidence.Request {
	headers := headersOf(p.Headers)
	contentType, _ := evidence.HeaderValue(headers, "Content-Type")
	return evidence.Request{
		StatusLine: fmt.Sprintf("HTTP/1.1 %d %s", p.Status, http.StatusText(p.Status)), Code: p.Status,
		Headers: headers, Body: scribe().Body([]byte(p.Body), contentType, false),
	}
}

// chainOf returns a leaf and the authority that issued it, self-signed.
func chainOf(c fault.Certificate) []evidence.Certificate {
	orgs := []string{c.Organization}
	return []evidence.Certificate{
		{SubjectCN: "registry.example", IssuerCN: c.CommonName, IssuerOrg: orgs},
		{SubjectCN: c.CommonName, SubjectOrg: orgs, IssuerCN: c.CommonName, IssuerOrg: orgs, CA: true, SelfSigned: true},
	}
}

// mockChainOf returns the same as package mockproxy issues it: an intermediate and a
// root whose names go on.
func mockChainOf(c fault.Certificate) []evidence.Certificate {
	orgs := []string{c.Organization}
	middle, root := c.CommonName+" TLS CA", c.CommonName+" Root CA"
	return []evidence.Certificate{
		{SubjectCN: "registry.example", IssuerCN: middle, IssuerOrg: orgs},
		{SubjectCN: middle, SubjectOrg: orgs, IssuerCN: root, IssuerOrg: orgs, CA: true},
		{SubjectCN: root, SubjectOrg: orgs, IssuerCN: root, IssuerOrg: orgs, CA: true, SelfSigned: true},
	}
}

// spoken is one sample and whom it is taken for.
type spoken struct {
	label   string
	matches []Match
}

func samplesOf(r Row) []spoken {
	var out []spoken
	for i, c := range r.Connects {
		out = append(out, spoken{fmt.Sprintf("CONNECT reply %d", i), OfTunnel(tunnelOf(c))})
	}
	for i, p := range r.Pages {
		out = append(out, spoken{fmt.Sprintf("page %d", i), OfRequest(requestOf(p))})
	}
	for i, c := range r.Chains {
		out = append(out,
			spoken{fmt.Sprintf("chain %d", i), OfChain(chainOf(c))},
			spoken{fmt.Sprintf("chain %d of the mock", i), OfChain(mockChainOf(c))})
	}
	return out
}

func names(matches []Match) []string {
	var out []string
	for _, m := range matches {
		out = append(out, m.Name)
	}
	return out
}

// answersOf returns the answers of a row's samples, for looking at single signs.
func answersOf(r Row) []answer {
	var out []answer
	for _, c := range r.Connects {
		t := tunnelOf(c)
		out = append(out, answer{t.StatusLine, t.Headers, t.Body})
	}
	for _, p := range r.Pages {
		q := requestOf(p)
		out = append(out, answer{q.StatusLine, q.Headers, q.Body})
	}
	return out
}

func inChains(r Row, s IssuerSign) bool {
	return slices.ContainsFunc(r.Chains, func(c fault.Certificate) bool {
		return slices.ContainsFunc(issuing(chainOf(c))[s.Attribute], s.Value.MatchString)
	})
}
