package product

import "pullpath/internal/fault"

func gateways() []Row {
	return []Row{zscaler(), netskope(), umbrella(), ciscoWSA(), scanSafe(), proxySG(), forcepoint(),
		mcafee(), menlo(), cato(), cloudflareGateway(), akamaiETP(), iboss()}
}

func zscaler() Row {
	return Row{Name: "Zscaler", Category: WebGateway,
		Headers: []HeaderSign{
			header("Server", `^Zscaler/(?P<version>\d[\d.]*)`, Seen, captures+"; "+ooni).says(Denied).on(403),
			header("Location", `^https?://gateway\.(zscaler|zscalerone|zscalertwo|zscalerthree|zscloud|zscalerbeta|zscalergov)\.net\b`,
				Seen, captures),
		},
		Body: []BodySign{
			body("Internet Security by Zscaler", Seen, captures+"; "+ooni).blocks(),
			body("Threat download blocked", Seen, captures).blocks(),
			body("reasoncode=CATEGORY_DENIED", Seen, captures).blocks(),
		},
		Issuer: []IssuerSign{
			organization(`Zscaler Inc\.?`, Source, chromium),
			commonName(`Zscaler Root CA`, Seen, captures),
			commonName(`Zscaler Intermediate Root CA`, Seen, captures),
		},
		Connects: []fault.Connect{
			connect(403, "Forbidden", "<html><title>Internet Security by Zscaler</title><p>Your rules say no.</p></html>", "Server: Zscaler/6.2",
				"Content-Type: text/html"),
			connect(307, "Temporary Redirect", "", "Location: https://gateway.zscalertwo.net/auT?origurl=x"),
		},
		Pages: []fault.HTTP{
			page(403, "<html><title>Threat download blocked</title></html>", "Server: Zscaler/6.2", "Content-Type: text/html"),
			page(403, `<a href="/x?reasoncode=CATEGORY_DENIED&amp;n=1">why</a>`, "Content-Type: text/html"),
		},
		Chains: []fault.Certificate{
			chain("Zscaler Inc.", "Zscaler Root CA"),
			chain("Zscaler Inc.", "Zscaler Intermediate Root CA (zscalertwo.net)"),
		},
	}
}

// netskope's intermediate has the customer's name for its organization.
func netskope() Row {
	const src = "golang/go#45569; " + captures
	return Row{Name: "Netskope", Category: WebGateway,
		Headers: []HeaderSign{
			header("Location", `^https?://[\w.-]+\.goskope\.com(/|:|$)`, Seen, captures),
			header("Set-Cookie", `^npa_auth=`, Seen, captures),
		},
		Issuer: []IssuerSign{
			organization(`Netskope,? Inc\.?`, Seen, src),
			commonName(`(eproxy\.)?caadmin\.netskope\.com`, Seen, src),
			commonName(`(ca|\*)\.[\w.-]+\.goskope\.com`, Seen, src),
		},
		Connects: []fault.Connect{
			connect(303, "See Other", "", "Location: https://auth-npaproxy-corp.goskope.com/login", "Set-Cookie: npa_auth=0123; Secure"),
		},
		Chains: []fault.Certificate{
			chain("netSkope Inc", "caadmin.netskope.com"),
			chain("Corp Example", "ca.corp-example.eu.goskope.com"),
		},
	}
}

func umbrella() Row {
	return Row{Name: "Cisco Umbrella", Category: WebGateway,
		Headers: []HeaderSign{
			header("Location", `^https?://(block|malware)\.opendns\.com\b`, Listed, ooni).says(Denied),
		},
		Body: []BodySign{
			body("This site is blocked due to content filtering.", Listed, ooni).blocks(),
			body("This domain is blocked due to content filtering.", Listed, ooni).blocks(),
		},
		Issuer: []IssuerSign{commonName(`Cisco Umbrella (Root CA|Primary SubCA|Secondary SubCA|Customers CA)`, Source, chromium)},
		Connects: []fault.Connect{
			connect(303, "See Other", "", "Location: http://block.opendns.com/main?url=x"),
			connect(403, "Forbidden", "<p>This site is blocked due to content filtering.</p>"),
		},
		Pages:  []fault.HTTP{page(403, "<p>This domain is blocked due to content filtering.</p>", "Content-Type: text/html")},
		Chains: []fault.Certificate{chain("Cisco", "Cisco Umbrella Primary SubCA")},
	}
}

func ciscoWSA() Row {
	return Row{Name: "Cisco Secure Web Appliance", Category: WebGateway,
		Headers: []HeaderSign{
			header("Via", `\(Cisco-WSA/(?P<version>[\d.-]+)\)`, Listed, ooni),
			header("Server", `^IronPort httpd`, Listed, nmap),
		},
		Body: []BodySign{body("Notification: Policy: URL Filtering", Listed, ooni).blocks()},
		Connects: []fault.Connect{
			connect(403, "Forbidden", "<title>Notification: Policy: URL Filtering</title>", "Via: 1.1 wsa.corp.example:80 (Cisco-WSA/14.5.1-016)"),
			connect(407, "Proxy Authentication Required", "", "Server: IronPort httpd/1.0"),
		},
	}
}

func scanSafe() Row {
	return Row{Name: "Cisco ScanSafe", Category: WebGateway,
		Headers:  []HeaderSign{header("Location", `^https?://alert\.scansafe\.net/`, Listed, ooni).says(Denied)},
		Connects: []fault.Connect{connect(302, "Found", "", "Location: http://alert.scansafe.net/alert/process")},
	}
}

func proxySG() Row {
	return Row{Name: "Symantec ProxySG (Blue Coat)", Category: WebGateway,
		Headers: []HeaderSign{
			header("Server", `^BlueCoat-Security-Appliance`, Listed, nmap+"; "+recog),
			header("Proxy-Agent", `^BlueCoat-(WinProxy|ProxyAV)`, Listed, nmap),
			header("Set-Cookie", `^BCSI(-CS-[0-9a-f]+|_MC)=`, Listed, recog),
			header("Location", `^https?://(www\.cfauth\.com/\?cfru=|notify\.bluecoat\.com/notify-)`, Listed, ooni),
		},
		Body: []BodySign{
			body("Access Denied (policy_denied)", Listed, nmap+"; "+ooni).blocks(),
			body("Access Denied (content_filter_denied)", Memory, unverified).blocks(),
			body("Request Error (invalid_request)", Listed, nmap),
			body("Network Error (dns_unresolved_hostname)", Seen, captures).says(CannotResolve),
			body("Network Error (dns_server_failure)", Seen, captures).says(CannotResolve),
			body("Network Error (tcp_error)", Seen, captures).says(CannotReach),
		},
		Issuer:   []IssuerSign{organization(`Blue Coat\b.*`, Source, chromium)},
		Connects: proxySGAnswers(),
		Chains:   []fault.Certificate{chain("Blue Coat SG210 Series", "192.0.2.8")},
	}
}

func proxySGAnswers() []fault.Connect {
	big := func(text string) string { return "<html><big>" + text + "</big><p>Ask the helpdesk.</p></html>" }
	return []fault.Connect{
		connect(403, "Forbidden", big("Access Denied (policy_denied)"), "Set-Cookie: BCSI-CS-0a1b2c3d4e5f6071=2; Path=/",
			"Content-Type: text/html"),
		connect(403, "Forbidden", big("Access Denied (content_filter_denied)")),
		connect(400, "Bad Request", big("Request Error (invalid_request)"), "Server: BlueCoat-Security-Appliance"),
		connect(503, "Service Unavailable", big("Network Error (dns_unresolved_hostname)")),
		connect(503, "Service Unavailable", big("Network Error (dns_server_failure)")),
		connect(503, "Service Unavailable", big("Network Error (tcp_error)")),
		connect(302, "Found", "", "Location: http://www.cfauth.com/?cfru=aHR0"),
		connect(200, "Connection established", "", "Proxy-agent: BlueCoat-WinProxy"),
	}
}
