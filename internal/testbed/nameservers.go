//go:build linux

package testbed

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// policyZone is the name of unbound's response policy zone.
const policyZone = "rpz.corp.example"

// Unbound is a resolver in corp that forwards to the outside's name server. The
// zero value but for the address filters nothing.
type Unbound struct {
	Addr string // its own, in corp's net
	// Local are local zones, name to type ("always_nxdomain"), see
	// unbound.conf(5).
	Local map[string]string
	// Denied are names that the response policy zone denies.
	Denied []string
	// Bogus are names with a trust anchor whose key signed nothing.
	Bogus []string
	// Dead are names that are forwarded to an address that does not answer.
	Dead []string
	// Secure, where set, is the certificate with which it speaks TLS on port 853
	// and HTTPS on 443.
	Secure *Leaf
}

// StartUnbound runs unbound at its address.
func (b *Bed) StartUnbound(u Unbound) {
	b.t.Helper()
	Require(b.t, "unbound")
	name := b.corpAddress("unbound", u.Addr)
	dir := b.dir(name)
	var zone strings.Builder
	fmt.Fprintf(&zone, "$TTL 60\n@ SOA ns.%[1]s. host.%[1]s. 1 3600 600 86400 60\n@ NS ns.%[1]s.\n", policyZone)
	for _, host := range u.Denied {
		fmt.Fprintf(&zone, "%s CNAME .\n", host)
	}
	b.WriteFile(name+"/policy.zone", []byte(zone.String()))
	if u.Secure != nil {
		b.WriteFile(name+"/tls.crt", u.Secure.ChainPEM)
		b.WriteFile(name+"/tls.key", u.Secure.KeyPEM)
	}
	config := b.WriteFile(name+"/unbound.conf", []byte(u.config(dir)))
	b.start(daemon{name: name, ns: b.Corp, ready: u.Addr + ":53", argv: []string{"unbound", "-d", "-p", "-c", config}})
}

// config returns the text of unbound.conf.
func (u Unbound) config(dir string) string {
	lines := []string{"server:", `username: ""`, `chroot: ""`, `directory: "` + dir + `"`, "use-syslog: no", "do-ip6: no",
		"interface: " + u.Addr, "access-control: 0.0.0.0/0 allow", "num-threads: 1",
		`module-config: "respip validator iterator"`, "do-not-query-localhost: no"}
	if u.Secure != nil {
		lines = append(lines, "interface: "+u.Addr+"@853", "interface: "+u.Addr+"@443", "https-port: 443",
			"tls-service-key: tls.key", "tls-service-pem: tls.crt")
	}
	for name, kind := range u.Local {
		lines = append(lines, fmt.Sprintf("local-zone: %q %s", name, kind))
	}
	for _, name := range u.Bogus {
		lines = append(lines, fmt.Sprintf("trust-anchor: \"%s. DS 12345 13 2 %s\"", name, strings.Repeat("ab", 32)))
	}
	if len(u.Denied) > 0 {
		lines = append(lines, "rpz:", "name: "+policyZone, "zonefile: policy.zone")
	}
	for _, name := range u.Dead {
		lines = append(lines, "forward-zone:", "name: "+name, "forward-addr: "+OutsideAddr+"@5399")
	}
	lines = append(lines, "forward-zone:", "name: .", "forward-addr: "+OutsideAddr, "remote-control:", "control-enable: no")
	return strings.Join(lines, "\n") + "\n"
}

// Dnsmasq is a resolver in corp that forwards to the outside's name server.
type Dnsmasq struct {
	Addr string
	// Addresses are names for which it makes up an address.
	Addresses map[string]string
}

// StartDnsmasq runs dnsmasq at its address.
func (b *Bed) StartDnsmasq(d Dnsmasq) {
	b.t.Helper()
	Require(b.t, "dnsmasq")
	name := b.corpAddress("dnsmasq", d.Addr)
	b.dir(name)
	args := []string{"dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--no-resolv", "--no-hosts",
		"--bind-interfaces", "--listen-address=" + d.Addr, "--except-interface=lo", "--server=" + OutsideAddr, "--pid-file", "--log-facility=-"}
	for host, addr := range d.Addresses {
		args = append(args, "--address=/"+host+"/"+addr)
	}
	b.start(daemon{name: name, ns: b.Corp, ready: d.Addr + ":53", argv: args})
}

// Dnsdist is a DNS load balancer in corp in front of another server.
type Dnsdist struct {
	Addr, Backend string
	// Denied are names that it denies with the SOA of the policy zone.
	Denied []string
	// Cut are names whose answers over UDP are truncated.
	Cut []string
	// Late are names whose answers over UDP come after DelayMS milliseconds.
	Late    []string
	DelayMS int
}

// StartDnsdist runs dnsdist at its address.
func (b *Bed) StartDnsdist(d Dnsdist) {
	b.t.Helper()
	Require(b.t, "dnsdist")
	name := b.corpAddress("dnsdist", d.Addr)
	config := b.WriteFile(name+"/dnsdist.conf", []byte(d.config()))
	b.start(daemon{name: name, ns: b.Corp, ready: d.Addr + ":53",
		argv: []string{"dnsdist", "--supervised", "--disable-syslog", "-C", config}})
}

// config returns the text of dnsdist.conf, which is Lua.
func (d Dnsdist) config() string {
	lines := []string{
		`setLocal("` + d.Addr + `:53")`, `setACL("0.0.0.0/0")`, "setSecurityPollSuffix(\"\")",
		`newServer({address="` + d.Backend + `:53", useClientSubnet=false, healthCheckMode="up"})`,
	}
	for _, host := range d.Denied {
		lines = append(lines, fmt.Sprintf(
			`addAction(QNameRule(%q), SetNegativeAndSOAAction(true, %q, 60, "ns.%[2]s", "host.%[2]s", 1, 3600, 600, 86400, 60))`, host, policyZone))
	}
	for _, host := range d.Cut {
		lines = append(lines, `addAction(AndRule{QNameRule("`+host+`"), TCPRule(false)}, TCAction())`)
	}
	for _, host := range d.Late {
		lines = append(lines, fmt.Sprintf(`addAction(QNameRule(%q), DelayAction(%d))`, host, d.DelayMS))
	}
	return strings.Join(lines, "\n") + "\n"
}

// corpAddress gives corp a further address for a daemon and names the daemon
// after it.
func (b *Bed) corpAddress(daemon, addr string) string {
	b.t.Helper()
	ip(b.t, "-n", b.Corp.Name, "address", "add", addr+"/24", "dev", "to-client")
	return daemon + "-" + addr[strings.LastIndex(addr, ".")+1:]
}

// CorpAddresses gives corp further addresses at which nothing listens.
func (b *Bed) CorpAddresses(addrs ...string) {
	b.t.Helper()
	for _, addr := range addrs {
		b.corpAddress("nothing", addr)
	}
}

// Firewall loads nftables rules into corp, and has its kernel answer every
// rejected packet: by default it sends few ICMP errors a second (icmp(7)), which
// walks side by side would take from each other.
func (b *Bed) Firewall(rules string) {
	b.t.Helper()
	Require(b.t, "nftables")
	err := b.Corp.within(func() error { // as in OpenEgress
		return os.WriteFile("/proc/sys/net/ipv4/icmp_ratelimit", []byte("0"), 0o644)
	})
	if err != nil {
		b.t.Fatal(err)
	}
	file := b.WriteFile("nftables.conf", []byte(rules))
	cmd := exec.Command("ip", "netns", "exec", b.Corp.Name, "nft", "-f", filepath.Clean(file))
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("nft: %v: %s", err, out)
	}
}

// ClientFile writes a file that commands in the client's house see below /etc.
func (b *Bed) ClientFile(path, content string) {
	b.t.Helper()
	b.Client.etc(b.t, path, content)
}
