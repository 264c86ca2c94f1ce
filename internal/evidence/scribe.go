package evidence

import (
	"strings"

	"pullpath/internal/redact"
)

const (
	// maxKept is how many characters of a body are kept: enough to read a
	// block page's sentence, too few to keep a person's page.
	maxKept = 512
	// maxBody is the same where bodies are kept: the longest block pages have some
	// tens of kilobytes of words.
	maxBody = 64 << 10
	// maxTitle bounds a page's title; longer ones are no titles.
	maxTitle = 160
	// maxParam bounds one parameter of a challenge; realms have up to a hundred
	// characters.
	maxParam = 300
	// MaxFirstBytes is how many of a peer's unexpected first bytes are kept: an
	// SSH or SMTP banner fits, a page does not.
	MaxFirstBytes = 96
	// perKept is how many bytes are looked at for each character that is kept: the
	// longest escape that is written for one has ten, and marks stand for what was
	// longer.
	perKept = 32
)

// Scribe knows how text from the wire becomes evidence: which secrets to take
// out, and which product texts to look for. Its zero value redacts by the
// rules alone and looks for nothing.
//
// Every text of a peer, a file, a library or another program passes it. What it is
// given is the text as it came: what was cut, unescaped, parsed or split before
// may hold a part of a secret that is not recognised. [Scribe.Seal] is the net
// below: it goes through all texts of a finished hop.
type Scribe struct {
	// Secrets of this run, taken out of every text.
	Secrets *redact.Secrets
	// Markers are texts by which products are recognised, compared without case.
	Markers []string
	// KeepBodies keeps the words of a body whole, up to 64 Ki characters, in place of
	// its beginning.
	KeepBodies bool
}

// Text makes a text of the wire fit to be kept.
func (s Scribe) Text(raw string) string { return s.Short(raw, maxKept) }

// Short is Text with a bound of its own, in characters.
func (s Scribe) Short(raw string, most int) string {
	text := s.Secrets.Scrub(raw)
	if bound := perKept * max(most, 0); len(text) > bound {
		text = strings.ToValidUTF8(text[:bound], "")
	}
	return redact.Text(text, most)
}

// Each makes each of several texts fit to be kept, at most so many.
func (s Scribe) Each(raw []string, texts, most int) []string {
	var out []string
	for _, r := range raw[:min(len(raw), texts)] {
		out = append(out, s.Short(r, most))
	}
	return out
}

// Header makes a header field fit to be kept. The name of a field that everybody
// knows stays whatever the secrets are.
func (s Scribe) Header(name, value string) Header {
	return Header{Name: s.fieldName(redact.Text(name, maxTitle)), Value: s.Text(redact.Header(name, s.Secrets.Scrub(value)))}
}

func (s Scribe) fieldName(name string) string {
	if redact.KnownHeader(name) {
		return name
	}
	return s.Short(name, maxTitle)
}

// Challenges makes the challenges of one WWW-Authenticate or Proxy-Authenticate
// field fit to be kept, with the public parameters alone.
func (s Scribe) Challenges(value string) []Challenge {
	asSent := ParseChallenges(value)
	out := ParseChallenges(redact.Header("WWW-Authenticate", s.Secrets.Scrub(value)))
	for i, c := range out {
		if i < len(asSent) && strings.EqualFold(c.Scheme, "Bearer") && asSent[i].Params["realm"] != "" {
			out[i].Problem = RealmProblem(asSent[i].Params["realm"])
		}
		out[i].Scheme = s.Short(c.Scheme, maxTitle)
		if c.Params == nil {
			continue
		}
		params := make(map[string]string, len(c.Params))
		for name, v := range c.Params {
			if name == "realm" && strings.Contains(v, "://") {
				v = redact.URL(v)
			}
			params[s.Short(name, maxTitle)] = s.Short(v, maxParam)
		}
		out[i].Params = params
	}
	return out
}

// URL makes a URL fit to be kept: what [redact.URL] leaves of it.
func (s Scribe) URL(raw string) string {
	return s.Secrets.Scrub(redact.URL(s.Secrets.Scrub(raw)))
}

// FirstBytes keeps the beginning of what a peer said out of turn. It is to be given
// all that was read.
func (s Scribe) FirstBytes(raw []byte) string {
	text := s.Secrets.ScrubCut(string(raw[:min(len(raw), maxHeard)]))
	return redact.Text(text[:min(len(text), MaxFirstBytes)], 4*MaxFirstBytes)
}

// maxHeard is how much of a peer's first bytes is looked through: the longest
// secrets have some kilobytes, and only what is known of them is found in a part.
const maxHeard = 64 << 10
