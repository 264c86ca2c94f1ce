package pacfile

import (
	"context"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Candidate is where WPAD says that the network's PAC file is.
type Candidate struct {
	// URL is the file's, and Source says who named it.
	URL, Source string
}

// Names are the names that WPAD asks DNS for: wpad below each domain of the search list. A domain below
// which anybody may have a name is none of the network's (Chromium and Windows ask no such name either;
// https://www.kb.cert.org/vuls/id/598349).
func Names(search []string) []string {
	var out []string
	for _, domain := range search {
		domain = strings.ToLower(strings.Trim(domain, "."))
		if suffix, _ := publicsuffix.PublicSuffix(domain); domain == "" || suffix == domain {
			continue
		}
		out = append(out, "wpad."+domain)
	}
	return out
}

// ByDNS returns the file below the first of the names that has an address.
func ByDNS(ctx context.Context, from From, names []string) (Candidate, bool) {
	for _, name := range names {
		if found, err := from.LookUp(ctx, name); err == nil && len(found) > 0 {
			return Candidate{URL: "http://" + name + "/wpad.dat", Source: "DNS has an address for " + name}, true
		}
	}
	return Candidate{}, false
}
