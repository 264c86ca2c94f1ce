package tlsinspect

import (
	"crypto/tls"
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"

	"pullpath/internal/evidence"
)

// Of the record and handshake layers (RFC 8446 sections 4 and 5.1, RFC 5246 section 7.4).
const (
	recordData         = 23
	messageClientHello = 1
	messageServerHello = 2
	messageRequest     = 13
	// encryptedAlert is the length of an alert of TLS 1.3 as it is sent: two bytes, one for its
	// kind, and the code of the suites in use, 16 bytes. No other message is as short: a Finished
	// has 32 bytes at least.
	encryptedAlert = alertBytes + 1 + 16
)

// Extensions (RFC 8446 section 4.2, RFC 6066, RFC 7301).
const (
	extensionName     = 0
	extensionGroups   = 10
	extensionALPN     = 16
	extensionVersions = 43
	extensionKeyShare = 51
)

// helloRetry is the random of a ServerHello that asks for another ClientHello (RFC 8446 section
// 4.1.3).
var helloRetry = [32]byte{0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c}

// Overheard is what the streams of a connection show of a handshake that others made.
type Overheard struct {
	// Hello means that the client's stream begins with a ClientHello; Whole that all of it is there.
	Hello, Whole bool
	// Detail is what was offered, agreed and presented, as far as it was sent in clear.
	Detail evidence.Handshake
	// Chain is the presented chain as it came, nil where it was encrypted (TLS 1.3) or not whole.
	Chain [][]byte
	// Plain means that the server's first bytes are no TLS record.
	Plain bool
	// Answered means that a ServerHello came, Encrypted that the server sent encrypted records, and
	// Finished that the client did so with more than an alert: it accepted the server.
	Answered, Encrypted, Finished bool
	// ByClient is the fatal alert of the client in clear, nil for none; ByServer likewise.
	ByClient, ByServer *evidence.Alerted
	// ClientAlerted means that the client's first encrypted record is an alert: it went no further
	// after the server's certificate. ServerAlerted means the same of the server's last record.
	ClientAlerted, ServerAlerted bool
	// ClientLeft means that behind the handshake the client said no more than an alert: it asked for
	// nothing, and ended the connection itself.
	ClientLeft bool
	// Up and Down are what the two said inside, nil where no key log has the connection.
	Up, Down *Opened
	// ClientRandom and ServerRandom name the connection in a key log.
	ClientRandom, ServerRandom []byte
	// Suite and VersionNumber are those that were agreed, 0 for none.
	Suite, VersionNumber uint16
}

// Overhear reads the handshake in what a client sent and received. The streams may be cut
// anywhere; what is behind the cut is left out. Chains are judged by opts as those of a handshake
// of our own; the failure is the one that a client with its store would report.
func Overhear(sent, received []byte, opts Options) (Overheard, *evidence.Failure) {
	var o Overheard
	up, down := records(sent), records(received)
	o.client(up)
	if !o.Hello {
		return o, nil
	}
	opts.ServerName = o.Detail.ServerName
	o.Detail.BytesSent, o.Detail.BytesReceived = int64(len(sent)), int64(len(received))
	o.Detail.Warnings = warnings(received)
	o.server(opts, down, received)
	o.after(up, down)
	if !opts.Keys.Empty() {
		o.open(opts.Keys, up, down)
	}
	return o, o.judged(opts)
}

// record is one of a stream; whole is false for the last where it is cut.
type record struct {
	kind   byte
	body   []byte
	length int
	whole  bool
}

// records takes a stream apart, up to what is no record.
func records(stream []byte) []record {
	var out []record
	for len(stream) >= recordHeader && stream[0] >= changeCipher && stream[0] <= recordData && stream[1] == 3 {
		n := int(binary.BigEndian.Uint16(stream[3:]))
		body := stream[recordHeader:]
		out = append(out, record{kind: stream[0], body: body[:min(n, len(body))], length: n, whole: n <= len(body)})
		if n > len(body) {
			break
		}
		stream = body[n:]
	}
	return out
}

// messages joins the handshake messages in clear at the beginning of records.
func messages(list []record) cryptobyte.String {
	var out []byte
	for _, r := range list {
		if r.kind != recordHandshake {
			break
		}
		out = append(out, r.body...)
	}
	return out
}

// client reads the ClientHello.
func (o *Overheard) client(up []record) {
	if len(up) == 0 || up[0].kind != recordHandshake || len(up[0].body) == 0 || up[0].body[0] != messageClientHello {
		return
	}
	o.Hello = true
	in := messages(up)
	var kind uint8
	var length uint32
	if !in.ReadUint8(&kind) || !in.ReadUint24(&length) {
		return
	}
	o.Detail.HelloBytes = int64(length) + 4 + recordHeader
	o.Whole = uint32(len(in)) >= length
	body := in[:min(int(length), len(in))]
	var version uint16
	var random []byte
	var id, suites, methods, extensions cryptobyte.String
	if !body.ReadUint16(&version) || !body.ReadBytes(&random, 32) {
		return
	}
	o.ClientRandom = random
	if !body.ReadUint8LengthPrefixed(&id) || !body.ReadUint16LengthPrefixed(&suites) || !body.ReadUint8LengthPrefixed(&methods) ||
		len(body) < 2 {
		return
	}
	body.Skip(2)
	extensions = body // read as far as it is there
	for len(extensions) > 0 {
		var number uint16
		var value cryptobyte.String
		if !extensions.ReadUint16(&number) || !extensions.ReadUint16LengthPrefixed(&value) {
			return
		}
		o.offered(number, value)
	}
}

// offered reads an extension of the ClientHello.
func (o *Overheard) offered(number uint16, value cryptobyte.String) {
	var list cryptobyte.String
	switch number {
	case extensionName:
		var kind uint8
		var name cryptobyte.String
		if value.ReadUint16LengthPrefixed(&list) && list.ReadUint8(&kind) && list.ReadUint16LengthPrefixed(&name) && kind == 0 {
			o.Detail.ServerName = string(name)
		}
	case extensionGroups:
		if !value.ReadUint16LengthPrefixed(&list) {
			return
		}
		for group := uint16(0); list.ReadUint16(&group); {
			if group&0x0f0f != 0x0a0a { // one of GREASE (RFC 8701)
				o.Detail.Groups = append(o.Detail.Groups, tls.CurveID(group).String())
			}
		}
	}
}

// server reads what the server answered in clear.
func (o *Overheard) server(opts Options, down []record, received []byte) {
	if len(received) == 0 {
		return
	}
	if len(down) == 0 {
		if received[0] < changeCipher || received[0] > recordData || len(received) > 1 && received[1] != 3 {
			o.Plain = true
			o.Detail.FirstBytes = opts.Scribe.FirstBytes(received[:min(len(received), maxTee)])
		}
		return
	}
	in := messages(withoutRetry(down))
	for len(in) > 0 {
		var kind uint8
		var body cryptobyte.String
		if !in.ReadUint8(&kind) || !in.ReadUint24LengthPrefixed(&body) {
			break
		}
		switch kind {
		case messageServerHello:
			o.agreed(body)
		case messageCertificate:
			o.Chain = certificateList(body)
		case messageRequest:
			o.Detail.ClientCertificate = &evidence.CertificateRequest{}
		}
	}
	o.Detail.ServerName = opts.text(o.Detail.ServerName)
}

// withoutRetry leaves out a wish for another ClientHello, and the change of the cipher that goes
// with it for the sake of middleboxes (RFC 8446 appendix D.4).
func withoutRetry(down []record) []record {
	const random = 4 + 2 // behind kind, length and version
	if first := down[0].body; down[0].kind != recordHandshake || len(first) < random+32 || [32]byte(first[random:random+32]) != helloRetry {
		return down
	}
	down = down[1:]
	if len(down) > 0 && down[0].kind == changeCipher {
		down = down[1:]
	}
	return down
}

// agreed reads a ServerHello.
func (o *Overheard) agreed(body cryptobyte.String) {
	var version, suite uint16
	var random []byte
	var id, extensions cryptobyte.String
	var method uint8
	if !body.ReadUint16(&version) || !body.ReadBytes(&random, 32) || !body.ReadUint8LengthPrefixed(&id) || !body.ReadUint16(&suite) ||
		!body.ReadUint8(&method) {
		return
	}
	o.Answered, o.ServerRandom, o.Suite = true, random, suite
	if len(body) > 2 && body.ReadUint16LengthPrefixed(&extensions) {
		for len(extensions) > 0 {
			var number uint16
			var value cryptobyte.String
			if !extensions.ReadUint16(&number) || !extensions.ReadUint16LengthPrefixed(&value) {
				break
			}
			version = o.chosen(number, value, version)
		}
	}
	o.VersionNumber = version
	o.Detail.Version, o.Detail.Cipher = tls.VersionName(version), tls.CipherSuiteName(suite)
}

// chosen reads an extension of the ServerHello and returns the version that holds with it.
func (o *Overheard) chosen(number uint16, value cryptobyte.String, version uint16) uint16 {
	var list, name cryptobyte.String
	var n uint16
	switch number {
	case extensionVersions:
		if value.ReadUint16(&n) {
			return n
		}
	case extensionKeyShare:
		if value.ReadUint16(&n) {
			o.Detail.Curve = tls.CurveID(n).String()
		}
	case extensionALPN:
		if value.ReadUint16LengthPrefixed(&list) && list.ReadUint8LengthPrefixed(&name) {
			o.Detail.ALPN = string(name)
		}
	}
	return version
}

// after reads what followed: alerts, and how far the two went.
func (o *Overheard) after(up, down []record) {
	o.ByClient, o.ByServer = alertIn(up), alertIn(down)
	if o.ByServer != nil {
		o.Detail.Alert, o.Detail.AlertName = o.ByServer.Number, o.ByServer.Name
	}
	first, encrypted := encryptedIn(up, o.VersionNumber)
	last, serverEncrypted := lastEncrypted(down, o.VersionNumber)
	o.Encrypted = serverEncrypted
	if !encrypted || !o.Answered {
		return
	}
	modern := o.VersionNumber >= tls.VersionTLS13
	o.ClientAlerted = modern && first.length == encryptedAlert
	o.Finished = serverEncrypted && !o.ClientAlerted
	o.ServerAlerted = o.Finished && modern && last.length == encryptedAlert
	o.ClientLeft = o.Finished && modern && saidOnlyAlert(up)
}

// saidOnlyAlert reports whether the client's encrypted records are its Finished and an alert, in TLS 1.3.
func saidOnlyAlert(up []record) bool {
	const finishedAndAlert = 2
	var last record
	n := 0
	for _, r := range up {
		if r.kind == recordData {
			last = r
			n++
		}
	}
	return n == finishedAndAlert && last.length == encryptedAlert
}

// alertIn returns the fatal alert in clear among records, nil for none.
func alertIn(list []record) *evidence.Alerted {
	for _, r := range list {
		if r.kind == changeCipher || r.kind == recordData {
			return nil
		}
		if r.kind == recordAlert && len(r.body) == alertBytes && r.length == alertBytes && r.body[0] != levelWarning {
			return &evidence.Alerted{Number: int(r.body[1]), Name: alertName(r.body[1])}
		}
	}
	return nil
}

// encryptedIn returns the first encrypted record: in TLS 1.3 one of data, before it what follows
// the change of the cipher.
func encryptedIn(list []record, version uint16) (record, bool) {
	for i, r := range list {
		if version >= tls.VersionTLS13 && r.kind == recordData || version < tls.VersionTLS13 && i > 0 && list[i-1].kind == changeCipher {
			return r, true
		}
	}
	return record{}, false
}

// lastEncrypted returns the last, false where there is none.
func lastEncrypted(list []record, version uint16) (record, bool) {
	if _, any := encryptedIn(list, version); !any {
		return record{}, false
	}
	last := list[len(list)-1]
	return last, last.kind == recordData || version < tls.VersionTLS13
}

// judged describes and judges the chain, and returns what a client with the stores of opts would
// say of it.
func (o *Overheard) judged(opts Options) *evidence.Failure {
	if len(o.Chain) == 0 {
		return nil
	}
	certs := parse(o.Chain)
	if len(certs) < len(o.Chain) {
		o.Detail.Chain = opts.unparsed(o.Chain)
		return evidence.Fail(evidence.MalformedCertificate, "a certificate of the chain cannot be parsed", nil)
	}
	for _, c := range certs[:min(len(certs), maxChain)] {
		o.Detail.Chain = append(o.Detail.Chain, opts.certificate(c))
	}
	o.Detail.SCTs, o.Detail.Timestamps = opts.timestamps(certs, nil)
	o.Detail.LeafKeySigned = leafKeySigned(certs[0])
	return opts.judge(&o.Detail, certs)
}
