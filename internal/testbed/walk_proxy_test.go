//go:build linux

package testbed_test

import (
	"strings"
	"testing"

	"pullpath/internal/testbed"
)

// otherPort is the registry at a port that nothing listens on.
const otherPort = "registry.redhat.io:5000"

// proxyWalks returns the ways in which real proxies refuse, ask and break.
func proxyWalks() []walk {
	denied := []string{deniedHost}
	fail := func(name, part string, network func(*testing.T, *testbed.Bed) []string, code string, targets ...string) walk {
		return walk{name: name, parts: strings.Fields(part), network: network, targets: targets, exit: 1, status: "fail",
			finding: []expected{{code: code}}, noLogin: true}
	}
	pass := func(name, part string, network func(*testing.T, *testbed.Bed) []string) walk {
		return walk{name: name, parts: strings.Fields(part), network: network, exit: 0, status: "pass"}
	}
	inside := func(w walk, code ...string) walk { // the client's name server knows no outside names
		w.names = testbed.CorpZone()
		for _, c := range code {
			w.finding = append(w.finding, expected{code: c})
		}
		return w
	}
	saying := func(part string, w walk) walk { w.finding[0].said = part; return w }
	behind := func(w walk) walk { w.noLogin = false; return w }
	return []walk{
		saying("at http://portal.corp;", fail("squid redirects to a portal", "squid",
			quick(squid(testbed.Squid{Deny: denied, DenyInfo: "302:http://portal.corp/login"})), "proxy-redirects")),
		saying("with Location: http://portal.corp/login", fail("squid redirects to a portal's page", "squid",
			quick(squid(testbed.Squid{Deny: denied, DenyInfo: "307:http://portal.corp/login"})), "proxy-redirects")),
		saying(`page titled "Corp: not for containers"`, fail("squid has a page of the site's own", "squid",
			quick(squid(testbed.Squid{Deny: denied,
				Page: "<html><head><title>Corp: not for containers</title></head><body>Rule 4711. %U</body></html>"})), "proxy-connect-denied")),
		fail("squid resets what it denies", "squid", quick(squid(testbed.Squid{Deny: denied, DenyInfo: "TCP_RESET"})), "proxy-connect-denied"),
		fail("squid keeps to 443", "squid", quick(squid(testbed.Squid{SSLPorts: true})), "proxy-connect-port-denied", otherPort),
		fail("squid's upstream is dead", "squid", quick(squid(testbed.Squid{})), "proxy-cannot-reach-target", otherPort),
		// Squid 5.7 says the same of a name without an address and of a parent that is down.
		{name: "squid cannot resolve", parts: []string{"squid"}, network: quick(squid(testbed.Squid{})), targets: []string{"nowhere.example.com"},
			exit: 1, status: "fail", finding: []expected{{code: "proxy-cannot-reach-target"}, {code: "dns-left-to-proxy"}}},
		saying("X-Squid-Error: ERR_CANNOT_FORWARD", fail("squid's parent is dead", "squid",
			quick(squid(testbed.Squid{Lines: []string{"cache_peer 127.0.0.1 parent 9 0 no-query default", "never_direct allow all"}})),
			"proxy-cannot-reach-target")),
		behind(fail("squid lets Digest in", "squid", squidLogin("digest", "build:s3cret"), "proxy-auth-scheme-unsupported")),
		fail("squid refuses Digest", "squid", quick(squidLogin("digest", "build:guess")), "proxy-auth-rejected"),
		behind(fail("squid lets NTLM in", "squid", squidLogin("ntlm", "build:s3cret"), "proxy-auth-scheme-unsupported")),
		fail("squid refuses NTLM", "squid", quick(squidLogin("ntlm", "build:guess")), "proxy-auth-rejected"),
		fail("squid offers NTLM and gets nothing", "squid", quick(squid(testbed.Squid{Users: proxyUser, Scheme: "ntlm"})),
			"proxy-auth-scheme-unsupported"),
		fail("tinyproxy keeps to 443", "tinyproxy", quick(tinyproxy(testbed.Tinyproxy{})), "proxy-connect-port-denied", otherPort),
		behind(pass("tinyproxy lets the login in", "tinyproxy", tinyproxyLogin("build:s3cret"))),
		behind(fail("tinyproxy refuses the login by 401", "tinyproxy", quick(tinyproxyLogin("build:guess")), "proxy-auth-rejected")),
		fail("HAProxy closes", "haproxy", closer, "proxy-closed"),
		fail("HAProxy speaks TLS under an unknown CA", "haproxy tinyproxy", front(false), "proxy-tls-untrusted"),
		pass("HAProxy speaks TLS under a known CA", "haproxy tinyproxy", front(true)),
		fail("stunnel is spoken to in plain text", "stunnel tinyproxy", stunnel("http", false), "proxy-speaks-tls"),
		pass("stunnel speaks TLS under a known CA", "stunnel tinyproxy", stunnel("https", true)),
		fail("tinyproxy is spoken to in TLS", "tinyproxy", plainPort, "proxy-speaks-plaintext"),
		fail("nginx is no proxy", "nginx", webServer, "proxy-not-a-proxy"),
		fail("Dante is spoken to in HTTP", "dante", spokenIn("http", func(b *testbed.Bed) string { return "//" + b.StartDante(testbed.Dante{}) }),
			"proxy-not-a-proxy"),
		fail("Squid is spoken to in SOCKS", "squid", spokenIn("socks5h", func(b *testbed.Bed) string { return b.StartSquid(testbed.Squid{}) }),
			"proxy-speaks-plaintext"),
		fail("HAProxy closes TLS and plain text alike", "haproxy",
			spokenIn("https", func(b *testbed.Bed) string { return b.StartHAProxy(testbed.HAProxy{Closes: true}, nil) }), "proxy-closed"),
		fail("HAProxy wants a certificate of the client", "haproxy tinyproxy", wantsCertificate, "proxy-tls-failed"),
		fail("HAProxy's certificate is for another name", "haproxy tinyproxy", calledByAddress, "proxy-tls-untrusted"),
		pass("Dante allows", "dante", dante(testbed.Dante{}, "")),
		fail("Dante blocks", "dante", dante(testbed.Dante{Block: denied}, ""), "proxy-connect-denied"),
		fail("Dante wants a login", "dante", dante(testbed.Dante{Users: proxyUser}, ""), "proxy-auth-required"),
		pass("Dante lets the login in", "dante", dante(testbed.Dante{Users: proxyUser}, "build:s3cret@")),
		pass("Dante gets an address from curl", "dante", danteBy(testbed.Dante{}, "curl", "socks5")),
		inside(fail("Dante gets nothing from curl, which knows no address", "dante", danteBy(testbed.Dante{}, "curl", "socks5"),
			"dns-name-not-found")),
		inside(pass("Dante gets a name from podman", "dante", danteBy(testbed.Dante{}, "podman", "socks5")), "dns-left-to-proxy"),
		inside(pass("Dante gets a name from curl", "dante", danteBy(testbed.Dante{}, "curl", "socks5h")), "dns-left-to-proxy"),
		fail("Dante refuses the login", "dante", dante(testbed.Dante{Users: proxyUser}, "build:guess@"), "proxy-auth-rejected"),
	}
}

// quick bounds what side probes wait for the closed border.
func quick(network func(*testing.T, *testbed.Bed) []string) func(*testing.T, *testbed.Bed) []string {
	return func(t *testing.T, b *testbed.Bed) []string {
		return append(network(t, b), "--hop-timeout", "1s")
	}
}

func tinyproxyLogin(login string) func(*testing.T, *testbed.Bed) []string {
	return func(_ *testing.T, b *testbed.Bed) []string {
		return []string{"-x", b.StartTinyproxy(testbed.Tinyproxy{Login: "build s3cret"}), "--proxy-user", login, "--proxy-basic"}
	}
}

func squidLogin(scheme, login string) func(*testing.T, *testbed.Bed) []string {
	return func(_ *testing.T, b *testbed.Bed) []string {
		return []string{"-x", b.StartSquid(testbed.Squid{Users: proxyUser, Scheme: scheme}), "--proxy-user", login, "--proxy-" + scheme}
	}
}

func closer(_ *testing.T, b *testbed.Bed) []string {
	return []string{"-x", b.StartHAProxy(testbed.HAProxy{Closes: true}, nil), "--hop-timeout", "1s"}
}

// hostPort takes the scheme off a URL.
func hostPort(url string) string { return url[strings.Index(url, "//")+2:] }

func front(trusted bool) func(*testing.T, *testbed.Bed) []string {
	return func(t *testing.T, b *testbed.Bed) []string {
		ca := testbed.NewInterceptor(t)
		flags := []string{"-x", b.StartHAProxy(testbed.HAProxy{Before: hostPort(b.StartTinyproxy(testbed.Tinyproxy{}))}, ca)}
		if trusted {
			b.Trust(b.WriteFile("front-ca.pem", ca.CertPEM()))
		}
		return flags
	}
}

func stunnel(scheme string, trusted bool) func(*testing.T, *testbed.Bed) []string {
	return func(t *testing.T, b *testbed.Bed) []string {
		ca := testbed.NewInterceptor(t)
		at := b.StartStunnel(hostPort(b.StartTinyproxy(testbed.Tinyproxy{})), ca)
		flags := []string{"-x", scheme + "://" + at, "--hop-timeout", "1s"}
		if trusted {
			b.Trust(b.WriteFile("front-ca.pem", ca.CertPEM()))
		}
		return flags
	}
}

func plainPort(_ *testing.T, b *testbed.Bed) []string {
	return []string{"-x", strings.Replace(b.StartTinyproxy(testbed.Tinyproxy{}), "http:", "https:", 1), "--hop-timeout", "1s"}
}

func webServer(_ *testing.T, b *testbed.Bed) []string {
	return []string{"-x", b.StartWebServer(), "--hop-timeout", "1s"}
}

// spokenIn leads to a proxy by another scheme than its own.
func spokenIn(scheme string, start func(*testbed.Bed) string) func(*testing.T, *testbed.Bed) []string {
	return func(_ *testing.T, b *testbed.Bed) []string {
		return []string{"-x", scheme + "://" + hostPort(start(b)), "--hop-timeout", "1s"}
	}
}

func wantsCertificate(t *testing.T, b *testbed.Bed) []string {
	ca := testbed.NewInterceptor(t)
	proxy := b.StartHAProxy(testbed.HAProxy{Before: hostPort(b.StartTinyproxy(testbed.Tinyproxy{})), ClientCA: ca}, ca)
	b.Trust(b.WriteFile("front-ca.pem", ca.CertPEM()))
	return []string{"-x", proxy, "--hop-timeout", "1s"}
}

// calledByAddress calls the front by its address, which its certificate does not hold.
func calledByAddress(t *testing.T, b *testbed.Bed) []string {
	flags := front(true)(t, b)
	flags[1] = strings.Replace(flags[1], testbed.ProxyName, testbed.CorpAddr, 1)
	return flags
}

// danteBy is Dante for a client and a scheme.
func danteBy(d testbed.Dante, client, scheme string) func(*testing.T, *testbed.Bed) []string {
	return func(_ *testing.T, b *testbed.Bed) []string {
		return []string{"--client", client, "-x", scheme + "://" + b.StartDante(d), "--hop-timeout", "1s"}
	}
}

func dante(d testbed.Dante, login string) func(*testing.T, *testbed.Bed) []string {
	return func(_ *testing.T, b *testbed.Bed) []string {
		return []string{"-x", "socks5h://" + login + b.StartDante(d), "--hop-timeout", "1s"}
	}
}
