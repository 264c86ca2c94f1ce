package transcript

import (
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"pullpath/internal/evidence"
)

// curl reads what curl -v prints, and --trace-ascii, of any version and TLS library: notes of
// its own behind a star, what it sent behind >, what came behind <.
type curl struct {
	r *reader
	t *transfer
}

func newCurl(r *reader) *curl { return &curl{r: r} }

func (c *curl) form() string { return "curl" }

// transfer is one URL that curl fetches, or one hop of its redirects.
type transfer struct {
	at    line
	proxy string // as the variable or the option has it
	// name and port are what is connected to, connect the target of a CONNECT.
	name, connect string
	dials         []evidence.Hop
	lookup        *evidence.Hop
	// sent and got are the request and the answer that are under way.
	sent, got []string
	sentAt    line
	tunnel    *evidence.Hop
	shake     *evidence.Hop
	requests  []evidence.Hop
	body      strings.Builder
	inBody    bool
	tls       bool
	// begun means that TLS was begun: a handshake line was seen.
	begun  bool
	failed bool
	// url is what was asked for, where the program says it.
	url   string
	agent string
	socks bool
}

var (
	curlStart = regexp.MustCompile(`^\s*(?:\d\d:\d\d:\d\d\.\d+ )?(?:\[\S+\] )?(?:\* |== Info: )\s*(?:Uses proxy env|Trying |` +
		`About to connect|Host \S+ was resolved|Could(?:n't| not) resolve|Rebuilt URL|Hostname .* was NOT found|` +
		`Connected to|Connection #\d|Establish HTTP proxy|Closing connection|Re-using|Immediate connect|processing:|STATE: INIT|` +
		`Server auth using|Proxy auth using|Expire in|Closure alert|IPv6:|IPv4:|!!! WARNING|` +
		`Received HTTP code|CONNECT |Proxy |SSL |TLS|schannel|NSS|ALPN|  ?CAfile|connect to |Failed to connect|Recv failure|OpenSSL|` +
		`GnuTLS|gnutls|Unknown SSL|Operation timed|Empty reply|Issue another|Added \S+ to DNS)`)
	curlError = regexp.MustCompile(`(?:^|[\s0-9])curl: \((\d+)\) ?(.*)$`)
	curlTimed = regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d+ (?:\[\S+\] )?`)
	traceHead = regexp.MustCompile(`^(?:=> Send header|<= Recv header)`)
	traceLine = regexp.MustCompile(`^[0-9a-f]{4}: (.*)$`)
	meter     = regexp.MustCompile(`^.*--:--:--\s+\d+k?(\* .*|curl: .*)$`)
)

// noted returns what a line of curl is: its mark (*, >, <, { or }) and the text.
func noted(text string) (mark byte, rest string) {
	text = strings.TrimLeft(curlTimed.ReplaceAllString(strings.TrimLeft(text, " \t"), ""), " ")
	if m := meter.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	text = strings.TrimPrefix(text, "== Info: ")
	switch {
	case text == "":
		return 0, ""
	case len(text) == 1 && strings.Contains("<>*", text):
		return text[0], ""
	case strings.HasPrefix(text, "* "), strings.HasPrefix(text, "> "), strings.HasPrefix(text, "< "), strings.HasPrefix(text, "{ "),
		strings.HasPrefix(text, "} "), strings.HasPrefix(text, "*\t"):
		return text[0], strings.TrimSpace(text[1:])
	}
	return 0, text
}

func (c *curl) begins(text string) bool {
	if !strings.Contains(text, "* ") && !strings.Contains(text, "> CONNECT ") && !strings.Contains(text, "== Info: ") {
		return false
	}
	if curlStart.MatchString(text) {
		return true
	}
	if m := meter.FindStringSubmatch(text); m != nil && strings.HasPrefix(m[1], "* ") {
		return true
	}
	mark, rest := noted(text)
	return mark == '>' && strings.HasPrefix(rest, "CONNECT ") || strings.HasPrefix(text, "== Info: ")
}

func (c *curl) take(l line) bool {
	mark, rest := noted(l.text)
	if m := curlError.FindStringSubmatch(l.text); m != nil {
		c.final(l, m[1], m[2])
		return true
	}
	switch {
	case mark == '*' || strings.HasPrefix(strings.TrimSpace(l.text), "== Info:"):
		c.note(l, rest)
	case mark == '>':
		c.send(l, rest)
	case mark == '<':
		c.receive(l, rest)
	case mark == '{' || mark == '}' || traceHead.MatchString(l.text):
	case traceLine.MatchString(l.text):
		c.dump(l, traceLine.FindStringSubmatch(l.text)[1])
	case c.t != nil && (c.t.inBody || len(c.t.requests) > 0 || c.t.tunnel != nil) && !statementStart.MatchString(l.text):
		c.unmarked(l)
	default:
		return c.other(l.text)
	}
	return true
}

var (
	// statementStart is how another program's line begins behind curl's output.
	statementStart = regexp.MustCompile(`^\s*(?:time="|level=|Error: |Error response|FATA\[|ERRO\[|WARN\[|Failed to|Trying to pull|` +
		`\S+ \d+ \d\d:\d\d:\d\d |[IWEF]\d{4} |[$#] )`)
	// glued is a note behind a body that does not end its line.
	glued = regexp.MustCompile(`^(.+?)(\* (?:Uses proxy env|  Trying |Host \S+ was resolved|Connection #|Closing connection|` +
		`Could not resolve|About to connect|Rebuilt URL|Re-using|processing).*)$`)
)

// unmarked is a line of a body. Standard output and standard error come in any order, so that it
// may stand behind the end of its answer.
func (c *curl) unmarked(l line) {
	if m := glued.FindStringSubmatch(l.text); m != nil {
		c.page(m[1])
		c.take(line{l.file, l.no, m[2]})
		return
	}
	c.page(l.text)
}

// other is a line that is none of curl's notes: blank ones and the progress meter are passed
// over, an end of the block is not.
func (c *curl) other(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || strings.HasPrefix(text, "% Total") || strings.HasPrefix(text, "Dload") || strings.Contains(text, "--:--:--") ||
		strings.HasPrefix(text, "More details here:") || strings.HasPrefix(text, "curl failed to verify") || strings.HasPrefix(text,
		"subject:") ||
		strings.HasPrefix(text, "issuer:")
}

// maxPage is how much of a body is kept, in bytes: enough to know a page by.
const maxPage = 16 << 10

func (c *curl) page(text string) {
	if c.t.body.Len() < maxPage {
		c.t.body.WriteString(text + "\n")
	}
}

// dump is a line of --trace-ascii.
func (c *curl) dump(l line, text string) {
	switch {
	case strings.HasPrefix(text, "HTTP/"), c.t != nil && len(c.t.got) > 0:
		c.receive(l, text)
	default:
		c.send(l, text)
	}
}

func (c *curl) begin(l line) *transfer {
	if c.t == nil {
		c.t = &transfer{at: l}
	}
	return c.t
}

// send is a line of a request.
func (c *curl) send(l line, text string) {
	t := c.begin(l)
	if len(t.got) > 0 {
		c.answer()
	}
	if len(t.sent) == 0 {
		t.sentAt = l
	}
	t.inBody = false
	if text == "" {
		return
	}
	t.sent = append(t.sent, text)
	if method, rest, ok := strings.Cut(text, " "); ok && method == "CONNECT" {
		t.connect, _, _ = strings.Cut(rest, " ")
	}
	if name, value, ok := strings.Cut(text, ":"); ok && strings.EqualFold(name, "user-agent") {
		t.agent = strings.TrimSpace(value)
	}
}

// receive is a line of an answer's head.
func (c *curl) receive(l line, text string) {
	t := c.begin(l)
	if strings.HasPrefix(text, "HTTP/") && len(t.got) > 0 {
		c.answer()
	}
	if text == "" {
		t.inBody = len(t.got) > 0
		return
	}
	if len(t.got) == 0 && !strings.HasPrefix(text, "HTTP/") {
		return
	}
	t.got = append(t.got, text)
}

// answer closes the answer that is under way: that of the proxy to a CONNECT, or that of the
// host.
func (c *curl) answer() {
	t := c.t
	if t == nil || len(t.got) == 0 {
		return
	}
	request := ""
	if len(t.sent) > 0 {
		request = t.sent[0]
	}
	head, body := c.r.head(t.got), t.body.String()
	if strings.HasPrefix(request, "CONNECT ") {
		t.tunnel = c.r.connectHop(t, request, head, body)
	} else if head.code >= 200 {
		t.requests = append(t.requests, c.r.requestHop(t, request, head, body))
	}
	if head.code != 407 && head.code >= 200 {
		t.sent = nil
	}
	t.got, t.inBody = nil, false
	t.body.Reset()
}

// end keeps what is open.
func (c *curl) end() {
	if c.t != nil {
		c.answer()
		c.late()
		c.r.keepTransfer(c.t)
		c.t = nil
	}
}

// late gives a body that came behind the end of its answer to the last request.
func (c *curl) late() {
	t := c.t
	if t.body.Len() == 0 || len(t.requests) == 0 {
		return
	}
	last := &t.requests[len(t.requests)-1]
	d := evidence.DetailOf[evidence.Request](*last)
	if d.Body == nil {
		kind, _ := evidence.HeaderValue(d.Headers, "Content-Type")
		d.Body = c.r.scribe.Body([]byte(t.body.String()), kind, false)
		d.Errors = c.r.scribedErrors(readErrors(t.body.String(), kind, d.Code))
		last.Detail = d
	}
}

// final is curl's last line: the number of the error and its sentence.
func (c *curl) final(l line, number, text string) {
	c.begin(l)
	c.answer()
	c.failure(l, text, number)
	c.end()
}

// hostPort joins what a note tells.
func hostPort(host, port string) string {
	return net.JoinHostPort(strings.Trim(host, "[]"), port)
}

// target is the URL that a transfer is for.
func (t *transfer) target() *url.URL {
	if t.url != "" {
		return parseURL(t.url)
	}
	host, path, scheme := t.connect, "/", "https"
	if len(t.requests) > 0 {
		if u, err := url.Parse(evidence.DetailOf[evidence.Request](t.requests[0]).URL); err == nil && u.Host != "" {
			return u
		}
	}
	if host == "" && !t.toProxy() {
		host = t.name
	}
	if host == "" {
		return nil
	}
	if _, port, err := net.SplitHostPort(host); err == nil && port == "80" && !t.tls && t.connect == "" {
		scheme = "http"
	}
	u, err := url.Parse(scheme + "://" + host + path)
	if err != nil {
		return nil
	}
	return u
}

// toProxy: the one host that is told of is the proxy.
func (t *transfer) toProxy() bool {
	_, address, found := strings.Cut(t.proxy, "://")
	if !found {
		address = t.proxy
	}
	address = address[strings.LastIndexByte(address, '@')+1:]
	return t.name != "" && strings.TrimSuffix(address, "/") == t.name
}

// keepTransfer makes an attempt of a transfer: its steps in their order.
func (r *reader) keepTransfer(t *transfer) {
	a := r.way(t)
	role := a.role
	if a.proxied {
		role = evidence.Proxy
	}
	if t.lookup != nil {
		t.lookup.Role = role
		a.add(*t.lookup)
	}
	for _, d := range t.dials {
		d.Role = role
		if d.State == evidence.Failed && t.peer() != "" {
			d.Purpose = evidence.Probing // another address answered
		}
		a.add(d)
	}
	if t.tunnel != nil {
		a.add(*t.tunnel)
	}
	if t.shake != nil && (t.shake.State == evidence.Failed || evidence.DetailOf[evidence.Handshake](*t.shake).Version != "") {
		if t.tunnel == nil && strings.HasPrefix(a.via, "https://") {
			t.shake.Role = evidence.Proxy // the handshake with the proxy itself
		}
		a.add(*t.shake)
	}
	for _, q := range t.requests {
		a.add(q)
	}
	r.keep(a)
}

// way is where a transfer goes, and by which proxy.
func (r *reader) way(t *transfer) attempt {
	a := attempt{at: t.at, url: t.target(), via: t.proxy}
	elsewhere := a.url != nil && !strings.HasPrefix(t.name, a.url.Hostname()+":")
	a.proxied = t.connect != "" || t.proxy != "" && elsewhere
	if a.url == nil {
		a.url = parseURL(r.command)
		a.proxied = a.proxied || t.proxy != ""
	}
	at, named := a.endpoint()
	a.direct = named && !a.proxied && t.peer() != "" && at.ID() == t.name
	a.role = roleOf(a.url, place{})
	if a.proxied && a.via == "" {
		a.via = t.name
	}
	if a.via != "" && !strings.Contains(a.via, "://") {
		a.via = "http://" + a.via
	}
	return a
}

// head is a head as it was printed.
type head struct {
	line    string
	code    int
	phrase  string
	headers []evidence.Header
	fields  []string
}

// head reads the lines of an answer.
func (r *reader) head(lines []string) head {
	h := head{line: r.scribe.Short(lines[0], maxQuote)}
	if f := strings.SplitN(lines[0], " ", 3); len(f) > 1 {
		h.code, _ = strconv.Atoi(f[1])
		if len(f) > 2 {
			h.phrase = r.scribe.Short(f[2], maxQuote)
		}
	}
	for _, l := range lines[1:] {
		if name, value, ok := strings.Cut(l, ":"); ok && len(h.headers) < evidence.MaxHeaders {
			h.headers = append(h.headers, r.scribe.Header(strings.TrimSpace(name), strings.TrimSpace(value)))
			h.fields = append(h.fields, strings.TrimSpace(name)+":"+strings.TrimSpace(value))
		}
	}
	return h
}

// challenges are those of a field.
func (h head) challenges(scribe evidence.Scribe, field string) []evidence.Challenge {
	var out []evidence.Challenge
	for _, f := range h.fields {
		if name, value, _ := strings.Cut(f, ":"); strings.EqualFold(name, field) {
			out = append(out, scribe.Challenges(value)...)
		}
	}
	return out
}

// connectHop is a CONNECT and its answer.
func (r *reader) connectHop(t *transfer, request string, h head, body string) *evidence.Hop {
	d := evidence.Tunnel{Request: r.scribe.Short(request, maxQuote), UserAgent: r.scribe.Short(t.agent, maxQuote), StatusLine: h.line,
		Code: h.code, Phrase: h.phrase, Headers: h.headers, Challenges: h.challenges(r.scribe, "Proxy-Authenticate"),
		AuthSent: authSent(t.sent, "Proxy-Authorization"), Body: r.scribe.Body([]byte(body), contentType(h), false)}
	out := &evidence.Hop{Op: evidence.OpTunnel, Role: evidence.Proxy, State: evidence.OK, Detail: d, Peer: t.peer(),
		Origin: t.sentAt.origin(r.scribe)}
	if h.code < 200 || h.code > 299 {
		out.State, out.Failure = evidence.Failed, r.failure(evidence.ProxyStatus, h.line)
		t.failed = true
	}
	return out
}

// requestHop is a request and its answer.
func (r *reader) requestHop(t *transfer, request string, h head, body string) evidence.Hop {
	method, path := "", ""
	if f := strings.Fields(request); len(f) > 1 {
		method, path = f[0], f[1]
	}
	raw := path
	if !strings.Contains(path, "://") {
		raw = t.base() + path
	}
	u := parseURL(raw)
	d := evidence.Request{Method: method, URL: r.scribe.URL(raw), UserAgent: r.scribe.Short(t.agent, maxQuote), Step: stepOf(u),
		AuthSent: authSent(t.sent, "Authorization"), StatusLine: h.line, Code: h.code, Headers: h.headers,
		Challenges: h.challenges(r.scribe, "WWW-Authenticate"), Body: r.scribe.Body([]byte(body), contentType(h), false)}
	if location, ok := evidence.HeaderValue(h.headers, "Location"); ok {
		d.Location = location
	}
	d.Errors = r.scribedErrors(readErrors(body, contentType(h), h.code))
	out := evidence.Hop{Op: evidence.OpRequest, State: evidence.OK, Detail: d, Peer: t.peer(), Origin: t.sentAt.origin(r.scribe)}
	if h.code >= 400 && !expected(d) {
		out.State, out.Failure = evidence.Failed, r.failure(evidence.UnexpectedAnswer, h.line)
	}
	return out
}

// expected reports whether a refusal is a step of a pull, or of a check by hand, and no failure:
// the challenge, a token server that is asked without a login, and the root of a host.
func expected(d evidence.Request) bool {
	page := d.Body != nil && (d.Body.Title != "" || len(d.Body.Markers) > 0)
	switch {
	case d.Code == 401 && d.AuthSent == "":
		return len(d.Challenges) > 0 || d.Step == evidence.StepToken
	case d.Code < 500 && d.Code != 407 && d.Code != 429:
		return d.Step == "" && strings.HasSuffix(d.URL, "/") && !page
	}
	return false
}

// base is the URL before the path of a request.
func (t *transfer) base() string {
	host := t.connect
	if host == "" {
		host = t.name
	}
	for _, s := range t.sent {
		if name, value, ok := strings.Cut(s, ":"); ok && strings.EqualFold(name, "host") && t.connect == "" {
			host = strings.TrimSpace(value)
		}
	}
	if name, port, err := net.SplitHostPort(host); err == nil && (port == "443" || port == "80" && !t.tls) {
		if port == "80" {
			return "http://" + name
		}
		return "https://" + name
	}
	if t.tls || t.connect != "" {
		return "https://" + host
	}
	return "http://" + host
}

// peer is the address that is connected, empty where none is told.
func (t *transfer) peer() string {
	for i := len(t.dials) - 1; i >= 0; i-- {
		if t.dials[i].State == evidence.OK {
			return t.dials[i].Peer
		}
	}
	return ""
}

func contentType(h head) string {
	value, _ := evidence.HeaderValue(h.headers, "Content-Type")
	return value
}

// authSent is the scheme of a login that a request had.
func authSent(sent []string, field string) string {
	for _, s := range sent {
		if name, value, ok := strings.Cut(s, ":"); ok && strings.EqualFold(name, field) {
			scheme, _, _ := strings.Cut(strings.TrimSpace(value), " ")
			return scheme
		}
	}
	return ""
}
