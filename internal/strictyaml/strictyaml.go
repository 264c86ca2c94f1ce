// Package strictyaml reads the YAML files that people write for this tool, and writes them: a key that
// is not known is an error, every error names its line, and no text ends the program.
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"
)

// Error says what is wrong with a text, and on which line, counted from 1.
type Error struct {
	Line int
	Err  error
}

// Error implements error, with the line.
func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Err) }

// Unwrap returns the error without the line.
func (e *Error) Unwrap() error { return e.Err }

// Decode reads text into what into points to; an empty text leaves it as it is. Its
// errors are of type [*Error].
//
// The library panics where a tag stands before what should be a list (found by
// fuzzing, goccy/go-yaml 1.19.2).
func Decode(text []byte, into any) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	if err = check(text); err == nil {
		err = yaml.UnmarshalWithOptions(text, into, yaml.Strict())
	}
	var known yaml.Error
	var own *Error
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &own):
		return own
	case errors.As(err, &known) && known.GetToken() != nil:
		return &Error{known.GetToken().Position.Line, errors.New(message(known))}
	}
	return &Error{firstSuch(text, into, err), err}
}

// errPanic stands for a panic of the library.
var errPanic = &Error{1, errors.New("not to be read as YAML: a tag or an alias stands where a list or a mapping should")}

// message returns what an error of the library says, without types of Go.
func message(known yaml.Error) string {
	var wrong *yaml.TypeError
	if !errors.As(known, &wrong) {
		return known.GetMessage()
	}
	out := inYAML(wrong.SrcType) + " stands where " + inYAML(wrong.DstType) + " should"
	if wrong.DstType.Kind() == reflect.String {
		out += "; put it in quotation marks" // a colon and a blank in a text make a mapping of it
	}
	return out
}

// inYAML returns what a type is to those who write a file.
func inYAML(t reflect.Type) string {
	if t == reflect.TypeFor[time.Duration]() {
		return "a time, such as 1.5s,"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map, reflect.Struct, reflect.Pointer:
		return "a mapping"
	}
	return "a number"
}

// firstSuch returns the line up to which a text has to be read for an error that names
// none, as those of durations do.
func firstSuch(text []byte, into any, err error) int {
	lines := bytes.SplitAfter(text, []byte("\n"))
	return 1 + sort.Search(len(lines)-1, func(i int) bool {
		again := yaml.UnmarshalWithOptions(bytes.Join(lines[:i+1], nil), reflect.New(reflect.TypeOf(into).Elem()).Interface(), yaml.Strict())
		return again != nil && again.Error() == err.Error()
	})
}

// Encode writes a value without its zero fields. Decode reads the same value from it.
//
// The library writes some texts without quotes that it reads as something else, and its
// block style loses carriage returns (found by fuzzing, goccy/go-yaml 1.19.2: "? 0",
// "a\r\nb"). So only unambiguous texts are left to it; all others are written in quotes,
// whose escapes are the same in Go and in YAML (YAML 1.2.2 section 5.7).
func Encode(v any) ([]byte, error) {
	return yaml.MarshalWithOptions(v, yaml.OmitZero(), yaml.CustomMarshaler(func(text string) ([]byte, error) {
		if plain.MatchString(text) {
			return yaml.Marshal(text)
		}
		return []byte(strconv.Quote(text)), nil
	}))
}

// plain is text of words, names, addresses and URLs.
var plain = regexp.MustCompile(`^[A-Za-z0-9/][A-Za-z0-9._/@+-]*(?:[ :][A-Za-z0-9._/@+-]+)*$`)

// Line returns the line of a place in a text, a path such as $.hosts[2].host; 1 where it
// cannot be found.
func Line(text []byte, place string) (line int) {
	defer func() {
		if recover() != nil { // as in Decode
			line = 1
		}
	}()
	path, err := yaml.PathString(place)
	if err != nil {
		return 1
	}
	file, err := Parse(text)
	if err != nil {
		return 1
	}
	node, err := path.FilterFile(file)
	if err != nil || node == nil || node.GetToken() == nil {
		return 1
	}
	return node.GetToken().Position.Line
}
