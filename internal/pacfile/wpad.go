package pacfile

import (
	"context"
	"encoding/hex"
	"regexp"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Candidate is where WPAD says that the network's PAC file is.
type Candidate struct {
	// URL is the file's, and Source says who named it.
	URL, Source string
}

// leaseOption finds the URL of DHCP option 252 in the files in which DHCP clients keep leases:
// dhclient's by its name (dhcp-options(5)), those of systemd-networkd and NetworkManager by its number,
// in hexadecimal digits (systemd, network-internal / sd-dhcp-lease.c, OPTION_).
var leaseOption = regexp.MustCompile(`(?m)^\s*(?:option (?:wpad|wpad-url|unknown-252|option-252) "([^"\n]*)";|` +
	`OPTION_252=([0-9a-fA-F]+)\s*)$`)

// InLease returns the URL that DHCP option 252 has in a lease, empty for none: the last, for leases
// are added at the end.
func InLease(text string) string {
	found := leaseOption.FindAllStringSubmatch(text, -1)
	if len(found) == 0 {
		return ""
	}
	last := found[len(found)-1]
	value := strings.ReplaceAll(strings.ReplaceAll(last[1], `\000`, ""), `\n`, "")
	if last[2] != "" {
		raw, err := hex.DecodeString(last[2])
		if err != nil {
			return ""
		}
		value = string(raw)
	}
	value = strings.TrimRight(value, "\x00\r\n ")
	if !strings.HasPrefix(value, "http://") && !strings.HasPrefix(value, "https://") {
		return ""
	}
	return value
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
