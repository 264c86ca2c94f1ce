package product

import "pullpath/internal/fault"

func forcepoint() Row {
	return Row{Name: "Forcepoint (Websense)", Category: WebGateway,
		Headers: []HeaderSign{
			header("Via", `\(Websense_Content_Gateway/(?P<version>[\d.]+)`, Seen, nmap+"; "+captures),
			header("Server", `^Content Gateway Manager`, Listed, nmap),
			header("Location", `:15871/cgi-bin/(blockpage|block_message)\.cgi`, Listed, ooni).says(Denied),
		},
		Body: []BodySign{
			body(":15871/cgi-bin/blockpage.cgi", Listed, ooni).blocks(),
			body(":15871/cgi-bin/block_message.cgi", Listed, ooni).blocks(),
		},
		Issuer: []IssuerSign{
			commonName(`Forcepoint Cloud CA`, Source, chromium),
			organization(`Forcepoint LLC`, Source, chromium),
			organization(`Websense\b.*`, Memory, unverified),
		},
		Connects: []fault.Connect{
			connect(302, "Found", "", "Location: http://192.0.2.9:15871/cgi-bin/blockpage.cgi?ws-session=1",
				"Via: HTTP/1.1 proxy.corp.example (Websense_Content_Gateway/8.5.4 [c s f ])"),
			connect(400, "Bad Request", "", "Server: Content Gateway Manager"),
		},
		Pages: []fault.HTTP{
			page(200, `<iframe src="http://192.0.2.9:15871/cgi-bin/blockpage.cgi?n=1"></iframe>`, "Content-Type: text/html"),
			page(200, `<iframe src="http://192.0.2.9:15871/cgi-bin/block_message.cgi?n=1"></iframe>`, "Content-Type: text/html"),
		},
		Chains: []fault.Certificate{chain("Forcepoint LLC", "Forcepoint Cloud CA"), chain("Websense, Inc.", "Corp Example Web CA")},
	}
}

// mcafee puts its Via on answers that it lets through as well.
func mcafee() Row {
	return Row{Name: "Skyhigh (McAfee) Web Gateway", Category: WebGateway,
		Headers: []HeaderSign{header("Via", `\(McAfee Web Gateway (?P<version>[\d.]+)`, Seen, nmap+"; "+captures)},
		Body: []BodySign{
			body("McAfee Web Gateway - Notification", Listed, nmap+"; "+ooni).blocks(),
			body("Skyhigh Secure Web Gateway - Notification", Memory, unverified).blocks(),
		},
		Issuer: []IssuerSign{commonName(`McAfee Web Gateway`, Source, chromium)},
		Connects: []fault.Connect{
			connect(403, "urlblocked", "<title>McAfee Web Gateway - Notification</title>",
				"Via: 1.1 192.0.2.10 (McAfee Web Gateway 11.2.6.5.1.44812)"),
			connect(403, "urlblocked", "<title>Skyhigh Secure Web Gateway - Notification</title>"),
		},
		Chains: []fault.Certificate{chain("Corp Example", "McAfee Web Gateway")},
	}
}

func menlo() Row {
	return Row{Name: "Menlo Security", Category: WebGateway,
		Headers: []HeaderSign{header("Location", `^https://safe\.menlosecurity\.com(/|$)`, Memory, unverified)},
		Issuer: []IssuerSign{
			commonName(`Menlo Security Intermediate CA`, Seen, captures),
			organization(`Menlo Security,? Inc\.?`, Seen, captures),
		},
		Pages:  []fault.HTTP{page(302, "", "Location: https://safe.menlosecurity.com/https://registry.example/")},
		Chains: []fault.Certificate{chain("Menlo Security Inc.", "Menlo Security Intermediate CA")},
	}
}

func cato() Row {
	return Row{Name: "Cato Networks", Category: WebGateway,
		Body:   []BodySign{body("Corporate Internet policy violation", Seen, captures).blocks()},
		Issuer: []IssuerSign{commonName(`Cato Networks( Root)? CA`, Seen, captures)},
		Pages:  []fault.HTTP{page(403, "<title>Corporate Internet policy violation</title>", "Content-Type: text/html")},
		Chains: []fault.Certificate{chain("Cato Networks", "Cato Networks Root CA")},
	}
}

// cloudflareGateway inspects for a company; the edge of the same house, which
// every other origin stands behind, is a row of its own.
func cloudflareGateway() Row {
	return Row{Name: "Cloudflare Gateway", Category: WebGateway,
		Issuer: []IssuerSign{
			commonName(`Gateway CA - Cloudflare Managed G\d`, Seen, captures),
			commonName(`Cloudflare for Teams ECC Certificate Authority`, Memory, unverified),
		},
		Chains: []fault.Certificate{
			chain("Cloudflare, Inc.", "Gateway CA - Cloudflare Managed G2 0123456789abcdef0123456789abcdef"),
			chain("Cloudflare, Inc.", "Cloudflare for Teams ECC Certificate Authority"),
		},
	}
}

func akamaiETP() Row {
	return Row{Name: "Akamai Secure Internet Access", Category: WebGateway,
		Headers:  []HeaderSign{header("Location", `^https?://error\.etp\.akamai\.com/`, Listed, ooni).says(Denied)},
		Body:     []BodySign{body("://error.etp.akamai.com/error.html", Listed, ooni).blocks()},
		Connects: []fault.Connect{connect(302, "Found", "", "Location: http://error.etp.akamai.com/error.html")},
		Pages:    []fault.HTTP{page(403, `<a href="http://error.etp.akamai.com/error.html">why</a>`, "Content-Type: text/html")},
	}
}

func iboss() Row {
	return Row{Name: "iboss", Category: WebGateway,
		Body: []BodySign{
			body("/ibreports/ibp/bp.html", Listed, ooni).blocks(),
			body("/block/restricted.html?fn=", Listed, ooni).blocks(),
			body("/iboss/restricted.html", Listed, ooni).blocks(),
		},
		Headers: []HeaderSign{header("Location", `/(ibreports/ibp/bp|iboss/restricted)\.html`, Listed, ooni).says(Denied)},
		Issuer:  []IssuerSign{organization(`iboss(,? Inc\.?)?`, Memory, unverified)},
		Connects: []fault.Connect{
			connect(302, "Found", "", "Location: http://filter.corp.example/ibreports/ibp/bp.html?bu=1"),
		},
		Pages: []fault.HTTP{page(200, `<a href="/ibreports/ibp/bp.html">1</a>`+
			`<a href="/block/restricted.html?fn=x">2</a><a href="/iboss/restricted.html">3</a>`,
			"Content-Type: text/html")},
		Chains: []fault.Certificate{chain("iboss", "Corp Example Filter")},
	}
}
