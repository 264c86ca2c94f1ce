package settings

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"pullpath/internal/strictyaml"
)

// Bounds of what a file may hold. They protect libraries whose memory or time grows
// faster than the text. An error names the bound; the file is then not read.
const (
	// maxTOMLNesting bounds brackets in each other and the parts of one name. The deepest
	// file read here has three levels, the longest name five parts.
	maxTOMLNesting = 32
	// maxTOMLEntries bounds headers and assignments. The mirrors of a disconnected
	// cluster make a few hundred.
	maxTOMLEntries = 20_000
	// maxINISections and maxINIKeys bound sections, and the lines of one. redhat.repo of
	// a host with all entitlements has about 5,000 sections of a dozen lines.
	maxINISections = 10_000
	maxINIKeys     = 2_000
	// maxShellSigns bounds what nests in a shell file: its parser calls itself for each
	// sign, and ends the program when that goes too deep. A profile of 100 KiB has about
	// 3,000.
	maxShellSigns = 10_000
	// maxJSONValues bounds the leaves of a JSON document.
	maxJSONValues = 50_000
)

// boundTOML counts nesting, names and entries outside of strings and comments.
func boundTOML(text string) error {
	depth, parts, entries := 0, 0, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"', '\'':
			i = tomlStringEnd(text, i)
		case '#':
			i = lineEnd(text, i)
		case '[', '{':
			depth, parts = depth+1, 0
		case ']', '}':
			depth, parts = max(depth-1, 0), 0
		case '.':
			parts++
		case '=':
			entries, parts = entries+1, 0
		case ',':
			parts = 0
		case '\n':
			entries, parts = entries+1, 0
		}
		switch {
		case depth > maxTOMLNesting || parts > maxTOMLNesting:
			return beyond("nests more than %d deep", maxTOMLNesting)
		case entries > 2*maxTOMLEntries:
			return beyond("has more than %d entries", maxTOMLEntries)
		}
	}
	return nil
}

// lineEnd returns where the line that holds a position ends.
func lineEnd(text string, from int) int {
	if n := strings.IndexByte(text[from:], '\n'); n >= 0 {
		return from + n
	}
	return len(text)
}

// tomlStringEnd returns the position of the last quote of the string that begins at a
// position (TOML 1.0, String). For a string without an end it is the end of the line.
func tomlStringEnd(text string, from int) int {
	quote := text[from : from+1]
	if long := strings.Repeat(quote, 3); strings.HasPrefix(text[from:], long) {
		if n := strings.Index(text[from+3:], long); n >= 0 {
			return from + 3 + n + 2
		}
		return len(text)
	}
	for i := from + 1; i < len(text) && text[i] != '\n'; i++ {
		switch {
		case text[i] == '\\' && quote == `"`:
			i++
		case text[i] == quote[0]:
			return i
		}
	}
	return lineEnd(text, from) - 1
}

// boundINI counts sections, and the lines of each that may be keys.
func boundINI(text string) error {
	keys := map[string]int{}
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "["):
			section = line
			keys[section] += 0
		case strings.ContainsAny(line, "=:"):
			keys[section]++
		}
		if len(keys) > maxINISections || keys[section] > maxINIKeys {
			return beyond("has more than %d sections, or one of more than %d keys", maxINISections, maxINIKeys)
		}
	}
	return nil
}

var shellWords = regexp.MustCompile(`\b(if|while|until|for|case|select|function|time|coproc|let|do|then|elif|else)\b`)

// boundShell counts signs that open something, also in quotes and comments: only the
// parser knows where those end.
func boundShell(text string) error {
	signs := len(shellWords.FindAllStringIndex(text, maxShellSigns+1)) + strings.Count(text, "**")
	for _, sign := range "({[|&!?<`" {
		signs += strings.Count(text, string(sign))
	}
	if signs > maxShellSigns {
		return beyond("has more than %d brackets, operators and words that nest", maxShellSigns)
	}
	return nil
}

// boundError names the bound that a file exceeds. It means that the file was not read
// here, not that the program which reads it would refuse it.
type boundError string

func (e boundError) Error() string { return string(e) }

func beyond(format string, args ...any) error { return boundError(fmt.Sprintf(format, args...)) }

// refused returns the remark on a file that could not be read: that a bound was
// exceeded, or else the given one, which says what the file's own program does.
func refused(err error, otherwise Remark) Remark {
	var bound boundError
	switch {
	case errors.As(err, &bound):
		return Remark{Code: TooLarge, Source: otherwise.Source, Text: bound.Error() + "; not read"}
	case errors.Is(err, strictyaml.ErrBound):
		return Remark{Code: TooLarge, Source: otherwise.Source, Text: "nests too deep or has too many values; not read"}
	}
	return otherwise
}
