package tunnel

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"strings"
	"time"

	"pullpath/internal/evidence"
)

const (
	// maxHead bounds status line and headers together. Proxies stay below 8
	// KiB; Go's own client allows 1 MiB to an origin, a proxy needs less.
	maxHead = 64 << 10
	// maxHeaders bounds their number, so that a flood of tiny ones ends too.
	maxHeaders = 200
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
}

func (h head) get(name string) (string, bool) { return evidence.HeaderValue(h.headers, name) }

// describe writes what may be kept of the head.
func (h head) describe(d *evidence.Tunnel, scribe evidence.Scribe) {
	d.StatusLine, d.Code, d.Phrase = scribe.Text(h.statusLine), h.code, scribe.Text(h.phrase)
	for _, f := range h.headers {
		d.Headers = append(d.Headers, scribe.Header(f.Name, f.Value))
		if strings.EqualFold(f.Name, "Proxy-Authenticate") {
			d.Challenges = append(d.Challenges, evidence.ParseChallenges(scribe.Header(f.Name, f.Value).Value)...)
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
			return h, fail(err, "reading the answer to CONNECT", scribe)
		}
		if h.code == 0 {
			detail.StatusLine = scribe.Text(h.statusLine)
			return h, evidence.Fail(evidence.NotHTTP, "the status line has no status: "+detail.StatusLine, nil)
		}
		if h.code/100 != 1 {
			return h, nil
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
	first, _ := br.Peek(min(br.Buffered(), evidence.MaxFirstBytes))
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
			return h, err
		}
		if line == "" {
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
	return string(bytes.TrimRight(slice, "\r\n")), nil
}

// readBody reads what a refusal says, bounded in bytes and time. An error ends
// the reading and is no fact of its own: the status line was the answer.
func readBody(ctx context.Context, br *bufio.Reader, conn net.Conn, h head) (data []byte, truncated bool) {
	ctx, cancel := context.WithTimeout(ctx, bodyPatience)
	defer cancel()
	lift := Bound(ctx, conn)
	defer lift()
	var r io.Reader = br
	if encoding, ok := h.get("Transfer-Encoding"); ok && strings.EqualFold(encoding, "chunked") {
		r = httputil.NewChunkedReader(br)
	} else if length, ok := h.get("Content-Length"); ok {
		n, err := strconv.ParseInt(length, 10, 64)
		if err != nil || n < 0 {
			n = maxBody
		}
		r = io.LimitReader(br, n)
	}
	data, _ = io.ReadAll(io.LimitReader(r, maxBody+1))
	if len(data) > maxBody {
		return data[:maxBody], true
	}
	return data, false
}
