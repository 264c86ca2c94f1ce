package product

import "pullpath/internal/fault"

func firewalls() []Row {
	return []Row{paloAlto(), fortinet(), checkPoint(), sophosFirewall(), sophosUTM(), cyberoam(), sonicWall(), watchGuard(), azureFirewall()}
}

// paloAlto's authorities carry the names that the administrator gave them;
// the documents call them Forward Trust and Forward Untrust.
func paloAlto() Row {
	return Row{Name: "Palo Alto Networks", Category: Firewall,
		Headers: []HeaderSign{
			header("Location", `:608[0-3]/php/(urlblock|uid)\.php`, Listed, ooni).says(Denied),
			header("Location", `^https?://[\w.-]+\.prismaaccess\.com(/|:|$)`, Listed, captures),
			header("Via", `\bprismaaccess\b`, Listed, captures),
			header("Server", `^PanWeb Server/`, Listed, nmap),
		},
		Body: []BodySign{
			body("you were trying to visit has been blocked in accordance with company policy", Listed, ooni).blocks(),
			body("you were trying to use has been blocked in accordance with company policy", Listed, ooni).blocks(),
		},
		Issuer: []IssuerSign{commonName(`(.*\s)?Forward[ _-]?Untrust`, Memory, "name used in docs.paloaltonetworks.com").untrusted()},
		Connects: []fault.Connect{
			connect(302, "Found", "", "Location: https://192.0.2.11:6082/php/urlblock.php?args=x"),
			connect(307, "Temporary Redirect", "", "Location: https://corp.prismaaccess.com/login", "Via: 1.1 prismaaccess"),
		},
		Pages: []fault.HTTP{
			page(503, "<p>The page you were trying to visit has been blocked in accordance with company policy.</p>", "Server: PanWeb Server/ - ",
				"Content-Type: text/html"),
			page(503, "<p>The thing you were trying to use has been blocked in accordance with company policy.</p>", "Content-Type: text/html"),
		},
		Chains: []fault.Certificate{chain("Corp Example", "Corp Example Forward Untrust")},
	}
}

// fortinet names its default authorities after the appliance's serial.
func fortinet() Row {
	return Row{Name: "Fortinet", Category: Firewall,
		Headers: []HeaderSign{
			header("Proxy-Agent", `^Fortinet-Proxy/(?P<version>\S+)`, Seen, captures),
			header("Server", `^xxxxxxxx-xxxxx$`, Listed, nmap),
			header("Location", `^https?://[^/]+:(8010|8015)/`, Listed, ooni),
		},
		Body: []BodySign{
			body("Powered By FortiGuard", Listed, ooni).blocks(),
			body("Powered By FortiNet", Listed, ooni).blocks(),
			body("FortiGuard Web Filtering", Listed, ooni).blocks(),
			body("FortiGuard Intrusion Prevention - Access Blocked", Listed, ooni).blocks(),
			body("/XX/YY/ZZ/CI/MGPGHGPGPFGHCDPFGGOGFGEH", Listed, ooni).blocks(),
			body("<br/>Attack ID: 20000", Listed, ooni).blocks(),
			body("Web Filter Violation", Listed, ooni).blocks(),
		},
		Issuer: []IssuerSign{
			organization(`Fortinet( Ltd\.?)?`, Source, chromium),
			commonName(`FortiGate CA`, Source, chromium),
			commonName(`FG[0-9A-Z]{14}`, Seen, "moby/moby#33154; sameersbn/docker-squid#12"),
			commonName(`Fortinet[ _]CA[ _]Untrusted|Fortinet Untrusted CA`, Seen, "Fortinet_CA_Untrusted in "+captures).untrusted(),
		},
		Connects: []fault.Connect{
			connect(403, "Forbidden", "<title>Web Filter Violation</title><p>FortiGuard Web Filtering</p><p>Powered By FortiGuard</p>",
				"Content-Type: text/html"),
			connect(302, "Found", "", "Location: https://192.0.2.12:8015/warn", "Server: xxxxxxxx-xxxxx"),
			connect(200, "Connection established", "", "Proxy-Agent: Fortinet-Proxy/1.0"),
		},
		Pages: []fault.HTTP{
			page(403, "<p>FortiGuard Intrusion Prevention - Access Blocked</p><p>Powered By FortiNet</p>", "Content-Type: text/html"),
			page(403, `<img src="/XX/YY/ZZ/CI/MGPGHGPGPFGHCDPFGGOGFGEH"><br/>Attack ID: 20000001`, "Content-Type: text/html"),
		},
		Chains: []fault.Certificate{
			chain("Fortinet", "FortiGate CA"),
			chain("Fortinet Ltd.", "FG3K0A1B00000021"),
			chain("Fortinet", "Fortinet_CA_Untrusted"),
		},
	}
}

func checkPoint() Row {
	return Row{Name: "Check Point", Category: Firewall,
		Headers: []HeaderSign{
			header("Server", `^(CPWS|Check Point SVN foundation)`, Listed, nmap),
			header("Location", `/UserCheck/PortalMain\?IID=`, Listed, ooni).says(Denied),
		},
		Body: []BodySign{
			body("/UserCheck/PortalMain?IID=", Listed, ooni).blocks(),
			body("Check Point UserCheck", Listed, ooni).blocks(),
		},
		Connects: []fault.Connect{
			connect(302, "Found", "", "Location: https://192.0.2.13/UserCheck/PortalMain?IID=0", "Server: CPWS"),
		},
		Pages: []fault.HTTP{page(200, `<title>Check Point UserCheck</title><a href="/UserCheck/PortalMain?IID=0">on</a>`,
			"Content-Type: text/html")},
	}
}

func azureFirewall() Row {
	return Row{Name: "Azure Firewall", Category: Firewall,
		Status: []StatusSign{{Line: without(`^HTTP/\d\.\d 470\b`), Grade: Seen, Cite: captures, Says: Denied}},
		Body:   []BodySign{body("Action: Deny. Reason: No rule matched. Proceeding with default action", Seen, captures).blocks()},
		Connects: []fault.Connect{
			connect(470, "status code 470",
				"HTTPS request from 192.0.2.14:40000 to registry.example:443. Action: Deny. Reason: No rule matched. Proceeding with default action"),
		},
	}
}

func watchGuard() Row {
	return Row{Name: "WatchGuard", Category: Firewall,
		Headers: []HeaderSign{header("Server", `^WatchGuard\b`, Listed, nmap+"; "+recog)},
		Body: []BodySign{
			body("Request denied by WatchGuard HTTP Proxy", Listed, ooni).blocks(),
			body("Response denied by WatchGuard HTTP Proxy", Listed, ooni).blocks(),
		},
		Issuer: []IssuerSign{
			organization(`WatchGuard(_Technologies)?`, Listed, recog),
			commonName(`Fireware (web|HTTPS Proxy).*CA`, Listed, recog+"; "+captures),
		},
		Connects: []fault.Connect{connect(403, "Forbidden", "<p>Request denied by WatchGuard HTTP Proxy.</p>", "Server: WatchGuard")},
		Pages:    []fault.HTTP{page(403, "<p>Response denied by WatchGuard HTTP Proxy.</p>", "Content-Type: text/html")},
		Chains:   []fault.Certificate{chain("WatchGuard_Technologies", "Fireware HTTPS Proxy (SN 0) CA")},
	}
}

func sonicWall() Row {
	return Row{Name: "SonicWall", Category: Firewall,
		Headers: []HeaderSign{header("Server", `^SonicWALL\b`, Listed, recog)},
		Body: []BodySign{
			body("SonicWALL - Web Site Blocked", Listed, ooni).blocks(),
			body("cfssupport.sonicwall.com", Listed, ooni).blocks(),
		},
		Issuer: []IssuerSign{
			commonName(`SonicWALL Firewall DPI-SSL`, Seen, captures),
			organization(`SonicWALL,? Inc\.?`, Seen, captures),
			organization(`HTTPS Management Certificate for SonicWALL\b.*`, Source, chromium),
		},
		Connects: []fault.Connect{connect(403, "Forbidden",
			`<title>SonicWALL - Web Site Blocked</title><a href="http://cfssupport.sonicwall.com/">rate</a>`, "Server: SonicWALL")},
		Chains: []fault.Certificate{
			chain("SonicWALL Inc.", "SonicWALL Firewall DPI-SSL"),
			chain("HTTPS Management Certificate for SonicWALL (self-signed)", "192.168.168.168"),
		},
	}
}
