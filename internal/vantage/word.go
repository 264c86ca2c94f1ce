package vantage

import (
	"fmt"
	"slices"
	"strings"

	"pullpath/internal/profile"
	"pullpath/internal/redact"
)

// UnknownWord is the error of a target that is one word and no host that is known here: a
// command that was mistyped, a cause, or an image without its registry.
type UnknownWord struct{ Word string }

// Error names the word.
func (e *UnknownWord) Error() string {
	return fmt.Sprintf("target %q is one word, and no host that is known here", redact.Argument(e.Word))
}

// CheckWord refuses a target of one word that is neither localhost nor a host of the profile,
// nor among the names that are known. A port makes any word a host.
func CheckWord(text string, prof profile.Profile, known []string) error {
	if text == "" || text == "localhost" || strings.ContainsAny(text, ".:/[]") || slices.Contains(known, text) {
		return nil
	}
	if slices.ContainsFunc(prof.Hosts, func(h profile.Host) bool { return h.Host == text }) {
		return nil
	}
	return &UnknownWord{Word: text}
}
