package tunnel

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/net/proxy"

	"pullpath/internal/evidence"
)

// Open asks a proxy for a tunnel in the language that its URL's scheme names:
// SOCKS5 for socks5 and socks5h, CONNECT for all others, as net/http does.
func Open(ctx context.Context, conn net.Conn, u *url.URL, req Request) (net.Conn, evidence.Tunnel, *evidence.Failure) {
	if IsSOCKS(u) {
		return socks(ctx, conn, req)
	}
	return Connect(ctx, conn, req)
}

// Speaks reports whether a proxy's URL has a scheme that this package speaks. SOCKS4,
// which curl still has, is none of them.
func Speaks(u *url.URL) bool { return u.Scheme == "http" || u.Scheme == "https" || IsSOCKS(u) }

// IsSOCKS reports whether a proxy's URL names a SOCKS server.
func IsSOCKS(u *url.URL) bool { return u.Scheme == "socks5" || u.Scheme == "socks5h" }

// socks speaks SOCKS5 (RFC 1928) by x/net/proxy. The name is left to the proxy
// for both schemes, as net/http does it, unless the request has an address.
func socks(ctx context.Context, conn net.Conn, req Request) (net.Conn, evidence.Tunnel, *evidence.Failure) {
	detail := evidence.Tunnel{Request: "SOCKS5 CONNECT " + req.Target}
	target, resolvedBy := req.Target, evidence.ByProxy
	if req.Address != "" {
		target, resolvedBy = req.Address, evidence.ByClient
	}
	var auth *proxy.Auth
	offered := []int{evidence.SOCKSNone}
	if !req.Login.Empty() {
		auth = &proxy.Auth{User: req.Login.User, Password: req.Login.Password}
		offered = append(offered, evidence.SOCKSPassword)
	}
	heard := &tap{Conn: conn}
	dialer, err := proxy.SOCKS5("tcp", "", auth, onConn{heard})
	if err != nil {
		return nil, detail, evidence.Fail(evidence.Unknown, req.Scribe.Text(err.Error()), err)
	}
	lift := Bound(ctx, conn)
	defer lift()
	defer heard.within(req.Greeting)()
	sent := req.Now()
	// The deadline of the context reaches the connection by Bound.
	tunnelled, err := dialer.Dial("tcp", target)
	detail.FirstByteMS = float64(req.Now().Sub(sent).Microseconds()) / 1000
	said := heard.read(offered, resolvedBy)
	said.Address = req.Address
	detail.SOCKS = &said
	if said.Method == evidence.SOCKSPassword {
		detail.AuthSent = SOCKSScheme
	}
	if err == nil {
		heard.full = true
		return tunnelled, detail, nil
	}
	kind, known := ClassifyStream(err)
	switch {
	case len(heard.first) > 0 && heard.first[0] != socksVersion:
		kind, detail.FirstBytes = evidence.NotHTTP, req.Scribe.FirstBytes(heard.first)
	case said.Method == evidence.SOCKSNoMethod, said.Login > 0, said.Reply > 0:
		// What it said counts; that it closed behind it does not.
		kind = evidence.ProxyStatus
	case !known:
		kind = evidence.ProxyStatus
	}
	return nil, detail, evidence.Fail(kind, req.Scribe.Text(err.Error()), err)
}

// OfferMethod offers a SOCKS5 server one method and reads its choice, no more
// (RFC 1928 section 3): nothing is logged in to and nothing asked for. The failure
// is nil where the server takes the method.
func OfferMethod(ctx context.Context, conn net.Conn, method int, req Request) (evidence.Tunnel, *evidence.Failure) {
	detail := evidence.Tunnel{Request: "SOCKS5 methods"}
	lift := Bound(ctx, conn)
	defer lift()
	sent := req.Now()
	if _, err := conn.Write([]byte{socksVersion, 1, byte(method)}); err != nil {
		return detail, fail(err, "offering a SOCKS method", req.Scribe)
	}
	heard := &tap{Conn: conn}
	_, err := io.ReadFull(heard, make([]byte, 2))
	detail.FirstByteMS = float64(req.Now().Sub(sent).Microseconds()) / 1000
	said := heard.read([]int{method}, "")
	detail.SOCKS = &said
	switch {
	case len(heard.first) > 0 && heard.first[0] != socksVersion:
		detail.FirstBytes = req.Scribe.FirstBytes(heard.first)
		return detail, evidence.Fail(evidence.NotHTTP, "the answer is not SOCKS5", err)
	case err != nil:
		return detail, fail(err, "waiting for the choice of a SOCKS method", req.Scribe)
	case said.Method != method:
		return detail, evidence.Fail(evidence.ProxyStatus, "the server does not take this method", nil)
	}
	return detail, nil
}

const (
	// SOCKSScheme stands for the user name and password of RFC 1929 where other
	// proxies have a scheme's name.
	SOCKSScheme  = "SOCKS5 username/password"
	socksVersion = 5
	// tapped is how much of what a SOCKS server says is looked at: the choice of
	// a method, the answer to a login and the reply have some twenty bytes, and of
	// what is no SOCKS at all as much is kept as of others.
	tapped = evidence.MaxFirstBytes
)

// tap remembers the first bytes that were read from a connection.
type tap struct {
	net.Conn
	first []byte
	full  bool
	// spoken means that something was read.
	spoken atomic.Bool
}

// within ends the wait for the first byte after a time, 0 for never. The returned
// function lifts that.
func (t *tap) within(d time.Duration) (lift func()) {
	if d <= 0 {
		return func() {}
	}
	ended := make(chan struct{})
	timer := time.AfterFunc(d, func() {
		defer close(ended)
		if !t.spoken.Load() {
			expire(t)
		}
	})
	return func() { takeBack(timer.Stop, ended, t) }
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	if n > 0 {
		t.spoken.Store(true)
	}
	if !t.full {
		t.first = append(t.first, p[:min(n, tapped-len(t.first))]...)
		t.full = len(t.first) == tapped
	}
	return n, err
}

// read takes the server's three messages apart: version and method; with a
// login, version and status; version and reply code.
func (t *tap) read(offered []int, resolvedBy string) evidence.SOCKS {
	s := evidence.SOCKS{Offered: offered, Method: evidence.SOCKSUnsaid, Login: evidence.SOCKSUnsaid,
		Reply: evidence.SOCKSUnsaid, ResolvedBy: resolvedBy}
	b := t.first
	if len(b) < 2 || b[0] != socksVersion {
		return s
	}
	s.Method, b = int(b[1]), b[2:]
	if s.Method == evidence.SOCKSPassword {
		if len(b) < 2 {
			return s
		}
		s.Login, b = int(b[1]), b[2:]
	}
	if len(b) >= 2 && b[0] == socksVersion {
		s.Reply = int(b[1])
	}
	return s
}

// onConn hands out a connection that is already open.
type onConn struct{ conn net.Conn }

func (o onConn) Dial(string, string) (net.Conn, error) { return o.conn, nil }
