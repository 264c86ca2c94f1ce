package mockproxy

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
)

// blob is something that a registry can serve, as often as it is asked for.
type blob interface {
	// open is the content from its beginning.
	open() io.ReadCloser
	size() int64
}

// held is a blob in memory.
type held []byte

func (h held) open() io.ReadCloser { return io.NopCloser(bytes.NewReader(h)) }
func (h held) size() int64         { return int64(len(h)) }

// generated is a layer that is made anew each time it is read, and never held: a
// tar archive with one file of noise, which does not compress, in gzip.
type generated struct{ content, packed int64 }

func (g generated) size() int64 { return g.packed }

func (g generated) open() io.ReadCloser {
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(g.write(w, io.Discard)) }()
	return r
}

// write writes the compressed layer, and besides what is in it.
func (g generated) write(packed, raw io.Writer) error {
	// Stored, not compressed: the mock shall be as fast as the wire.
	z, err := gzip.NewWriterLevel(packed, gzip.NoCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(io.MultiWriter(z, raw))
	if err := archive.WriteHeader(&tar.Header{Name: "var/pullpath-mock", Mode: 0o644, Size: g.content}); err != nil {
		return err
	}
	// The same noise each time: it is not for keeping anything secret.
	if _, err := io.CopyN(archive, rand.NewChaCha8([32]byte([]byte("pullpath mock layer, same noise."))), g.content); err != nil {
		return err
	}
	return errors.Join(archive.Close(), z.Close())
}

// madeLayer is a layer with its digest and the digest of what is in it.
type madeLayer struct {
	blob
	sum, diffID string
}

// newGenerated measures a layer with so many bytes of content. The layer itself is
// somewhat larger.
func newGenerated(content int64) (madeLayer, error) {
	g := generated{content: content}
	packed, raw, count := sha256.New(), sha256.New(), new(counter)
	if err := g.write(io.MultiWriter(packed, count), raw); err != nil {
		return madeLayer{}, err
	}
	g.packed = int64(*count)
	return madeLayer{g, "sha256:" + hex.EncodeToString(packed.Sum(nil)), "sha256:" + hex.EncodeToString(raw.Sum(nil))}, nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// seeking makes a blob seekable for http.ServeContent: to read from further on, it
// reads what is before and drops it.
type seeking struct {
	blob blob
	at   int64
	from io.ReadCloser
	// done is how much of from was read.
	done int64
}

// Seek is io.Seeker's.
func (s *seeking) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.blob.size()
	}
	if offset < 0 {
		return 0, errors.New("before the beginning")
	}
	s.at = offset
	return offset, nil
}

// Read is io.Reader's.
func (s *seeking) Read(p []byte) (int, error) {
	if s.from == nil || s.done > s.at {
		s.Close()
		s.from, s.done = s.blob.open(), 0
	}
	if s.done < s.at {
		n, err := io.CopyN(io.Discard, s.from, s.at-s.done)
		s.done += n
		if err != nil {
			return 0, err
		}
	}
	n, err := s.from.Read(p)
	s.at, s.done = s.at+int64(n), s.done+int64(n)
	return n, err
}

// Close ends the reading.
func (s *seeking) Close() {
	if s.from != nil {
		_ = s.from.Close()
	}
	s.from = nil
}
