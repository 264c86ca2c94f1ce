package transcript

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// The errors of Go programs are a chain: what was tried, a colon, what ended it. net/url's has
// method and URL, net's the operation with its ends (op network source->addr: err), a look-up
// the name and the server (https://pkg.go.dev/net#OpError, https://pkg.go.dev/net/url#Error).

// urlError is url.Error's form, with quotation marks since Go 1.14, and go-containerregistry's
// with the method in capitals.
var urlError = regexp.MustCompile(`(?:^|[^A-Za-z/])(Get|Head|Post|Put|Patch|Delete|GET|HEAD|POST|PUT|PATCH|DELETE) ` +
	`(?:"(https?://[^\s"<>]+)"?|(https?://[^\s"<>]+?))(?:: |:$|[\s,;\])]|$)`)

// askedFor are the other forms in which programs name the URL that an error is about.
var askedFor = regexp.MustCompile(`(?i)(?:(head|get|post|put|patch) request to |status code |for url:? ?\(?|accessing '|to access '|` +
	`connect to |fetching |url: ?|pinging |from |^fatal: |uri )['"(]?(https?://[^\s"'<>)]+)`)

// anyURL is a URL anywhere.
var anyURL = regexp.MustCompile(`https?://[^\s"'<>)\]]+`)

// manual is what stands before the URL of a manual, which no error is about.
var manual = regexp.MustCompile(`(?i)\b(?:see|refer(?: to)?|visit|read|details(?: here)?|here|help|upgrading|documentation|more):?\s*$`)

// subjectURL is the first URL of a statement that is not one of a manual; empty for none.
func subjectURL(text string) string {
	for _, m := range anyURL.FindAllStringIndex(text, -1) {
		if !manual.MatchString(text[max(0, m[0]-nearby):m[0]]) {
			return text[m[0]:m[1]]
		}
	}
	return ""
}

// nearby is how much before a URL is looked at for what it is, in bytes: a word or two.
const nearby = 24

// errors takes a statement apart into the attempts that it tells of. Places that a client went
// through in turn stand in brackets (containers/image), or behind one another.
func (r *reader) errors(at line, text string) []attempt {
	if a, ok := r.nextHost(at, text); ok {
		return []attempt{a}
	}
	var out []attempt
	list := places(text)
	for i, p := range list {
		for _, a := range r.chain(at, p) {
			// Behind its mirrors the named registry is what the client falls back to.
			a.fallback = len(list) > 1 && i == len(list)-1 && len(out) > 0
			out = append(out, a)
		}
	}
	return markFallbacks(out)
}

// serverSays is how Go's HTTP server begins what it says of a handshake that failed; ofClient are the
// reasons that say something of the client (net/http, server.go).
const serverSays = "http: TLS handshake error from "

var ofClient = regexp.MustCompile(`first record does not look like|remote error: tls: |client sent an HTTP request|` +
	`no cipher suite|unsupported versions`)

// nextHost is containerd's note of a mirror's answer, for which it asks the next host
// (core/remotes/docker/resolver.go).
var nextHost = regexp.MustCompile(`trying next host - response was http\.Status(\w+)"?\s+(?:.*?\s)?host="?([A-Za-z0-9.:\[\]-]+)`)

// wentAway: a server's log says that a client ended a handshake and gave no reason, as the probe of a
// balancer does. That is no failure.
func wentAway(text string) bool {
	return strings.Contains(text, serverSays) && !ofClient.MatchString(text)
}

func (r *reader) nextHost(at line, text string) (attempt, bool) {
	m := nextHost.FindStringSubmatch(text)
	if m == nil {
		return attempt{}, false
	}
	a := attempt{at: at, host: m[2], role: evidence.Mirror}
	for code := http.StatusBadRequest; code < 600; code++ {
		if said := http.StatusText(code); said != "" && strings.NewReplacer(" ", "", "-", "").Replace(said) == m[1] {
			a.add(evidence.Hop{Op: evidence.OpRequest, State: evidence.Failed, Failure: r.failure(evidence.UnexpectedAnswer, text),
				Detail: evidence.Request{Step: evidence.StepManifest, Code: code, StatusLine: fmt.Sprintf("%d %s", code, said)}})
		}
	}
	return a, len(a.steps) > 0
}

// mirrors is what containers/image writes of the places before the last.
var mirrors = regexp.MustCompile(`\(Mirrors also failed: (\[.*\])\): ?`)

// place is one part of a statement: what is said of one place.
type place struct {
	text   string
	mirror bool
}

// places splits a statement by the places that were asked in turn.
func places(text string) []place {
	m := mirrors.FindStringSubmatchIndex(text)
	if m == nil {
		return []place{{text: text}}
	}
	var out []place
	for part := range strings.SplitSeq(text[m[2]+1:m[3]-1], "] [") {
		out = append(out, place{part, true})
	}
	return append(out, place{text: text[m[1]:]})
}

// chain reads what is said of one place: an attempt for each URL that an error names, or one
// without.
func (r *reader) chain(at line, p place) []attempt {
	var out []attempt
	found := urlError.FindAllStringSubmatchIndex(p.text, -1)
	for i, m := range found {
		end := len(p.text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		a := attempt{at: line{at.file, at.no, about(p.text, m[2], end)}}
		if len(r.seen) < maxAttempts { // beyond, it is only counted
			a.image = imageIn(p.text)
		}
		from, to := max(m[4], m[6]), max(m[5], m[7]) // in quotation marks, or without
		a.url = parseURL(p.text[from:to])
		if host := hostOf(p.text[from:to]); strings.Count(host, ":") > 1 && !strings.HasPrefix(host, "[") {
			a.add(r.unusable(p.text[from:to]))
			out = append(out, a)
			continue
		}
		a.role = roleOf(a.url, p)
		r.ended(&a, p.text[m[2]:m[3]], strings.TrimRight(strings.TrimLeft(p.text[m[1]:end], ": "), " ;,"))
		out = append(out, a)
	}
	if kept := withSteps(out); len(kept) > 0 {
		return kept
	}
	a := attempt{at: at, image: imageIn(p.text)}
	method := ""
	if m := askedFor.FindStringSubmatch(p.text); m != nil {
		method, a.url = m[1], parseURL(m[2])
	} else if m := subjectURL(p.text); m != "" && len(found) == 0 {
		a.url = parseURL(m)
	} else if len(out) > 0 {
		a.url = out[0].url
	}
	if a.url == nil {
		a.host = hostIn(p.text, a.image)
	}
	if curlError.MatchString(p.text) && a.url == nil && a.host == "" {
		a.url = parseURL(r.command)
	}
	a.role = roleOf(a.url, p)
	if r.phraseAlone(&a, p.text); len(a.steps) == 0 {
		r.ended(&a, method, p.text)
	}
	return withSteps([]attempt{a})
}

// phraseAlone reads a statement that is a reason phrase and no more: a proxy's answer to
// CONNECT, as Go prints it (docs/rules.md, rule 18).
func (r *reader) phraseAlone(a *attempt, text string) {
	said := strings.Trim(text, " \t.\"'")
	for code := http.StatusMultipleChoices; code < 600; code++ {
		if http.StatusText(code) == said && said != "" {
			a.proxied = true
			a.add(evidence.Hop{Op: evidence.OpTunnel, Role: evidence.Proxy, State: evidence.Failed, Failure: r.failure(evidence.ProxyStatus, said),
				Detail: evidence.Tunnel{Phrase: said}})
			return
		}
	}
}

// hostOf is what stands between a URL's scheme and its path.
func hostOf(raw string) string {
	_, rest, _ := strings.Cut(raw, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// unusable is a URL that names no host which can be asked, as a challenge may have it.
func (r *reader) unusable(raw string) evidence.Hop {
	return evidence.Hop{Op: evidence.OpRequest, Role: evidence.Auth, State: evidence.Failed,
		Failure: r.failure(evidence.UnexpectedAnswer, "too many colons in address "+hostOf(raw)),
		Detail:  evidence.Request{Step: evidence.StepToken, URL: r.scribe.URL(raw)}}
}

// about is the part of a statement that tells of one attempt.
func about(text string, from, to int) string {
	part := strings.Trim(text[from:to], " ;,")
	if from > 0 && len(text) > maxQuote {
		return "…" + part
	}
	if len(text) <= maxQuote {
		return text
	}
	return part
}

func withSteps(list []attempt) []attempt {
	var out []attempt
	for _, a := range list {
		if len(a.steps) > 0 {
			out = append(out, a)
		}
	}
	return out
}

// markFallbacks marks plain HTTP that is tried because TLS failed at the same host.
func markFallbacks(list []attempt) []attempt {
	tls := map[string]bool{}
	for _, a := range list {
		if a.url != nil && a.url.Scheme == "https" {
			tls[a.url.Hostname()] = true
		}
	}
	for i, a := range list {
		list[i].fallback = a.fallback || a.url != nil && a.url.Scheme == "http" && tls[a.url.Hostname()]
	}
	return list
}

func parseURL(raw string) *url.URL {
	u, err := url.Parse(strings.TrimRight(raw, ".,;:"))
	if err != nil || u.Host == "" {
		return nil
	}
	return u
}

// roleOf tells what a host is for, by the path that was asked for.
func roleOf(u *url.URL, p place) evidence.Role {
	switch step := stepOf(u); {
	case step == evidence.StepToken:
		return evidence.Auth
	case step == evidence.StepLayer && !strings.HasPrefix(u.Path, "/v2/"):
		return evidence.Blob
	case p.mirror, u != nil && u.Query().Has("ns"): // containerd names the registry so that a mirror stands for
		return evidence.Mirror
	}
	return evidence.Registry
}

// stepOf is the place of a URL in the conversation of a pull (OCI distribution spec, "API"):
// by its path, and a token server by its query.
func stepOf(u *url.URL) evidence.Step {
	if u == nil {
		return ""
	}
	path, query := u.Path, u.Query()
	switch {
	case query.Has("service") || query.Has("scope") || strings.HasSuffix(path, "/token"):
		return evidence.StepToken
	case path == "/v2/" || path == "/v2" || path == "/v1/_ping":
		return evidence.StepPing
	case strings.Contains(path, "/manifests/"):
		return evidence.StepManifest
	case strings.Contains(path, "/blobs/"), strings.Contains(path, "sha256"), query.Has("X-Amz-Signature"), query.Has("verify"):
		return evidence.StepLayer
	}
	return ""
}

var (
	imageWords = regexp.MustCompile(`(?i)(?:pull(?:ing)?(?: and unpack)?(?: the)? image|resolve (?:reference|image)|` +
		`push permission for|back-off pulling image|docker://|containers-storage:|trying to pull|failed to push|source metadata for|` +
		`initializing source|reading manifest \S+ in|manifest for) ?[\\]*"?(?:docker://)?([a-z0-9<][^\s"\\,;)\]]*[a-z0-9>])`)
	pool      = regexp.MustCompile(`\(host='([^']+)', port=(\d+)\)`) // urllib3
	hostWords = regexp.MustCompile(`(?i)(?:ping(?:ing)? (?:container |docker )?registry|pull from host|creds for|from registry|` +
		`endpoint|failed to connect to|name could not be resolved:|could not resolve host:|resolve host|host=|server|` +
		`failure resolving) ["']?([a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?)`)
)

// imageIn returns the image that a statement is about, empty for none.
func imageIn(text string) string {
	if m := imageWords.FindStringSubmatch(text); m != nil && strings.ContainsAny(m[1], "/:.") {
		return strings.TrimRight(m[1], ":.")
	}
	return ""
}

// hostIn returns the registry that a statement without a URL is about: one that it names, or
// the one in the image's name.
func hostIn(text, image string) string {
	if m := pool.FindStringSubmatch(text); m != nil {
		return m[1] + ":" + m[2]
	}
	if m := hostWords.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	if host := hostNamed(text); host != "" {
		return host
	}
	first, _, slash := strings.Cut(image, "/")
	if slash && strings.ContainsAny(first, ".:") && !strings.ContainsAny(first, "<>@") {
		if first == "docker.io" {
			return "registry-1.docker.io"
		}
		return first
	}
	return ""
}

var (
	dialOp   = regexp.MustCompile(`\bdial (?:tcp|udp)[46]? ?(?:[^\s:]*->)?(\[[0-9a-fA-F:.%]+\]:\d+|[^\s:]*:\d+)?:? ?`)
	lookupOp = regexp.MustCompile(`\blookup +"?([^\s:"]+)"?(?: on ([^\s"]+:\d+|[^\s:"]+))?(?:: |$)`)
	socksOp  = regexp.MustCompile(`\bsocks connect (?:tcp|udp)[46]? ([^\s>]+:\d+)->`)
	wireOp   = regexp.MustCompile(`\b(?:read|write) (?:tcp|udp)[46]? ([^\s>]+:\d+)(?:->([^\s:]*:?[^\s]*:\d+))?: `)
)

// ended reads what ended an attempt, from the tail of its error.
func (r *reader) ended(a *attempt, method, tail string) {
	if strings.Contains(tail, "proxyconnect") || strings.Contains(tail, "connect to proxy: ") {
		a.proxied = true
	}
	if m := socksOp.FindStringSubmatch(tail); m != nil {
		a.proxied, a.via = true, "socks5://"+m[1]
	}
	if withDaemon(tail) {
		return
	}
	h := evidence.Hop{State: evidence.Failed}
	switch m := lookupOp.FindStringSubmatch(tail); {
	case m != nil && !strings.Contains(tail, "x509"):
		r.lookedUp(a, &h, m, tail[strings.Index(tail, m[0])+len(m[0]):])
	case strings.HasPrefix(strings.TrimPrefix(tail, "proxyconnect tcp: "), "dial ") && dialOp.MatchString(tail): // nobody answered then
		r.dialled(a, &h, tail)
	case r.answered(a, method, tail):
		return
	case dialOp.MatchString(tail):
		r.dialled(a, &h, tail)
	case wireOp.MatchString(tail):
		r.broke(a, &h, method, tail)
	default:
		r.other(a, &h, method, tail)
	}
	if h.Op != "" {
		a.add(h)
	}
}

// withDaemon: a client speaks of its own daemon, over a socket or a pipe of this host, or over gRPC. Of the
// network that says nothing.
func withDaemon(text string) bool {
	for _, mark := range []string{"dial unix ", "//./pipe/", "error reading from server: ", "transport is closing"} {
		if strings.Contains(text, mark) {
			return true
		}
	}
	return false
}

// lookedUp: the name, the server, and what it said.
func (r *reader) lookedUp(a *attempt, h *evidence.Hop, m []string, rest string) {
	if strings.HasPrefix(m[1], "tcp/") { // what was looked up is a port
		h.Op, h.Failure, h.Detail = evidence.OpSetting, r.failure(evidence.Invalid, "unknown port "+m[1]+": "+rest), evidence.Setting{}
		return
	}
	h.Op, h.Role = evidence.OpResolve, a.role
	if a.proxied || isScheme(m[1]) {
		h.Role = evidence.Proxy
		a.proxied, a.via = true, m[1]
	}
	kind := evidence.Unknown
	if p, ok := phraseIn(rest); ok {
		switch p.kind {
		case evidence.Timeout, evidence.Refused, evidence.NoRoute:
			kind = map[evidence.Kind]evidence.Kind{evidence.Timeout: evidence.Timeout, evidence.Refused: evidence.Unreachable,
				evidence.NoRoute: evidence.Unreachable}[p.kind]
		}
	}
	h.Detail = evidence.Resolve{Name: r.scribe.Short(m[1], maxQuote), Server: r.scribe.Short(m[2], maxQuote)}
	if _, err := netip.ParseAddrPort(m[2]); err == nil {
		h.Peer = m[2]
	}
	h.Failure = r.failure(kind, rest)
	if a.url == nil && a.host == "" && !a.proxied && strings.Contains(m[1], ".") {
		a.host = m[1]
	}
}

// isScheme reports whether a name that is looked up is a scheme: Go takes it for a host where
// a proxy's URL is malformed.
func isScheme(name string) bool {
	return name == "http" || name == "https" || name == "socks5" || name == "socks5h"
}

// dialled: the address, and what the connection came to.
func (r *reader) dialled(a *attempt, h *evidence.Hop, tail string) {
	m := dialOp.FindStringSubmatchIndex(tail)
	rest, peer := tail[m[1]:], ""
	if m[2] >= 0 {
		peer = tail[m[2]:m[3]]
	}
	p, ok := phraseIn(rest)
	switch {
	case !ok:
		p = phrase{op: evidence.OpDial, kind: evidence.Unknown}
	case p.op == "" && p.kind == evidence.Timeout:
		p.op = evidence.OpDial
	case p.op == evidence.OpResolve:
		r.other(a, h, "", rest)
		return
	}
	if p.op != evidence.OpDial && p.op != "" {
		r.other(a, h, "", rest)
		return
	}
	h.Op, h.Peer, h.Failure = evidence.OpDial, peer, r.failure(kindFor(evidence.OpDial, p.kind), rest)
	h.Detail = evidence.Dial{Address: peer}
	if a.proxied {
		h.Role = evidence.Proxy
		a.via = peer
	} else if a.url == nil && a.host == "" {
		a.host = peer
	}
}

// broke: a connection that stood, with both its ends.
func (r *reader) broke(a *attempt, h *evidence.Hop, method, tail string) {
	m := wireOp.FindStringSubmatchIndex(tail)
	rest := tail[m[1]:]
	h.Local = tail[m[2]:m[3]]
	if m[4] >= 0 {
		h.Peer = tail[m[4]:m[5]]
	}
	if p, ok := phraseIn(rest); ok {
		r.took(a, h, method, rest, onOpen(p, tail[:m[0]]))
	}
	if _, port, ok := strings.Cut(h.Peer, ":"); ok && port != "443" && a.url != nil && a.url.Scheme == "https" && a.url.Port() != port {
		a.proxied, a.via = true, h.Peer // the far end is none of the URL's
		if h.Op == evidence.OpHandshake && h.Kind() == evidence.Unknown {
			h.Op, h.Detail = evidence.OpTunnel, evidence.Tunnel{}
		}
	}
}

// other: what ended it by the words alone.
func (r *reader) other(a *attempt, h *evidence.Hop, method, tail string) {
	p, ok := phraseIn(tail)
	if !ok {
		if a.url != nil && method != "" {
			r.bare(a, h, tail)
		}
		return
	}
	r.took(a, h, method, tail, p)
}

// copying are the words of clients for what they do with the body of an answer. Go's HTTP client has its own
// words in front of what ends a request before that (net/http, client.go, url.Error).
var copying = []string{"happened during read: ", "failed to copy: ", "error reading from ", "download failed"}

// onOpen is what a phrase means of a connection that stood: a body may have been under way, whose beginning
// was there, and silence is none of a connection that does not come about.
func onOpen(p phrase, before string) phrase {
	before = strings.ToLower(before)
	body := slices.ContainsFunc(copying, func(words string) bool { return strings.Contains(before, words) })
	switch {
	case body && p.op == "" && (p.kind == evidence.Reset || p.kind == evidence.Closed):
		p.op, p.kind = evidence.OpRequest, evidence.Truncated
	case p.op == evidence.OpDial && p.kind == evidence.Timeout:
		p.op = ""
	}
	return p
}

// took makes the step that a phrase is about.
func (r *reader) took(a *attempt, h *evidence.Hop, method, tail string, p phrase) {
	switch {
	case cutShort(a, p):
		p.op = evidence.OpRequest
	case p.op == evidence.OpTunnel && strings.Contains(tail, "transport connection broken"): // an answer is read, and none to CONNECT
		p.op, p.kind = evidence.OpRequest, evidence.Unknown
	}
	h.Op, h.Failure = p.op, r.failure(p.kind, round(tail, p))
	if p.op == "" { // an end that says no step: which it was is not known
		h.Op, h.Failure.Kind = a.undecided(p.kind)
	}
	switch h.Op {
	case evidence.OpHandshake:
		h.Detail = r.handshake(a, p, tail)
	case evidence.OpRequest:
		h.Detail = evidence.Request{Method: strings.ToUpper(method), URL: r.urlOf(a), Step: stepOf(a.url)}
	case evidence.OpTunnel:
		a.proxied, h.Role = true, evidence.Proxy
		h.Detail = evidence.Tunnel{SOCKS: p.socks}
	case evidence.OpDial:
		dialNamed(a, h, tail)
	case evidence.OpResolve:
		h.Detail = evidence.Resolve{Name: nameOf(a)}
		if a.proxied || namesProxy(tail) { // the name is the proxy's, which the text may not have
			h.Role, a.proxied, h.Detail = evidence.Proxy, true, evidence.Resolve{}
		}
	case evidence.OpSetting:
		h.Detail = evidence.Setting{}
	}
	if a.proxied && strings.Contains(tail, "proxyconnect") {
		h.Role = evidence.Proxy
	}
}

// undecided is the step of an end that names none: the handshake may be meant, or what followed it. Plain
// HTTP has no handshake.
func (a *attempt) undecided(kind evidence.Kind) (evidence.Op, evidence.Kind) {
	switch {
	case kind == evidence.Timeout:
		return evidence.OpDial, evidence.Unknown
	case a.url != nil && a.url.Scheme == "http" && !a.proxied && (kind == evidence.Reset || kind == evidence.Closed):
		return evidence.OpRequest, kind
	}
	return evidence.OpHandshake, evidence.Unknown
}

// namesProxy: the words say that it is the proxy that was not reached, or whose name was not found.
func namesProxy(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"connect to proxy", "tunneling socket", "resolve proxy", "proxyconnect", "proxyerror(",
		"err_unknown_proxy", "unknown_proxy_host"}, func(w string) bool { return strings.Contains(text, w) })
}

// dialNamed is a connection of which the words tell the far end, and whether that is the proxy.
func dialNamed(a *attempt, h *evidence.Hop, tail string) {
	h.Peer = cmp.Or(h.Peer, addressNamed(tail))
	h.Detail = evidence.Dial{Address: h.Peer}
	if !namesProxy(tail) {
		return
	}
	h.Role, a.proxied, a.via = evidence.Proxy, true, cmp.Or(a.via, h.Peer)
	if a.host == h.Peer { // the one address that the text has
		a.host = ""
	}
}

// cutShort: Go says "unexpected EOF" where an answer ends before its length is reached, or a record
// of TLS (io.ErrUnexpectedEOF), and "EOF" where a connection ends in place of an answer. Behind a
// layer's URL, or behind none, it is of what was under way.
func cutShort(a *attempt, p phrase) bool {
	return p.op == "" && p.says[0] == "unexpected eof" && !a.proxied && (a.url == nil || stepOf(a.url) == evidence.StepLayer)
}

// round is the part of a text round a phrase, where the text is too long to be kept.
func round(text string, p phrase) string {
	const before = 60 // what led to it, in bytes
	at := strings.Index(strings.ToLower(text), p.says[0])
	if len(text) <= maxQuote || at <= before {
		return text
	}
	return "…" + strings.ToValidUTF8(text[at-before:], "")
}

// bare: behind a URL stands a phrase and nothing else. Go prints the reason phrase alone of
// an answer to CONNECT (net/http, transport.go, dialConn), and of any other answer its number.
func (r *reader) bare(a *attempt, h *evidence.Hop, tail string) {
	said := strings.Trim(strings.TrimSpace(tail), `"'.,;)]}`)
	if i := strings.Index(said, `" `); i > 0 {
		said = said[:i]
	}
	const longest = 80 // the longest reason phrases of proxies have some fifty characters
	if said == "" || len(said) > longest || a.url.Scheme != "https" || strings.Contains(said, ": ") || strings.ContainsAny(said[:1],
		"{(<[0123456789") {
		return
	}
	a.proxied = true
	h.Op, h.Role = evidence.OpTunnel, evidence.Proxy
	h.Failure = r.failure(evidence.ProxyStatus, said)
	h.Detail = evidence.Tunnel{Phrase: r.scribe.Short(said, maxQuote), Request: "CONNECT " + evidence.EndpointOf(a.url).ID() + " HTTP/1.1"}
}

// kindFor is a kind that the operation may have.
func kindFor(op evidence.Op, kind evidence.Kind) evidence.Kind {
	for _, k := range evidence.KindsOf(op) {
		if k == kind {
			return kind
		}
	}
	return evidence.Unknown
}

func (r *reader) failure(kind evidence.Kind, text string) *evidence.Failure {
	return &evidence.Failure{Kind: kind, Text: r.scribe.Short(strings.TrimSpace(text), maxQuote)}
}

func (r *reader) urlOf(a *attempt) string {
	if a.url == nil {
		return ""
	}
	return r.scribe.URL(a.url.String())
}

func nameOf(a *attempt) string {
	if at, ok := a.endpoint(); ok {
		return at.Host
	}
	return ""
}
