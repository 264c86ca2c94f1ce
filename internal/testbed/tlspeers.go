//go:build linux

package testbed

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Peer is a TLS server on port 443 of its own address.
type Peer struct {
	Name, Address string
	Leaf          Leaf
	// Lines are further settings, in the words of the program that serves it.
	Lines []string
}

// LeafWith is Leaf with a key and with whatever change makes of the certificate.
func (a *Authority) LeafWith(t testing.TB, key crypto.Signer, change func(*x509.Certificate), names ...string) Leaf {
	t.Helper()
	tmpl := template(t, names[0])
	tmpl.DNSNames = names
	tmpl.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	tmpl.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if change != nil {
		change(tmpl)
	}
	parent, signer := a.Cert, a.Key
	if tmpl.Issuer.CommonName != "" { // signs itself
		parent, signer = tmpl, key
	}
	leaf := sign(t, tmpl, parent, key.Public(), signer)
	chain := append([]*x509.Certificate{leaf}, a.chain...)
	if parent == tmpl {
		chain = chain[:1]
	}
	return Leaf{ChainPEM: certPEM(chain...), KeyPEM: keyPEM(t, key)}
}

// LeafPEM returns the leaf alone, without the intermediates above it.
func (l Leaf) LeafPEM() []byte {
	end := strings.Index(string(l.ChainPEM), "-----END CERTIFICATE-----\n") + len("-----END CERTIFICATE-----\n")
	return l.ChainPEM[:end]
}

// RSAKey returns a key for [Authority.LeafWith] and the like.
func RSAKey(t testing.TB) crypto.Signer { return rsaKey(t) }

// ECDSAKey returns one on an elliptic curve.
func ECDSAKey(t testing.TB) crypto.Signer { return ecdsaKey(t) }

// files writes the leaf where a server finds it, and returns the paths of chain,
// key, and both in one file.
func (b *Bed) files(p Peer) (chain, key, both string) {
	chain = b.WriteFile("tls/"+p.Name+".crt", p.Leaf.ChainPEM)
	key = b.WriteFile("tls/"+p.Name+".key", p.Leaf.KeyPEM)
	return chain, key, b.WriteFile("tls/"+p.Name+".pem", append(append([]byte{}, p.Leaf.ChainPEM...), p.Leaf.KeyPEM...))
}

// ServePeersByNginx runs nginx as the TLS server of each peer. Every request is
// answered with 200.
func (b *Bed) ServePeersByNginx(ns *Namespace, peers ...Peer) {
	b.t.Helper()
	Require(b.t, "nginx")
	dir := b.dir("peers")
	text := "daemon off;\nmaster_process off;\nuser root;\npid " + dir + "/nginx.pid;\nerror_log error.log info;\nevents {}\nhttp {\n" +
		"access_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		text += fmt.Sprintf("%s_temp_path %s/%s;\n", kind, dir, kind)
	}
	for _, p := range peers {
		chain, key, _ := b.files(p)
		text += fmt.Sprintf("server {\nlisten %s ssl;\nserver_name %s;\nssl_certificate %s;\nssl_certificate_key %s;\n%s\n"+
			"location / { return 200; }\n}\n", net.JoinHostPort(p.Address, "443"), p.Name, chain, key, strings.Join(p.Lines, "\n"))
	}
	config := b.WriteFile("peers/nginx.conf", []byte(text+"}\n"))
	b.start(daemon{name: "peers", ns: ns, ready: net.JoinHostPort(peers[0].Address, "443"), logs: []string{"error.log"},
		argv: []string{"nginx", "-p", dir, "-e", "error.log", "-c", config}})
}

// ServePeersByHAProxy runs HAProxy as the TLS server of each peer; its lines are
// words of the bind line.
func (b *Bed) ServePeersByHAProxy(ns *Namespace, peers ...Peer) {
	b.t.Helper()
	Require(b.t, "haproxy")
	lines := []string{"global", "  maxconn 200", "  ssl-default-bind-ciphers ALL:@SECLEVEL=0", "defaults", "  mode http",
		"  timeout connect 5s", "  timeout client 30s", "  timeout server 30s"}
	for i, p := range peers {
		_, _, both := b.files(p)
		lines = append(lines, fmt.Sprintf("frontend f%d", i), fmt.Sprintf("  bind %s:443 ssl crt %s %s", p.Address, both,
			strings.Join(p.Lines, " ")),
			"  http-request return status 200")
	}
	config := b.WriteFile("front/haproxy.cfg", []byte(strings.Join(lines, "\n")+"\n"))
	b.start(daemon{name: "front", ns: ns, ready: net.JoinHostPort(peers[0].Address, "443"),
		argv: []string{"haproxy", "-db", "-f", config, "-C", b.dir("front")}})
}

// ServePeerByOpenSSL runs s_server as the TLS server of a peer; its lines are
// arguments.
func (b *Bed) ServePeerByOpenSSL(ns *Namespace, p Peer) {
	b.t.Helper()
	Require(b.t, "openssl")
	chain, key, _ := b.files(p)
	first := b.WriteFile("tls/"+p.Name+".leaf", p.Leaf.LeafPEM())
	argv := append([]string{"openssl", "s_server", "-quiet", "-www", "-accept", p.Address + ":443", "-cert", first, "-key", key,
		"-cert_chain", chain}, p.Lines...)
	b.start(daemon{name: "s_server-" + p.Name, ns: ns, ready: p.Address + ":443", argv: argv})
}

// Narrow gives both ends of the cable between two neighbours of a street an MTU,
// and keeps both from reporting it by ICMP.
func (s *Street) Narrow(left, right *Namespace, mtu int) {
	s.t.Helper()
	for _, end := range []struct{ at, towards *Namespace }{{left, right}, {right, left}} {
		ip(s.t, "-n", end.at.Name, "link", "set", "to-"+role(end.towards), "mtu", fmt.Sprint(mtu))
		s.Rules(end.at, `table inet blackhole {
	chain out {
		type filter hook output priority 0; policy accept;
		icmp type destination-unreachable icmp code frag-needed drop
		icmpv6 type packet-too-big drop
	}
}
`)
	}
}

// Strings makes iptables of a namespace look for texts in forwarded packets to port
// 443, and apply a target to those that have one.
func (s *Street) Strings(ns *Namespace, targets map[string][]string) {
	s.t.Helper()
	Require(s.t, "iptables")
	for text, target := range targets {
		args := append([]string{"netns", "exec", ns.Name, "iptables", "-w", "-A", "FORWARD", "-p", "tcp", "--dport", "443",
			"-m", "string", "--algo", "bm", "--string", text, "-j"}, target...)
		cmd := exec.Command("ip", args...)
		cmd.Env = append(os.Environ(), "XTABLES_LOCKFILE="+filepath.Join(s.Dir, "xtables.lock"))
		if out, err := cmd.CombinedOutput(); err != nil {
			s.t.Fatalf("iptables: %v: %s", err, out)
		}
	}
}
