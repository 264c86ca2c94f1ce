package redact

import (
	"encoding/base64"
	hexa "encoding/hex"
	"net/url"
	"slices"
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
	mu    sync.RWMutex
	index index
	// kept are the texts in which no secret is looked for, in lower case.
	kept []string
	// users are names of the run's own users, in lower case.
	users []string
	// learned counts what was taken from peers.
	learned int
	// added counts what was added.
	added int
}

// Add adds secrets. Each is found in all the spellings that [Secrets.Scrub]
// names. Those shorter than 4 characters are ignored.
func (s *Secrets) Add(secrets ...string) {
	var forms []string
	for _, secret := range secrets {
		if utf8.RuneCountInString(secret) >= minSecret {
			forms = append(append(forms, secret), encoded(secret)...)
		}
	}
	s.learn(forms)
}

// AddPair adds a password and what Basic authentication makes of user and
// password. The user name alone is not a secret; it is removed where a peer wrote it as
// a separate word, and [User] shows its shape.
func (s *Secrets) AddPair(user, password string) {
	s.addUser(user)
	if password == "" {
		return
	}
	s.Add(password)
	s.learn(encoded(user + ":" + password))
}

// AddProxyURL adds the credentials in the value of a proxy variable, whether it
// parses or not: what [ProxyURL] would withhold.
func (s *Secrets) AddProxyURL(raw string) {
	info, ok := userinfo(raw)
	if !ok {
		return
	}
	user, password, found := strings.Cut(info, ":")
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

// userinfo returns what stands between the scheme and the last @ of a value, false where
// there is none.
func userinfo(raw string) (string, bool) {
	body := strings.Trim(raw, frame)
	cuts := separator.FindAllStringIndex(body, -1)
	if cuts == nil {
		return "", false
	}
	start := len(schemePart.FindString(body))
	end := cuts[len(cuts)-1][0]
	if start >= end {
		return "", false
	}
	return body[start:end], true
}

// Keep names texts that stay although a secret may occur in them: the hosts that the
// user named, the names of protocols. A user whose password is "registry" can still read
// registry.example.com, and a reader does not learn which part of it is the password. A
// text of a peer must not be given to it.
func (s *Secrets) Keep(texts ...string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range texts {
		text = lowerASCII(text)
		if len(text) >= minSecret && !slices.Contains(s.kept, text) {
			s.kept = append(s.kept, text)
		}
	}
}

// Scrub returns text with every secret replaced by REDACTED, however it is
// spelled: in upper or lower case, escaped for URLs (also twice), JSON, HTML,
// C-like quotes or by this package, in Latin-1, with blanks added, squeezed or
// taken out, as base64, hexadecimal digits and what Basic authentication makes of it. Of a secret
// of 16 characters and more each part of 16 characters is found, so one that was
// cut, by the peer or by us, does not stay.
//
// The work grows with the length of the text, not with that of the secrets. The
// raw text is to be given, before it is cut, parsed or unescaped.
func (s *Secrets) Scrub(text string) string { return s.scrub(text, false) }

// ScrubCut is Scrub for a text that may have been cut at its end: there the
// beginning of a secret is taken out too, from 4 characters on.
func (s *Secrets) ScrubCut(text string) string { return s.scrub(text, true) }

// Holds reports whether a secret occurs in a text.
func (s *Secrets) Holds(text string) bool {
	if s == nil {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(withoutKept(s.index.find(text, false), text, s.kept)) > 0
}

// Count returns how many spellings are known. A text that was scrubbed before the
// number rose may hold a secret that was learned since.
func (s *Secrets) Count() int {
	if s == nil {
		return 0
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.added
}

func (s *Secrets) scrub(text string, cut bool) string {
	if s == nil || text == "" {
		return text
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.added == 0 {
		return text
	}
	if spans := s.index.find(text, cut); len(spans) > 0 {
		text = replace(text, withoutKept(spans, text, s.kept))
	}
	return withoutUsers(text, s.users)
}

// String keeps the secrets out of fmt and loggers.
func (s *Secrets) String() string { return Mark }

// GoString does the same for %#v.
func (s *Secrets) GoString() string { return Mark }

// learn adds spellings.
func (s *Secrets) learn(forms []string) {
	if s == nil || len(forms) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, form := range forms {
		if s.index.add(form) {
			s.added++
		}
	}
}

// maxOdd is the length of a secret, in bytes, up to which the spellings are known that
// nobody writes on purpose. Each costs memory for each byte, and tokens have some
// kilobytes.
const maxOdd = 16 << 10

// encoded returns the forms of a secret in base64, with and without padding, and of
// one that is not long those in hexadecimal digits and what is certain of its base64
// where one or two unknown bytes stand before it.
func encoded(secret string) []string {
	data, odd := []byte(secret), len(secret) <= maxOdd
	var out []string
	if odd {
		out = append(out, hexa.EncodeToString(data))
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		bare := encoding.WithPadding(base64.NoPadding)
		out = append(out, encoding.EncodeToString(data), bare.EncodeToString(data))
		for before := 1; before <= 2 && odd; before++ {
			text := bare.EncodeToString(append(make([]byte, before), data...))
			text = text[before+1 : len(text)-1] // the characters at the ends have bits of others
			if len(text) >= minFolded {
				out = append(out, text)
			}
		}
	}
	return out
}
