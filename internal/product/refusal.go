package product

import (
	"slices"

	"pullpath/internal/evidence"
)

// Cause is why a proxy says that it refused.
type Cause string

// Causes. None is the answer whenever the proxy does not say: a bare 502, 503
// or 504 is every one of them.
const (
	None Cause = ""
	// Denied: a rule of the proxy is against it.
	Denied Cause = "denied"
	// CannotResolve: the proxy's own name service has no address.
	CannotResolve Cause = "cannot-resolve"
	// CannotReach: no connection from the proxy to the target.
	CannotReach Cause = "cannot-reach"
	// NoWay: the proxy did not get through, and the answer is the same whether the name
	// did not resolve, the connection failed or a parent proxy did.
	NoWay Cause = "no-way"
	// UpstreamTimeout means that the proxy got no answer from the target in time.
	UpstreamTimeout Cause = "upstream-timeout"
)

// Refusal returns the cause that an answer to CONNECT gives for a refusal. Signs that
// contradict each other count for nothing. Of several ways to fail to connect, the most
// specific one wins.
//
// A site's own rows count as well as the table's.
func Refusal(t evidence.Tunnel, own ...Row) Cause {
	// A 407 asks for a login; the page with it says "denied" as well.
	if t.Code < 300 || t.Code == 407 {
		return None
	}
	said := causes(answer{t.StatusLine, t.Headers, t.Body}, t.Code, own)
	if said[Denied] {
		if len(said) > 1 {
			return None
		}
		return Denied
	}
	for _, c := range []Cause{CannotResolve, UpstreamTimeout, CannotReach, NoWay} {
		if said[c] {
			return c
		}
	}
	return None
}

func causes(a answer, code int, own []Row) map[Cause]bool {
	said := map[Cause]bool{}
	for _, r := range own {
		r.causes(a, code, said)
	}
	for _, r := range table() {
		r.causes(a, code, said)
	}
	for _, s := range anybody() {
		said[s.Says] = said[s.Says] || code >= 500 && a.says(s.Text)
	}
	out := map[Cause]bool{}
	for c, ok := range said {
		if ok && c != None {
			out[c] = true
		}
	}
	return out
}

// causes adds what an answer says by the signs of one product.
func (r *Row) causes(a answer, code int, said map[Cause]bool) {
	for _, s := range r.Status {
		said[s.Says] = said[s.Says] || s.Line.MatchString(a.statusLine)
	}
	for _, s := range r.Headers {
		_, ok := a.header(s)
		said[s.Says] = said[s.Says] || ok && (s.Code == 0 || s.Code == code)
	}
	for _, s := range r.Body {
		said[s.Says] = said[s.Says] || a.says(s.Text)
	}
}

// anybody has texts of failures that belong to no product: those of the Go
// library, of Linux, and of proxies too rare for a row. They count only with
// a status of 500 and above.
func anybody() []BodySign {
	return []BodySign{
		body(": no such host", Source, "Go net.DNSError").says(CannotResolve),
		body("dial tcp: lookup ", Source, "Go net.OpError of a resolver").says(CannotResolve),
		body("Failed to resolve remote hostname", Seen, captures).says(CannotResolve),
		body("Name or service not known", Source, "glibc gai_strerror EAI_NONAME").says(CannotResolve),
		body("connect: connection refused", Source, "Go net.OpError with ECONNREFUSED").says(CannotReach),
		body("connect: no route to host", Source, "Go net.OpError with EHOSTUNREACH").says(CannotReach),
		body("connect: connection timed out", Source, "Go net.OpError with ETIMEDOUT").says(UpstreamTimeout),
		body(": i/o timeout", Source, "Go poll.ErrDeadlineExceeded").says(UpstreamTimeout),
	}
}

// tlsPortTexts returns what servers answer to plain HTTP on a port for TLS.
func tlsPortTexts() []string {
	return []string{
		"The plain HTTP request was sent to HTTPS port",     // nginx
		"Client sent an HTTP request to an HTTPS server",    // Go net/http
		"speaking plain HTTP to an SSL-enabled server port", // Apache mod_ssl
		"This combination of host and port requires TLS",    // Tomcat
	}
}

// TLSPort reports whether the answer to CONNECT says that plain HTTP was spoken to a
// port for TLS.
func TLSPort(t evidence.Tunnel) bool {
	a := answer{t.StatusLine, t.Headers, t.Body}
	return t.Code >= 400 && slices.ContainsFunc(tlsPortTexts(), a.says)
}

// WebServer returns the name of what answered CONNECT, when the answer shows
// that it is not a proxy: a server or edge that names itself and does not know
// the method. nginx since 1.31 and Apache can be proxies; then they do not
// answer with one of these statuses. Who answers for a port of TLS is left
// open: a proxy may well stand behind the TLS (see [TLSPort]).
func WebServer(t evidence.Tunnel) (string, bool) {
	if !slices.Contains([]int{400, 404, 405, 501}, t.Code) || TLSPort(t) {
		return "", false
	}
	m, ok := Best(OfTunnel(t))
	if !ok || m.Grade == Memory || m.Category != WebServerKind && m.Category != CDNEdge {
		return "", false
	}
	return m.Name, true
}

// BlockPage reports whether a page is a policy's block page or a portal, by the
// markers that were found in it and its title.
func BlockPage(markers []string, title string) bool {
	for _, r := range table() {
		for _, s := range r.Body {
			if s.Block && holds(markers, title, s.Text) {
				return true
			}
		}
	}
	return false
}
