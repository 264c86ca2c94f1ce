package capture

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// The first bytes of the forms: pcap in both byte orders with microseconds and nanoseconds
// (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html), pcapng's section header
// (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html), and gzip (RFC 1952).
var (
	pcapMagics  = []uint32{0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1}
	pcapngMagic = []byte{0x0a, 0x0d, 0x0d, 0x0a}
	gzipMagic   = []byte{0x1f, 0x8b}
)

// Is reports whether a file that begins so is a capture, or a packed one. head may be longer than
// is needed; 64 KiB of a packed file are enough.
func Is(head []byte) bool {
	if bytes.HasPrefix(head, gzipMagic) {
		in, err := gzip.NewReader(bytes.NewReader(head))
		if err != nil {
			return false
		}
		inner := make([]byte, 4)
		if _, err := io.ReadFull(in, inner); err != nil {
			return false
		}
		return isPlain(inner)
	}
	return isPlain(head)
}

func isPlain(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	for _, magic := range pcapMagics {
		if binary.LittleEndian.Uint32(head) == magic {
			return true
		}
	}
	return bytes.HasPrefix(head, pcapngMagic)
}

// frame is a captured frame. Its bytes are valid until the next one is read.
type frame struct {
	no   int
	at   time.Time
	link layers.LinkType
	data []byte
}

// frames reads a file frame by frame.
type frames struct {
	read func() ([]byte, gopacket.CaptureInfo, error)
	link func(gopacket.CaptureInfo) layers.LinkType
	// secrets are key logs inside the file (decryption secrets blocks of pcapng).
	secrets *secretBlocks
	no      int
}

// ErrNoCapture says that a file is neither pcap nor pcapng.
var ErrNoCapture = errors.New("neither pcap nor pcapng")

// open begins with a file.
func open(in io.Reader) (*frames, error) {
	buffered := bufio.NewReaderSize(in, readAhead)
	head, err := buffered.Peek(4)
	if bytes.HasPrefix(head, gzipMagic) {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("unpack it: %w", err)
		}
		buffered = bufio.NewReaderSize(unpacked, readAhead)
		head, _ = buffered.Peek(4) // what is shorter is none
	} else if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, pcapngMagic):
		return openNew(buffered)
	case isPlain(head):
		return openOld(buffered)
	}
	return nil, ErrNoCapture
}

// readAhead is how much of a file is read at once, in bytes: reading a large file is then no
// longer what takes the time (measured: 32 times the packets of 4 KiB per call).
const readAhead = 256 << 10

func openOld(in io.Reader) (*frames, error) {
	r, err := pcapgo.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("its head cannot be read: %w", err)
	}
	link := r.LinkType() & 0xffff // the upper half has the length of the frame check sequence
	return &frames{read: r.ZeroCopyReadPacketData, link: func(gopacket.CaptureInfo) layers.LinkType { return link }}, nil
}

func openNew(in io.Reader) (*frames, error) {
	secrets := &secretBlocks{in: in}
	r, err := pcapgo.NewNgReader(secrets, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	if err != nil {
		return nil, fmt.Errorf("its head cannot be read: %w", err)
	}
	return &frames{read: r.ZeroCopyReadPacketData, secrets: secrets, link: func(ci gopacket.CaptureInfo) layers.LinkType {
		if len(ci.AncillaryData) > 0 {
			if link, ok := ci.AncillaryData[0].(layers.LinkType); ok {
				return link
			}
		}
		return layers.LinkTypeNull
	}}, nil
}

// next returns the next frame, io.EOF at the end. Another error ends the reading: what is behind
// it cannot be found any more.
func (f *frames) next() (frame, error) {
	data, ci, err := f.read()
	if err != nil {
		return frame{}, err
	}
	f.no++
	return frame{no: f.no, at: ci.Timestamp, link: f.link(ci), data: data}, nil
}
