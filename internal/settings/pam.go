package settings

import (
	"strings"

	"pullpath/internal/route"
)

// ReadPAM reads /etc/environment as pam_env does for a login session
// (modules/pam_env/pam_env.c, _parse_env_file). Services of the system's systemd
// do not see it; a user manager reads it by the rules of environment.d.
func ReadPAM(root *Root) File { return readFile(root, "/etc/environment", parsePAM) }

// pamLine is a line that was put together, without its comment.
type pamLine struct {
	text string
	line int
	cut  bool // a # ended it
}

// parsePAM follows pam_env: "export " is skipped, a # ends the line wherever it
// stands, the name must be letters, digits and underscores up to the =, and of a
// value that begins with a quote the first and a last quote go. Nothing is
// expanded.
func parsePAM(name, text string) ([]route.Variable, []Remark) {
	var vars []route.Variable
	var remarks []Remark
	for _, l := range pamLines(text) {
		key, value, found := strings.Cut(strings.TrimPrefix(l.text, "export "), "=")
		v := route.Variable{Name: key, Value: unquotePAM(value), Source: at(name, l.line)}
		switch trimmed := strings.TrimSpace(key); {
		case !found || key == "":
			continue
		case strings.Trim(key, pamNameCharacters) != "":
			if v.Name = trimmed; relevant(trimmed) {
				m := remarkOn(InvalidLine, v, "pam_env ignores the line: a name is letters, digits and underscores up to the = sign")
				m.Write = corrected(trimmed+"=", trimmed, strings.TrimSpace(v.Value), "")
				remarks = append(remarks, m)
			}
			continue
		}
		vars = append(vars, v)
		if !isProxy(key) && !isNoProxy(key) {
			continue
		}
		if l.cut && !strings.HasSuffix(value, " ") && !strings.HasSuffix(value, "\t") {
			remarks = append(remarks, remarkOn(CommentCuts, v,
				"pam_env takes a # for the beginning of a comment wherever it stands: the value ends there"))
		}
		if hasReference(v.Value) {
			remarks = append(remarks, remarkOn(Unquoted, v, "$ is taken literally: pam_env expands no variables here"))
		}
	}
	return vars, remarks
}

const pamNameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

// unquotePAM drops the quote that a value begins with, and one at its end.
func unquotePAM(value string) string {
	if value == "" || value[0] != '"' && value[0] != '\'' {
		return value
	}
	value = value[1:]
	if value != "" && strings.ContainsAny(value[len(value)-1:], `"'`) {
		value = value[:len(value)-1]
	}
	return value
}

// pamLines puts lines together that end in a backslash and removes comments
// (_assemble_line). A line with a comment is not continued.
func pamLines(text string) []pamLine {
	var lines []pamLine
	var parts strings.Builder
	begin, number := 0, 0
	for physical := range strings.SplitSeq(text, "\n") {
		number++
		s := strings.TrimLeft(physical, " \n\t")
		if s == "" || s[0] == '#' {
			continue
		}
		if parts.Len() == 0 {
			begin = number
		}
		kept, _, comment := strings.Cut(s, "#")
		trimmed := strings.TrimRight(kept, " \t")
		if !comment && strings.HasSuffix(trimmed, `\`) {
			parts.WriteString(strings.TrimSuffix(trimmed, `\`))
			continue
		}
		parts.WriteString(kept)
		lines = append(lines, pamLine{parts.String(), begin, comment})
		parts.Reset()
	}
	return lines
}
