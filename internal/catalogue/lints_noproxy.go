package catalogue

import (
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
)

// noProxyLints are about the form of NO_PROXY entries: 77 of 113 measured forms
// are read differently by different clients.
func noProxyLints() []lint {
	write := "write in NO_PROXY and no_proxy"
	return []lint{
		{code: "no-proxy-separator", title: "a NO_PROXY list is not separated by commas", cite: measured("PX028", "N55 to N57, N79 to N82, N108"),
			means:  "Only commas without blanks are read alike by all clients. What stands between other marks is one entry, and a list that worked with one client sends another one's internal hosts to the proxy.",
			remedy: write, world: survey(fault.Exempting("a.example b.example"))},
		{code: "no-proxy-url-entry", title: "a NO_PROXY entry has a scheme, a path or a comment", cite: measured("PX029", "N74 to N76, N104"),
			means:  "An entry is a host, a domain, an address or a prefix. With more in it, it matches nothing and the host goes to the proxy.",
			remedy: write, world: survey(fault.Exempting("https://registry.corp.example"))},
		{code: "no-proxy-wildcard", title: "a NO_PROXY entry has an asterisk", cite: measured("PX023", "N09, N10, N15, N16"),
			means:  "The registry client and curl, git or dnf on the same host then take different ways, and a test with curl proves nothing for podman.",
			remedy: write, world: survey(fault.Exempting("*.lab.example"))},
		{code: "no-proxy-star-in-list", title: "* stands among other NO_PROXY entries", cite: measured("PX024", "N12 to N14"),
			means: "Go clients then go direct everywhere, curl and dnf do not.", remedy: "remove the *, or make it the whole list",
			world: surveyOf(fault.Exempting("*"), "go-1.26.8")},
		{code: "no-proxy-port", title: "a NO_PROXY entry has a port", cite: measured("PX025", "N17 to N23"),
			means:  "Go honours the port. curl, git, dnf and wget match nothing, and urllib only where the URL shows the same port.",
			remedy: write, world: survey(fault.Exempting("registry.lab.example:5000"))},
		{code: "no-proxy-cidr", title: "NO_PROXY has an address prefix", severity: diagnosis.Info, cite: measured("PX026", "N25, N26, N40"),
			means:  "Registries are called by name. A prefix does nothing for a name, so that an internal registry goes to the proxy although its address is inside.",
			remedy: "list the internal registries by name as well", world: survey(fault.Exempting("10.0.0.0/8"))},
		{code: "no-proxy-ipv6-form", title: "a NO_PROXY entry is an IPv6 address in a form that few clients read", cite: measured("PX027", "N43 to N51"),
			means: "Bare addresses without a port are what Go, curl, requests and wget read.", remedy: "write the bare address in NO_PROXY and no_proxy",
			world: survey(fault.Exempting("[fd00::1]"))},
		{code: "no-proxy-trailing-dot", title: "a NO_PROXY entry ends in a dot", cite: measured("PX030", "N52 to N54"),
			means: "Go, wget and Python match nothing with it.", remedy: write, world: survey(fault.Exempting("registry.lab.example."))},
		{code: "no-proxy-domain-form", title: "a domain is exempt with its leading dot alone", severity: diagnosis.Info, cite: measured("PX022", "N04 to N07"),
			means:  "The name itself goes to the proxy in some clients and direct in others. Both forms beside each other are read alike by all.",
			remedy: write, world: survey(fault.Exempting(".lab.example"))},
		{code: "no-proxy-loopback-missing", title: "NO_PROXY does not name loopback", severity: diagnosis.Info, cite: measured("PX031", "N63 to N73"),
			means:  "A local registry on localhost:5000 works in podman and fails in curl or Python through the proxy.",
			remedy: write, world: survey(fault.Canonical("NO_PROXY", "corp.example,.corp.example", "no_proxy", "corp.example,.corp.example"))},
		{code: "no-proxy-idn", title: "a NO_PROXY entry has letters beyond ASCII", severity: diagnosis.Info, cite: measured("PX044", "N91, N92"),
			means: "Clients compare it with the ASCII form of the host or with the letters, each in its own way.", remedy: write,
			world: survey(fault.Exempting("bücher.example"))},
		{code: "no-proxy-breaks-httpx", title: "NO_PROXY makes Python tools on httpx fail", after: []string{"no-proxy-ipv6-form", "no-proxy-separator"},
			cite:   measured("PX045", "N44, N47, N81"),
			means:  "httpx 0.28.1 makes a URL pattern of each entry and raises InvalidURL for every request, whatever the host.",
			remedy: "remove brackets, IPv6 prefixes and tabs from NO_PROXY and no_proxy",
			world:  survey(fault.Exempting("a[b"))},
		{code: "no-proxy-look-alikes", title: "a NO_PROXY entry also exempts hosts that only end alike", severity: diagnosis.Info, cite: measured("PX040", "N08, N84, N109"),
			means: "This release compares endings without a label boundary: a host of somebody else can bypass the proxy.", remedy: "update the client, or write the leading dot as well",
			world: surveyOf(fault.Canonical(), "requests-2.31.0")},
	}
}
