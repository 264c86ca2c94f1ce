package tunnel

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"testing"
	"time"
	"unicode/utf8"

	"pullpath/internal/cost"
	"pullpath/internal/evidence"
)

// scripted is a connection whose peer has said all that it will say, whatever it is asked.
type scripted struct{ said *bytes.Reader }

func sends(by []byte) net.Conn { return scripted{bytes.NewReader(by)} }

func (s scripted) Read(p []byte) (int, error)       { return s.said.Read(p) }
func (s scripted) Write(p []byte) (int, error)      { return len(p), nil }
func (s scripted) Close() error                     { return nil }
func (s scripted) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (s scripted) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (s scripted) SetDeadline(time.Time) error      { return nil }
func (s scripted) SetReadDeadline(time.Time) error  { return nil }
func (s scripted) SetWriteDeadline(time.Time) error { return nil }

// checkFailure fails for a kind that is none of the operation's, and for a text that is
// no text.
func checkFailure(t *testing.T, op evidence.Op, f *evidence.Failure) {
	t.Helper()
	if f == nil {
		return
	}
	known := false
	for _, k := range evidence.KindsOf(op) {
		known = known || k == f.Kind
	}
	if !known || !utf8.ValidString(f.Text) || len(f.Text) > 4096 {
		t.Errorf("failure %q, %q", f.Kind, f.Text)
	}
}

// FuzzSOCKS gives a SOCKS client whatever a server may say.
func FuzzSOCKS(f *testing.F) {
	for _, s := range []string{"\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x01\xbb", "\x05\x02\x01\x00\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00",
		"\x05\xff", "\x05\x02\x01\x01", "\x05\x00\x05\x00\x00\x03\xff",
		"HTTP/1.1 400 Bad Request\r\n\r\n", "\x04\x5a", "\x15\x03\x01\x00\x02\x02\x46", ""} {
		f.Add([]byte(s))
	}
	u := &url.URL{Scheme: "socks5h", Host: "proxy.example:1080"}
	f.Fuzz(func(t *testing.T, reply []byte) {
		for _, login := range []Login{{}, {User: "joe", Password: "hunter22"}} {
			req := Request{Target: "registry.example:443", Now: time.Now, Login: login}
			cost.Linear(t, len(reply), func() {
				_, d, failure := Open(context.Background(), sends(reply), u, req)
				checkFailure(t, evidence.OpTunnel, failure)
				if d.SOCKS == nil || len(d.FirstBytes) > 4*evidence.MaxFirstBytes+8 {
					t.Errorf("%+v", d)
				}
			})
		}
		d, failure := OfferMethod(context.Background(), sends(reply), evidence.SOCKSGSSAPI, Request{Now: time.Now})
		checkFailure(t, evidence.OpTunnel, failure)
		if d.SOCKS == nil || d.SOCKS.Method > 255 {
			t.Errorf("%+v", d.SOCKS)
		}
	})
}

// FuzzFetch gives the fetching of a page whatever a peer may say in plain text.
func FuzzFetch(f *testing.F) {
	for _, s := range []string{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 403 x\r\nContent-Type: text/html\r\n\r\n<html><title>t", "HTTP/1.0 302 Found\r\nLocation: http://a/\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "SSH-2.0-x\r\n",
		"\x15\x03\x01", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, reply []byte) {
		if len(reply) > 64<<10 {
			t.Skip() // what is more is cut before it is looked at
		}
		cost.Linear(t, len(reply), func() {
			d, body, failure := Fetch(context.Background(), sends(reply), "page", "http://registry.example/", Request{Now: time.Now})
			checkFailure(t, evidence.OpRequest, failure)
			if len(body) > len(reply) || len(d.Headers) > keptHeaders || len(d.FirstBytes) > 4*evidence.MaxFirstBytes+8 {
				t.Errorf("%d bytes of %d, %d fields", len(body), len(reply), len(d.Headers))
			}
		})
	})
}
