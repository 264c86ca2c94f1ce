package flows

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"pullpath/internal/evidence"
)

// http2Protocol is the name of HTTP/2 in ALPN (RFC 9113 section 3.1).
const http2Protocol = "h2"

// takeHTTP2 makes the session speak HTTP/2 where its handshake agreed on it.
func (s *session) takeHTTP2(conn net.Conn) {
	secure, ok := conn.(*tls.Conn)
	if !ok || secure.ConnectionState().NegotiatedProtocol != http2Protocol {
		return
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	transport := &http.Transport{Protocols: protocols, DisableCompression: true, MaxResponseHeaderBytes: maxHead,
		DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}
	if client, err := transport.NewClientConn(context.Background(), "https", conn.RemoteAddr().String()); err == nil {
		s.h2 = client
	}
}

// sendHTTP2 makes a request as a stream of its own, and returns the final answer.
func (w *walk) sendHTTP2(ctx context.Context, req *http.Request, out *reply) (*http.Response, *evidence.Failure) {
	sent := w.run.net.Now()
	resp, err := w.session.h2.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, w.failStream(err, "waiting for the answer")
	}
	out.detail.FirstByteMS = ms(w.run.net.Now().Sub(sent))
	w.describeHead(resp, out)
	return resp, nil
}

// StreamError is what net/http says of a stream that was reset; its As takes any type with these
// fields (net/http, h2_error.go).
type StreamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

// Error is for errors.As, which wants an error.
func (e StreamError) Error() string {
	return fmt.Sprintf("stream %d was reset with %s", e.StreamID, http2Code(e.Code))
}

// http2Code names an error code (RFC 9113 section 7).
func http2Code(code uint32) string {
	names := []string{"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
		"FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY",
		"HTTP_1_1_REQUIRED"}
	if int(code) < len(names) {
		return names[code]
	}
	return fmt.Sprintf("code %#x", code)
}

// http2Failure says what an error of HTTP/2 is, empty for another one. net/http's errors about
// a whole connection have no type of their own.
func http2Failure(err error) string {
	var stream StreamError
	switch text := err.Error(); {
	case errors.As(err, &stream):
		return "HTTP/2: the stream was reset with " + http2Code(stream.Code)
	case strings.Contains(text, "http2: server sent GOAWAY"), strings.HasPrefix(text, "connection error: "):
		return "HTTP/2: " + text
	}
	return ""
}
