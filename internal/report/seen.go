package report

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"pullpath/internal/evidence"
)

// seen is one hop's evidence in a short factual sentence. A verbose one always
// ends in the raw text of the failure.
func seen(h evidence.Hop, verbose bool) string {
	text := seenByOp(h)
	switch {
	case h.Failure == nil:
	case verbose && !strings.Contains(text, h.Failure.Text):
		text = sentence(text, h.Failure.Text)
	case text == "":
		text = failureText(h)
	}
	if h.Purpose == evidence.Probe && h.Probe != "" {
		text = strings.TrimSpace("probe " + strings.TrimSpace(h.Probe+" "+evidence.DetailOf[evidence.Setting](h).Tool) + ": " + text)
	}
	return text
}

func seenByOp(h evidence.Hop) string {
	switch d := h.Detail.(type) {
	case evidence.Setting:
		return seenSetting(h, d)
	case evidence.Resolve:
		return seenResolve(h, d)
	case evidence.Dial:
		return seenDial(h, d)
	case evidence.Tunnel:
		return seenTunnel(h, d)
	case evidence.Handshake:
		return seenHandshake(h, d)
	case evidence.Request:
		return seenRequest(h, d)
	}
	return failureText(h)
}

// failureText is what the failure says, its kind where it says nothing.
func failureText(h evidence.Hop) string {
	switch {
	case h.Failure == nil:
		return ""
	case h.Failure.Text == "":
		return string(h.Failure.Kind)
	}
	return withoutEnds(h.Failure.Text)
}

// ends are the two addresses that the system puts before an error of an open
// connection. The row has the far one, and with the near one no two rows are equal.
var ends = regexp.MustCompile(`(?:read|write) tcp \S+->\S+: (?:(?:read|write): )?`)

func withoutEnds(text string) string { return ends.ReplaceAllString(text, "") }

func seenSetting(h evidence.Hop, d evidence.Setting) string {
	if d.Login != nil {
		return sentence(seenLogin(*d.Login), failureText(h))
	}
	var way string
	switch {
	case d.Decision == "proxy":
		way = "proxy " + d.Proxy + from(d.Variable) + inFile(d.Source)
	case d.Token != "":
		way = "direct, " + d.NoProxyVariable + " has " + quoted(d.Token)
	case d.Implicit != "":
		way = "direct, " + d.Implicit
	case h.State != evidence.Failed:
		way = d.Decision + inFile(d.Source)
	}
	if d.Value != "" && (h.State == evidence.Failed || len(d.Problems) > 0) {
		way = sentence(way, d.Variable+" is "+quoted(d.Value))
	}
	parts := []string{way, failureText(h)}
	for _, p := range d.Problems {
		if !strings.Contains(failureText(h), p.Text) {
			parts = append(parts, p.Text)
		}
	}
	return sentence(parts...)
}

func from(variable string) string {
	if variable == "" {
		return ""
	}
	return " from " + variable
}

func inFile(source string) string {
	if source == "" || source == "environment" {
		return ""
	}
	return " in " + source
}

func seenResolve(h evidence.Hop, d evidence.Resolve) string {
	parts := []string{strings.Join(d.Addresses, ", ")}
	text := failureText(h)
	for _, q := range d.Questions {
		for _, a := range q.Answers {
			if a.Owner != "" {
				parts = appendNew(parts, a.Address+" stands in a record of "+a.Owner+", not of "+q.Name)
			}
		}
		rcode := q.Rcode
		if rcode == "NOERROR" || strings.Contains(text, rcode) {
			rcode = ""
		}
		parts = appendNew(parts, rcode)
		if q.ExtendedError >= 0 && h.State == evidence.Failed {
			parts = appendNew(parts, strings.TrimSpace(fmt.Sprintf("extended error %d %s", q.ExtendedError, q.ExtendedText)))
		}
	}
	return sentence(append(parts, text)...)
}

// appendNew adds text unless it is there: A and AAAA often answer alike.
func appendNew(parts []string, text string) []string {
	for _, p := range parts {
		if p == text {
			return parts
		}
	}
	return append(parts, text)
}

func seenTunnel(h evidence.Hop, d evidence.Tunnel) string {
	if d.SOCKS != nil {
		parts := []string{socksMethod(*d.SOCKS), resolvedBy(*d.SOCKS), cmp.Or(d.SOCKS.Said(), failureText(h))}
		if d.FirstBytes != "" {
			parts = append(parts, "first bytes "+quoted(d.FirstBytes))
		}
		return sentence(parts...)
	}
	answer := statusPhrase(d.Code, d.Phrase, d.StatusLine)
	parts := []string{answer, tellingHeader(d)}
	if h.State == evidence.Failed {
		if d.AuthSent != "" {
			parts = append(parts, d.AuthSent+" sent")
		}
		if d.Body != nil && d.Body.Title != "" {
			parts = append(parts, "page "+quoted(d.Body.Title))
		}
	}
	if h.Kind() != evidence.ProxyStatus || answer == "" {
		parts = append(parts, failureText(h))
	}
	if d.FirstBytes != "" && !strings.Contains(failureText(h), d.FirstBytes) {
		parts = append(parts, "first bytes "+quoted(d.FirstBytes))
	}
	return sentence(parts...)
}

// resolvedBy says who looked a target's name up for a SOCKS server.
func resolvedBy(s evidence.SOCKS) string {
	switch s.ResolvedBy {
	case evidence.ByProxy:
		return "SOCKS5, name left to the proxy"
	case evidence.ByClient:
		return "SOCKS5, resolved here: given " + s.Address
	}
	return ""
}

// socksMethod says what came of a method that was offered alone.
func socksMethod(s evidence.SOCKS) string {
	if s.ResolvedBy != "" || len(s.Offered) != 1 {
		return ""
	}
	name := map[int]string{evidence.SOCKSPassword: "name and password", evidence.SOCKSGSSAPI: "GSSAPI"}[s.Offered[0]]
	if s.Method == s.Offered[0] {
		return name + ": the server would take it (not sent)"
	}
	return name
}

// statusPhrase is an answer's code and phrase, or its whole first line when
// that was not understood.
func statusPhrase(code int, phrase, line string) string {
	if code == 0 {
		return line
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, phrase))
}

// tellingHeader is the one header field that says most about who answered.
func tellingHeader(d evidence.Tunnel) string {
	names := []string{"X-Squid-Error", "Server", "Via", "Location"}
	switch {
	case len(d.Challenges) > 0:
		return "asks for " + schemes(d.Challenges)
	case d.Code >= 300 && d.Code < 400:
		names = []string{"Location", "Server", "Via"}
	}
	for _, name := range names {
		if v, ok := evidence.HeaderValue(d.Headers, name); ok {
			return name + ": " + v
		}
	}
	return ""
}

func schemes(challenges []evidence.Challenge) string {
	var out []string
	for _, c := range challenges {
		out = appendNew(out, c.Scheme)
	}
	return strings.Join(out, ", ")
}
