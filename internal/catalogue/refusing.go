package catalogue

import (
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
)

// refusing are the rows about a proxy that answered CONNECT with a refusal, but
// for those about its login.
func refusing() []diagnosis.Entry {
	sso := func(status int, headers ...string) fault.World {
		return fault.World{Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: status, Headers: headers}}}
	}
	titled := func(title string, w fault.World) fault.World { w.Title = title; return w }
	return []diagnosis.Entry{
		tunnelRow("proxy-connect-denied", diagnosis.ProxyAdmin, diagnosis.Proven, "the proxy refuses a tunnel to {hosts}",
			"The host is not on the proxy's allow-list for this source. It is no question of registry credentials: none was sent yet.",
			"allow CONNECT to {targets} for {source}",
			[]string{"failures D6: moby/moby#40507, docker/for-linux#376", "Squid: http_access, deny_info", proxyCite},
			titled("the proxy denies the token server", sso(403, "Server: squid/5.7", "X-Squid-Error: ERR_ACCESS_DENIED 0")),
			fault.World{Title: "the proxy closes the connection for one host alone",
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Effect: fault.Close}}},
			fault.World{Title: "the proxy denies every host", Faults: []fault.Fault{fault.Connect{Status: 403}}}),
		tunnelRow("proxy-cannot-resolve-target", diagnosis.ProxyAdmin, diagnosis.Proven, "the proxy cannot resolve {hosts}",
			"The proxy let the request in and its own look-up of the name failed.",
			"have the proxy's name servers resolve {targets}",
			[]string{"failures D9", "Squid: ERR_DNS_FAIL in X-Squid-Error"},
			titled("the proxy cannot look the token server up", sso(503, "Server: squid/5.7", "X-Squid-Error: ERR_DNS_FAIL 0"))),
		tunnelRow("proxy-cannot-reach-target", diagnosis.ProxyAdmin, diagnosis.Proven, "the proxy cannot connect to {hosts}",
			"The proxy let the request in and its own connection failed: a firewall behind the proxy, or a dead upstream.",
			"allow TCP from the proxy to {targets} in the firewall behind it",
			[]string{"failures D9", "Squid: ERR_CONNECT_FAIL in X-Squid-Error, with the errno"},
			titled("the proxy's connection is refused", sso(503, "Server: squid/5.7", "X-Squid-Error: ERR_CONNECT_FAIL 111"))),
		tunnelRow("proxy-upstream-timeout", diagnosis.NetworkTeam, diagnosis.Proven, "the proxy gets no answer from {hosts}",
			"The proxy let the request in and waited in vain: packets behind the proxy are dropped.",
			"allow TCP from the proxy to {targets} in the firewall behind it",
			[]string{"failures D5, D9", "Squid: ERR_CONNECT_FAIL 110 in X-Squid-Error"},
			titled("the proxy's connection times out", sso(503, "Server: squid/5.7", "X-Squid-Error: ERR_CONNECT_FAIL 110")),
			fault.World{Title: "the proxy is silent for one host alone", Timeout: 2 * quick, HopTimeout: quick,
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Effect: fault.Silence}}}),
		tunnelRow("proxy-redirects", diagnosis.ProxyAdmin, diagnosis.Proven, "the proxy redirects the CONNECT for {hosts} to a page",
			"A browser would show the page; a container client cannot. It is a login, consent or block page.",
			"let {source} reach {targets} without the page, by an exemption for this host",
			[]string{"failures D12, measured; Squid deny_info can send 302 and 307"},
			titled("the proxy redirects to a login page", sso(302, "Location: http://login.corp.example/consent"))),
		tunnelRow("proxy-error", diagnosis.ProxyAdmin, diagnosis.Possible, "the proxy answers CONNECT to {hosts} with an error",
			"The answer does not say whether the proxy, its look-up or the far side failed.",
			"look in the proxy's log for this request",
			[]string{"failures D9: bare 502, 503 and 504", proxyCite},
			titled("the proxy answers with a bare 502", sso(502))),
	}
}
