package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/scanner"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a text. The library takes memory that grows with the square of the
// nesting, and of the number of keys in one mapping; it has no limit of its own.
const (
	// MaxNesting is how deep lists and mappings may stand in each other. A scenario, the
	// deepest file of this tool, has 9 levels, a kubeconfig 5.
	MaxNesting = 64
	// MaxKeys is how many keys one mapping may have. The largest that is written, the
	// addresses of a rebuilt network, has one for each host, of which there are 2,000 at
	// the most.
	MaxKeys = 2500
	// MaxTokens bounds names, values and signs together: the network of a report over 500
	// hosts with all its chains has about 100,000.
	MaxTokens = 400_000
	// maxSigns bounds the punctuation of one line, which the library's scanner takes as a
	// whole before a token can be counted. The longest line that is written is a page in
	// quotes, about 10 KiB.
	maxSigns = 100_000
	// MaxProperties bounds anchors and tags together, which stand in each other as lists
	// do. Files of this tool have none, a kubeconfig has none either.
	MaxProperties = 1000
	// MaxDocuments bounds the documents of a text, whose number the library's time grows
	// with the square of. Only the first is read, or all of a kubeconfig.
	MaxDocuments = 100
	// maxExpanded bounds what a text would be if each alias were written out, in bytes:
	// twice the largest file that is read.
	maxExpanded = 16 << 20
)

// ErrBound is in the chain of errors about a text that is too deep or too large; it may
// be sound YAML.
var ErrBound = errors.New("beyond what is read")

// boundError says which bound was met.
type boundError string

func (e boundError) Error() string { return string(e) }

// Is reports whether the error is of that kind.
func (e boundError) Is(target error) bool { return target == ErrBound }

func beyond(format string, args ...any) error { return boundError(fmt.Sprintf(format, args...)) }

// Bound reports whether a text is too deep or too large to be parsed, before a parser
// sees it; its own memory does not grow with the text. The error is an [*Error].
func Bound(text []byte) error {
	_, err := bound(text)
	return err
}

// bound is Bound, and tells whether there are aliases.
func bound(text []byte) (aliases bool, err error) {
	if err := boundLines(text); err != nil {
		return false, err
	}
	var s scanner.Scanner
	s.Init(string(text))
	var c counter
	for {
		tokens, err := s.Scan()
		if errors.Is(err, io.EOF) {
			return aliases, nil
		}
		for _, t := range tokens {
			aliases = aliases || t.Type == token.AliasType
			if err := c.take(t); err != nil {
				return aliases, &Error{t.Position.Line, err}
			}
		}
	}
}

// boundLines looks at the punctuation of each line, in quotes or not: only the
// scanner knows where quotes begin.
func boundLines(text []byte) error {
	signs, line := 0, 1
	for _, c := range text {
		switch {
		case c == '\n':
			signs, line = 0, line+1
		case bytes.IndexByte([]byte("[]{},:?-&*!|>'\"%#@`"), c) >= 0:
			if signs++; signs > maxSigns {
				return &Error{line, beyond("a line of more than %d signs", maxSigns)}
			}
		}
	}
	return nil
}

// counter follows the nesting of a text by its tokens.
type counter struct {
	tokens, properties, documents int
	// flow counts the keys of each list and mapping in brackets that is open, block those
	// of each in lines, by the columns in which they stand.
	flow  []int
	block []level
	// before is where the token before the last one began: a colon makes it a key.
	before int
}

// level is a list or mapping whose entries begin in one column.
type level struct{ column, keys int }

// take counts one token.
func (c *counter) take(t *token.Token) error {
	column := t.Position.Column
	switch t.Type {
	case token.MappingStartType, token.SequenceStartType:
		c.flow = append(c.flow, 0)
	case token.MappingEndType, token.SequenceEndType:
		c.flow = c.flow[:max(len(c.flow)-1, 0)]
	case token.SequenceEntryType, token.MappingKeyType:
		c.enter(column, 0)
	case token.MappingValueType:
		c.enter(c.before, 1)
	case token.DocumentHeaderType, token.DocumentEndType:
		c.block = nil
		c.documents++
	case token.AnchorType, token.TagType:
		c.properties++
	}
	c.before = column
	c.tokens++
	switch {
	case c.tokens > MaxTokens:
		return beyond("more than %d names, values and signs", MaxTokens)
	case len(c.flow)+len(c.block) > MaxNesting:
		return beyond("lists and mappings stand more than %d deep in each other", MaxNesting)
	case c.documents > MaxDocuments:
		return beyond("more than %d documents", MaxDocuments)
	case c.properties > MaxProperties:
		return beyond("more than %d anchors and tags", MaxProperties)
	case c.keys() > MaxKeys:
		return beyond("a mapping of more than %d keys", MaxKeys)
	}
	return nil
}

// enter notes an entry that begins in a column: what began further right has ended.
func (c *counter) enter(column, keys int) {
	if n := len(c.flow); n > 0 {
		c.flow[n-1] += keys
		return
	}
	for n := len(c.block); n > 0 && c.block[n-1].column > column; n = len(c.block) {
		c.block = c.block[:n-1]
	}
	if n := len(c.block); n == 0 || c.block[n-1].column < column {
		c.block = append(c.block, level{column: column})
	}
	c.block[len(c.block)-1].keys += keys
}

// keys returns how many the innermost list or mapping has so far.
func (c *counter) keys() int {
	if n := len(c.flow); n > 0 {
		return c.flow[n-1]
	}
	if n := len(c.block); n > 0 {
		return c.block[n-1].keys
	}
	return 0
}

// check is Bound for a text to be decoded, in which aliases are expanded.
func check(text []byte) error {
	aliases, err := bound(text)
	if err == nil && aliases {
		_, err = parse(text)
	}
	return err
}

// parse reads a text that was found bounded, with aliases that stay so. Its errors are
// the library's, or an [*Error].
func parse(text []byte) (*ast.File, error) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, err
	}
	e := expansion{anchors: map[string]int{}}
	for _, doc := range file.Docs {
		if e.size(doc.Body) > maxExpanded {
			return nil, &Error{doc.Body.GetToken().Position.Line, beyond("its aliases make more than %d bytes of it", maxExpanded)}
		}
	}
	return file, nil
}

// Parse returns the nodes of a text within the bounds of [Bound], whatever its keys are.
func Parse(text []byte) (file *ast.File, err error) {
	defer func() {
		if recover() != nil { // as in Decode
			err = errPanic
		}
	}()
	if err = Bound(text); err == nil {
		file, err = parse(text)
	}
	var known yaml.Error
	if errors.As(err, &known) && known.GetToken() != nil {
		err = &Error{known.GetToken().Position.Line, errors.New(known.GetMessage())}
	}
	return file, err
}

// expansion adds up what a text is with its aliases written out, in bytes; sums stop
// growing above [maxExpanded].
type expansion struct{ anchors map[string]int }

func (e expansion) size(node ast.Node) int {
	switch n := node.(type) {
	case nil:
		return 0
	case *ast.AnchorNode:
		size := e.size(n.Value)
		e.anchors[n.Name.String()] = size
		return size
	case *ast.AliasNode:
		return e.anchors[n.Value.String()]
	case *ast.TagNode:
		return e.size(n.Value)
	case *ast.MappingKeyNode:
		return e.size(n.Value)
	case *ast.MappingValueNode:
		return e.sum(n.Key, n.Value)
	case *ast.MappingNode:
		size := 0
		for _, v := range n.Values {
			size = min(size+e.size(v), maxExpanded+1)
		}
		return size + 1
	case *ast.SequenceNode:
		return e.sum(n.Values...) + 1
	}
	return 1 + len(node.GetToken().Value)
}

func (e expansion) sum(nodes ...ast.Node) int {
	size := 0
	for _, n := range nodes {
		size = min(size+e.size(n), maxExpanded+1)
	}
	return size
}
