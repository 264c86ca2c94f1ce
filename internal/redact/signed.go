package redact

import (
	"net/url"
	"regexp"
	"strings"
)

const (
	// maxLearned bounds how many values are learned from peers in one run, and maxSigned
	// how long one is: a pull has a signed URL for each layer, of six values.
	maxLearned = 1024
	maxSigned  = 4 << 10
)

// signed is what signatures, keys and session numbers look like. A peer must not be able
// to have plain words taken out of a report by calling them a cookie.
var (
	signed = regexp.MustCompile(`^[A-Za-z0-9+/=._~%:-]{16,}$`)
	digit  = regexp.MustCompile(`[0-9]`)
	letter = regexp.MustCompile(`[A-Za-z]`)
)

// AddSigned adds the values of a URL's query that [URL] withholds, as far as they look
// like what is secret there: the signature of a redirect, a session.
func (s *Secrets) AddSigned(raw string) {
	_, query, _ := strings.Cut(raw, "?")
	query, _, _ = strings.Cut(query, "#")
	for _, pair := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' }) {
		if name, value, found := strings.Cut(pair, "="); found && !keepsQueryValue(name) {
			s.addLearned(value)
		}
	}
}

// AddCookie adds the value of a Set-Cookie field, as far as it looks like a session.
func (s *Secrets) AddCookie(field string) {
	pair, _, _ := strings.Cut(field, ";")
	if _, value, found := strings.Cut(pair, "="); found {
		s.addLearned(strings.Trim(strings.TrimSpace(value), `"`))
	}
}

// addLearned adds a value that a peer gave.
func (s *Secrets) addLearned(value string) {
	if s == nil || len(value) > maxSigned {
		return
	}
	plain, err := url.QueryUnescape(value)
	if err != nil {
		plain = value
	}
	if !signed.MatchString(plain) || !digit.MatchString(plain) || !letter.MatchString(plain) || !s.mayLearn() {
		return
	}
	s.learn([]string{plain})
}

func (s *Secrets) mayLearn() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.learned++
	return s.learned <= maxLearned
}
