package report

import (
	"cmp"
	"fmt"
	"strings"

	"pullpath/internal/evidence"
)

func seenHandshake(h evidence.Hop, d evidence.Handshake) string {
	parts := []string{tlsVersion(d)}
	if d.Completed() && h.Probe != "" && h.Failure != nil {
		parts = append([]string{"handshake completes"}, parts...)
	}
	if len(d.Chain) > 0 {
		leaf := d.Chain[0]
		parts = append(parts, "CN="+leafName(d))
		if h.Kind() == evidence.Untrusted {
			return sentence(append(parts, "not trusted: issuer "+quoted(issuer(leaf)))...)
		}
		parts = append(parts, "issued by "+issuer(leaf))
	}
	if h.Failure == nil {
		return sentence(append(parts, trust(d))...)
	}
	parts = append(parts, handshakeFailure(h))
	if d.AlertName != "" && !strings.Contains(failureText(h), d.AlertName) {
		parts = append(parts, "alert "+d.AlertName)
	}
	for _, w := range d.Warnings {
		parts = append(parts, "warning "+w.Name)
	}
	if d.FirstBytes != "" && !strings.Contains(failureText(h), d.FirstBytes) {
		parts = append(parts, "first bytes "+quoted(d.FirstBytes))
	}
	if d.Page != nil && d.Page.Title != "" {
		parts = append(parts, "page "+quoted(d.Page.Title))
	}
	if h.FailedWith(evidence.Reset, evidence.Closed, evidence.Timeout) {
		parts = append(parts, fmt.Sprintf("%d bytes sent, %d received", d.BytesSent, d.BytesReceived))
	}
	return sentence(parts...)
}

// handshakeFailure is the failure without the addresses that the system puts in
// front of it; the hops before name them.
func handshakeFailure(h evidence.Hop) string {
	switch h.Kind() {
	case evidence.Timeout:
		return "no answer"
	case evidence.Reset:
		return "connection reset by peer"
	}
	return failureText(h)
}

func tlsVersion(d evidence.Handshake) string {
	if d.Version == "" || strings.HasPrefix(d.Version, "TLS") || strings.HasPrefix(d.Version, "SSL") {
		return d.Version
	}
	return "TLS " + d.Version
}

func leafName(d evidence.Handshake) string {
	leaf := d.Chain[0]
	first := ""
	if len(leaf.Names) > 0 {
		first = leaf.Names[0]
	}
	return cmp.Or(leaf.SubjectCN, first, leaf.Subject, "(none)")
}

func issuer(c evidence.Certificate) string {
	if len(c.IssuerOrg) > 0 && c.IssuerOrg[0] != "" {
		return c.IssuerOrg[0]
	}
	return cmp.Or(c.IssuerCN, c.Issuer, "(none)")
}

// trust says who vouches for the chain, as far as it was looked at.
func trust(d evidence.Handshake) string {
	if d.Public() {
		return "publicly trusted"
	}
	if ok, looked := d.Judged("client", "trust"); ok {
		return "trusted by this client, not public"
	} else if looked {
		return "not trusted by this client"
	}
	return ""
}

func seenRequest(h evidence.Hop, d evidence.Request) string {
	answer := ""
	switch {
	case d.Code == 0:
		answer = d.StatusLine
	case h.State == evidence.Failed:
		answer = statusPhrase(d.Code, phraseOf(d.StatusLine), "")
	default:
		answer = fmt.Sprint(d.Code)
	}
	if d.Location != "" {
		answer += " to " + withoutQuery(d.Location)
	}
	parts := []string{answer, challenge(d), token(d.Token), digest(d.Digest)}
	if h.State == evidence.Failed || len(d.Challenges) == 0 {
		for _, e := range d.Errors {
			parts = append(parts, apiError(e))
		}
	}
	if d.AuthSent != "" {
		parts = append(parts, d.AuthSent+" sent")
	}
	if d.Withheld != "" {
		parts = append(parts, "login withheld from "+d.Withheld)
	}
	if h.State == evidence.Failed && d.Body != nil && d.Body.Title != "" {
		parts = append(parts, "page "+quoted(d.Body.Title))
	}
	if h.Kind() != evidence.UnexpectedAnswer || d.Code == 0 {
		parts = append(parts, failureText(h))
	}
	if d.FirstBytes != "" && !strings.Contains(failureText(h), d.FirstBytes) {
		parts = append(parts, "first bytes "+quoted(d.FirstBytes))
	}
	return sentence(parts...)
}

// withoutQuery leaves the query of a redirect out of the table: its values are
// redacted and its names are in the report.
func withoutQuery(location string) string {
	if path, _, found := strings.Cut(location, "?"); found {
		return path + "?…"
	}
	return location
}

// phraseOf is what follows the code in a status line.
func phraseOf(line string) string {
	if parts := strings.SplitN(line, " ", 3); len(parts) == 3 {
		return parts[2]
	}
	return ""
}

func challenge(d evidence.Request) string {
	if len(d.Challenges) == 0 {
		return ""
	}
	first := d.Challenges[0]
	text := first.Scheme
	if realm := first.Params["realm"]; realm != "" {
		text += " realm " + realm
	}
	for _, other := range d.Challenges[1:] {
		text += " or " + other.Scheme
	}
	return text
}

func token(t *evidence.Token) string {
	switch {
	case t == nil:
		return ""
	case t.Problem != "":
		return "no token: " + t.Problem
	case t.ExpiresIn > 0:
		return fmt.Sprintf("token of %d characters, %d s", t.Length, t.ExpiresIn)
	}
	return fmt.Sprintf("token of %d characters", t.Length)
}

func digest(d *evidence.Digest) string {
	switch {
	case d == nil:
		return ""
	case d.Got == "" && d.Of > 0:
		return fmt.Sprintf("%d of %d bytes read", d.Bytes, d.Of)
	case d.Got == "":
		return count(int(d.Bytes), "byte") + " read"
	case d.Got == d.Want:
		return count(int(d.Bytes), "byte") + ", digest holds"
	}
	return fmt.Sprintf("%s, digest %s, wanted %s", count(int(d.Bytes), "byte"), d.Got, d.Want)
}

func apiError(e evidence.APIError) string {
	if e.Message == "" {
		return e.Code
	}
	return e.Code + ": " + e.Message
}
