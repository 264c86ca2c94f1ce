package hostproxy

import (
	"crypto/sha1" //nolint:gosec // macOS names certificates by it
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"maps"
	"slices"
	"strings"
)

// CA is a certificate that a store of the system holds as a root.
type CA struct {
	Cert *x509.Certificate
	// Store names the store for people, Source is where it was read.
	Store, Source string
	// Company tells that an administrator or the user put it there, and not the system's vendor.
	Company bool
}

// RootStore is a place of the registry that holds roots of Windows.
type RootStore struct {
	// Name is what people call it.
	Name string
	// Key has one key for each certificate below it, named by its thumbprint.
	Key string
	// Vendor tells that Windows itself puts roots there.
	Vendor bool
}

// RootStores are the stores that make up "Trusted Root Certification Authorities" of a user: the
// user's, the machine's, those of group policy and of the enterprise, and the vendor's third-party
// roots (https://learn.microsoft.com/windows/win32/seccrypto/system-store-locations). hive is that of
// the user.
func RootStores(hive string) []RootStore {
	const system, policies = `\Microsoft\SystemCertificates\`, `\Policies\Microsoft\SystemCertificates\`
	return []RootStore{
		{"the user's root store", hive + `\Software` + system + `Root\Certificates`, false},
		{"the machine's root store", `HKLM\SOFTWARE` + system + `ROOT\Certificates`, true},
		{"the root store of group policy", `HKLM\SOFTWARE` + policies + `Root\Certificates`, false},
		{"the root store of the user's group policy", hive + `\Software` + policies + `Root\Certificates`, false},
		{"the enterprise's root store", `HKLM\SOFTWARE\Microsoft\EnterpriseCertificates\Root\Certificates`, false},
		{"the store of third-party roots", `HKLM\SOFTWARE` + system + `AuthRoot\Certificates`, true},
	}
}

// Disallowed is the store of certificates that no chain may hold.
const Disallowed = `HKLM\SOFTWARE\Microsoft\SystemCertificates\Disallowed\Certificates`

// WindowsCAs returns the roots of a registry, without those that it disallows, in the order of the
// stores and their thumbprints.
func WindowsCAs(r Registry, hive string) []CA {
	banned := map[string]bool{}
	for _, key := range r.below(Disallowed) {
		banned[key[strings.LastIndexByte(key, '\\')+1:]] = true
	}
	var out []CA
	for _, store := range RootStores(hive) {
		for _, key := range r.below(store.Key) {
			v, _ := r.Value(key, "Blob")
			der, err := DERofBlob(v.Binary)
			if err != nil || banned[key[strings.LastIndexByte(key, '\\')+1:]] {
				continue
			}
			cert, err := x509.ParseCertificate(der)
			if err != nil {
				continue
			}
			out = append(out, CA{Cert: cert, Store: store.Name, Source: v.Source, Company: !store.Vendor || !ofVendor(cert)})
		}
	}
	return out
}

// ofVendor reports whether a root of the machine's own store is one that Windows brings: those of
// Microsoft, and the old ones of others for its signatures
// (https://learn.microsoft.com/troubleshoot/windows-server/windows-security/trusted-root-certificates-are-required).
func ofVendor(c *x509.Certificate) bool {
	text := strings.ToLower(c.Subject.String())
	return slices.ContainsFunc([]string{"microsoft", "verisign", "thawte", "digicert", "symantec", "globalsign", "comodo", "usertrust",
		"baltimore", "addtrust", "entrust", "sectigo", "isrg", "certum", "quovadis", "go daddy", "starfield", "amazon", "google trust"},
		func(name string) bool { return strings.Contains(text, name) })
}

// below are the keys one level below a key, sorted.
func (r Registry) below(key string) []string {
	prefix := strings.ToLower(key) + `\`
	var out []string
	for k := range maps.Keys(r) {
		if rest, found := strings.CutPrefix(k, prefix); found && !strings.Contains(rest, `\`) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// certProperty is the property that holds the certificate itself (wincrypt.h, CERT_CERT_PROP_ID).
const certProperty = 32

// ErrNoCertificate means that a value of a store holds no certificate.
var ErrNoCertificate = errors.New("it holds no certificate")

// DERofBlob returns the certificate out of a Blob of the registry: a list of properties, each with its
// number, a word that is 1, its length and its bytes
// (https://learn.microsoft.com/openspecs/windows_protocols/ms-gpef/e051aba9-c9df-4f82-a42a-c13012c9d381).
func DERofBlob(blob []byte) ([]byte, error) {
	for len(blob) >= 12 {
		id, size := binary.LittleEndian.Uint32(blob), uint64(binary.LittleEndian.Uint32(blob[8:]))
		blob = blob[12:]
		if size > uint64(len(blob)) {
			break
		}
		if id == certProperty {
			return blob[:size], nil
		}
		blob = blob[size:]
	}
	return nil, ErrNoCertificate
}

// ParsePEM returns the certificates of a text, as `security find-certificate -a -p` prints them.
func ParsePEM(data []byte) []*x509.Certificate {
	var out []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil && len(out) < maxRoots; block, rest = pem.Decode(rest) {
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" {
			out = append(out, cert)
		}
	}
	return out
}

// maxRoots bounds the certificates of one text; the keychain of macOS' own roots has some 170.
const maxRoots = 2000

// TrustSettings says of certificates, by the SHA-1 of their bytes in hex, whether macOS takes them for
// roots of TLS; one that it says nothing of is not in it.
type TrustSettings map[string]bool

// ParseTrustSettings reads what `security trust-settings-export` writes, and the files below
// /Library/Security/Trust Settings (https://developer.apple.com/documentation/security/
// sectrustsettingscopytrustsettings(_:_:_:)): a certificate without settings is trusted for all, one
// with settings where one of them is for TLS or for all and says so.
func ParseTrustSettings(data []byte) (TrustSettings, error) {
	d, err := parsePlist(data)
	if err != nil {
		return nil, err
	}
	list, is := d["trustList"].(map[string]any)
	if !is {
		return nil, errors.New("it holds no trust settings")
	}
	out := TrustSettings{}
	for key, v := range list {
		entry, _ := v.(map[string]any)
		out[strings.ToLower(key)] = trusted(entry)
	}
	return out, nil
}

// trusted judges the settings of one certificate by their results (SecTrustSettings.h: 1 and 2 trust,
// 3 denies; without a result 1 counts).
func trusted(entry map[string]any) bool {
	list, _ := entry["trustSettings"].([]any)
	yes := len(list) == 0
	for _, e := range list {
		setting := dictionary{}
		if m, ok := e.(map[string]any); ok {
			setting = m
		}
		name, policy := setting.text("kSecTrustSettingsPolicyName"), setting["kSecTrustSettingsPolicy"]
		if name != "" && name != "sslServer" || name == "" && policy != nil {
			continue
		}
		switch setting.text("kSecTrustSettingsResult") {
		case "", "1", "2":
			yes = true
		case "3":
			return false
		}
	}
	return yes
}

// Trusts reports whether macOS takes a certificate for a root.
func (t TrustSettings) Trusts(c *x509.Certificate) bool {
	sum := sha1.Sum(c.Raw) //nolint:gosec // it names the certificate
	return t[hex.EncodeToString(sum[:])]
}

// With returns the settings with further ones; one that denies counts over one that trusts.
func (t TrustSettings) With(more TrustSettings) TrustSettings {
	out := TrustSettings{}
	maps.Copy(out, t)
	for key, trusts := range more {
		if before, known := out[key]; !known || before {
			out[key] = trusts
		}
	}
	return out
}
