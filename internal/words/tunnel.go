package words

import (
	"cmp"
	"strings"

	"pullpath/internal/evidence"
)

func seenTunnel(h evidence.Hop, d evidence.Tunnel) string {
	if d.SOCKS != nil {
		parts := []string{socksMethod(*d.SOCKS), ResolvedBy(*d.SOCKS), cmp.Or(d.SOCKS.Said(), Reason(h))}
		if d.FirstBytes != "" {
			parts = append(parts, "first bytes "+Quoted(d.FirstBytes))
		}
		return Join(parts...)
	}
	answer := Status(d.Code, d.Phrase, d.StatusLine)
	parts := []string{answer, MostTelling(d)}
	if len(d.Challenges) > 0 {
		parts[1] = "asks for " + Schemes(d.Challenges)
	}
	if h.State == evidence.Failed {
		if d.AuthSent != "" {
			parts = append(parts, d.AuthSent+" sent")
		}
		if d.Body != nil && d.Body.Title != "" {
			parts = append(parts, "page "+Quoted(d.Body.Title))
		}
	}
	if h.Kind() != evidence.ProxyStatus || answer == "" {
		parts = append(parts, Reason(h))
	}
	if d.FirstBytes != "" && !strings.Contains(Reason(h), d.FirstBytes) {
		parts = append(parts, "first bytes "+Quoted(d.FirstBytes))
	}
	return Join(parts...)
}

// ResolvedBy returns who looked a target's name up for a SOCKS server.
func ResolvedBy(s evidence.SOCKS) string {
	switch s.ResolvedBy {
	case evidence.ByProxy:
		return "SOCKS5, the proxy looks up the name"
	case evidence.ByClient:
		return "SOCKS5, looked up here: " + s.Address
	}
	return ""
}

// socksMethod returns what came of a method that was offered alone.
func socksMethod(s evidence.SOCKS) string {
	if s.ResolvedBy != "" || len(s.Offered) != 1 {
		return ""
	}
	name := map[int]string{evidence.SOCKSPassword: "name and password", evidence.SOCKSGSSAPI: "GSSAPI"}[s.Offered[0]]
	if s.Method == s.Offered[0] {
		return "the server accepts " + name + " (none was sent)"
	}
	return name
}

// MostTelling returns the one header field that says most about a proxy's answer, as it
// stood. Squid's own reason says more than where a redirect leads, and that more than
// what the proxy calls itself.
func MostTelling(d evidence.Tunnel) string {
	names := []string{"X-Squid-Error", "Location", "Server", "Proxy-Agent", "Via"}
	if d.Code/100 == 3 {
		names = []string{"Location", "X-Squid-Error", "Server", "Proxy-Agent", "Via"}
	}
	for _, name := range names {
		if v, ok := evidence.HeaderValue(d.Headers, name); ok {
			return name + ": " + v
		}
	}
	return ""
}

// Schemes returns the ways to log in that are on offer, each once.
func Schemes(challenges []evidence.Challenge) string {
	var out []string
	for _, c := range challenges {
		out = AppendNew(out, c.Scheme)
	}
	return strings.Join(out, ", ")
}
