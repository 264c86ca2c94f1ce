package fault

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Asked is a fault with the text by which somebody asked for it.
type Asked struct {
	Fault
	Text string
}

// param is a parameter as it was typed.
type param struct{ name, value string }

// Parse reads a fault: NAME or NAME:PARAM=VALUE,PARAM=VALUE. A value may stand in single or
// double quotation marks, and is then what is between them. Without them the value of a
// text runs to the comma before the next known parameter, so that a header may hold commas.
// 1/N is short for every=N.
func Parse(text string) (Fault, error) {
	asked, err := Read(text, nil)
	return asked.Fault, err
}

// Read is Parse, and keeps the text. change, where there is one, may put another value
// in the place of one that was typed.
func Read(text string, change func(name, value string) (string, error)) (Asked, error) {
	name, rest, more := strings.Cut(text, ":")
	kind, err := kindNamed(name)
	if err != nil {
		return Asked{}, err
	}
	var typed []param
	if more {
		if typed, err = splitParams(rest, kind.fields()); err != nil {
			return Asked{}, fmt.Errorf("fault %s: %w", name, err)
		}
	}
	for i, p := range typed {
		if change == nil {
			break
		}
		if typed[i].value, err = change(p.name, p.value); err != nil {
			return Asked{}, fmt.Errorf("fault %s: %s=%s: %w", name, p.name, p.value, err)
		}
	}
	f, err := kind.make(typed)
	if err != nil {
		return Asked{}, fmt.Errorf("fault %s: %w", name, err)
	}
	return Asked{f, text}, nil
}

// make sets parameters in the kind's prototype.
func (k Kind) make(typed []param) (Fault, error) {
	v := reflect.New(reflect.TypeOf(k.prototype)).Elem()
	v.Set(reflect.ValueOf(k.prototype))
	var count Counted
	if err := setParams(typed, v, k.own(), reflect.ValueOf(&count).Elem(), counting()); err != nil {
		return nil, err
	}
	f, ok := v.Interface().(Fault)
	if !ok {
		return nil, fmt.Errorf("%T is not a fault", v.Interface())
	}
	if err := checkFault(f); err != nil {
		return nil, err
	}
	if count == (Counted{}) {
		return f, nil
	}
	count.Fault = f
	return count, nil
}

// setParams sets each parameter in the first of two structs, or in the second.
func setParams(typed []param, v reflect.Value, own []field, second reflect.Value, further []field) error {
	seen := map[string]bool{}
	for _, p := range typed {
		into, fields := v, own
		if !has(own, p.name) {
			into, fields = second, further
		}
		of := slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return f.name != p.name })
		if seen[p.name] && len(of) == 1 && !of[0].repeated() {
			return fmt.Errorf("%s is there twice", p.name)
		}
		if err := assign(into, of, p.name, p.value, seen[p.name]); err != nil {
			return err
		}
		seen[p.name] = true
	}
	return nil
}

// readStruct reads parameters into a struct whose zero value is the prototype.
func readStruct(v reflect.Value, text string) error {
	if text == "" {
		return nil
	}
	fields := fieldsOf(v.Type())
	typed, err := splitParams(text, fields)
	if err != nil {
		return err
	}
	return setParams(typed, v, fields, v, nil)
}

// fraction is short for a count.
var fraction = regexp.MustCompile(`^(\d+)/(\d+)$`)

// splitParams reads parameters of which the names are known.
func splitParams(text string, known []field) ([]param, error) {
	var out []param
	goesOn := false // the last value is a text without quotes
	for more := true; more; {
		name, after, ok := strings.Cut(text, "=")
		if ok && has(known, name) && strings.IndexAny(after, `'"`) == 0 {
			var value string
			var err error
			if value, text, more, err = unquote(after); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			out, goesOn = append(out, newParam(name, value)), false
			continue
		}
		var part string
		part, text, more = strings.Cut(text, ",")
		name, value, ok := strings.Cut(part, "=")
		m := fraction.FindStringSubmatch(part)
		counts := m != nil && has(known, "every")
		switch {
		case ok && has(known, name):
			goesOn = slices.ContainsFunc(known, func(f field) bool { return f.name == name && f.free() })
			out = append(out, newParam(name, value))
		case counts && m[1] == "1":
			out, goesOn = append(out, param{"every", m[2]}), false
		case goesOn:
			out[len(out)-1].value += "," + part
		case counts:
			return nil, fmt.Errorf("%s is not a count; 1/%s is one time in so many", part, m[2])
		default:
			return nil, noParameter(name, known)
		}
	}
	return out, nil
}

// newParam returns a parameter under the name of its field: ms is a delay in
// milliseconds.
func newParam(name, value string) param {
	if name == milliseconds {
		return param{"delay", value + "ms"}
	}
	return param{name, value}
}

// milliseconds is another parameter for the delay of dns-delay, without a unit.
const milliseconds = "ms"

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

func noParameter(name string, known []field) error {
	hint := near(name, paramNames(known))
	if hint == "" {
		hint = "it has none"
	}
	return fmt.Errorf("no parameter %q; %s", name, hint)
}

// Text returns the fault as it was typed, else as it can be, else its name.
func Text(f Fault) string {
	if asked, ok := f.(Asked); ok {
		return asked.Text
	}
	if text, ok := Typed(f); ok {
		return text
	}
	out := Name(f)
	if host := hostOf(f); host != "" && host != Everyone {
		out += " of " + host
	}
	return out
}

// Typed returns the text from which Parse makes the fault; false where there is none.
func Typed(f Fault) (string, bool) {
	if asked, ok := f.(Asked); ok {
		f = asked.Fault
	}
	k, ok := kindOf(f)
	if !ok {
		return "", false
	}
	inner, count := f, Counted{}
	if c, ok := f.(Counted); ok {
		inner, count = c.Fault, Counted{After: c.After, Every: c.Every, Times: c.Times}
	}
	all := append(paramsOf(reflect.ValueOf(inner), reflect.ValueOf(k.prototype), k.own()),
		paramsOf(reflect.ValueOf(count), reflect.ValueOf(Counted{}), counting())...)
	text := k.Name
	if len(all) > 0 {
		text += ":" + joinParams(all)
	}
	again, err := Parse(text)
	return text, err == nil && reflect.DeepEqual(again, f)
}

// paramsOf returns the parameters in which a struct differs from its prototype.
func paramsOf(v, prototype reflect.Value, fields []field) []param {
	var out []param
	for _, f := range fields {
		if reflect.DeepEqual(v.FieldByIndex(f.index).Interface(), prototype.FieldByIndex(f.index).Interface()) {
			continue
		}
		for _, text := range f.texts(v) {
			out = append(out, param{f.name, text})
		}
	}
	return out
}

func joinParams(all []param) string {
	var out []string
	for _, p := range all {
		value := p.value
		if strings.Contains(value, ",") || strings.IndexAny(value, `'"`) == 0 {
			value = "'" + strings.ReplaceAll(value, "'", "''") + "'"
		}
		out = append(out, p.name+"="+value)
	}
	return strings.Join(out, ",")
}
