//go:build linux

package testbed

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
)

const (
	haproxyAddr = CorpAddr + ":8443"
	stunnelAddr = CorpAddr + ":9443"
	danteAddr   = CorpAddr + ":1080"
	webAddr     = CorpAddr + ":8081"
)

// HAProxy is the configuration of a front.
type HAProxy struct {
	// Before is the host:port of a proxy that it passes connections on to, with TLS
	// taken off.
	Before string
	// Closes ends every connection after its first bytes.
	Closes bool
	// ClientCA is whose certificates it demands of clients, nil for none.
	ClientCA *Authority
}

// StartHAProxy runs HAProxy in corp and returns its URL. With TLS it shows a
// certificate of the authority for ProxyName.
func (b *Bed) StartHAProxy(h HAProxy, issuer *Authority) string {
	b.t.Helper()
	Require(b.t, "haproxy")
	dir := b.dir("haproxy")
	bind := "bind " + haproxyAddr
	scheme := "http"
	if issuer != nil {
		leaf := issuer.Leaf(b.t, ProxyName)
		bind += " ssl crt " + b.WriteFile("haproxy/front.pem", append(leaf.ChainPEM, leaf.KeyPEM...))
		scheme = "https"
	}
	if h.ClientCA != nil {
		bind += " verify required ca-file " + b.WriteFile("haproxy/clients.pem", h.ClientCA.CertPEM())
	}
	lines := []string{"global", "  maxconn 200", "defaults", "  mode tcp", "  timeout connect 5s", "  timeout client 30s",
		"  timeout server 30s", "frontend front", "  " + bind}
	if h.Closes {
		lines = append(lines, "  tcp-request inspect-delay 5s", "  tcp-request content reject if { req.len gt 0 }")
	}
	if h.Before != "" {
		lines = append(lines, "  default_backend proxy", "backend proxy", "  server one "+h.Before)
	}
	config := b.WriteFile("haproxy/haproxy.cfg", []byte(strings.Join(lines, "\n")+"\n"))
	b.start(daemon{name: "haproxy", ns: b.Corp, ready: haproxyAddr, argv: []string{"haproxy", "-db", "-f", config, "-C", dir}})
	_, port, _ := net.SplitHostPort(haproxyAddr)
	return scheme + "://" + ProxyName + ":" + port
}

// StartStunnel runs stunnel in corp before a proxy and returns its host:port.
func (b *Bed) StartStunnel(before string, issuer *Authority) string {
	b.t.Helper()
	Require(b.t, "stunnel")
	leaf := issuer.Leaf(b.t, ProxyName)
	certificate := b.WriteFile("stunnel/front.pem", append(leaf.ChainPEM, leaf.KeyPEM...))
	config := b.WriteFile("stunnel/stunnel.conf", []byte(strings.Join([]string{"foreground = yes", "pid =", "[proxy]",
		"accept = " + stunnelAddr, "connect = " + before, "cert = " + certificate}, "\n")+"\n"))
	b.start(daemon{name: "stunnel", ns: b.Corp, ready: stunnelAddr, argv: []string{"stunnel", config}})
	_, port, _ := net.SplitHostPort(stunnelAddr)
	return net.JoinHostPort(ProxyName, port)
}

// Dante is the configuration of a SOCKS server.
type Dante struct {
	Block []string          // hosts that it does not allow
	Users map[string]string // name to password; when set, it wants a login
}

// StartDante runs Dante in corp and returns its host:port.
func (b *Bed) StartDante(d Dante) string {
	b.t.Helper()
	Require(b.t, "dante")
	method := "none"
	if len(d.Users) > 0 {
		method = "username"
		b.accounts(d.Users)
	}
	host, port, _ := net.SplitHostPort(danteAddr)
	lines := []string{"logoutput: stderr", "internal: " + host + " port = " + port, "external: " + borderAddr,
		"clientmethod: none", "socksmethod: " + method, "user.privileged: root", "user.unprivileged: nobody",
		"client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }"}
	for _, name := range d.Block {
		lines = append(lines, "socks block { from: 0.0.0.0/0 to: "+name+" }")
	}
	config := b.WriteFile("dante/danted.conf", []byte(strings.Join(append(lines, "socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }"), "\n")+"\n"))
	b.start(daemon{name: "dante", ns: b.Corp, ready: danteAddr, argv: []string{"danted", "-N", "1", "-f", config}})
	return danteAddr
}

// accounts adds users to corp's own /etc/passwd: Dante asks the system.
func (b *Bed) accounts(users map[string]string) {
	b.t.Helper()
	known, err := os.ReadFile("/etc/passwd")
	if err != nil {
		b.t.Fatal(err)
	}
	passwd, shadow := string(known), ""
	uid := 60100 // of Debian's range for local use, so no user of the machine
	for name, password := range users {
		hash, err := exec.Command("openssl", "passwd", "-6", password).Output()
		if err != nil {
			b.t.Fatalf("openssl passwd: %v", err)
		}
		passwd += fmt.Sprintf("%s:x:%d:65534::/nonexistent:/usr/sbin/nologin\n", name, uid)
		shadow += fmt.Sprintf("%s:%s:20000:0:99999:7:::\n", name, strings.TrimSpace(string(hash)))
		uid++
	}
	b.Corp.etc(b.t, "passwd", passwd)
	b.Corp.etc(b.t, "shadow", shadow)
}

// StartWebServer runs nginx in corp, which is not a proxy, and returns its URL.
func (b *Bed) StartWebServer() string {
	b.t.Helper()
	Require(b.t, "nginx")
	dir := b.dir("web")
	config := b.WriteFile("web/nginx.conf", []byte("daemon off;\npid "+dir+"/nginx.pid;\nerror_log "+dir+"/error.log;\nevents {}\nhttp {\n"+
		"access_log off;\n"+
		"client_body_temp_path "+dir+"/body;\nproxy_temp_path "+dir+"/proxy;\nfastcgi_temp_path "+dir+"/fastcgi;\n"+
		"uwsgi_temp_path "+dir+"/uwsgi;\nscgi_temp_path "+dir+"/scgi;\nserver { listen "+webAddr+"; }\n}\n"))
	b.start(daemon{name: "web", ns: b.Corp, ready: webAddr, logs: []string{"error.log"}, argv: []string{"nginx", "-p", dir, "-c", config}})
	return "http://" + webAddr
}
