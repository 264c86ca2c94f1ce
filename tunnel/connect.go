package tunnel

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"pullpath/internal/evidence"
)

// Request is one CONNECT to make.
type Request struct {
	// Target is the host:port to reach; it goes into the request line and Host.
	Target string
	// UserAgent is that of the client under test.
	UserAgent string
	// Authorization is the value of Proxy-Authorization, empty for none. It is
	// sent and never kept; evidence has its scheme.
	Authorization string
	// Scribe makes texts fit to be kept.
	Scribe evidence.Scribe
	// Now is the clock.
	Now func() time.Time
}

// Connect speaks CONNECT (RFC 9110 section 9.3.6) on a connection to a proxy.
// On success the returned connection is the tunnel, with any early bytes still
// to be read. The given connection stays the caller's to close.
func Connect(ctx context.Context, conn net.Conn, req Request) (net.Conn, evidence.Tunnel, *evidence.Failure) {
	detail := evidence.Tunnel{Request: "CONNECT " + req.Target + " HTTP/1.1", UserAgent: req.UserAgent}
	lift := Bound(ctx, conn)
	defer lift()
	if scheme, _, ok := strings.Cut(req.Authorization, " "); ok {
		detail.AuthSent = scheme
	}
	sent := req.Now()
	if _, err := io.WriteString(conn, req.text()); err != nil {
		return nil, detail, fail(err, "writing CONNECT", req.Scribe)
	}
	br := bufio.NewReaderSize(conn, maxHead)
	if _, err := br.Peek(1); err != nil {
		return nil, detail, fail(err, "waiting for the answer to CONNECT", req.Scribe)
	}
	detail.FirstByteMS = float64(req.Now().Sub(sent).Microseconds()) / 1000
	head, failure := readFinalHead(br, req.Scribe, &detail)
	if failure != nil {
		return nil, detail, failure
	}
	head.describe(&detail, req.Scribe)
	if detail.Code/100 != 2 {
		data, truncated := readBody(ctx, br, conn, head)
		contentType, _ := head.get("Content-Type")
		detail.Body = req.Scribe.Body(data, contentType, truncated)
		return nil, detail, evidence.Fail(evidence.ProxyStatus, req.Scribe.Text(head.statusLine), nil)
	}
	if n := br.Buffered(); n > 0 {
		early, _ := br.Peek(min(n, evidence.MaxFirstBytes))
		detail.EarlyBytes = req.Scribe.FirstBytes(early)
	}
	return &buffered{Conn: conn, r: br}, detail, nil
}

func (r Request) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n", r.Target, r.Target, r.UserAgent)
	if r.Authorization != "" {
		fmt.Fprintf(&b, "Proxy-Authorization: %s\r\n", r.Authorization)
	}
	return b.String() + "\r\n"
}

// fail classifies an error of the open connection to the proxy.
func fail(err error, doing string, scribe evidence.Scribe) *evidence.Failure {
	kind, _ := ClassifyStream(err)
	text := doing + ": " + err.Error()
	if errors.Is(err, io.EOF) {
		text = doing + ": the peer closed the connection (EOF)"
	}
	return evidence.Fail(kind, scribe.Text(text), err)
}

// buffered is a connection whose first bytes were read ahead.
type buffered struct {
	net.Conn
	r *bufio.Reader
}

func (b *buffered) Read(p []byte) (int, error) { return b.r.Read(p) }
