package settings

import (
	"errors"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"pullpath/internal/route"
)

// ReadLoginShell reads what a login shell of bash sets, in the order in which it
// reads it (bash(1), INVOCATION): /etc/profile, /etc/profile.d/*.sh (which
// /etc/profile of every distribution sources), the first of the user's profiles,
// and the files that these source by convention. initial is what the session has
// before, from [ReadPAM].
//
// Nothing is executed: plain assignments, export, unset, sourcing a fixed path
// and references to variables that are known are followed. A variable that
// anything else would set, a condition or a command, is a remark and not set.
func ReadLoginShell(root *Root, home string, initial route.Environment) []File {
	s := newShell(root, home, initial)
	files := []File{s.read("/etc/profile")}
	for _, name := range root.Glob("/etc/profile.d/*.sh") {
		files = append(files, s.read(name))
	}
	for _, name := range []string{"/etc/bashrc", "/etc/bash.bashrc"} {
		files = append(files, s.read(name))
	}
	for _, name := range []string{home + "/.bash_profile", home + "/.bash_login", home + "/.profile"} {
		if root.Exists(name) {
			files = append(files, s.read(name))
			break
		}
	}
	files = append(files, s.read(home+"/.bashrc"))
	return slices.DeleteFunc(files, func(f File) bool { return !f.Found })
}

// ReadZsh reads the files of zsh, the shell of macOS, as it reads them for a login (zsh(1), STARTUP
// FILES).
func ReadZsh(root *Root, home string, initial route.Environment) []File {
	s := newShell(root, home, initial)
	var files []File
	for _, name := range []string{"/etc/zshenv", home + "/.zshenv", "/etc/zprofile", home + "/.zprofile", "/etc/zshrc", home + "/.zshrc"} {
		files = append(files, s.read(name))
	}
	return slices.DeleteFunc(files, func(f File) bool { return !f.Found })
}

// shellValue is a variable of the shell.
type shellValue struct {
	variable route.Variable
	exported bool
	unknown  bool // something sets it that is not evaluated
}

// shell is the state that a file leaves to the next.
type shell struct {
	root *Root
	home string
	vars map[string]shellValue
	all  bool // set -a: every assignment is exported

	path    string // the file being read
	reading []string
	out     []route.Variable
	remarks []Remark
}

func newShell(root *Root, home string, initial route.Environment) *shell {
	s := &shell{root: root, home: home, vars: map[string]shellValue{}}
	s.vars["HOME"] = shellValue{variable: route.Variable{Name: "HOME", Value: home}}
	for _, v := range initial {
		s.vars[v.Name] = shellValue{variable: v, exported: true}
	}
	return s
}

// read evaluates one file.
func (s *shell) read(name string) File {
	return readFile(s.root, name, func(name, text string) ([]route.Variable, []Remark) {
		s.out, s.remarks = nil, nil
		s.run(name, text)
		return s.out, s.remarks
	})
}

// maxSourced bounds how deep files source each other; two is usual.
const maxSourced = 8

// run evaluates the statements of a file, up to a syntax error as bash does.
func (s *shell) run(name, text string) {
	if len(s.reading) >= maxSourced || slices.Contains(s.reading, name) {
		return
	}
	if err := boundShell(text); err != nil {
		s.remarks = append(s.remarks, refused(err, Remark{Source: name}))
		return
	}
	before := s.path
	s.path, s.reading = name, append(s.reading, name)
	parser := syntax.NewParser(syntax.Variant(syntax.LangBash))
	failed := false
	for stmt, err := range parser.StmtsSeq(strings.NewReader(text)) {
		if failed {
			continue // no break: the library yields once more after some errors, and panics
		}
		if err != nil {
			failed = true
			line := 0
			if at := (syntax.ParseError{}); errors.As(err, &at) {
				line = int(at.Pos.Line())
			}
			s.remarks = append(s.remarks, Remark{Code: Syntax, Source: at(name, line), Text: "not valid shell syntax: the shell stops reading here"})
			continue
		}
		s.statement(stmt)
	}
	s.path, s.reading = before, s.reading[:len(s.reading)-1]
}

// statement evaluates what can be, and forgets the variables that the rest sets.
func (s *shell) statement(stmt *syntax.Stmt) {
	if stmt.Background || stmt.Negated || len(stmt.Redirs) > 0 {
		s.forget(stmt)
		return
	}
	switch cmd := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		if len(cmd.Args) == 0 {
			for _, a := range cmd.Assigns {
				s.assign(a, false)
			}
			return
		}
		s.temporary(cmd)
		s.call(cmd)
	case *syntax.DeclClause:
		s.declare(cmd)
	case *syntax.Block:
		for _, inner := range cmd.Stmts {
			s.statement(inner)
		}
	case *syntax.FuncDecl, *syntax.Subshell:
		// sets nothing until it is called, or nothing at all
	default:
		s.forget(stmt)
	}
}

// declare evaluates export and its relatives. An option but -x is left alone.
func (s *shell) declare(cmd *syntax.DeclClause) {
	export := cmd.Variant.Value == "export"
	for i, a := range cmd.Args {
		switch {
		case a.Naked && a.Value != nil && a.Name == nil:
			export = export || strings.Contains(a.Value.Lit(), "x")
		case a.Naked && a.Name != nil:
			if i > 0 {
				s.cut(cmd.Args[i-1])
			}
			s.export(a.Name.Value)
		default:
			s.assign(a, export)
		}
	}
}

// temporary remarks on an assignment before a command. An unquoted blank turns
// NO_PROXY=a, b into one.
func (s *shell) temporary(cmd *syntax.CallExpr) {
	for _, a := range cmd.Assigns {
		if a.Name == nil || !isProxy(a.Name.Value) && !isNoProxy(a.Name.Value) || a.Value == nil {
			continue
		}
		value, _ := s.word(a.Value)
		v := route.Variable{Name: a.Name.Value, Value: value, Source: at(s.path, int(a.Pos().Line()))}
		s.remarks = append(s.remarks, remarkOn(BlankCuts, v,
			"a word follows after a blank: the shell takes it for a command, and sets the variable for that command only"))
	}
}

// cut remarks on a list that ends in a comma before a blank and another word.
func (s *shell) cut(a *syntax.Assign) {
	if a.Name == nil || !isNoProxy(a.Name.Value) || a.Value == nil {
		return
	}
	if v := s.vars[a.Name.Value].variable; strings.HasSuffix(v.Value, ",") {
		s.remarks = append(s.remarks, remarkOn(BlankCuts, v,
			"a blank outside of quotes ends the value; the shell takes what follows for a name to export"))
	}
}

// export marks a variable: programs get its value.
func (s *shell) export(name string) {
	v, ok := s.vars[name]
	if !ok || v.exported {
		return
	}
	v.exported = true
	s.vars[name] = v
	if !v.unknown {
		s.out = append(s.out, v.variable)
	}
}

// assign evaluates NAME=value and NAME+=value.
func (s *shell) assign(a *syntax.Assign, export bool) {
	if a.Name == nil || a.Index != nil || a.Array != nil {
		return
	}
	name := a.Name.Value
	value, unknown := "", ""
	if a.Value != nil {
		value, unknown = s.word(a.Value)
	}
	old := s.vars[name]
	if a.Append {
		value = old.variable.Value + value
	}
	v := shellValue{route.Variable{Name: name, Value: value, Source: at(s.path, int(a.Pos().Line()))}, export || old.exported ||
		s.all, unknown != ""}
	if len(value) > maxExpanded {
		v.unknown, unknown = true, "a value that grows with each line"
	}
	s.vars[name] = v
	switch {
	case v.unknown && relevant(name):
		s.remarks = append(s.remarks, Remark{Code: NotEvaluated, Source: v.variable.Source, Variable: name,
			Text: "the value holds " + unknown + "; only running it would show the value"})
	case !v.unknown && v.exported:
		s.out = append(s.out, v.variable)
	}
}

// call evaluates the commands that set or unset variables.
func (s *shell) call(cmd *syntax.CallExpr) {
	args := make([]string, 0, len(cmd.Args))
	for _, word := range cmd.Args {
		text, unknown := s.word(word)
		if unknown != "" {
			return
		}
		args = append(args, text)
	}
	switch args[0] {
	case "unset":
		for _, name := range args[1:] {
			s.unset(name, at(s.path, int(cmd.Pos().Line())))
		}
	case "set":
		s.option(args[1:])
	case ".", "source":
		if len(args) > 1 && strings.HasPrefix(args[1], "/") {
			if text, ok := s.root.text(args[1]); ok {
				s.run(clean(args[1]), text)
			}
		}
	}
}

// unset removes a variable: an empty one counts as not set for every client but
// those that the dialects of route know.
func (s *shell) unset(name, source string) {
	if v, ok := s.vars[name]; ok && v.exported {
		s.out = slices.DeleteFunc(s.out, func(v route.Variable) bool { return v.Name == name })
		if relevant(name) && !v.unknown {
			s.out = append(s.out, route.Variable{Name: name, Source: source})
		}
	}
	delete(s.vars, name)
}

// option notes set -a and set -o allexport.
func (s *shell) option(args []string) {
	for i, arg := range args {
		on := strings.HasPrefix(arg, "-")
		if long := i > 0 && args[i-1] == arg[:min(1, len(arg))]+"o"; long {
			continue
		}
		if (on || strings.HasPrefix(arg, "+")) && strings.Contains(arg, "a") {
			s.all = on
		}
		if strings.TrimLeft(arg, "-+") == "o" && i+1 < len(args) && args[i+1] == "allexport" {
			s.all = on
		}
	}
}

// forget marks what a statement would set as not known, with a remark for each
// variable that matters.
func (s *shell) forget(stmt *syntax.Stmt) {
	var told []string
	syntax.Walk(stmt, func(node syntax.Node) bool {
		if _, function := node.(*syntax.FuncDecl); function {
			return false
		}
		a, ok := node.(*syntax.Assign)
		if !ok || a.Name == nil || a.Naked {
			return true
		}
		name := a.Name.Value
		s.vars[name] = shellValue{unknown: true}
		if relevant(name) && !slices.Contains(told, name) {
			told = append(told, name)
			s.remarks = append(s.remarks, Remark{Code: NotEvaluated, Source: at(s.path, int(a.Pos().Line())), Variable: name,
				Text: "is set within a condition, a loop or a command list; only running it would show the value"})
		}
		return true
	})
}
