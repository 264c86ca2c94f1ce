package mockproxy

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
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
	cert, err := n.certificate(h.Name)
	if err != nil {
		return err
	}
	config := n.serverConfig(h.Name, *cert)
	g, err := newGate(func(conn net.Conn) net.Conn { return n.admit(h, conn, config) })
	if err != nil {
		return err
	}
	n.origins[h.Name] = g.Addr().String()
	n.serve(g, n.withFaults(h.Name, n.handler(h)))
	return nil
}

// startIssuer serves the public authority's intermediate certificate in plain HTTP.
func (n *Network) startIssuer(h fault.Host) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	n.origins[h.Name] = l.Addr().String()
	n.serve(l, n.withFaults(h.Name, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pkix-cert") // RFC 2585 section 4.1
		_, _ = w.Write(n.public.intermediate.Raw)
	})))
	return nil
}

// admit applies the socket's and the handshake's faults to a new connection.
func (n *Network) admit(h fault.Host, conn net.Conn, config *tls.Config) net.Conn {
	n.journal.add(Event{Kind: "tcp", Host: h.Name})
	if s, ok := find(n.world.Faults, func(s fault.Socket) bool { return scope(s.Host, h.Name) && s.Effect == fault.Reset }); ok {
		n.journal.add(Event{Kind: "handshake", Host: h.Name, Fault: "socket-" + string(s.Effect)})
		resetAccepted(conn)
		return nil
	}
	spoken, err := readHello(conn)
	if err != nil {
		n.journal.add(Event{Kind: "handshake", Host: h.Name})
		return nil
	}
	f, ok := find(n.world.Faults, func(f fault.Handshake) bool {
		return scope(f.Host, h.Name) && spoken.fits(f.Only, h.Name) && n.journal.among(f.First, h.Name)
	})
	if ok {
		n.journal.add(Event{Kind: "handshake", Host: h.Name, Fault: "handshake-" + string(f.Effect)})
		breakHandshake(conn, f)
		return nil
	}
	n.journal.add(Event{Kind: "handshake", Host: h.Name})
	return tls.Server(spoken.again(conn), config)
}

// serverConfig is how a host's server speaks TLS.
func (n *Network) serverConfig(host string, cert tls.Certificate) *tls.Config {
	f, _ := find(n.world.Faults, func(f fault.TLSServer) bool { return scope(f.Host, host) })
	return n.tlsConfig(cert, f)
}

// tlsConfig is a server's, with what it takes.
func (n *Network) tlsConfig(cert tls.Certificate, f fault.TLSServer) *tls.Config {
	config := &tls.Config{Certificates: []tls.Certificate{cert}, Time: n.Now, MaxVersion: f.MaxVersion}
	if f.MaxVersion != 0 {
		config.MinVersion = tls.VersionTLS10 //nolint:gosec // the fault to show
	}
	if f.OnlySuite != 0 {
		config.CipherSuites, config.MaxVersion = []uint16{f.OnlySuite}, tls.VersionTLS12
	}
	if f.ClientCertificate {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, n.private.pool()
	}
	return config
}

// breakHandshake answers a ClientHello as the fault says.
func breakHandshake(conn net.Conn, f fault.Handshake) {
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
func (n *Network) certificate(host string) (*tls.Certificate, error) {
	if made := n.seen.hosts[host]; made != nil {
		return made, nil
	}
	shape, _ := find(n.world.Faults, func(c fault.Certificate) bool { return scope(c.Host, host) })
	by := n.issuer(shape)
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

// issuer is who signs a certificate of that shape.
func (n *Network) issuer(shape fault.Certificate) *authority {
	switch shape.Issuer {
	case "interceptor":
		return n.interceptor
	case "private":
		return n.private
	}
	return n.public
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

// scope tells whether a fault's host means this one.
func scope(pattern, host string) bool {
	return pattern == "" || pattern == fault.Everyone || pattern == host
}

// find returns the first fault of a type for which hit holds.
func find[F fault.Fault](faults []fault.Fault, hit func(F) bool) (F, bool) {
	for _, f := range faults {
		if typed, ok := f.(F); ok && hit(typed) {
			return typed, true
		}
	}
	var none F
	return none, false
}
