package capture

import (
	"cmp"
	"slices"
)

const (
	// maxOpen bounds the segments of a stream whose acknowledgement is awaited: more than a window
	// of 1 MiB has.
	maxOpen = 1024
	// maxParts bounds the parts of a stream that came before what is missing in front of them.
	maxParts = 64
	// maxAhead bounds their bytes that are kept, for one side of a connection.
	maxAhead = 128 << 10
)

// stream is the working memory about the bytes of one side.
type stream struct {
	// base is the sequence number of the first byte, known once there was a packet.
	base  uint32
	known bool
	// next is up to where all bytes were seen, parts are what was seen beyond.
	next  int64
	parts []part
	ahead int
	// open are segments that are not acknowledged yet, in the order of their offsets.
	open []sent
}

// part is a stretch of a stream; data is nil where its bytes are not kept.
type part struct {
	from, to int64
	data     []byte
}

// sent is a segment with bytes.
type sent struct {
	from, to int64
	times    int
}

// offset is the place of a sequence number in the stream, near to what was seen of it.
func (s *stream) offset(seq uint32, near int64) int64 {
	return near + int64(int32(seq-(s.base+uint32(near))))
}

// seen reports whether a stretch was seen before, whole.
func (s *stream) seen(from, to int64) bool {
	if to <= s.next {
		return true
	}
	return slices.ContainsFunc(s.parts, func(p part) bool { return p.from <= from && to <= p.to })
}

// add takes a stretch of the stream and returns the bytes that are now whole behind those before,
// as far as they were kept. whole is false where the bytes of a part are missing.
func (s *stream) add(from, to int64, data []byte, keep bool) (added [][]byte, whole bool) {
	if to <= s.next {
		return nil, true
	}
	p := part{from: from, to: to}
	if keep && int64(len(data)) == to-from && s.ahead+len(data) <= maxAhead {
		p.data = data
	}
	if from > s.next {
		s.wait(p)
		return nil, true
	}
	added, whole = s.pass(p, nil)
	for whole && len(s.parts) > 0 && s.parts[0].from <= s.next {
		first := s.parts[0]
		s.parts = s.parts[1:]
		s.ahead -= len(first.data)
		if first.to > s.next {
			added, whole = s.pass(first, added)
		}
	}
	return added, whole
}

// pass goes on over a part that begins where all was seen, or before.
func (s *stream) pass(p part, added [][]byte) ([][]byte, bool) {
	over := s.next - p.from
	s.next = p.to
	if p.data == nil {
		return added, false
	}
	return append(added, p.data[over:]), true
}

// wait keeps a part that came before what is in front of it.
func (s *stream) wait(p part) {
	if p.data != nil {
		p.data = slices.Clone(p.data)
		s.ahead += len(p.data)
	}
	i, _ := slices.BinarySearchFunc(s.parts, p, func(a, b part) int { return cmp.Compare(a.from, b.from) })
	if len(s.parts) < maxParts {
		s.parts = slices.Insert(s.parts, i, p)
	}
}

// hole is how many bytes are missing in front of the first part that came, 0 where none are.
func (s *stream) hole() int64 {
	for _, p := range s.parts {
		if p.from > s.next {
			return p.from - s.next
		}
	}
	return 0
}

// opened notes a segment, and returns how often it was sent now.
func (s *stream) opened(from, to int64) int {
	for i := range s.open {
		if s.open[i].from == from {
			s.open[i].times++
			s.open[i].to = min(s.open[i].to, to)
			return s.open[i].times
		}
	}
	if len(s.open) < maxOpen {
		s.open = append(s.open, sent{from, to, 1})
	}
	return 1
}

// acknowledged takes out what the other side has, and returns the largest segment of it.
func (s *stream) acknowledged(up int64) (largest int) {
	s.open = slices.DeleteFunc(s.open, func(o sent) bool {
		if o.to <= up {
			largest = max(largest, int(o.to-o.from))
			return true
		}
		return false
	})
	return largest
}
