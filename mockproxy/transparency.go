package mockproxy

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// logs are the World's transparency logs: the public authority's leaves carry a
// timestamp of each, as the browsers ask for.
type logs struct {
	keys []*ecdsa.PrivateKey
	made time.Time
}

// publicLogs is how many timestamps a leaf of the public web carries at least
// (Chrome's CT policy, certificates of up to 180 days).
const publicLogs = 2

func newLogs(now time.Time) (*logs, error) {
	l := &logs{made: now}
	for range publicLogs {
		key, err := newKey()
		if err != nil {
			return nil, err
		}
		l.keys = append(l.keys, key)
	}
	return l, nil
}

// list returns the list of the logs in the JSON form of version 3
// (gstatic.com/ct/log_list/v3).
func (l *logs) list() ([]byte, error) {
	type entry struct {
		Description string `json:"description"`
		ID          []byte `json:"log_id"`
		Key         []byte `json:"key"`
	}
	type operator struct {
		Name string  `json:"name"`
		Logs []entry `json:"logs"`
	}
	all := operator{Name: "Mock Transparency"}
	for i, key := range l.keys {
		der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
		if err != nil {
			return nil, fmt.Errorf("log %d: %w", i+1, err)
		}
		id := sha256.Sum256(der)
		all.Logs = append(all.Logs, entry{fmt.Sprintf("Mock 'Ledger%d'", i+1), id[:], der})
	}
	return json.Marshal(struct {
		Date      time.Time  `json:"log_list_timestamp"`
		Operators []operator `json:"operators"`
	}{l.made.UTC(), []operator{all}})
}

// timestamps returns the extension with a timestamp of every log over a certificate
// that has none yet (RFC 6962 sections 3.2 and 3.3).
func (l *logs) timestamps(cert, issuer *x509.Certificate) (pkix.Extension, error) {
	var list cryptobyte.Builder
	var failed error
	list.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, key := range l.keys {
			one, err := l.timestamp(key, cert, issuer)
			if err != nil {
				failed = err
				return
			}
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(one) })
		}
	})
	if failed != nil {
		return pkix.Extension{}, failed
	}
	raw, err := list.Bytes()
	if err != nil {
		return pkix.Extension{}, err
	}
	value, err := asn1.Marshal(raw)
	return pkix.Extension{Id: oidTimestamps, Value: value}, err
}

// oidTimestamps is the extension that holds them (RFC 6962 section 3.3).
var oidTimestamps = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}

// timestampsOf takes that extension out of a leaf.
func timestampsOf(chain *tls.Certificate) (pkix.Extension, error) {
	leaf, err := x509.ParseCertificate(chain.Certificate[0])
	if err != nil {
		return pkix.Extension{}, err
	}
	for _, e := range leaf.Extensions {
		if e.Id.Equal(oidTimestamps) {
			return e, nil
		}
	}
	return pkix.Extension{}, fmt.Errorf("%q carries no timestamps", leaf.Subject.CommonName)
}

func (l *logs) timestamp(key *ecdsa.PrivateKey, cert, issuer *x509.Certificate) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	id, issuerKey := sha256.Sum256(der), sha256.Sum256(issuer.RawSubjectPublicKeyInfo)
	at := uint64(cert.NotBefore.UnixMilli())
	var signed cryptobyte.Builder
	signed.AddUint16(0) // version 1, certificate timestamp
	signed.AddUint64(at)
	signed.AddUint16(1) // entry of a precertificate
	signed.AddBytes(issuerKey[:])
	signed.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(cert.RawTBSCertificate) })
	signed.AddUint16(0) // no extensions
	data, err := signed.Bytes()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		return nil, err
	}
	var out cryptobyte.Builder
	out.AddUint8(0)
	out.AddBytes(id[:])
	out.AddUint64(at)
	out.AddUint16(0)
	out.AddUint16(0x0403) // SHA-256 with ECDSA
	out.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(signature) })
	return out.Bytes()
}
