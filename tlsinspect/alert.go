package tlsinspect

import (
	"crypto/tls"
	"encoding/binary"
	"strings"

	"pullpath/internal/evidence"
)

// Parts of a TLS record (RFC 8446 section 5.1) and of an alert (section 6).
const (
	recordHeader = 5
	recordAlert  = 21
	levelWarning = 1
	// changeCipher is the record after which TLS 1.2 and older are encrypted.
	changeCipher = 20
	alertBytes   = 2
	// closeNotify is the regular end of a connection, not a complaint.
	closeNotify = 0
)

// maxWarnings bounds the alerts that are kept of one handshake. A server sends
// one.
const maxWarnings = 4

// warnings returns the alerts of level warning among a peer's first bytes. crypto/tls
// passes them over (conn.go, readRecordOrCCS), and what follows is a bare end of
// the connection: only these bytes say why.
func warnings(received []byte) []evidence.Alerted {
	var out []evidence.Alerted
	for len(received) >= recordHeader && len(out) < maxWarnings {
		kind, size := received[0], int(binary.BigEndian.Uint16(received[3:]))
		received = received[recordHeader:]
		if size > len(received) || kind == changeCipher {
			break
		}
		body := received[:size]
		received = received[size:]
		if kind == recordAlert && size == alertBytes && body[0] == levelWarning && body[1] != closeNotify {
			out = append(out, evidence.Alerted{Number: int(body[1]), Name: alertName(body[1])})
		}
	}
	return out
}

// alertName is crypto/tls's name of an alert.
func alertName(number byte) string {
	return strings.TrimPrefix(tls.AlertError(number).Error(), "tls: ")
}
