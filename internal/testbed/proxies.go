//go:build linux

package testbed

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

const (
	squidAddr     = CorpAddr + ":3128"
	tinyproxyAddr = CorpAddr + ":8888"

	// The helpers of Debian's squid-openssl.
	certgen  = "/usr/lib/squid/security_file_certgen"
	ncsaAuth = "/usr/lib/squid/basic_ncsa_auth"

	// squidUser is whom Squid becomes: it refuses to stay root.
	squidUser = "proxy"
)

// Squid says what the proxy does. The zero value lets everything through.
type Squid struct {
	Deny  []string          // hosts that it refuses, 403
	Users map[string]string // name to password; when set, it asks with 407
	Bump  *Authority        // when set, it opens every tunnel and signs with this
}

// StartSquid runs Squid in corp, which asks the outside's name server, and
// returns its URL.
func (b *Bed) StartSquid(s Squid) string {
	b.t.Helper()
	Require(b.t, "squid")
	dir := b.dir("squid")
	var passwords strings.Builder
	for name, password := range s.Users {
		digest := md5.Sum([]byte(password)) // basic_ncsa_auth(8) takes it, and Go has no crypt(3)
		fmt.Fprintf(&passwords, "%s:%s\n", name, hex.EncodeToString(digest[:]))
	}
	b.WriteFile("squid/passwords", []byte(passwords.String()))
	if s.Bump != nil {
		b.WriteFile("squid/signing.pem", append(s.Bump.CertPEM(), keyPEM(b.t, s.Bump.Key)...))
		b.run(certgen, "-c", "-s", filepath.Join(dir, "certificates"), "-M", "4MB")
	}
	config := b.WriteFile("squid/squid.conf", []byte(s.config(dir, b.Roots)))
	b.giveTo(squidUser, dir)

	name := service(b.label) // keeps the shared memory of two apart
	b.t.Cleanup(func() {     // after a stop that had to be a kill
		left, _ := filepath.Glob(filepath.Join(sharedMemory, name+"-*")) // fails only on a bad pattern
		for _, file := range left {
			_ = os.Remove(file) // the next process sweeps
		}
	})
	b.start(daemon{
		name: "squid", ns: b.Corp, ready: squidAddr, logs: []string{"cache.log", "access.log"},
		argv: []string{"squid", "-N", "-n", name, "-f", config},
	})
	return "http://" + squidAddr
}

// config is the text of squid.conf. Roots is what Squid trusts outside.
func (s Squid) config(dir, roots string) string {
	lines := []string{
		"http_port " + squidAddr,
		"visible_hostname " + ProxyName,
		"pid_filename none",
		"access_log stdio:" + dir + "/access.log",
		"cache_log " + dir + "/cache.log",
		"coredump_dir " + dir,
		"dns_nameservers " + OutsideAddr,
		"pinger_enable off",
		"cache deny all",
		"shutdown_lifetime 0 seconds",
	}
	if s.Bump != nil {
		lines[0] += " ssl-bump tls-cert=" + dir + "/signing.pem generate-host-certificates=on dynamic_cert_mem_cache_size=4MB"
		lines = append(lines,
			"sslcrtd_program "+certgen+" -s "+dir+"/certificates -M 4MB",
			"sslcrtd_children 2 startup=1 idle=1",
			"tls_outgoing_options cafile="+roots,
			"acl hello at_step SslBump1",
			"ssl_bump peek hello",
			"ssl_bump bump all")
	}
	if len(s.Deny) > 0 {
		lines = append(lines, "acl denied dstdomain "+strings.Join(s.Deny, " "), "http_access deny denied")
	}
	if len(s.Users) > 0 {
		lines = append(lines,
			"auth_param basic program "+ncsaAuth+" "+dir+"/passwords",
			"auth_param basic children 1",
			"auth_param basic realm "+ProxyName,
			"acl known proxy_auth REQUIRED",
			"http_access deny !known")
	}
	return strings.Join(append(lines, "http_access allow all"), "\n") + "\n"
}

// Tinyproxy says what the proxy does. The zero value lets everything through.
type Tinyproxy struct {
	Deny []string // hosts that its filter refuses, 403
}

// StartTinyproxy runs tinyproxy in corp and returns its URL.
func (b *Bed) StartTinyproxy(p Tinyproxy) string {
	b.t.Helper()
	Require(b.t, "tinyproxy")
	var filter strings.Builder
	for _, host := range p.Deny {
		fmt.Fprintf(&filter, "^%s$\n", regexp.QuoteMeta(host))
	}
	b.WriteFile("tinyproxy/filter", []byte(filter.String()))
	config := b.WriteFile("tinyproxy/tinyproxy.conf", []byte(p.config(b.dir("tinyproxy"))))
	b.start(daemon{
		name: "tinyproxy", ns: b.Corp, ready: tinyproxyAddr,
		argv: []string{"tinyproxy", "-d", "-c", config}, // -d: stay, and log to standard output
	})
	return "http://" + tinyproxyAddr
}

// config is the text of tinyproxy.conf.
func (p Tinyproxy) config(dir string) string {
	host, port, _ := net.SplitHostPort(tinyproxyAddr)
	lines := []string{"Listen " + host, "Port " + port, "Timeout 60", "LogLevel Connect", "ConnectPort 443"}
	if len(p.Deny) > 0 {
		lines = append(lines, `Filter "`+dir+`/filter"`, "FilterExtended On")
	}
	return strings.Join(lines, "\n") + "\n"
}

// run runs a command on the machine and fails the test with what it said.
func (b *Bed) run(name string, args ...string) {
	b.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		b.t.Fatalf("%s: %v: %s", name, err, out)
	}
}

// giveTo makes a user the owner of a directory and all below it.
func (b *Bed) giveTo(name, dir string) {
	b.t.Helper()
	owner, err := user.Lookup(name)
	if err != nil {
		b.t.Fatal(err)
	}
	uid, _ := strconv.Atoi(owner.Uid) // numbers on every Unix: os/user says so
	gid, _ := strconv.Atoi(owner.Gid)
	err = filepath.Walk(dir, func(path string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}
