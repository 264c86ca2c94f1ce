package tlsinspect

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"pullpath/internal/evidence"
)

// Of the record and handshake layers (RFC 8446 sections 5.1 and 4; a Certificate
// message in clear is that of TLS 1.2, RFC 5246 section 7.4.2).
const (
	recordHandshake    = 22
	messageCertificate = 11
)

// certificateMessage finds the certificates in what a TLS 1.2 server has sent; nil
// where its Certificate message is not whole, or encrypted as in TLS 1.3.
func certificateMessage(stream []byte) [][]byte {
	in := cryptobyte.String(handshakeBytes(stream))
	for !in.Empty() {
		var kind uint8
		var body cryptobyte.String
		if !in.ReadUint8(&kind) || !in.ReadUint24LengthPrefixed(&body) {
			return nil
		}
		if kind == messageCertificate {
			return certificateList(body)
		}
	}
	return nil
}

// handshakeBytes joins the handshake records at the beginning of a stream.
func handshakeBytes(stream []byte) []byte {
	var out []byte
	in := cryptobyte.String(stream)
	for {
		var kind uint8
		var version uint16
		var fragment cryptobyte.String
		if !in.ReadUint8(&kind) || kind != recordHandshake || !in.ReadUint16(&version) || !in.ReadUint16LengthPrefixed(&fragment) {
			return out
		}
		out = append(out, fragment...)
	}
}

func certificateList(body cryptobyte.String) [][]byte {
	var list cryptobyte.String
	if !body.ReadUint24LengthPrefixed(&list) || !body.Empty() {
		return nil
	}
	var out [][]byte
	for !list.Empty() && len(out) < maxChain {
		var der cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&der) {
			return nil
		}
		out = append(out, der)
	}
	return out
}

// unparsed describes certificates of which crypto/x509 refuses one at least.
func (o Options) unparsed(ders [][]byte) []evidence.Certificate {
	var out []evidence.Certificate
	for _, der := range ders {
		if cert, err := x509.ParseCertificate(der); err == nil {
			out = append(out, o.certificate(cert))
		} else {
			out = append(out, o.leniently(der, err))
		}
	}
	return out
}

// looseTBS is a TBSCertificate (RFC 5280 section 4.1) whose parts are read one by
// one, so that one that is wrong does not hide the others.
type looseTBS struct {
	Raw                      asn1.RawContent
	Version                  int `asn1:"optional,explicit,default:0,tag:0"`
	Serial                   *big.Int
	Algorithm                asn1.RawValue
	Issuer                   asn1.RawValue
	Validity                 asn1.RawValue
	Subject                  asn1.RawValue
	PublicKey                asn1.RawValue
	IssuerUnique, SubjectUID asn1.BitString   `asn1:"optional,tag:1"`
	Extensions               []pkix.Extension `asn1:"omitempty,optional,explicit,tag:3"`
}

// leniently keeps of a certificate that crypto/x509 refuses what can be read, and
// why it was refused.
func (o Options) leniently(der []byte, refused error) evidence.Certificate {
	sum := sha256.Sum256(der)
	out := evidence.Certificate{SHA256: hex.EncodeToString(sum[:]), Problem: o.Scribe.Text(refused.Error())}
	var whole struct {
		TBS       looseTBS
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &whole); err != nil {
		return out
	}
	tbs := whole.TBS
	subject, issuer := looseName(tbs.Subject), looseName(tbs.Issuer)
	out.Subject, out.SubjectCN, out.SubjectOrg = o.text(subject.String()), o.text(subject.CommonName), o.texts(subject.Organization)
	out.Issuer, out.IssuerCN, out.IssuerOrg = o.text(issuer.String()), o.text(issuer.CommonName), o.texts(issuer.Organization)
	out.Serial = fmt.Sprintf("%x", tbs.Serial)
	key := sha256.Sum256(tbs.PublicKey.FullBytes)
	out.SPKI = hex.EncodeToString(key[:])
	if public, err := x509.ParsePKIXPublicKey(tbs.PublicKey.FullBytes); err == nil {
		out.Key = keyName(&x509.Certificate{PublicKey: public})
	}
	validity := cryptobyte.String(tbs.Validity.Bytes)
	out.NotBefore, out.NotAfter = looseTime(&validity), looseTime(&validity)
	out.Names = o.looseNames(tbs.Extensions)
	return out
}

func looseName(raw asn1.RawValue) pkix.Name {
	var sequence pkix.RDNSequence
	var out pkix.Name
	if _, err := asn1.Unmarshal(raw.FullBytes, &sequence); err == nil {
		out.FillFromRDNSequence(&sequence)
	}
	return out
}

// looseTime reads a time of either form (RFC 5280 section 4.1.2.5), the zero time
// where it is neither.
func looseTime(in *cryptobyte.String) time.Time {
	var out time.Time
	switch {
	case in.PeekASN1Tag(cbasn1.UTCTime):
		in.ReadASN1UTCTime(&out)
	case in.PeekASN1Tag(cbasn1.GeneralizedTime):
		in.ReadASN1GeneralizedTime(&out)
	}
	return out.UTC()
}

// looseNames reads the DNS names of the subject alternative name (RFC 5280 section
// 4.2.1.6).
func (o Options) looseNames(extensions []pkix.Extension) []string {
	var out []string
	for _, e := range extensions {
		if !e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 17}) {
			continue
		}
		in, names := cryptobyte.String(e.Value), cryptobyte.String(nil)
		if !in.ReadASN1(&names, cbasn1.SEQUENCE) {
			return out
		}
		for !names.Empty() && len(out) < maxNames {
			var value cryptobyte.String
			var tag cbasn1.Tag
			if !names.ReadAnyASN1(&value, &tag) {
				return out
			}
			if tag == cbasn1.Tag(2).ContextSpecific() {
				out = append(out, o.text(string(value)))
			}
		}
	}
	return out
}
