package transcript

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/hint"
)

// An HTTP archive is what browsers and proxies for debugging save of their requests
// (http://www.softwareishard.com/blog/har-12-spec/). Browsers write status 0 and an error of
// their own where no answer came.

// harBegins is how one begins.
var harBegins = regexp.MustCompile(`^\s*\{\s*"log"\s*:\s*\{`)

// maxHAR bounds an archive, in bytes. Browsers put the bodies into it; a session of some hundred
// requests has some ten million.
const maxHAR = 256 << 20

// harEntry is one request of an archive, as far as it is read.
type harEntry struct {
	Started         time.Time `json:"startedDateTime"`
	Time            float64   `json:"time"`
	ServerIPAddress string    `json:"serverIPAddress"`
	Request         struct {
		Method      string      `json:"method"`
		URL         string      `json:"url"`
		HTTPVersion string      `json:"httpVersion"`
		Headers     []harHeader `json:"headers"`
	} `json:"request"`
	Response struct {
		Status      int         `json:"status"`
		StatusText  string      `json:"statusText"`
		HTTPVersion string      `json:"httpVersion"`
		Headers     []harHeader `json:"headers"`
		Error       string      `json:"_error"`
		Content     struct {
			Text     string `json:"text"`
			Encoding string `json:"encoding"`
		} `json:"content"`
	} `json:"response"`
	Error string `json:"_error"`
}

type harHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// isHAR reports whether a text begins as an archive does.
func isHAR(in *bufio.Reader) bool {
	head, _ := in.Peek(sniffed) // a shorter text is no failure here
	return harBegins.Match(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
}

// har reads an archive entry by entry and returns how many lines it has.
func (r *reader) har(ctx context.Context, f *file, in io.Reader) (int, error) {
	counted := &lineCounter{in: io.LimitReader(in, maxHAR)}
	buffered := bufio.NewReader(counted)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		_, _ = buffered.Discard(3) // it was peeked
	}
	dec := json.NewDecoder(buffered)
	if err := toEntries(dec); err != nil {
		return counted.lines, hint.New("the archive cannot be read: "+r.scribe.Short(err.Error(), maxQuote),
			"save it again: it must be HAR 1.2, and whole")
	}
	f.recognised("HTTP archive")
	for n := 1; dec.More() && ctx.Err() == nil; n++ {
		var e harEntry
		if err := dec.Decode(&e); err != nil {
			if n > 1 && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)) {
				break // cut: what was read counts
			}
			return counted.lines, hint.New(fmt.Sprintf("entry %d of the archive cannot be read: %s", n, r.scribe.Short(err.Error(), maxQuote)),
				"save it again: it must be HAR 1.2, and whole")
		}
		r.harEntry(f, n, e)
	}
	return counted.lines, ctx.Err()
}

// toEntries goes to the first entry.
func toEntries(dec *json.Decoder) error {
	depth := 0
	for {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				depth++
			} else {
				depth--
			}
		case string:
			if t == "entries" && depth == 2 {
				if open, err := dec.Token(); err != nil || open != json.Delim('[') {
					return errors.New("entries is no list")
				}
				return nil
			}
		}
	}
}

// harEntry makes an attempt of an entry.
func (r *reader) harEntry(f *file, n int, e harEntry) {
	u := parseURL(e.Request.URL)
	if u == nil || u.Scheme != "http" && u.Scheme != "https" {
		return
	}
	origin := &evidence.Origin{Place: fmt.Sprintf("%s, entry %d", f.name, n)}
	why := e.Response.Error + e.Error
	if e.Response.Error != "" {
		why = e.Response.Error
	}
	r.harSecrets(origin.Place, e)
	origin.Text = r.scribe.Short(fmt.Sprintf("%s %s: %d %s %s", e.Request.Method, r.scribe.URL(e.Request.URL), e.Response.Status,
		e.Response.StatusText, why), maxQuote)
	a := attempt{at: line{file: f, no: n}, url: u}
	a.role = roleOf(u, place{})
	if e.Response.Status > 0 {
		h := r.harAnswer(u.String(), e)
		a.proxied = a.proxied || h.Op == evidence.OpTunnel
		h.Origin, h.At, h.TookMS = origin, e.Started.UTC(), max(e.Time, 0)
		a.add(h)
	} else if h, ok := r.harFailure(&a, e, why); ok {
		h.Origin, h.At, h.TookMS = origin, e.Started.UTC(), max(e.Time, 0)
		a.add(h)
	}
	r.keep(a)
}

// harSecrets learns what the headers of an entry hold, so that it is taken out of all its texts.
func (r *reader) harSecrets(place string, e harEntry) {
	for _, list := range [][]harHeader{e.Request.Headers, e.Response.Headers} {
		for _, h := range list {
			if _, held := cut(h.Name+": "+h.Value, r.scribe.Secrets); held != "" && len(r.trace.Texts.Secrets) < maxSecretPlaces {
				r.trace.Texts.Secrets = append(r.trace.Texts.Secrets, place+": "+held)
				return
			}
		}
	}
}

// harAnswer is a request with its answer.
func (r *reader) harAnswer(raw string, e harEntry) evidence.Hop {
	t := &transfer{url: raw}
	for _, h := range e.Request.Headers {
		t.sent = append(t.sent, h.Name+": "+h.Value)
		if strings.EqualFold(h.Name, "user-agent") {
			t.agent = h.Value
		}
	}
	version := e.Response.HTTPVersion
	if !strings.HasPrefix(strings.ToUpper(version), "HTTP/") {
		version = "HTTP/2"
	}
	lines := []string{strings.ToUpper(version) + fmt.Sprintf(" %d %s", e.Response.Status, e.Response.StatusText)}
	for _, h := range e.Response.Headers {
		lines = append(lines, h.Name+": "+h.Value)
	}
	body := e.Response.Content.Text
	if e.Response.Content.Encoding == "base64" {
		plain, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			plain = nil
		}
		body = string(plain)
	}
	body, _ = cut(body[:min(len(body), maxPage)], r.scribe.Secrets)
	if e.Request.Method == http.MethodConnect {
		host, port := portOf(raw)
		return *r.connectHop(t, "CONNECT "+hostPort(host, port)+" HTTP/1.1", r.head(lines), body)
	}
	h := r.requestHop(t, e.Request.Method+" "+raw+" HTTP/1.1", r.head(lines), body)
	if net.ParseIP(strings.Trim(e.ServerIPAddress, "[]")) != nil {
		_, port := portOf(raw)
		h.Peer = hostPort(e.ServerIPAddress, port)
	}
	if e.Response.Status == http.StatusProxyAuthRequired { // a site does not answer so
		h.Role = evidence.Proxy
	}
	return h
}

// portOf is the host and port that a URL leads to.
func portOf(raw string) (host, port string) {
	u := parseURL(raw)
	if u == nil {
		return "", ""
	}
	at := evidence.EndpointOf(u)
	return at.Host, fmt.Sprint(at.Port)
}

// harFailure is a request without an answer, false where the browser itself gave it up or does
// not say why.
func (r *reader) harFailure(a *attempt, e harEntry, why string) (evidence.Hop, bool) {
	low := strings.ToLower(why)
	if strings.Contains(low, "err_aborted") || strings.Contains(low, "err_blocked_by") || strings.Contains(low, "err_cache") {
		return evidence.Hop{}, false
	}
	p, ok := phraseIn(why)
	if !ok || why == "" {
		return evidence.Hop{}, false
	}
	h := evidence.Hop{State: evidence.Failed}
	r.other(a, &h, e.Request.Method, why)
	if strings.Contains(low, "err_proxy") || p.op == evidence.OpTunnel {
		h.Role, a.proxied = evidence.Proxy, true
	}
	return h, h.Op != ""
}

// lineCounter counts the lines that it passes on.
type lineCounter struct {
	in    io.Reader
	lines int
}

func (c *lineCounter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.lines += bytes.Count(p[:n], []byte("\n"))
	return n, err
}
