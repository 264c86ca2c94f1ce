package tlsinspect

import (
	"crypto/tls"

	"golang.org/x/crypto/cryptobyte"

	"pullpath/internal/evidence"
)

// Messages of a handshake (RFC 8446 section 4).
const (
	messageFinished  = 20
	messageKeyUpdate = 24
)

// Opened is what one side said inside TLS.
type Opened struct {
	// Data is the application's, as far as it could be opened; Marks say where in the sealed stream
	// its parts stand.
	Data  []byte
	Marks []Mark
	// Alert is the last alert other than the regular end of the connection, nil for none.
	Alert *evidence.Alerted

	handshake []byte
	// opened means that the secret of the data is in use.
	opened bool
}

// Mark is a place in the data and in the sealed stream.
type Mark struct{ Data, Sealed int64 }

// SealedAt is the place in the sealed stream of a place in the data.
func (o *Opened) SealedAt(data int64) int64 {
	sealed := int64(0)
	for _, m := range o.Marks {
		if m.Data > data {
			break
		}
		sealed = m.Sealed
	}
	return sealed
}

// open opens what both sides sealed, with the secrets of a key log, and reads the server's chain in
// it.
func (o *Overheard) open(keys *KeyLog, up, down []record) {
	known := keys.secrets[string(o.ClientRandom)]
	s, ok := suiteOf(o.Suite)
	if known == nil || !ok || !o.Answered {
		return
	}
	if o.VersionNumber >= tls.VersionTLS13 {
		o.Up = openModern(s, known["CLIENT_HANDSHAKE_TRAFFIC_SECRET"], known["CLIENT_TRAFFIC_SECRET_0"], up)
		o.Down = openModern(s, known["SERVER_HANDSHAKE_TRAFFIC_SECRET"], known["SERVER_TRAFFIC_SECRET_0"], down)
	} else if master := known["CLIENT_RANDOM"]; master != nil {
		client, server := s.olderOpeners(master, o.ClientRandom, o.ServerRandom)
		o.Up, o.Down = openOlder(client, up), openOlder(server, down)
	}
	if o.Down != nil {
		o.sealedChain()
	}
	if o.Up != nil && o.Up.Alert != nil && len(o.Up.Data) == 0 {
		o.ByClient, o.Finished, o.ClientAlerted = o.Up.Alert, false, false
	}
}

// openModern opens the records of one side of TLS 1.3: those of the handshake, then the data.
func openModern(s suite, handshake, traffic []byte, list []record) *Opened {
	current := s.modernOpener(handshake)
	if current == nil {
		return nil
	}
	out, at, finished := &Opened{}, int64(0), false
	for _, r := range list {
		begins := at
		at += recordHeader + int64(r.length)
		if r.kind != recordData || !r.whole {
			continue
		}
		plain, kind, ok := current.open(r)
		if !ok {
			return out // sealed by what the log does not have
		}
		if kind == recordHandshake && finished {
			if hasMessage(plain, messageKeyUpdate) {
				return out // what follows is sealed by secrets that no log has
			}
			continue // tickets
		}
		out.take(plain, kind, begins)
		if finished = finished || hasMessage(out.handshake, messageFinished); finished && current.seq > 0 && !out.opened {
			next := s.modernOpener(traffic)
			if next == nil {
				return out
			}
			current, out.opened = next, true
		}
	}
	return out
}

// openOlder opens those of TLS 1.2, which begin behind the change of the cipher.
func openOlder(with *opener, list []record) *Opened {
	if with == nil {
		return nil
	}
	out, at, sealed := &Opened{}, int64(0), false
	for _, r := range list {
		begins := at
		at += recordHeader + int64(r.length)
		if r.kind == changeCipher {
			sealed = true
			continue
		}
		if !sealed || !r.whole {
			continue
		}
		plain, kind, ok := with.open(r)
		if !ok {
			return out
		}
		if kind != recordHandshake {
			out.take(plain, kind, begins)
		}
	}
	return out
}

// take keeps what was in a record.
func (o *Opened) take(plain []byte, kind byte, sealed int64) {
	switch kind {
	case recordData:
		o.Marks = append(o.Marks, Mark{int64(len(o.Data)), sealed})
		o.Data = append(o.Data, plain...)
	case recordHandshake:
		o.handshake = append(o.handshake, plain...)
	case recordAlert:
		if len(plain) == alertBytes && plain[1] != closeNotify {
			o.Alert = &evidence.Alerted{Number: int(plain[1]), Name: alertName(plain[1])}
		}
	}
}

// hasMessage reports whether a message of a kind is among those of a handshake, whole.
func hasMessage(data []byte, wanted uint8) bool {
	in := cryptobyte.String(data)
	for len(in) > 0 {
		var kind uint8
		var body cryptobyte.String
		if !in.ReadUint8(&kind) || !in.ReadUint24LengthPrefixed(&body) {
			return false
		}
		if kind == wanted {
			return true
		}
	}
	return false
}

// sealedChain reads the server's certificates, which TLS 1.3 encrypts (RFC 8446 section 4.4.2).
func (o *Overheard) sealedChain() {
	in := cryptobyte.String(o.Down.handshake)
	for len(in) > 0 && o.Chain == nil {
		var kind uint8
		var body, context, list cryptobyte.String
		if !in.ReadUint8(&kind) || !in.ReadUint24LengthPrefixed(&body) {
			return
		}
		switch kind {
		case messageRequest:
			o.Detail.ClientCertificate = &evidence.CertificateRequest{}
		case messageCertificate:
			if !body.ReadUint8LengthPrefixed(&context) || !body.ReadUint24LengthPrefixed(&list) {
				return
			}
			for len(list) > 0 && len(o.Chain) < maxChain {
				var der, extensions cryptobyte.String
				if !list.ReadUint24LengthPrefixed(&der) || !list.ReadUint16LengthPrefixed(&extensions) {
					return
				}
				o.Chain = append(o.Chain, der)
			}
		}
	}
}
