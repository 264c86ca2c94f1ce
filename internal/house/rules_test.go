package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pullpath/internal/catalogue"
)

// rulesPage is the page of rules and codes that the source cites.
const rulesPage = "docs/rules.md"

var (
	pageLayer = regexp.MustCompile(`(?m)^### ([a-z]+)$`)
	pageCode  = regexp.MustCompile("(?m)^- `([a-z0-9-]+)` \\((error|warning|info)\\):")
)

// TestRulesPageHasEveryCode holds the list of codes in docs/rules.md against the
// catalogue: layer, code and severity.
func TestRulesPageHasEveryCode(t *testing.T) {
	page := read(t, rulesPage)
	want := map[string]string{}
	for _, e := range catalogue.All() {
		want[string(e.Code)] = string(e.Layer) + " " + string(e.Severity)
	}
	listed := map[string]string{}
	_, codes, _ := strings.Cut(page, "\n## Codes\n")
	parts := pageLayer.FindAllStringSubmatchIndex(codes, -1)
	for i, part := range parts {
		end := len(codes)
		if i+1 < len(parts) {
			end = parts[i+1][0]
		}
		for _, m := range pageCode.FindAllStringSubmatch(codes[part[0]:end], -1) {
			if _, twice := listed[m[1]]; twice {
				t.Errorf("%s lists %s twice", rulesPage, m[1])
			}
			listed[m[1]] = codes[part[2]:part[3]] + " " + m[2]
		}
	}
	for code, is := range want {
		if listed[code] != is {
			layer, severity, _ := strings.Cut(is, " ")
			t.Errorf("%s, under \"### %s\": write the line\n- `%s` (%s): …\nthere is %q", rulesPage, layer, code, severity, listed[code])
		}
	}
	for code := range listed {
		if _, known := want[code]; !known {
			t.Errorf("%s lists %s, which the catalogue does not have", rulesPage, code)
		}
	}
}

// read returns a file of the repository by its path from the top.
func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
