package pac

import (
	"reflect"
	"slices"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/unistring"
)

// Line is a line of the file that had a part in an answer.
type Line struct {
	Number int `json:"line"`
	// Text is what stands there: a return, an assignment, or the condition that led to it.
	Text string `json:"text"`
}

// markName is the function that notes where a script is. No script can write the name.
const markName = " mark"

// maxDecided bounds how far an answer is followed back through functions that return it.
const maxDecided = 5

// maxQuoted bounds the part of the file that is looked at for a line's text, in bytes: what is shown
// of it is a quarter, and indentation may be as much again.
const maxQuoted = 1200

// branch is a condition around a place, with the conditions around itself.
type branch struct {
	line   Line
	parent *branch
}

// place is one point in the file where a value that may become the answer comes about.
type place struct {
	line Line
	in   *branch
	// variable is what is returned, calls the function that is called for it, and picks means that
	// one of two values is taken.
	variable, calls string
	picks           bool
}

// marker puts a call of the noting function around the values of a file.
type marker struct {
	tree   *ast.Program
	places []place
	// functions are those that the file declares, returned the variables that it returns.
	functions, returned map[string]bool
	seen                map[any]bool
	work                []marked
}

// marked is a node that is to be looked at, with the conditions around it.
type marked struct {
	value reflect.Value
	in    *branch
}

// mark rewrites a file so that it notes where its answer comes from, and returns the places.
func mark(tree *ast.Program) []place {
	m := &marker{tree: tree, functions: map[string]bool{}, returned: map[string]bool{}}
	m.walk(m.collect)
	m.walk(m.note)
	return m.places
}

// walk goes through the tree without a stack of its own: conditions may be nested in thousands.
func (m *marker) walk(visit func(node any, in *branch) bool) {
	m.seen = map[any]bool{}
	m.work = []marked{{value: reflect.ValueOf(m.tree)}}
	for len(m.work) > 0 {
		next := m.work[len(m.work)-1]
		m.work = m.work[:len(m.work)-1]
		switch v := next.value; v.Kind() {
		case reflect.Interface:
			m.work = append(m.work, marked{v.Elem(), next.in})
		case reflect.Pointer:
			if v.IsNil() || m.seen[v.Interface()] || v.Type() == reflect.TypeFor[*file.File]() {
				continue
			}
			m.seen[v.Interface()] = true
			if !visit(v.Interface(), next.in) {
				m.push(v.Elem(), next.in)
			}
		default:
			m.push(v, next.in)
		}
	}
}

// push adds the parts of a node.
func (m *marker) push(v reflect.Value, in *branch) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				m.work = append(m.work, marked{v.Field(i), in})
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			m.work = append(m.work, marked{v.Index(i), in})
		}
	}
}

// collect learns the names that matter.
func (m *marker) collect(node any, _ *branch) bool {
	switch n := node.(type) {
	case *ast.FunctionDeclaration:
		if n.Function.Name != nil {
			m.functions[n.Function.Name.Name.String()] = true
		}
	case *ast.ReturnStatement:
		if id, ok := n.Argument.(*ast.Identifier); ok {
			m.returned[id.Name.String()] = true
		}
	}
	return false
}

// note marks one node, and reports whether it has seen to the node's parts itself.
func (m *marker) note(node any, in *branch) bool {
	switch n := node.(type) {
	case *ast.IfStatement:
		m.branches(n, in)
		return true
	case *ast.CaseStatement:
		if n.Test != nil {
			line := m.at(n.Test.Idx0(), n.Test.Idx1())
			in = &branch{Line{line.Number, "case " + line.Text}, in}
		}
		m.push(reflect.ValueOf(n).Elem(), in)
		return true
	case *ast.ReturnStatement:
		if n.Argument != nil {
			m.push(reflect.ValueOf(&n.Argument).Elem().Elem(), in) // before it is another one
			n.Argument = m.wrapped(n.Argument, m.returning(n, in))
			return true
		}
	case *ast.AssignExpression:
		if id, ok := n.Left.(*ast.Identifier); ok && m.returned[id.Name.String()] && isValue(n.Right) {
			was := n.Right
			n.Right = m.wrapped(was, place{line: m.at(n.Left.Idx0(), was.Idx1()), in: in, variable: id.Name.String()})
			m.work = append(m.work, marked{reflect.ValueOf(was), in})
			return true
		}
	case *ast.Binding:
		if id, ok := n.Target.(*ast.Identifier); ok && n.Initializer != nil && m.returned[id.Name.String()] && isValue(n.Initializer) {
			was := n.Initializer
			n.Initializer = m.wrapped(was, place{line: m.at(id.Idx, was.Idx1()), in: in, variable: id.Name.String()})
			m.work = append(m.work, marked{reflect.ValueOf(was), in})
			return true
		}
	}
	return false
}

// branches looks at both sides of a condition. That a condition did not hold is said of an else
// alone: of many that stand one after the other each would be named.
func (m *marker) branches(n *ast.IfStatement, in *branch) {
	line := m.condition(n)
	m.work = append(m.work, marked{reflect.ValueOf(n.Test), in}, marked{reflect.ValueOf(n.Consequent), &branch{line, in}})
	switch other := n.Alternate.(type) {
	case nil:
	case *ast.IfStatement:
		m.work = append(m.work, marked{reflect.ValueOf(other), in})
	default:
		line.Text = "else of " + line.Text
		m.work = append(m.work, marked{reflect.ValueOf(other), &branch{line, in}})
	}
}

// condition is the text of an if up to what it leads to. The parser keeps no place of the word, nor
// of brackets around an expression.
func (m *marker) condition(n *ast.IfStatement) Line {
	text, base := m.tree.File.Source(), m.tree.File.Base()
	begin, end := int(n.Test.Idx0())-base, int(n.Consequent.Idx0())-base
	if begin < 0 || begin > len(text) {
		return Line{}
	}
	before := strings.TrimRight(text[:begin], " \t\r\n(")
	if strings.HasSuffix(before, "if") && end > begin && end <= len(text) {
		return m.at(file.Idx(len(before)-len("if")+base), file.Idx(end+base))
	}
	line := m.at(n.Test.Idx0(), n.Test.Idx1())
	return Line{line.Number, "if (" + line.Text + ")"}
}

// returning is the place of a return, and marks the two values of which one is taken.
func (m *marker) returning(n *ast.ReturnStatement, in *branch) place {
	p := place{line: m.at(n.Return, n.Argument.Idx1()), in: in}
	switch a := n.Argument.(type) {
	case *ast.Identifier:
		p.variable = a.Name.String()
	case *ast.ConditionalExpression:
		p.picks = true
		a.Consequent = m.wrapped(a.Consequent, place{line: m.at(a.Consequent.Idx0(), a.Consequent.Idx1())})
		a.Alternate = m.wrapped(a.Alternate, place{line: m.at(a.Alternate.Idx0(), a.Alternate.Idx1())})
	case *ast.CallExpression:
		if id, ok := a.Callee.(*ast.Identifier); ok && m.functions[id.Name.String()] {
			p.calls = id.Name.String()
		}
	}
	return p
}

// isValue leaves out functions, which take their names from where they stand.
func isValue(e ast.Expression) bool {
	switch e.(type) {
	case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.ClassLiteral:
		return false
	}
	return true
}

// wrapped is an expression that notes its place once it has a value.
func (m *marker) wrapped(e ast.Expression, p place) ast.Expression {
	m.places = append(m.places, p)
	return &ast.CallExpression{Callee: &ast.Identifier{Name: unistring.String(markName), Idx: e.Idx0()}, LeftParenthesis: e.Idx0(),
		ArgumentList:     []ast.Expression{&ast.NumberLiteral{Idx: e.Idx0(), Literal: "0", Value: int64(len(m.places) - 1)}, e},
		RightParenthesis: e.Idx1()}
}

// at is a part of the file, in one line.
func (m *marker) at(from, to file.Idx) Line {
	text, base := m.tree.File.Source(), m.tree.File.Base()
	begin := max(int(from)-base, 0)
	end := min(max(int(to)-base, 0), len(text), begin+maxQuoted)
	if begin >= end {
		return Line{Number: m.tree.File.Position(begin).Line}
	}
	return Line{m.tree.File.Position(begin).Line, short(strings.Join(strings.Fields(text[begin:end]), " "))}
}

// noted is where a script was: the last returns, oldest first, the last value of each variable, and
// the last of two values that was taken.
type noted struct {
	returns  []int
	assigned map[string]int
	picked   int
}

// mark is the noting function.
func (r *run) mark(places []place) func(call goja.FunctionCall) goja.Value {
	r.noted = noted{assigned: map[string]int{}, picked: -1}
	return func(call goja.FunctionCall) goja.Value {
		i := int(call.Argument(0).ToInteger())
		if i < 0 || i >= len(places) {
			return call.Argument(1)
		}
		switch p := places[i]; {
		case strings.HasPrefix(p.line.Text, "return"):
			if len(r.noted.returns) == maxDecided {
				r.noted.returns = r.noted.returns[1:]
			}
			r.noted.returns = append(r.noted.returns, i)
		case p.variable != "":
			r.noted.assigned[p.variable] = i
		default:
			r.noted.picked = i
		}
		return call.Argument(1)
	}
}

// decided are the lines by which the answer came about, in the order of the file.
func (n noted) decided(places []place) []Line {
	var out []Line
	add := func(p place) {
		lines := []Line{p.line}
		for b := p.in; b != nil && len(lines) < maxDecided; b = b.parent {
			lines = append([]Line{b.line}, lines...)
		}
		for _, l := range lines {
			if !slices.Contains(out, l) {
				out = append(out, l)
			}
		}
	}
	for i := range slices.Backward(n.returns) {
		p := places[n.returns[i]]
		add(p)
		if at, ok := n.assigned[p.variable]; ok && p.variable != "" {
			add(places[at])
		}
		if p.picks && n.picked >= 0 {
			add(places[n.picked])
		}
		if p.calls == "" {
			break
		}
	}
	slices.SortStableFunc(out, func(a, b Line) int { return a.Number - b.Number })
	return out
}
