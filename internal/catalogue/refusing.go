package catalogue

import (
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
)

// answering is a World whose proxy answers for the token server with a status.
func answering(status int, headers ...string) fault.World {
	return fault.World{Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: status, Headers: headers}}}
}

func titled(title string, w fault.World) fault.World { w.Title = title; return w }

// denying are the rows about a rule of the proxy.
func denying() []diagnosis.Entry {
	return []diagnosis.Entry{
		tunnelRow("proxy-connect-denied", diagnosis.ProxyAdmin, diagnosis.Proven, "the proxy refuses a tunnel to {hosts}",
			"The host is not on the proxy's allow-list for this source. It is no question of registry credentials: none was sent to it.",
			"allow CONNECT to {targets} for {source}",
			[]string{"failures D6: moby/moby#40507, docker/for-linux#376", "Squid: http_access, deny_info", proxyCite},
			titled("the proxy denies the token server", answering(403, "Server: squid/5.7", "X-Squid-Error: ERR_ACCESS_DENIED 0")),
			fault.World{Title: "the proxy closes the connection for one host alone",
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Effect: fault.Close}}},
			fault.World{Title: "the proxy denies every host", Faults: []fault.Fault{fault.Connect{Status: 403}}},
			fault.World{Title: "the proxy closes for every host that is walked, and lets a control host pass", Control: "cdn.quay.io:443",
				Targets: []string{"registry.redhat.io"}, Faults: []fault.Fault{fault.Connect{Host: "registry.redhat.io", Effect: fault.Close},
					fault.Connect{Host: "sso.redhat.com", Effect: fault.Close}}},
			fault.World{Title: "the proxy denies what is no browser", Deep: true,
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: 403, UnlessAgent: "Mozilla"}}},
			fault.World{Title: "the proxy's page names category and rule", Deep: true, Faults: []fault.Fault{
				fault.Connect{Host: "sso.redhat.com", Status: 403},
				fault.Connect{Host: "sso.redhat.com", Plain: true, Status: 403, Headers: []string{"Content-Type: text/html"},
					Body: "<html><title>Blocked</title><p>Category: Authentication Portals. Rule: container-hosts-out-4711.</html>"}}},
			fault.World{Title: "the SOCKS server does not allow the host", Env: socksEnv(""),
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Reply: 2}}}),
		tunnelRow("proxy-connect-port-denied", diagnosis.ProxyAdmin, diagnosis.Proven, "the proxy refuses the port of {hosts}, not the host",
			"The same host passes at port 443. Most proxies allow CONNECT to 443 alone, and registries of one's own listen on 5000 or 8443.",
			"allow CONNECT to {targets} for {source}; in Squid the port belongs into SSL_ports, in tinyproxy into ConnectPort",
			[]string{"failures D10", "Squid: acl SSL_ports, http_access deny CONNECT !SSL_ports", "tinyproxy.conf(5): ConnectPort"},
			fault.World{Title: "the proxy allows CONNECT to 443 alone", Targets: []string{"registry.corp.example:5000"},
				Hosts:  []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150"}},
				Faults: []fault.Fault{fault.Connect{OtherPorts: 443, Status: 403, Headers: []string{"Server: squid/5.7", "X-Squid-Error: ERR_ACCESS_DENIED 0"}}}}),
	}
}

// refusing are the rows about a proxy that answered CONNECT with a refusal, but
// for those about its login.
func refusing() []diagnosis.Entry { return slices.Concat(denying(), failingBehind()) }

// failingBehind are the rows about a proxy that let the request in.
func failingBehind() []diagnosis.Entry {
	return []diagnosis.Entry{
		tunnelRow("proxy-cannot-resolve-target", diagnosis.ProxyAdmin, diagnosis.Proven, "the proxy cannot resolve {hosts}",
			"The proxy let the request in and its own look-up of the name failed.",
			"have the proxy's name servers resolve {targets}",
			[]string{"failures D9", "Squid: ERR_DNS_FAIL in X-Squid-Error"},
			titled("the proxy cannot look the token server up", answering(503, "Server: squid/5.7", "X-Squid-Error: ERR_DNS_FAIL 0"))),
		tunnelRow("proxy-cannot-reach-target", diagnosis.ProxyAdmin, diagnosis.Proven, "the proxy cannot connect to {hosts}",
			"The proxy let the request in and its own connection failed: a firewall behind the proxy, or a dead upstream.",
			"allow TCP from the proxy to {targets} in the firewall behind it",
			[]string{"failures D9", "Squid: ERR_CONNECT_FAIL in X-Squid-Error, with the errno"},
			titled("the proxy's connection is refused", answering(503, "Server: squid/5.7", "X-Squid-Error: ERR_CONNECT_FAIL 111")),
			fault.World{Title: "the SOCKS server's connection is refused", Env: socksEnv(""),
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Reply: 5}}}),
		tunnelRow("proxy-upstream-timeout", diagnosis.NetworkTeam, diagnosis.Proven, "the proxy gets no answer from {hosts}",
			"The proxy let the request in and waited in vain: packets behind the proxy are dropped.",
			"allow TCP from the proxy to {targets} in the firewall behind it",
			[]string{"failures D5, D9", "Squid: ERR_CONNECT_FAIL 110 in X-Squid-Error"},
			titled("the proxy's connection times out", answering(503, "Server: squid/5.7", "X-Squid-Error: ERR_CONNECT_FAIL 110")),
			fault.World{Title: "the proxy is silent for one host alone", Timeout: 2 * quick, HopTimeout: quick,
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Effect: fault.Silence}}}),
		tunnelRow("proxy-redirects", diagnosis.ProxyAdmin, diagnosis.Proven, "the proxy redirects the CONNECT for {hosts} to a page",
			"A browser would show the page at {portal}; a container client cannot. It is a login, consent or block page.",
			"let {source} reach {targets} without the page, by an exemption for this host",
			[]string{"failures D12, measured; Squid deny_info can send 302 and 307"},
			titled("the proxy redirects to a login page", answering(302, "Location: http://login.corp.example/consent"))),
		tunnelRow("proxy-error", diagnosis.ProxyAdmin, diagnosis.Possible, "the proxy answers CONNECT to {hosts} with an error",
			"The answer does not say whether the proxy, its look-up or the far side failed.",
			"look in the proxy's log for this request",
			[]string{"failures D9: bare 502, 503 and 504", proxyCite},
			titled("the proxy answers with a bare 502", answering(502)),
			fault.World{Title: "the proxy's error page never ends",
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: 502, Effect: fault.Endless}}},
			fault.World{Title: "the proxy's headers never end",
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: 502, Effect: fault.Flood}}},
			fault.World{Title: "the proxy answers in its own manner", Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com",
				Raw: "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.0 502 Gateway\nTransfer-Encoding: chunked\n\n3\r\nbad\r\n0\r\n\r\n"}}}),
	}
}
