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
	// Login are the proxy's credentials. They are sent and never kept; evidence
	// has the scheme.
	Login Login
	// Again opens another connection to the same proxy, for a login that the
	// proxy makes us go on with on a new one. Without it such a login ends there.
	// The connection is closed by whoever made it.
	Again func(context.Context) (net.Conn, error)
	// Address is the target's address with port for a SOCKS server that is not
	// asked by name; empty leaves the name to the server.
	Address string
	// Greeting bounds the wait for the first word of a SOCKS server, which needs no
	// look-up for it; 0 leaves it to the context.
	Greeting time.Duration
	// Scribe makes texts fit to be kept.
	Scribe evidence.Scribe
	// Now is the clock.
	Now func() time.Time
}

// Connect speaks CONNECT (RFC 9110 section 9.3.6) on a connection to a proxy,
// and answers its demands for a login as far as the request has one. On success
// the returned connection is the tunnel, with any early bytes still to be read.
// The given connection stays the caller's to close.
func Connect(ctx context.Context, conn net.Conn, req Request) (net.Conn, evidence.Tunnel, *evidence.Failure) {
	talk := req.Login.begin(req.Target)
	authorization := talk.first()
	e := &exchange{req: req, conn: conn, br: bufio.NewReaderSize(conn, maxHead)}
	var legs []evidence.Leg
	for {
		answer, failure := e.ask(ctx, authorization)
		detail := e.detail
		detail.Legs = legs
		if failure == nil {
			return &buffered{Conn: e.conn, r: e.br}, detail, nil
		}
		if detail.Code != statusProxyAuth || len(legs) == maxLegs {
			return nil, detail, failure
		}
		next, err := talk.next(ctx, answer.all("Proxy-Authenticate"))
		if err != nil {
			detail.AuthProblem, detail.AuthAsked = req.Scribe.Text(err.Error()), req.Login.Scheme
		}
		if next == "" {
			return nil, detail, failure
		}
		if err := e.goOn(ctx); err != nil {
			detail.AuthProblem = req.Scribe.Text("the proxy ended the connection in the middle of the login: " + err.Error())
			return nil, detail, failure
		}
		legs = append(legs, evidence.Leg{AuthSent: detail.AuthSent, StatusLine: detail.StatusLine, Code: detail.Code,
			Challenges: detail.Challenges, Connection: detail.Connection})
		authorization = next
	}
}

const (
	statusProxyAuth = 407
	// maxLegs bounds the answers before the last one of a login. NTLM, the longest
	// dialogue, has two.
	maxLegs = 3
)

// exchange is one connection to a proxy on which CONNECT is asked, maybe more
// than once.
type exchange struct {
	req    Request
	conn   net.Conn
	br     *bufio.Reader
	detail evidence.Tunnel
}

// ask sends one CONNECT and reads the answer. A nil failure is a tunnel.
func (e *exchange) ask(ctx context.Context, authorization string) (head, *evidence.Failure) {
	req := e.req
	e.detail = evidence.Tunnel{Request: "CONNECT " + req.Target + " HTTP/1.1", UserAgent: req.UserAgent}
	lift := Bound(ctx, e.conn)
	defer lift()
	e.detail.AuthSent, _, _ = strings.Cut(authorization, " ")
	sent := req.Now()
	if _, err := io.WriteString(e.conn, req.text(authorization)); err != nil {
		return head{}, fail(err, "writing CONNECT", req.Scribe)
	}
	if _, err := e.br.Peek(1); err != nil {
		return head{}, fail(err, "waiting for the answer to CONNECT", req.Scribe)
	}
	e.detail.FirstByteMS = float64(req.Now().Sub(sent).Microseconds()) / 1000
	answer, failure := readFinalHead(e.br, req.Scribe, &e.detail)
	answer.describe(&e.detail, req.Scribe)
	if failure != nil {
		return answer, failure
	}
	if e.detail.Code/100 != 2 {
		e.refused(ctx, answer)
		return answer, evidence.Fail(evidence.ProxyStatus, req.Scribe.Text(answer.statusLine), nil)
	}
	if n := e.br.Buffered(); n > 0 {
		early, _ := e.br.Peek(n)
		e.detail.EarlyBytes = req.Scribe.FirstBytes(early)
	}
	if answer.announcesBody() {
		e.detail.Remarks = append(e.detail.Remarks, evidence.RemarkBodyOn2xx)
	}
	return answer, nil
}

// refused reads what a refusal says and whether the connection outlives it.
func (e *exchange) refused(ctx context.Context, answer head) {
	body := readBody(ctx, e.br, e.conn, answer)
	contentType, _ := answer.get("Content-Type")
	e.detail.Body = e.req.Scribe.Body(body.data, contentType, body.truncated)
	e.detail.Remarks = append(e.detail.Remarks, body.remarks...)
	e.detail.Connection = evidence.Ended
	if body.complete && answer.persists() {
		e.detail.Connection = evidence.Kept
	}
}

// goOn makes the exchange ready for another request: on the same connection, or
// on a new one where the proxy ended it.
func (e *exchange) goOn(ctx context.Context) error {
	if e.detail.Connection == evidence.Kept {
		return nil
	}
	if e.req.Again == nil {
		return io.EOF
	}
	conn, err := e.req.Again(ctx)
	if err != nil {
		return err
	}
	e.conn, e.br = conn, bufio.NewReaderSize(conn, maxHead)
	return nil
}

func (r Request) text(authorization string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n", r.Target, r.Target, r.UserAgent)
	if authorization != "" {
		fmt.Fprintf(&b, "Proxy-Authorization: %s\r\n", authorization)
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
