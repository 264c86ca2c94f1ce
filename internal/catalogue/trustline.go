package catalogue

import (
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// writeTrust says which clients of the host trust a chain, and how its CA gets
// into the store of those that do not.
func writeTrust(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	d := evidence.DetailOf[evidence.Handshake](g[0])
	var lines []string
	for _, c := range d.Clients {
		says := " does not trust it"
		if c.Trusted {
			says = " trusts it"
		}
		lines = append(lines, c.Client+says)
	}
	m.Values["clients"] = ""
	if len(lines) > 0 {
		m.Values["clients"] = "; " + strings.Join(lines, ", ")
	}
	m.Values["install"] = install(v.Vantage(), d)
}

// anyInstall is what is known of every host whose files were not read
// (update-ca-trust(8), update-ca-certificates(8)).
const anyInstall = "put it into the system's store (Red Hat: /etc/pki/ca-trust/source/anchors/ and update-ca-trust; " +
	"Debian: /usr/local/share/ca-certificates/NAME.crt and update-ca-certificates; OpenShift: additionalTrustBundle), and restart the daemon"

// install is the distribution's way for all clients, and for each that does not
// trust the chain its own file, with the restart that it needs.
func install(at evidence.Vantage, d evidence.Handshake) string {
	all := at.CAInstall
	if all == "" {
		all = anyInstall
	}
	out := []string{all}
	for _, s := range at.TrustStores {
		if trusts(d, s.Client) {
			continue
		}
		line := "for " + s.Client + " and this registry alone " + s.Place
		if s.Replaced != "" {
			line = s.Client + " reads " + strings.Join(s.Files, ", ") + " instead (" + s.Replaced + ")"
		}
		if s.Restart != "" {
			line += ", then " + s.Restart
		}
		out = append(out, line)
	}
	return strings.Join(out, "; ")
}

func trusts(d evidence.Handshake, client string) bool {
	for _, c := range d.Clients {
		if c.Client == client {
			return c.Trusted
		}
	}
	return true
}
