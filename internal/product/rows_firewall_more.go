package product

import "pullpath/internal/fault"

func smallFirewalls() []Row {
	return []Row{kerio(), untangle(), meraki(), juniper(), mikrotik()}
}

func sophosFirewall() Row {
	return Row{Name: "Sophos Firewall", Category: Firewall,
		Headers: []HeaderSign{header("Location", `/webpages/(myaccount/)?login\.jsp`, Listed, nmap)},
		Issuer: []IssuerSign{
			commonName(`Sophos_CA_[A-Z0-9]+`, Source, chromium),
			commonName(`Sophos SSL CA_[A-Z0-9-]+`, Source, chromium),
			commonName(`SecurityAppliance_SSL_CA`, Seen, captures),
		},
		Pages: []fault.HTTP{page(302, "", "Location: https://192.0.2.15:4443/webpages/login.jsp")},
		Chains: []fault.Certificate{
			chain("Sophos", "Sophos SSL CA_C01001ABCDEF"),
			chain("Sophos", "Sophos_CA_C01001ABCDEF"),
			chain("Corp Example", "SecurityAppliance_SSL_CA"),
		},
	}
}

func sophosUTM() Row {
	return Row{Name: "Sophos UTM", Category: Firewall,
		Body: []BodySign{body("://passthrough.fw-notify.net/", Listed, nmap)},
		Issuer: []IssuerSign{
			commonName(`sophosutm Proxy CA`, Source, chromium),
			organization(`sophosutm`, Source, chromium),
		},
		Connects: []fault.Connect{connect(403, "Forbidden", `<link href="http://passthrough.fw-notify.net/static/x.css">`,
			"Content-Type: text/html")},
		Chains: []fault.Certificate{chain("sophosutm", "sophosutm Proxy CA")},
	}
}

func cyberoam() Row {
	return Row{Name: "Cyberoam", Category: Firewall,
		Headers: []HeaderSign{header("Location", `^https?://[^/]*/httpclient\.html`, Listed, nmap)},
		Body:    []BodySign{body("Cyberoam is securing you", Listed, ooni).blocks()},
		Issuer:  []IssuerSign{organization(`Cyberoam Certificate Authority`, Source, chromium)},
		Pages: []fault.HTTP{
			page(302, "", "Location: http://192.0.2.16:8090/httpclient.html", "Server: xxxx"),
			page(403, "<p>Cyberoam is securing you</p>", "Content-Type: text/html"),
		},
		Chains: []fault.Certificate{chain("Cyberoam Certificate Authority", "Cyberoam SSL CA_C0100")},
	}
}

func kerio() Row {
	return Row{Name: "Kerio Control", Category: Firewall,
		Headers: []HeaderSign{
			header("Server", `^Kerio Control Embedded Web Server`, Listed, nmap),
			header("Location", `/nonauth/nohost\.php`, Listed, ooni),
		},
		Body: []BodySign{
			body("This message was created by Kerio Control Proxy", Listed, nmap),
			body("This message was created by WinRoute Proxy", Listed, nmap),
			body("This page has been blocked by Kerio Control", Listed, ooni).blocks(),
		},
		Connects: []fault.Connect{
			connect(403, "Forbidden", "<p>This page has been blocked by Kerio Control</p><p>This message was created by Kerio Control Proxy</p>",
				"Server: Kerio Control Embedded Web Server"),
			connect(504, "Gateway Timeout", "<p>This message was created by WinRoute Proxy</p>"),
			connect(302, "Found", "", "Location: https://192.0.2.17:4081/nonauth/nohost.php"),
		},
	}
}

func untangle() Row {
	return Row{Name: "Arista Edge Threat Management (Untangle)", Category: Firewall,
		Headers: []HeaderSign{header("Location", `/web-filter/blockpage\b`, Listed, ooni).says(Denied)},
		Body:    []BodySign{body("This web page is blocked</b> because it violates network policy", Listed, ooni).blocks()},
		Issuer: []IssuerSign{
			commonName(`edge\.arista\.com`, Source, "untangle/ngfw_src, ut-rootgen"),
			commonName(`www\.untangle\.com`, Seen, captures),
			organization(`Untangle`, Seen, captures),
		},
		Pages: []fault.HTTP{
			page(307, "", "Location: http://192.0.2.18/web-filter/blockpage?nonce=1"),
			page(403, "<b>This web page is blocked</b> because it violates network policy", "Content-Type: text/html"),
		},
		Chains: []fault.Certificate{chain("Arista", "edge.arista.com"), chain("Untangle", "www.untangle.com")},
	}
}

func meraki() Row {
	return Row{Name: "Cisco Meraki", Category: Firewall,
		Headers: []HeaderSign{header("Location", `^http://wired\.meraki\.com:8090/blocked\.cgi`, Listed, ooni).says(Denied)},
		Body:    []BodySign{body("This website is blocked by your network operator.", Listed, ooni).blocks()},
		Pages: []fault.HTTP{
			page(302, "", "Location: http://wired.meraki.com:8090/blocked.cgi?blocked_server=192.0.2.19"),
			page(200, "<p>This website is blocked by your network operator.</p>", "Content-Type: text/html"),
		},
	}
}

func juniper() Row {
	return Row{Name: "Juniper SRX", Category: Firewall,
		Body:  []BodySign{body("Juniper Web Filtering", Listed, ooni).blocks()},
		Pages: []fault.HTTP{page(403, "<title>Juniper Web Filtering</title>", "Content-Type: text/html")},
	}
}

func mikrotik() Row {
	return Row{Name: "MikroTik", Category: Firewall,
		Headers:  []HeaderSign{header("Server", `^Mikrotik HttpProxy`, Listed, nmap)},
		Connects: []fault.Connect{connect(403, "Forbidden", "", "Server: Mikrotik HttpProxy")},
	}
}
