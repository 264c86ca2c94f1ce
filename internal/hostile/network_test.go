//go:build linux

package hostile

import (
	"crypto/tls"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"pullpath/mockproxy"
)

// The hosts of a row's network, each with the address that its name server gives.
const (
	registryHost = "registry.example.com"
	authHost     = "auth.example.com"
	blobHost     = "blob.example.com"
	otherHost    = "other.example.com"
	proxyHost    = "proxy.example.com"
	proxyURL     = "http://proxy.example.com:3128"

	// target is the image that the honest peers serve.
	target = registryHost + "/base/img:1"
)

var addresses = map[string]string{registryHost: "203.0.113.20", authHost: "203.0.113.30", blobHost: "203.0.113.40",
	otherHost: "203.0.113.67", proxyHost: "203.0.113.10"}

const resolverAddress = "203.0.113.53"

// peer speaks on one connection until it returns; then the connection ends.
type peer func(net.Conn)

// network is what a row puts in the place of honest peers; nil fields stay honest.
type network struct {
	registry, auth, blob, other peer
	// raw are hosts that speak without TLS, by name.
	raw map[string]peer
	// proxy makes the run one through a proxy.
	proxy peer
	// dns answers a question in bytes: none is silence. It gets what an honest server
	// would say.
	dns func(question dnsmessage.Question, honest []byte) [][]byte
	// names are further names with their addresses, config is what else the server's
	// side of TLS wants.
	names  map[string]string
	config func(*tls.Config)
}

// running is a network that was started.
type running struct {
	pass  mockproxy.Pass
	ports map[string]string // loopback address by host
	root  []byte

	mu    sync.Mutex
	conns []net.Conn
}

// start opens the sockets. The test's end closes them.
func (n *network) start(t *testing.T) *running {
	t.Helper()
	r := &running{ports: map[string]string{}, root: trust(t).pem}
	t.Cleanup(r.hangUp)
	secured := map[string]peer{registryHost: n.registry, authHost: n.auth, blobHost: n.blob, otherHost: n.other}
	for host, honest := range map[string]peer{registryHost: honestRegistry(), authHost: honestAuth(), blobHost: honestBlob(),
		otherHost: honestBlob()} {
		p := secured[host]
		if p == nil {
			p = honest
		}
		if plain := n.raw[host]; plain != nil {
			r.listen(t, host, plain)
			continue
		}
		r.listen(t, host, r.overTLS(t, n.config, p))
	}
	logs, err := os.ReadFile("../../tlsinspect/log_list.json")
	if err != nil {
		t.Fatal(err)
	}
	routes := map[string]mockproxy.Route{resolverAddress: {To: r.nameServer(t, n)}}
	r.pass = mockproxy.Pass{Title: "hostile", Resolvers: []string{resolverAddress + ":53"}, Environment: map[string]string{},
		PublicRoots: string(r.root), ClientRoots: string(r.root), Logs: logs}
	if n.proxy != nil {
		r.listen(t, proxyHost, n.proxy)
		r.pass.Environment["HTTPS_PROXY"] = proxyURL
	}
	for host, to := range r.ports {
		routes[addresses[host]] = mockproxy.Route{To: to}
	}
	r.pass.Map = mockproxy.Map{Routes: routes}
	return r
}

// listen serves one host.
func (r *running) listen(t *testing.T, host string, p peer) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	r.ports[host] = l.Addr().String()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r.mu.Lock()
			r.conns = append(r.conns, conn)
			r.mu.Unlock()
			go func() {
				defer conn.Close()
				p(&placed{Conn: conn, in: r})
			}()
		}
	}()
}

// placed is a connection that knows its network: an honest proxy leads further.
type placed struct {
	net.Conn
	in *running
}

// overTLS shakes hands first.
func (r *running) overTLS(t *testing.T, change func(*tls.Config), p peer) peer {
	t.Helper()
	config := &tls.Config{Certificates: []tls.Certificate{trust(t).leaf}}
	if change != nil {
		change(config)
	}
	return func(conn net.Conn) {
		secured := tls.Server(conn, config)
		if secured.Handshake() != nil {
			return
		}
		p(secured)
		_ = secured.Close()
	}
}

func (r *running) hangUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		_ = c.Close()
	}
}

// nameServer answers over UDP and TCP on one port.
func (r *running) nameServer(t *testing.T, n *network) string {
	t.Helper()
	zone := map[string]netip.Addr{}
	for _, names := range []map[string]string{addresses, n.names} {
		for name, address := range names {
			zone[name+"."] = netip.MustParseAddr(address)
		}
	}
	udp, tcp := onePort(t)
	t.Cleanup(func() { _, _ = udp.Close(), tcp.Close() })
	go func() {
		buffer := make([]byte, 4096)
		for {
			size, from, err := udp.ReadFrom(buffer)
			if err != nil {
				return
			}
			for _, answer := range n.answer(zone, buffer[:size]) {
				_, _ = udp.WriteTo(answer, from)
			}
		}
	}()
	go func() {
		for {
			conn, err := tcp.Accept()
			if err != nil {
				return
			}
			go n.answerTCP(zone, conn)
		}
	}()
	return tcp.Addr().String()
}

// onePort opens one port number for both protocols.
func onePort(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 20 { // the number that TCP gets may be taken for UDP
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		udp, err := net.ListenPacket("udp", tcp.Addr().String())
		if err == nil {
			return udp, tcp
		}
		_ = tcp.Close()
	}
	t.Fatal("no port is free for both UDP and TCP")
	return nil, nil
}

func (n *network) answerTCP(zone map[string]netip.Addr, conn net.Conn) {
	defer conn.Close()
	var size [2]byte
	for {
		if _, err := readFull(conn, size[:]); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := readFull(conn, question); err != nil {
			return
		}
		for _, answer := range n.answer(zone, question) {
			framed := append(binary.BigEndian.AppendUint16(nil, uint16(min(len(answer), 65535))), answer...)
			if _, err := conn.Write(framed); err != nil {
				return
			}
		}
	}
}

// answer returns what the server says to one message.
func (n *network) answer(zone map[string]netip.Addr, message []byte) [][]byte {
	var p dnsmessage.Parser
	head, err := p.Start(message)
	if err != nil {
		return nil
	}
	question, err := p.Question()
	if err != nil {
		return nil
	}
	address, known := zone[question.Name.String()]
	honest := reply(head.ID, question, address, known)
	if n.dns == nil {
		return [][]byte{honest}
	}
	return n.dns(question, honest)
}

// reply returns an honest answer: an address, none of that type, or no such name.
func reply(id uint16, question dnsmessage.Question, address netip.Addr, known bool) []byte {
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: id, Response: true, RecursionDesired: true, RecursionAvailable: true},
		Questions: []dnsmessage.Question{question}}
	switch {
	case !known:
		m.RCode = dnsmessage.RCodeNameError
	case question.Type == dnsmessage.TypeA:
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: question.Name, Type: question.Type, Class: question.Class, TTL: 60},
			Body:   &dnsmessage.AResource{A: address.As4()}})
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	return packed
}

// letIn tells a run where its network is.
func (r *running) letIn(t *testing.T, machine bool, dir string, args *[]string, env map[string]string) {
	t.Helper()
	if !machine {
		path, err := r.pass.Save(dir)
		if err != nil {
			t.Fatal(err)
		}
		env[mockproxy.PassVariable] = path
		return
	}
	roots := filepath.Join(dir, "roots.pem")
	if err := os.WriteFile(roots, r.root, 0o644); err != nil {
		t.Fatal(err)
	}
	env["SSL_CERT_FILE"] = roots
	*args = append(*args, "--public-roots", roots)
	for host, to := range r.ports {
		*args = append(*args, "--connect-to", host+":443:"+to)
	}
}
