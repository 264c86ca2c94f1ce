package redact

import (
	"bytes"
	"slices"
	"strings"
)

const (
	// window is the length, in bytes of the folded text, of the parts by which a long
	// secret is known: what is shorter may stand in a text by chance.
	window = 16
	// minFolded is the length from which blanks may be missing in a secret: a word of
	// four letters stands in many sentences once their blanks are taken out.
	minFolded = 8
	// maxDense is the length up to which every window is known: no password that a person
	// chose is longer. Of longer ones, tokens of which a run may meet hundreds, only each
	// sparse-th window is, and a piece of 16+8 characters is found for certain.
	maxDense = 4 << 10
	sparse   = 8
	// maxParts is how much of a secret is known by its parts, in bytes: 64 KiB is the
	// longest password that is asked for. What is longer is known as a whole besides.
	maxParts = 64 << 10
)

// index knows the spellings of secrets in the form in which they are looked for.
type index struct {
	// exact are looked for as they are: all that is in them would be folded away.
	exact []string
	// short are looked for with their blanks, squeezed; long without.
	short, long []string
	// parts are the hashes of all windows of the secrets that have one, and filter
	// tells by the upper bits of a hash whether it may be among them.
	parts  map[uint64]struct{}
	filter [1 << 10]uint64
	// begins are the beginnings of secrets up to a window, for a text that was cut.
	begins map[string]struct{}
}

// add takes a spelling in and reports whether it was new.
func (x *index) add(form string) bool {
	known := x.size()
	s := spell(form)
	x.addLayer(s)
	for range maxLayers {
		next, found := s.decoded()
		if !found {
			break
		}
		s = next
	}
	x.addLayer(s)
	return x.size() > known
}

func (x *index) size() int { return len(x.exact) + len(x.short) + len(x.long) + len(x.parts) }

func (x *index) addLayer(s spelled) {
	folded := s.folded(false).text
	switch {
	case len(folded) >= window:
		x.addParts(folded[:min(len(folded), maxParts)])
		if len(folded) > maxParts {
			x.exact = with(x.exact, string(s.text))
		}
	case len(folded) >= minFolded:
		x.long = with(x.long, string(folded))
	default:
		folded = bytes.TrimRight(s.folded(true).text, " ")
		if len(folded) >= minSecret {
			x.short = with(x.short, string(folded))
		} else {
			x.exact = with(x.exact, string(s.text))
		}
	}
	if x.begins == nil {
		x.begins = map[string]struct{}{}
	}
	for n := minSecret; n < min(window, len(folded)); n++ {
		x.begins[string(folded[:n])] = struct{}{}
	}
}

func with(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// base and leaves are those of a polynomial hash modulo 2^64: an odd number without
// pattern, and its power by which the byte that leaves the window counts.
const base uint64 = 0x9e3779b97f4a7c15

func leaves() uint64 {
	power := uint64(1)
	for range window - 1 {
		power *= base
	}
	return power
}

// hashes calls f with the hash of each window of a text and its place.
func hashes(text []byte, f func(hash uint64, at int)) {
	var h uint64
	last := leaves()
	for i, b := range text {
		if i >= window {
			h -= (uint64(text[i-window]) + 1) * last
		}
		h = h*base + uint64(b) + 1
		if i >= window-1 {
			f(h, i-window+1)
		}
	}
}

func (x *index) addParts(folded []byte) {
	if x.parts == nil {
		x.parts = map[uint64]struct{}{}
	}
	step := 1
	if len(folded) > maxDense {
		step = sparse
	}
	hashes(folded, func(h uint64, at int) {
		if at%step != 0 && at != len(folded)-window {
			return
		}
		x.parts[h] = struct{}{}
		x.filter[h>>54] |= 1 << (h >> 48 & 63)
	})
}

// span is a part of a text to be taken out.
type span struct{ from, to int }

// part returns the span of the original for bytes i to j.
func (s spelled) part(i, j int) (from, to int) { return int(s.from[i]), int(s.to[j-1]) }

// spans gathers parts; one that overlaps the one before becomes one with it.
type spans []span

func (s *spans) add(from, to int) {
	if last := len(*s) - 1; last >= 0 && from >= (*s)[last].from && from < (*s)[last].to {
		(*s)[last].to = max((*s)[last].to, to)
		return
	}
	*s = append(*s, span{from, to})
}

// find returns the places of secrets in a text, in order and apart from each other.
func (x *index) find(text string, cut bool) []span {
	var found spans
	for _, form := range x.exact {
		occurrences(text, form, func(i int) { found.add(i, i+len(form)) })
	}
	s := spell(text)
	for range maxLayers + 1 {
		x.findIn(s, cut, &found)
		next, escaped := s.decoded()
		if !escaped {
			break
		}
		s = next
	}
	slices.SortFunc(found, func(a, b span) int { return a.from - b.from })
	var out spans
	for _, f := range found {
		out.add(f.from, f.to)
	}
	return out
}

// findIn looks through one layer of a text.
func (x *index) findIn(s spelled, cut bool, found *spans) {
	if len(x.short) > 0 {
		tight := s.folded(true)
		all := string(tight.text)
		for _, form := range x.short {
			occurrences(all, form, func(i int) { found.add(tight.part(i, i+len(form))) })
		}
		x.findBegin(tight, cut, found)
	}
	if len(x.long) == 0 && len(x.parts) == 0 {
		return
	}
	loose := s.folded(false)
	all := string(loose.text)
	for _, form := range x.long {
		occurrences(all, form, func(i int) { found.add(loose.part(i, i+len(form))) })
	}
	if len(x.parts) > 0 {
		hashes(loose.text, func(h uint64, i int) {
			if x.filter[h>>54]&(1<<(h>>48&63)) == 0 {
				return
			}
			if _, ok := x.parts[h]; ok {
				found.add(loose.part(i, i+window))
			}
		})
	}
	x.findBegin(loose, cut, found)
}

// findBegin looks for the beginning of a secret at the end of a text.
func (x *index) findBegin(s spelled, cut bool, found *spans) {
	if !cut {
		return
	}
	for n := min(window-1, len(s.text)); n >= minSecret; n-- {
		at := len(s.text) - n
		if _, ok := x.begins[string(s.text[at:])]; ok {
			found.add(s.part(at, len(s.text)))
			return
		}
	}
}

// occurrences calls f with each place of a form in a text.
func occurrences(text, form string, f func(int)) {
	for at := 0; ; {
		i := strings.Index(text[at:], form)
		if i < 0 {
			return
		}
		f(at + i)
		at += i + 1
	}
}

// withoutKept leaves out what lies inside a text that is kept.
func withoutKept(found []span, text string, kept []string) []span {
	lower := lowerASCII(text)
	var safe spans
	for _, k := range append([]string{lowerASCII(Mark)}, kept...) {
		occurrences(lower, k, func(i int) { safe = append(safe, span{i, i + len(k)}) })
	}
	if len(safe) == 0 {
		return found
	}
	slices.SortFunc(safe, func(a, b span) int { return a.from - b.from })
	// The furthest end of all that begin up to a place.
	for i := 1; i < len(safe); i++ {
		safe[i].to = max(safe[i].to, safe[i-1].to)
	}
	return slices.DeleteFunc(found, func(f span) bool {
		i, exact := slices.BinarySearchFunc(safe, f.from, func(s span, at int) int { return s.from - at })
		for exact && i+1 < len(safe) && safe[i+1].from == f.from {
			i++
		}
		if !exact {
			i--
		}
		return i >= 0 && safe[i].to >= f.to
	})
}

func replace(text string, found []span) string {
	var out strings.Builder
	at := 0
	for _, f := range found {
		out.WriteString(text[at:f.from])
		out.WriteString(Mark)
		at = f.to
	}
	out.WriteString(text[at:])
	return out.String()
}
