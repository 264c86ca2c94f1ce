package product

import "pullpath/internal/fault"

func polipo() Row {
	return Row{Name: "Polipo", Category: OpenSourceProxy,
		Headers: []HeaderSign{header("Server", `^Polipo$`, Source, "jech/polipo, http.c")},
		Body:    []BodySign{body("by Polipo on <em>", Source, "jech/polipo, http.c")},
		Connects: []fault.Connect{
			connect(504, "Host lookup failed", "<p>Made today by Polipo on <em>proxy.corp.example:8123</em>.</p>", "Server: Polipo"),
		},
	}
}

func caddyProxy() Row {
	return Row{Name: "Caddy forwardproxy", Category: OpenSourceProxy,
		Headers: []HeaderSign{header("Proxy-Authenticate", `realm="Caddy Secure Web Proxy"`, Source, "caddyserver/forwardproxy forwardproxy.go")},
		Connects: []fault.Connect{
			connect(407, "Proxy Authentication Required", "", "Server: Caddy", `Proxy-Authenticate: Basic realm="Caddy Secure Web Proxy"`),
		},
	}
}

// cntlm passes the replies of the proxy behind it; only its own errors are it.
func cntlm() Row {
	const src = "versat/cntlm pages.c"
	return Row{Name: "Cntlm", Category: OpenSourceProxy,
		Headers: []HeaderSign{header("Proxy-Authenticate", `realm="Cntlm Proxy"`, Source, src)},
		Body:    []BodySign{body("http://cntlm.sf.net/", Source, src)},
		Connects: []fault.Connect{
			connect(407, "Access denied", `<p>Made by <a href="http://cntlm.sf.net/">Cntlm</a>.</p>`,
				`Proxy-Authenticate: Basic realm="Cntlm Proxy"`),
		},
	}
}

func px() Row {
	return Row{Name: "px", Category: OpenSourceProxy,
		Headers:  []HeaderSign{header("Proxy-Agent", `^Px\b`, Source, "genotrance/px px/handler.py")},
		Connects: []fault.Connect{connect(200, "Connection established", "", "Proxy-Agent: Px")},
	}
}

// goproxy comes with an authority whose private key is in its repository.
func goproxy() Row {
	const src = "elazarl/goproxy certs.go"
	return Row{Name: "goproxy", Category: OpenSourceProxy,
		Issuer: []IssuerSign{
			commonName(`goproxy\.github\.io`, Source, src),
			organization(`GoProxy`, Source, src),
		},
		Chains: []fault.Certificate{chain("GoProxy", "goproxy.github.io")},
	}
}

func martian() Row {
	const src = "google/martian, cmd/proxy/main.go"
	return Row{Name: "Martian", Category: OpenSourceProxy,
		Headers: []HeaderSign{header("Via", `^1\.[01] martian-`, Source, "google/martian, header/via_modifier.go")},
		Issuer: []IssuerSign{
			commonName(`martian\.proxy`, Source, src),
			organization(`Martian Authority`, Source, src),
		},
		Pages:  []fault.HTTP{page(502, "", "Via: 1.1 martian-5b2e9c")},
		Chains: []fault.Certificate{chain("Martian Authority", "martian.proxy")},
	}
}

func e2guardian() Row {
	return Row{Name: "e2guardian", Category: OpenSourceProxy,
		Headers:  []HeaderSign{header("X-E2GKeepAlive", "", Source, "e2guardian/e2guardian, src")},
		Connects: []fault.Connect{connect(403, "Forbidden", "<p>Not on the list.</p>", "X-E2GKeepAlive: on")},
	}
}

func dansGuardian() Row {
	return Row{Name: "DansGuardian", Category: OpenSourceProxy,
		Body:  []BodySign{body("<title>DansGuardian - ", Listed, nmap).blocks()},
		Pages: []fault.HTTP{page(403, "<html><TITLE>DansGuardian - no entry</TITLE></html>", "Content-Type: text/html")},
	}
}

func squidGuard() Row {
	return Row{Name: "squidGuard", Category: OpenSourceProxy,
		Headers: []HeaderSign{
			header("Location", `/(sgerror\.php\?url=|squidGuard\.cgi\?clientaddr=)`, Listed, ooni).says(Denied),
		},
		Body: []BodySign{
			body("sgerror.php?url=", Listed, ooni).blocks(),
			body("squidGuard.cgi?clientaddr=", Listed, ooni).blocks(),
		},
		Connects: []fault.Connect{connect(302, "Found", "", "Location: http://filter.corp.example/sgerror.php?url=403")},
		Pages: []fault.HTTP{
			page(200, `<a href="http://filter.corp.example/sgerror.php?url=x">why</a>`, "Content-Type: text/html"),
			page(200, `<a href="http://filter.corp.example/cgi-bin/squidGuard.cgi?clientaddr=192.0.2.7">why</a>`, "Content-Type: text/html"),
		},
	}
}
