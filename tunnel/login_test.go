package tunnel

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/ntlm"
)

// asks answers each request of a connection with what say returns, and gathers
// the schemes that came along.
func asks(say func(step int, authorization string) string, schemes *[]string) func(net.Conn) {
	return func(conn net.Conn) {
		br := bufio.NewReader(conn)
		for step := 1; ; step++ {
			r, err := http.ReadRequest(br)
			if err != nil {
				return
			}
			sent := r.Header.Get("Proxy-Authorization")
			scheme, _, _ := strings.Cut(sent, " ")
			*schemes = append(*schemes, scheme)
			_, _ = io.WriteString(conn, say(step, sent))
		}
	}
}

const opened = "HTTP/1.1 200 Connection established\r\n\r\n"

func demanding(challenges ...string) string {
	text := "HTTP/1.1 407 Who\r\n"
	for _, c := range challenges {
		text += "Proxy-Authenticate: " + c + "\r\n"
	}
	return text + "Content-Length: 5\r\n\r\nlogin"
}

func TestLogin(t *testing.T) {
	challenge := ntlm.Challenge{}
	ntlmProxy := func(password string) func(int, string) string {
		return func(step int, sent string) string {
			_, blob, _ := strings.Cut(sent, " ")
			message, _ := base64.StdEncoding.DecodeString(blob)
			_, err := challenge.Verify(message, func(string) (string, bool) { return password, true })
			switch {
			case ntlm.IsNegotiate(message):
				return demanding("NTLM " + base64.StdEncoding.EncodeToString(challenge.Message()))
			case sent != "" && err == nil:
				return opened
			}
			return demanding("Negotiate", "NTLM")
		}
	}
	digest := `Digest realm="corp, inc", nonce="abc", qop="auth"`
	for _, row := range []struct {
		name    string
		scheme  string
		say     func(int, string) string
		sent    []string // schemes in order
		opens   bool
		problem string
	}{
		{"basic goes first", "", func(int, string) string { return opened }, []string{"Basic"}, true, ""},
		{"basic is not said twice", "", func(int, string) string { return demanding("Basic") }, []string{"Basic"}, false, ""},
		{"digest waits for its challenge", Digest, func(step int, _ string) string {
			return []string{demanding("Negotiate", digest), opened}[step-1]
		}, []string{"", "Digest"}, true, ""},
		{"digest is not said twice", Digest, func(int, string) string { return demanding(digest) }, []string{"", "Digest"}, false, ""},
		{"digest is not on offer", Digest, func(int, string) string { return demanding("Basic, NTLM") }, []string{""}, false,
			"does not offer Digest"},
		{"digest of an unknown kind", Digest, func(int, string) string { return demanding(`Digest nonce="a", algorithm=MD4`) }, []string{""},
			false, "does not offer Digest"},
		{"nobody is asked for", NTLM, func(int, string) string { return opened }, []string{""}, true, ""},
		{"ntlm", NTLM, ntlmProxy("hunter22"), []string{"", "NTLM", "NTLM"}, true, ""},
		{"ntlm, wrong password", NTLM, ntlmProxy("other"), []string{"", "NTLM", "NTLM"}, false, ""},
		{"ntlm, broken off", NTLM, func(int, string) string { return demanding("NTLM") }, []string{"", "NTLM"}, false, "sent no challenge"},
		{"ntlm, unreadable", NTLM, func(step int, _ string) string { return demanding([]string{"NTLM", "NTLM AAAA"}[min(step, 2)-1]) },
			[]string{"", "NTLM"}, false, "cannot be read"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var schemes []string
			conn, d, failure := connect(t, asks(row.say, &schemes), func(r *Request) {
				r.Login = Login{Scheme: row.scheme, User: "joe", Password: "hunter22"}
			})
			if (conn != nil) != row.opens || (failure == nil) != row.opens {
				t.Errorf("opened %v, %v", conn != nil, failure)
			}
			if !slices.Equal(schemes, row.sent) {
				t.Errorf("sent %q, want %q", schemes, row.sent)
			}
			if !strings.Contains(d.AuthProblem, row.problem) || (row.problem == "") != (d.AuthProblem == "") {
				t.Errorf("problem %q, want %q", d.AuthProblem, row.problem)
			}
			if len(d.Legs) != len(row.sent)-1 {
				t.Errorf("%d legs for %d requests", len(d.Legs), len(row.sent))
			}
			if all := fmt.Sprintf("%+v", d); strings.Contains(all, "TlRM") || strings.Contains(all, "response=") {
				t.Errorf("a blob is kept: %s", all)
			}
		})
	}
}

// A proxy that ends the connection with each 407 is dialled again, if that can be.
func TestLoginGoesOnOnAnotherConnection(t *testing.T) {
	say := strings.Replace(demanding(`Digest realm="r", nonce="n"`), "Content-Length", "Connection: close\r\nContent-Length", 1)
	for _, able := range []bool{true, false} {
		var again func(context.Context) (net.Conn, error)
		if able {
			again = func(context.Context) (net.Conn, error) {
				conn, err := net.Dial("tcp", peer(t, answers(opened, true)))
				if err == nil {
					t.Cleanup(func() { _ = conn.Close() })
				}
				return conn, err
			}
		}
		conn, d, failure := connect(t, answers(say, false), func(r *Request) {
			r.Login, r.Again = Login{Scheme: Digest, User: "joe", Password: "hunter22"}, again
		})
		if (conn != nil) != able || (failure == nil) != able {
			t.Errorf("can dial %v: %v", able, failure)
		}
		if able && (len(d.Legs) != 1 || d.Legs[0].Connection != evidence.Ended) || !able && d.AuthProblem == "" {
			t.Errorf("can dial %v: %+v", able, d)
		}
	}
}

// The oddities of an answer's form are told, and only those that it has.
func TestRemarks(t *testing.T) {
	for answer, want := range map[string][]string{
		"HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n":                                                 nil,
		"HTTP/1.1 403 x\nContent-Length: 0\n\n":                                                       {evidence.RemarkBareLF},
		"HTTP/1.1 102 x\r\n\r\nHTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n":                           {evidence.RemarkInformational},
		"HTTP/1.1 403 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":                               {evidence.RemarkChunked},
		"HTTP/1.1 200 x\r\nContent-Length: 3\r\n\r\nabc":                                              {evidence.RemarkBodyOn2xx},
		"HTTP/1.1 403 x\r\nContent-Length: 99999999\r\n\r\n" + strings.Repeat("a", maxBody+1):         {evidence.RemarkUnending},
		"HTTP/1.1 403 x\r\n" + strings.Repeat("A: b\r\n", maxHeaders+1) + "Content-Length: 0\r\n\r\n": {evidence.RemarkFlood},
	} {
		_, d, _ := connect(t, answers(answer, true), nil)
		if !slices.Equal(d.Remarks, want) {
			t.Errorf("%.60q: %q, want %q", answer, d.Remarks, want)
		}
	}
}

func TestSOCKSKeepsWhatWasSaid(t *testing.T) {
	for _, row := range []struct {
		name    string
		login   Login
		says    []string // one after each message of ours
		kind    evidence.Kind
		want    evidence.SOCKS
		address string
	}{
		{"allowed", Login{}, []string{"\x05\x00", "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"}, "",
			evidence.SOCKS{Offered: []int{0}, Method: 0, Login: -1, Reply: 0, ResolvedBy: "proxy"}, ""},
		{"resolved here", Login{}, []string{"\x05\x00", "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"}, "",
			evidence.SOCKS{Offered: []int{0}, Method: 0, Login: -1, Reply: 0, ResolvedBy: "client", Address: "203.0.113.9:443"}, "203.0.113.9:443"},
		{"not allowed", Login{}, []string{"\x05\x00", "\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"}, evidence.ProxyStatus,
			evidence.SOCKS{Offered: []int{0}, Method: 0, Login: -1, Reply: 2, ResolvedBy: "proxy"}, ""},
		{"wants a login", Login{}, []string{"\x05\xff"}, evidence.ProxyStatus,
			evidence.SOCKS{Offered: []int{0}, Method: 255, Login: -1, Reply: -1, ResolvedBy: "proxy"}, ""},
		{"refuses the login", Login{User: "joe", Password: "hunter22"}, []string{"\x05\x02", "\x01\x01"}, evidence.ProxyStatus,
			evidence.SOCKS{Offered: []int{0, 2}, Method: 2, Login: 1, Reply: -1, ResolvedBy: "proxy"}, ""},
		{"is no SOCKS", Login{}, []string{"HTTP/1.1 400 Bad Request\r\n"}, evidence.NotHTTP,
			evidence.SOCKS{Offered: []int{0}, Method: -1, Login: -1, Reply: -1, ResolvedBy: "proxy"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", peer(t, func(c net.Conn) {
				buf := make([]byte, 512)
				for _, say := range row.says {
					if _, err := c.Read(buf); err != nil {
						return
					}
					_, _ = io.WriteString(c, say)
				}
			}))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			_, d, failure := Open(ctx, conn, &url.URL{Scheme: "socks5"}, Request{Target: "registry.redhat.io:443", Login: row.login,
				Address: row.address, Now: time.Now})
			if kindOf(failure) != row.kind {
				t.Errorf("%v, want %q", failure, row.kind)
			}
			if d.SOCKS == nil || fmt.Sprint(*d.SOCKS) != fmt.Sprint(row.want) {
				t.Errorf("%+v, want %+v", d.SOCKS, row.want)
			}
		})
	}
}

// A method is offered, the choice is read, and nothing else is ever sent.
func TestOfferMethod(t *testing.T) {
	for _, row := range []struct {
		name, says string
		method     int
		kind       evidence.Kind
		chosen     int
	}{
		{"is taken", "\x05\x02", evidence.SOCKSPassword, "", 2},
		{"is not taken", "\x05\xff", evidence.SOCKSGSSAPI, evidence.ProxyStatus, 255},
		{"another one is taken", "\x05\x00", evidence.SOCKSGSSAPI, evidence.ProxyStatus, 0},
		{"is no SOCKS", "HTTP/1.1 400 Bad Request\r\n", evidence.SOCKSNone, evidence.NotHTTP, -1},
		{"is cut off", "\x05", evidence.SOCKSNone, evidence.Closed, -1},
		{"ends", "", evidence.SOCKSNone, evidence.Closed, -1},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []byte
			done := make(chan struct{})
			conn, err := net.Dial("tcp", peer(t, func(c net.Conn) {
				defer close(done)
				buf := make([]byte, 3)
				n, _ := io.ReadFull(c, buf)
				got = buf[:n]
				_, _ = io.WriteString(c, row.says)
				if row.kind == "" {
					rest, _ := io.ReadAll(c)
					got = append(got, rest...)
				}
			}))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			d, failure := OfferMethod(ctx, conn, row.method, Request{Now: time.Now})
			_ = conn.Close()
			<-done
			if kindOf(failure) != row.kind || d.SOCKS == nil || d.SOCKS.Method != row.chosen || d.SOCKS.ResolvedBy != "" {
				t.Errorf("%+v, %v; want method %d, %q", d.SOCKS, failure, row.chosen, row.kind)
			}
			if want := []byte{5, 1, byte(row.method)}; !bytes.Equal(got, want) {
				t.Errorf("sent %x, want %x and no more", got, want)
			}
		})
	}
}

// A server that does not greet is given up before one that is slow to connect.
func TestSOCKSGreetingHasItsOwnLimit(t *testing.T) {
	conn, err := net.Dial("tcp", peer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, d, failure := Open(ctx, conn, &url.URL{Scheme: "socks5h"}, Request{Target: "h:443", Greeting: time.Millisecond, Now: time.Now})
	if kindOf(failure) != evidence.Timeout || d.SOCKS.Method != evidence.SOCKSUnsaid || ctx.Err() != nil {
		t.Errorf("%v, %+v", failure, d.SOCKS)
	}
}
