package transcript

import (
	"net/url"
	"regexp"
	"strings"

	"pullpath/internal/evidence"
)

// answerHead reads the head of an answer that stands by itself: what curl -i and -I, wget -S and httpie
// print, and what people cut out of a log.
type answerHead struct {
	r *reader
	// first is the status line, got the head under way, body what stands behind it.
	first line
	got   []string
	body  strings.Builder
	// inBody means that the head is at its end.
	inBody bool
	// tunnelled means that the head before was a proxy's answer to CONNECT.
	tunnelled bool
}

func newAnswerHead(r *reader) *answerHead { return &answerHead{r: r} }

func (a *answerHead) form() string { return "HTTP head" }

var (
	// headFirst is a status line; the trace of go-containerregistry, which crane -v prints, has the time before it.
	headFirst = regexp.MustCompile(`^\s*(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d )?(HTTP/(?:1\.[01]|2|3)(?:\.0)? [1-5]\d\d(?: [^:{}<>"]*)?)$`)
	headField = regexp.MustCompile(`^\s*[A-Za-z][A-Za-z0-9-]*: ?\S`)
	// headBody is how a page or a document begins.
	headBody = regexp.MustCompile(`^\s*(?:<|\{")`)
)

func (a *answerHead) begins(text string) bool {
	return strings.Contains(text, "HTTP/") && headFirst.MatchString(text)
}

func (a *answerHead) take(l line) bool {
	text := strings.TrimSpace(l.text)
	m := headFirst.FindStringSubmatch(text)
	switch {
	case m != nil:
		a.flush()
		a.first, a.got = l, []string{m[1]}
	case len(a.got) == 0:
		return false
	case !a.inBody && headField.MatchString(text) && !strings.HasPrefix(text, "curl: "):
		a.got = append(a.got, text)
	case text == "":
		a.inBody = true
	case headBody.MatchString(text) || a.body.Len() > 0 && !statementStart.MatchString(l.text) && !strings.HasPrefix(text, "curl: "):
		a.inBody = true
		if a.body.Len() < maxPage {
			a.body.WriteString(text + "\n")
		}
	default:
		return false
	}
	return true
}

// flush keeps the head under way. A status line without a field is a statement as any other.
func (a *answerHead) flush() {
	got := a.got
	switch {
	case len(got) == 0:
	case len(got) == 1 && a.body.Len() == 0 && !established(got[0]):
		a.r.tell(a.first)
	default:
		a.keep(a.r.head(got))
	}
	a.got, a.inBody = nil, false
	a.body.Reset()
}

// established: the words with which a proxy says that the tunnel stands.
func established(status string) bool {
	return strings.Contains(strings.ToLower(status), " 200 connection established")
}

// keep makes an attempt of a head: a proxy's answer where it says that it is one, else the host's.
func (a *answerHead) keep(h head) {
	_, squid := evidence.HeaderValue(h.headers, "X-Squid-Error")
	u := parseURL(a.r.command)
	at := attempt{at: a.first, url: u, role: roleOf(u, place{})}
	t := &transfer{at: a.first, sentAt: a.first}
	switch {
	case established(h.line):
		a.tunnelled = true
		return
	case (h.code == 407 || squid) && !a.tunnelled:
		request := ""
		if u != nil && u.Scheme == "https" {
			request = "CONNECT " + evidence.EndpointOf(u).ID() + " HTTP/1.1"
		}
		at.proxied = true
		at.add(*a.r.connectHop(t, request, h, a.body.String()))
	default:
		at.proxied = a.tunnelled
		at.add(a.request(u, h))
	}
	a.r.keep(at)
}

// request is the answer of the host.
func (a *answerHead) request(u *url.URL, h head) evidence.Hop {
	body := a.body.String()
	d := evidence.Request{StatusLine: h.line, Code: h.code, Headers: h.headers,
		Challenges: h.challenges(a.r.scribe, "WWW-Authenticate"), Body: a.r.scribe.Body([]byte(body), contentType(h), false),
		Errors: a.r.scribedErrors(readErrors(body, contentType(h), h.code))}
	if u != nil {
		d.URL, d.Step = a.r.scribe.URL(u.String()), stepOf(u)
	}
	out := evidence.Hop{Op: evidence.OpRequest, State: evidence.OK, Detail: d, Origin: a.first.origin(a.r.scribe)}
	if h.code >= 400 && !expected(d) {
		out.State, out.Failure = evidence.Failed, a.r.failure(evidence.UnexpectedAnswer, h.line)
	}
	return out
}

func (a *answerHead) end() {
	a.flush()
	a.tunnelled = false
}
