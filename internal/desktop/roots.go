package desktop

import (
	"crypto/x509"
	"path"
	"slices"
	"strings"

	"pullpath/internal/hostproxy"
	"pullpath/internal/redact"
	"pullpath/internal/settings"
)

// Roots is what is known of the roots that a host's own programs trust.
type Roots struct {
	CAs []hostproxy.CA
	// Unread are the stores that were not read.
	Unread []settings.Unread
}

// HostRoots reads the certificate stores of a host: those of Windows out of its registry, those of
// macOS out of what security(1) prints, and on Linux what an administrator has added.
func HostRoots(h settings.Host) Roots {
	return settings.Remember(h.Root, "desktop.roots", func() Roots {
		switch h.Root.System() {
		case settings.Windows:
			return windowsRoots(h)
		case settings.MacOS:
			return macRoots(h)
		}
		return linuxRoots(h)
	})
}

// deciding are the clients for which a store of the system decides.
const deciding = "the CAs that curl, Go programs, Docker Desktop and Rancher Desktop trust"

func windowsRoots(h settings.Host) Roots {
	r := registryOf(h)
	hive := userHive(r)
	out := Roots{CAs: hostproxy.WindowsCAs(r, hive)}
	if h.Root.Here() {
		return out
	}
	var missing []string
	for _, store := range hostproxy.RootStores(hive) {
		file := "/Windows/System32/config/SOFTWARE"
		if strings.HasPrefix(store.Key, hive) {
			file = path.Join(h.Home, "NTUSER.DAT")
		}
		if !r.Has(store.Key) && !h.Root.IsFile(file) {
			missing = append(missing, store.Name)
		}
	}
	if len(missing) > 0 {
		out.Unread = []settings.Unread{{Place: "the certificate stores of Windows", Decides: deciding,
			Why: "not in an export or a hive in this folder: " + strings.Join(missing, ", "),
			Find: `reg export HKLM\SOFTWARE\Microsoft\SystemCertificates machine.reg; ` +
				`reg export HKCU\Software\Microsoft\SystemCertificates user.reg`}}
	}
	return out
}

// adminTrust is where macOS keeps what an administrator and a user have decided about certificates.
const adminTrust = "/Library/Security/Trust Settings/*.plist"

// macRoots are the certificates that trust settings make roots. The settings name each by its SHA-1, so
// both are needed: a certificate that lies in a keychain is not trusted by that.
func macRoots(h settings.Host) Roots {
	certs, trust, where := macTrust(h)
	var out Roots
	seen := 0
	for _, c := range certs {
		if trust.Trusts(c.Cert) {
			seen++
			c.Company, c.Store = true, "the trust settings of macOS"
			out.CAs = append(out.CAs, c)
		}
	}
	yes := 0
	for _, trusted := range trust {
		if trusted {
			yes++
		}
	}
	why := ""
	switch {
	case trust == nil:
		why = "what security trust-settings-export -d writes is not in " + where
	case len(certs) == 0 && yes > 0:
		why = "what security find-certificate -a -p prints is not in " + where
	case seen < yes:
		why = "some certificates that the trust settings name are not among those in " + where
	}
	if why != "" {
		out.Unread = []settings.Unread{{Place: "the keychains of macOS", Decides: deciding, Why: why,
			Find: "security trust-settings-export -d trust.plist; security find-certificate -a -p /Library/Keychains/System.keychain > system.pem"}}
	}
	return out
}

// macTrust reads certificates and trust settings: on the running machine by security(1), else the files
// of a bundle.
func macTrust(h settings.Host) (certs []hostproxy.CA, trust hostproxy.TrustSettings, where string) {
	if h.Root.Here() {
		return liveTrust()
	}
	for _, name := range append(files(h, "*.pem"), files(h, "*certificate*.txt")...) {
		if data, ok := read(h, name); ok && strings.Contains(string(data), "BEGIN CERTIFICATE") {
			for _, c := range hostproxy.ParsePEM(data) {
				certs = append(certs, hostproxy.CA{Cert: c, Source: name})
			}
		}
	}
	for _, name := range append(files(h, "*.plist"), h.Root.Glob(adminTrust)...) {
		data, ok := read(h, name)
		if !ok {
			continue
		}
		if found, err := hostproxy.ParseTrustSettings(data); err == nil {
			trust = trust.With(found)
		}
	}
	return certs, trust, "this folder"
}

// linuxRoots are the CAs that were added to the distribution's own.
func linuxRoots(h settings.Host) Roots {
	var out Roots
	for _, file := range settings.AddedCAs(h.Root) {
		data, err := h.Root.ReadFile(file)
		if err != nil {
			continue
		}
		for _, c := range hostproxy.ParsePEM(data) {
			out.CAs = append(out.CAs, hostproxy.CA{Cert: c, Store: "the system's store", Source: file, Company: true})
		}
	}
	return out
}

// SystemRoots returns the roots that a program of a Windows or macOS host trusts, as far as they were
// read: the public web's, which both systems bring, and those of its stores.
func SystemRoots(h settings.Host, public *x509.CertPool) *x509.CertPool {
	out := public.Clone()
	for _, ca := range HostRoots(h).CAs {
		out.AddCert(ca.Cert)
	}
	return out
}

// maxNamed bounds the CAs that are named in one line.
const maxNamed = 4

// lackingRemark says which CAs of a company the host trusts and an engine in a machine does not get;
// none where it gets them, or nobody knows.
func lackingRemark(h settings.Host, c settings.Client) []settings.Remark {
	if c.Machine == nil || c.Machine.CAs.Whose != settings.OwnRoots {
		return nil
	}
	var names []string
	first := hostproxy.CA{}
	for _, ca := range HostRoots(h).CAs {
		if name := redact.Text(called(ca.Cert), maxAnswer); ca.Company && ca.Cert.IsCA && !slices.Contains(names, name) {
			if names = append(names, name); len(names) == 1 {
				first = ca
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	value := strings.Join(names[:min(len(names), maxNamed)], ", ")
	if len(names) > maxNamed {
		value += " and others"
	}
	return []settings.Remark{{Code: settings.TrustOfHost, Source: first.Source, Value: value,
		Text:  "this host trusts it (" + first.Store + "), and " + c.Tool + " is not given it: " + c.Machine.CAs.Why,
		Write: strings.TrimPrefix(c.Machine.CAs.Install, "put it into ")}}
}

// called is the name of a CA for people.
func called(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return c.Subject.CommonName
	}
	return c.Subject.String()
}
