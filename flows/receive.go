package flows

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"

	"pullpath/internal/evidence"
	"pullpath/tunnel"
)

// maxAPIErrors bounds how many entries of an error body are kept; registries
// send one or two.
const maxAPIErrors = 8

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
	return evidence.Fail(evidence.Unknown, "the answer is no HTTP: "+w.run.cfg.Scribe.Text(err.Error()), err)
}

// describeHead writes what may be kept of an answer's head.
func (w *walk) describeHead(resp *http.Response, out *reply) {
	scribe := w.run.cfg.Scribe
	learn(resp.Header, scribe)
	out.header = resp.Header
	out.detail.Code = resp.StatusCode
	out.detail.StatusLine = scribe.Text(resp.Proto + " " + resp.Status)
	fields, leftOut := boundHead(resp.Header)
	out.node.leaveOut("headers", leftOut)
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

// learn takes what a peer gives of its own secrets: another answer may repeat them where
// no rule takes them out.
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
		err := a.stream(body)
		if !body.ended {
			// Closing a body reads it to its end, and the rest was not wanted.
			w.session.drop()
		}
		return w.failBody(err)
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

func (w *walk) describeBody(a ask, resp *http.Response, data []byte, truncated bool, out *reply) {
	out.detail.Body = w.run.cfg.Scribe.Body(data, resp.Header.Get("Content-Type"), truncated)
	b, secret := out.detail.Body, a.secretBody && resp.StatusCode/100 == 2
	if b != nil && secret {
		b.Text = "" // whatever type it is sent as: a page is known by its title and markers
	}
	if b != nil && !b.HTML {
		out.detail.Errors = apiErrors(data, w.run.cfg.Scribe)
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
	// ended tells that the end was read.
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

// apiErrors reads a registry's error body (OCI distribution spec, "Error
// Codes"). Red Hat's are sometimes of other codes; the form is the same.
func apiErrors(data []byte, scribe evidence.Scribe) []evidence.APIError {
	var doc struct {
		Errors []struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal([]byte(scribe.Secrets.Scrub(string(data))), &doc) != nil {
		return nil
	}
	var out []evidence.APIError
	for i, e := range doc.Errors {
		if i < maxAPIErrors {
			out = append(out, evidence.APIError{Code: scribe.Text(e.Code), Message: scribe.Text(e.Message)})
		}
	}
	return out
}
