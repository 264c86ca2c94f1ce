//go:build linux

package testbed_test

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/internal/testbed"
)

// peers are TLS servers behind three routers, and what pullpath must say of a
// walk to each: the unmasked codes of the layer tls, exactly.
var peers = []struct {
	name string
	by   string // nginx, haproxy or openssl
	// lines are the server's own settings.
	lines []string
	leaf  func(t *testing.T, ca *testbed.Authority, name string) testbed.Leaf
	// flags are of the check.
	flags []string
	code  string
	seen  []string
	not   []string
}{
	{name: "sound", by: "nginx"},
	// nftables and iptables on the middle router.
	{name: "sni-reset", by: "nginx", code: "tls-sni-blocked", seen: []string{"connection reset by peer after our ClientHello of ",
		"before any byte of the answer",
		"SNI control.corp.example on the same address: handshake completes",
		"the reset comes at hop limit 3: from 10.78.2.2, hop 2,", "(likely:"}},
	{name: "sni-drop", by: "nginx", code: "tls-sni-blocked",
		seen: []string{"SNI control.corp.example on the same address: handshake completes",
			"10.78.2.2, hop 2, is the last that answers", "(likely:"}, not: []string{"reset"}},
	{name: "sni-reset-deep", by: "nginx", flags: []string{"--deep"}, code: "tls-sni-blocked", seen: []string{"so the rule follows the name"}},
	{name: "record-size", by: "nginx", code: "tls-large-hello-dropped", seen: []string{"the size is at fault",
		"10.78.2.2, hop 2, is the last that answers"}},
	{name: "packet-size", by: "nginx", leaf: longLeaf, code: "tls-large-hello-dropped",
		seen: []string{"packets to the host are lost by their size"}},
	{name: "every-hello", by: "nginx", code: "tls-reset", seen: []string{"so does a small one",
		"the reset comes at hop limit 3: from 10.78.2.2, hop 2,", "(possible:"}, not: []string{"likely"}},
	{name: "every-hello-ipv6", by: "nginx", code: "tls-reset", seen: []string{"the reset comes at hop limit 3: from " +
		testbed.MiddleAddr6 + ", hop 2,"}},
	// Handshake settings of real servers.
	{name: "old-nginx", by: "nginx", lines: []string{"ssl_protocols TLSv1 TLSv1.1;", "ssl_ciphers ALL:@SECLEVEL=0;"},
		code: "tls-version-unsupported", seen: []string{"TLS 1.1 alone passes", "(alert 70)"}},
	{name: "old-openssl", by: "openssl", lines: []string{"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"}, code: "tls-version-unsupported",
		seen: []string{"TLS 1.1 alone passes"}},
	{name: "oldest-openssl", by: "openssl", lines: []string{"-tls1", "-cipher", "ALL:@SECLEVEL=0"}, code: "tls-version-unsupported",
		seen: []string{"TLS 1.0 alone passes"}},
	{name: "old-haproxy", by: "haproxy", lines: []string{"ssl-min-ver", "TLSv1.0", "ssl-max-ver", "TLSv1.1"}, code: "tls-version-unsupported",
		seen: []string{"TLS 1.1 alone passes"}},
	{name: "only-tls13", by: "nginx", lines: []string{"ssl_protocols TLSv1.3;"}},
	{name: "rsa-exchange", by: "openssl", lines: []string{"-tls1_2", "-cipher", "AES128-SHA"}, leaf: rsaLeaf, code: "tls-alert",
		seen: []string{"(alert 40)", "with suites that Go clients no longer offer: handshake completes"}},
	{name: "strict-sni", by: "haproxy", lines: []string{"strict-sni"}, leaf: otherName, code: "tls-alert",
		seen: []string{"unrecognized name"}},
	{name: "client-certificate-12", by: "openssl", lines: []string{"-tls1_2", "-Verify", "1"}, code: "tls-client-certificate-required"},
	{name: "client-certificate-13", by: "openssl", lines: []string{"-tls1_3", "-Verify", "1"}, code: "tls-client-certificate-required"},
	{name: "client-certificate-haproxy", by: "haproxy", lines: []string{"verify", "required", "ca-file", "CA"},
		code: "tls-client-certificate-required"},
	// Certificates.
	{name: "expired", by: "nginx", leaf: valid(-90, -1), code: "tls-certificate-expired"},
	{name: "not-yet-valid", by: "haproxy", leaf: valid(1, 90), code: "tls-certificate-not-yet-valid"},
	{name: "wrong-name", by: "nginx", leaf: otherName, code: "tls-name-mismatch"},
	{name: "self-signed", by: "haproxy", leaf: selfSigned, code: "tls-self-signed"},
	{name: "incomplete", by: "nginx", leaf: alone, code: "tls-incomplete-chain"},
	{name: "unknown-ca", by: "haproxy", leaf: unknownCA, code: "tls-unknown-authority"},
}

func valid(fromDays, toDays int) func(*testing.T, *testbed.Authority, string) testbed.Leaf {
	return func(t *testing.T, ca *testbed.Authority, name string) testbed.Leaf {
		return ca.LeafWith(t, testbed.ECDSAKey(t), func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().AddDate(0, 0, fromDays), time.Now().AddDate(0, 0, toDays)
		}, name)
	}
}

func plainLeaf(t *testing.T, ca *testbed.Authority, name string) testbed.Leaf {
	return ca.Leaf(t, name, "control.corp.example")
}

// longLeaf has names enough for a chain of several segments.
func longLeaf(t *testing.T, ca *testbed.Authority, name string) testbed.Leaf {
	names := []string{name}
	for i := range 100 {
		names = append(names, fmt.Sprintf("alternative-%02d.corp.example", i))
	}
	return ca.Leaf(t, names...)
}

func rsaLeaf(t *testing.T, ca *testbed.Authority, name string) testbed.Leaf {
	return ca.LeafWith(t, testbed.RSAKey(t), nil, name)
}

func otherName(t *testing.T, ca *testbed.Authority, _ string) testbed.Leaf {
	return ca.Leaf(t, "another.corp.example")
}

func selfSigned(t *testing.T, ca *testbed.Authority, name string) testbed.Leaf {
	return ca.LeafWith(t, testbed.ECDSAKey(t), func(c *x509.Certificate) { c.Issuer.CommonName = name }, name)
}

func alone(t *testing.T, ca *testbed.Authority, name string) testbed.Leaf {
	leaf := ca.Leaf(t, name)
	leaf.ChainPEM = leaf.LeafPEM()
	return leaf
}

func unknownCA(t *testing.T, _ *testbed.Authority, name string) testbed.Leaf {
	private := testbed.NewAuthority(t, "Testbed Private Root", testbed.ECDSAKey(t))
	leaf := private.LeafWith(t, testbed.ECDSAKey(t), nil, name)
	leaf.ChainPEM = append(leaf.ChainPEM, private.CertPEM()...)
	return leaf
}

// filterRules are those of the middle router: by the TLS record's length, and by
// the packet's.
const filterRules = `
table inet hello {
	chain pass {
		type filter hook forward priority 0; policy accept;
		ip daddr %s tcp dport 443 @ih,0,8 0x16 @ih,24,16 > 1000 drop
		ip daddr %s tcp dport 443 meta length > 1400 drop
		ip daddr %s tcp dport 443 @ih,0,8 0x16 reject with tcp reset
		ip6 daddr %s tcp dport 443 @ih,0,8 0x16 reject with tcp reset
	}
}
`

// TestHellos walks to real TLS servers behind routers that filter handshakes.
func TestHellos(t *testing.T) {
	testbed.Require(t, "nftables", "iptables", "nginx", "haproxy", "openssl")
	t.Parallel()
	s := testbed.NewStreet(t)
	root := testbed.NewAuthority(t, "Testbed Public Root", testbed.ECDSAKey(t))
	ca := root.Intermediate(t, "Testbed Public Issuing CA")
	roots := s.WriteFile("roots.pem", root.CertPEM())
	names, at := testbed.Names{}, map[string]string{}
	by := map[string][]testbed.Peer{"nginx": {{Name: "control.corp.example", Address: "203.0.113.9",
		Leaf: plainLeaf(t, ca, "control.corp.example")}}}
	addr := netip.MustParseAddr("203.0.113.40")
	for _, p := range peers {
		addr = addr.Next()
		name := hostOf(p.name)
		make := p.leaf
		if make == nil {
			make = plainLeaf
		}
		for i, line := range p.lines {
			if line == "CA" {
				p.lines[i] = roots
			}
		}
		own := addr
		if strings.HasSuffix(p.name, "ipv6") {
			own = netip.MustParseAddr("2001:db8::" + fmt.Sprint(addr.As4()[3]))
		}
		at[p.name], names[name] = own.String(), []netip.Addr{own}
		by[p.by] = append(by[p.by], testbed.Peer{Name: name, Address: own.String(), Leaf: make(t, ca, name), Lines: p.lines})
	}
	names["control.corp.example"] = []netip.Addr{netip.MustParseAddr("203.0.113.9")}
	s.ServeDNS(s.Near, testbed.NearAddr, names)
	s.ServePeersByNginx(s.Far, by["nginx"]...)
	s.ServePeersByHAProxy(s.Far, by["haproxy"]...)
	for _, p := range by["openssl"] {
		s.ServePeerByOpenSSL(s.Far, p)
	}
	reset := []string{"REJECT", "--reject-with", "tcp-reset"}
	s.Strings(s.Middle, map[string][]string{hostOf("sni-reset"): reset, hostOf("sni-reset-deep"): reset, hostOf("sni-drop"): {"DROP"}})
	s.Rules(s.Middle, fmt.Sprintf(filterRules, at["record-size"], at["packet-size"], at["every-hello"], at["every-hello-ipv6"]))
	testbed.PullPath(t)
	t.Run("walk", func(t *testing.T) {
		for _, p := range peers {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				args := append([]string{"check", "-o", "json", "--anonymous", "--public-roots", roots, "--hop-timeout", "3s"}, p.flags...)
				raw := asNobodyWith(t, s, []string{"SSL_CERT_FILE=" + roots}, append(args, hostOf(p.name), "control.corp.example")...)
				expectTLS(t, raw, p.code, p.seen, p.not)
			})
		}
	})
}

// expectTLS compares the unmasked codes of the layer tls, and what is said with
// the one that is expected.
func expectTLS(t *testing.T, raw []byte, code string, seen, not []string) {
	t.Helper()
	var got struct {
		Findings []struct {
			Code, Layer, Seen string
			MaskedBy          string `json:"masked_by"`
		}
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("no report: %v", err)
	}
	var codes []string
	text := ""
	for _, f := range got.Findings {
		if f.MaskedBy == "" && (f.Layer == "tls" || f.Code == "unexplained") && !slices.Contains(codes, f.Code) {
			codes, text = append(codes, f.Code), text+f.Seen
		}
	}
	if strings.Join(codes, " ") != code {
		t.Errorf("tls codes %q, want %q", codes, code)
	}
	for _, want := range seen {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	for _, no := range not {
		if strings.Contains(text, no) {
			t.Errorf("%q has %q", text, no)
		}
	}
}

// TestPathMTU: a narrow cable between two routers that say nothing of it.
func TestPathMTU(t *testing.T) {
	testbed.Require(t, "nftables", "nginx")
	for mtu, seen := range map[int][]string{
		1400: {"with TCP segments of at most 1360 bytes: handshake completes"},
		1300: {"with TCP segments of at most 1240 bytes: handshake completes, with 1360 it does not"},
	} {
		t.Run(fmt.Sprint(mtu), func(t *testing.T) {
			t.Parallel()
			s := testbed.NewStreet(t)
			root := testbed.NewAuthority(t, "Testbed Public Root", testbed.ECDSAKey(t))
			roots := s.WriteFile("roots.pem", root.CertPEM())
			s.ServeDNS(s.Near, testbed.NearAddr, testbed.HostZone("registry.corp.example", "203.0.113.41"))
			s.ServePeersByNginx(s.Far, testbed.Peer{Name: "registry.corp.example", Address: "203.0.113.41",
				Leaf: longLeaf(t, root, "registry.corp.example")})
			s.Narrow(s.Middle, s.Distant, mtu)
			testbed.PullPath(t)
			raw := asNobodyWith(t, s, []string{"SSL_CERT_FILE=" + roots}, "check", "-o", "json", "--anonymous", "--public-roots", roots,
				"--hop-timeout", "3s", "registry.corp.example")
			expectTLS(t, raw, "tls-path-mtu", seen, nil)
		})
	}
}
