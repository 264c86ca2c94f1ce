package product

import "pullpath/internal/fault"

// schoolFilters are sold to schools and to access providers.
func schoolFilters() []Row {
	return []Row{contentKeeper(), smoothwall(), lightspeed(), securly(), netsweeper(), netspark()}
}

func contentKeeper() Row {
	return Row{Name: "ContentKeeper", Category: WebGateway,
		Body: []BodySign{body("Blocked by ContentKeeper", Listed, ooni).blocks()},
		Issuer: []IssuerSign{
			commonName(`ContentKeeper Appliance CA`, Source, chromium),
			organization(`ContentKeeper Technologies`, Source, chromium),
		},
		Pages:  []fault.HTTP{page(403, "<title>Blocked by ContentKeeper</title>", "Content-Type: text/html")},
		Chains: []fault.Certificate{chain("ContentKeeper Technologies", "ContentKeeper Appliance CA (123)")},
	}
}

func smoothwall() Row {
	return Row{Name: "Smoothwall", Category: WebGateway,
		Body:     []BodySign{body("Access denied: authentication configuration missing", Listed, nmap).says(Denied)},
		Issuer:   []IssuerSign{commonName(`Smoothwall-default-root-certificate-authority`, Source, chromium)},
		Connects: []fault.Connect{connect(403, "Forbidden", "Access denied: authentication configuration missing")},
		Chains:   []fault.Certificate{chain("Smoothwall", "Smoothwall-default-root-certificate-authority")},
	}
}

func lightspeed() Row {
	return Row{Name: "Lightspeed", Category: WebGateway,
		Body:  []BodySign{body("Lightspeed System - Web Access", Listed, ooni).blocks()},
		Pages: []fault.HTTP{page(200, "<title>Lightspeed System - Web Access</title>", "Content-Type: text/html")},
	}
}

func securly() Row {
	return Row{Name: "Securly", Category: WebGateway,
		Body: []BodySign{body("securly.com/blocked", Memory, unverified).blocks()},
		Issuer: []IssuerSign{
			organization(`Securly, Inc\.?`, Seen, captures),
			commonName(`\*\.securly\.com`, Seen, captures),
		},
		Pages:  []fault.HTTP{page(200, `<a href="https://www.securly.com/blocked?u=1">why</a>`, "Content-Type: text/html")},
		Chains: []fault.Certificate{chain("Securly, Inc", "*.securly.com")},
	}
}

func netsweeper() Row {
	return Row{Name: "Netsweeper", Category: WebGateway,
		Headers: []HeaderSign{header("Location", `/webadmin/deny/`, Listed, ooni).says(Denied)},
		Body: []BodySign{
			body("poweredbynetsweeper.com", Listed, ooni).blocks(),
			body("/webadmin/deny/", Listed, ooni).blocks(),
		},
		Connects: []fault.Connect{connect(302, "Found", "", "Location: http://filter.corp.example:8080/webadmin/deny/index.php?dpid=1")},
		Pages: []fault.HTTP{page(200, `<iframe src="/webadmin/deny/?dpid=1"></iframe><img src="http://poweredbynetsweeper.com/x.png">`,
			"Content-Type: text/html")},
	}
}

func netspark() Row {
	return Row{Name: "NetSpark", Category: WebGateway,
		Issuer: []IssuerSign{
			commonName(`www\.netspark\.com`, Source, chromium),
			organization(`NetSpark`, Source, chromium),
		},
		Chains: []fault.Certificate{chain("NetSpark", "www.netspark.com")},
	}
}
