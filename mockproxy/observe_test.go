package mockproxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"pullpath/internal/fault"
)

// patience is how long nothing is waited for. Everything that comes at all comes within
// milliseconds.
const patience = time.Second

// observed is what a client meets in a network with a fault: what comes back to each of
// some exchanges, or to one of them three times for a parameter that counts.
func observed(t *testing.T, f fault.Fault, param string) string {
	t.Helper()
	n := smallNetwork(t, f)
	defer n.Close()
	if exchanges := exchangesOf(n, f); counts(param) {
		return exchanges[0]() + "\n" + exchanges[0]() + "\n" + exchanges[0]()
	}
	return together(exchangesOf(n, f))
}

// healthy is what a client meets without the fault.
func healthy(t *testing.T, f fault.Fault) string {
	t.Helper()
	n := smallNetwork(t)
	defer n.Close()
	return together(exchangesOf(n, f))
}

// smallNetwork has three hosts in both families, and two of all else.
func smallNetwork(t *testing.T, faults ...fault.Fault) *Network {
	t.Helper()
	hosts := fault.BothFamilies()
	n, err := Start(fault.World{Hosts: []fault.Host{hosts[0], hosts[1], hosts[3]}, Resolvers: 2, ProxyNodes: 2, Faults: faults,
		LayerBytes: 1000})
	if err != nil {
		panic(err) // no goroutine of a test may end it
	}
	return n
}

// together makes exchanges at the same time.
func together(exchanges []func() string) string {
	out := make([]string, len(exchanges))
	var wg sync.WaitGroup
	for i, exchange := range exchanges {
		wg.Go(func() { out[i] = exchange() })
	}
	wg.Wait()
	return strings.Join(out, "\n")
}

// exchangesOf are those that show the faults of a seam.
func exchangesOf(n *Network, f fault.Fault) []func() string {
	var out []func() string
	add := func(exchange func() string) { out = append(out, exchange) }
	switch f := fault.Bare(f).(type) {
	case fault.Socket:
		for _, at := range []string{"203.0.113.101:443", "203.0.113.101:8443", "[2001:db8::101]:443", "203.0.113.111:443", "203.0.113.53:53"} {
			for _, network := range []string{"tcp", "udp"} {
				add(func() string { return dialled(n, network, at) })
			}
			for limit := range 4 {
				add(func() string { return traced(n, at, limit+1) })
			}
		}
	case fault.Stream:
		if f.Effect == fault.NotTheBody { // as many bytes come: who reads them sees it
			add(func() string { return shaken(n, "registry.redhat.io", "registry.redhat.io", nil) })
			add(func() string { return shaken(n, "cdn01.quay.io", "cdn01.quay.io", nil) })
			break
		}
		add(func() string { return streamed(n, "203.0.113.101:443") })
		add(func() string { return streamed(n, "203.0.113.111:443") })
	case fault.DNS:
		for _, resolver := range []int{0, 1} {
			for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
				for _, checking := range []bool{true, false} {
					add(func() string { return looked(n.resolvers[resolver], "registry.redhat.io", kind, checking) })
				}
			}
		}
	case fault.Connect:
		if f.Reply != 0 {
			add(func() string { return greeted(n.proxies[0], "registry.redhat.io") })
			add(func() string { return greeted(n.proxies[1], "registry.redhat.io") })
			break
		}
		add(func() string { return connected(n.proxies[0], "CONNECT registry.redhat.io:443", "curl/8.5.0") })
		add(func() string { return connected(n.proxies[1], "CONNECT registry.redhat.io:443", "curl/8.5.0") })
		add(func() string { return connected(n.proxies[0], "CONNECT registry.redhat.io:8443", "curl/8.5.0") })
		add(func() string { return connected(n.proxies[0], "CONNECT registry.redhat.io:443", "podman/5.4.0") })
		add(func() string { return connected(n.proxies[0], "GET http://registry.redhat.io/", "curl/8.5.0") })
	case fault.ProxyAuth, fault.ProxyPort:
		switch port, _ := f.(fault.ProxyPort); port.Effect {
		case "", fault.WebServer:
		case fault.HTTPAlone:
			add(func() string { return greeted(n.proxies[0], "registry.redhat.io") })
		default:
			add(func() string { return overTLS(n.proxies[0]) })
		}
		negotiate := base64.StdEncoding.EncodeToString(append([]byte("NTLMSSP\x00\x01\x00\x00\x00\x07\x82\x08\xa2"), make([]byte, 16)...))
		for _, proxy := range n.proxies {
			for _, login := range []string{"", "Basic eDp5", "NTLM " + negotiate} {
				add(func() string {
					return connected(proxy, "CONNECT registry.redhat.io:443", "curl/8.5.0\r\nProxy-Authorization: "+login)
				})
			}
			add(func() string { return connected(proxy, "CONNECT registry.redhat.io:443", "podman") })
		}
	case fault.HTTP:
		for _, request := range requests() {
			add(func() string { return requested(n, request[0], request[1]) })
		}
	default:
		add(func() string { return shaken(n, "registry.redhat.io", "registry.redhat.io", nil) })
		add(func() string { return shaken(n, "registry.redhat.io", "other.example", nil) })
		add(func() string { return shaken(n, "registry.redhat.io", "registry.redhat.io", small) })
		for limit := range 4 {
			add(func() string { return said(n, limit+1) })
		}
		add(func() string { return stores(n) })
	}
	return out
}

// withTimeout is the context of an exchange.
func withTimeout() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}

// how names the end of a connection or of a wait.
func how(err error) string {
	var wire *net.OpError
	var router *device
	switch {
	case err == nil:
		return "fine"
	case errors.As(err, &router):
		return fmt.Sprintf("ICMP %d %d from %s", router.typ, router.code, router.sender)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "quiet"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "end"
	case errors.As(err, &wire) && wire.Op != "remote error":
		return wire.Err.Error()
	}
	return err.Error()
}

func dialled(n *Network, network, at string) string {
	ctx, cancel := withTimeout()
	defer cancel()
	conn, err := n.Map().Dial(ctx, network, at)
	if err != nil {
		return how(err)
	}
	defer conn.Close()
	if network == "udp" {
		return "fine"
	}
	_ = conn.SetReadDeadline(time.Now().Add(patience)) // much longer than resetGrace
	_, err = conn.Read(make([]byte, 1))
	return how(err)
}

func traced(n *Network, at string, limit int) string {
	ctx, cancel := withTimeout()
	defer cancel()
	conn, err := n.Map().DialLimited(ctx, "tcp", at, limit)
	if err == nil {
		_ = conn.Close()
	}
	return how(err)
}

// all reads until the end, a silence or so many bytes.
func all(conn net.Conn, most int) string {
	var out []byte
	buf := make([]byte, 4096)
	for {
		_ = conn.SetReadDeadline(time.Now().Add(patience / 4))
		got, err := conn.Read(buf)
		out = append(out, buf[:got]...)
		if err != nil || len(out) > most {
			return string(out[:min(len(out), most)]) + " " + how(err)
		}
	}
}

// streamed is how many bytes of a handshake come, up to a hundred.
func streamed(n *Network, at string) string {
	ctx, cancel := withTimeout()
	defer cancel()
	conn, err := n.Map().Dial(ctx, "tcp", at)
	if err != nil {
		return how(err)
	}
	defer conn.Close()
	_, _ = conn.Write(helloOf("registry.redhat.io", nil))
	text := all(conn, 100)
	return fmt.Sprint(strings.LastIndex(text, " "), text[strings.LastIndex(text, " "):])
}

func looked(at, name string, kind uint16, checking bool) string {
	q := new(dns.Msg).SetQuestion(dns.Fqdn(name), kind)
	q.CheckingDisabled = !checking
	q.SetEdns0(1232, false)
	conn, err := net.Dial("udp", at)
	if err != nil {
		return how(err)
	}
	defer conn.Close()
	data, _ := q.Pack()
	_, _ = conn.Write(data)
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, dns.MaxMsgSize)
	got, err := conn.Read(buf)
	if err != nil {
		return how(err)
	}
	return fmt.Sprintf("%t %x", binary.BigEndian.Uint16(buf) == q.Id, buf[2:got])
}

// greeted is the reply of a SOCKS server.
func greeted(proxy, host string) string {
	conn, err := net.Dial("tcp", proxy)
	if err != nil {
		return how(err)
	}
	defer conn.Close()
	_, _ = conn.Write([]byte{5, 1, 0})
	_, _ = conn.Write(append(append([]byte{5, 1, 0, 3, byte(len(host))}, host...), 1, 187))
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	reply := make([]byte, 4)
	_, err = io.ReadFull(conn, reply)
	return fmt.Sprint(reply, how(err))
}

// connected is the answer to a request to the proxy, and what is in the tunnel.
func connected(proxy, request, agent string) string {
	conn, err := net.Dial("tcp", proxy)
	if err != nil {
		return how(err)
	}
	defer conn.Close()
	_, host, _ := strings.Cut(request, " ")
	_, _ = fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n\r\n", request, host, agent)
	var head []byte
	one := make([]byte, 1)
	for len(head) < 4096 && !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := conn.Read(one); err != nil {
			return string(head) + " " + how(err)
		}
		head = append(head, one...)
	}
	answer := unmade(head)
	if !strings.HasPrefix(request, "CONNECT") || !strings.HasPrefix(answer, "HTTP/1.1 2") {
		return answer + all(conn, 4096)
	}
	return answer + handshake(conn, &tls.Config{ServerName: "registry.redhat.io", InsecureSkipVerify: true})
}

// overTLS is a handshake with the proxy itself.
func overTLS(proxy string) string {
	conn, err := net.Dial("tcp", proxy)
	if err != nil {
		return how(err)
	}
	defer conn.Close()
	return handshake(conn, configOf(fault.ProxyName, nil))
}

// unmade is the head of an answer without what differs each time.
func unmade(head []byte) string {
	var out []string
	for _, line := range strings.Split(string(head), "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		switch blob, ntlm := strings.CutPrefix(value, "NTLM "); {
		case name == "Date":
		case ntlm:
			message, _ := base64.StdEncoding.DecodeString(blob)
			out = append(out, fmt.Sprintf("NTLM %x", message[:min(len(message), 20)]))
		default:
			out = append(out, line)
		}
	}
	return strings.Join(out, "\r\n")
}

// requests are to the registry and to a blob host, as they are sent.
func requests() [][2]string {
	const end = "\r\nHost: registry.redhat.io\r\nConnection: close\r\n"
	return [][2]string{
		{"registry.redhat.io", "GET /v2/ HTTP/1.1" + end + "Authorization: Bearer bad\r\n\r\n"},
		{"registry.redhat.io", "GET /v2/ HTTP/1.1" + end + "Authorization: Bearer GOOD\r\n\r\n"},
		{"registry.redhat.io", "GET /v2/ HTTP/1.1" + end + "\r\n"},
		{"registry.redhat.io", "GET /v2/ HTTP/1.1" + end + "User-Agent: podman\r\nAuthorization: Basic eDp5\r\n\r\n"},
		{"registry.redhat.io", "HEAD /v2/ HTTP/1.1" + end + "\r\n"},
		{"registry.redhat.io", "GET /other HTTP/1.1" + end + "\r\n"},
		{"registry.redhat.io", "GET /v2/x/blobs/y HTTP/1.1" + end + "X-Long: " + strings.Repeat("x", 300) + "\r\n\r\n"},
		{"cdn01.quay.io", "GET /quayio-production-s3/sha256/LAYER?X-Amz-Signature=x HTTP/1.1" + end + "\r\n"},
	}
}

func requested(n *Network, host, request string) string {
	conn, err := net.Dial("tcp", n.origins[host])
	if err != nil {
		return how(err)
	}
	sum := strings.TrimPrefix(n.image.layer, "sha256:")
	inside := tls.Client(conn, &tls.Config{ServerName: host, InsecureSkipVerify: true})
	defer inside.Close()
	_ = inside.SetWriteDeadline(time.Now().Add(patience))
	token, _ := n.sign(nil)
	if _, err := io.WriteString(inside, strings.NewReplacer("LAYER", sum[:2]+"/"+sum, "GOOD", token).Replace(request)); err != nil {
		return how(err)
	}
	return unmade([]byte(all(inside, 64<<10)))
}

// small makes a ClientHello that is older and shorter than the usual.
func small(c *tls.Config) {
	c.MaxVersion, c.CurvePreferences = tls.VersionTLS12, []tls.CurveID{tls.X25519}
}

// shaken is a handshake with a host under a name.
func shaken(n *Network, host, name string, change func(*tls.Config)) string {
	ctx, cancel := withTimeout()
	defer cancel()
	conn, err := n.Map().Dial(ctx, "tcp", n.names[host][0]+":443")
	if err != nil {
		return how(err)
	}
	defer conn.Close()
	return handshake(conn, configOf(name, change))
}

func configOf(name string, change func(*tls.Config)) *tls.Config {
	c := &tls.Config{ServerName: name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, CipherSuites: suites(),
		NextProtos: []string{strings.Repeat("x", 200)}}
	if change != nil {
		c.NextProtos = nil
		change(c)
	}
	return c
}

func suites() []uint16 {
	var out []uint16
	for _, s := range tls.CipherSuites() {
		out = append(out, s.ID)
	}
	return out
}

// handshake is what a TLS client meets: the first bytes, and how it ended or what was agreed.
func handshake(conn net.Conn, c *tls.Config) string {
	_ = conn.SetDeadline(time.Now().Add(patience))
	noted := &noting12{Conn: conn}
	client := tls.Client(noted, c)
	err := client.Handshake()
	if err == nil && client.ConnectionState().Version == tls.VersionTLS13 { // a refusal comes after it
		_ = conn.SetDeadline(time.Now().Add(patience / 4))
		_, err = client.Read(make([]byte, 1))
	}
	state := client.ConnectionState()
	out := fmt.Sprintf("%x %s %x %x %v", noted.first, how(err), state.Version, state.CipherSuite, state.CurveID)
	for i, cert := range state.PeerCertificates {
		out += fmt.Sprint("|", cert.Subject, cert.Issuer, cert.DNSNames, round(cert.NotBefore), round(cert.NotAfter), cert.SignatureAlgorithm,
			cert.ExtKeyUsage, cert.PermittedDNSDomains, cert.SerialNumber.Sign())
		for _, e := range cert.Extensions {
			out += " " + e.Id.String()
		}
		if i > 0 {
			out += fmt.Sprint(bytes.Equal(cert.RawSubjectPublicKeyInfo, state.PeerCertificates[0].RawSubjectPublicKeyInfo))
		}
	}
	return out
}

// round is a time from now, in halves of an hour.
func round(at time.Time) time.Duration { return time.Until(at).Round(30 * time.Minute) }

// noting12 keeps the first bytes that are read of a connection, of those that are no
// handshake more.
type noting12 struct {
	net.Conn
	first []byte
}

func (c *noting12) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	most := 300
	if len(c.first)+n > 0 && append(c.first[:len(c.first):len(c.first)], p[:n]...)[0] == recordHandshake {
		most = 6
	}
	c.first = append(c.first, p[:min(n, max(most-len(c.first), 0))]...)
	return n, err
}

// helloOf is the first message of a client.
func helloOf(name string, change func(*tls.Config)) []byte {
	near, far := net.Pipe()
	go func() { _ = tls.Client(near, configOf(name, change)).Handshake(); _ = near.Close() }()
	buf := make([]byte, 16<<10)
	got, _ := far.Read(buf)
	_ = far.Close()
	return buf[:got]
}

// said is what becomes of a ClientHello that gets as far as a router.
func said(n *Network, limit int) string {
	ctx, cancel := withTimeout()
	defer cancel()
	return how(n.Map().Speak(ctx, "tcp", "203.0.113.101:443", limit, helloOf("registry.redhat.io", nil)))
}

// stores counts the roots of the network's stores.
func stores(n *Network) string {
	count := func(data []byte) (out int) {
		for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
			out++
		}
		return out
	}
	return fmt.Sprint(count(n.PublicRoots()), count(n.ClientRoots()), len(n.seen.others["docker"]), len(n.seen.given))
}
