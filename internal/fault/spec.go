package fault

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Param is one parameter of a Spec.
type Param struct{ Name, Value string }

// Spec is a fault as it was asked for: the name of a [Kind] and parameters.
type Spec struct {
	Name   string
	Params []Param
}

// counting are the parameters of every fault that a server of the mock plays; see
// [Counted].
var counting = []string{"every", "after", "times"}

// free are parameters whose value is a text that may hold anything, a comma
// included; repeated are those that may be there several times.
var (
	free     = []string{"header", "body", "phrase", "text", "to", "realm"}
	repeated = []string{"header", "strip", "scheme", "address"}
)

var fraction = regexp.MustCompile(`^(\d+)/(\d+)$`)

// Read reads NAME or NAME:PARAM=VALUE,PARAM=VALUE. A value may stand in single or double
// quotation marks, and is then what is between them. Without them the value of a text
// runs to the comma before the next known parameter, so that a header may hold commas.
// 1/N is short for every=N.
func Read(text string) (Spec, error) {
	name, rest, more := strings.Cut(text, ":")
	kind, err := kindOf(name)
	if err != nil || !more {
		return Spec{Name: name}, err
	}
	params, err := readParams(rest, kind.Params)
	if err != nil {
		return Spec{}, fmt.Errorf("fault %s: %w", name, err)
	}
	return Spec{name, params}, nil
}

func kindOf(name string) (Kind, error) {
	kinds := Kinds()
	var names []string
	for _, k := range kinds {
		if k.Name == name {
			return k, nil
		}
		names = append(names, k.Name)
	}
	if n := near(name, names); n != "" {
		return Kind{}, fmt.Errorf("no fault %q: %s", name, n)
	}
	return Kind{}, fmt.Errorf("no fault %q", name)
}

func readParams(text string, known []string) ([]Param, error) {
	var out []Param
	goesOn := false // the last value is a text without quotes
	for more := true; more; {
		name, after, ok := strings.Cut(text, "=")
		if ok && slices.Contains(known, name) && strings.IndexAny(after, `'"`) == 0 {
			var value string
			var err error
			if value, text, more, err = unquote(after); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			out, goesOn = append(out, Param{name, value}), false
			continue
		}
		var part string
		part, text, more = strings.Cut(text, ",")
		name, value, ok := strings.Cut(part, "=")
		m := fraction.FindStringSubmatch(part)
		counts := m != nil && slices.Contains(known, "every")
		switch {
		case ok && slices.Contains(known, name):
			out, goesOn = append(out, Param{name, value}), slices.Contains(free, name)
		case counts && m[1] == "1":
			out, goesOn = append(out, Param{"every", m[2]}), false
		case goesOn:
			out[len(out)-1].Value += "," + part
		case counts:
			return nil, fmt.Errorf("%s is no count; 1/%s is each time of so many", part, m[2])
		default:
			return nil, noParameter(name, known)
		}
	}
	return out, nil
}

// unquote takes a value in quotation marks off the front of a text, and the comma behind
// it; more tells that there was one. Two marks inside stand for one.
func unquote(text string) (value, rest string, more bool, err error) {
	mark, rest := text[:1], text[1:]
	for {
		inside, after, closed := strings.Cut(rest, mark)
		if !closed {
			return "", "", false, fmt.Errorf("%s is not closed; inside, %s%s stands for one", mark, mark, mark)
		}
		value, rest = value+inside, after
		if !strings.HasPrefix(rest, mark) {
			break
		}
		value, rest = value+mark, rest[1:]
	}
	after, more := strings.CutPrefix(rest, ",")
	if !more && rest != "" {
		return "", "", false, fmt.Errorf("%q behind the closing %s; a comma ends a value", rest, mark)
	}
	return value, after, more, nil
}

// quoted is a value as unquote and readParams read it.
func quoted(value string) string {
	if !strings.Contains(value, ",") && strings.IndexAny(value, `'"`) != 0 {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", "''") + "'"
}

func noParameter(name string, known []string) error {
	hint := near(name, known)
	if hint == "" {
		hint = "it has none"
	}
	return fmt.Errorf("no parameter %q; %s", name, hint)
}

// Fault makes the fault that was asked for.
func (s Spec) Fault() (Fault, error) {
	kind, err := kindOf(s.Name)
	if err != nil {
		return nil, err
	}
	f, err := s.build(kind)
	if err != nil {
		return nil, fmt.Errorf("fault %s: %w", s.Name, err)
	}
	return f, nil
}

func (s Spec) build(kind Kind) (Fault, error) {
	p := params{}
	for _, param := range s.Params {
		if !slices.Contains(kind.Params, param.Name) {
			return nil, noParameter(param.Name, kind.Params)
		}
		value, err := readValue(param.Name, param.Value)
		if err != nil {
			return nil, err
		}
		before, twice := p[param.Name]
		switch {
		case !twice:
			p[param.Name] = value
		case slices.Contains(repeated, param.Name):
			p[param.Name] = before + separator + value
		default:
			return nil, fmt.Errorf("%s is there twice", param.Name)
		}
	}
	f, err := kind.build(p)
	if err != nil {
		return nil, err
	}
	return p.counted(f)
}

// counted wraps a fault that does not strike each time.
func (p params) counted(f Fault) (Fault, error) {
	c := Counted{Fault: f}
	for name, into := range inOrder(map[string]*int{"every": &c.Every, "after": &c.After, "times": &c.Times}) {
		var err error
		if *into, err = p.number(name, 0); err != nil {
			return nil, err
		}
		if _, given := p[name]; given && (*into < 0 || *into == 0 && name != "after") {
			return nil, fmt.Errorf("%s=%s is no count", name, p[name])
		}
	}
	if c.Every == 0 && c.After == 0 && c.Times == 0 {
		return f, nil
	}
	return c, nil
}

// String is the Spec as it is typed.
func (s Spec) String() string {
	out := s.Name
	for i, p := range s.Params {
		sep := ","
		if i == 0 {
			sep = ":"
		}
		out += sep + p.Name + "=" + quoted(p.Value)
	}
	return out
}

// Parse reads a fault as [Read] does, and makes it.
func Parse(text string) (Fault, error) {
	s, err := Read(text)
	if err != nil {
		return nil, err
	}
	return s.Fault()
}
