package house

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/product"
)

// unreadable are the forms of a citation that nobody outside can follow, with what
// stands in their place.
var unreadable = []struct {
	form *regexp.Regexp
	why  string
}{
	{regexp.MustCompile(`\bCONTRACT\b|\bDESIGN(\.md)?\b|house-review|\.\./shared`),
		"names a document that is not in this repository; docs/rules.md has the rules"},
	{regexp.MustCompile(`\[(m|src|mem)\]`), "marks a source without naming it; say how it was measured in docs/field-notes.md"},
	{regexp.MustCompile(`(^|[^/#\w-])[Ii]ssue \d+`), "is a number without a repository; write owner/repo#N"},
	{regexp.MustCompile(`\b(failures|proxy-settings|registries|peers|libraries|interception|ecosystem) (section )?([A-Z]{1,2})?\d`),
		"names a chapter that is not in this repository"},
	{regexp.MustCompile(`\bPX\d{3}\b`), "names a rule that is not in this repository"},
}

// bareCode is a row of a list that a reader does not have.
var bareCode = regexp.MustCompile(`\b[A-J][0-9]{1,2}\b`)

// words have the form of a bare code and are none.
var words = []string{
	"A4",       // a size of paper
	"C0", "C1", // the control characters of Unicode
	"F5",       // the maker of BIG-IP
	"H1", "H2", // curl's own names for the parts of --connect-to
}

// ownForms is the file of measured forms. Some of its ids look like bare codes, and
// are none where a text or its page names the file.
const ownForms = "vectors.json"

func codes(text, page string) []string {
	return slices.DeleteFunc(bareCode.FindAllString(text, -1), func(code string) bool {
		return slices.Contains(words, code) || code[0] == 'C' && len(code) == 3 && strings.Contains(page, ownForms)
	})
}

// ownPath is a file of this repository that a text names. Behind a comma stands a file
// of the project before it: "containers/image, internal/manifest/oci_index.go".
var ownPath = regexp.MustCompile(`(^|[^,]\s|["('\x60\[])` +
	`((?:docs|internal|flows|mockproxy|resolve|tunnel|tlsinspect|cmd/pullpath)/[A-Za-z0-9_./-]*[A-Za-z0-9_](#[a-z0-9_-]+)?)`)

// rule is a citation of docs/rules.md.
var rule = regexp.MustCompile(`docs/rules\.md, rule (\d+)`)

// checkText returns what a reader of a text cannot open.
func checkText(t *testing.T, text string) []string {
	t.Helper()
	var out []string
	for _, u := range unreadable {
		for _, found := range u.form.FindAllString(text, -1) {
			out = append(out, strconv.Quote(strings.TrimSpace(found))+" "+u.why)
		}
	}
	for _, m := range ownPath.FindAllStringSubmatch(text, -1) {
		if path := m[2]; !opens(t, path) {
			out = append(out, strconv.Quote(path)+" is not in this repository")
		}
	}
	for _, m := range rule.FindAllStringSubmatch(text, -1) {
		if !opens(t, rulesPage+"#rule-"+m[1]) {
			out = append(out, strconv.Quote(m[0])+" does not exist")
		}
	}
	return out
}

// opens reports whether a path of the repository exists, with the heading behind #.
func opens(t *testing.T, path string) bool {
	t.Helper()
	file, anchor, _ := strings.Cut(path, "#")
	if _, err := os.Stat(filepath.Join(root, file)); err != nil {
		return false
	}
	return anchor == "" || slices.Contains(anchors(read(t, file)), anchor)
}

var (
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notSlug = regexp.MustCompile(`[^\pL\pN_\- ]`)
)

// anchors returns the names under which a page's headings can be linked to.
func anchors(page string) []string {
	var out []string
	for _, m := range heading.FindAllStringSubmatch(page, -1) {
		out = append(out, strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(strings.TrimSpace(m[1])), ""), " ", "-"))
	}
	return out
}

// files returns the files under version control with one of the endings.
func files(t *testing.T, endings ...string) []string {
	t.Helper()
	var found []string
	for _, path := range tracked(t) {
		// This test spells what it looks for.
		if slices.Contains(endings, filepath.Ext(path)) && !strings.Contains(path, "testdata/") && !strings.HasPrefix(path, "internal/house/") {
			found = append(found, path)
		}
	}
	return found
}

// tracked returns the files under version control.
func tracked(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Skip("no version control here: ", err)
	}
	return strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
}

// What stands at the top of the repository is decided once, so that no output of a command
// ends there.
func TestTopLevel(t *testing.T) {
	want := []string{".ci", ".gitignore", ".golangci.yml", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "SECURITY.md", "cmd",
		"deploy", "docs", "flows", "go.mod", "go.sum", "internal", "mockproxy", "resolve", "tlsinspect", "tools", "tunnel"}
	var got []string
	for _, path := range tracked(t) {
		top, _, _ := strings.Cut(path, "/")
		got = append(got, top)
	}
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("at the top stand %q, want %q", got, want)
	}
}

func TestReadersCanOpenWhatGoCites(t *testing.T) {
	for _, path := range files(t, ".go") {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join(root, path), nil, parser.ParseComments)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		for _, c := range file.Comments {
			for _, found := range checkText(t, c.Text()) {
				t.Errorf("%s:%d: %s", path, set.Position(c.Pos()).Line, found)
			}
			for _, code := range codes(c.Text(), c.Text()) {
				t.Errorf("%s:%d: %q is a code without a page", path, set.Position(c.Pos()).Line, code)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			checkLiteral(t, path, set, n)
			return true
		})
	}
}

// checkLiteral holds every string to the rule, and what is called a citation to the
// bare codes too.
func checkLiteral(t *testing.T, path string, set *token.FileSet, n ast.Node) {
	t.Helper()
	if pair, ok := n.(*ast.KeyValueExpr); ok {
		if key, ok := pair.Key.(*ast.Ident); ok && strings.EqualFold(key.Name, "cite") {
			ast.Inspect(pair.Value, func(n ast.Node) bool {
				for _, code := range codes(literal(n), literal(n)) {
					t.Errorf("%s:%d: %q is a code without a page", path, set.Position(n.Pos()).Line, code)
				}
				return true
			})
		}
	}
	for _, found := range checkText(t, literal(n)) {
		t.Errorf("%s:%d: %s", path, set.Position(n.Pos()).Line, found)
	}
}

func literal(n ast.Node) string {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return text
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestReadersCanOpenWhatPagesCite(t *testing.T) {
	for _, path := range files(t, ".md", ".yaml", ".yml", ".1") {
		page := strings.ReplaceAll(read(t, path), `\_`, "_") // Markdown of texts
		for number, line := range strings.Split(page, "\n") {
			for _, found := range checkText(t, line) {
				t.Errorf("%s:%d: %s", path, number+1, found)
			}
			for _, code := range codes(line, page) {
				t.Errorf("%s:%d: %q is a code without a page", path, number+1, code)
			}
			if filepath.Ext(path) != ".md" {
				continue
			}
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				if target := m[1]; !strings.Contains(target, "://") && !opens(t, linked(path, target)) {
					t.Errorf("%s:%d: %s is not there", path, number+1, target)
				}
			}
		}
	}
}

// linked returns the path from the top of the repository that a link on a page names.
func linked(page, target string) string {
	file, anchor, found := strings.Cut(target, "#")
	if file == "" {
		file = page
	} else {
		file = filepath.Join(filepath.Dir(page), file)
	}
	if found {
		return file + "#" + anchor
	}
	return file
}

// openable are the forms of a citation that a reader can follow: an address, an RFC,
// a thread, a manual page, a source file by repository, or a file of this repository.
var openable = []*regexp.Regexp{
	regexp.MustCompile(`\b[a-z0-9-]+(\.[a-z0-9-]+)+/\S`),
	regexp.MustCompile(`\bhttps://[a-z0-9]`),
	regexp.MustCompile(`\bRFC \d+`),
	regexp.MustCompile(`\b[\w.-]+/[\w.-]+#\d+`),
	regexp.MustCompile(`\b[\w.-]+\(\d[a-z]*\)`),
	regexp.MustCompile(`\b[\w.-]+/[\w.-]+[,:]? [\w./-]+\.(go|c|cc|cpp|h|rs|py|java|js|md|inc|asciipb|csv)\b`),
	regexp.MustCompile(`\b[\w.-]+/[\w.-]+, \S`),
	regexp.MustCompile(`(^|[\s(])(docs|internal|flows|mockproxy|resolve|tunnel|tlsinspect)/`),
}

func canOpen(cite string) bool {
	return slices.ContainsFunc(openable, func(form *regexp.Regexp) bool { return form.MatchString(cite) })
}

// A sign that nobody has checked says so, in place of a citation.
func TestReadersCanOpenWhatProductsCite(t *testing.T) {
	for _, r := range product.Rows() {
		grades := map[string]product.Grade{}
		for _, s := range r.Status {
			grades[s.Cite] = s.Grade
		}
		for _, s := range r.Headers {
			grades[s.Cite] = s.Grade
		}
		for _, s := range r.Body {
			grades[s.Cite] = s.Grade
		}
		for _, s := range r.Issuer {
			grades[s.Cite] = s.Grade
		}
		for cite, grade := range grades {
			if !canOpen(cite) && grade != product.Memory {
				t.Errorf("%s: nobody can open %q", r.Name, cite)
			}
		}
	}
}

func TestReadersCanOpenWhatExplainCites(t *testing.T) {
	for _, e := range catalogue.All() {
		cites := slices.Clone(e.Cite)
		for _, s := range e.Symptoms {
			cites = append(cites, s.Cite)
		}
		for _, cite := range cites {
			if !canOpen(cite) {
				t.Errorf("%s: nobody can open %q", e.Code, cite)
			}
			for _, found := range checkText(t, cite) {
				t.Errorf("%s: %s", e.Code, found)
			}
			for _, code := range codes(cite, cite) {
				t.Errorf("%s: %q is a code without a page", e.Code, code)
			}
		}
	}
}
