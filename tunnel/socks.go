package tunnel

import (
	"context"
	"net"
	"net/url"

	"golang.org/x/net/proxy"

	"pullpath/internal/evidence"
)

// Open asks a proxy for a tunnel in the language that its URL's scheme names:
// SOCKS5 for socks5 and socks5h, CONNECT for all others, as net/http does.
func Open(ctx context.Context, conn net.Conn, u *url.URL, req Request) (net.Conn, evidence.Tunnel, *evidence.Failure) {
	if u.Scheme == "socks5" || u.Scheme == "socks5h" {
		return socks(ctx, conn, u.User, req)
	}
	return Connect(ctx, conn, req)
}

// socks speaks SOCKS5 (RFC 1928) by x/net/proxy. The name is left to the proxy
// for both schemes, as net/http does it.
func socks(ctx context.Context, conn net.Conn, user *url.Userinfo, req Request) (net.Conn, evidence.Tunnel, *evidence.Failure) {
	detail := evidence.Tunnel{Request: "SOCKS5 CONNECT " + req.Target}
	var auth *proxy.Auth
	if user != nil {
		password, _ := user.Password()
		auth = &proxy.Auth{User: user.Username(), Password: password}
		detail.AuthSent = "SOCKS5 username/password"
	}
	dialer, err := proxy.SOCKS5("tcp", "", auth, onConn{conn})
	if err != nil {
		return nil, detail, evidence.Fail(evidence.Unknown, req.Scribe.Text(err.Error()), err)
	}
	lift := Bound(ctx, conn)
	defer lift()
	// The deadline of the context reaches the connection by Bound.
	tunnelled, err := dialer.Dial("tcp", req.Target)
	if err != nil {
		kind, known := ClassifyStream(err)
		if !known {
			kind = evidence.ProxyStatus
		}
		return nil, detail, evidence.Fail(kind, req.Scribe.Text(err.Error()), err)
	}
	return tunnelled, detail, nil
}

// onConn hands out a connection that is already open.
type onConn struct{ conn net.Conn }

func (o onConn) Dial(string, string) (net.Conn, error) { return o.conn, nil }
