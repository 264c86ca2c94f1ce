package hostproxy

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // macOS names certificates by it
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

// rootCA makes a root of a name.
func rootCA(t testing.TB, name string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// blobOf is a certificate as the registry holds it, behind another property.
func blobOf(der []byte) (out []byte) {
	for _, p := range []struct {
		id   uint32
		data []byte
	}{{3, bytes.Repeat([]byte{7}, 20)}, {certProperty, der}} {
		out = binary.LittleEndian.AppendUint32(out, p.id)
		out = binary.LittleEndian.AppendUint32(out, 1)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(p.data)))
		out = append(out, p.data...)
	}
	return out
}

func namesOf(cas []CA) string {
	var out []string
	for _, c := range cas {
		name := c.Cert.Subject.CommonName
		if c.Company {
			name += "*"
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

func TestWindowsCAs(t *testing.T) {
	stores := RootStores("HKCU")
	corp, policy, vendor, banned := rootCA(t, "Corp"), rootCA(t, "Policy"), rootCA(t, "Microsoft Root 2011"), rootCA(t, "Banned")
	var reg strings.Builder
	reg.WriteString("Windows Registry Editor Version 5.00\r\n\r\n")
	for _, e := range []struct {
		key, thumb string
		der        []byte
	}{{stores[1].Key, "AA01", corp}, {stores[1].Key, "AA02", vendor}, {stores[2].Key, "AA03", policy}, {stores[0].Key, "AA04", banned},
		{Disallowed, "aa04", nil}} {
		fmt.Fprintf(&reg, "[%s\\%s]\r\n\"Blob\"=hex:", strings.NewReplacer("HKLM", "HKEY_LOCAL_MACHINE", "HKCU",
			"HKEY_CURRENT_USER").Replace(e.key), e.thumb)
		for i, b := range blobOf(e.der) {
			fmt.Fprintf(&reg, "%02x,", b)
			if i%25 == 24 {
				reg.WriteString("\\\r\n  ")
			}
		}
		reg.WriteString("00\r\n\r\n")
	}
	r, err := ParseRegistry("x.reg", []byte(reg.String()))
	if got := namesOf(WindowsCAs(r, "HKCU")); err != nil || got != "Corp* Microsoft Root 2011 Policy*" {
		t.Errorf("%v: %q", err, got)
	}
}

// A hive of any length is read where the keys are, and no further.
func TestCAsOfLargeHive(t *testing.T) {
	store := RootStores("HKCU")[1]
	key := strings.TrimPrefix(store.Key, `HKLM\SOFTWARE\`)
	data := hiveOf(nested(key, hiveKey{keys: map[string]hiveKey{"AA": {values: map[string]any{"Blob": blobOf(rootCA(t, "Corp"))}},
		"AB": {values: map[string]any{"Blob": []byte{1, 2, 3, 4, 5}}}, "AC": {}}}), "lh")
	file := &counted{data: data}
	const size = 150 << 20
	r, err := ParseHive("SOFTWARE", file, size, `HKLM\SOFTWARE`, []string{key + `\*`})
	if got := namesOf(WindowsCAs(r, "HKCU")); err != nil || got != "Corp*" {
		t.Errorf("%v: %q", err, got)
	}
	if file.read > 64<<10 {
		t.Errorf("%d bytes were read", file.read)
	}
}

// counted is a file whose rest is zeros.
type counted struct {
	data []byte
	read int
}

func (c *counted) ReadAt(b []byte, at int64) (int, error) {
	c.read += len(b)
	clear(b)
	if at < int64(len(c.data)) {
		copy(b, c.data[at:])
	}
	return len(b), nil
}

func TestTrustSettings(t *testing.T) {
	der := rootCA(t, "Corp")
	sum := sha1.Sum(der) //nolint:gosec // it names the certificate
	id := strings.ToUpper(hex.EncodeToString(sum[:]))
	cert := ParsePEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))[0]
	setting := func(text string) string {
		return "<key>trustSettings</key><array>" + text + "</array>"
	}
	for name, row := range map[string]struct {
		entry string
		want  bool
	}{
		"without settings": {"", true},
		"an empty list":    {setting(""), true},
		"for all":          {setting("<dict><key>kSecTrustSettingsResult</key><integer>1</integer></dict>"), true},
		"as a root":        {setting("<dict><key>kSecTrustSettingsResult</key><integer>2</integer></dict>"), true},
		"for TLS": {setting("<dict><key>kSecTrustSettingsPolicy</key><data>KoZIhvdjZAED</data><key>kSecTrustSettingsPolicyName</key>" +
			"<string>sslServer</string></dict>"), true},
		"for mail alone": {setting("<dict><key>kSecTrustSettingsPolicyName</key><string>smime</string></dict>"), false},
		"denied":         {setting("<dict/><dict><key>kSecTrustSettingsResult</key><integer>3</integer></dict>"), false},
		"unspecified":    {setting("<dict><key>kSecTrustSettingsResult</key><integer>4</integer></dict>"), false},
	} {
		trust, err := ParseTrustSettings([]byte(`<plist version="1.0"><dict><key>trustList</key><dict><key>` + id + `</key><dict>` + row.entry +
			`</dict></dict><key>trustVersion</key><integer>1</integer></dict></plist>`))
		if err != nil || trust.Trusts(cert) != row.want {
			t.Errorf("%s: %v %v", name, err, trust)
		}
	}
	if _, err := ParseTrustSettings([]byte(`<plist version="1.0"><dict/></plist>`)); err == nil {
		t.Error("a list without trust settings is taken for one")
	}
	denied := TrustSettings{"a": true, "b": false}.With(TrustSettings{"a": false, "b": true, "c": true})
	if denied["a"] || denied["b"] || !denied["c"] {
		t.Errorf("%v", denied)
	}
}

// FuzzBlob reads blobs of any form.
func FuzzBlob(f *testing.F) {
	f.Add(blobOf([]byte("der")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if der, err := DERofBlob(data); err == nil && len(der) > len(data) {
			t.Errorf("%d bytes out of %d", len(der), len(data))
		}
		_, _ = ParseTrustSettings(data)
		ParsePEM(data)
	})
}
