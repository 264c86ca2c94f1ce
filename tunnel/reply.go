package tunnel

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http/httputil"
	"slices"
	"strconv"
	"strings"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/neterr"
)

const (
	// maxHead bounds status line and headers together. Proxies stay below 8
	// KiB; Go's own client allows 1 MiB to an origin, a proxy needs less.
	maxHead = 64 << 10
	// maxHeaders bounds their number, so that a flood of tiny ones ends too.
	maxHeaders = 200
	// keptHeaders is how many of them a report keeps: proxies send a dozen.
	keptHeaders = 64
	// maxBody is how much of a refusal's body is read to recognise its author.
	maxBody = 64 << 10
	// maxInformational is how many 1xx answers may come first; Go allows five.
	maxInformational = 5
	// bodyPatience is how long a refusal's body may take. The status is known
	// by then, so a slow page must not cost the hop's whole limit.
	bodyPatience = time.Second
)

// head is an answer up to its blank line.
type head struct {
	statusLine string
	code       int
	phrase     string
	headers    []evidence.Header
	bareLF     bool
}

func (h head) get(name string) (string, bool) { return evidence.HeaderValue(h.headers, name) }

// all returns every value of a header.
func (h head) all(name string) []string {
	var out []string
	for _, f := range h.headers {
		if strings.EqualFold(f.Name, name) {
			out = append(out, f.Value)
		}
	}
	return out
}

func (h head) chunked() bool {
	encoding, ok := h.get("Transfer-Encoding")
	return ok && strings.EqualFold(encoding, "chunked")
}

// announcesBody reports whether a length or chunks are announced.
func (h head) announcesBody() bool {
	length, ok := h.get("Content-Length")
	return h.chunked() || ok && length != "0"
}

// persists reports whether the connection goes on after the answer (RFC 9112 section
// 9.3; Proxy-Connection is older than the RFCs and still sent).
func (h head) persists() bool {
	options := strings.ToLower(strings.Join(append(h.all("Connection"), h.all("Proxy-Connection")...), ","))
	if strings.HasPrefix(h.statusLine, "HTTP/1.0") {
		return strings.Contains(options, "keep-alive")
	}
	return !strings.Contains(options, "close")
}

// describe writes what may be kept of the head.
func (h head) describe(d *evidence.Tunnel, scribe evidence.Scribe) {
	if h.statusLine == "" {
		return
	}
	d.StatusLine, d.Code, d.Phrase = scribe.Text(h.statusLine), h.code, scribe.Text(h.phrase)
	if h.bareLF {
		d.Remarks = append(d.Remarks, evidence.RemarkBareLF)
	}
	for i, f := range h.headers {
		if i < keptHeaders {
			d.Headers = append(d.Headers, scribe.Header(f.Name, f.Value))
		}
		if strings.EqualFold(f.Name, "Proxy-Authenticate") {
			d.Challenges = append(d.Challenges, scribe.Challenges(f.Value)...)
		}
	}
}

// readFinalHead reads heads until one is no 1xx.
func readFinalHead(br *bufio.Reader, scribe evidence.Scribe, detail *evidence.Tunnel) (head, *evidence.Failure) {
	for range maxInformational + 1 {
		if kind, first := notHTTP(br); kind != "" {
			detail.FirstBytes = scribe.FirstBytes(first)
			return head{}, evidence.Fail(kind, "the answer to CONNECT does not begin with HTTP/: "+detail.FirstBytes, nil)
		}
		h, err := readHead(br)
		if err != nil {
			if errors.Is(err, errTooLong) {
				detail.Remarks = append(detail.Remarks, evidence.RemarkFlood)
			}
			return h, fail(err, "reading the answer to CONNECT", scribe)
		}
		if h.code == 0 {
			return h, evidence.Fail(evidence.NotHTTP, "the status line has no status: "+scribe.Text(h.statusLine), nil)
		}
		if h.code/100 != 1 {
			return h, nil
		}
		if !slices.Contains(detail.Remarks, evidence.RemarkInformational) {
			detail.Remarks = append(detail.Remarks, evidence.RemarkInformational)
		}
	}
	return head{}, evidence.Fail(evidence.NotHTTP, "nothing but 1xx answers to CONNECT", nil)
}

// notHTTP looks at the first bytes without taking them. It returns an empty
// kind when they may be a status line.
func notHTTP(br *bufio.Reader) (evidence.Kind, []byte) {
	const prefix = "HTTP/"
	start, err := br.Peek(len(prefix))
	if string(start) == prefix || err != nil && len(start) > 0 && strings.HasPrefix(prefix, string(start)) {
		return "", nil
	}
	if err != nil && len(start) == 0 {
		return "", nil
	}
	first, _ := br.Peek(br.Buffered())
	// A TLS record: type alert (21) or handshake (22), major version 3 (RFC 8446 5.1).
	if len(first) >= 2 && (first[0] == 0x15 || first[0] == 0x16) && first[1] == 0x03 {
		return evidence.SpeaksTLS, first
	}
	return evidence.NotHTTP, first
}

// readHead reads one status line and its headers. A code of 0 means that the
// line has none. Bare LF ends a line as CRLF does (RFC 9112 section 2.2).
func readHead(br *bufio.Reader) (head, error) {
	limited := &lineReader{br: br, left: maxHead}
	line, err := limited.line()
	if err != nil {
		return head{}, err
	}
	h := head{statusLine: line}
	_, rest, _ := strings.Cut(line, " ")
	code, phrase, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	if n, err := strconv.Atoi(code); err == nil && n >= 100 && n <= 999 {
		h.code, h.phrase = n, phrase
	}
	for len(h.headers) < maxHeaders {
		line, err := limited.line()
		if err != nil {
			h.bareLF = limited.bareLF
			return h, err
		}
		if line == "" {
			h.bareLF = limited.bareLF
			return h, nil
		}
		name, value, ok := strings.Cut(line, ":")
		if ok {
			h.headers = append(h.headers, evidence.Header{Name: name, Value: strings.TrimSpace(value)})
		}
	}
	return h, errTooLong
}

// lineReader reads lines until its allowance is used up.
type lineReader struct {
	br   *bufio.Reader
	left int
	// bareLF means that a line ended without CR.
	bareLF bool
}

var errTooLong = &headError{"status line and headers exceed the limit"}

type headError struct{ text string }

func (e *headError) Error() string { return e.text }

func (l *lineReader) line() (string, error) {
	slice, err := l.br.ReadSlice('\n')
	l.left -= len(slice)
	switch {
	case errors.Is(err, bufio.ErrBufferFull) || l.left < 0:
		return "", errTooLong
	case errors.Is(err, io.EOF) && len(slice) > 0:
		return "", io.ErrUnexpectedEOF
	case err != nil:
		return "", err
	}
	l.bareLF = l.bareLF || !bytes.HasSuffix(slice, []byte("\r\n"))
	return string(bytes.TrimRight(slice, "\r\n")), nil
}

// body is the part of a refusal's body that was read.
type body struct {
	data      []byte
	truncated bool
	// complete means that its announced end was reached, so that another answer
	// may follow on the connection.
	complete bool
	remarks  []string
}

// readBody reads the body of a refusal, bounded in bytes and time. An error ends the
// reading and is not a fact of its own: the status line was the answer.
func readBody(ctx context.Context, br *bufio.Reader, conn net.Conn, h head) body {
	ctx, cancel := context.WithTimeout(ctx, bodyPatience)
	defer cancel()
	lift := Bound(ctx, conn)
	defer lift()
	var out body
	var r io.Reader = br
	framed := h.announcesBody()
	if h.chunked() {
		out.remarks = append(out.remarks, evidence.RemarkChunked)
		r = httputil.NewChunkedReader(br)
	} else if length, ok := h.get("Content-Length"); ok {
		n, err := strconv.ParseInt(length, 10, 64)
		if err != nil || n < 0 {
			n = maxBody
		}
		r, framed = io.LimitReader(br, n), err == nil && n >= 0
	}
	var err error
	out.data, err = io.ReadAll(io.LimitReader(r, maxBody+1))
	if out.truncated = len(out.data) > maxBody; out.truncated {
		out.data = out.data[:maxBody]
	}
	if out.truncated || err != nil && !errors.Is(err, io.EOF) && !neterr.IsReset(err) && !neterr.IsClosed(err) && !neterr.IsBroken(err) {
		out.remarks = append(out.remarks, evidence.RemarkUnending)
	}
	out.complete = framed && err == nil && !out.truncated && h.reached(out.data) && endChunks(br, h)
	return out
}

// reached reports whether as much came as was announced.
func (h head) reached(data []byte) bool {
	length, ok := h.get("Content-Length")
	return h.chunked() || ok && length == strconv.Itoa(len(data))
}

// endChunks reads the trailer that httputil's reader leaves behind the last chunk.
func endChunks(br *bufio.Reader, h head) bool {
	if !h.chunked() {
		return true
	}
	trailer := &lineReader{br: br, left: maxHead}
	for {
		line, err := trailer.line()
		if line == "" || err != nil {
			return err == nil
		}
	}
}
