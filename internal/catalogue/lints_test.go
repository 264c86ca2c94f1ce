package catalogue

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// withoutRow are facts that need no row, with the reason.
func withoutRow() map[string]string {
	return map[string]string{"unit-masked": "a masked unit is not started, and its client has no way to speak of"}
}

// TestEveryRemarkHasARow reads the codes out of package settings: a fact that no
// row tells would be seen by nobody.
func TestEveryRemarkHasARow(t *testing.T) {
	told := map[string]bool{}
	for _, list := range [][]lint{valueLints(), noProxyLints(), fileLints()} {
		for _, l := range list {
			for _, code := range append(slices.Clone(l.remarks), l.code) {
				told[code] = true
			}
		}
	}
	codes := remarkCodes(t)
	if len(codes) < 50 {
		t.Errorf("only %d codes were found", len(codes))
	}
	for _, code := range codes {
		if _, excused := withoutRow()[code]; told[code] == excused {
			t.Errorf("%s: told by a row %v, excused %v", code, told[code], excused)
		}
	}
}

// remarkCodes are the constants of type Code in package settings.
func remarkCodes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../settings/*.go")
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
			if !ok {
				return true
			}
			if kind, named := spec.Type.(*ast.Ident); !named || kind.Name != "Code" {
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
