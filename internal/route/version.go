package route

import (
	"strconv"
	"strings"
)

// version is a dotted version, compared by number.
type version struct {
	text  string
	parts []int
}

// parseVersion reads the leading numbers of a version; what follows ("-4.el9")
// stays in the text.
func parseVersion(text string) version {
	v := version{text: text}
	for part := range strings.SplitSeq(text, ".") {
		digits := part
		if i := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
			digits = part[:i]
		}
		n, err := strconv.Atoi(digits)
		if err != nil {
			break
		}
		v.parts = append(v.parts, n)
		if digits != part {
			break
		}
	}
	return v
}

// atLeast reports whether the version is not older; a part that it lacks counts
// as 0.
func (v version) atLeast(parts ...int) bool {
	for i, want := range parts {
		have := 0
		if i < len(v.parts) {
			have = v.parts[i]
		}
		if have != want {
			return have > want
		}
	}
	return true
}
