package evidence

import "fmt"

// Tunnel is one CONNECT, or one request to a SOCKS server, and the whole answer
// to it. Where the proxy was logged in to in several steps it is the last one,
// and Legs has those before.
type Tunnel struct {
	// Request is the request line as sent.
	Request   string `json:"request"`
	UserAgent string `json:"user_agent,omitempty" scrub:"-"`
	// AuthSent is the scheme of the Proxy-Authorization that was sent, or empty.
	AuthSent string `json:"auth_sent,omitempty" scrub:"-"`
	// AuthProblem says why a login that was asked for could not be made, e.g. that
	// the proxy does not offer its scheme.
	AuthProblem string `json:"auth_problem,omitempty"`
	// AuthAsked is the scheme of that login.
	AuthAsked string `json:"auth_asked,omitempty" scrub:"-"`
	// Legs are the answers that led to this one, on the same login.
	Legs []Leg `json:"legs,omitempty"`
	// StatusLine is the first line as the peer sent it.
	StatusLine string   `json:"status_line,omitempty"`
	Code       int      `json:"code,omitempty"`
	Phrase     string   `json:"phrase,omitempty"`
	Headers    []Header `json:"headers,omitempty"`
	Body       *Body    `json:"body,omitempty"`
	// Challenges are the schemes of every Proxy-Authenticate, in order.
	Challenges []Challenge `json:"challenges,omitempty"`
	// EarlyBytes are bytes that followed a 2xx before we sent any.
	EarlyBytes string `json:"early_bytes,omitempty"`
	// FirstBytes are the peer's first bytes where they are not a status line.
	FirstBytes string `json:"first_bytes,omitempty"`
	// FirstByteMS is the time from the request to the first byte, milliseconds.
	FirstByteMS float64 `json:"first_byte_ms,omitempty"`
	// Alert is the number of the TLS alert with which an https:// proxy ended the
	// connection in place of an answer, 0 for none.
	Alert int `json:"alert,omitempty"`
	// Connection is what became of the connection after a refusal: [Kept] or
	// [Ended]; empty where it was not looked at.
	Connection string `json:"connection,omitempty" scrub:"-"`
	// Remarks are oddities of the answer's form, see the constants Remark….
	Remarks []string `json:"remarks,omitempty" scrub:"-"`
	// Log is what the proxy's own log says of the request, where that was read; else nil.
	Log *ProxyLog `json:"log,omitempty"`
	// SOCKS is the dialogue with a SOCKS server, nil for CONNECT.
	SOCKS *SOCKS `json:"socks,omitempty"`
}

// ProxyLog is what a proxy's own log says of a request.
type ProxyLog struct {
	// Client is the address that asked, as the log has it.
	Client string `json:"client,omitempty"`
	// Says is why the proxy did not serve it, in the words of [Signature.Says], or no-way where the
	// log says that it asked nobody for it; empty where the log does not tell.
	Says string `json:"says,omitempty" scrub:"-"`
}

// Leg is an answer on the way of a login.
type Leg struct {
	// AuthSent is the scheme that went with the request, empty for none.
	AuthSent   string      `json:"auth_sent,omitempty" scrub:"-"`
	StatusLine string      `json:"status_line,omitempty"`
	Code       int         `json:"code,omitempty"`
	Challenges []Challenge `json:"challenges,omitempty"`
	Connection string      `json:"connection,omitempty" scrub:"-"`
}

// What became of a connection after a refusal.
const (
	Kept  = "kept"
	Ended = "closed"
)

// Oddities of an answer to CONNECT.
const (
	// RemarkInformational: 1xx answers came first.
	RemarkInformational = "informational"
	// RemarkBareLF: a line of the head ended in LF without CR (RFC 9112 2.2).
	RemarkBareLF = "bare-lf"
	// RemarkChunked: the body came in chunks.
	RemarkChunked = "chunked"
	// RemarkFlood: status line and headers passed our bound.
	RemarkFlood = "header-flood"
	// RemarkUnending: the body had not ended when our bound or patience did.
	RemarkUnending = "unending-body"
	// RemarkBodyOn2xx: a 2xx announced a body, which CONNECT does not have (RFC
	// 9110 section 9.3.6); it was read as the tunnel's first bytes.
	RemarkBodyOn2xx = "body-on-2xx"
)

// SOCKS is what a SOCKS5 server said (RFC 1928).
type SOCKS struct {
	// Offered are the methods that were offered to it, Method is the one that it
	// chose: 0 none, 1 GSSAPI, 2 user name and password, 255 none of them; -1
	// where it did not say.
	Offered []int `json:"offered,omitempty"`
	Method  int   `json:"method"`
	// Login is the answer to user name and password: 0 accepted, -1 none given.
	Login int `json:"login"`
	// Reply is the reply code: 0 success, 1 failure, 2 not allowed, 3 network
	// unreachable, 4 host unreachable, 5 refused, 6 TTL expired, 7 command and 8
	// address type not supported; -1 where it did not say.
	Reply int `json:"reply"`
	// ResolvedBy tells who looked the target's name up, [ByProxy] or [ByClient];
	// empty where nothing was asked for. Address is what the server was given in
	// place of the name.
	ResolvedBy string `json:"resolved_by" scrub:"-"`
	Address    string `json:"address,omitempty" scrub:"-"`
}

// Said returns the last thing that the server said, in the words of RFC 1928 and RFC
// 1929; empty where it said nothing that tells.
func (s SOCKS) Said() string {
	replies := []string{"", "general failure", "connection not allowed by ruleset", "network unreachable", "host unreachable",
		"connection refused", "TTL expired", "command not supported", "address type not supported"}
	switch {
	case s.Method == SOCKSNoMethod:
		return "no acceptable method"
	case s.Login > 0:
		return fmt.Sprintf("login refused (status %d)", s.Login)
	case s.Reply > 0 && s.Reply < len(replies):
		return fmt.Sprintf("reply %d, %s", s.Reply, replies[s.Reply])
	case s.Reply > 0:
		return fmt.Sprintf("reply %d", s.Reply)
	}
	return ""
}

// Who looks up the name of a target behind a SOCKS server.
const (
	ByProxy  = "proxy"
	ByClient = "client"
)

// SOCKS methods, and the value that stands for "did not say".
const (
	SOCKSNone     = 0
	SOCKSGSSAPI   = 1
	SOCKSPassword = 2
	SOCKSNoMethod = 255
	SOCKSUnsaid   = -1
)

// Offers returns what the proxy offers for a login: the challenges of the first
// answer that had some.
func (t Tunnel) Offers() []Challenge {
	for _, l := range t.Legs {
		if len(l.Challenges) > 0 {
			return l.Challenges
		}
	}
	return t.Challenges
}
