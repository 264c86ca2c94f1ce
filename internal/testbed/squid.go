//go:build linux

package testbed

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	squidAddr = CorpAddr + ":3128"
	// inlinePort is where connections to port 443 are led.
	inlinePort = "3129"

	// The helpers of Debian's squid-openssl.
	certgen    = "/usr/lib/squid/security_file_certgen"
	ncsaAuth   = "/usr/lib/squid/basic_ncsa_auth"
	digestAuth = "/usr/lib/squid/digest_file_auth"
	ticketAuth = "/usr/lib/squid/negotiate_kerberos_auth"

	// ownPage is the name of Squid.Page among Squid's error pages.
	ownPage = "ERR_CORP_BLOCKED"

	// squidUser is whom Squid becomes: it refuses to stay root.
	squidUser = "proxy"
)

// Squid is the configuration of the proxy. The zero value lets everything through.
type Squid struct {
	Deny  []string          // hosts that it refuses, 403
	Users map[string]string // name to password; when set, it asks with 407
	Bump  *Authority        // when set, it opens every tunnel and signs with this
	// BumpOnly are the hosts whose tunnels it opens, empty for all.
	BumpOnly []string
	// Inline has it meet connections to port 443 that are led to it, in place of
	// clients that ask.
	Inline bool
	// Distrusts has it trust no origin: it knows another root than theirs.
	Distrusts bool
	// Scheme is how it asks: "digest", "ntlm" or "negotiate"; empty is basic.
	Scheme string
	// KDC is whose tickets it takes with negotiate.
	KDC KDC
	// DenyInfo is its answer in place of its page (deny_info): a page's name,
	// "302:URL", or TCP_RESET.
	DenyInfo string
	// Page is the site's own page for what it denies, HTML.
	Page string
	// Lines are further lines of squid.conf, before everything is let through.
	Lines []string
	// SSLPorts allows CONNECT to 443 alone, as Debian's squid.conf does.
	SSLPorts bool
}

// StartSquid runs Squid in corp, which asks the outside's name server, and
// returns its URL.
func (b *Bed) StartSquid(s Squid) string {
	b.t.Helper()
	Require(b.t, "squid")
	dir := b.dir("squid")
	b.WriteFile("squid/passwords", []byte(s.passwords()))
	if s.Bump != nil {
		b.WriteFile("squid/signing.pem", append(s.Bump.CertPEM(), keyPEM(b.t, s.Bump.Key)...))
		b.run(certgen, "-c", "-s", filepath.Join(dir, "certificates"), "-M", "4MB")
	}
	helper := ""
	if s.Scheme == "ntlm" {
		helper = program(b.t, ntlmHelperBinary)
	}
	if s.Page != "" {
		b.WriteFile("squid/errors/"+ownPage, []byte(s.Page))
		s.DenyInfo = ownPage
	}
	roots := b.Roots
	if s.Distrusts {
		roots = b.WriteFile("squid/other-roots.pem", NewAuthority(b.t, "Testbed Other Root", ecdsaKey(b.t)).CertPEM())
	}
	config := b.WriteFile("squid/squid.conf", []byte(s.config(dir, roots, helper)))
	if s.Inline {
		b.leadTo(inlinePort)
	}
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
		// Its helpers have its environment.
		argv: []string{"env", "KRB5_CONFIG=" + s.KDC.Config, "squid", "-N", "-n", name, "-f", config},
	})
	return "http://" + squidAddr
}

// passwords returns the file of the helper: name and hash; for digest the realm stands
// between them.
func (s Squid) passwords() string {
	var out strings.Builder
	for name, password := range s.Users {
		middle, hashed := "", password
		if s.Scheme == "digest" {
			middle = ProxyName + ":"
			hashed = name + ":" + middle + password // HA1 of RFC 7616
		}
		sum := md5.Sum([]byte(hashed)) // basic_ncsa_auth(8) takes it, and Go has no crypt(3)
		fmt.Fprintf(&out, "%s:%s%s\n", name, middle, hex.EncodeToString(sum[:]))
	}
	return out.String()
}

// login returns what asks for a password, helper being the program for NTLM.
func (s Squid) login(dir, helper string) []string {
	var lines []string
	switch s.Scheme {
	case "digest":
		lines = []string{"auth_param digest program " + digestAuth + " -c " + dir + "/passwords",
			"auth_param digest children 1", "auth_param digest realm " + ProxyName}
	case "ntlm":
		for name, password := range s.Users {
			helper += " " + name + "=" + password
		}
		lines = []string{"auth_param ntlm program " + helper, "auth_param ntlm children 9 startup=1"}
	case "negotiate":
		// Without a replay cache: the system's is one file for all beds.
		lines = []string{"auth_param negotiate program " + ticketAuth + " -d -t none -s HTTP/" + ProxyName + " -k " + s.KDC.Keytab,
			"auth_param negotiate children 9 startup=1"}
	default:
		lines = []string{"auth_param basic program " + ncsaAuth + " " + dir + "/passwords",
			"auth_param basic children 1", "auth_param basic realm " + ProxyName}
	}
	return append(lines, "acl known proxy_auth REQUIRED", "http_access deny !known")
}

// config returns the text of squid.conf. Roots is what Squid trusts outside.
func (s Squid) config(dir, roots, helper string) string {
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
			"tls_outgoing_options default-ca=off cafile="+roots, "sslproxy_cert_error allow all",
			"acl hello at_step SslBump1",
			"ssl_bump peek hello")
		if len(s.BumpOnly) > 0 {
			lines = append(lines, "acl opened ssl::server_name "+strings.Join(s.BumpOnly, " "), "ssl_bump bump opened", "ssl_bump splice all")
		} else {
			lines = append(lines, "ssl_bump bump all")
		}
		if s.Inline {
			lines = append(lines, "https_port "+net.JoinHostPort(CorpAddr, inlinePort)+" intercept"+strings.TrimPrefix(lines[0],
				"http_port "+squidAddr))
		}
	}
	if len(s.Deny) > 0 {
		lines = append(lines, "acl denied dstdomain "+strings.Join(s.Deny, " "), "http_access deny denied")
	}
	if s.Page != "" {
		lines = append(lines, "error_directory "+dir+"/errors")
	}
	if s.DenyInfo != "" {
		lines = append(lines, "deny_info "+s.DenyInfo+" denied")
	}
	if s.SSLPorts {
		lines = append(lines, "acl SSL_ports port 443", "http_access deny CONNECT !SSL_ports")
	}
	if len(s.Users) > 0 {
		lines = append(lines, s.login(dir, helper)...)
	}
	lines = append(lines, s.Lines...)
	return strings.Join(append(lines, "http_access allow all"), "\n") + "\n"
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
