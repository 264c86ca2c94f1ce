package tlsinspect

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/cryptobyte"
)

// KeyLog has the secrets of connections, as a client writes them for whoever reads its packets
// (SSLKEYLOGFILE, https://www.ietf.org/archive/id/draft-ietf-tls-keylogfile-05.html).
type KeyLog struct {
	// secrets are by the client's random, and its label.
	secrets map[string]map[string][]byte
}

// maxLogged bounds the connections of a key log.
const maxLogged = 100_000

// ReadKeyLog reads a key log. Lines that are none of it are passed over; a log without one that
// counts is empty.
func ReadKeyLog(data []byte) *KeyLog {
	out := &KeyLog{secrets: map[string]map[string][]byte{}}
	in := bufio.NewScanner(bytes.NewReader(data))
	for in.Scan() {
		f := strings.Fields(in.Text())
		if len(f) != 3 {
			continue
		}
		random, err := hex.DecodeString(f[1])
		secret, err2 := hex.DecodeString(f[2])
		if err != nil || err2 != nil || len(random) != 32 || len(secret) == 0 || len(secret) > 64 {
			continue
		}
		known := out.secrets[string(random)]
		if known == nil && len(out.secrets) < maxLogged {
			known = map[string][]byte{}
			out.secrets[string(random)] = known
		}
		if known != nil {
			known[f[0]] = secret
		}
	}
	return out
}

// Empty reports whether it has no secret.
func (l *KeyLog) Empty() bool { return l == nil || len(l.secrets) == 0 }

// suite says how records are sealed.
type suite struct {
	hash   func() hash.Hash
	key    int
	chacha bool
}

// suiteOf returns how a suite seals records, false for one that is not opened: the AEAD suites that
// clients of today agree on are.
func suiteOf(number uint16) (suite, bool) {
	short, long := suite{hash: sha256.New, key: 16}, suite{hash: sha512.New384, key: 32}
	chacha := suite{hash: sha256.New, key: 32, chacha: true}
	s, ok := map[uint16]suite{0x1301: short, 0x1302: long, 0x1303: chacha, 0xc02f: short, 0xc02b: short, 0xc030: long, 0xc02c: long,
		0x009c: short, 0x009d: long, 0x009e: short, 0x009f: long, 0xcca8: chacha, 0xcca9: chacha}[number]
	return s, ok
}

func (s suite) aead(key []byte) (cipher.AEAD, error) {
	if s.chacha {
		return chacha20poly1305.New(key)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// opener opens the records of one direction.
type opener struct {
	suite  suite
	aead   cipher.AEAD
	iv     []byte
	seq    uint64
	modern bool
	// explicit means that a part of the nonce stands in the record (TLS 1.2 with GCM).
	explicit bool
}

// expand is HKDF-Expand-Label (RFC 8446 section 7.1).
func (s suite) expand(secret []byte, label string, length int) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddUint16(uint16(length))
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte("tls13 " + label)) })
	b.AddUint8(0)
	info, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return hkdf.Expand(s.hash, secret, string(info), length)
}

// modernOpener opens records of TLS 1.3 under a traffic secret, nil where there is none.
func (s suite) modernOpener(secret []byte) *opener {
	if secret == nil {
		return nil
	}
	key, err := s.expand(secret, "key", s.key)
	iv, err2 := s.expand(secret, "iv", 12)
	if err != nil || err2 != nil {
		return nil
	}
	aead, err := s.aead(key)
	if err != nil {
		return nil
	}
	return &opener{suite: s, aead: aead, iv: iv, modern: true}
}

// olderOpeners open those of TLS 1.2 under a master secret, of both directions (RFC 5246 section 6.3).
func (s suite) olderOpeners(master, clientRandom, serverRandom []byte) (up, down *opener) {
	ivs := 4
	if s.chacha {
		ivs = 12
	}
	seed := append([]byte("key expansion"), append(bytes.Clone(serverRandom), clientRandom...)...)
	block := s.prf(master, seed, 2*s.key+2*ivs)
	make := func(key, iv []byte) *opener {
		aead, err := s.aead(key)
		if err != nil {
			return nil
		}
		return &opener{suite: s, aead: aead, iv: iv, explicit: !s.chacha}
	}
	rest := block[2*s.key:]
	return make(block[:s.key], rest[:ivs]), make(block[s.key:2*s.key], rest[ivs:])
}

// prf is P_hash (RFC 5246 section 5).
func (s suite) prf(secret, seed []byte, length int) []byte {
	sum := func(parts ...[]byte) []byte {
		h := hmac.New(s.hash, secret)
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	var out []byte
	for a := sum(seed); len(out) < length; a = sum(a) {
		out = append(out, sum(a, seed)...)
	}
	return out[:length]
}

// open opens a record; kind is that of what is inside.
func (o *opener) open(r record) (plain []byte, kind byte, ok bool) {
	nonce, body := bytes.Clone(o.iv), r.body
	var additional []byte
	switch {
	case o.explicit:
		if len(body) < 8+o.aead.Overhead() {
			return nil, 0, false
		}
		nonce, body = append(nonce, body[:8]...), body[8:]
	default:
		for i := range 8 {
			nonce[len(nonce)-1-i] ^= byte(o.seq >> (8 * i))
		}
	}
	if o.modern {
		additional = []byte{recordData, 3, 3, byte(r.length >> 8), byte(r.length)}
	} else {
		additional = binary.BigEndian.AppendUint64(nil, o.seq)
		n := len(body) - o.aead.Overhead()
		additional = append(additional, r.kind, 3, 3, byte(n>>8), byte(n))
	}
	plain, err := o.aead.Open(nil, nonce, body, additional)
	if err != nil {
		return nil, 0, false
	}
	o.seq++
	if !o.modern {
		return plain, r.kind, true
	}
	plain = bytes.TrimRight(plain, "\x00")
	if len(plain) == 0 {
		return nil, 0, false
	}
	return plain[:len(plain)-1], plain[len(plain)-1], true
}
