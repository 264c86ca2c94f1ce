package house

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"pullpath/internal/evidence"
)

// A side probe is named by its constant: a name in quotes is one that a renaming passes by.
func TestProbesAreNamedByTheirConstants(t *testing.T) {
	names := map[string]bool{}
	for _, p := range evidence.Probes() {
		if name := string(p.Probe); strings.Contains(name, "-") && p.Probe != evidence.ProbeAsClient { // the others are words of many things
			names[name] = true
		}
	}
	found := map[string]bool{}
	sources(t, func(path string, file *ast.File, set *token.FileSet, _ string) {
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			switch own := strings.Contains(path, "internal/evidence/"); {
			case err != nil || !names[text]:
			case own:
				found[text] = true
			default:
				t.Errorf("%s: %q is a side probe; write its constant", set.Position(lit.Pos()), text)
			}
			return true
		})
	})
	if len(found) == 0 {
		t.Error("no name of a probe was found where they are declared")
	}
}
