package flows

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"

	"pullpath/internal/evidence"
	answers "pullpath/internal/refusal"
	"pullpath/tunnel"
)

// failHead classifies an answer whose head could not be read.
func (w *walk) failHead(err error, out *reply) *evidence.Failure {
	if errors.Is(err, errHeadTooLong) {
		return evidence.Fail(evidence.TooLarge, fmt.Sprintf("status line and headers exceed %d bytes", maxHead), err)
	}
	if ended := w.session.in.ended; ended != nil {
		err = ended
	}
	if _, known := tunnel.ClassifyStream(err); known {
		return w.failStream(err, "reading the answer's head")
	}
	if first, _ := w.session.br.Peek(w.session.br.Buffered()); len(first) > 0 {
		out.detail.FirstBytes = w.run.cfg.Scribe.FirstBytes(first)
	}
	return evidence.Fail(evidence.Unknown, "the answer is not HTTP: "+w.run.cfg.Scribe.Text(err.Error()), err)
}

// describeHead writes what may be kept of an answer's head.
func (w *walk) describeHead(resp *http.Response, out *reply) {
	scribe := w.run.cfg.Scribe
	learn(resp.Header, scribe)
	out.header = resp.Header
	out.detail.Code = resp.StatusCode
	out.detail.StatusLine = scribe.Text(resp.Proto + " " + resp.Status)
	fields, leftOut := boundHead(resp.Header)
	out.hop.leaveOut("headers", leftOut)
	for _, f := range fields {
		out.detail.Headers = append(out.detail.Headers, scribe.Header(f.Name, f.Value))
	}
	for _, v := range boundValues(resp.Header.Values("Www-Authenticate")) {
		out.detail.Challenges = append(out.detail.Challenges, scribe.Challenges(v)...)
	}
	if l := resp.Header.Get("Location"); l != "" {
		// Before it is put together with the request's: that takes out dots and slashes.
		l = scribe.Secrets.Scrub(l)
		if u, err := resp.Request.URL.Parse(l); err == nil {
			l = u.String()
		}
		out.detail.Location = scribe.URL(l)
	}
}

// learn notes a peer's own secrets: another answer may repeat them where no rule would
// remove them.
func learn(head http.Header, scribe evidence.Scribe) {
	scribe.Secrets.AddSigned(head.Get("Location"))
	for _, field := range boundValues(head.Values("Set-Cookie")) {
		scribe.Secrets.AddCookie(field)
	}
	for _, field := range boundValues(head.Values("Www-Authenticate")) {
		for _, c := range evidence.ParseChallenges(field) {
			scribe.Secrets.AddSigned(c.Params["realm"])
		}
	}
}

// receive reads the body: a document into the reply, a stream to its taker.
func (w *walk) receive(a ask, resp *http.Response, out *reply, patience *time.Timer) *evidence.Failure {
	defer func() { _ = resp.Body.Close() }()
	w.session.in.left = math.MaxInt64
	body := &patient{r: resp.Body, timer: patience, limit: w.session.patience}
	if a.stream != nil && resp.StatusCode/100 == 2 {
		return w.receiveStream(a, resp, out, body)
	}
	limit := a.limit
	if limit == 0 {
		limit = maxDocument
	}
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	truncated := int64(len(data)) > limit
	if truncated {
		data = data[:limit]
	}
	out.body = data
	if a.read != nil {
		a.read(&out.detail, data)
	}
	w.describeBody(a, resp, data, truncated, out)
	if err != nil {
		return w.failBody(err)
	}
	if truncated {
		return evidence.Fail(evidence.TooLarge, fmt.Sprintf("the document exceeds %d bytes", limit), nil)
	}
	return nil
}

// receiveStream hands the body to its taker. Of one that is not what was asked for, what it
// is instead is kept.
func (w *walk) receiveStream(a ask, resp *http.Response, out *reply, body *patient) *evidence.Failure {
	var seen beginning
	err := a.stream(resp.StatusCode, io.TeeReader(body, &seen))
	if !body.ended && w.session.h2 == nil {
		// Closing a body reads it to its end, and the rest was not wanted.
		w.session.drop()
	}
	var short *shortError
	framed := resp.ContentLength >= 0 || len(resp.TransferEncoding) > 0 || w.session.h2 != nil
	if errors.As(err, &short) && body.ended && framed {
		err = short.whole()
	}
	failure := w.failBody(err)
	if failure != nil && failure.Kind == evidence.DigestMismatch {
		w.describeInstead(a, seen, out)
	}
	return failure
}

// shortText is below which a plain text of another length than the content's is a message, in
// bytes. Layers are no text, and a configuration is JSON, of which nothing is kept.
const shortText = 1 << 10

// describeInstead keeps of a content that is not the one that was asked for whether it is a
// page, an error document or a short text. Any other content may be a private image's.
func (w *walk) describeInstead(a ask, seen beginning, out *reply) {
	scribe := w.run.cfg.Scribe
	b := scribe.Body(seen, "", len(seen) == pageLimit)
	message := len(seen) < shortText && a.blob != nil && int64(len(seen)) != a.blob.ref.Size
	if errs := said(seen, "", http.StatusBadRequest, scribe); len(errs) > 0 && (message || errs[0].Form != evidence.FormPlain) {
		out.detail.Errors = errs
	}
	if b != nil && (b.HTML || out.detail.Errors != nil) {
		out.detail.Body = b
	}
}

// beginning keeps the first bytes of a stream, up to the length of a page.
type beginning []byte

func (b *beginning) Write(p []byte) (int, error) {
	*b = append(*b, p[:min(len(p), pageLimit-len(*b))]...)
	return len(p), nil
}

func (w *walk) describeBody(a ask, resp *http.Response, data []byte, truncated bool, out *reply) {
	out.detail.Body = w.run.cfg.Scribe.Body(data, resp.Header.Get("Content-Type"), truncated)
	b, secret := out.detail.Body, a.secretBody && resp.StatusCode/100 == 2
	if b != nil && secret {
		b.Text = "" // whatever type it is sent as: a page is known by its title and markers
	}
	if b != nil && !b.HTML {
		out.detail.Errors = said(data, resp.Header.Get("Content-Type"), resp.StatusCode, w.run.cfg.Scribe)
		if secret {
			b.Markers = nil
		}
	}
}

// failBody classifies how the reading of a body ended.
func (w *walk) failBody(err error) *evidence.Failure {
	var digest *digestError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &digest):
		return evidence.Fail(evidence.DigestMismatch, digest.Error(), err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return evidence.Fail(evidence.Truncated, "the body ended before its announced length", err)
	}
	return w.failStream(err, "reading the body")
}

// patient restarts the hop's limit with every byte: a large layer may take
// long, silence may not.
type patient struct {
	r     io.Reader
	timer *time.Timer
	limit time.Duration
	// ended means that the end was read.
	ended bool
}

func (p *patient) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if n > 0 {
		p.timer.Reset(p.limit)
	}
	p.ended = p.ended || errors.Is(err, io.EOF)
	return n, err
}

// said keeps what an answer says of its refusal.
func said(data []byte, contentType string, status int, scribe evidence.Scribe) []evidence.APIError {
	out := answers.Read([]byte(scribe.Secrets.Scrub(string(data))), contentType, status)
	for i, e := range out {
		out[i].Code, out[i].Message, out[i].Detail = scribe.Text(e.Code), scribe.Text(e.Message), scribe.Text(e.Detail)
	}
	return out
}
