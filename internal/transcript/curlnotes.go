package transcript

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/refusal"
)

// The notes of curl, by age in docs/field-notes.md.
var (
	noteProxyEnv  = regexp.MustCompile(`^Uses proxy env variable (\S+) == '(.*)'`)
	noteResolved  = regexp.MustCompile(`^Host (\S+?):(\d+) was resolved`)
	noteAddresses = regexp.MustCompile(`^IPv[46]: (.+)$`)
	noteUnknown   = regexp.MustCompile(`^(?:Could not|Couldn't) resolve (host|proxy):? '?([^'\s]+)'?`)
	noteTrying    = regexp.MustCompile(`^Trying (\[?[0-9a-fA-F.:%a-z]+?\]?)(?::(\d+))?\.\.\. ?(.*)$`)
	noteAbout     = regexp.MustCompile(`^About to connect\(\) to (proxy )?(\S+) port (\d+)`)
	noteConnected = regexp.MustCompile(`^(?:Connected to|` +
		`Established connection to) (\S+) \(([^) ]*)(?: port (\d+))?\)(?: port (\d+))?(?: from (\S+) port (\d+))?`)
	noteNotConn = regexp.MustCompile(`^(?:connect to (\S+) port (\d+)(?: from \S+ port \d+)? failed|` +
		`Failed to connect to (\S+) port (\d+).*?|Immediate connect fail for (\S+)): (.*)$`)
	noteTunnel  = regexp.MustCompile(`^Establish HTTP proxy tunnel to (\S+)`)
	noteReplied = regexp.MustCompile(`^Proxy replied (\w+) to CONNECT`)
	noteStood   = regexp.MustCompile(`^CONNECT tunnel established, response (\d+)`)
	noteRefused = regexp.MustCompile(`(?:Received HTTP code (\d+) from proxy after CONNECT|CONNECT tunnel failed, response (\d+))`)
	noteAgreed  = regexp.MustCompile(`^SSL connection using (\S+)(?: / (\S+))?`)
	noteAlert   = regexp.MustCompile(`\((IN|OUT)\), TLS alert, (?:Server hello|[^(]*?) ?\((\d+)\)`)
	noteSubject = regexp.MustCompile(`^\s*subject: (.+)$`)
	noteIssuer  = regexp.MustCompile(`^\s*issuer: (.+)$`)
	noteDate    = regexp.MustCompile(`^\s*(start|expire) date: (.+)$`)
	noteNames   = regexp.MustCompile(`subjectAltName: host "(\S+)" matched cert's "(\S+)"`)
	noteAnother = regexp.MustCompile(`^Issue another request to this URL: '([^']+)'`)
	noteSocks   = regexp.MustCompile(`^SOCKS5? (?:communication|connect) to (\S+)`)
)

// note reads a note of curl's own.
func (c *curl) note(l line, text string) {
	t := c.begin(l)
	if len(t.got) > 0 && !strings.HasPrefix(text, "Ignore") && !strings.HasPrefix(text, "CONNECT phase") && !strings.HasPrefix(text,
		"Connect me again") {
		c.answer()
	}
	t = c.begin(l)
	switch {
	case c.connecting(l, t, text), c.tunnelling(l, t, text), c.shaking(l, t, text):
	case noteAnother.MatchString(text), strings.HasPrefix(text, "processing: "):
		c.end()
	default:
		c.failure(l, text, "")
	}
}

// connecting reads what is told of names and connections.
func (c *curl) connecting(l line, t *transfer, text string) bool {
	if m := noteProxyEnv.FindStringSubmatch(text); m != nil {
		if c.t.peer() != "" || t.failed {
			c.end()
			t = c.begin(l)
		}
		if !strings.EqualFold(m[1], "no_proxy") {
			t.proxy = c.r.scribe.Short(m[2], maxQuote)
		}
		return true
	}
	if m := noteResolved.FindStringSubmatch(text); m != nil {
		t = c.next(l)
		t.lookup = &evidence.Hop{Op: evidence.OpResolve, State: evidence.OK, Origin: l.origin(c.r.scribe),
			Detail: evidence.Resolve{Name: c.r.scribe.Short(m[1], maxQuote)}}
		t.name = hostPort(m[1], m[2])
		return true
	}
	if m := noteAddresses.FindStringSubmatch(text); m != nil {
		if t.lookup != nil && m[1] != "(none)" {
			d := evidence.DetailOf[evidence.Resolve](*t.lookup)
			d.Addresses = append(d.Addresses, c.r.scribe.Each(strings.Split(m[1], ", "), maxNames, maxQuote)...)
			t.lookup.Detail = d
		}
		return true
	}
	if m := noteAbout.FindStringSubmatch(text); m != nil {
		t = c.next(l)
		t.name = hostPort(m[2], m[3])
		if m[1] != "" && t.proxy == "" {
			t.proxy = "http://" + t.name
		}
		return true
	}
	return c.dialling(l, t, text)
}

// next is the transfer that a new connection begins.
func (c *curl) next(l line) *transfer {
	if t := c.t; t != nil && (t.peer() != "" && len(t.dials) > 0 || t.failed) {
		c.end()
	}
	return c.begin(l)
}

// dialling reads what is told of a connection.
func (c *curl) dialling(l line, t *transfer, text string) bool {
	if m := noteTrying.FindStringSubmatch(text); m != nil {
		if t.peer() != "" {
			c.end()
			t = c.begin(l)
		}
		port := m[2]
		if port == "" {
			_, port, _ = strings.Cut(t.name, ":")
		}
		if port == "" {
			port = "443"
		}
		t.dials = append(t.dials, evidence.Hop{Op: evidence.OpDial, State: evidence.Skipped, Peer: hostPort(m[1], port),
			Origin: l.origin(c.r.scribe), Detail: evidence.Dial{Address: hostPort(m[1], port)}})
		if p, ok := phraseIn(m[3]); ok {
			c.dialEnds(&t.dials[len(t.dials)-1], p.kind, m[3])
		} else if strings.HasPrefix(m[3], "connected") {
			t.dials[len(t.dials)-1].State = evidence.OK
		}
		return true
	}
	if m := noteConnected.FindStringSubmatch(text); m != nil {
		port := m[3] + m[4]
		c.connected(l, t, m[1], m[2], port)
		return true
	}
	if m := noteNotConn.FindStringSubmatch(text); m != nil {
		c.notConnected(l, t, m[1]+m[3]+m[5], m[2]+m[4], m[6])
		return true
	}
	return false
}

func (c *curl) dialEnds(h *evidence.Hop, kind evidence.Kind, text string) {
	h.State, h.Failure = evidence.Failed, c.r.failure(kindFor(evidence.OpDial, kind), text)
	c.t.failed = true
}

func (c *curl) connected(l line, t *transfer, name, address, port string) {
	if address == "" {
		address = name
	}
	peer := hostPort(address, port)
	if name != "(nil)" {
		t.name = hostPort(name, port)
	}
	t.failed = false
	for i := range t.dials {
		if t.dials[i].Peer == peer && t.dials[i].State == evidence.Skipped {
			t.dials[i].State = evidence.OK
			return
		}
	}
	t.dials = append(t.dials, evidence.Hop{Op: evidence.OpDial, State: evidence.OK, Peer: peer, Origin: l.origin(c.r.scribe),
		Detail: evidence.Dial{Address: peer}})
}

func (c *curl) notConnected(l line, t *transfer, host, port, why string) {
	p, ok := phraseIn(why)
	if !ok {
		p.kind = evidence.Unknown
	}
	open := -1
	for i := range t.dials {
		if t.dials[i].State == evidence.Skipped && (open < 0 || strings.HasPrefix(t.dials[i].Peer, hostPort(host, port))) {
			open = i
		}
	}
	t.failed = true
	if open >= 0 {
		c.dialEnds(&t.dials[open], p.kind, why)
		return
	}
	for _, d := range t.dials {
		if d.State == evidence.Failed {
			return // the sum of what was told already
		}
	}
	if port == "" {
		return
	}
	h := evidence.Hop{Op: evidence.OpDial, Origin: l.origin(c.r.scribe), Detail: evidence.Dial{}}
	if t.name == "" {
		t.name = hostPort(host, port)
	}
	c.dialEnds(&h, p.kind, why)
	t.dials = append(t.dials, h)
}

// tunnelling reads what is told of a CONNECT.
func (c *curl) tunnelling(l line, t *transfer, text string) bool {
	if m := noteTunnel.FindStringSubmatch(text); m != nil {
		t.connect = m[1]
		return true
	}
	if m := noteSocks.FindStringSubmatch(text); m != nil {
		t.connect, t.socks = m[1], true
		if !strings.Contains(t.proxy, "socks") {
			t.proxy = "socks5://" + t.name
		}
		return true
	}
	if noteReplied.MatchString(text) || noteStood.MatchString(text) || strings.HasPrefix(text, "SOCKS5 request granted") {
		if t.tunnel == nil || t.tunnel.State != evidence.OK {
			t.tunnel = &evidence.Hop{Op: evidence.OpTunnel, Role: evidence.Proxy, State: evidence.OK, Peer: t.peer(), Origin: l.origin(c.r.scribe),
				Detail: evidence.Tunnel{Request: "CONNECT " + t.connect + " HTTP/1.1"}}
		}
		t.failed, t.sent = false, nil
		return true
	}
	if m := noteRefused.FindStringSubmatch(text); m != nil {
		c.refused(l, t, m[1]+m[2])
		return true
	}
	if strings.HasPrefix(text, "Proxy CONNECT aborted") {
		c.tunnelEnds(l, t, evidence.Closed, text)
		return true
	}
	return false
}

// refused is the number of a refusal, which stands after the answer where that was printed.
func (c *curl) refused(l line, t *transfer, number string) {
	code, err := strconv.Atoi(number)
	if err != nil || t.tunnel != nil && t.tunnel.State == evidence.Failed {
		return
	}
	if code == 0 {
		c.tunnelEnds(l, t, evidence.Closed, "no answer to CONNECT")
		return
	}
	t.failed = true
	t.tunnel = &evidence.Hop{Op: evidence.OpTunnel, Role: evidence.Proxy, State: evidence.Failed, Peer: t.peer(), Origin: l.origin(c.r.scribe),
		Failure: c.r.failure(evidence.ProxyStatus, l.text),
		Detail:  evidence.Tunnel{Request: "CONNECT " + t.connect + " HTTP/1.1", Code: code, StatusLine: number}}
}

func (c *curl) tunnelEnds(l line, t *transfer, kind evidence.Kind, text string) {
	if t.tunnel != nil && t.tunnel.State == evidence.Failed {
		return
	}
	t.failed = true
	request := ""
	if t.connect != "" {
		request = "CONNECT " + t.connect + " HTTP/1.1"
	}
	t.tunnel = &evidence.Hop{Op: evidence.OpTunnel, Role: evidence.Proxy, State: evidence.Failed, Peer: t.peer(), Origin: l.origin(c.r.scribe),
		Failure: c.r.failure(kind, text), Detail: evidence.Tunnel{Request: request, UserAgent: c.r.scribe.Short(t.agent, maxQuote)}}
}

// shaking reads what is told of TLS.
func (c *curl) shaking(l line, t *transfer, text string) bool {
	if strings.Contains(text, "TLS handshake, Client hello") || strings.HasPrefix(text, "ALPN: curl offers") || strings.HasPrefix(text,
		"ALPN, offering") {
		t.tls, t.begun = true, true
		return true
	}
	if m := noteAgreed.FindStringSubmatch(text); m != nil {
		t.tls, t.begun = true, true
		c.shake(l, func(d *evidence.Handshake) { d.Version, d.Cipher = m[1], m[2] })
		return true
	}
	if m := noteAlert.FindStringSubmatch(text); m != nil {
		c.alert(l, m[1], m[2], text)
		return true
	}
	return c.certificate(l, text)
}

// certificate reads a line of the certificate's block.
func (c *curl) certificate(l line, text string) bool {
	if m := noteSubject.FindStringSubmatch(text); m != nil {
		c.leaf(l, func(leaf *evidence.Certificate) {
			leaf.Subject = c.r.scribe.Short(m[1], maxQuote)
			leaf.SubjectCN = attribute(leaf.Subject, "CN")
		})
		return true
	}
	if m := noteIssuer.FindStringSubmatch(text); m != nil {
		c.leaf(l, func(leaf *evidence.Certificate) { issuer(leaf, c.r.scribe.Short(m[1], maxQuote)) })
		return true
	}
	if m := noteDate.FindStringSubmatch(text); m != nil {
		if at, ok := dateIn(m[2]); ok {
			c.leaf(l, func(leaf *evidence.Certificate) {
				if m[1] == "start" {
					leaf.NotBefore = at
				} else {
					leaf.NotAfter = at
				}
			})
		}
		return true
	}
	if m := noteNames.FindStringSubmatch(text); m != nil {
		c.leaf(l, func(leaf *evidence.Certificate) { leaf.Names = []string{c.r.scribe.Short(m[2], maxQuote)} })
		return true
	}
	return false
}

// shake writes into the handshake of the transfer.
func (c *curl) shake(l line, write func(*evidence.Handshake)) {
	t := c.t
	if t.shake == nil {
		t.shake = &evidence.Hop{Op: evidence.OpHandshake, State: evidence.OK, Peer: t.peer(), Origin: l.origin(c.r.scribe),
			Detail: evidence.Handshake{ServerName: t.serverName()}}
	}
	d := evidence.DetailOf[evidence.Handshake](*t.shake)
	write(&d)
	t.shake.Detail = d
}

func (c *curl) leaf(l line, write func(*evidence.Certificate)) {
	c.shake(l, func(d *evidence.Handshake) {
		if d.Leaf == nil {
			d.Leaf = &evidence.Certificate{}
		}
		write(d.Leaf)
	})
}

func (t *transfer) serverName() string {
	host := t.connect
	if host == "" {
		host = t.name
	}
	name, _, _ := strings.Cut(host, ":")
	return name
}

// alert reads an alert: one of curl's own says why it refuses the peer, one that came in why
// the peer refuses it. The number is 2*256 and the alert's, for a fatal one.
func (c *curl) alert(l line, way, number, text string) {
	n, err := strconv.Atoi(number)
	const fatal = 512
	if err != nil || n < fatal || way == "OUT" {
		return
	}
	c.shake(l, func(d *evidence.Handshake) { d.Alert = n - fatal })
	c.t.shake.State, c.t.shake.Failure = evidence.Failed, c.r.failure(evidence.Alert, text)
	c.t.failed = true
}

// failure reads a note, or the last line, that says what went wrong.
func (c *curl) failure(l line, text, number string) {
	t := c.t
	if m := noteRefused.FindStringSubmatch(text); m != nil {
		c.refused(l, t, m[1]+m[2])
		return
	}
	if m := noteNotConn.FindStringSubmatch(text); m != nil {
		c.notConnected(l, t, m[1]+m[3]+m[5], m[2]+m[4], m[6])
		return
	}
	if m := noteUnknown.FindStringSubmatch(text); m != nil {
		c.unresolved(l, t, m[1], m[2], text)
		return
	}
	p, ok := phraseIn(text)
	if !ok || number == "" && !noteFails(text) || t.failed && !t.openDial() {
		return
	}
	c.ends(l, t, p, text)
}

// noteFails tells the notes that say a failure from those that only name it.
func noteFails(text string) bool {
	low := strings.ToLower(text)
	for _, quiet := range []string{"verify ok", "continuing anyway", "expire in", "closing connection", "keep", "alpn", "left intact",
		"nodelay",
		"set certificate verify", "cafile", "capath", "ca ", "server certificate", "nss: client certificate",
		"skipping", "using http", "h2h3", "[http", "no chunk", "mark bundle",
		"upload completely", "request completely"} {
		if strings.HasPrefix(low, quiet) || strings.Contains(low, "continuing anyway") || strings.Contains(low, "left intact") {
			return false
		}
	}
	return true
}

// openDial reports whether a connection is still under way.
func (t *transfer) openDial() bool {
	for _, d := range t.dials {
		if d.State == evidence.Skipped {
			return true
		}
	}
	return false
}

func (c *curl) unresolved(l line, t *transfer, what, name, text string) {
	if t.lookup != nil && t.lookup.State == evidence.Failed {
		return
	}
	name = strings.TrimRight(name, ".;,")
	t.failed = true
	t.lookup = &evidence.Hop{Op: evidence.OpResolve, State: evidence.Failed, Failure: c.r.failure(evidence.Unknown, text),
		Detail: evidence.Resolve{Name: c.r.scribe.Short(name, maxQuote)}, Origin: l.origin(c.r.scribe)}
	switch {
	case what == "proxy" && t.proxy == "":
		t.proxy = "http://" + name
	case what == "host" && t.name == "":
		t.name = name + ":443"
	}
}

// tunnelling reports whether a phrase is about the proxy's tunnel, which does not stand yet.
func (t *transfer) tunnelling(p phrase) bool {
	if t.tunnel != nil && t.tunnel.State == evidence.OK {
		return false
	}
	return p.op == evidence.OpTunnel || t.connect != "" && !t.socks && p.op != evidence.OpHandshake
}

// ends puts a failure where the transfer had come to.
func (c *curl) ends(l line, t *transfer, p phrase, text string) {
	t.failed = true
	if t.peer() != "" && strings.Contains(text, "timed out after") {
		p = phrase{kind: evidence.Timeout} // of whatever step is under way
	}
	switch {
	case p.op == evidence.OpSetting:
		t.dials = append(t.dials, evidence.Hop{Op: evidence.OpSetting, State: evidence.Failed, Failure: c.r.failure(p.kind, text),
			Detail: evidence.Setting{}, Origin: l.origin(c.r.scribe)})
	case t.peer() == "" && (p.op == "" || p.op == evidence.OpDial):
		c.dialsEnd(l, t, p, text)
	case t.tunnelling(p):
		c.tunnelEnds(l, t, kindFor(evidence.OpTunnel, p.kind), text)
		if p.socks != nil {
			d := evidence.DetailOf[evidence.Tunnel](*t.tunnel)
			d.SOCKS = p.socks
			t.tunnel.Detail = d
		}
	case len(t.sent) > 0 && (p.op == "" || p.op == evidence.OpRequest):
		c.requestEnds(t, p, text)
	case len(t.requests) > 0 && (p.op == "" || p.op == evidence.OpRequest):
		last := &t.requests[len(t.requests)-1] // its head came, and its body not whole
		last.State, last.Failure = evidence.Failed, c.r.failure(kindFor(evidence.OpRequest, p.kind), text)
		last.Origin = l.origin(c.r.scribe)
	default:
		c.shakeEnds(l, p, text)
	}
}

func (c *curl) dialsEnd(l line, t *transfer, p phrase, text string) {
	for i := range t.dials {
		if t.dials[i].State == evidence.Skipped {
			c.dialEnds(&t.dials[i], p.kind, text)
			return
		}
	}
	h := evidence.Hop{Op: evidence.OpDial, Origin: l.origin(c.r.scribe), Detail: evidence.Dial{}}
	if strings.Contains(text, "timed out after") { // curl's limit for names, TCP, CONNECT and TLS together
		p.kind = evidence.Unknown
	}
	c.dialEnds(&h, p.kind, text)
	t.dials = append(t.dials, h)
}

func (c *curl) requestEnds(t *transfer, p phrase, text string) {
	h := c.r.requestHop(t, t.sent[0], head{}, "")
	h.State, h.Failure = evidence.Failed, c.r.failure(kindFor(evidence.OpRequest, p.kind), text)
	t.requests = append(t.requests, h)
}

func (c *curl) shakeEnds(l line, p phrase, text string) {
	kind := kindFor(evidence.OpHandshake, p.kind)
	if p.op == "" && !c.t.begun && kind != evidence.Timeout {
		kind = evidence.Unknown
	}
	c.shake(l, func(d *evidence.Handshake) {
		if p.alert != 0 {
			d.Alert = p.alert
		}
	})
	c.t.shake.State, c.t.shake.Failure = evidence.Failed, c.r.failure(kind, text)
	c.t.shake.Origin = l.origin(c.r.scribe)
}

// attribute returns the value of an attribute in a name that is written in one of OpenSSL's,
// NSS's or GnuTLS' forms; empty for none.
func attribute(name, attr string) string {
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == ',' || r == ';' || r == '/' }) {
		if key, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok && strings.TrimSpace(key) == attr {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

// issuer writes a certificate's issuer.
func issuer(c *evidence.Certificate, name string) {
	c.Issuer, c.IssuerCN = name, attribute(name, "CN")
	if org := attribute(name, "O"); org != "" {
		c.IssuerOrg = []string{org}
	}
}

// dateIn reads a certificate's date as curl and openssl write it.
func dateIn(text string) (time.Time, bool) {
	for _, layout := range []string{"Jan _2 15:04:05 2006 MST", "2006-01-02 15:04:05 MST", "Mon, 02 Jan 2006 15:04:05 MST",
		"Jan 2 15:04:05 2006 MST"} {
		if at, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// readErrors are the errors of a body that was printed.
func readErrors(body, contentType string, code int) []evidence.APIError {
	return refusal.Read([]byte(body), contentType, code)
}
