package product

import "pullpath/internal/fault"

// endpoints inspect on the client's own machine, and Superfish, which came
// with laptops, does so against their owner.
func endpoints() []Row {
	return []Row{kaspersky(), eset(), avast(), norton(), bitdefender(), drWeb(), adguard(), superfish()}
}

func kaspersky() Row {
	return Row{Name: "Kaspersky", Category: Endpoint,
		Issuer: []IssuerSign{
			commonName(`Kaspersky Anti-Virus Personal Root( Certificate)?`, Source, chromium),
			commonName(`Kaspersky Web Anti-Virus Certification Authority`, Seen, captures),
			organization(`AO Kaspersky Lab`, Seen, captures),
		},
		Chains: []fault.Certificate{
			chain("AO Kaspersky Lab", "Kaspersky Web Anti-Virus Certification Authority"),
			chain("AO Kaspersky Lab", "Kaspersky Anti-Virus Personal Root Certificate"),
		},
	}
}

func eset() Row {
	return Row{Name: "ESET", Category: Endpoint,
		Status: []StatusSign{{Line: without(` Blocked by ESET Security$`), Grade: Seen, Cite: captures, Says: Denied}},
		Body:   []BodySign{body("Alert! - ESET", Listed, ooni).blocks()},
		Issuer: []IssuerSign{
			commonName(`ESET SSL Filter CA`, Seen, captures),
			organization(`ESET, spol\. s r\. ?o\.`, Seen, captures),
		},
		Connects: []fault.Connect{connect(403, "Blocked by ESET Security", "<title>Alert! - ESET</title>", "Content-Type: text/html")},
		Chains:   []fault.Certificate{chain("ESET, spol. s r. o.", "ESET SSL Filter CA")},
	}
}

// avast and AVG are one engine; its untrusted root says that the origin could
// not be verified.
func avast() Row {
	return Row{Name: "Avast / AVG", Category: Endpoint,
		Issuer: []IssuerSign{
			commonName(`avast! Web/Mail Shield Root`, Source, chromium),
			organization(`avast! Web/Mail Shield`, Source, chromium),
			commonName(`avast! Web/Mail Shield Self-signed Root`, Memory, unverified),
			commonName(`avast! Web/Mail Shield Untrusted Root`, Memory, unverified).untrusted(),
			commonName(`AVG Web/Mail Shield Root`, Memory, unverified),
		},
		Chains: []fault.Certificate{
			chain("avast! Web/Mail Shield", "avast! Web/Mail Shield Root"),
			chain("avast! Web/Mail Shield", "avast! Web/Mail Shield Self-signed Root"),
			chain("avast! Web/Mail Shield", "avast! Web/Mail Shield Untrusted Root"),
			chain("AVG Web/Mail Shield", "AVG Web/Mail Shield Root"),
		},
	}
}

func norton() Row {
	return Row{Name: "Norton", Category: Endpoint,
		Issuer: []IssuerSign{commonName(`Norton Web/Mail Shield Root`, Seen, captures)},
		Chains: []fault.Certificate{chain("Norton Web/Mail Shield", "Norton Web/Mail Shield Root")},
	}
}

func bitdefender() Row {
	return Row{Name: "Bitdefender", Category: Endpoint,
		Status: []StatusSign{{Line: without(` Blocked by Bitdefender$`), Grade: Seen, Cite: captures, Says: Denied}},
		Issuer: []IssuerSign{
			commonName(`Bitdefender Personal CA\.Net-Defender`, Source, chromium),
			organization(`Bitdefender`, Source, chromium),
		},
		Connects: []fault.Connect{connect(403, "Blocked by Bitdefender", "")},
		Chains:   []fault.Certificate{chain("Bitdefender", "Bitdefender Personal CA.Net-Defender")},
	}
}

func drWeb() Row {
	return Row{Name: "Dr.Web", Category: Endpoint,
		Body: []BodySign{
			body("URL is blocked by SpIDer Gate", Listed, ooni).blocks(),
			body("support.drweb.com/new/urlfilter", Listed, ooni).blocks(),
		},
		Issuer: []IssuerSign{organization(`Doctor Web,? Ltd\.?`, Listed, captures)},
		Pages: []fault.HTTP{page(403, `<p>URL is blocked by SpIDer Gate</p><a href="https://support.drweb.com/new/urlfilter">why</a>`,
			"Content-Type: text/html")},
		Chains: []fault.Certificate{chain("Doctor Web, Ltd.", "Dr.Web Custom CA")},
	}
}

func adguard() Row {
	return Row{Name: "AdGuard", Category: Endpoint,
		Body:   []BodySign{body("Blocking pages for AdGuard projects", Listed, ooni).blocks()},
		Issuer: []IssuerSign{commonName(`Adguard Personal CA`, Seen, captures)},
		Pages:  []fault.HTTP{page(200, "<!-- Blocking pages for AdGuard projects -->", "Content-Type: text/html")},
		Chains: []fault.Certificate{chain("AdGuard", "Adguard Personal CA")},
	}
}

// superfish is on no machine that is looked after: its private key is public.
func superfish() Row {
	return Row{Name: "Superfish", Category: Adware,
		Issuer: []IssuerSign{
			commonName(`Superfish, Inc\.`, Seen, captures),
			organization(`Superfish, Inc\.?`, Seen, captures),
		},
		Chains: []fault.Certificate{chain("Superfish, Inc.", "Superfish, Inc.")},
	}
}
