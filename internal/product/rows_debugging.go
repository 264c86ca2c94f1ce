package product

import "pullpath/internal/fault"

func debuggers() []Row {
	return []Row{mitmproxy(), fiddler(), charles(), burp(), zap(), proxyman(), httpToolkit()}
}

// mitmproxy answers CONNECT with no header at all; only its errors name it.
func mitmproxy() Row {
	return Row{Name: "mitmproxy", Category: DebuggingProxy,
		Headers: []HeaderSign{header("Server", `^mitmproxy (?P<version>\S+)`, Source, "mitmproxy/mitmproxy; "+nmap)},
		Issuer: []IssuerSign{
			commonName(`mitmproxy`, Source, "mitmproxy/mitmproxy certs.py"),
			organization(`mitmproxy`, Source, "mitmproxy/mitmproxy certs.py"),
		},
		Connects: []fault.Connect{connect(502, "Bad Gateway", "<p>No way there.</p>", "Server: mitmproxy 10.1.1", "Content-Type: text/html")},
		Chains:   []fault.Certificate{chain("mitmproxy", "mitmproxy")},
	}
}

func fiddler() Row {
	return Row{Name: "Fiddler", Category: DebuggingProxy,
		Headers: []HeaderSign{header("FiddlerGateway", "", Seen, captures)},
		Issuer: []IssuerSign{
			commonName(`DO_NOT_TRUST_Fiddler(Root)?`, Seen, captures),
			organization(`DO_NOT_TRUST`, Seen, captures),
		},
		Connects: []fault.Connect{connect(200, "Connection Established", "", "FiddlerGateway: Direct", "StartTime: 12:00:00.000")},
		Chains:   []fault.Certificate{chain("DO_NOT_TRUST", "DO_NOT_TRUST_FiddlerRoot")},
	}
}

func charles() Row {
	return Row{Name: "Charles", Category: DebuggingProxy,
		Headers: []HeaderSign{header("Server", `^Charles$`, Listed, nmap)},
		Issuer: []IssuerSign{
			commonName(`Charles Proxy CA`, Seen, captures),
			organization(`XK72 Ltd`, Seen, captures),
		},
		Connects: []fault.Connect{connect(503, "Service Unavailable", "", "Server: Charles")},
		Chains:   []fault.Certificate{chain("XK72 Ltd", "Charles Proxy CA (1 Jan 2026, laptop.corp.example)")},
	}
}

func burp() Row {
	return Row{Name: "Burp Suite", Category: DebuggingProxy,
		Body: []BodySign{
			body("Burp proxy error: ", Listed, nmap),
			body("<title>Burp Suite ", Listed, nmap),
		},
		Issuer: []IssuerSign{
			commonName(`PortSwigger CA`, Seen, captures),
			organization(`PortSwigger`, Seen, captures),
		},
		Connects: []fault.Connect{connect(502, "Bad Gateway", "<title>Burp Suite Professional</title><p>Burp proxy error: no</p>",
			"Content-Type: text/html")},
		Chains: []fault.Certificate{chain("PortSwigger", "PortSwigger CA")},
	}
}

func zap() Row {
	const src = "zaproxy/zap-extensions CertificateUtils.java"
	return Row{Name: "ZAP", Category: DebuggingProxy,
		Body: []BodySign{body("ZAP Error [", Listed, nmap)},
		Issuer: []IssuerSign{
			commonName(`Zed Attack Proxy Root CA`, Source, src),
			organization(`ZAP Root CA`, Source, src),
			commonName(`OWASP Zed Attack Proxy Root CA`, Memory, unverified),
		},
		Connects: []fault.Connect{connect(502, "Bad Gateway", "ZAP Error [java.net.UnknownHostException]", "Content-Type: text/plain")},
		Chains: []fault.Certificate{
			chain("ZAP Root CA", "Zed Attack Proxy Root CA"),
			chain("OWASP Root CA", "OWASP Zed Attack Proxy Root CA"),
		},
	}
}

func proxyman() Row {
	return Row{Name: "Proxyman", Category: DebuggingProxy,
		Issuer: []IssuerSign{
			commonName(`Proxyman CA`, Seen, captures),
			organization(`Proxyman (LLC|Inc)\.?`, Seen, captures),
		},
		Chains: []fault.Certificate{chain("Proxyman LLC", "Proxyman CA (1 Jan 2026, laptop.corp.example)")},
	}
}

func httpToolkit() Row {
	return Row{Name: "HTTP Toolkit", Category: DebuggingProxy,
		Issuer: []IssuerSign{commonName(`HTTP Toolkit CA`, Seen, captures)},
		Chains: []fault.Certificate{chain("HTTP Toolkit CA", "HTTP Toolkit CA - DO NOT TRUST")},
	}
}
