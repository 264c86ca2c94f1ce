package mockproxy

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"pullpath/internal/fault"
)

// portTries is how often a port that is free for both UDP and TCP is looked for;
// on a busy machine a few ports in a row may be taken for one of the two.
const portTries = 20

// maxQuestion bounds a question that is posted, in bytes: DNS's own limit.
const maxQuestion = dns.MaxMsgSize

// nameServer is one of the World's name servers as it is configured: host:port, or
// with tcp://, tls:// or https:// before it.
type nameServer struct {
	// transport is "udp", "tcp", "tls" or "https".
	transport string
	// host is its address, or for TLS and HTTPS maybe a name.
	host, port string
	// name is whom its certificate is for.
	name string
}

// readNameServer reads a configured name server.
func readNameServer(text string) (nameServer, error) {
	if !strings.Contains(text, "://") {
		host, port, err := net.SplitHostPort(text)
		if err != nil {
			return nameServer{}, fmt.Errorf("name server %s: neither address:port nor a URL", text)
		}
		return nameServer{transport: "udp", host: host, port: port}, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return nameServer{}, fmt.Errorf("name server: %w", err)
	}
	s := nameServer{transport: u.Scheme, host: u.Hostname(), port: u.Port(), name: cmp.Or(u.Fragment, u.Hostname())}
	switch {
	case s.host == "" || s.port == "":
		return s, fmt.Errorf("name server %s: no host and port", text)
	case s.transport != "tcp" && s.transport != "tls" && s.transport != "https":
		return s, fmt.Errorf("name server %s: asked neither by tcp, tls nor https", text)
	}
	return s, nil
}

// address returns where the World has it. A server that is configured by name is pinned.
func (s nameServer) address(w fault.World) string { return cmp.Or(w.Pins[s.host], s.host) }

// ResolverPlaces returns the addresses of the configured name servers in the World, in
// order.
func (n *Network) ResolverPlaces() []netip.Addr {
	var out []netip.Addr
	for _, s := range n.servers {
		if at, err := netip.ParseAddr(s.address(n.world)); err == nil {
			out = append(out, at)
		}
	}
	return out
}

// OverTLS reports whether a name server is at this loopback address that is asked over
// TLS.
func (n *Network) OverTLS(at string) bool {
	i := slices.Index(n.resolvers, at)
	return i >= 0 && i < len(n.servers) && (n.servers[i].transport == "tls" || n.servers[i].transport == "https")
}

// startNameServers serves the World's names as each of its name servers.
func (n *Network) startNameServers() error {
	for i, text := range n.world.ResolverAddresses() {
		s, err := readNameServer(text)
		if err != nil {
			return err
		}
		n.servers = append(n.servers, s)
		if err := n.startNameServer(i+1, s); err != nil {
			return fmt.Errorf("name server %d: %w", i+1, err)
		}
	}
	if n.plainDNS == "" { // it is there, whoever asks
		return n.startPlainDNS(1)
	}
	return nil
}

func (n *Network) startNameServer(place int, s nameServer) error {
	if s.transport == "udp" || s.transport == "tcp" {
		return n.startPlainDNS(place)
	}
	cert, err := n.public.leaf(s.name, fault.Certificate{}, n.Now())
	if err != nil {
		return err
	}
	config := n.tlsConfig(*cert, fault.TLSServer{})
	if s.transport == "https" {
		config.NextProtos = []string{"h2", "http/1.1"}
	}
	g, err := n.listenAt("", func(conn net.Conn) net.Conn { return tls.Server(conn, config) })
	if err != nil {
		return err
	}
	n.resolvers = append(n.resolvers, g.Addr().String())
	if s.transport == "https" {
		n.serve(g, n.overHTTPS(place))
		return nil
	}
	n.closers = append(n.closers, func() { _ = g.Close() })
	return n.runDNS(place, &dns.Server{Listener: g})
}

// startPlainDNS serves UDP and TCP of one loopback port.
func (n *Network) startPlainDNS(place int) error {
	address := ""
	if n.plainDNS == "" {
		address = n.ports.DNS
	}
	pc, l, err := listenDNS(address)
	if err != nil {
		return err
	}
	at := local(pc.LocalAddr())
	n.resolvers = append(n.resolvers, at)
	n.plainDNS = cmp.Or(n.plainDNS, at)
	n.doubles = append(n.doubles, func() error {
		if strings.HasPrefix(pc.LocalAddr().String(), "[") {
			return nil // it is there already
		}
		pc, l, err := listenDNS(net.JoinHostPort("::1", portOf(at)))
		if err != nil {
			return err
		}
		return n.runPlainDNS(place, pc, l)
	})
	return n.runPlainDNS(place, pc, l)
}

func (n *Network) runPlainDNS(place int, pc net.PacketConn, l net.Listener) error {
	return errors.Join(n.runDNS(place, &dns.Server{PacketConn: pc}), n.runDNS(place, &dns.Server{Listener: l}))
}

// portOf returns the port of a listener's address.
func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// runDNS serves until the network closes, or tells why it cannot.
func (n *Network) runDNS(place int, s *dns.Server) error {
	s.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) { n.answerDNS(place, w, q) })
	ready, ended := make(chan struct{}), make(chan error, 1)
	s.NotifyStartedFunc = func() { close(ready) }
	n.closers = append(n.closers, func() { _ = s.Shutdown() })
	n.wg.Go(func() { ended <- s.ActivateAndServe() })
	select {
	case <-ready:
		return nil
	case err := <-ended: // it has closed nothing
		if s.PacketConn != nil {
			_ = s.PacketConn.Close()
		}
		if s.Listener != nil {
			_ = s.Listener.Close()
		}
		return err
	}
}

// overHTTPS answers questions that are posted (RFC 8484 section 4.1).
func (n *Network) overHTTPS(place int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(io.LimitReader(r.Body, maxQuestion))
		q := new(dns.Msg)
		if err != nil || r.Method != http.MethodPost || q.Unpack(data) != nil {
			http.Error(w, "no question", http.StatusBadRequest)
			return
		}
		answer := &posted{w: w, peer: r.RemoteAddr}
		n.answerDNS(place, answer, q)
		if !answer.sent { // silence is no empty answer
			select {
			case <-r.Context().Done():
			case <-n.done:
			}
		}
	})
}

// posted writes an answer into an HTTP response.
type posted struct {
	dns.ResponseWriter // of which the answers here need nothing more
	w                  http.ResponseWriter
	peer               string
	sent               bool
}

// RemoteAddr returns the client, by a transport that truncates nothing.
func (p *posted) RemoteAddr() net.Addr { return worldAddr{"tcp", p.peer} }

// WriteMsg sends the answer.
func (p *posted) WriteMsg(m *dns.Msg) error {
	data, err := m.Pack()
	if err != nil {
		return err
	}
	p.sent = true
	p.w.Header().Set("Content-Type", "application/dns-message")
	_, err = p.w.Write(data)
	return err
}

// listenDNS binds UDP and TCP to one address, or to one free port of it.
func listenDNS(address string) (net.PacketConn, net.Listener, error) {
	var last error
	for range portTries {
		at := cmp.Or(address, freePort)
		pc, err := net.ListenPacket(ofFamily("udp", at), at)
		if err != nil {
			return nil, nil, err
		}
		l, err := net.Listen(ofFamily("tcp", at), pc.LocalAddr().String())
		if err == nil {
			return pc, l, nil
		}
		_ = pc.Close()
		if portOf(at) != "0" {
			return nil, nil, err
		}
		last = err
	}
	return nil, nil, last
}
