package transcript

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"pullpath/internal/evidence"
)

// haproxy reads HAProxy's log of HTTP and of TCP (option httplog, option tcplog; HAProxy's
// configuration manual, section 8.2). HAProxy mostly stands in front of a registry: its lines are what
// clients were answered, and its flags say who ended a session.
type haproxy struct{ r *reader }

func newHAProxy(r *reader) *haproxy { return &haproxy{r: r} }

func (h *haproxy) form() string { return "HAProxy's log" }

var (
	// client:port [date] frontend backend/server timers status bytes cookies flags counts queue "request".
	haHTTP = regexp.MustCompile(`(\S+):(\d+) \[([^\]]+)\] (\S+) (\S+)/(\S+) [-+\d/]+ (-?\d+) \+?\d+ \S+ \S+ ([A-Za-z-]{4}) [\d/+]+ [\d/]+ ` +
		`(?:\{[^}]*\} )*"([^"]*)`)
	haTCP = regexp.MustCompile(`(\S+):(\d+) \[([^\]]+)\] (\S+) (\S+)/(\S+) [-+\d/]+ \+?(\d+) ([A-Za-z-]{2}) [\d/+]+ [\d/]+\s*$`)
	// haTimers are the number of the frontend's connections and its neighbours, in every line.
	haTimers = regexp.MustCompile(` \d+/\d+/\d+/\d+/\+?\d+ `)
	haHost   = regexp.MustCompile(`\{([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?)[|}]`)
)

func (h *haproxy) begins(text string) bool {
	return strings.Contains(text, "] ") && haTimers.MatchString(text) && (haHTTP.MatchString(text) || haTCP.MatchString(text))
}

func (h *haproxy) take(l line) bool {
	if m := haHTTP.FindStringSubmatch(l.text); m != nil {
		h.http(l, m)
		return true
	}
	if m := haTCP.FindStringSubmatch(l.text); m != nil {
		h.tcp(l, m)
		return true
	}
	return false
}

func (h *haproxy) end() {}

// http is a request. One that HAProxy itself refused or failed has a flag for it; what a server
// answered is its own.
func (h *haproxy) http(l line, m []string) {
	code, flags := number(m[7]), m[8]
	if code < http.StatusInternalServerError && flags[0] != 'P' && code > 0 {
		return
	}
	method, rest, _ := strings.Cut(m[9], " ")
	path, _, _ := strings.Cut(rest, " ")
	a := attempt{at: l, role: evidence.Registry}
	if host := haHost.FindStringSubmatch(l.text); host != nil { // capture request header Host
		a.host = host[1]
	}
	if method == "CONNECT" {
		a.host = path
	}
	raw := path
	if at, ok := a.endpoint(); ok && strings.HasPrefix(path, "/") {
		raw = "https://" + at.URLHost() + path
	}
	text := m[7] + " " + flags + " " + m[5] + "/" + m[6]
	d := evidence.Request{Method: h.r.scribe.Short(method, maxQuote), URL: h.r.scribe.URL(raw), Code: max(code, 0),
		StatusLine: h.r.scribe.Short(text, maxQuote)}
	if u := parseURL("https://host.invalid" + path); u != nil && strings.HasPrefix(path, "/") {
		d.Step = stepOf(u)
	}
	kind := evidence.UnexpectedAnswer
	if code <= 0 {
		kind = evidence.Closed
	}
	a.add(evidence.Hop{Op: evidence.OpRequest, State: evidence.Failed, Failure: h.r.failure(kind, text+": "+haSays(flags)), Detail: d,
		At: haTime(m[3])})
	h.r.keep(a)
}

// tcp is a connection that HAProxy passes on as it is. Where no server took it, the client saw its
// end and nothing else.
func (h *haproxy) tcp(l line, m []string) {
	if flags := m[8]; (flags[0] == 'S' || flags[0] == 's' || flags[0] == 'P') && m[7] == "0" {
		a := attempt{at: l, role: evidence.Registry}
		a.add(evidence.Hop{Op: evidence.OpRequest, State: evidence.Failed, At: haTime(m[3]),
			Failure: h.r.failure(evidence.Closed, flags+" "+m[5]+"/"+m[6]+": "+haSays(flags)), Detail: evidence.Request{}})
		h.r.keep(a)
	}
}

// haSays are the first two flags of a session's end in words (section 8.5 of the manual).
func haSays(flags string) string {
	by := map[byte]string{'C': "the client ended it", 'S': "the server ended it or refused the connection",
		'P': "HAProxy itself refused it", 'R': "a resource of HAProxy ran out",
		'I': "an internal error", 'D': "the server was taken down", 'L': "HAProxy answered it itself", 'c': "the client's time ran out",
		's': "the server's time ran out"}[flags[0]]
	when := map[byte]string{'R': "waiting for the request", 'Q': "in the queue", 'C': "while the connection to the server was made",
		'H': "waiting for the server's answer",
		'D': "while data was passed on", 'L': "while the last data was passed on", 'T': "in a tarpit"}[flags[1]]
	return strings.TrimRight(strings.Join([]string{by, when}, ", "), ", ")
}

func haTime(text string) time.Time {
	at, err := time.Parse("02/Jan/2006:15:04:05.000", text)
	if err != nil {
		return time.Time{}
	}
	return at
}
