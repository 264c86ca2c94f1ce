package redact

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// UserMark stands for the name of the run's own user where a peer wrote it.
const UserMark = "[user REDACTED]"

// nobody are user names that are no person's and no account's: those that registries
// prescribe, and plain words that stand in many sentences.
var nobody = []string{"token", "oauth2accesstoken", "_json_key", "_json_key_base64", "<token>", "unused", "user", "username",
	"login", "admin",
	"administrator", "root", "guest", "anonymous", "test", "build", "robot", "registry", "docker", "podman", "password", "client", "proxy",
	"access", "service"}

// addUser notes a user's name, to be taken out of texts where it stands alone. Names of
// fewer than four characters, and those of nobody, stay.
func (s *Secrets) addUser(name string) {
	name = strings.ToLower(name)
	if s == nil || utf8.RuneCountInString(name) < minSecret || slices.Contains(nobody, name) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.users, name) {
		s.users = append(s.users, name)
		s.added++
	}
}

// withoutUsers replaces the users' names. A name is no secret, and part of a host or a
// path may be spelled alike: it has to stand alone.
func withoutUsers(text string, users []string) string {
	for _, user := range users {
		text = withoutUser(text, user)
	}
	return text
}

func withoutUser(text, user string) string {
	lower := strings.ToLower(text)
	if len(lower) != len(text) || !strings.Contains(lower, user) {
		return text // a letter that changes its length with its case is in no user's name that we met
	}
	var out strings.Builder
	done := 0
	for {
		i := strings.Index(lower[done:], user)
		if i < 0 {
			out.WriteString(text[done:])
			return out.String()
		}
		from, to := done+i, done+i+len(user)
		out.WriteString(text[done:from])
		if standsAlone(text, from, to) {
			out.WriteString(UserMark)
		} else {
			out.WriteString(text[from:to])
		}
		done = to
	}
}

// standsAlone reports whether what is between two places is a word of its own, and no
// label of a host, segment of a path or part of a longer word.
func standsAlone(text string, from, to int) bool {
	before, size := utf8.DecodeLastRuneInString(text[:from])
	if inWord(before) || before == '/' || before == '.' && inWord(last(text[:from-size])) {
		return false
	}
	after, size := utf8.DecodeRuneInString(text[to:])
	return !inWord(after) && after != '/' && !(after == '.' && inWord(first(text[to+size:])))
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-')
}

func first(s string) rune { r, _ := utf8.DecodeRuneInString(s); return r }

func last(s string) rune { r, _ := utf8.DecodeLastRuneInString(s); return r }
