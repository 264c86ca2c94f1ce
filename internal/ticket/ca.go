package ticket

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/redact"
)

// CA is the certificate of an authority that a request carries.
type CA struct {
	// Subject is its name, SHA256 its fingerprint in hex, PEM the certificate.
	Subject, SHA256, PEM string
}

// CAs picks the authorities out of a PEM file in which chains of a report end that are not
// of the public web. It fails where the file holds none of them, and where it holds a private
// key, which no request may carry.
func CAs(t *evidence.Trace, file []byte) ([]CA, error) {
	keys, names := ends(t)
	var out []CA
	seen := map[string]bool{}
	for block, rest := pem.Decode(file); block != nil; block, rest = pem.Decode(rest) {
		if strings.Contains(block.Type, "PRIVATE KEY") {
			return nil, hint.New("it holds a private key", "give a file with the CA's certificate alone")
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d in it is not one: %w", len(out)+1, err)
		}
		key := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
		if !cert.IsCA || !keys[hex.EncodeToString(key[:])] && !names[cert.Subject.String()] {
			continue
		}
		sum := sha256.Sum256(cert.Raw)
		fingerprint := hex.EncodeToString(sum[:])
		if seen[fingerprint] {
			continue // --save-chain has it once for each host
		}
		seen[fingerprint] = true
		out = append(out, CA{redact.Visible(cert.Subject.String()), fingerprint,
			string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))})
	}
	switch {
	case len(out) > 0:
		return out, nil
	case !bytes.Contains(file, []byte("-----BEGIN CERTIFICATE-----")):
		return nil, errors.New("no PEM certificate is in it")
	case len(keys)+len(names) == 0:
		return nil, errors.New("every chain of the report is of the public web, so no CA has to be added")
	}
	return nil, hint.New("no certificate in it is the CA of a chain in the report", "look at the issuer in the report's TLS rows")
}

// ends are the public keys of the authorities in which chains end that are not of the public
// web, and the names of those that were not presented.
func ends(t *evidence.Trace) (keys, names map[string]bool) {
	keys, names = map[string]bool{}, map[string]bool{}
	for _, h := range t.Hops {
		d := evidence.DetailOf[evidence.Handshake](h)
		if len(d.Chain) == 0 || d.Anchor.Kind == evidence.AnchorPublic {
			continue
		}
		for _, c := range d.Chain {
			if c.CA {
				keys[c.SPKI] = true
			}
		}
		switch {
		case d.Anchor.SPKI != "":
			keys[d.Anchor.SPKI] = true
		case d.Anchor.Subject != "":
			names[d.Anchor.Subject] = true
		}
	}
	return keys, names
}
