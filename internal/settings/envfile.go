package settings

import (
	"strings"
	"unicode/utf8"

	"pullpath/internal/route"
)

// envEntry is one assignment of an environment file, as systemd reads it.
type envEntry struct {
	key, value string
	line       int
	unescaped  bool // a backslash outside of quotes was removed
}

// envState is where the reader of an environment file stands.
type envState int

const (
	beforeKey envState = iota
	inKey
	beforeValue
	inValue
	escapeInValue
	inSingle
	inDouble
	escapeInDouble
	inComment
	escapeInComment
)

// envReader is the automaton of basic/env-file.c, parse_env_file_internal, with
// its states and their quirks: quotes count only where a value begins, or
// directly after other quotes; blanks around them go; a carriage return ends a
// line; "#" and ";" begin a comment only where a key would begin.
type envReader struct {
	state      envState
	line       int
	key, value strings.Builder
	kept       int // the length of value that is not trimmed at its end
	entry      envEntry
	entries    []envEntry
}

// parseEnvFile reads an EnvironmentFile= or environment.d file. Names are not
// checked.
func parseEnvFile(text string) []envEntry {
	r := &envReader{line: 1}
	for i := range len(text) {
		r.step(text[i])
		if text[i] == '\n' {
			r.line++
		}
	}
	if r.state >= beforeValue && r.state <= escapeInDouble {
		r.push()
	}
	return r.entries
}

func isLineEnd(c byte) bool { return c == '\n' || c == '\r' }

// step takes one character.
func (r *envReader) step(c byte) {
	switch r.state {
	case beforeKey:
		r.stepKey(c)
	case inKey:
		switch {
		case isLineEnd(c):
			r.state = beforeKey
			r.key.Reset()
		case c == '=':
			r.state = beforeValue
		default:
			r.key.WriteByte(c)
		}
	case beforeValue, inValue:
		r.stepValue(c)
	case escapeInValue:
		r.state = inValue
		if !isLineEnd(c) {
			r.value.WriteByte(c)
			r.kept = r.value.Len()
			r.entry.unescaped = true
		}
	case inSingle, inDouble, escapeInDouble:
		r.stepQuoted(c)
	case inComment, escapeInComment:
		r.stepComment(c)
	}
}

func (r *envReader) stepKey(c byte) {
	switch {
	case c == '#' || c == ';':
		r.state = inComment
	case strings.IndexByte(unitBlanks, c) < 0:
		r.state = inKey
		r.entry = envEntry{line: r.line}
		r.key.WriteByte(c)
	}
}

func (r *envReader) stepValue(c byte) {
	blank := strings.IndexByte(unitBlanks, c) >= 0
	switch {
	case isLineEnd(c):
		r.push()
		r.state = beforeKey
	case c == '\\':
		r.state = escapeInValue
		r.kept = r.value.Len()
	case r.state == beforeValue && c == '\'':
		r.state = inSingle
	case r.state == beforeValue && c == '"':
		r.state = inDouble
	case r.state == beforeValue && blank:
	default:
		r.state = inValue
		r.value.WriteByte(c)
		if !blank {
			r.kept = r.value.Len()
		}
	}
}

func (r *envReader) stepQuoted(c byte) {
	switch {
	case r.state == escapeInDouble:
		r.state = inDouble
		if strings.IndexByte("\"\\`$", c) < 0 && c != '\n' {
			r.value.WriteByte('\\')
		}
		if c != '\n' {
			r.value.WriteByte(c)
		}
	case r.state == inSingle && c == '\'', r.state == inDouble && c == '"':
		r.state = beforeValue
	case r.state == inDouble && c == '\\':
		r.state = escapeInDouble
	default:
		r.value.WriteByte(c)
	}
}

// stepComment ends a comment with its line. Before systemd 254 a backslash at
// the end made the next line part of it.
func (r *envReader) stepComment(c byte) {
	switch {
	case isLineEnd(c):
		r.state = beforeKey
	case c == '\\' && r.state == inComment:
		r.state = escapeInComment
	default:
		r.state = inComment
	}
}

// push keeps the assignment that was read. Blanks at the end of a value go only
// where it ended outside of quotes.
func (r *envReader) push() {
	r.entry.key = strings.TrimRight(r.key.String(), unitBlanks)
	r.entry.value = r.value.String()
	if r.state == inValue {
		r.entry.value = r.entry.value[:r.kept]
	}
	r.entries = append(r.entries, r.entry)
	r.key.Reset()
	r.value.Reset()
}

// envFile reads an environment file that a unit names: what it sets, and what
// systemd makes of lines that look as if they set something else. A file with
// invalid UTF-8 is refused as a whole, as systemd does.
func envFile(name, text string) ([]route.Variable, []Remark) {
	if !utf8.ValidString(text) {
		return nil, []Remark{{Code: Syntax, Source: name, Text: "holds invalid UTF-8: systemd refuses the whole file"}}
	}
	var vars []route.Variable
	var remarks []Remark
	for _, e := range parseEnvFile(text) {
		v := route.Variable{Name: e.key, Value: e.value, Source: at(name, e.line)}
		if !isName(e.key) {
			remarks = append(remarks, refusedEntry(v)...)
			continue
		}
		vars = append(vars, v)
		if isProxy(v.Name) || isNoProxy(v.Name) {
			remarks = append(remarks, entryRemarks(v, e)...)
		}
	}
	return vars, remarks
}

// refusedEntry remarks on a line that systemd skips because of its name.
func refusedEntry(v route.Variable) []Remark {
	name, exported := strings.CutPrefix(v.Name, "export")
	name = strings.Trim(name, unitBlanks)
	if !exported || !relevant(name) {
		return nil
	}
	v.Name = name
	m := remarkOn(ExportIgnored, v, `systemd ignores a line that begins with "export": it reads assignments, not shell`)
	m.Write = corrected(name+"=", name, v.Value, "")
	return []Remark{m}
}

// entryRemarks remarks on what systemd keeps or removes and a shell would not.
func entryRemarks(v route.Variable, e envEntry) []Remark {
	var remarks []Remark
	if kept, _, found := strings.Cut(v.Value, " #"); found {
		m := remarkOn(CommentInValue, v, "a # after the value does not begin a comment here: systemd makes it part of the value")
		m.Write = corrected(v.Name+"=", v.Name, strings.TrimRight(kept, unitBlanks), "")
		remarks = append(remarks, m)
	}
	if e.unescaped {
		m := remarkOn(BackslashRemoved, v,
			"systemd removes a backslash outside of quotes; one that belongs to the value is written twice, or as %5C in a URL")
		remarks = append(remarks, m)
	}
	if hasReference(v.Value) {
		remarks = append(remarks, remarkOn(Unquoted, v, "$ is taken literally: systemd expands no variables here"))
	}
	return remarks
}

// hasReference reports whether a value holds what a shell would expand. A
// dollar sign within credentials counts as part of a password.
func hasReference(value string) bool {
	if i := strings.LastIndex(value, "@"); i >= 0 {
		value = value[i:]
	}
	_, after, found := strings.Cut(value, "$")
	return found && after != "" && (after[0] == '{' || isName(after[:1]))
}
