package transcript

import "hash/maphash"

// A log says the same again and again, with other numbers. Reading a statement costs a tenth of a
// millisecond or more, and a log of ten megabytes has a hundred thousand: so that of statements which
// differ in numbers alone only the first are read.
const (
	// maxPatterns bounds the statements that are told apart so. A node's log of a day has some
	// hundred; beyond, each is read.
	maxPatterns = 20_000
	// emptyReads is how many statements of a pattern are read that tell nothing before the rest is
	// passed over: more than one, for a number may be the one thing that tells.
	emptyReads = 8
	// fullReads is how many are read that tell of an attempt: of more than these a report would show
	// the same with other numbers, and maxAttempts is near.
	fullReads = 100
)

// pattern is what came of the statements that differ in numbers alone.
type pattern struct {
	empty, full int
	// keys are those of the attempts, where all told of the same; differ means that they did not.
	keys   []string
	differ bool
}

// patterns are those of a text under way.
type patterns struct {
	seed maphash.Seed
	seen map[uint64]*pattern
	// now is that of the statement under way, nil where it is not counted.
	now *pattern
}

func newPatterns() patterns { return patterns{seed: maphash.MakeSeed(), seen: map[uint64]*pattern{}} }

// known reports whether enough statements of the same pattern were read.
func (p *patterns) known(text string) bool {
	sum := p.sum(text)
	p.now = p.seen[sum]
	if p.now == nil && len(p.seen) < maxPatterns {
		p.now = &pattern{}
		p.seen[sum] = p.now
	}
	return p.now != nil && (p.now.full >= fullReads || p.now.full == 0 && p.now.empty >= emptyReads)
}

// told notes what came of the statement under way: the keys of its attempts.
func (p *patterns) told(keys []string) {
	switch now := p.now; {
	case now == nil:
	case len(keys) == 0:
		now.empty++
	default:
		if now.full > 0 && !equal(now.keys, keys) {
			now.differ = true
		}
		now.full, now.keys = now.full+1, keys
	}
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// sum is a statement's, with each word that has a digit in it as one sign: numbers, addresses, dates and
// made-up names. The numbers of failed answers stay, for they tell.
func (p *patterns) sum(text string) uint64 {
	var h maphash.Hash
	h.SetSeed(p.seed)
	for i := 0; i < len(text); {
		start, digits := i, false
		for i < len(text) && isLetter(text[i]) {
			digits = digits || text[i] >= '0' && text[i] <= '9'
			i++
		}
		switch word := text[start:i]; {
		case word == "":
			h.WriteByte(text[i]) //nolint:errcheck // never fails
			i++
		case digits && !failedStatus(word):
			h.WriteByte(0) //nolint:errcheck // never fails
		default:
			h.WriteString(word) //nolint:errcheck // never fails
		}
	}
	return h.Sum64()
}

// failedStatus: a number of three digits that an answer which is a failure can have.
func failedStatus(word string) bool {
	return len(word) == 3 && (word[0] == '4' || word[0] == '5') && word[1] <= '9' && word[2] <= '9'
}
