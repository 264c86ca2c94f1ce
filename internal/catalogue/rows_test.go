package catalogue

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
)

// The rows keep the rules of the catalogue: see [diagnosis.Validate].
func TestRowsAreValid(t *testing.T) {
	for _, err := range diagnosis.Validate(All()) {
		t.Error(err)
	}
}

// Every code of the blocks has its row, and every row's code stands in a block.
func TestEveryCodeHasARow(t *testing.T) {
	declared := append(constants(t, "*.go", "diagnosis.Code"), string(diagnosis.Unexplained))
	var rows []string
	for _, e := range All() {
		rows = append(rows, string(e.Code))
	}
	for _, code := range declared {
		if !slices.Contains(rows, code) {
			t.Errorf("%s has no row: name the function of its row in the list of its layer", code)
		}
	}
	for _, code := range rows {
		if !slices.Contains(declared, code) {
			t.Errorf("%s stands in no block of codes", code)
		}
	}
}

// constants are the values of the constants of a type in files.
func constants(t *testing.T, pattern, of string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || spec.Type == nil || types.ExprString(spec.Type) != of {
				return true
			}
			for _, value := range spec.Values {
				if literal, ok := value.(*ast.BasicLit); ok {
					text, _ := strconv.Unquote(literal.Value)
					out = append(out, text)
				}
			}
			return true
		})
	}
	return out
}
