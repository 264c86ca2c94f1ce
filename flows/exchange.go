package flows

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/httphead"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

const (
	// maxHead bounds status line and headers of an answer: Go's own client
	// allows 1 MiB (net/http Transport.MaxResponseHeaderBytes).
	maxHead = 1 << 20
	// maxDocument bounds a JSON document: the distribution spec makes clients
	// accept manifests of 4 MiB.
	maxDocument = 4 << 20
	// maxInformational is how many 1xx answers may come first; Go allows five.
	maxInformational = 5
)

// ask is one request to make over a session.
type ask struct {
	step   evidence.Step
	method string
	url    string
	header http.Header
	// form, where set, is the body. It holds secrets and enters no evidence.
	form   url.Values
	expect expectation
	probe  evidence.Probe
	// agent stands for the client's own User-Agent; empty for that.
	agent string
	// by is the place in the plan of the registry whose conversation asks, nil where
	// that is the walk's own.
	by []int
	// suspect, where set, says at the last moment that the connection leads to a place
	// to which no login is sent; withheld is that place.
	suspect  func(w *walk, handshake *openHop) string
	withheld string
	// proxyLogin is the login for a proxy that is asked for a URL, empty for none.
	proxyLogin string
	// brought means that the token which it carries was brought by a login.
	brought bool
	// again means that the request repeats an earlier one, to see what else may be
	// answered.
	again bool
	// secretBody keeps the words of the body out of evidence: a token's.
	secretBody bool
	// limit is how much of the body is read; 0 takes maxDocument.
	limit int64
	// read looks at a complete answer before the expectation is asked.
	read func(*evidence.Request, []byte)
	// stream, where set, takes the body instead of a document's buffer and
	// returns how the reading failed.
	stream func(status int, body io.Reader) error
	// blob is what the stream reads of a blob, nil for others.
	blob *blobAsk
	// finish adds to the detail when the exchange is over.
	finish func(*evidence.Request)
}

// reply is what came back.
type reply struct {
	hop    *openHop
	on     *walk
	detail evidence.Request
	header http.Header
	body   []byte
	failed bool
	// lost means that the exchange broke the connection, carried that a login was sent
	// with it or before it, on the way through redirects.
	lost, carried bool
}

// exchange makes one request and records its hop. The session's lock must be
// held; the connection must be there.
func (w *walk) exchange(a ask) reply {
	s := w.step(evidence.OpRequest, nil).on(w.session.hop)
	s.probe, s.via = a.probe, w.via()
	out := reply{on: w, detail: evidence.Request{Method: a.method, URL: w.run.cfg.Scribe.URL(a.url),
		UserAgent: cmp.Or(a.agent, w.run.cfg.shape().requestAgent),
		Step:      a.step, Expected: a.expect.words, AuthSent: a.authScheme(), Withheld: a.withheld, Range: a.header.Get("Range")}}
	w.session.patience = w.run.cfg.HopTimeout
	if a.probe == "" {
		w.session.patience = w.run.patience(evidence.OpRequest)
	}
	ctx, cancel := context.WithCancel(w.run.ctx)
	defer cancel()
	patience := time.AfterFunc(w.session.patience, cancel)
	defer patience.Stop()
	w.run.hopWithin(ctx, s, w.session.conn, func(ctx context.Context, n *openHop) (evidence.Detail, *evidence.Failure) {
		out.hop = n
		failure := w.converse(ctx, a, &out, patience)
		out.failed = failure != nil
		return out.detail, failure
	})
	return out
}

// converse sends the request, reads the answer and compares it with the answers that the
// client expects. A connection that cannot be used again is dropped.
func (w *walk) converse(ctx context.Context, a ask, out *reply, patience *time.Timer) *evidence.Failure {
	lift := tunnel.Bound(ctx, w.session.conn)
	a.proxyLogin = w.loginByURL()
	resp, failure := w.send(ctx, a, out) //nolint:bodyclose // receive closes it
	w.releaseByURL(a, *out)
	if failure == nil {
		failure = w.receive(a, resp, out, patience)
	}
	lift()
	if failure != nil && failure.Kind == evidence.Timeout && w.via() == "" {
		out.detail.Delivery = tunnel.Delivered(w.session.conn)
	}
	out.lost = failure != nil
	if failure != nil || resp.Close && w.session.h2 == nil {
		w.session.drop()
	}
	if failure == nil && !a.expect.holds(*out) {
		failure = evidence.Fail(evidence.UnexpectedAnswer, "expected "+out.detail.Expected+"; got "+describe(out.detail), nil)
	}
	if a.finish != nil && out.detail.Code/100 == 2 {
		a.finish(&out.detail)
	}
	return failure
}

// authScheme names how credentials are sent: the scheme of the header, or "form".
func (a ask) authScheme() string {
	if a.form.Has("password") || a.form.Has("refresh_token") {
		return "form"
	}
	scheme, _, _ := strings.Cut(a.header.Get("Authorization"), " ")
	return scheme
}

func describe(r evidence.Request) string {
	what := r.StatusLine
	switch {
	case r.Token != nil && r.Token.Problem != "":
		what += ", " + r.Token.Problem
	case r.Body != nil && r.Body.HTML:
		what += ", a page"
		if r.Body.Title != "" {
			what += " titled " + r.Body.Title
		}
	case r.Location != "":
		what += " to " + r.Location
	case r.Platforms != nil:
		what += ", an index of " + strings.Join(r.Platforms, ", ")
	}
	return what
}

// send writes the request and reads the head of the final answer.
func (w *walk) send(ctx context.Context, a ask, out *reply) (*http.Response, *evidence.Failure) {
	s := &w.session
	var body io.Reader
	if a.form != nil {
		body = strings.NewReader(a.form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, a.method, a.url, body)
	if err != nil {
		return nil, evidence.Fail(evidence.Unknown, w.run.cfg.Scribe.Text(err.Error()), err)
	}
	for name, values := range a.header {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", out.detail.UserAgent)
	if a.proxyLogin != "" {
		req.Header.Set("Proxy-Authorization", a.proxyLogin)
	}
	out.detail.HeadBytes = httphead.Bytes(req)
	if s.h2 != nil {
		return w.sendHTTP2(ctx, req, out)
	}
	s.in.left = maxHead
	sent := w.run.net.Now()
	if err := s.write(req); err != nil {
		return nil, w.failStream(err, "writing the request")
	}
	if _, err := s.br.Peek(1); err != nil {
		return nil, w.failBefore(err, out)
	}
	out.detail.FirstByteMS = ms(w.run.net.Now().Sub(sent))
	if number := alertInPlain(s.br); number != 0 {
		out.detail.Alert = number
		return nil, evidence.Fail(evidence.Unknown, fmt.Sprintf("the answer is not HTTP: an alert of TLS, number %d", number), nil)
	}
	for range maxInformational + 1 {
		resp, err := http.ReadResponse(s.br, req)
		if err != nil {
			return nil, w.failHead(err, out)
		}
		if resp.StatusCode/100 != 1 {
			w.describeHead(resp, out)
			return resp, nil
		}
	}
	return nil, evidence.Fail(evidence.Unknown, "nothing but 1xx answers", nil)
}

// alertInPlain returns the number of the alert where a record of TLS with one comes in place of a status
// line (RFC 8446 sections 5.1 and 6): a server that speaks TLS alone was asked in plain HTTP. 0 for all else.
func alertInPlain(br *bufio.Reader) int {
	const record, length = "\x15\x03", 7 // type and version, then the version's end, two octets of length, level and number
	if first, _ := br.Peek(1); len(first) == 0 || first[0] != record[0] {
		return 0
	}
	if first, _ := br.Peek(length); len(first) == length && strings.HasPrefix(string(first), record) {
		return int(first[length-1])
	}
	return 0
}

// failBefore classifies what came in place of an answer's first byte. In TLS 1.3
// a server judges the client when the client is done, so an alert about the
// handshake arrives here (RFC 8446 section 4.4.2.4).
func (w *walk) failBefore(err error, out *reply) *evidence.Failure {
	number, name := tlsinspect.AlertOf(err)
	if number == 0 {
		return w.failStream(err, "waiting for the answer")
	}
	out.detail.Alert = number
	return evidence.Fail(evidence.Closed, "the peer ended the connection with a TLS alert: "+w.run.cfg.Scribe.Text(name), err)
}

func (w *walk) failStream(err error, doing string) *evidence.Failure {
	kind, _ := tunnel.ClassifyStream(err)
	text := doing + ": " + err.Error()
	if said := http2Failure(err); said != "" {
		kind, text = evidence.Protocol, doing+": "+said
	}
	if kind == evidence.Timeout {
		text = fmt.Sprintf("%s: no answer in %s", doing, w.session.patience)
	}
	if errors.Is(err, io.EOF) {
		text = doing + ": the peer closed the connection (EOF)"
	}
	return evidence.Fail(kind, w.run.cfg.Scribe.Text(text), err)
}
