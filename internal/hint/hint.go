// Package hint is an error with advice: what went wrong, and what to do about it.
package hint

import "errors"

// Error says what happened to what in one line, and what the user can do in another.
type Error struct {
	Text string
	Hint string
}

// Error returns what happened, without the advice.
func (e *Error) Error() string { return e.Text }

// New returns an error with advice.
func New(text, advice string) error { return &Error{Text: text, Hint: advice} }

// Of returns the advice that an error carries, empty for none.
func Of(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Hint
	}
	return ""
}
