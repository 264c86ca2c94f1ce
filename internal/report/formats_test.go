package report

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// README lists the forms twice: with the flags, and one by one.
func TestREADMEListsTheFormats(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var names, rows []string
	for _, f := range Formats() {
		names = append(names, f.Name)
		if f.About == "" || f.Write == nil {
			t.Errorf("the row of %q is not complete", f.Name)
		}
	}
	if flag := "| `-o " + strings.Join(names, `\|`) + "[=FILE]` |"; !strings.Contains(string(text), flag) {
		t.Errorf("README's list of flags lacks %s", flag)
	}
	_, section, _ := strings.Cut(string(text), "| form | for |\n")
	section, _, _ = strings.Cut(section, "\n\n")
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+)` \\|").FindAllStringSubmatch(section, -1) {
		rows = append(rows, m[1])
	}
	if diff := cmp.Diff(names, rows); diff != "" {
		t.Errorf("README's table of forms (-want +got):\n%s", diff)
	}
}

func TestFormatNamed(t *testing.T) {
	for _, f := range Formats() {
		if got, ok := FormatNamed(f.Name); !ok || got.Name != f.Name {
			t.Errorf("%s is not found", f.Name)
		}
	}
	for _, name := range []string{"", "TABLE", "xml"} {
		if got, ok := FormatNamed(name); ok {
			t.Errorf("%q is %s", name, got.Name)
		}
	}
}
