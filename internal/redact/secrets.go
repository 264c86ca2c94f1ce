package redact

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// minSecret is the length in characters below which a secret is not scrubbed: a
// password "abc" would tear holes into digests and host names, and the holes
// would tell what it is.
const minSecret = 4

// Secrets holds the secrets of one run: passwords, tokens, proxy passwords. The
// zero value is empty and ready; a nil *Secrets is usable, ignores what is added
// and scrubs nothing. It is safe for concurrent use, for tokens are learned
// while other hosts are being walked. It must not be copied.
type Secrets struct {
	mu       sync.RWMutex
	forms    map[string]bool
	replacer *strings.Replacer // nil: rebuild before the next use
}

// Add adds secrets, each in all its written forms (plain, URL-escaped, base64,
// JSON, HTML). Those shorter than 4 characters are ignored.
func (s *Secrets) Add(secrets ...string) {
	var forms []string
	for _, secret := range secrets {
		if utf8.RuneCountInString(secret) >= minSecret {
			forms = append(forms, written(secret)...)
		}
	}
	s.keep(forms)
}

// AddPair adds a password and what Basic authentication makes of user and
// password. The user name alone is no secret; see [User] for how it is shown.
func (s *Secrets) AddPair(user, password string) {
	if password == "" {
		return
	}
	s.Add(password)
	s.keep(encoded(user + ":" + password))
}

// AddProxyURL adds the credentials in the value of a proxy variable, whether it
// parses or not: what [ProxyURL] would withhold.
func (s *Secrets) AddProxyURL(raw string) {
	body := strings.Trim(raw, frame)
	cuts := separator.FindAllStringIndex(body, -1)
	if cuts == nil {
		return
	}
	start := len(schemePart.FindString(body))
	end := cuts[len(cuts)-1][0]
	if start >= end {
		return
	}
	user, password, found := strings.Cut(body[start:end], ":")
	if !found {
		s.Add(user)
		return
	}
	s.AddPair(user, password)
	plainUser, errUser := url.PathUnescape(user)
	plainPassword, errPassword := url.PathUnescape(password)
	if errUser == nil && errPassword == nil {
		s.AddPair(plainUser, plainPassword)
	}
}

// Scrub returns text with every written form of every secret replaced by
// REDACTED. Longer forms go first, so none leaves a part of itself behind.
func (s *Secrets) Scrub(text string) string {
	if s == nil || text == "" {
		return text
	}
	s.mu.RLock()
	replacer, empty := s.replacer, len(s.forms) == 0
	s.mu.RUnlock()
	switch {
	case empty:
		return text
	case replacer == nil:
		replacer = s.build()
	}
	return replacer.Replace(text)
}

// String keeps the secrets out of fmt and loggers.
func (s *Secrets) String() string { return Mark }

// GoString does the same for %#v.
func (s *Secrets) GoString() string { return Mark }

// keep adds written forms.
func (s *Secrets) keep(forms []string) {
	if s == nil || len(forms) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.forms == nil {
		s.forms = make(map[string]bool)
	}
	for _, form := range forms {
		s.forms[form] = true
	}
	s.replacer = nil
}

// build makes the replacer, longest form first (a Replacer prefers, at each
// position, the pair that was given first).
func (s *Secrets) build() *strings.Replacer {
	s.mu.Lock()
	defer s.mu.Unlock()
	forms := make([]string, 0, len(s.forms))
	for form := range s.forms {
		forms = append(forms, form)
	}
	slices.SortFunc(forms, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	pairs := make([]string, 0, 2*len(forms))
	for _, form := range forms {
		pairs = append(pairs, form, Mark)
	}
	s.replacer = strings.NewReplacer(pairs...)
	return s.replacer
}

// written returns the forms in which a secret can stand in a URL, a header, a
// form body, JSON, HTML, a quoted error text, or one of this package's results.
func written(secret string) []string {
	quoted := strconv.Quote(secret)
	forms := []string{
		secret,
		url.QueryEscape(secret),
		strings.ReplaceAll(url.QueryEscape(secret), "+", "%20"), // JavaScript's encodeURIComponent
		url.PathEscape(secret),
		strings.TrimPrefix(url.UserPassword("", secret).String(), ":"),
		html.EscapeString(secret),
		quoted[1 : len(quoted)-1],
		escape(secret),
	}
	if text, err := json.Marshal(secret); err == nil {
		forms = append(forms, string(text[1:len(text)-1]))
	}
	for _, form := range forms[1:5] {
		forms = append(forms, lowerPercent(form))
	}
	return append(forms, encoded(secret)...)
}

// encoded returns the base64 forms of a secret, with and without padding.
func encoded(secret string) []string {
	data := []byte(secret)
	return []string{
		base64.StdEncoding.EncodeToString(data),
		base64.URLEncoding.EncodeToString(data),
		base64.RawStdEncoding.EncodeToString(data),
		base64.RawURLEncoding.EncodeToString(data),
		url.QueryEscape(base64.StdEncoding.EncodeToString(data)),
	}
}

// lowerPercent writes the digits of percent-escapes in lower case (%2F as %2f),
// as curl users and Python's older libraries do.
func lowerPercent(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(string(b[i+1:i+3])))
		}
	}
	return string(b)
}
