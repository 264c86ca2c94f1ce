//go:build linux

package testbed_test

import (
	"net/netip"
	"strings"
	"testing"

	"pullpath/internal/testbed"
)

// negotiation is one Negotiate login at Squid, whose helper asks a real KDC's
// keytab, by a client that speaks it and by one that does not.
type negotiation struct {
	name  string
	flags []string
	// proxy is the name by which the proxy is called, tickets whether the user has
	// some.
	proxy   string
	tickets bool
	finding []expected
	pass    bool
	// refused is how many passwords the KDC may refuse: accounts lock out there too.
	refused int
}

func TestNegotiate(t *testing.T) {
	required := func(said string) []expected { return []expected{{code: "proxy-auth-required", said: said}} }
	curl := []string{"--client", "curl"}
	as := func(login string, more ...string) []string { return append(more, "--proxy-user", login) }
	for _, n := range []negotiation{
		{name: "password", flags: as("build:s3cret", curl...), pass: true},
		{name: "ticket", flags: curl, tickets: true, pass: true},
		{name: "ticket, and a client that cannot", tickets: true, finding: []expected{{code: "proxy-auth-scheme-unsupported",
			said: "The login by Negotiate was accepted"}}},
		{name: "wrong password", flags: as("build:guess", curl...), finding: required("the KDC refuses the password"), refused: 1},
		{name: "unknown user", flags: as("nobody:guess", curl...), finding: required("the KDC does not know the user")},
		{name: "no ticket", flags: curl, finding: required("no ticket cache")},
		{name: "service that the KDC does not know", flags: curl, tickets: true, proxy: testbed.CorpAddr,
			finding: required("the KDC does not know the service HTTP/" + testbed.CorpAddr)},
		{name: "service that the proxy has no key for", flags: curl, tickets: true, proxy: testbed.ProxyAlias,
			finding: []expected{{code: "proxy-auth-rejected"}}},
	} {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			testbed.Require(t, "squid", "kdc", "nginx", "docker-registry")
			n.run(t)
		})
	}
}

func (n negotiation) run(t *testing.T) {
	b := testbed.New(t)
	origin := b.ServeOrigin(testbed.Site{})
	names := testbed.CorpZone().With(testbed.PublicZone())
	names[testbed.ProxyAlias] = netip.MustParseAddr(testbed.CorpAddr)
	b.ServeNames(b.Corp, testbed.CorpAddr, names)
	kdc := b.StartKDC(proxyUser)
	proxy := b.StartSquid(testbed.Squid{Users: proxyUser, Scheme: "negotiate", KDC: kdc})
	if n.proxy == "" {
		n.proxy = testbed.ProxyName
	}
	args := append([]string{"check", "-o", "json", "--public-roots", b.Roots, "-u", origin.User, "--password-stdin",
		"-x", strings.Replace(proxy, testbed.CorpAddr, n.proxy, 1), "--proxy-negotiate", "--hop-timeout", "1s"}, n.flags...)
	cache := b.Dir + "/none"
	if n.tickets {
		cache = kdc.Tickets("build", "s3cret")
	}
	got, exit := checkBy(t, b, testbed.PullPathKerberos(t), args, origin.Password, "KRB5_CONFIG="+kdc.Config, "KRB5CCNAME=FILE:"+cache)
	if n.pass != (exit == 0) {
		t.Errorf("verdict %q, exit %d: %s", got.Verdict.Status, exit, got.Verdict.Summary)
	}
	walk{finding: n.finding}.compare(t, got)
	if refused := kdc.Refused(); refused != n.refused {
		t.Errorf("the KDC refused %d passwords, want %d", refused, n.refused)
	}
	reached := n.pass || len(n.finding) > 0 && n.finding[0].code == "proxy-auth-scheme-unsupported"
	if (origin.Logins() > 0) != reached {
		t.Errorf("the token server saw %d logins", origin.Logins())
	}
}
