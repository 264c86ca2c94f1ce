package settings

import (
	"strings"
	"unicode/utf8"

	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// assignments reads the value of an Environment= or DefaultEnvironment= line as
// systemd does (core/load-fragment.c, config_parse_environ), source being its
// "path:line". What systemd drops is missing in the result and has a remark, as
// has a variable whose value the files alone do not show.
func assignments(d directive, source string, known specifiers) ([]route.Variable, []Remark) {
	words, err := splitWords(d.value)
	var vars []route.Variable
	var remarks []Remark
	for i, word := range words {
		name, value, ok := strings.Cut(word.text, "=")
		if !ok || !isName(name) {
			continue // reported with the variable that it was cut from
		}
		written := route.Variable{Name: name, Value: value, Source: source}
		e := known.expand(value)
		resolved := route.Variable{Name: name, Value: e.text, Source: source}
		if e.dropped == "" && e.unknown == "" && utf8.ValidString(e.text) {
			vars = append(vars, resolved)
		}
		if relevant(name) {
			remarks = append(remarks, wordRemarks(d.key, written, word, e)...)
			remarks = append(remarks, cutRemark(d.key, written, words[i+1:])...)
		}
	}
	if name := droppedName(d.value, len(words)); err != nil && relevant(name) {
		remarks = append(remarks, droppedRemark(name, source, err))
	}
	return vars, remarks
}

// wordRemarks remarks on what % and escapes did to one assignment.
func wordRemarks(key string, v route.Variable, word unitWord, e expansion) []Remark {
	var remarks []Remark
	switch {
	case e.dropped != "":
		m := remarkOn(PercentDropped, v, "% begins a specifier in "+key+"=, this one is unknown, and systemd drops the whole assignment "+
			"without a message: the service starts without it")
		m.Write = key + `="` + v.Name + "=" + percentPlaceholder(v) + `"`
		remarks = append(remarks, m)
	case e.unknown != "":
		remarks = append(remarks, remarkOn(NotEvaluated, v,
			"% begins a specifier in "+key+"=; systemd replaces "+e.unknown+" by a value that the files do not show"))
	case e.used != "" && isProxy(v.Name):
		m := remarkOn(PercentExpanded, v, "% begins a specifier in "+key+"=: systemd replaces "+e.used)
		m.Write = key + `="` + v.Name + "=" + percentPlaceholder(v) + `"`
		remarks = append(remarks, m)
	}
	if word.escaped {
		remarks = append(remarks, remarkOn(EscapeExpanded, v, "a backslash begins an escape in "+key+"=, and systemd replaces it (\\n is a "+
			"line feed)"))
	}
	return remarks
}

// percentPlaceholder returns a value as it belongs into Environment=. Where the
// % stands in a password, the place is shown by an example.
func percentPlaceholder(v route.Variable) string {
	text := shown(v.Name, v.Value)
	text = strings.ReplaceAll(text, "%", "%%")
	return strings.ReplaceAll(text, redact.Mark+"@", "USER:PASS%%40WORD@")
}

// cutRemark remarks on words after an assignment that are not assignments: they were
// meant for its value and are lost.
func cutRemark(key string, v route.Variable, following []unitWord) []Remark {
	entries := []string{v.Value}
	for _, word := range following {
		if name, _, ok := strings.Cut(word.text, "="); ok && isName(name) {
			break
		}
		entries = append(entries, word.text)
	}
	if len(entries) == 1 {
		return nil
	}
	m := remarkOn(BlankCuts, v, "a blank outside of quotes ends the value; systemd ignores the words after it")
	if isNoProxy(v.Name) {
		for i, entry := range entries {
			entries[i] = strings.Trim(entry, ",")
		}
		m.Write = corrected(key+`="`+v.Name+"=", v.Name, strings.Join(entries, ","), `"`)
	}
	return []Remark{m}
}

// droppedName returns the name of the assignment at which reading stopped, the
// one after so many words.
func droppedName(value string, words int) string {
	rest := strings.TrimLeft(value, unitBlanks)
	for ; words > 0; words-- {
		_, after, err := firstWord(rest)
		if err != nil {
			return ""
		}
		rest = strings.TrimLeft(after, unitBlanks)
	}
	name, _, _ := strings.Cut(strings.TrimLeft(rest, `"'`), "=")
	return name
}

// droppedRemark remarks on an assignment that was lost to a backslash or a quote.
func droppedRemark(name, source string, err error) Remark {
	return Remark{Code: EscapeDrops, Source: source, Variable: name, Value: redact.Mark,
		Text: err.Error() + ": systemd ignores the line from this assignment on; a backslash is written twice"}
}
