package settings

import (
	"regexp"
	"strings"

	"gopkg.in/ini.v1"

	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// iniKey is one key of an INI file.
type iniKey struct {
	section, key, value string
	line                int // of its last assignment, from 1; 0 if it was not found again
}

// parseINI returns the keys of an INI file, sections and keys in their order; of
// a key written twice the last value counts. The dialect is that of Python's
// configparser and of libdnf: no comment behind a value, no quotes, values that
// go on in indented lines. delimiters are "=" for libdnf, "=:" for Python.
func parseINI(text, delimiters string) ([]iniKey, error) {
	if err := boundINI(text); err != nil {
		return nil, err
	}
	file, err := ini.LoadSources(ini.LoadOptions{
		IgnoreInlineComment: true, PreserveSurroundedQuote: true, SkipUnrecognizableLines: true, IgnoreContinuation: true,
		AllowPythonMultilineValues: true, KeyValueDelimiters: delimiters,
	}, []byte(text))
	if err != nil {
		return nil, err
	}
	at := iniLines(text, delimiters)
	var keys []iniKey
	for _, section := range file.Sections() {
		for _, key := range section.Keys() {
			keys = append(keys, iniKey{section.Name(), key.Name(), joined(key.Value()), at[section.Name()+"\n"+key.Name()]})
		}
	}
	return keys, nil
}

// joined returns a value with the lines that continue it trimmed, as
// configparser does.
func joined(value string) string {
	lines := strings.Split(value, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}

var iniHeader = regexp.MustCompile(`^\s*\[(.+?)\]`)

// iniLines finds the lines of the keys again, by section and key: the library
// keeps none.
func iniLines(text, delimiters string) map[string]int {
	lines := map[string]int{}
	section, number := ini.DefaultSection, 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if header := iniHeader.FindStringSubmatch(line); header != nil {
			section = header[1]
			continue
		}
		if i := strings.IndexAny(line, delimiters); i > 0 && line[0] != '#' && line[0] != ';' {
			lines[section+"\n"+strings.TrimSpace(line[:i])] = number
		}
	}
	return lines
}

// brokenINI returns the remark on an INI file that cannot be read.
func brokenINI(name string) Remark {
	return Remark{Code: Syntax, Source: name, Text: "not a valid INI file"}
}

// secretRemark remarks on a password in a file that everybody may read.
func secretRemark(root *Root, name string, k iniKey) []Remark {
	if k.value == "" || !root.worldReadable(name) {
		return nil
	}
	return []Remark{{Code: PasswordReadable, Source: at(name, k.line), Variable: k.key, Value: redact.Mark,
		Text: "holds a password, and every user of the host may read the file"}}
}

// variable returns a key as a variable with its source.
func (k iniKey) variable(name string) route.Variable {
	return route.Variable{Name: k.key, Value: k.value, Source: at(name, k.line)}
}
