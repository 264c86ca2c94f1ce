package mockproxy

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/elazarl/goproxy"

	"pullpath/internal/fault"
)

// startProxy serves the forward proxy at each of its addresses. An outer handler
// owns authentication and the faults of CONNECT; what is left is goproxy's.
func (n *Network) startProxy() error {
	engine := goproxy.NewProxyHttpServer()
	// goproxy would chain to the developer's own proxy and use his transport.
	engine.ConnectDialWithReq = func(r *http.Request, _, address string) (net.Conn, error) {
		up, err := n.dialName(address)
		if state, ok := r.Context().Value(loginKey{}).(*login); err == nil && ok {
			return passReset(up, state.conn), nil
		}
		return up, err
	}
	engine.Tr = &http.Transport{Proxy: nil, DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
		return n.dialName(address)
	}}
	engine.Logger = n.quiet
	config, err := n.proxyTLS()
	if err != nil {
		return err
	}
	n.engine = engine
	for i := range n.world.ProxyAddresses() {
		place := i + 1
		address := ""
		if place == 1 {
			address = n.ports.HTTP
		}
		g, err := n.listenAt(address, func(conn net.Conn) net.Conn { return n.admitToProxy(conn, config, place) })
		if err != nil {
			return err
		}
		n.proxies = append(n.proxies, local(g.Addr()))
		n.serveKeeping(g, n.outer(engine, place))
	}
	return nil
}

// proxyTLS returns how the proxy itself speaks TLS: under the private authority, unless
// the World has another certificate for it.
func (n *Network) proxyTLS() (*tls.Config, error) {
	if made := n.seen.hosts[fault.TheProxy]; made != nil {
		return n.tlsConfig(*made, n.proxyServer()), nil
	}
	by := n.private
	shape, other := look(n, func(c fault.Certificate) bool { return c.Host == fault.TheProxy })
	if other {
		var err error
		if by, err = n.issuer(shape); err != nil {
			return nil, err
		}
	}
	if shape.Names == nil { // clients are led to loopback, and look for that
		shape.Names = proxyNames()
	}
	cert, err := by.leaf(fault.ProxyName, shape, n.Now())
	if err != nil {
		return nil, err
	}
	return n.tlsConfig(*cert, n.proxyServer()), nil
}

// proxyServer returns what the proxy's own TLS server takes.
func (n *Network) proxyServer() fault.TLSServer {
	server, _ := look(n, func(f fault.TLSServer) bool { return f.Host == fault.TheProxy })
	return server
}

// admitToProxy applies the faults of the proxy's socket.
func (n *Network) admitToProxy(conn net.Conn, config *tls.Config, place int) net.Conn {
	n.journal.add(Event{Kind: "tcp", Host: fault.TheProxy, Peer: conn.RemoteAddr().String()})
	if _, ok := strike(n, func(s fault.Socket) bool { return isProxy(s.Host, place) && s.Effect == fault.Reset }); ok {
		resetAccepted(conn)
		return nil
	}
	// One that is for every ClientHello leaves no other way in; one that is for some
	// is met behind the port's own TLS.
	if f, ok := strike(n, func(f fault.Handshake) bool { return f.Host == fault.TheProxy && f.Only == (fault.Hello{}) }); ok {
		if spoken, err := readHello(conn); err == nil && spoken.isTLS() {
			n.breakHandshake(conn, f)
		}
		return nil
	}
	conn = n.underStream(conn, fault.TheProxy, func(host string) bool { return isProxy(host, place) })
	port, _ := strike(n, func(f fault.ProxyPort) bool { return f.Effect != fault.WebServer })
	switch port.Effect {
	case fault.SpeaksTLS, fault.TLSAlone:
		return n.serveTLS(conn, config, port)
	case fault.SpeaksSSH:
		// RFC 4253 section 4.2: an SSH server speaks first.
		_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")
		hold(conn)
		return nil
	case fault.PlainAlone:
		return plainAlone(conn)
	case fault.Close, fault.Reset, fault.Silence:
		endAtFirstByte(conn, port.Effect)
		return nil
	case "":
		return n.orSOCKS(conn, place)
	case fault.SOCKSAlone:
		_ = n.orSOCKS(conn, place) // what is left begins otherwise
		return nil
	case fault.HTTPAlone:
		return httpAlone(conn)
	}
	return conn
}

// isProxy reports whether a fault's host means the proxy, or this address of it.
func isProxy(host string, place int) bool {
	return host == fault.TheProxy || host == fault.ProxyNode(place)
}

// serveTLS answers a peer that does not begin with a handshake record by a
// fatal alert, as some TLS servers do, or by ending the connection.
func (n *Network) serveTLS(conn net.Conn, config *tls.Config, port fault.ProxyPort) net.Conn {
	br := bufio.NewReader(conn)
	first, err := br.Peek(1)
	if err != nil {
		return nil
	}
	if first[0] != recordHandshake {
		if port.ByReset {
			reset(conn)
		}
		if port.Effect == fault.TLSAlone {
			return nil
		}
		_, _ = conn.Write([]byte{recordAlert, 3, 1, 0, 2, 2, alertProtocolVersion})
		return nil
	}
	spoken, err := readHello(&peeked{Conn: conn, r: br})
	if err != nil {
		return nil
	}
	f, ok := strike(n, func(f fault.Handshake) bool { return f.Host == fault.TheProxy && spoken.fits(f.Only, fault.ProxyName) })
	if ok {
		n.breakHandshake(conn, f)
		return nil
	}
	return tls.Server(spoken.again(conn), config)
}

// endAtFirstByte ends a connection, or keeps it silent, whatever its peer speaks.
func endAtFirstByte(conn net.Conn, effect fault.Effect) {
	// Bytes that were not read would make a RST of the FIN; a ClientHello is below this.
	if _, err := conn.Read(make([]byte, 16<<10)); err != nil {
		return
	}
	switch effect {
	case fault.Reset:
		reset(conn)
	case fault.Silence:
		hold(conn)
	}
}

// plainAlone holds a peer that begins with a handshake record.
func plainAlone(conn net.Conn) net.Conn {
	br := bufio.NewReader(conn)
	first, err := br.Peek(1)
	if err != nil {
		return nil
	}
	if first[0] == recordHandshake || first[0] == socksVersion {
		hold(conn)
		return nil
	}
	return &peeked{Conn: conn, r: br}
}

// httpAlone ends a peer that begins with a greeting of SOCKS.
func httpAlone(conn net.Conn) net.Conn {
	br := bufio.NewReader(conn)
	if first, err := br.Peek(1); err != nil || first[0] == socksVersion {
		return nil
	}
	return &peeked{Conn: conn, r: br}
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

// NetConn returns the connection under it.
func (p *peeked) NetConn() net.Conn { return p.Conn }

// outer answers what the faults and authentication are about, and leaves the
// rest to the engine.
func (n *Network) outer(engine http.Handler, place int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := Event{Kind: "connect", Host: fault.TheProxy, What: r.Method + " " + r.Host, Auth: scheme(r.Header.Get("Proxy-Authorization")),
			Peer: r.RemoteAddr, Headers: shown(r.Header)}
		x, w := n.exchange(w, e)
		defer x.end()
		if port, ok := strike(n, func(f fault.ProxyPort) bool { return f.Effect == fault.WebServer }); ok {
			x.meets(port)
			// nginx's own refusal of CONNECT (ngx_http_request.c: 405 in 1.22).
			reply(w, http.StatusMethodNotAllowed, []string{"Server: nginx/1.22.1", "Content-Type: text/html"},
				"<html><head><title>405 Not Allowed</title></head><body><center>nginx/1.22.1</center></body></html>")
			return
		}
		if auth, ok := strike(n, func(fault.ProxyAuth) bool { return true }); ok && !accepted(r, schemesOf(auth)) {
			x.meets(auth)
			demand(w, r, schemesOf(auth))
			return
		}
		if f, ok := strike(n, func(f fault.Connect) bool { return meets(f, r, place) }); ok {
			x.meets(f)
			if n.wait(f.Delay) && f.Status == 0 && f.Effect == "" && f.Raw == "" {
				engine.ServeHTTP(w, r)
				return
			}
			n.refuse(w, f)
			return
		}
		x.meets(nil)
		if r.Method == http.MethodConnect && !hasPort(r.Host) { // Squid's answer to a port that is none
			reply(w, http.StatusBadRequest, []string{"Content-Type: text/html", "X-Squid-Error: ERR_INVALID_URL 0"},
				"<html><head><title>ERROR: The requested URL could not be retrieved</title></head></html>")
			return
		}
		engine.ServeHTTP(w, r)
	})
}

// hasPort reports whether an address has a port that there can be.
func hasPort(address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// meets reports whether a request is one that the fault is about.
func meets(f fault.Connect, r *http.Request, place int) bool {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, port = r.Host, ""
	}
	return f.Reply == 0 && f.Plain != (r.Method == http.MethodConnect) && scope(f.Host, host) && (f.Node == 0 || f.Node == place) &&
		(f.Port == 0 || port == strconv.Itoa(f.Port)) && (f.OtherPorts == 0 || port != strconv.Itoa(f.OtherPorts)) &&
		(f.Login == "" || f.Login == loginOf(r.Header.Get("Proxy-Authorization"))) &&
		strings.Contains(r.UserAgent(), f.Agent) && (f.UnlessAgent == "" || !strings.Contains(r.UserAgent(), f.UnlessAgent))
}

// refuse executes a fault of the CONNECT answer on the bare connection, so
// that status line and header spelling are the fault's own.
func (n *Network) refuse(w http.ResponseWriter, f fault.Connect) {
	conn := hijack(w)
	if conn == nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, f.Raw)
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
	case fault.Late:
		established(conn)
		endAtFirstByte(conn, fault.Close)
	case fault.Forge:
		established(conn)
		n.forge(conn)
	case fault.Endless:
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Type: text/html\r\n\r\n", f.Status, http.StatusText(f.Status))
		pour(conn, cmp.Or(f.Body, "<p>no end\n"))
	case fault.Flood:
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\n", f.Status, http.StatusText(f.Status))
		pour(conn, "X-Flood: more\r\n")
	default:
		if f.Raw == "" {
			writeRefusal(conn, f)
		}
	}
}

func established(conn net.Conn) {
	_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
}

// forge shakes hands in the place of a host, whatever its name, and ends there.
func (n *Network) forge(conn net.Conn) {
	_ = tls.Server(conn, &tls.Config{Time: n.Now, GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		return n.interceptor.leaf(hello.ServerName, fault.Certificate{Issuer: "interceptor"}, n.Now())
	}}).Handshake()
}

// pour writes a text over and over until the peer has had enough.
func pour(conn net.Conn, text string) {
	block := []byte(strings.Repeat(text, 1<<10))
	for {
		if _, err := conn.Write(block); err != nil {
			return
		}
	}
}

func writeRefusal(conn net.Conn, f fault.Connect) {
	phrase := f.Phrase
	if phrase == "" {
		phrase = http.StatusText(f.Status)
	}
	b := bufio.NewWriter(conn)
	_, _ = fmt.Fprintf(b, "HTTP/1.1 %d %s\r\n", f.Status, phrase)
	for _, h := range located(f.Headers, f.To) {
		_, _ = fmt.Fprintf(b, "%s\r\n", h)
	}
	_, _ = fmt.Fprintf(b, "Content-Length: %d\r\nConnection: close\r\n\r\n%s", len(f.Body), f.Body)
	_ = b.Flush()
}

// located returns the fields of an answer with the Location of a redirect, if it is one.
func located(headers []string, to string) []string {
	if to == "" {
		return headers
	}
	return append(slices.Clone(headers), "Location: "+to)
}

// dialName returns how the proxy reaches a host of the World, by name or address.
func (n *Network) dialName(address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	to := n.originOf(host)
	if to == "" {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return net.Dial("tcp", to)
}

// originOf returns where a host of the World is, by name or address; empty for none.
func (n *Network) originOf(host string) string {
	if t := n.at(host); len(t) > 0 {
		return cmp.Or(n.shared[host], n.origins[t[0].Name])
	}
	return n.origins[strings.ToLower(host)]
}
