//go:build linux

package testbed_test

import (
	"testing"

	"pullpath/internal/testbed"
)

// inspectWalks returns the ways in which real inspecting proxies present themselves.
func inspectWalks() []walk {
	refused := func(name, part string, network func(*testing.T, *testbed.Bed) []string, code string) walk {
		return walk{name: name, parts: []string{part, "nftables"}, network: network, exit: 1, status: "fail",
			finding: []expected{{code: code}}, noLogin: true}
	}
	trusted := func(name, part string, network func(*testing.T, *testbed.Bed) []string) walk {
		return walk{name: name, parts: []string{part, "nftables"}, network: network, exit: 0, status: "warn",
			finding: []expected{{code: "tls-intercepted-trusted"}}}
	}
	oneHost := refused("squid intercepts one host", "squid", bumping(testbed.Squid{BumpOnly: []string{deniedHost}}, testbed.NewInterceptor,
		false), "tls-intercepted-untrusted")
	oneHost.finding[0].target = deniedHost + ":443"
	return []walk{
		oneHost,
		refused("squid intercepts under an expired CA", "squid", bumping(testbed.Squid{}, testbed.NewExpiredInterceptor, true),
			"tls-intercepted-broken"),
		refused("squid intercepts and trusts no origin", "squid", bumping(testbed.Squid{Distrusts: true}, testbed.NewInterceptor, true),
			"tls-intercepted-broken"),
		refused("squid intercepts inline", "squid", bumping(testbed.Squid{Inline: true}, testbed.NewInterceptor, false),
			"tls-intercepted-untrusted"),
		trusted("squid intercepts inline, its root is trusted", "squid", bumping(testbed.Squid{Inline: true}, testbed.NewInterceptor, true)),
		refused("mitmproxy, its root is unknown", "mitmproxy", mitmproxy(false, false), "tls-intercepted-untrusted"),
		trusted("mitmproxy, its root is trusted", "mitmproxy", mitmproxy(false, true)),
		refused("mitmproxy inline, its root is unknown", "mitmproxy", mitmproxy(true, false), "tls-intercepted-untrusted"),
		trusted("mitmproxy inline, its root is trusted", "mitmproxy", mitmproxy(true, true)),
	}
}

// bumping is Squid with a CA, which the client trusts or not.
func bumping(s testbed.Squid, ca func(testing.TB) *testbed.Authority, trusted bool) func(*testing.T, *testbed.Bed) []string {
	return func(t *testing.T, b *testbed.Bed) []string {
		s := s
		s.Bump = ca(t)
		proxy := b.StartSquid(s)
		var flags []string
		if !s.Inline {
			flags = append(flags, "-x", proxy)
		}
		if trusted {
			b.Trust(b.WriteFile("gateway.pem", s.Bump.CertPEM()))
		}
		return flags
	}
}

// mitmproxy returns one with a CA of its own, which the client trusts or not.
func mitmproxy(inline, trusted bool) func(*testing.T, *testbed.Bed) []string {
	return func(_ *testing.T, b *testbed.Bed) []string {
		proxy, authority := b.StartMitmproxy(inline)
		var flags []string
		if !inline {
			flags = append(flags, "-x", proxy)
		}
		if trusted {
			b.Trust(authority)
		}
		return flags
	}
}
