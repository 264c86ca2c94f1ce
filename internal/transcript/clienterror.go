package transcript

import (
	"net"
	"net/netip"
	"regexp"
)

// The forms in which HTTP clients of other languages name a host or an address.

// namedHosts find the host: Node's, Java's, undici's and .NET's.
var namedHosts = []*regexp.Regexp{
	regexp.MustCompile(`\b(?:ENOTFOUND|EAI_AGAIN) ([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)`),
	regexp.MustCompile(`altnames: Host: ([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)\. is not`),
	regexp.MustCompile(`\bUnknownHostException: ([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)`),
	regexp.MustCompile(`\bCertificate for <([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)>`),
	regexp.MustCompile(`\battempted address(?:es)?: ([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+:\d+)`),
	regexp.MustCompile(`\(([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+:\d{1,5})\)`),
}

// hostNamed is the host that an error names, host[:port], empty for none.
func hostNamed(text string) string {
	for _, form := range namedHosts {
		if m := form.FindStringSubmatch(text); m != nil {
			return m[1]
		}
	}
	return addressNamed(text)
}

// nodeConnect is Node's form of a failed connection, with the far end.
var nodeConnect = regexp.MustCompile(`\bconnect E[A-Z]+ ([0-9a-fA-F.:]+):(\d{1,5})\b`)

// addressNamed is the address and port of a failed connection, empty for none.
func addressNamed(text string) string {
	m := nodeConnect.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	addr, err := netip.ParseAddr(m[1])
	if err != nil {
		return ""
	}
	return net.JoinHostPort(addr.String(), m[2])
}

// proxyNamed is .NET's form of a refusal, which names the proxy and not the host.
var proxyNamed = regexp.MustCompile(`tunnel request to proxy '([^']+)' failed`)
