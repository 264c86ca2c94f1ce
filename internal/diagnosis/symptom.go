package diagnosis

import (
	"cmp"
	"slices"
	"strings"
)

// Symptom is what a client prints when the cause is there.
type Symptom struct {
	// Text is the client's own; … stands for what differs from case to case.
	Text string
	// Cite is where it was seen.
	Cite string
}

// fragments are the fixed parts of the text, in lower case.
func (s Symptom) fragments() []string {
	var out []string
	for f := range strings.SplitSeq(strings.ToLower(s.Text), "…") {
		if f = strings.TrimSpace(f); f != "" {
			out = append(out, f)
		}
	}
	return out
}

// fits tells that a client's message has all fixed parts in their order, or that
// somebody typed a part of the symptom.
func (s Symptom) fits(message string) bool {
	rest := message
	for _, f := range s.fragments() {
		i := strings.Index(rest, f)
		if i < 0 {
			return strings.Contains(strings.ToLower(s.Text), message)
		}
		rest = rest[i+len(f):]
	}
	return true
}

// weight is how much of a message the symptom fixes.
func (s Symptom) weight() int { return len(strings.Join(s.fragments(), "")) }

// Found is an entry whose clients print a message.
type Found struct {
	Entry   Entry
	Symptom Symptom
}

// BySymptom finds the entries whose clients print the message, or a part of it;
// the most telling symptom first, each entry once. Case and blanks do not count.
func BySymptom(entries []Entry, message string) []Found {
	message = strings.Join(strings.Fields(strings.ToLower(message)), " ")
	if message == "" {
		return nil
	}
	var out []Found
	for _, e := range entries {
		best := Found{Entry: e}
		for _, s := range e.Symptoms {
			if s.fits(message) && s.weight() > best.Symptom.weight() {
				best.Symptom = s
			}
		}
		if best.Symptom.Text != "" {
			out = append(out, best)
		}
	}
	slices.SortStableFunc(out, func(a, b Found) int { return cmp.Compare(b.Symptom.weight(), a.Symptom.weight()) })
	return out
}
