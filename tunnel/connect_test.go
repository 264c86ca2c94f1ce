package tunnel

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"pullpath/internal/cost"

	"go.uber.org/goleak"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer serves one connection with a script and returns its address.
func peer(t testing.TB, script func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		script(conn)
		_ = conn.Close()
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

// answers reads the request's head and writes the answer, then keeps the
// connection open until the client ends it, or closes it.
func answers(text string, keep bool) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		_, _ = io.WriteString(conn, text)
		if keep {
			_, _ = io.Copy(io.Discard, conn)
		}
	}
}

func connect(t testing.TB, script func(net.Conn), change func(*Request)) (net.Conn, evidence.Tunnel, *evidence.Failure) {
	t.Helper()
	conn, err := net.Dial("tcp", peer(t, script))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	req := Request{Target: "registry.redhat.io:443", UserAgent: "Go-http-client/1.1", Now: time.Now}
	if change != nil {
		change(&req)
	}
	return Connect(ctx, conn, req)
}

func TestConnectReadsEveryAnswer(t *testing.T) {
	for _, row := range []struct {
		name, answer string
		keep         bool
		kind         evidence.Kind // empty: the tunnel opens
		code         int
		line         string
	}{
		{name: "squid", answer: "HTTP/1.1 200 Connection established\r\n\r\n", keep: true, code: 200,
			line: "HTTP/1.1 200 Connection established"},
		{name: "http 1.0, capitals", answer: "HTTP/1.0 200 Connection Established\r\nProxy-agent: Apache\r\n\r\n", keep: true, code: 200,
			line: "HTTP/1.0 200 Connection Established"},
		{name: "no phrase", answer: "HTTP/1.1 200\r\n\r\n", keep: true, code: 200, line: "HTTP/1.1 200"},
		{name: "bare line feeds", answer: "HTTP/1.1 200 OK\nServer: x\n\n", keep: true, code: 200, line: "HTTP/1.1 200 OK"},
		{name: "1xx first", answer: "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", keep: true, code: 200, line: "HTTP/1.1 200 OK"},
		{name: "refused", answer: "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", keep: true, kind: evidence.ProxyStatus, code: 403,
			line: "HTTP/1.1 403 Forbidden"},
		{name: "chunked", answer: "HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nbad\r\n0\r\n\r\n", keep: true,
			kind: evidence.ProxyStatus, code: 502, line: "HTTP/1.1 502 Bad"},
		{name: "no length, closed", answer: "HTTP/1.0 407 Auth\r\n\r\npage", kind: evidence.ProxyStatus, code: 407, line: "HTTP/1.0 407 Auth"},
		{name: "only 1xx", answer: strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 9), keep: true, kind: evidence.NotHTTP},
		{name: "no status", answer: "HTTP/1.1 hello\r\n\r\n", keep: true, kind: evidence.NotHTTP, line: "HTTP/1.1 hello"},
		{name: "ssh", answer: "SSH-2.0-OpenSSH_9.2\r\n", keep: true, kind: evidence.NotHTTP},
		{name: "tls alert", answer: "\x15\x03\x01\x00\x02\x02\x46", kind: evidence.SpeaksTLS},
		{name: "garbage", answer: "\x00\x01\x02", kind: evidence.NotHTTP},
		{name: "closed at once", answer: "", kind: evidence.Closed},
		{name: "closed in the head", answer: "HTTP/1.1 200 OK\r\nServ", kind: evidence.Closed, code: 200},
		{name: "flood of bytes", answer: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", 1<<20), kind: evidence.Unknown, code: 200},
		{name: "flood of headers", answer: "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 5000), kind: evidence.Unknown, code: 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			conn, detail, failure := connect(t, answers(row.answer, row.keep), nil)
			kind := evidence.Kind("")
			if failure != nil {
				kind = failure.Kind
			}
			if kind != row.kind || detail.Code != row.code || (conn != nil) != (row.kind == "") {
				t.Errorf("kind %q code %d conn %v, want %q %d (%v)", kind, detail.Code, conn != nil, row.kind, row.code, failure)
			}
			if row.line != "" && detail.StatusLine != row.line {
				t.Errorf("status line %q, want %q", detail.StatusLine, row.line)
			}
		})
	}
}

func TestRefusalIsKeptInOrderAndCase(t *testing.T) {
	answer := "HTTP/1.1 407 Proxy Authentication Required\r\nserver: squid/5.7\r\nX-Squid-Error: ERR_CACHE_ACCESS_DENIED 0\r\n" +
		"Proxy-Authenticate: Negotiate\r\nPROXY-AUTHENTICATE: Basic realm=\"corp, inc\", Digest realm=\"d\", nonce=\"abc\"\r\n" +
		"Content-Length: 49\r\n\r\n<html><title>Sign in</title>echo hunter22</html>!"
	secrets := &redact.Secrets{}
	secrets.AddPair("joe", "hunter22")
	_, d, failure := connect(t, answers(answer, true), func(r *Request) {
		r.Login = Login{User: "joe", Password: "hunter22"}
		r.Scribe = evidence.Scribe{Secrets: secrets}
	})
	if failure == nil || failure.Kind != evidence.ProxyStatus {
		t.Fatal(failure)
	}
	var names, schemes []string
	for _, h := range d.Headers {
		names = append(names, h.Name)
	}
	for _, c := range d.Challenges {
		schemes = append(schemes, c.Scheme)
	}
	if want := []string{"server", "X-Squid-Error", "Proxy-Authenticate", "PROXY-AUTHENTICATE", "Content-Length"}; !slices.Equal(names, want) {
		t.Errorf("headers %v, want %v", names, want)
	}
	if want := []string{"Negotiate", "Basic", "Digest"}; !slices.Equal(schemes, want) {
		t.Errorf("schemes %v, want %v", schemes, want)
	}
	if d.Body == nil || d.Body.Title != "Sign in" || !d.Body.HTML {
		t.Errorf("body %+v", d.Body)
	}
	if all := fmt.Sprintf("%+v %+v", d, *d.Body); strings.Contains(all, "hunter22") || strings.Contains(all, "am9l") {
		t.Errorf("a secret is kept: %s", all)
	}
	if d.AuthSent != "Basic" {
		t.Errorf("auth sent %q", d.AuthSent)
	}
}

func TestEarlyBytesAreSeenAndStillReadable(t *testing.T) {
	conn, d, failure := connect(t, answers("HTTP/1.1 200 OK\r\n\r\n<html>blocked", false), nil)
	if failure != nil {
		t.Fatal(failure)
	}
	rest, _ := io.ReadAll(conn)
	if d.EarlyBytes != "<html>blocked" || string(rest) != "<html>blocked" {
		t.Errorf("early %q, read %q", d.EarlyBytes, rest)
	}
}

// A refusal whose body never ends costs the body's patience, not the hop's.
func TestEndlessBodyIsBounded(t *testing.T) {
	for name, script := range map[string]func(net.Conn){
		"kept open": answers("HTTP/1.1 403 Forbidden\r\n\r\n", true),
		"endless": func(conn net.Conn) {
			answers("HTTP/1.1 403 Forbidden\r\n\r\n", false)(conn)
			for {
				if _, err := conn.Write(bytes.Repeat([]byte("x"), 32<<10)); err != nil {
					return
				}
			}
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		conn, err := net.Dial("tcp", peer(t, script))
		if err != nil {
			t.Fatal(err)
		}
		_, d, failure := Connect(ctx, conn, Request{Target: "h:443", Now: time.Now})
		_ = conn.Close()
		if ctx.Err() != nil || failure == nil || d.Code != 403 {
			t.Errorf("%s: ctx %v, failure %v, code %d", name, ctx.Err(), failure, d.Code)
		}
		if d.Body != nil && d.Body.Bytes > maxBody {
			t.Errorf("%s: %d bytes kept", name, d.Body.Bytes)
		}
		cancel()
	}
}

func TestSilenceAndReset(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	conn, err := net.Dial("tcp", peer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }))
	if err != nil {
		t.Fatal(err)
	}
	_, _, failure := Connect(ctx, conn, Request{Target: "h:443", Now: time.Now})
	_ = conn.Close()
	if failure == nil || failure.Kind != evidence.Timeout {
		t.Errorf("silence: %v", failure)
	}
	_, _, failure = connect(t, func(c net.Conn) {
		_, _ = http.ReadRequest(bufio.NewReader(c))
		_ = c.(*net.TCPConn).SetLinger(0)
	}, nil)
	if failure == nil || failure.Kind != evidence.Reset {
		t.Errorf("reset: %v", failure)
	}
}

func TestSOCKS(t *testing.T) {
	serve := func(code byte) func(net.Conn) {
		return func(c net.Conn) {
			buf := make([]byte, 512)
			_, _ = io.ReadFull(c, buf[:3])
			_, _ = c.Write([]byte{5, 0})
			_, _ = io.ReadFull(c, buf[:5])
			_, _ = io.ReadFull(c, buf[:int(buf[4])+2])
			_, _ = c.Write([]byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0})
			_, _ = io.Copy(io.Discard, c)
		}
	}
	for code, want := range map[byte]evidence.Kind{0: "", 2: evidence.ProxyStatus, 5: evidence.ProxyStatus} {
		conn, err := net.Dial("tcp", peer(t, serve(code)))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		_, _, failure := Open(ctx, conn, &url.URL{Scheme: "socks5h"}, Request{Target: "registry.redhat.io:443", Now: time.Now})
		cancel()
		_ = conn.Close()
		if got := kindOf(failure); got != want {
			t.Errorf("reply code %d: %q, want %q (%v)", code, got, want, failure)
		}
	}
}

func kindOf(f *evidence.Failure) evidence.Kind {
	if f == nil {
		return ""
	}
	return f.Kind
}

// Whatever a peer sends: no panic, a kind of the tunnel, and no control
// character in what is kept.
func FuzzConnectReply(f *testing.F) {
	for _, s := range []string{"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 403 x\r\nA: b\r\n\r\nbody", "\x15\x03\x01", "HTTP/",
		"HTTP/1.1 407 \r\nProxy-Authenticate: Basic realm=\"\\", "SSH-2.0"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, reply []byte) {
		cost.Linear(t, len(reply), func() {
			ours, theirs := net.Pipe()
			done := make(chan struct{})
			go func() {
				defer close(done)
				br := bufio.NewReader(theirs)
				_, _ = http.ReadRequest(br)
				_, _ = theirs.Write(reply)
				_ = theirs.Close() // a further request of a login finds it closed
			}()
			scheme := []string{Basic, Digest, NTLM}[len(reply)%3]
			_, d, failure := Connect(context.Background(), ours, Request{Target: "h:443", UserAgent: "a", Now: time.Now,
				Login: Login{Scheme: scheme, User: "joe", Password: "hunter22"}})
			_ = ours.Close()
			<-done
			if failure != nil && !slices.Contains(evidence.KindsOf(evidence.OpTunnel), failure.Kind) {
				t.Errorf("kind %q", failure.Kind)
			}
			for _, text := range []string{d.StatusLine, d.Phrase, d.FirstBytes, d.EarlyBytes, fmt.Sprint(d.Headers)} {
				if strings.ContainsFunc(text, unicode.IsControl) {
					t.Errorf("control character in %q", text)
				}
			}
		})
	})
}
