//go:build linux

package testbed

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

// mitmproxyAddr is where mitmproxy listens in corp.
const mitmproxyAddr = CorpAddr + ":8082"

// leadTo has corp pass packets on and lead connections of the client to port 443
// to a port of its own.
func (b *Bed) leadTo(port string) {
	b.t.Helper()
	Require(b.t, "nftables")
	b.OpenEgress()
	rules := b.WriteFile("lead.nft", []byte(`table ip lead {
	chain in {
		type nat hook prerouting priority -100; policy accept;
		iifname "to-client" tcp dport 443 redirect to :`+port+`
	}
}
`))
	if out, err := exec.Command("ip", "netns", "exec", b.Corp.Name, "nft", "-f", rules).CombinedOutput(); err != nil {
		b.t.Fatalf("nft: %v: %s", err, out)
	}
}

// StartMitmproxy runs mitmproxy in corp and returns its URL and the PEM file of
// its CA, which it makes for itself. Inline, it meets connections to port 443 that
// are led to it.
func (b *Bed) StartMitmproxy(inline bool) (url, authority string) {
	b.t.Helper()
	Require(b.t, "mitmproxy")
	dir := b.dir("mitmproxy")
	host, port, _ := net.SplitHostPort(mitmproxyAddr)
	mode := "regular"
	if inline {
		mode = "transparent"
		b.leadTo(port)
	}
	b.start(daemon{name: "mitmproxy", ns: b.Corp, ready: mitmproxyAddr, argv: []string{"mitmdump", "--quiet", "--mode", mode,
		"--listen-host", host, "--listen-port", port, "--set", "confdir=" + dir, "--set", "ssl_verify_upstream_trusted_ca=" + b.Roots}})
	authority = filepath.Join(dir, "mitmproxy-ca-cert.pem")
	if _, err := os.Stat(authority); err != nil {
		b.t.Fatalf("mitmproxy listens and has no CA: %v", err)
	}
	return "http://" + mitmproxyAddr, authority
}
