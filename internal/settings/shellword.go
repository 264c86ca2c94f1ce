package settings

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// word returns the text of a shell word, or the part of it whose value only running it
// would show.
func (s *shell) word(w *syntax.Word) (text, unknown string) {
	var out strings.Builder
	for i, part := range w.Parts {
		text, unknown := s.part(part, false)
		if unknown != "" {
			return "", unknown
		}
		if _, literal := part.(*syntax.Lit); literal && i == 0 && (text == "~" || strings.HasPrefix(text, "~/")) {
			text = s.home + text[1:]
		}
		out.WriteString(text)
	}
	return out.String(), ""
}

// part returns the text of one part of a word.
func (s *shell) part(part syntax.WordPart, quoted bool) (text, unknown string) {
	switch p := part.(type) {
	case *syntax.Lit:
		return unescapeShell(p.Value, quoted), ""
	case *syntax.SglQuoted:
		if p.Dollar {
			return "", "a $'…' string"
		}
		return p.Value, ""
	case *syntax.DblQuoted:
		var out strings.Builder
		for _, inner := range p.Parts {
			text, unknown := s.part(inner, true)
			if unknown != "" {
				return "", unknown
			}
			out.WriteString(text)
		}
		return out.String(), ""
	case *syntax.ParamExp:
		return s.reference(p)
	case *syntax.CmdSubst:
		return "", "the output of a command"
	}
	return "", "an expansion"
}

// reference returns the value of $NAME and ${NAME}.
func (s *shell) reference(p *syntax.ParamExp) (text, unknown string) {
	plain := p.Flags == nil && !p.Excl && !p.Length && !p.Width && p.Index == nil && p.Slice == nil && p.Repl == nil && p.Names == 0 &&
		p.Exp == nil && p.NestedParam == nil && p.Param != nil
	if !plain {
		return "", "an expansion"
	}
	v, ok := s.vars[p.Param.Value]
	if !ok || v.unknown {
		return "", "a reference to a variable that no file sets"
	}
	return v.variable.Value, ""
}

// unescapeShell removes backslashes as the shell does: outside of quotes all of
// them, within double quotes those before $ ` " \ and a line end.
func unescapeShell(s string, quoted bool) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) || quoted && strings.IndexByte("$`\"\\\n", s[i+1]) < 0 {
			out.WriteByte(s[i])
			continue
		}
		i++
		if s[i] != '\n' {
			out.WriteByte(s[i])
		}
	}
	return out.String()
}
