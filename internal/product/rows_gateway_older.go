package product

import "pullpath/internal/fault"

// olderGateways are appliances that stand in many networks past their prime.
func olderGateways() []Row {
	return []Row{isa(), trendMicro(), barracuda(), sophosWeb(), wingate(), ccproxy(), trafficInspector(), netcache(), iplanet(), olfeo()}
}

// isa writes its reason into the phrase, in parentheses.
func isa() Row {
	return Row{Name: "Microsoft ISA Server / Forefront TMG", Category: WebGateway,
		Status: []StatusSign{
			status(` \( .*\bISA Server\b.*\)`, Listed, nmap),
			{Line: without(` \( (The ISA Server|Forefront TMG) denied the specified Uniform Resource Locator`), Grade: Seen,
				Cite: captures, Says: Denied},
		},
		Connects: []fault.Connect{
			connect(502, "Proxy Error ( Forefront TMG denied the specified Uniform Resource Locator (URL).  )", "", "Via: 1.1 TMG01"),
			connect(407, "Proxy Authentication Required ( The ISA Server requires authorization.  )", "", "Via: 1.1 ISA01",
				"Proxy-Authenticate: NTLM"),
		},
	}
}

func trendMicro() Row {
	return Row{Name: "Trend Micro InterScan", Category: WebGateway,
		Body: []BodySign{
			body("InterScan Error", Listed, nmap).blocks(),
			body("InterScan HTTP Version", Listed, nmap),
		},
		Headers: []HeaderSign{header("Via", `\(IWSS\b`, Memory, unverified)},
		Issuer:  []IssuerSign{commonName(`IWSS\.TREND`, Source, chromium)},
		Connects: []fault.Connect{
			connect(403, "Forbidden", "<title>InterScan Error</title><p>InterScan HTTP Version 6.5</p>", "Via: 1.1 proxy.corp.example (IWSS)"),
		},
		Chains: []fault.Certificate{chain("TREND", "IWSS.TREND")},
	}
}

func barracuda() Row {
	return Row{Name: "Barracuda", Category: WebGateway,
		Headers: []HeaderSign{
			header("Via", `\(http_scan_byf/(?P<version>[\d.]+)\)`, Listed, ooni),
			header("Server", `^(Barracuda/NGFirewall|BarracudaHTTP)`, Listed, ooni),
		},
		Body: []BodySign{
			body("Redirecting you to Barracuda Web Filter", Listed, ooni).blocks(),
			body("<th>Barracuda NextGen Firewall:</th>", Listed, ooni).blocks(),
		},
		Issuer: []IssuerSign{organization(`Barracuda Networks\b.*`, Memory, unverified)},
		Connects: []fault.Connect{
			connect(403, "Forbidden", "<th>Barracuda NextGen Firewall:</th>", "Server: Barracuda/NGFirewall"),
			connect(403, "Forbidden", "<p>Redirecting you to Barracuda Web Filter</p>", "Via: 1.1 proxy.corp.example (http_scan_byf/3.5.16)"),
		},
		Chains: []fault.Certificate{chain("Barracuda Networks", "Corp Example Filter")},
	}
}

func sophosWeb() Row {
	return Row{Name: "Sophos Web Appliance", Category: WebGateway,
		Issuer: []IssuerSign{
			commonName(`Sophos Web Appliance`, Source, chromium),
			organization(`Sophos Plc`, Source, chromium),
		},
		Chains: []fault.Certificate{chain("Sophos Plc", "Sophos Web Appliance")},
	}
}

func wingate() Row {
	return Row{Name: "WinGate", Category: WebGateway,
		Headers:  []HeaderSign{header("Server", `^WinGate\b`, Listed, nmap)},
		Connects: []fault.Connect{connect(407, "Proxy Authentication Required", "", "Server: WinGate 9.4.5 (Build 6146)")},
	}
}

func ccproxy() Row {
	return Row{Name: "CCProxy", Category: WebGateway,
		Headers: []HeaderSign{
			header("Server", `^CCProxy\b`, Listed, nmap),
			header("Proxy-Authenticate", `realm="CCProxy Authorization"`, Listed, nmap),
		},
		Connects: []fault.Connect{
			connect(407, "Unauthorized", "", "Server: CCProxy", `Proxy-Authenticate: Basic realm="CCProxy Authorization"`),
		},
	}
}

func trafficInspector() Row {
	return Row{Name: "Traffic Inspector", Category: WebGateway,
		Headers:  []HeaderSign{header("Server", `^Traffic Inspector HTTP/FTP/Proxy server`, Listed, nmap)},
		Connects: []fault.Connect{connect(403, "Forbidden", "", "Server: Traffic Inspector HTTP/FTP/Proxy server (3.0)")},
	}
}

func netcache() Row {
	return Row{Name: "NetApp NetCache", Category: WebGateway,
		Headers:  []HeaderSign{header("Server", `^NetCache appliance \(NetApp/(?P<version>[^)]+)\)`, Listed, nmap)},
		Connects: []fault.Connect{connect(403, "Forbidden", "", "Server: NetCache appliance (NetApp/6.1.1)")},
	}
}

func iplanet() Row {
	return Row{Name: "iPlanet Web Proxy Server", Category: WebGateway,
		Headers:  []HeaderSign{header("Proxy-Agent", `^(iPlanet|Sun-Java-System)-Web-Proxy-Server/(?P<version>\S+)`, Listed, nmap)},
		Connects: []fault.Connect{connect(403, "Forbidden", "", "Proxy-agent: iPlanet-Web-Proxy-Server/3.6")},
	}
}

func olfeo() Row {
	return Row{Name: "Olfeo", Category: WebGateway,
		Headers:  []HeaderSign{header("Server", `^Olfeo`, Listed, ooni)},
		Connects: []fault.Connect{connect(403, "Forbidden", "", "Server: Olfeo-proxy")},
	}
}
