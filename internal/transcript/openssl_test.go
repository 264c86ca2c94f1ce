package transcript

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"
)

// sslAsked is the command, sslTail what 3.x prints behind a certificate.
const (
	sslAsked = "$ openssl s_client -connect r.example:443 -servername r.example </dev/null\n"
	sslTail  = `---
No client certificate CA names sent
Peer signing digest: SHA256
Peer signature type: RSA-PSS
Server Temp Key: X25519, 253 bits
---
SSL handshake has read 1430 bytes and written 395 bytes
`
)

// TestPrintedCertificate: -showcerts prints the chain in full, of which the first is the host's.
func TestPrintedCertificate(t *testing.T) {
	leaf, ca := printed(t, "r.example"), printed(t, "Example CA")
	trace := reading(t, sslAsked+"CONNECTED(00000003)\n---\nCertificate chain\n 0 s:CN = shown\n   i:CN = shown\n"+leaf+" 1 s:CN = X\n   "+
		"i:CN = X\n"+ca+
		"---\nServer certificate\nsubject=CN = shown\n\nissuer=CN = shown\n\n"+sslTail+
		"Verification: OK\n---\nNew, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256\nVerify return code: 0 (ok)\n")
	same(t, sketch(trace), "dial ok of=r.example:443\nhandshake ok of=r.example:443 sni=r.example version=TLSv1.3 "+
		"cipher=TLS_AES_128_GCM_SHA256 "+
		"subject=r.example issuer=r.example names=[r.example 192.0.2.7] until=2031-05-06")
}

func printed(t *testing.T, name string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		IPAddresses: []net.IP{net.IPv4(192, 0, 2, 7)},
		NotBefore:   time.Date(2026, 5, 6, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2031, 5, 6, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
