package product

import "pullpath/internal/fault"

func openSource() []Row {
	return []Row{squid(), tinyproxy(), privoxy(), apacheProxy(), threeProxy(), polipo(), caddyProxy(),
		cntlm(), px(), goproxy(), martian(), e2guardian(), dansGuardian(), squidGuard()}
}

// squid writes X-Squid-Error with the page's name and the errno of the failed
// connect: 110 is Linux's timeout, 60 FreeBSD's (pfSense, OPNsense).
func squid() Row {
	const errorpage, bump = "squid-cache/squid src/errorpage.cc", "squid-cache/squid src/ssl/support.cc"
	return Row{Name: "Squid", Category: OpenSourceProxy,
		Headers: []HeaderSign{
			header("X-Squid-Error", `^(ERR_\w+|403 Access Denied)`, Source, errorpage).says(Denied).on(403),
			header("X-Squid-Error", `^ERR_(ACCESS_DENIED|FORWARDING_DENIED|CACHE_ACCESS_DENIED)\b`, Source, errorpage).says(Denied),
			header("X-Squid-Error", `^ERR_DNS_FAIL\b`, Source, errorpage).says(CannotResolve),
			// No peer to forward to (TunnelStateData::noteDestinationsEnd in src/tunnel.cc), and
			// in Squid 5.0 to 6.2 also a name without an address, which other releases call
			// ERR_DNS_FAIL: https://github.com/squid-cache/squid/pull/1453. Both seen with 5.7.
			header("X-Squid-Error", `^ERR_CANNOT_FORWARD\b`, Source, errorpage).says(NoWay),
			header("X-Squid-Error", `^ERR_CONNECT_FAIL\b`, Source, errorpage).says(CannotReach),
			header("X-Squid-Error", `^ERR_(CONNECT_FAIL (110|60)|READ_TIMEOUT .*)$`, Source, errorpage).says(UpstreamTimeout),
			header("Server", `^squid(/(?P<version>\S+))?$`, Source, "squid-cache/squid src/HttpReply.cc"),
			header("Via", `\(squid(/(?P<version>[^\s)]+))?\)`, Seen, captures),
			header("X-Cache-Lookup", `^(HIT|MISS|NONE) from \S+:\d+`, Seen, captures),
		},
		Body: []BodySign{
			body("Stylesheet for Squid Error pages", Listed, nmap+"; "+ooni),
			body("<body id=ERR_ACCESS_DENIED", Seen, captures).blocks(),
			body("<body id=ERR_DNS_FAIL", Seen, captures).says(CannotResolve),
			body("<body id=ERR_CONNECT_FAIL", Seen, captures).says(CannotReach),
			body("<body id=ERR_CANNOT_FORWARD", Source, errorpage).says(NoWay),
			body("<body id=ERR_READ_TIMEOUT", Seen, captures).says(UpstreamTimeout),
			body("Unable to determine IP address from host name", Seen, captures).says(CannotResolve),
		},
		Issuer:   []IssuerSign{commonName(`Not trusted by ".*"`, Source, bump).untrusted()},
		Connects: squidAnswers(),
		Chains:   []fault.Certificate{chain("Corp Example", `Not trusted by "Corp Example Proxy CA"`)},
	}
}

func squidAnswers() []fault.Connect {
	const title = "<html><head><title>ERROR: The requested URL could not be retrieved</title><style>/* Stylesheet for Squid Error pages " +
		"*/</style></head>"
	said := func(code int, phrase, page, body string) fault.Connect {
		return connect(code, phrase, body, "Server: squid/5.7", "Mime-Version: 1.0", "Content-Type: text/html;charset=utf-8",
			"X-Squid-Error: "+page, "Via: 1.1 proxy.corp.example (squid/5.7)", "X-Cache-Lookup: NONE from proxy.corp.example:3128")
	}
	return []fault.Connect{
		said(403, "Forbidden", "ERR_ACCESS_DENIED 0", title+"<body id=ERR_ACCESS_DENIED><p>Not on the list.</p></body></html>"),
		said(403, "Forbidden", "ERR_ASK_THE_HELPDESK 0", title+"<body><p>Not on the list.</p></body></html>"),
		said(503, "Service Unavailable", "ERR_DNS_FAIL 0", title+"<body id=ERR_DNS_FAIL><p>Unable to determine IP address from host name "+
			"<q>registry.example</q></p></body></html>"),
		said(500, "Internal Server Error", "ERR_CANNOT_FORWARD 0", title+"<body id=ERR_CANNOT_FORWARD><p>Unable to forward.</p></body></html>"),
		said(503, "Service Unavailable", "ERR_CANNOT_FORWARD 0", title+"<body id=ERR_CANNOT_FORWARD><p>Unable to forward.</p></body></html>"),
		said(503, "Service Unavailable", "ERR_CONNECT_FAIL 111", title+"<body id=ERR_CONNECT_FAIL><p>(111) refused</p></body></html>"),
		said(503, "Service Unavailable", "ERR_CONNECT_FAIL 110", title+"<body id=ERR_CONNECT_FAIL><p>(110) timed out</p></body></html>"),
		said(504, "Gateway Timeout", "ERR_READ_TIMEOUT 0", title+"<body id=ERR_READ_TIMEOUT><p>No answer.</p></body></html>"),
	}
}

func tinyproxy() Row {
	const src = "tinyproxy/tinyproxy, src/reqs.c"
	return Row{Name: "tinyproxy", Category: OpenSourceProxy,
		Headers: []HeaderSign{
			header("Server", `^tinyproxy(/(?P<version>\S+))?`, Listed, nmap),
			header("Proxy-Agent", `^tinyproxy(/(?P<version>\S+))?`, Source, src),
			header("Via", `\(tinyproxy(/(?P<version>[^\s)]+))?\)`, Source, src),
		},
		Body: []BodySign{
			body("The request you made has been filtered", Source, src).blocks(),
			body("has not configured it to service requests from your host", Source, src).says(Denied),
			body("The CONNECT method not allowed with the port you tried to use", Source, src).says(Denied),
			body("was unable to connect to the remote web server", Source, src).says(NoWay),
		},
		Connects: []fault.Connect{
			connect(403, "Filtered", "<html><h1>Filtered</h1><p>The request you made has been filtered</p></html>", "Server: tinyproxy/1.11.0",
				"Content-Type: text/html"),
			connect(403, "Access denied", "<p>This proxy has not configured it to service requests from your host.</p>", "Server: tinyproxy/1.11.0"),
			connect(403, "Access violation", "<p>The CONNECT method not allowed with the port you tried to use.</p>", "Server: tinyproxy/1.11.0"),
			connect(500, "Unable to connect", "<p>Tinyproxy was unable to connect to the remote web server.</p>", "Server: tinyproxy/1.11.0",
				"Via: 1.1 proxy.corp.example (tinyproxy/1.11.0)"),
			connect(200, "Connection established", "", "Proxy-agent: tinyproxy/1.11.0"),
		},
	}
}

func privoxy() Row {
	return Row{Name: "Privoxy", Category: OpenSourceProxy,
		Status: []StatusSign{
			{Line: without(` 403 Request blocked by Privoxy$`), Grade: Source, Cite: "www.privoxy.org/gitweb/, filters.c", Says: Denied},
			status(` 400 Invalid header received from client$`, Listed, nmap),
		},
		Headers: []HeaderSign{header("Proxy-Agent", `^Privoxy(/(?P<version>\S+))?`, Seen, captures)},
		Connects: []fault.Connect{
			connect(403, "Request blocked by Privoxy", "<p>Blocked by an action file.</p>", "Content-Type: text/html"),
			connect(400, "Invalid header received from client", ""),
			connect(200, "Connection established", "", "Proxy-Agent: Privoxy/3.0.33"),
		},
	}
}

// apacheProxy is Apache with mod_proxy_connect; the bare server is a row of its
// own, which its Server header fits as well.
func apacheProxy() Row {
	const src = "apache/httpd modules/proxy/mod_proxy_connect.c"
	return Row{Name: "Apache mod_proxy", Category: OpenSourceProxy,
		Headers: []HeaderSign{header("Proxy-Agent", `^Apache(/(?P<version>\S+))?`, Source, src)},
		Body: []BodySign{
			body("Connect to remote machine blocked", Source, src).says(Denied),
			body("DNS lookup failure for", Source, src).says(CannotResolve),
			body("Could not connect to remote machine", Source,
				"archive.apache.org/dist/httpd/, apache_1.3, src/modules/proxy/proxy_connect.c").says(CannotReach),
		},
		Connects: []fault.Connect{
			connect(403, "Forbidden", "<p>Connect to remote machine blocked</p>", "Server: Apache/2.4.57 (Debian)"),
			connect(502, "Proxy Error", "<p>Reason: <strong>DNS lookup failure for: registry.example</strong></p>",
				"Server: Apache/2.4.57 (Debian)"),
			connect(502, "Bad Gateway", "<p>Could not connect to remote machine: refused</p>", "Server: Apache/1.3.42"),
			connect(200, "Connection Established", "", "Proxy-agent: Apache/2.4.57 (Debian)"),
		},
	}
}

// threeProxy has no header of its own; "proxy" as a realm is everybody's.
func threeProxy() Row {
	const src = "3proxy/3proxy, src/proxy.c"
	return Row{Name: "3proxy", Category: OpenSourceProxy,
		Body: []BodySign{
			body("<h3>Access control list denies you to access this resource", Source, src).blocks(),
			body("<h3>Host Not Found or connection failed</h3>", Source, src).says(NoWay),
		},
		Connects: []fault.Connect{
			connect(403, "Forbidden", "<h2>403</h2><h3>Access control list denies you to access this resource</h3>"),
			connect(502, "Bad Gateway", "<h2>502</h2><h3>Host Not Found or connection failed</h3>", "Proxy-Connection: close"),
		},
	}
}
