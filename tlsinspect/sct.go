package tlsinspect

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"pullpath/internal/evidence"
)

// oidSCTList is the extension that embeds SCTs (RFC 6962 section 3.3).
var oidSCTList = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}

// sct is one signed certificate timestamp (RFC 6962 section 3.2).
type sct struct {
	logID      [sha256.Size]byte
	timestamp  uint64
	extensions []byte
	signature  []byte
}

// Entry types of what a log signed (RFC 6962 section 3.1).
const (
	entryX509    = 0
	entryPrecert = 1
)

// maxSCTs bounds how many timestamps of one list are looked at; public leaves have
// two to five.
const maxSCTs = 16

// timestamps counts the leaf's timestamps, embedded and from the TLS extension,
// and checks their signatures where a list of logs is at hand.
func (o Options) timestamps(certs []*x509.Certificate, fromTLS [][]byte) (int, *evidence.Timestamps) {
	leaf := certs[0]
	embedded := embeddedSCTs(leaf)
	var stapled []sct
	for _, raw := range fromTLS {
		if s, ok := parseSCT(raw); ok && len(stapled) < maxSCTs {
			stapled = append(stapled, s)
		}
	}
	count := len(embedded) + len(stapled)
	if count == 0 {
		return 0, nil
	}
	if o.Logs == nil {
		return count, &evidence.Timestamps{NotLooked: o.noLogs()}
	}
	out := &evidence.Timestamps{List: o.Logs.Date.UTC().Format(time.DateOnly)}
	if age := o.Now().Sub(o.Logs.Date); age > staleLogs {
		out.NotLooked = "the list of logs is older than 180 days"
		return count, out
	}
	precert, err := precertEntry(leaf, o.issuerOf(certs))
	if err != nil && len(embedded) > 0 {
		out.NotLooked = err.Error()
		embedded = nil
	}
	o.check(out, embedded, precert)
	o.check(out, stapled, x509Entry(leaf))
	return count, out
}

func (o Options) noLogs() string {
	if o.NoLogs != "" {
		return o.NoLogs
	}
	return "no list of logs was given"
}

// check sorts timestamps by what their log's key says of them.
func (o Options) check(out *evidence.Timestamps, list []sct, entry []byte) {
	for _, s := range list {
		log, known := o.Logs.logs[s.logID]
		switch {
		case !known:
			out.Unknown++
		case log.verify(s.signed(entry), s.signature):
			out.Verified++
			if !slices.Contains(out.Logs, log.name) {
				out.Logs = append(out.Logs, log.name)
			}
		default:
			out.Bad++
		}
	}
}

// signed returns what a log signs: version and signature type 0, the timestamp, the
// entry with its type, the extensions (RFC 6962 section 3.2).
func (s sct) signed(entry []byte) []byte {
	var b cryptobyte.Builder
	b.AddUint8(0)
	b.AddUint8(0)
	b.AddUint64(s.timestamp)
	b.AddBytes(entry)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(s.extensions) })
	return b.BytesOrPanic()
}

// x509Entry returns the entry for timestamps that came beside the certificate.
func x509Entry(leaf *x509.Certificate) []byte {
	var b cryptobyte.Builder
	b.AddUint16(entryX509)
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(leaf.Raw) })
	return b.BytesOrPanic()
}

// precertEntry returns the entry for embedded timestamps: the hash of the issuer's key
// and the certificate without the extension that holds them.
func precertEntry(leaf, issuer *x509.Certificate) ([]byte, error) {
	if issuer == nil {
		return nil, errors.New("the certificate of the leaf's issuer was not presented, " +
			"and without its key embedded timestamps cannot be checked")
	}
	tbs, err := withoutSCTs(leaf.RawTBSCertificate)
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(issuer.RawSubjectPublicKeyInfo)
	var b cryptobyte.Builder
	b.AddUint16(entryPrecert)
	b.AddBytes(key[:])
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(tbs) })
	return b.BytesOrPanic(), nil
}

// issuerOf finds the certificate whose key signed the leaf, among the presented
// ones and those of the stores. The order on the wire proves nothing.
func (o Options) issuerOf(certs []*x509.Certificate) *x509.Certificate {
	leaf := certs[0]
	signed := func(c *x509.Certificate) bool {
		return c.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) == nil
	}
	if i := slices.IndexFunc(certs[1:], signed); i >= 0 {
		return certs[1+i]
	}
	_, path := o.rooted(certs, stillValid(certs, o.Now()))
	if len(path) > 1 && signed(path[1]) {
		return path[1]
	}
	return nil
}

// withoutSCTs writes a TBSCertificate again without the extension for timestamps
// (RFC 6962 section 3.2); all else keeps its bytes.
func withoutSCTs(tbs []byte) ([]byte, error) {
	odd := errors.New("the certificate's form is not what its timestamps were made of")
	in, inner := cryptobyte.String(tbs), cryptobyte.String(nil)
	if !in.ReadASN1(&inner, cbasn1.SEQUENCE) {
		return nil, odd
	}
	var out cryptobyte.Builder
	var failed error
	out.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for !inner.Empty() {
			var field cryptobyte.String
			var tag cbasn1.Tag
			if !inner.ReadAnyASN1Element(&field, &tag) {
				failed = odd
				return
			}
			if tag != cbasn1.Tag(3).Constructed().ContextSpecific() {
				b.AddBytes(field)
				continue
			}
			if !copyExtensions(b, field) {
				failed = odd
				return
			}
		}
	})
	der, err := out.Bytes()
	return der, errors.Join(failed, err)
}

// copyExtensions copies the field [3] of a TBSCertificate (RFC 5280 section 4.1)
// but for the timestamps.
func copyExtensions(b *cryptobyte.Builder, field cryptobyte.String) bool {
	var wrapped, list cryptobyte.String
	if !field.ReadASN1(&wrapped, cbasn1.Tag(3).Constructed().ContextSpecific()) || !wrapped.ReadASN1(&list, cbasn1.SEQUENCE) {
		return false
	}
	ok := true
	b.AddASN1(cbasn1.Tag(3).Constructed().ContextSpecific(), func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for ok && !list.Empty() {
				var extension, inside cryptobyte.String
				var oid asn1.ObjectIdentifier
				if ok = list.ReadASN1Element(&extension, cbasn1.SEQUENCE); !ok {
					return
				}
				copied := extension
				ok = copied.ReadASN1(&inside, cbasn1.SEQUENCE) && inside.ReadASN1ObjectIdentifier(&oid)
				if ok && !oid.Equal(oidSCTList) {
					b.AddBytes(extension)
				}
			}
		})
	})
	return ok
}

// embeddedSCTs reads the timestamps embedded in a certificate. A list that cannot
// be read counts as none: it proves nothing.
func embeddedSCTs(c *x509.Certificate) []sct {
	for _, ext := range c.Extensions {
		if ext.Id.Equal(oidSCTList) {
			return parseSCTList(ext.Value)
		}
	}
	return nil
}

// parseSCTList reads a SignedCertificateTimestampList in its OCTET STRING (RFC
// 6962 section 3.3); nil where the form is wrong.
func parseSCTList(der []byte) []sct {
	outer, octets, list := cryptobyte.String(der), cryptobyte.String(nil), cryptobyte.String(nil)
	if !outer.ReadASN1(&octets, cbasn1.OCTET_STRING) || !outer.Empty() ||
		!octets.ReadUint16LengthPrefixed(&list) || !octets.Empty() {
		return nil
	}
	var out []sct
	for !list.Empty() && len(out) < maxSCTs {
		var raw cryptobyte.String
		if !list.ReadUint16LengthPrefixed(&raw) {
			return nil
		}
		s, ok := parseSCT(raw)
		if !ok {
			return nil
		}
		out = append(out, s)
	}
	return out
}

// parseSCT reads one timestamp of version 1: log, time, extensions, algorithm,
// signature.
func parseSCT(raw []byte) (sct, bool) {
	var out sct
	var version uint8
	var algorithm uint16
	var id []byte
	var extensions, signature cryptobyte.String
	in := cryptobyte.String(raw)
	ok := in.ReadUint8(&version) && version == 0 && in.ReadBytes(&id, sha256.Size) && in.ReadUint64(&out.timestamp) &&
		in.ReadUint16LengthPrefixed(&extensions) && in.ReadUint16(&algorithm) && in.ReadUint16LengthPrefixed(&signature) && in.Empty()
	copy(out.logID[:], id)
	out.extensions, out.signature = extensions, signature
	return out, ok
}
