package credentials

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"pullpath/internal/redact"
	"pullpath/internal/settings"
)

// The codes of remarks about stored logins; rows of the catalogue have the same.
const (
	// FileBroken: the file cannot be read, or is not what its reader takes.
	FileBroken settings.Code = "auth-file-broken"
	// EntryBroken: one auth value cannot be decoded.
	EntryBroken settings.Code = "auth-entry-broken"
	// HelperFailed: a credential helper is missing, failed, or was not run.
	HelperFailed settings.Code = "auth-helper-failed"
	// EntryHidden: a helper is asked in place of an entry that stands in the file.
	EntryHidden settings.Code = "auth-entry-hidden"
	// FilesDisagree: two files hold different logins for one registry.
	FilesDisagree settings.Code = "auth-files-disagree"
	// TrailingNewline: the secret ends in a line break.
	TrailingNewline settings.Code = "auth-credentials-newline"
	// Malformed means that name or secret cannot be what was meant.
	Malformed settings.Code = "auth-credentials-malformed"
)

// maxKey bounds how much of an entry's key is shown, in runes: a repository's
// name has at most 255 characters (distribution/reference).
const maxKey = 300

// shownKey returns an entry's key or a helper's name as a text may hold it. A key with
// an @ may be a URL with a password.
func shownKey(key string) string {
	if strings.Contains(key, "@") {
		return redact.Mark
	}
	return redact.Text(key, maxKey)
}

// jsonProblem returns where a file is broken and shows nothing of it.
func jsonProblem(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("not valid JSON, at byte %d", syntax.Offset)
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Sprintf("%s is of the wrong type: a %s", shownKey(lastField(kind.Field)), kind.Value)
	}
	return "not valid JSON"
}

// lastField returns the field of a decoding error that is to blame, without the keys
// on the way to it.
func lastField(field string) string { return field[strings.LastIndex(field, ".")+1:] }
