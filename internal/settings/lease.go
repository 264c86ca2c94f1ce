package settings

import (
	"encoding/hex"
	"regexp"
	"strings"
)

// leaseOption finds the URL of DHCP option 252 in the files in which DHCP clients keep leases:
// dhclient's by its name (dhcp-options(5)), those of systemd-networkd and NetworkManager by its number,
// in hexadecimal digits (systemd, network-internal / sd-dhcp-lease.c, OPTION_).
var leaseOption = regexp.MustCompile(`(?m)^\s*(?:option (?:wpad|wpad-url|unknown-252|option-252) "([^"\n]*)";|` +
	`OPTION_252=([0-9a-fA-F]+)\s*)$`)

// inLease returns the URL that DHCP option 252 has in a lease, empty for none: the last, for leases
// are added at the end.
func inLease(text string) string {
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

// leaseFiles are where DHCP clients keep their leases: dhclient, systemd-networkd, NetworkManager.
func leaseFiles() []string {
	return []string{"/var/lib/dhcp/*.leases", "/var/lib/dhclient/*.lease*", "/run/systemd/netif/leases/*", "/var/lib/NetworkManager/*.lease"}
}

// LeasedPAC returns the PAC file that the network offers by DHCP, as a lease on the host has it; false for
// none.
func LeasedPAC(root *Root) (PAC, bool) {
	for _, pattern := range leaseFiles() {
		for _, name := range root.Glob(pattern) {
			if text, found := root.text(name); found {
				if url := inLease(text); url != "" {
					return PAC{URL: url, Variable: "DHCP option 252", Source: name}, true
				}
			}
		}
	}
	return PAC{}, false
}
