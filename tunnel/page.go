package tunnel

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"

	"pullpath/internal/evidence"
)

// Page asks a proxy for a page in plain HTTP and reads the answer, with the bounds of
// an answer to CONNECT. Of the request only agent, scribe and clock count: no login is
// sent, because a page is never worth an attempt.
func Page(ctx context.Context, conn net.Conn, address string, req Request) (evidence.Request, *evidence.Failure) {
	detail, _, failure := Fetch(ctx, conn, evidence.StepBlockPage, address, req)
	return detail, failure
}

// Fetch is Page for any step of the conversation, and also returns the body, at most
// 64 KiB of it. It asks in the form for a proxy, which servers accept too
// (RFC 9112 section 3.2.2).
func Fetch(ctx context.Context, conn net.Conn, step evidence.Step, address string, req Request) (evidence.Request, []byte,
	*evidence.Failure) {
	detail := evidence.Request{Method: "GET", URL: address, UserAgent: req.UserAgent, Step: step}
	u, err := url.Parse(address)
	if err != nil {
		return detail, nil, evidence.Fail(evidence.Unknown, req.Scribe.Text(err.Error()), err)
	}
	lift := Bound(ctx, conn)
	defer lift()
	sent := req.Now()
	text := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\nConnection: close\r\n\r\n", address,
		u.Host, req.UserAgent)
	if _, err := io.WriteString(conn, text); err != nil {
		return detail, nil, fail(err, "asking for the page", req.Scribe)
	}
	br := bufio.NewReaderSize(conn, maxHead)
	if _, err := br.Peek(1); err != nil {
		return detail, nil, fail(err, "waiting for the page", req.Scribe)
	}
	detail.FirstByteMS = float64(req.Now().Sub(sent).Microseconds()) / 1000
	var like evidence.Tunnel
	answer, failure := readFinalHead(br, req.Scribe, &like)
	answer.describe(&like, req.Scribe)
	detail.StatusLine, detail.Code, detail.Headers, detail.FirstBytes = like.StatusLine, like.Code, like.Headers, like.FirstBytes
	if failure != nil {
		return detail, nil, evidence.Fail(evidence.Unknown, failure.Text, failure)
	}
	detail.Location, _ = evidence.HeaderValue(like.Headers, "Location")
	read := readBody(ctx, br, conn, answer)
	contentType, _ := answer.get("Content-Type")
	detail.Body = req.Scribe.Body(read.data, contentType, read.truncated)
	return detail, read.data, nil
}
