package diagnosis

import (
	"cmp"
	"regexp"
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

// fragments returns the fixed parts of the text, in lower case.
func (s Symptom) fragments() []string {
	var out []string
	text := strings.ToLower(s.Text)
	if !strings.Contains(text, toProxy) {
		text = anyPort(text)
	}
	for f := range strings.SplitSeq(text, "…") {
		if f = strings.TrimSpace(f); f != "" {
			out = append(out, f)
		}
	}
	return out
}

// fits reports whether a client's message has all fixed parts in their order, or is part
// of the symptom itself, as somebody typed it.
// The message comes a second time with its ports as one.
func (s Symptom) fits(message, ported string) bool {
	rest := ported
	for _, f := range s.fragments() {
		i := strings.Index(rest, f)
		if i < 0 {
			return strings.Contains(strings.ToLower(s.Text), message)
		}
		rest = rest[i+len(f):]
	}
	return true
}

// port is a port behind an address, before what Go or curl says of it.
var port = regexp.MustCompile(`:(\d{1,5})(: |->)`)

// anyPort writes one port for all but that of DNS: what a client prints of a registry at
// port 5000 has the causes of one at 443. A look-up has others.
func anyPort(text string) string {
	if !strings.ContainsAny(text, "0123456789") {
		return text
	}
	return port.ReplaceAllStringFunc(text, func(found string) string {
		number, tail := found[1:strings.IndexAny(found[1:], ":-")+1], found[strings.IndexAny(found[1:], ":-")+1:]
		if number == "53" {
			return found
		}
		return ":443" + tail
	})
}

// weight returns how much of a message the symptom fixes.
func (s Symptom) weight() int { return len(strings.Join(s.fragments(), "")) }

// Found is an entry whose clients print a message.
type Found struct {
	Entry   Entry
	Symptom Symptom
}

// toProxy is Go's word for a connection to the proxy that did not come about: dial and TLS,
// and nothing behind the CONNECT (net/http, transport.go, dialConn).
const toProxy = "proxyconnect"

// canSay tells that an entry's symptom can stand in a message. One with Go's word for the way
// to the proxy is about that way: about the proxy, its name or the setting.
func canSay(e Entry, s Symptom, message string) bool {
	return !strings.Contains(message, toProxy) || strings.Contains(strings.ToLower(s.Text), toProxy) ||
		e.Layer == Settings || e.Layer == DNS
}

// unescaped takes the marks off the quotation marks of a message that a log keeps in quotes.
var unescaped = strings.NewReplacer(`\\`, `\`, `\"`, `"`, "“", `"`, "”", `"`, "’", "'")

// BySymptom finds the entries whose clients print the message, or a part of it;
// the most telling symptom first, each entry once. Case and spaces do not count.
func BySymptom(entries []Entry, message string) []Found {
	message = strings.Join(strings.Fields(strings.ToLower(unescaped.Replace(message))), " ")
	if message == "" {
		return nil
	}
	ported := message
	if !strings.Contains(message, toProxy) { // the proxy's port is not the registry's
		ported = anyPort(message)
	}
	var out []Found
	for _, e := range entries {
		best := Found{Entry: e}
		for _, s := range e.Symptoms {
			if s.fits(message, ported) && canSay(e, s, message) && s.weight() > best.Symptom.weight() {
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
