package pac

import (
	"bytes"
	_ "embed" // for the two files of JavaScript
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"
)

// MaxSource bounds a file, in bytes. Chromium takes none above 1 MiB
// (net/proxy_resolution/pac_file_fetcher_impl.cc).
const MaxSource = 1 << 20

// maxDepth bounds how deep brackets, and operators before an operand, may be nested. The
// reader of the language takes some kilobytes of stack for a level; files that people or
// generators write have below thirty.
const maxDepth = 500

//go:embed bounds.js
var boundsSource string

//go:embed functions.js
var functionsSource string

// Script is a file that was read.
type Script struct {
	bounds, functions, program *goja.Program
	// places are those that its answer may come from.
	places []place
	// mayRun is maxRun, and less where a test waits for it.
	mayRun time.Duration
}

// Parse reads a file. name stands in errors in its place. The error says in which line
// something is wrong, or what the file uses that is not bounded.
func Parse(name string, source []byte) (*Script, error) {
	source = bytes.TrimPrefix(source, []byte("\xEF\xBB\xBF"))
	if len(source) > MaxSource {
		return nil, fmt.Errorf("%s: larger than %d MiB, which no browser takes", name, MaxSource>>20)
	}
	text := string(source)
	if !utf8.ValidString(text) {
		text = latin1(source)
	}
	if deep(text) {
		return nil, fmt.Errorf("%s: nested more than %d levels deep", name, maxDepth)
	}
	tree, err := goja.Parse(name, text, parser.WithDisableSourceMaps)
	if err != nil {
		return nil, errors.New(oneLine(err.Error()))
	}
	if err := allowed(tree); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s := &Script{mayRun: maxRun, places: mark(tree)}
	if s.program, err = goja.CompileAST(tree, false); err != nil {
		return nil, errors.New(oneLine(err.Error()))
	}
	if s.bounds, err = goja.Compile("bounds.js", boundsSource, true); err != nil {
		return nil, err
	}
	s.functions, err = goja.Compile("functions.js", functionsSource, true)
	return s, err
}

// latin1 reads a file in which each byte is a character, as browsers read one that is not UTF-8.
func latin1(source []byte) string {
	var out strings.Builder
	for _, b := range source {
		out.WriteRune(rune(b))
	}
	return out.String()
}

// deep reports whether a text is nested too deeply. It counts in strings and comments, too: it
// has to run before anything understands the text.
func deep(text string) bool {
	depth, before := 0, 0
	for _, r := range text {
		switch r {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth = max(depth-1, 0)
		}
		switch r {
		case '!', '~', '+', '-', ' ', '\t', '\n', '\r':
			before++
		default:
			before = 0
		}
		if strings.ContainsRune(" \t\n\r", r) {
			before--
		}
		if depth > maxDepth || before > maxDepth {
			return true
		}
	}
	return false
}

// allowed refuses what is written into a file and cannot be bounded where it runs: regular
// expressions that backtrack, and whole numbers without an end.
func allowed(tree *ast.Program) error {
	seen := map[any]bool{}
	for work := []reflect.Value{reflect.ValueOf(tree)}; len(work) > 0; {
		v := work[len(work)-1]
		work = work[:len(work)-1]
		switch v.Kind() {
		case reflect.Interface:
			work = append(work, v.Elem())
		case reflect.Pointer:
			if v.IsNil() || seen[v.Interface()] || v.Type() == reflect.TypeFor[*file.File]() {
				continue
			}
			seen[v.Interface()] = true
			if err := allowedNode(v.Interface()); err != nil {
				return err
			}
			work = append(work, v.Elem())
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					work = append(work, v.Field(i))
				}
			}
		case reflect.Slice:
			for i := range v.Len() {
				work = append(work, v.Index(i))
			}
		}
	}
	return nil
}

// allowedNode refuses one node of the tree.
func allowedNode(node any) error {
	switch n := node.(type) {
	case *ast.RegExpLiteral:
		return allowedPattern(n.Pattern, n.Flags)
	case *ast.NumberLiteral:
		if _, big := n.Value.(*big.Int); big {
			return fmt.Errorf("the number %s is a BigInt, which pullpath does not let a PAC file have", short(n.Literal))
		}
	}
	return nil
}

// allowedPattern refuses a regular expression that cannot be matched in linear time.
func allowedPattern(pattern, flags string) error {
	linear, err := parser.TransformRegExp(pattern, strings.Contains(flags, "s"), strings.Contains(flags, "u"))
	if err == nil {
		_, err = regexp.Compile(linear)
	}
	beyond := strings.ContainsFunc(pattern, func(r rune) bool { return r > 0xFFFF })
	if err != nil || beyond {
		return fmt.Errorf("the regular expression /%s/ is wrong, or needs backtracking, which pullpath does not bound", short(pattern))
	}
	return nil
}

// oneLine returns the first line of an error of the engine; the others are its stack.
func oneLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(strings.TrimPrefix(line, "SyntaxError: "))
}
