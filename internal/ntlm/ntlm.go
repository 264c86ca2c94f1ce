// Package ntlm is the server's side of NTLM over HTTP (MS-NLMP), for made-up
// proxies and the helper of a real one: it makes a challenge and checks the
// answer to it. NTLMv2 over Unicode alone; no signing, no sealing.
//
// It serves tests and the mock. NTLM is broken as a protection of anything.
package ntlm

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //nolint:staticcheck // NTLM's password hash is MD4 (MS-NLMP 3.3.2)
)

// Challenge is what a client has to answer.
type Challenge struct{ nonce [8]byte }

const (
	signature = "NTLMSSP\x00"
	// Flags of MS-NLMP 2.2.2.5: Unicode, request target, NTLM, target type
	// domain, extended session security, target info, 128 bit.
	flags = 0x00000001 | 0x00000004 | 0x00000200 | 0x00010000 | 0x00080000 | 0x00800000 | 0x20000000
	// domain is the made-up domain that the challenge names.
	domain = "MOCK"

	typeNegotiate    = 1
	typeChallenge    = 2
	typeAuthenticate = 3
)

// errMessage is the error for bytes that are not an NTLM message.
var errMessage = errors.New("not an NTLM message")

// IsNegotiate reports whether a message is a client's first.
func IsNegotiate(message []byte) bool { return kind(message) == typeNegotiate }

func kind(message []byte) uint32 {
	if len(message) < 12 || !bytes.HasPrefix(message, []byte(signature)) {
		return 0
	}
	return binary.LittleEndian.Uint32(message[8:])
}

// New makes a challenge.
func New() (Challenge, error) {
	var c Challenge
	_, err := rand.Read(c.nonce[:])
	return c, err
}

// Message returns the challenge on the wire (MS-NLMP 2.2.1.2).
func (c Challenge) Message() []byte {
	const header = 48
	target, info := utf16le(domain), targetInfo()
	b := append([]byte(signature), make([]byte, header-len(signature))...)
	binary.LittleEndian.PutUint32(b[8:], typeChallenge)
	field(b[12:], len(target), header)
	binary.LittleEndian.PutUint32(b[20:], flags)
	copy(b[24:], c.nonce[:])
	field(b[40:], len(info), header+len(target))
	return append(append(b, target...), info...)
}

// targetInfo has the domain's name and the end mark (MS-NLMP 2.2.2.1).
func targetInfo() []byte {
	const nbDomainName = 2
	name := utf16le(domain)
	b := binary.LittleEndian.AppendUint16(nil, nbDomainName)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(name)))
	return append(append(b, name...), 0, 0, 0, 0)
}

func field(b []byte, length, offset int) {
	binary.LittleEndian.PutUint16(b, uint16(length))
	binary.LittleEndian.PutUint16(b[2:], uint16(length))
	binary.LittleEndian.PutUint32(b[4:], uint32(offset))
}

// Verify checks a client's answer and returns the user's name. The password is
// looked up by that name; a user without one is refused.
func (c Challenge) Verify(message []byte, password func(user string) (string, bool)) (string, error) {
	if kind(message) != typeAuthenticate || len(message) < 44 {
		return "", errMessage
	}
	response, ok1 := payload(message, 20)
	inDomain, ok2 := payload(message, 28)
	name, ok3 := payload(message, 36)
	if !ok1 || !ok2 || !ok3 || len(response) < md5.Size {
		return "", errMessage
	}
	user := fromUTF16(name)
	secret, known := password(user)
	if !known {
		return user, fmt.Errorf("no user %q", user)
	}
	hash := md4.New()
	hash.Write(utf16le(secret))
	key := mac(hash.Sum(nil), utf16le(strings.ToUpper(user)), inDomain)
	if !hmac.Equal(response[:md5.Size], mac(key, c.nonce[:], response[md5.Size:])) {
		return user, errors.New("wrong password")
	}
	return user, nil
}

// payload returns what the field at an offset points to.
func payload(message []byte, at int) ([]byte, bool) {
	length := int(binary.LittleEndian.Uint16(message[at:]))
	offset := int(binary.LittleEndian.Uint32(message[at+4:]))
	if offset > len(message) || length > len(message)-offset {
		return nil, false
	}
	return message[offset : offset+length], true
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func utf16le(s string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

func fromUTF16(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}
