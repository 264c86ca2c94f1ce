//go:build linux

package hostile

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net/http"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	innerHost = "harbor.intra.acme-corp.example"
	innerAuth = "sso.intra.acme-corp.example"
	innerNode = "px01.intra.acme-corp.example"
)

// TestAnonymousReportsNameNobody: peers put the company's names wherever they can, and
// no form of an anonymous report keeps them.
func TestAnonymousReportsNameNobody(t *testing.T) {
	names := map[string]string{innerHost: addresses[registryHost], innerAuth: addresses[registryHost], innerNode: addresses[proxyHost]}
	inner := presenting(t, func(c *x509.Certificate) {
		c.DNSNames = []string{innerHost, innerAuth}
		c.Subject = pkix.Name{CommonName: innerHost, Organization: []string{"ACME Widgets GmbH"}, OrganizationalUnit: []string{"ACME IT Ops"}}
	})
	page := `<html><head><title>ACME Widgets: blocked</title></head><body>` +
		`User ACME\jdoe (jdoe@acme-corp.example) from 10.20.30.40 was blocked by ACME Finance on px01</body></html>`
	refusing := speak(func(*http.Request) []byte {
		return answer("403 Blocked by ACME Finance", page, "Via: 1.1 "+innerNode+" (squid/5.7)", "Server: ACME-gw/px01",
			"X-Cache: MISS from "+innerNode,
			`Proxy-Status: `+innerNode+`; error=http_request_denied; details="seen by ACME"`, "X-Acme-Rule: 7", "Content-Type: text/html")
	})
	asking := speak(func(*http.Request) []byte {
		return answer("407 Proxy Authentication Required", page, `Proxy-Authenticate: Basic realm="ACME Widgets px01 proxy"`,
			"Proxy-Authenticate: ACME-SSO")
	})
	denying := speak(func(*http.Request) []byte {
		return answer("401 Unauthorized ACME", `{"errors":[{"code":"ACME_DENIED",`+
			`"message":"user jdoe of ACME Finance may not read finance-app/api on harbor"}]}`, apiVersion,
			`WWW-Authenticate: Bearer realm="https://`+innerAuth+`/ACME/token",service="`+innerHost+`",scope="repository:finance-app/api:pull"`,
			"Content-Type: application/json", "Server: harbor-acme", "X-Served-By: px01")
	})
	var rows []attempt
	for name, n := range map[string]*network{
		"a registry that denies":     {registry: denying, config: inner, names: names},
		"a proxy that refuses":       {proxy: refusing, names: names},
		"a proxy that wants a login": {proxy: asking, names: names},
		"a banner":                   {proxy: say([]byte("SSH-2.0-ACME px01 jdoe\r\n")), names: names},
		"an alias":                   {registry: denying, config: inner, names: names, dns: alias(innerNode)},
	} {
		for _, deep := range []string{"", "--deep"} {
			args := []string{"check", innerHost + "/finance-app/api:1", "-u", "jdoe:hunter22-Secret", "--anonymize", "-v", "-x", ""}
			if n.proxy != nil {
				args[len(args)-1] = "http://" + innerNode + ":3128"
			}
			if deep != "" {
				args = append(args, deep)
			}
			rows = append(rows, attempt{name: name + " " + deep, args: args, net: n, exit: []int{1}, timeout: 8 * time.Second,
				lacks: []string{"acme", "ACME", "px01", "jdoe", "finance-app", "10.20.30.40", "hunter22-Secret"}})
		}
	}
	try(t, rows)
}

// alias puts a CNAME before each honest address.
func alias(to string) func(dnsmessage.Question, []byte) [][]byte {
	return func(q dnsmessage.Question, honest []byte) [][]byte {
		var m dnsmessage.Message
		if err := m.Unpack(honest); err != nil || len(m.Answers) == 0 {
			return [][]byte{honest}
		}
		target := dnsmessage.MustNewName(to + ".")
		cname := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 60},
			Body: &dnsmessage.CNAMEResource{CNAME: target}}
		m.Answers[0].Header.Name = target
		m.Answers = append([]dnsmessage.Resource{cname}, m.Answers...)
		packed, err := m.Pack()
		if err != nil {
			return nil
		}
		return [][]byte{packed}
	}
}
