package ticket

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"pullpath/internal/evidence"
)

// certified is a certificate that signs itself, with the hash of its key, and the key as PEM.
func certified(t *testing.T, name string, authority bool) (cert, key, spki string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Unix(4e9, 0),
		IsCA: authority, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, form, form, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(public)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})), hex.EncodeToString(sum[:])
}

func TestCAsAreThoseOfTheReport(t *testing.T) {
	corp, key, spki := certified(t, "Corp Root", true)
	named, _, _ := certified(t, "Absent Root", true)
	other, _, _ := certified(t, "Other Root", true)
	leaf, _, leafKey := certified(t, "leaf", false)
	chain := func(a evidence.Anchor) evidence.Hop {
		return evidence.Hop{Op: evidence.OpHandshake, Detail: evidence.Handshake{Anchor: a, Chain: []evidence.Certificate{{SPKI: leafKey}}}}
	}
	inspected := &evidence.Trace{Hops: []evidence.Hop{chain(evidence.Anchor{Kind: evidence.AnchorPresented, SPKI: spki}),
		chain(evidence.Anchor{Kind: evidence.AnchorMissing, Subject: "CN=Absent Root"})}}
	public := &evidence.Trace{Hops: []evidence.Hop{chain(evidence.Anchor{Kind: evidence.AnchorPublic, SPKI: spki})}}
	for name, row := range map[string]struct {
		trace *evidence.Trace
		file  string
		want  []string // PEM
		says  string
	}{
		"by its key, among others": {inspected, other + corp + leaf, []string{corp}, ""},
		"twice":                    {inspected, corp + corp, []string{corp}, ""},
		"by its name":              {inspected, named, []string{named}, ""},
		"both":                     {inspected, named + corp, []string{named, corp}, ""},
		"none of the report":       {inspected, other + leaf, nil, "no certificate in it is the CA"},
		"a private key":            {inspected, corp + key, nil, "holds a private key"},
		"no PEM":                   {inspected, "text", nil, "no PEM certificate"},
		"no certificate":           {inspected, strings.ReplaceAll(key, "PRIVATE KEY", "CERTIFICATE"), nil, "is not one"},
		"all public":               {public, corp, nil, "of the public web"},
	} {
		got, err := CAs(row.trace, []byte(row.file))
		if (err != nil) != (row.says != "") || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", name, err)
		}
		var text strings.Builder
		for _, ca := range got {
			text.WriteString(ca.PEM)
		}
		if text.String() != strings.Join(row.want, "") {
			t.Errorf("%s: %d CAs, want %d", name, len(got), len(row.want))
		}
	}
}
