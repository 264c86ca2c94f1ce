package desktop_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // both systems name certificates by it
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

	"github.com/rogpeppe/go-internal/txtar"

	"pullpath/internal/settings"
)

// corporate makes the root of a company.
func corporate(t *testing.T) (der []byte, thumb string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Corp Root"},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	if der, err = x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key); err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum(der) //nolint:gosec // it names the certificate
	return der, strings.ToUpper(hex.EncodeToString(sum[:]))
}

// A company's root that the host trusts is said of each engine that is not given it, and of none that
// is, or of which nobody knows.
func TestRootsThatAnEngineIsNotGiven(t *testing.T) {
	der, thumb := corporate(t)
	blob := binary.LittleEndian.AppendUint32(nil, 32)
	blob = binary.LittleEndian.AppendUint32(blob, 1)
	blob = append(binary.LittleEndian.AppendUint32(blob, uint32(len(der))), der...)
	reg := fmt.Sprintf("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates"+
		"\\Root\\Certificates\\%s]\r\n\"Blob\"=hex:% x\r\n", thumb, blob)
	bundle := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	trust := `<plist version="1.0"><dict><key>trustList</key><dict><key>` + thumb + `</key><dict/></dict></dict></plist>`
	const machine = "Users/ana/.config/containers/podman/machine/wsl/m.json"
	windows := func(config string) map[string]string {
		return map[string]string{"policy.reg": reg, machine: config, "Users/ana/AppData/Roaming/Docker/settings-store.json": "{}",
			"Users/ana/AppData/Roaming/rancher-desktop/settings.json": "{}"}
	}
	mac := map[string]string{"Users/ana/Library/x": "", "Users/ana/.colima/default/colima.yaml": "env: {}", "Users/ana/.orbstack/x": "",
		"Users/ana/.lima/a/lima.yaml": "caCerts: {files: [corp.pem]}", "Users/ana/.lima/b/lima.yaml": "env: {}", "system.pem": bundle}
	for name, row := range map[string]struct {
		files map[string]string
		want  string
	}{
		"Windows":               {windows("{}"), "podman machine, a shell in WSL"},
		"Windows, imported":     {windows(`{"ImportNativeCA": true}`), "a shell in WSL"},
		"macOS without a trust": {mac, ""},
		"macOS":                 {with(mac, "trust.plist", trust), "colima, lima b"},
	} {
		var files []txtar.File
		for file, text := range row.files {
			files = append(files, txtar.File{Name: file, Data: []byte(text)})
		}
		reading := cell{archive: &txtar.Archive{Files: files}}.read(t)
		var got []string
		for _, c := range reading.Clients {
			for _, r := range c.Remarks {
				if r.Code == settings.TrustOfHost && r.Value == "Corp Root" {
					got = append(got, c.Tool)
				}
			}
		}
		if strings.Join(got, ", ") != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
		unread := strings.Join(reading.UnreadPlaces(), "\n")
		if said := strings.Contains(unread, "keychains of macOS"); said != (name == "macOS without a trust") {
			t.Errorf("%s: the keychains are unread: %v", name, said)
		}
	}
}

func with(files map[string]string, name, text string) map[string]string {
	out := map[string]string{name: text}
	for key, value := range files {
		out[key] = value
	}
	return out
}
