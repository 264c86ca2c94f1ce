// Package product is a stand-in until the rows are here.
package product

import "pullpath/internal/evidence"

// Markers is a stand-in.
func Markers() []string { return []string{"This site is blocked"} }

// Match is a stand-in.
type Match struct{ Name, Version, Grade, Sign string }

// OfTunnel is a stand-in.
func OfTunnel(d evidence.Tunnel) []Match { return nil }

// OfRequest is a stand-in.
func OfRequest(d evidence.Request) []Match { return nil }

// OfChain is a stand-in.
func OfChain(d []evidence.Certificate) []Match { return nil }

// Best is a stand-in.
func Best(m []Match) (Match, bool) { return Match{}, false }

// Cause is a stand-in.
type Cause int

// Causes.
const (
	None Cause = iota
	Denied
	CannotResolve
	CannotReach
	UpstreamTimeout
)

// Refusal is a stand-in.
func Refusal(d evidence.Tunnel) Cause {
	v, _ := evidence.HeaderValue(d.Headers, "X-Squid-Error")
	switch v {
	case "ERR_DNS_FAIL 0":
		return CannotResolve
	case "ERR_CONNECT_FAIL 111":
		return CannotReach
	case "ERR_CONNECT_FAIL 110":
		return UpstreamTimeout
	}
	return None
}

// WebServer is a stand-in.
func WebServer(d evidence.Tunnel) (string, bool) {
	v, ok := evidence.HeaderValue(d.Headers, "Server")
	return v, ok && len(v) > 5 && v[:5] == "nginx"
}

// TLSPort is a stand-in.
func TLSPort(d evidence.Tunnel) bool {
	return d.Body != nil && d.Body.Text == "Client sent an HTTP request to an HTTPS server."
}

// BlockPage is a stand-in.
func BlockPage(markers []string, title string) bool { return len(markers) > 0 }
