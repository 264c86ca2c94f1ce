package transcript

import (
	"regexp"
	"strings"

	"pullpath/internal/evidence"
)

// openssl reads what openssl s_client prints, from 0.9.8 on and LibreSSL's. What it writes to
// stderr, the errors and the judgement of the chain, may stand before or behind the rest.
type openssl struct {
	r *reader
	s *session
}

func newOpenSSL(r *reader) *openssl { return &openssl{r: r} }

func (o *openssl) form() string { return "openssl s_client" }

// session is one connection of s_client.
type session struct {
	at line
	// host, name and proxy are those of the command line, empty where it is not in the text.
	host, name, proxy string
	address           string
	connected         bool
	ended             bool // the last line of its own was read
	refusal           *said
	dial, lookup      *said
	broken            *said
	verify            []verdict
	verified          bool
	noCertificate     bool
	// read is how many bytes came, -1 where the text does not say.
	read            int
	version, cipher string
	leaf            *evidence.Certificate
	pem             pemBlock
	certificates    int // that were printed in full
	depth           int // of the chain's line that is read, -1 outside of the list
}

// said is a line that tells a failure.
type said struct {
	at   line
	text string
	p    phrase
}

// verdict is an error of the chain by OpenSSL's number (x509_vfy.h, X509_V_ERR_…).
type verdict struct {
	at     line
	number int
	text   string
}

var (
	sslCommand = regexp.MustCompile(`\b(?:openssl|libressl)(?:\.exe)?\s+s_client\b(.*)`)
	sslOption  = regexp.MustCompile(`\s--?(connect|host|port|servername|proxy)[ =]['"]?([^\s'"]+)`)
	sslBegins  = regexp.MustCompile(`^\s*(?:CONNECTED\([0-9A-Fa-f]+\)|depth=\d|verify error:num=\d|no peer certificate available` +
		`|Certificate chain$|` +
		`(?:connect|write|read):errno=\d|CONNECTION ESTABLISHED|s_client: |[0-9A-Fa-f]{2,}:error:[0-9A-Fa-f]{8}:|Connecting to ` +
		`\[?[0-9a-fA-F.:]+\]?$)`)
	sslStack   = regexp.MustCompile(`^\s*[0-9A-Fa-f]{2,}:error:([0-9A-Fa-f]{8}):(.*)$`)
	sslAlert   = regexp.MustCompile(`SSL alert number (\d+)`)
	sslErrno   = regexp.MustCompile(`^\s*(connect|write|read):errno=(\d+)`)
	sslRefused = regexp.MustCompile(`HTTP CONNECT failed(?:, reason=|:)\s*(?:HTTP/1\.\d )?(\d{3})? ?(.*)$`)
	sslVerify  = regexp.MustCompile(`^\s*verify error:num=(\d+):(.*)$`)
	sslReturn  = regexp.MustCompile(`^\s*Verify return code: (\d+) \((.*)\)`)
	sslReads   = regexp.MustCompile(`^SSL handshake has read (\d+) bytes`)
	sslChain   = regexp.MustCompile(`^\s*(\d+) s:(.*)$`)
	sslIssuer  = regexp.MustCompile(`^\s+i:(.*)$`)
	sslDates   = regexp.MustCompile(`^\s+v:NotBefore: (.+?); NotAfter: (.+)$`)
	sslSubject = regexp.MustCompile(`^(subject|issuer)=\s*(.+)$`)
	sslAgreed  = regexp.MustCompile(`^\s*(?:New|Reused), ([^,]+), Cipher is (\S+)`)
	sslVersion = regexp.MustCompile(`^\s*Protocol(?: version)?\s*: (\S+)`)
	sslSuite   = regexp.MustCompile(`^\s*(?:Ciphersuite|Cipher\s*): (\S+)`)
	// sslRest are the lines that tell nothing more.
	sslRest = regexp.MustCompile(`^(?:---|Server certificate|Certificate chain|No client certificate|Acceptable client|Client Certificate ` +
		`Types|Requested |` +
		`Shared |Peer |Server (?:Temp Key|public key)|Negotiated |SSL handshake|Verif|verify |This TLS|Secure Reneg|Compression|Expansion|No ` +
		`ALPN|` +
		`ALPN|Early data|SSL-Session|Post-Handshake|DONE|read R BLOCK|closed|poll|drop|SSL_connect|CONNECTION|Hash used|Signature type|Can't ` +
		`use|` +
		`Extended master|Max Early|TLS session|    [A-Z0-9]|\s+[0-9a-f]{4} - |\s+[av]:|\s*\d+ s:|\s+i:|EC point|Supported |OCSP |Didn't find` +
		`|Server did|` +
		`WARNING: can't open config|Using default temp|Loading 'screen'|PSK |Start Time|Key-Arg|Krb5|\s*$)`)
)

func (o *openssl) begins(text string) bool {
	// The verdict alone, without the lines of s_client, is another program's: apk, ruby, git.
	if strings.Contains(text, "certificate verify failed") && sslStack.MatchString(text) {
		return false
	}
	return sslBegins.MatchString(text) || strings.Contains(text, "s_client") && sslCommand.MatchString(text)
}

func (o *openssl) take(l line) bool {
	text := l.text
	if m := sslCommand.FindStringSubmatch(text); m != nil {
		o.end()
		o.s = newSession(l)
		o.s.options(m[1])
		return true
	}
	if o.s == nil || o.s.ended && sslBegins.MatchString(text) || o.s.connected && strings.HasPrefix(text, "CONNECTED(") {
		o.end()
		o.s = newSession(l)
	}
	return o.certificate(l) || o.failing(l) || o.judging(l) || o.agreeing(l) || sslRest.MatchString(text)
}

func newSession(l line) *session { return &session{at: l, read: -1, depth: -1} }

// options reads the command's.
func (s *session) options(rest string) {
	port := "443"
	for _, m := range sslOption.FindAllStringSubmatch(rest, -1) {
		switch m[1] {
		case "connect", "host":
			s.host = m[2]
		case "port":
			port = m[2]
		case "servername":
			s.name = m[2]
		case "proxy":
			s.proxy = m[2]
		}
	}
	if s.host != "" && !strings.Contains(s.host, ":") {
		s.host += ":" + port
	}
}

// failing reads what ended it before or in the handshake.
func (o *openssl) failing(l line) bool {
	s, text := o.s, l.text
	if m := sslRefused.FindStringSubmatch(text); m != nil {
		s.refusal = &said{at: l, text: strings.TrimSpace(m[1] + " " + m[2])}
		return true
	}
	if m := sslErrno.FindStringSubmatch(text); m != nil {
		o.errno(l, m[1], m[2])
		return true
	}
	for _, begin := range []string{"connect: ", "socket: ", "getaddrinfo: ", "gethostbyname failure", "s_client: Can't use",
		"Name or service"} {
		if strings.HasPrefix(text, begin) {
			o.stacked(l, text)
			return true
		}
	}
	if m := sslStack.FindStringSubmatch(text); m != nil {
		o.stacked(l, m[2])
		return true
	}
	return false
}

// stacked is a line of OpenSSL's stack of errors: library, function, reason, file.
func (o *openssl) stacked(l line, text string) {
	s, low := o.s, strings.ToLower(text)
	p, ok := phraseIn(text)
	switch {
	case strings.Contains(low, "bio_lookup") || strings.HasPrefix(low, "getaddrinfo") || strings.HasPrefix(low, "gethostbyname"):
		s.lookup = &said{at: l, text: text}
	case strings.Contains(low, "bio_connect") || strings.Contains(low, "bio routines") || strings.HasPrefix(low, "connect: ") ||
		strings.HasPrefix(low, "socket: "):
		if s.dial == nil {
			s.dial = &said{at: l, text: text, p: p}
		}
	case strings.Contains(low, "certificate verify failed"): // the verdict says more
	case s.broken == nil || s.broken.p.kind == evidence.Unknown:
		if !ok || p.op != evidence.OpHandshake && p.op != "" {
			p = phrase{op: evidence.OpHandshake, kind: evidence.Unknown}
		}
		if strings.Contains(low, "ssl23_write:ssl handshake failure") {
			p.kind = evidence.Closed // 1.0: the read before it found the end
		}
		if m := sslAlert.FindStringSubmatch(text); m != nil {
			p.kind, p.alert = evidence.Alert, number(m[1])
		}
		s.broken = &said{at: l, text: text, p: p}
	}
}

// errno is the number of the system's error with which a call ended. The numbers are those of
// Linux (errno.h), of macOS and BSD, and of Windows' sockets.
func (o *openssl) errno(l line, call, text string) {
	kind := evidence.Unknown
	switch number(text) {
	case 111, 10061, 61:
		kind = evidence.Refused
	case 110, 10060, 60:
		kind = evidence.Timeout
	case 113, 101, 10065, 10051, 51, 65:
		kind = evidence.NoRoute
	case 104, 10054, 54:
		kind = evidence.Reset
	case 1, 13, 10013:
		kind = evidence.DeniedLocally
	case 0:
		kind = evidence.Closed
	}
	s, why := o.s, &said{at: l, text: strings.TrimSpace(l.text), p: phrase{kind: kind}}
	switch {
	case call != "connect":
		if s.broken == nil {
			s.broken = why
		}
	case s.lookup != nil:
		s.ended = true
	default:
		if s.dial != nil && (s.dial.p.kind == "" || s.dial.p.kind == evidence.Unknown || kind != evidence.Unknown && kind != evidence.Closed) {
			s.dial.p.kind = kind
		}
		if s.dial == nil {
			s.dial = why
		}
		s.ended = true
	}
}

// judging reads what s_client makes of the chain.
func (o *openssl) judging(l line) bool {
	s, text := o.s, l.text
	if m := sslVerify.FindStringSubmatch(text); m != nil {
		s.verify = append(s.verify, verdict{l, number(m[1]), m[2]})
		return true
	}
	if rest, ok := strings.CutPrefix(text, "Verification error: "); ok && len(s.verify) == 0 {
		s.verify = append(s.verify, verdict{l, -1, rest})
		return true
	}
	if m := sslReturn.FindStringSubmatch(text); m != nil {
		s.ended = true
		switch n := number(m[1]); {
		case n != 0:
			s.verify = append(s.verify, verdict{l, n, m[2]})
		default:
			s.verified = true
		}
		return true
	}
	if strings.HasPrefix(text, "Verification: OK") {
		s.verified = true
		return true
	}
	return strings.HasPrefix(text, "depth=")
}

// agreeing reads what stands and what was agreed.
func (o *openssl) agreeing(l line) bool {
	s, text := o.s, l.text
	switch {
	case strings.HasPrefix(strings.TrimSpace(text), "CONNECTED("), strings.HasPrefix(text, "CONNECTION ESTABLISHED"):
		s.connected = true
	case strings.HasPrefix(text, "Connecting to "):
		s.address = strings.Trim(strings.TrimPrefix(text, "Connecting to "), "[]")
	case strings.HasPrefix(text, "no peer certificate available"):
		s.noCertificate = true
	case sslReads.MatchString(text):
		s.read = number(sslReads.FindStringSubmatch(text)[1])
	case sslAgreed.MatchString(text):
		m := sslAgreed.FindStringSubmatch(text)
		if m[2] != "(NONE)" {
			s.cipher = m[2]
			if s.version == "" && !strings.Contains(m[1], "/") { // TLSv1/SSLv3 names a family
				s.version = m[1]
			}
		}
	case sslVersion.MatchString(text) && (s.cipher != "" || strings.Contains(text, "version")):
		s.version = sslVersion.FindStringSubmatch(text)[1]
	case sslSuite.MatchString(text) && strings.HasPrefix(text, "Cipher"):
		s.cipher = sslSuite.FindStringSubmatch(text)[1]
	default:
		return false
	}
	return true
}

// end makes an attempt of the session.
func (o *openssl) end() {
	s := o.s
	o.s = nil
	if s == nil {
		return
	}
	a := attempt{at: s.at, host: s.host, role: evidence.Registry, proxied: s.proxy != ""}
	if s.proxy != "" {
		a.via = "http://" + s.proxy
	}
	role := evidence.Registry
	if a.proxied {
		role = evidence.Proxy
	}
	if s.lookup != nil {
		name, _, _ := strings.Cut(s.peerName(), ":")
		a.add(evidence.Hop{Op: evidence.OpResolve, Role: role, State: evidence.Failed, Failure: o.r.failure(evidence.Unknown, s.lookup.text),
			Detail: evidence.Resolve{Name: o.r.scribe.Short(name, maxQuote)}, Origin: s.lookup.at.origin(o.r.scribe)})
		o.r.keep(a)
		return
	}
	if h, ok := o.dialHop(s, role); ok {
		a.add(h)
	}
	if h, ok := o.tunnelHop(s); ok {
		a.add(h)
	}
	if h, ok := o.shakeHop(s); ok {
		a.add(h)
	}
	o.r.keep(a)
}

// peerName is what is connected to.
func (s *session) peerName() string {
	if s.proxy != "" {
		return s.proxy
	}
	return s.host
}

func (o *openssl) dialHop(s *session, role evidence.Role) (evidence.Hop, bool) {
	h := evidence.Hop{Op: evidence.OpDial, Role: role, Origin: s.at.origin(o.r.scribe), Peer: s.peer(),
		Detail: evidence.Dial{Address: s.peer()}}
	switch {
	case s.dial != nil && !s.connected:
		h.State, h.Failure = evidence.Failed, o.r.failure(kindFor(evidence.OpDial, s.dial.p.kind), s.dial.text)
		h.Origin = s.dial.at.origin(o.r.scribe)
	case s.connected:
		h.State = evidence.OK
	default:
		return h, false
	}
	return h, true
}

// peer is the address, empty where none is told.
func (s *session) peer() string {
	if _, port, ok := strings.Cut(s.peerName(), ":"); ok && s.address != "" {
		return hostPort(s.address, port)
	}
	return ""
}

func (o *openssl) tunnelHop(s *session) (evidence.Hop, bool) {
	h := evidence.Hop{Op: evidence.OpTunnel, Role: evidence.Proxy, State: evidence.OK, Peer: s.peer(), Origin: s.at.origin(o.r.scribe)}
	d := evidence.Tunnel{}
	if s.host != "" {
		d.Request = "CONNECT " + s.host + " HTTP/1.0"
	}
	switch {
	case s.refusal != nil:
		code, phrase, _ := strings.Cut(s.refusal.text, " ")
		d.Code, d.StatusLine, d.Phrase = max(number(code), 0), o.r.scribe.Short(s.refusal.text, maxQuote), o.r.scribe.Short(phrase, maxQuote)
		h.State, h.Failure = evidence.Failed, o.r.failure(evidence.ProxyStatus, s.refusal.text)
		h.Origin = s.refusal.at.origin(o.r.scribe)
	case s.proxy == "" || s.leaf == nil:
		return h, false
	}
	h.Detail = d
	return h, true
}

// shakeHop is the handshake as far as it is told. It is "ok" where a certificate came and was
// judged sound.
func (o *openssl) shakeHop(s *session) (evidence.Hop, bool) {
	d := evidence.Handshake{ServerName: o.r.scribe.Short(s.serverName(), maxQuote), Leaf: s.leaf, BytesReceived: int64(max(s.read, 0))}
	if s.cipher != "" {
		d.Version, d.Cipher = o.r.scribe.Short(s.version, maxQuote), o.r.scribe.Short(s.cipher, maxQuote)
	}
	h := evidence.Hop{Op: evidence.OpHandshake, State: evidence.Failed, Peer: s.hostPeer(), Origin: s.at.origin(o.r.scribe)}
	fail := func(at line, kind evidence.Kind, text string) {
		h.Failure, h.Origin = o.r.failure(kindFor(evidence.OpHandshake, kind), text), at.origin(o.r.scribe)
	}
	v, judged := s.verdict()
	switch {
	case s.refusal != nil || s.dial != nil && !s.connected:
		return h, false
	case judged:
		fail(v.at, v.kind(), v.text)
	case s.broken != nil && (s.noCertificate || s.cipher == ""):
		d.Alert = s.broken.p.alert
		fail(s.broken.at, s.broken.p.kind, s.broken.text)
	case s.noCertificate && s.read == 0:
		fail(s.at, evidence.Unknown, "no peer certificate available, read 0 bytes: the connection was closed or reset")
	case s.noCertificate && s.connected:
		fail(s.at, evidence.Unknown, "no peer certificate available")
	case s.verified && s.leaf != nil:
		h.State = evidence.OK
	default:
		return h, false
	}
	h.Detail = d
	return h, true
}

func (s *session) hostPeer() string {
	if s.proxy != "" {
		return ""
	}
	return s.peer()
}

func (s *session) serverName() string {
	if s.name != "" {
		return s.name
	}
	name, _, _ := strings.Cut(s.host, ":")
	return name
}

// verdict is the error that says most: a name or a date before the trust, which an old store
// may lack, and of several about trust the last, which s_client returns.
func (s *session) verdict() (verdict, bool) {
	if len(s.verify) == 0 {
		return verdict{}, false
	}
	best := s.verify[len(s.verify)-1]
	for _, v := range s.verify {
		if v.kind() != evidence.Untrusted && v.kind() != evidence.Unknown {
			best = v
			break
		}
	}
	return best, true
}

func (v verdict) kind() evidence.Kind {
	switch v.number {
	case 9:
		return evidence.NotYetValid
	case 10:
		return evidence.Expired
	case 62, 64:
		return evidence.WrongName
	case 2, 18, 19, 20, 21, 27, 28:
		return evidence.Untrusted
	}
	if p, ok := phraseIn(v.text); ok && p.op == evidence.OpHandshake {
		return p.kind
	}
	return evidence.Unknown
}
