package mockproxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/elazarl/goproxy"

	"pullpath/internal/fault"
)

// startProxy serves the forward proxy. An outer handler owns authentication and
// the faults of CONNECT; what is left is goproxy's.
func (n *Network) startProxy() error {
	engine := goproxy.NewProxyHttpServer()
	// goproxy would chain to the developer's own proxy and use his transport.
	engine.ConnectDial = func(_, address string) (net.Conn, error) { return n.dialName(address) }
	engine.Tr = &http.Transport{Proxy: nil, DialContext: func(_ context.Context, _, address string) (net.Conn, error) { return n.dialName(address) }}
	engine.Logger = n.quiet
	cert, err := n.private.leaf(fault.ProxyName, fault.Certificate{}, n.Now())
	if err != nil {
		return err
	}
	g, err := newGate(func(conn net.Conn) net.Conn {
		return n.admitToProxy(conn, &tls.Config{Certificates: []tls.Certificate{*cert}, Time: n.Now})
	})
	if err != nil {
		return err
	}
	n.proxy = g.Addr().String()
	n.serve(g, n.outer(engine))
	return nil
}

// admitToProxy applies the faults of the proxy's socket.
func (n *Network) admitToProxy(conn net.Conn, config *tls.Config) net.Conn {
	n.journal.add(Event{Kind: "tcp", Host: fault.TheProxy})
	if _, ok := find(n.world.Faults, func(s fault.Socket) bool { return s.Host == fault.TheProxy && s.Effect == fault.Reset }); ok {
		resetAccepted(conn)
		return nil
	}
	port, _ := find(n.world.Faults, func(fault.ProxyPort) bool { return true })
	switch port.Effect {
	case fault.SpeaksTLS:
		return serveTLS(conn, config)
	case fault.SpeaksSSH:
		// RFC 4253 section 4.2: an SSH server speaks first.
		_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")
		hold(conn)
		return nil
	}
	return conn
}

// serveTLS answers a peer that does not begin with a handshake record by a
// fatal alert, as TLS servers built on OpenSSL do.
func serveTLS(conn net.Conn, config *tls.Config) net.Conn {
	br := bufio.NewReader(conn)
	first, err := br.Peek(1)
	if err != nil {
		return nil
	}
	if first[0] != recordHandshake {
		_, _ = conn.Write([]byte{recordAlert, 3, 1, 0, 2, 2, alertProtocolVersion})
		return nil
	}
	return tls.Server(&peeked{Conn: conn, r: br}, config)
}

// TLS record types and the alert protocol_version (RFC 8446 sections 5.1, 6).
const (
	recordAlert          = 21
	recordHandshake      = 22
	alertProtocolVersion = 70
)

// peeked is a connection of which the first bytes were looked at.
type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.r.Read(b) }

// outer answers what the faults and authentication are about, and leaves the
// rest to the engine.
func (n *Network) outer(engine http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := Event{Kind: "connect", Host: fault.TheProxy, What: r.Method + " " + r.Host, Auth: scheme(r.Header.Get("Proxy-Authorization"))}
		host, _, _ := net.SplitHostPort(r.Host)
		if port, ok := find(n.world.Faults, func(f fault.ProxyPort) bool { return f.Effect == fault.WebServer }); ok {
			e.Fault = "port " + string(port.Effect)
			n.journal.add(e)
			// nginx's own refusal of CONNECT (ngx_http_request.c: 405 in 1.22).
			reply(w, http.StatusMethodNotAllowed, []string{"Server: nginx/1.22.1", "Content-Type: text/html"},
				"<html><head><title>405 Not Allowed</title></head><body><center>nginx/1.22.1</center></body></html>")
			return
		}
		if auth, ok := find(n.world.Faults, func(fault.ProxyAuth) bool { return true }); ok && !accepted(r, auth) {
			e.Fault = "proxy authentication"
			n.journal.add(e)
			demand(w, auth)
			return
		}
		if f, ok := find(n.world.Faults, func(f fault.Connect) bool { return r.Method == http.MethodConnect && scope(f.Host, host) }); ok {
			e.Fault = strings.TrimSpace(fmt.Sprint("connect ", f.Status, " ", f.Effect))
			n.journal.add(e)
			refuse(w, f)
			return
		}
		n.journal.add(e)
		engine.ServeHTTP(w, r)
	})
}

// accepted checks Basic credentials against the World's proxy account.
func accepted(r *http.Request, auth fault.ProxyAuth) bool {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(fault.ProxyUser+":"+fault.ProxyPassword))
	for _, s := range auth.Schemes {
		if s == "Basic" && r.Header.Get("Proxy-Authorization") == want {
			return true
		}
	}
	return false
}

func demand(w http.ResponseWriter, auth fault.ProxyAuth) {
	var headers []string
	for _, s := range auth.Schemes {
		line := "Proxy-Authenticate: " + s
		switch s {
		case "Basic":
			line += fmt.Sprintf(" realm=%q", auth.Realm)
		case "Digest":
			line += fmt.Sprintf(" realm=%q, nonce=%q, qop=\"auth\"", auth.Realm, "dcd98b7102dd2f0e8b11d0f600bfb0c093")
		}
		headers = append(headers, line)
	}
	reply(w, http.StatusProxyAuthRequired, append(headers, "Content-Type: text/html"),
		"<html><head><title>Proxy authentication required</title></head><body>Sign in to use this proxy.</body></html>")
}

// refuse executes a fault of the CONNECT answer on the bare connection, so
// that status line and header spelling are the fault's own.
func refuse(w http.ResponseWriter, f fault.Connect) {
	conn := hijack(w)
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	switch f.Effect {
	case fault.Reset:
		reset(conn)
	case fault.Close:
	case fault.Silence:
		hold(conn)
	case fault.Garbage:
		_, _ = io.WriteString(conn, "\x00\x01\x02\x03 not a proxy\r\n")
	case fault.Page:
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"+f.Body)
	default:
		writeRefusal(conn, f)
	}
}

func writeRefusal(conn net.Conn, f fault.Connect) {
	phrase := f.Phrase
	if phrase == "" {
		phrase = http.StatusText(f.Status)
	}
	b := bufio.NewWriter(conn)
	_, _ = fmt.Fprintf(b, "HTTP/1.1 %d %s\r\n", f.Status, phrase)
	for _, h := range f.Headers {
		_, _ = fmt.Fprintf(b, "%s\r\n", h)
	}
	_, _ = fmt.Fprintf(b, "Content-Length: %d\r\nConnection: close\r\n\r\n%s", len(f.Body), f.Body)
	_ = b.Flush()
}

// dialName is how the proxy reaches a host of the World.
func (n *Network) dialName(address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	to, ok := n.origins[strings.ToLower(host)]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return net.Dial("tcp", to)
}
