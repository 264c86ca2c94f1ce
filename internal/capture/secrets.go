package capture

import (
	"encoding/binary"
	"errors"
	"io"
)

// Blocks of pcapng (draft-ietf-opsawg-pcapng, sections 4.1 and 4.7).
const (
	blockSection = 0x0a0d0d0a
	blockSecrets = 0x0000000a
	orderMagic   = 0x1a2b3c4d
	typeTLSKeys  = 0x544c534b
	blockHead    = 8
	secretsHead  = 8
)

const (
	// maxSecrets bounds the key log that a file may carry, in bytes: a connection has some 600.
	maxSecrets = 16 << 20
	// maxOther bounds a block that is no packet: options of interfaces, names, statistics.
	maxOther = 64 << 20
)

// errBlocks says that the blocks of a file have lengths that cannot be.
var errBlocks = errors.New("a block is larger than any program writes")

// secretBlocks passes a pcapng file on and keeps the key logs in it, which pcapgo leaves out.
type secretBlocks struct {
	in io.Reader
	// keys is what was found.
	keys []byte
	// big is the byte order of the section; head gathers the head of a block, left counts what
	// is left of it, and keep how much of that is a key log.
	big        bool
	head       []byte
	left, keep int64
}

func (s *secretBlocks) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	if problem := s.pass(p[:n]); problem != nil {
		return 0, problem
	}
	return n, err
}

// pass follows the blocks through bytes.
func (s *secretBlocks) pass(p []byte) error {
	for len(p) > 0 {
		if s.left > 0 {
			n := min(int64(len(p)), s.left)
			s.take(p[:n])
			s.left -= n
			p = p[n:]
			continue
		}
		n := min(s.need()-len(s.head), len(p))
		s.head = append(s.head, p[:n]...)
		p = p[n:]
		if len(s.head) == s.need() {
			if err := s.begin(); err != nil {
				return err
			}
		}
	}
	return nil
}

// need is how long the head is of the block that has begun.
func (s *secretBlocks) need() int {
	switch {
	case len(s.head) < blockHead:
		return blockHead
	case s.kind() == blockSection:
		return blockHead + 4
	case s.kind() == blockSecrets:
		return blockHead + secretsHead
	}
	return blockHead
}

func (s *secretBlocks) order() binary.ByteOrder {
	if s.big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func (s *secretBlocks) kind() uint32 { return s.order().Uint32(s.head) }

// begin reads the head of a block.
func (s *secretBlocks) begin() error {
	kind := s.kind()
	if kind == blockSection {
		s.big = binary.BigEndian.Uint32(s.head[blockHead:]) == orderMagic
	}
	length := int64(s.order().Uint32(s.head[4:]))
	s.left = max(length-int64(len(s.head)), 0)
	if length > maxOther {
		return errBlocks
	}
	s.keep = 0
	if kind == blockSecrets && s.order().Uint32(s.head[blockHead:]) == typeTLSKeys {
		s.keep = int64(s.order().Uint32(s.head[blockHead+4:]))
	}
	s.head = s.head[:0]
	return nil
}

// take keeps what is a key log of the bytes of a block.
func (s *secretBlocks) take(p []byte) {
	n := min(int64(len(p)), s.keep)
	s.keep -= n
	if room := maxSecrets - len(s.keys); room > 0 {
		s.keys = append(s.keys, p[:min(n, int64(room))]...)
	}
}
