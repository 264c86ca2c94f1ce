package rebuild

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// A text has words where a walk has what was received: "Forbidden", "no such host", "x509: …". spelled
// puts into a copy of its trace what makes a client print these words, so that it is rebuilt as a walk's
// is, and notes what stands for what the text does not tell.
func (b *builder) spelled(t *evidence.Trace) *evidence.Trace {
	if !t.FromText() {
		return t
	}
	out := *t
	out.Hops, out.Targets = slices.Clone(t.Hops), slices.Clone(t.Targets)
	b.textProxy(&out)
	b.textServers(&out)
	for i, h := range out.Hops {
		switch {
		case h.State != evidence.Failed:
		case h.Target == "" && len(t.Targets) > 0 && (h.Op == evidence.OpDial || h.Op == evidence.OpHandshake || h.Op == evidence.OpRequest) &&
			h.Role != evidence.Proxy:
			b.cannot("what %s says of no host", h.Origin.Place)
			out.Hops[i].State, out.Hops[i].Failure = evidence.Skipped, nil
		default:
			out.Hops[i] = b.spelledHop(&out, h)
		}
	}
	return &out
}

// textProxy gives the targets that a proxy stands before one, where the text does not name it.
func (b *builder) textProxy(t *evidence.Trace) {
	named := ""
	for _, h := range t.Hops {
		if d := evidence.DetailOf[evidence.Resolve](h); h.Op == evidence.OpResolve && h.Role == evidence.Proxy && fault.HostName(d.Name) {
			named = d.Name + ":3128"
		}
		if h.Op == evidence.OpDial && h.Role == evidence.Proxy && net.ParseIP(peerHost(h)) != nil {
			named = h.Peer
		}
	}
	for i, target := range t.Targets {
		switch r := &t.Targets[i].Route; {
		case r.Kind != "proxy":
		case strings.Trim(r.Proxy, "/") == "":
			r.Proxy = "http://" + fault.ProxyName + ":3128"
			if named != "" {
				r.Proxy = "http://" + named
				continue
			}
			b.cannot("the proxy of %s: the text does not name it, and %s stands for it", target.ID, fault.ProxyName)
		case !strings.Contains(r.Proxy, "://"):
			r.Proxy = "http://" + r.Proxy
		}
	}
}

// madeUpServer stands for name servers that a text does not tell (RFC 5737).
const madeUpServer = "192.0.2.53:53"

// textServers configures the name servers that the text tells of; without one names are resolved all the
// same, for the text does not say that they were not.
func (b *builder) textServers(t *evidence.Trace) {
	if len(t.Vantage.Resolvers) > 0 {
		return
	}
	var servers []string
	for i, h := range t.Hops {
		d, ok := h.Detail.(evidence.Resolve)
		if !ok || d.Server == "hosts" || d.Default {
			continue
		}
		host, _, _ := net.SplitHostPort(d.Server)
		if ip := net.ParseIP(host); ip == nil || ip.IsLoopback() || fault.CheckResolver(d.Server) != nil {
			d.Server = madeUpServer
			t.Hops[i].Detail = d
		}
		if !slices.Contains(servers, d.Server) && len(servers) < fault.MaxServers {
			servers = append(servers, d.Server)
		}
	}
	if len(servers) == 0 {
		servers = []string{madeUpServer}
	}
	t.Vantage.Resolvers = servers
}

func (b *builder) spelledHop(t *evidence.Trace, h evidence.Hop) evidence.Hop {
	target, _ := t.Target(h.Target)
	switch d := h.Detail.(type) {
	case evidence.Resolve:
		h.Detail = spelledLookup(h, d)
	case evidence.Dial:
		if h.FailedWith(evidence.Unknown) && says(h, "connect to server", "refused") && !says(h, "(28)", "timed out") {
			h.Failure = &evidence.Failure{Kind: evidence.Refused, Text: h.Failure.Text}
		}
	case evidence.Tunnel:
		h.Detail = b.spelledTunnel(h, d, target)
	case evidence.Handshake:
		if d.ServerName == "" {
			d.ServerName = target.Host
			h.Detail = d
		}
		h.Failure = spelledEnd(h)
	case evidence.Request:
		h.Detail = b.spelledRequest(h, d, target)
	}
	return h
}

func says(h evidence.Hop, words ...string) bool {
	if h.Failure == nil {
		return false
	}
	text := strings.ToLower(h.Failure.Text)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// spelledLookup gives a look-up the answers that a client's words stand for: Go and the C library say
// "no such host" of NXDOMAIN, and "misbehaving" or "temporary" of SERVFAIL.
func spelledLookup(h evidence.Hop, d evidence.Resolve) evidence.Resolve {
	if len(d.Questions) > 0 || d.Name == "" || h.FailedWith(evidence.Timeout, evidence.Unreachable) {
		return d
	}
	rcode := "NXDOMAIN"
	switch {
	case h.FailedWith(evidence.Refused):
		rcode = "REFUSED"
	case h.FailedWith(evidence.NoData):
		rcode = "NOERROR"
	case h.FailedWith(evidence.ServFail) || says(h, "misbehaving", "temporary", "try again", "eai_again", "servfail"):
		rcode = "SERVFAIL"
	}
	for _, kind := range []string{"A", "AAAA"} {
		d.Questions = append(d.Questions, evidence.Question{Name: d.Name, Type: kind, Rcode: rcode, ExtendedError: -1})
	}
	return d
}

// spelledTunnel gives a proxy's answer the status line that it had.
func (b *builder) spelledTunnel(h evidence.Hop, d evidence.Tunnel, target evidence.Target) evidence.Tunnel {
	if d.Request == "" && target.ID != "" {
		d.Request = "CONNECT " + target.ID + " HTTP/1.1"
	}
	if !h.FailedWith(evidence.ProxyStatus) || strings.HasPrefix(d.StatusLine, "HTTP/") {
		return d
	}
	if d.Code == 0 {
		d.Code = b.codeOf(d, h.Failure.Text)
	}
	phrase := d.Phrase
	if phrase == "" || d.Log != nil {
		phrase = phrases[d.Code]
	}
	d.StatusLine = fmt.Sprintf("HTTP/1.1 %d %s", d.Code, phrase)
	if _, known := evidence.HeaderValue(d.Headers, "Proxy-Authenticate"); d.Code == 407 && !known {
		d.Headers = append(slices.Clone(d.Headers), evidence.Header{Name: "Proxy-Authenticate", Value: `Basic realm="proxy"`})
		b.cannot("the scheme by which the proxy wants a login: Basic stands for it")
	}
	return d
}

// phrases are the reason phrases of answers that are failures (RFC 9110 section 15, RFC 6585).
var phrases = map[int]string{301: "Moved Permanently", 302: "Found", 303: "See Other", 307: "Temporary Redirect",
	308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	407: "Proxy Authentication Required", 408: "Request Timeout", 413: "Request Entity Too Large", 429: "Too Many Requests",
	500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
	505: "HTTP Version Not Supported", 511: "Network Authentication Required"}

// codeOf is the number that goes with a proxy's phrase, or with what its log says.
func (b *builder) codeOf(d evidence.Tunnel, text string) int {
	if d.Log != nil {
		return map[string]int{"denied": 403, "upstream-timeout": 504, "cannot-resolve": 503, "cannot-reach": 503, "no-way": 503}[d.Log.Says]
	}
	words := func(s string) string {
		return " " + strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r < 'a' || r > 'z' }), " ") + " "
	}
	said := words(d.Phrase + " " + text)
	best := 0
	for code, phrase := range phrases {
		if strings.Contains(said, words(phrase)) && len(phrase) > len(phrases[best]) {
			best = code
		}
	}
	if best == 0 {
		best = 403
		b.cannot("the number of the proxy's answer %q: %d stands for it", d.Phrase, best)
	}
	return best
}

// spelledEnd is how a handshake ended, of which the words tell whether by a reset or a close.
func spelledEnd(h evidence.Hop) *evidence.Failure {
	if !h.FailedWith(evidence.Unknown) {
		return h.Failure
	}
	kind := evidence.Unknown
	switch {
	case says(h, "reset", "forcibly closed", "10054", "errno=54", "errno=104", "pull function", "push function", "broken pipe"):
		kind = evidence.Reset
	case says(h, "eof", "closed", "syscall", "terminated", "empty reply", "disconnect"):
		kind = evidence.Closed
	}
	return &evidence.Failure{Kind: kind, Text: h.Failure.Text}
}

// registryCodes are the status that goes with an error of a registry (OCI distribution spec, "Error
// codes"); others come with 500.
var registryCodes = map[string]int{"UNAUTHORIZED": 401, "DENIED": 403,
	"FORBIDDEN": 403, "TOOMANYREQUESTS": 429, "MANIFEST_UNKNOWN": 404,
	"NAME_UNKNOWN": 404, "BLOB_UNKNOWN": 404, "NOT_FOUND": 404}

// spelledRequest gives an answer the status line that it had, and a request the place that it asked for.
func (b *builder) spelledRequest(h evidence.Hop, d evidence.Request, target evidence.Target) evidence.Request {
	if d.URL == "" && target.Host != "" {
		d.URL = askedOf(target, d.Step)
	}
	if !h.FailedWith(evidence.UnexpectedAnswer) || strings.HasPrefix(d.StatusLine, "HTTP/") {
		return d
	}
	if d.Code == 0 && len(d.Errors) > 0 {
		if d.Code = registryCodes[d.Errors[0].Code]; d.Code == 0 {
			d.Code = 500
		}
	}
	if d.Code == 0 && says(h, "upstream") {
		d.Code = 502
	}
	if d.Code != 0 {
		d.StatusLine = fmt.Sprintf("HTTP/1.1 %d %s", d.Code, phrases[d.Code])
	}
	return d
}

// askedOf is what a client asks a registry for at a step.
func askedOf(target evidence.Target, step evidence.Step) string {
	base := "https://" + target.URLHost() + "/v2/"
	if len(target.Images) == 0 || step != evidence.StepManifest {
		return base
	}
	_, path, _ := strings.Cut(target.Images[0], "/")
	name, tag, found := strings.Cut(path, ":")
	if !found {
		name, tag = path, fault.ImageTag
	}
	return base + name + "/manifests/" + tag
}

// certificates rebuilds certificates that a client refused and of which the text has its words alone.
func (b *builder) certificates() {
	if !b.trace.FromText() {
		return
	}
	for _, h := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Handshake](h)
		if h.Op != evidence.OpHandshake || h.State != evidence.Failed || len(d.Chain) > 0 {
			continue
		}
		target, _ := b.trace.Target(h.Target)
		f, ok := certificateSaid(h, d, target.Public)
		if !ok {
			continue
		}
		if f.Host = strings.ToLower(d.ServerName); h.Role == evidence.Proxy {
			f.Host = fault.TheProxy
		}
		b.once(f)
	}
}

// A certificate that is over ended yesterday, and one that is not yet valid begins tomorrow.
const day = 24 * time.Hour

// certificateSaid is the certificate of which a client says what it says.
func certificateSaid(h evidence.Hop, d evidence.Handshake, public bool) (f fault.Certificate, ok bool) {
	switch {
	case h.FailedWith(evidence.Expired):
		f.NotBefore, f.NotAfter = -90*day, -day
	case h.FailedWith(evidence.NotYetValid):
		f.NotBefore, f.NotAfter = day, 60*day
	case h.FailedWith(evidence.WrongName) && says(h, "common name"):
		f.NoNames = true
	case h.FailedWith(evidence.WrongName):
		f.Names = []string{"other.example"}
	case h.FailedWith(evidence.MalformedCertificate):
		f.NegativeSerial = true
	case !h.FailedWith(evidence.Untrusted):
		f.ForClients = true
		return f, says(h, "usage", "purpose")
	case says(h, "insecure algorithm"):
		f.SHA1 = true
	case says(h, "first certificate", "partialchain", "unable_to_verify_leaf"):
		f.OmitIntermediate = true
	case says(h, "self signed certificate", "self-signed certificate") && !says(h, "in certificate chain"):
		f.Issuer = "self"
	case public || d.Leaf != nil && len(d.Leaf.IssuerOrg) > 0:
		f.Issuer = "interceptor"
		if d.Leaf != nil && len(d.Leaf.IssuerOrg) > 0 {
			f.Organization, f.CommonName = d.Leaf.IssuerOrg[0], d.Leaf.IssuerCN
		}
	default:
		f.Issuer = "private"
	}
	return f, true
}

// unplaced rebuilds connections that failed, of which the text does not tell the far end.
func (b *builder) unplaced() {
	if !b.trace.FromText() {
		return
	}
	for _, h := range b.trace.Hops {
		if h.Op != evidence.OpDial || h.State != evidence.Failed || net.ParseIP(peerHost(h)) != nil {
			continue
		}
		target, known := b.trace.Target(h.Target)
		f := fault.Socket{Host: strings.ToLower(target.Host), Effect: b.effect(h)}
		switch {
		case h.Role == evidence.Proxy:
			f.Host = fault.TheProxy
		case !known:
			continue
		default:
			f.Port = target.Port
		}
		b.once(f)
	}
}
