package transcript

import (
	"net"
	"net/url"
	"regexp"
	"strings"

	"pullpath/internal/evidence"
)

// wget reads what wget prints, with -d and without, wget2's and busybox's.
type wget struct {
	r *reader
	t *transfer
	u *url.URL
	// dump is what -d dumps: "request" or "response", empty outside.
	dump string
	// last is the verdict on the certificate that goes on in the next line.
	last string
	// refusing means that the certificate was refused; what follows repeats it, or where the reason
	// is untold tells it.
	refusing, untold bool
}

func newWget(r *reader) *wget { return &wget{r: r} }

func (w *wget) form() string { return "wget" }

var (
	wgetStart  = regexp.MustCompile(`^--(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d--\s+(https?://\S+)`)
	wget2Asks  = regexp.MustCompile(`^\[\d+\] Downloading '(https?://[^']+)'`)
	wgetNames  = regexp.MustCompile(`^(?:Resolving|\S+) ([A-Za-z0-9_.-]+)(?: \(\S+\))?\.\.\. (.+)$`)
	wgetDials  = regexp.MustCompile(`^\S+(?: \S+){0,2} ([A-Za-z0-9_.-]+)(?: \([^)]*\))?\|([0-9a-fA-F.:]+)\|:(\d+)\s*(?:\.\.\.|…) ?(.*)$`)
	wgetDial   = regexp.MustCompile(`^Connecting to \[?([0-9a-fA-F.:]+?)\]?:(\d+)\.\.\. ?(.*)$`)
	busyDial   = regexp.MustCompile(`^Connecting to (\S+?)(?::\d+)? \(\[?([0-9a-fA-F.:]+?)\]?:(\d+)\)$`)
	wgetAnswer = regexp.MustCompile(`^(?:HTTP|Proxy) request sent, awaiting response\.\.\. ?(?:(\d{3})(?: (.*))?|(.+))?$`)
	wgetTunnel = regexp.MustCompile(`Proxy tunneling failed: (.*?)(?:Unable to establish SSL connection\.)?$`)
	wgetSaid   = regexp.MustCompile(`^proxy responded with: \[HTTP/1\.\d (\d{3}) ?([^\]]*)`)
	wgetVerify = regexp.MustCompile(`^ERROR: (?:cannot verify (\S+?)'s certificate, issued by ['"‘“](.+?)['"’”]:|` +
		`(?:The )?certificate.*` +
		`|no certificate subject alternative name.*)`)
	wgetSkips  = regexp.MustCompile(`^Skipping \d+ bytes of body: \[(.*?)(?:\] done\.)?$`)
	wgetTLS    = regexp.MustCompile(`^(?:OpenSSL|GnuTLS): (.+)$`)
	busyAnswer = regexp.MustCompile(`^wget: server returned error: (HTTP/\d\.\d \d{3}.*)$`)
	busyFails  = regexp.MustCompile(`^(?:wget|ssl_client): (?:can't connect to remote host \(([0-9a-fA-F.:]+)\): )?(.+)$`)
	wget2Says  = regexp.MustCompile(`^HTTP ERROR response (\d{3}) ?(.*?) +\[(https?://[^\]]+)\]`)
	wget2Fails = regexp.MustCompile(`^Failed to (?:resolve (\S+) \((.+)\)|connect: (.+)|write \d+ bytes \(\d+: (.+)\)|connect to \S+.*)$`)
	wgetRest   = regexp.MustCompile(`^(?:ERROR \d|\d{4}-\d\d-\d\d .*ERROR \d|To connect to|Location: |Length: |Saving to|HTTP request sent` +
		`|Spider mode|Retrying|Giving up|` +
		`DEBUG output|Setting |URI encoding|Created socket|Releasing|Deleting|Registered socket|Reading HSTS|Caching|Initiating SSL|Handshake` +
		`|certificate:|Closed|` +
		`X509 certificate|Disabling|Username/Password|Reusing|Connecting to|Resolving|Loaded CA|Converted file|No hostname|\s|\]|\d{3} ` +
		`|Found no|Registered socket|URI encoding|$)`)
)

func (w *wget) begins(text string) bool {
	return wgetStart.MatchString(text) || wget2Asks.MatchString(text) || busyDial.MatchString(text) || wgetVerify.MatchString(text) ||
		busyAnswer.MatchString(text) ||
		wget2Says.MatchString(text) || strings.HasPrefix(text, "wget: ") || strings.HasPrefix(text, "ssl_client: ") ||
		strings.Contains(text, "|:") && wgetDials.MatchString(text) ||
		strings.HasPrefix(text, "---request begin---") || strings.HasPrefix(text, "DEBUG output created by Wget")
}

func (w *wget) take(l line) bool {
	text := strings.TrimRight(l.text, " ")
	if w.dump != "" {
		w.dumped(l, text)
		return true
	}
	for _, start := range []*regexp.Regexp{wgetStart, wget2Asks} {
		if m := start.FindStringSubmatch(text); m != nil {
			w.begin(l, m[1])
			return true
		}
	}
	if w.t == nil {
		raw := w.r.command
		if m := wgetVerify.FindStringSubmatch(text); m != nil && m[1] != "" && raw == "" {
			raw = "https://" + m[1] + "/"
		}
		w.begin(l, raw)
	}
	switch {
	case w.last != "":
		w.verdict(l, w.last+" "+strings.TrimSpace(text))
		w.last = ""
	case strings.HasPrefix(text, "---request begin---"):
		w.dump = "request"
	case strings.HasPrefix(text, "---response begin---"):
		w.dump = "response"
	default:
		return w.connecting(l, text) || w.tunnelling(l, text) || w.shaking(l, text) || w.answered(l, text) || wgetRest.MatchString(text)
	}
	return true
}

// begin opens the fetching of a URL.
func (w *wget) begin(l line, raw string) {
	w.end()
	w.u = parseURL(raw)
	w.t = &transfer{at: l, url: raw, tls: w.u != nil && w.u.Scheme == "https"}
}

// dumped is a line between the marks of -d.
func (w *wget) dumped(l line, text string) {
	t := w.t
	switch {
	case strings.HasPrefix(text, "---") && strings.HasSuffix(text, " end---"):
		if w.dump == "response" {
			w.response()
		}
		w.dump = ""
	case text == "":
	case w.dump == "request":
		if len(t.got) > 0 || len(t.sent) > 0 && strings.Contains(text, " HTTP/1.") {
			t.sent, t.got = nil, nil
		}
		if len(t.sent) == 0 {
			t.sentAt = l
		}
		t.sent = append(t.sent, text)
		if rest, ok := strings.CutPrefix(text, "CONNECT "); ok {
			t.connect, _, _ = strings.Cut(rest, " ")
		}
		if name, value, ok := strings.Cut(text, ":"); ok && strings.EqualFold(name, "user-agent") {
			t.agent = strings.TrimSpace(value)
		}
	default:
		t.got = append(t.got, text)
	}
}

// response closes the answer that -d dumped.
func (w *wget) response() {
	t := w.t
	if len(t.got) == 0 || !strings.HasPrefix(t.got[0], "HTTP/") {
		return
	}
	h := w.r.head(t.got)
	request := "GET"
	if len(t.sent) > 0 {
		request, _, _ = strings.Cut(t.sent[0], " ")
	}
	if request == "CONNECT" {
		t.tunnel = w.r.connectHop(t, t.sent[0], h, "")
		return
	}
	w.request(t.at, h, request)
}

// connecting reads what is told of names and connections.
func (w *wget) connecting(l line, text string) bool {
	if m := busyDial.FindStringSubmatch(text); m != nil {
		w.dial(l, m[1], m[2], m[3], "")
		return true
	}
	if m := wgetDials.FindStringSubmatch(text); m != nil {
		w.dial(l, m[1], m[2], m[3], m[4])
		return true
	}
	if m := wgetDial.FindStringSubmatch(text); m != nil {
		w.dial(l, m[1], m[1], m[2], m[3])
		return true
	}
	if why, ok := strings.CutPrefix(text, "failed: "); ok { // of the line before, which -d broke
		w.dialEnds(l, strings.TrimSuffix(why, "."))
		return true
	}
	if m := wgetNames.FindStringSubmatch(text); m != nil && strings.HasPrefix(text, "Resolving ") {
		w.lookedUp(l, m[1], m[2])
		return true
	}
	if m := wget2Fails.FindStringSubmatch(text); m != nil {
		switch why := m[3] + m[4]; {
		case m[1] != "":
			w.lookedUp(l, m[1], "failed: "+m[2])
		case why != "":
			w.dialEnds(l, why)
		}
		return true
	}
	return false
}

func (w *wget) lookedUp(l line, name, said string) {
	h := &evidence.Hop{Op: evidence.OpResolve, State: evidence.OK, Origin: l.origin(w.r.scribe)}
	d := evidence.Resolve{Name: w.r.scribe.Short(name, maxQuote)}
	if why, failed := strings.CutPrefix(said, "failed: "); failed {
		h.State, h.Failure = evidence.Failed, w.r.failure(evidence.Unknown, why)
		w.t.failed = true
	} else {
		for part := range strings.SplitSeq(said, ", ") {
			if net.ParseIP(strings.TrimSpace(part)) != nil {
				d.Addresses = append(d.Addresses, strings.TrimSpace(part))
			}
		}
	}
	h.Detail = d
	if len(d.Addresses) > 0 || h.Failure != nil {
		w.t.lookup = h
	}
	w.named(name, "")
}

// named is the host that is spoken to: the URL's own, or a proxy.
func (w *wget) named(host, port string) {
	if w.u == nil || strings.EqualFold(host, w.u.Hostname()) {
		if w.t.name == "" || port != "" {
			w.t.name = hostPort(host, port)
		}
		return
	}
	w.t.name = strings.TrimSuffix(hostPort(host, port), ":")
	w.t.proxy = "http://" + w.t.name
	if w.u.Scheme == "https" {
		w.t.connect = evidence.EndpointOf(w.u).ID()
	}
}

// connectedWords are wget's word for a connection that stands, in the languages that were seen.
var connectedWords = []string{"connected", "verbunden", "connecté", "conectado", "connesso", "已连接", "接続しました"}

func (w *wget) dial(l line, host, address, port, said string) {
	w.named(host, port)
	h := evidence.Hop{Op: evidence.OpDial, State: evidence.Skipped, Peer: hostPort(address, port), Origin: l.origin(w.r.scribe),
		Detail: evidence.Dial{Address: hostPort(address, port)}}
	w.t.failed = false
	for _, word := range connectedWords {
		if strings.HasPrefix(said, word) {
			h.State = evidence.OK
		}
	}
	w.t.dials = append(w.t.dials, h)
	if why, failed := strings.CutPrefix(said, "failed: "); failed {
		w.dialEnds(l, strings.TrimSuffix(why, "."))
	}
}

// dialEnds is why the connection under way did not come about.
func (w *wget) dialEnds(l line, why string) {
	kind := evidence.Unknown
	if p, ok := phraseIn(why); ok {
		kind = kindFor(evidence.OpDial, p.kind)
	}
	w.t.failed = true
	for i := range w.t.dials {
		if h := &w.t.dials[i]; h.State == evidence.Skipped {
			h.State, h.Failure = evidence.Failed, w.r.failure(kind, why)
			return
		}
	}
	w.t.dials = append(w.t.dials, evidence.Hop{Op: evidence.OpDial, State: evidence.Failed, Failure: w.r.failure(kind, why),
		Detail: evidence.Dial{}, Origin: l.origin(w.r.scribe)})
}

// tunnelling reads a proxy's answer to CONNECT; without -d it is the phrase alone.
func (w *wget) tunnelling(l line, text string) bool {
	t := w.t
	if m := wgetSaid.FindStringSubmatch(text); m != nil {
		h := w.r.head([]string{"HTTP/1.1 " + strings.TrimSpace(m[1]+" "+m[2])})
		t.tunnel = w.r.connectHop(t, "CONNECT "+t.connect+" HTTP/1.1", h, "")
		t.tunnel.Origin = l.origin(w.r.scribe)
		return true
	}
	m := wgetTunnel.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	if t.tunnel == nil || t.tunnel.State != evidence.Failed {
		t.failed = true
		d := evidence.Tunnel{Phrase: w.r.scribe.Short(m[1], maxQuote)}
		if t.connect != "" {
			d.Request = "CONNECT " + t.connect + " HTTP/1.1"
		}
		t.tunnel = &evidence.Hop{Op: evidence.OpTunnel, Role: evidence.Proxy, State: evidence.Failed, Peer: t.peer(),
			Origin:  l.origin(w.r.scribe),
			Failure: w.r.failure(evidence.ProxyStatus, m[1]), Detail: d}
	}
	return true
}

// shaking reads what is told of TLS: the library's error, or why the certificate is refused.
func (w *wget) shaking(l line, text string) bool {
	if m := wgetVerify.FindStringSubmatch(text); m != nil {
		if m[2] != "" {
			w.leaf(func(c *evidence.Certificate) { issuer(c, w.r.scribe.Short(m[2], maxQuote)) })
			if strings.TrimSpace(strings.TrimPrefix(text, m[0])) != "" { // the reason stands in the same line
				w.verdict(l, text)
			} else {
				w.last = text
			}
			return true
		}
		if strings.HasSuffix(text, "matches") || strings.Contains(text, "matches ") && !strings.Contains(text, "requested") {
			w.last = text
			return true
		}
		w.verdict(l, text)
		return true
	}
	if strings.HasPrefix(text, "The certificate") {
		w.verdict(l, text)
		return true
	}
	if m := wgetTLS.FindStringSubmatch(text); m != nil {
		w.shakeEnds(l, m[1])
		return true
	}
	if sslStack.MatchString(text) { // busybox' helper
		w.shakeEnds(l, text)
		return true
	}
	if strings.HasPrefix(text, "Unable to establish SSL connection") {
		w.shakeEnds(l, text)
		return true
	}
	return w.inspected(text)
}

// inspected are the lines of -d about the certificate.
func (w *wget) inspected(text string) bool {
	trimmed := strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(trimmed, "subject: "); ok {
		w.leaf(func(c *evidence.Certificate) {
			c.Subject = w.r.scribe.Short(rest, maxQuote)
			c.SubjectCN = attribute(c.Subject, "CN")
		})
		return true
	}
	if rest, ok := strings.CutPrefix(trimmed, "issuer:"); ok {
		w.leaf(func(c *evidence.Certificate) { issuer(c, w.r.scribe.Short(strings.TrimSpace(rest), maxQuote)) })
		return true
	}
	return false
}

func (w *wget) leaf(write func(*evidence.Certificate)) {
	d := w.handshake()
	if d.Leaf == nil {
		d.Leaf = &evidence.Certificate{}
	}
	write(d.Leaf)
	w.t.shake.Detail = d
}

// handshake is that of the transfer, which begins here where it has not.
func (w *wget) handshake() evidence.Handshake {
	t := w.t
	if t.shake == nil {
		name := ""
		if w.u != nil {
			name = w.u.Hostname()
		}
		t.shake = &evidence.Hop{Op: evidence.OpHandshake, State: evidence.OK, Origin: t.at.origin(w.r.scribe),
			Detail: evidence.Handshake{ServerName: name}}
		if t.connect == "" {
			t.shake.Peer = t.peer()
		}
	}
	return evidence.DetailOf[evidence.Handshake](*t.shake)
}

// verdict is why the certificate is refused. Of several the first counts, but for GnuTLS' head
// "is not trusted", behind which the reason stands.
func (w *wget) verdict(l line, text string) {
	kind := evidence.Untrusted
	if p, ok := phraseIn(text); ok && p.op == evidence.OpHandshake {
		kind = p.kind
	}
	if w.refusing && !w.untold {
		return
	}
	w.refusing, w.untold = true, strings.HasSuffix(text, "is not trusted.")
	w.shakeFails(l, kind, text, 0)
}

func (w *wget) shakeEnds(l line, text string) {
	if w.t.failed || w.t.tunnel != nil && w.t.tunnel.State == evidence.Failed {
		return
	}
	p, ok := phraseIn(text)
	if !ok {
		p.kind = evidence.Unknown
	}
	w.shakeFails(l, p.kind, text, p.alert)
}

func (w *wget) shakeFails(l line, kind evidence.Kind, text string, alert int) {
	w.stands()
	d := w.handshake()
	d.Alert = alert
	w.t.failed = true
	w.t.shake.State, w.t.shake.Failure, w.t.shake.Detail = evidence.Failed, w.r.failure(kindFor(evidence.OpHandshake, kind), text), d
	w.t.shake.Origin = l.origin(w.r.scribe)
}

// answered reads the status of an answer, or why there is none.
func (w *wget) answered(l line, text string) bool {
	if m := wgetAnswer.FindStringSubmatch(text); m != nil {
		switch {
		case m[1] != "":
			w.request(l, w.r.head([]string{"HTTP/1.1 " + strings.TrimSpace(m[1]+" "+m[2])}), "GET")
		case m[3] != "":
			w.requestEnds(l, m[3])
		}
		return true
	}
	if m := busyAnswer.FindStringSubmatch(text); m != nil {
		w.request(l, w.r.head([]string{m[1]}), "GET")
		return true
	}
	if m := wgetSkips.FindStringSubmatch(text); m != nil {
		w.body(m[1])
		return true
	}
	if m := wget2Says.FindStringSubmatch(text); m != nil {
		if w.t.url == "" {
			w.u, w.t.url = parseURL(m[3]), m[3]
		}
		w.request(l, w.r.head([]string{"HTTP/1.1 " + strings.TrimSpace(m[1]+" "+m[2])}), "GET")
		return true
	}
	if m := busyFails.FindStringSubmatch(text); m != nil {
		w.busybox(l, m[1], m[2])
		return true
	}
	if strings.HasPrefix(text, "Read error (") || strings.HasPrefix(text, "No data received") {
		w.requestEnds(l, text)
		return true
	}
	return false
}

// body is that of a refusal, which -d prints where it passes over it.
func (w *wget) body(text string) {
	n := len(w.t.requests)
	if n == 0 {
		return
	}
	d := evidence.DetailOf[evidence.Request](w.t.requests[n-1])
	kind, _ := evidence.HeaderValue(d.Headers, "Content-Type")
	d.Body, d.Errors = w.r.scribe.Body([]byte(text), kind, false), w.r.scribedErrors(readErrors(text, kind, d.Code))
	w.t.requests[n-1].Detail = d
}

// busybox is an error of busybox' wget.
func (w *wget) busybox(l line, address, why string) {
	p, ok := phraseIn(why)
	switch {
	case address != "":
		w.dialEnds(l, why)
	case w.t.failed || !ok: // said before, or of no connection
	case p.op == evidence.OpResolve:
		name := strings.Trim(why[strings.LastIndexByte(why, ' ')+1:], `'‘’"`)
		if w.t.lookup == nil {
			w.lookedUp(l, name, "failed: "+why)
		}
	case p.op == evidence.OpDial:
		w.dialEnds(l, why)
	case w.u != nil && w.u.Scheme == "http":
		w.requestEnds(l, why)
	default:
		w.shakeEnds(l, why)
	}
}

func (w *wget) requestEnds(l line, why string) {
	p, ok := phraseIn(why)
	if !ok || w.t.failed {
		return
	}
	w.t.failed = true
	h := w.r.requestHop(w.t, "GET "+w.t.url+" HTTP/1.1", head{}, "")
	h.State, h.Failure, h.Origin = evidence.Failed, w.r.failure(kindFor(evidence.OpRequest, p.kind), why), l.origin(w.r.scribe)
	w.t.requests = append(w.t.requests, h)
}

// stands notes that the last connection came about: something was said on it.
func (w *wget) stands() {
	if n := len(w.t.dials); n > 0 && w.t.dials[n-1].State == evidence.Skipped {
		w.t.dials[n-1].State = evidence.OK
	}
}

// request notes an answer, once.
func (w *wget) request(l line, h head, method string) {
	w.stands()
	for _, known := range w.t.requests {
		if evidence.DetailOf[evidence.Request](known).Code == h.code {
			return
		}
	}
	hop := w.r.requestHop(w.t, method+" "+w.t.url+" HTTP/1.1", h, "")
	hop.Origin = l.origin(w.r.scribe)
	if h.code == 401 && len(h.headers) == 0 && evidence.DetailOf[evidence.Request](hop).Step == evidence.StepPing {
		hop.State, hop.Failure = evidence.OK, nil // the answer that a registry should give; its challenge is not printed
	}
	w.t.requests = append(w.t.requests, hop)
}

func (w *wget) end() {
	if w.t != nil {
		if w.t.shake != nil && w.t.shake.State == evidence.OK { // a certificate that nobody refused
			w.t.shake = nil
		}
		w.r.keepTransfer(w.t)
	}
	w.t, w.u, w.dump, w.last, w.refusing, w.untold = nil, nil, "", "", false, false
}
