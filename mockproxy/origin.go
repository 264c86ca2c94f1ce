package mockproxy

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"pullpath/internal/fault"
)

// headerPatience bounds how long a client may take for its request's head; the
// clients of a loopback network need milliseconds.
const headerPatience = 30 * time.Second

// startOrigin serves one host of the World behind TLS.
func (n *Network) startOrigin(h fault.Host) error {
	if h.Role == fault.IssuerRole {
		return n.startIssuer(h)
	}
	// What cannot be issued fails here, not at the first connection.
	if _, err := n.serverConfig(h.Name, look[fault.Certificate], look[fault.TLSServer]); err != nil {
		return err
	}
	n.handlers[h.Name] = n.withFaults(h.Name, n.handler(h))
	g, err := n.startGate(tenants{h})
	if err != nil {
		return err
	}
	n.origins[h.Name] = g.Addr().String()
	return nil
}

// startIssuer serves the public authority's intermediate certificate in plain HTTP.
func (n *Network) startIssuer(h fault.Host) error {
	g, err := n.listenAt("", served)
	if err != nil {
		return err
	}
	n.origins[h.Name] = g.Addr().String()
	n.serve(g, n.withFaults(h.Name, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pkix-cert") // RFC 2585 section 4.1
		_, _ = w.Write(n.public.intermediate.Raw)
	})))
	return nil
}

// admit applies the socket's and the handshake's faults to a new connection.
func (n *Network) admit(t tenants, conn net.Conn) net.Conn {
	peer, host := conn.RemoteAddr().String(), t[0].Name
	n.journal.add(Event{Kind: "tcp", Host: host, Peer: peer})
	if s, ok := strike(n, func(s fault.Socket) bool { return t.among(s.Host) && s.Effect == fault.Reset }); ok {
		n.journal.add(Event{Kind: "handshake", Host: host, Peer: peer, Fault: fault.Name(s)})
		resetAccepted(conn)
		return nil
	}
	conn = n.underStream(conn, host, t.among)
	spoken, err := readHello(conn)
	if err != nil {
		n.journal.add(Event{Kind: "handshake", Host: host, Peer: peer})
		return nil
	}
	h := t.called(spoken.info.ServerName)
	switch {
	case !spoken.isTLS():
		return spoken.again(conn)
	case h.Plain:
		n.journal.add(Event{Kind: "handshake", Host: h.Name, Peer: peer})
		_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n400 Bad Request")
		return nil
	}
	return n.shakeHands(h.Name, spoken, conn)
}

// shakeHands answers a ClientHello to a host, or breaks it off.
func (n *Network) shakeHands(host string, spoken hello, conn net.Conn) net.Conn {
	e := Event{Kind: "handshake", Host: host, Peer: conn.RemoteAddr().String()}
	f, ok := strike(n, func(f fault.Handshake) bool {
		return scope(f.Host, host) && spoken.fits(f.Only, host) && n.journal.among(f.First, host)
	})
	if ok {
		e.Fault = fault.Name(f)
		n.journal.add(e)
		n.breakHandshake(conn, f)
		return nil
	}
	config, err := n.serverConfig(host, noting[fault.Certificate](&e), noting[fault.TLSServer](&e))
	n.journal.add(e)
	if err != nil {
		return nil
	}
	return tls.Server(spoken.again(conn), config)
}

// finding is look or strike.
type finding[F fault.Fault] func(*Network, func(F) bool) (F, bool)

// noting is strike with the fault's name in an event.
func noting[F fault.Fault](e *Event) finding[F] {
	return func(n *Network, hit func(F) bool) (F, bool) {
		f, ok := strike(n, hit)
		if ok {
			e.Fault = fault.Name(f)
		}
		return f, ok
	}
}

// serverConfig returns how a host's server speaks TLS, with the chain and the limits
// that are found for it: a fault's, else that of a report, else the proper one. It is
// made once for each of these.
func (n *Network) serverConfig(host string, chains finding[fault.Certificate], limits finding[fault.TLSServer]) (*tls.Config, error) {
	shape, broken := chains(n, func(c fault.Certificate) bool { return scope(c.Host, host) })
	f, _ := limits(n, func(f fault.TLSServer) bool { return scope(f.Host, host) })
	n.issued.Lock()
	defer n.issued.Unlock()
	key := fmt.Sprintf("%s %t %+v %+v", host, broken, shape, f)
	if config, ok := n.configs[key]; ok {
		return config, nil
	}
	cert := n.seen.hosts[host]
	if broken || cert == nil {
		var err error
		if cert, err = n.certificate(host, shape); err != nil {
			return nil, err
		}
	}
	n.configs[key] = n.tlsConfig(*cert, f)
	return n.configs[key], nil
}

// tlsConfig returns a server's, with what it takes.
func (n *Network) tlsConfig(cert tls.Certificate, f fault.TLSServer) *tls.Config {
	config := &tls.Config{Certificates: []tls.Certificate{cert}, Time: n.Now, MaxVersion: f.MaxVersion}
	if n.world.HTTP2 {
		config.NextProtos = []string{"h2", "http/1.1"}
	}
	if f.MaxVersion != 0 {
		config.MinVersion = tls.VersionTLS10 //nolint:gosec // the fault to show
	}
	if f.OnlySuite != 0 {
		config.CipherSuites, config.MaxVersion = []uint16{f.OnlySuite}, tls.VersionTLS12
	}
	if f.OnlyGroup != 0 {
		config.CurvePreferences = []tls.CurveID{tls.CurveID(f.OnlyGroup)}
	}
	if f.ClientCertificate {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, n.private.pool()
	}
	return config
}

// breakHandshake answers a ClientHello as the fault says.
func (n *Network) breakHandshake(conn net.Conn, f fault.Handshake) {
	if !n.wait(f.Delay) {
		return
	}
	if f.Warning != 0 {
		_, _ = conn.Write([]byte{recordAlert, 3, 3, 0, 2, 1, f.Warning})
	}
	switch f.Effect {
	case fault.Reset:
		reset(conn)
	case fault.Silence:
		hold(conn)
	case fault.Garbage:
		// A handshake record whose message has no type of RFC 8446 section 4.
		_, _ = conn.Write([]byte{recordHandshake, 3, 3, 0, 4, 99, 0, 0, 0})
	case fault.Alert:
		// A fatal alert record (RFC 8446 section 6).
		_, _ = conn.Write([]byte{recordAlert, 3, 3, 0, 2, 2, f.Alert})
	case fault.Plaintext:
		_, _ = io.WriteString(conn, "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: "+
			fmt.Sprint(len(f.Text))+"\r\nConnection: close\r\n\r\n"+f.Text)
	}
}

// certificate issues the chain that a host presents.
func (n *Network) certificate(host string, shape fault.Certificate) (*tls.Certificate, error) {
	by, err := n.issuer(shape)
	if err != nil {
		return nil, err
	}
	if !shape.CopiedTimestamps {
		return by.leaf(host, shape, n.Now())
	}
	genuine, err := n.public.leaf(host, fault.Certificate{}, n.Now())
	if err != nil {
		return nil, err
	}
	copied, err := timestampsOf(genuine)
	if err != nil {
		return nil, err
	}
	return by.leaf(host, shape, n.Now(), copied)
}

// issuer returns who signs a certificate of that shape.
func (n *Network) issuer(shape fault.Certificate) (*authority, error) {
	switch shape.Issuer {
	case "interceptor":
		return n.interceptorOf(shape)
	case "private":
		return n.private, nil
	}
	return n.public, nil
}

// interceptorOf returns the interceptor with the names that a shape gives it, the
// network's own where it gives none.
func (n *Network) interceptorOf(shape fault.Certificate) (*authority, error) {
	organization, name := shape.Organization, cmp.Or(shape.CommonName, shape.Organization)
	if organization == "" && name == "" {
		if n.interceptor != nil && !shape.ExpiredAuthority {
			return n.interceptor, nil
		}
		organization, name = "Corp Example", "Corp Example TLS Inspection"
	}
	since := n.Now()
	if shape.ExpiredAuthority {
		since = since.Add(-caLife/2 - 24*time.Hour)
	}
	key := fmt.Sprint(organization, "|", name, "|", shape.ExpiredAuthority)
	if a, ok := n.interceptors[key]; ok {
		return a, nil
	}
	a, err := n.authority(organization, name, since)
	if err == nil {
		n.interceptors[key] = a
	}
	return a, err
}

// serve runs an HTTP server on a listener until the network closes.
func (n *Network) serve(l net.Listener, h http.Handler) {
	n.serveWith(l, &http.Server{Handler: h})
}

func (n *Network) serveWith(l net.Listener, server *http.Server) {
	server.ReadHeaderTimeout, server.ErrorLog = headerPatience, n.quiet
	n.closers = append(n.closers, func() { _ = server.Close(); _ = l.Close() })
	n.wg.Go(func() { _ = server.Serve(l) })
}

// scope reports whether a fault's host means this one. Names have no case (RFC 4343).
func scope(pattern, host string) bool {
	return pattern == "" || pattern == fault.Everyone || strings.EqualFold(pattern, host)
}
