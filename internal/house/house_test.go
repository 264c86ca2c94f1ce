package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// allowed is the import table: what a package may import of the house. Imports
// point down only.
var allowed = map[string][]string{
	"internal/redact": {},
	// The one form of an error with advice.
	"internal/hint":  {},
	"internal/fault": {"internal/hint", "internal/route"},
	"internal/ntlm":  {},
	// How long a request's head is, for who sends it and who limits it.
	"internal/httphead": {},
	// What an error of a connection means, on every system.
	"internal/neterr": {},
	// The rule that protects accounts from being locked, by itself.
	"internal/queue": {},
	// The one way in which programs of this host are asked.
	"internal/program": {"internal/redact"},
	// The one reader of YAML, bounded.
	"internal/strictyaml": {},
	// The one way to read and write files that a user names.
	"internal/userfile": {},
	// It evaluates a proxy auto-config file, bounded, with a network and a clock that it is given.
	"internal/pac": {"internal/route"},
	// It fetches such a file, bounded, and knows nothing of what stands in it.
	"internal/pacfile":  {"internal/hint", "internal/redact", "internal/userfile"},
	"internal/evidence": {"internal/redact"},
	"internal/route":    {"internal/redact"},
	// A decision of route as evidence.
	"internal/way":      {"internal/evidence", "internal/redact", "internal/route"},
	"internal/settings": {"internal/hint", "internal/redact", "internal/route", "internal/strictyaml"},
	// It reads files below the root that settings opens, and speaks in its remarks.
	"internal/credentials": {"internal/program", "internal/redact", "internal/settings"},
	"resolve":              {"internal/evidence", "internal/neterr", "internal/program", "internal/redact"},
	"tunnel":               {"internal/evidence", "internal/neterr", "internal/redact"},
	"tlsinspect":           {"internal/evidence", "internal/neterr", "internal/redact"},
	// What systems and desktop products write down about proxies.
	"internal/hostproxy": {"internal/route", "internal/strictyaml"},
	// What decides on people's own machines, where engines pull from inside a virtual machine.
	"internal/desktop": {"internal/hostproxy", "internal/pac", "internal/program", "internal/redact", "internal/route", "internal/settings"},
	// One value per client; it sits on what reads files and on what shakes hands.
	"internal/client":    {"internal/credentials", "internal/desktop", "internal/hint", "internal/route", "internal/settings", "tlsinspect"},
	"internal/profile":   {"internal/evidence", "internal/fault", "internal/hint", "internal/strictyaml", "internal/userfile"},
	"internal/allowlist": {"internal/profile", "internal/redact"},
	"internal/product":   {"internal/evidence", "internal/fault", "internal/strictyaml"},
	// What servers say when they refuse, and which sentences are known.
	"internal/refusal": {"internal/evidence", "internal/product"},
	// Packets that others captured, as connections and questions.
	"internal/capture": {"internal/evidence", "resolve"},
	// Two captures of one failure, side by side.
	"internal/crossing": {"internal/capture", "tlsinspect"},
	// What others print and capture, as the evidence that a walk makes.
	"internal/transcript": {"internal/capture", "internal/evidence", "internal/hint", "internal/profile", "internal/redact",
		"internal/refusal", "internal/route",
		"internal/way", "resolve", "tlsinspect"},
	"internal/diagnosis": {"internal/evidence", "internal/fault", "internal/redact"},
	"internal/sandbox":   {"internal/fault"},
	// It writes the packets of sockets that it is told of.
	"internal/packets": {},
	"mockproxy":        {"internal/fault", "internal/httphead", "internal/ntlm", "internal/redact", "internal/userfile"},
	"flows": {"internal/client", "internal/credentials", "internal/evidence", "internal/hint", "internal/httphead", "internal/redact",
		"internal/route", "internal/profile", "internal/product", "internal/refusal",
		"internal/queue", "internal/settings", "internal/way", "resolve", "tunnel", "tlsinspect"},
	// What is said of a hop, for whoever shows it.
	"internal/words":   {"internal/evidence"},
	"internal/rebuild": {"internal/evidence", "internal/fault", "internal/redact", "internal/route"},
	"internal/compare": {"internal/evidence", "internal/words"},
	"internal/catalogue": {"internal/client", "internal/evidence", "internal/fault", "internal/diagnosis", "internal/product",
		"internal/redact", "internal/refusal", "internal/words"},
	// It knows which hosts and products are nobody's secret.
	"internal/anonymize": {"internal/evidence", "internal/product", "internal/profile"},
	// It says whom a finding is put to; report writes it.
	"internal/ticket": {"internal/evidence", "internal/diagnosis", "internal/hint", "internal/profile", "internal/redact"},
	// The requests of a run as an HTTP archive; a form of the report.
	"internal/har": {"internal/evidence", "internal/redact", "internal/words"},
	"internal/report": {"internal/compare", "internal/crossing", "internal/evidence", "internal/diagnosis", "internal/fleet",
		"internal/har", "internal/metrics",
		"internal/ticket", "internal/words"},
	"internal/buildinfo": {},
	// It packs what is given out; only .ci/dist runs it.
	"internal/dist": {},
	// Runs as metrics; a form of the report, and what the server serves.
	"internal/metrics": {"internal/buildinfo", "internal/diagnosis", "internal/evidence"},
	// Where saved reports are found, and what many of them say together.
	"internal/bundle": {"internal/hint"},
	"internal/fleet":  {"internal/bundle", "internal/diagnosis", "internal/evidence"},
	// The schedule and the HTTP server around a check.
	"internal/serve": {"internal/diagnosis", "internal/evidence", "internal/metrics", "internal/report", "internal/strictyaml"},
	// How the walks of one path came out.
	"internal/watch": {"internal/diagnosis", "internal/evidence"},
	// How a run is wired, once.
	"internal/vantage": {"flows", "internal/client", "internal/credentials", "internal/desktop", "internal/evidence", "internal/fault",
		"internal/hint",
		"internal/pac", "internal/pacfile",
		"internal/product", "internal/profile", "internal/program", "internal/redact", "internal/route", "internal/settings", "internal/userfile",
		"mockproxy", "resolve", "tlsinspect", "tunnel"},
	"cmd/pullpath": {"flows", "internal/allowlist", "internal/anonymize", "internal/buildinfo", "internal/bundle",
		"internal/capture", "internal/catalogue", "internal/crossing", "internal/fleet",
		"internal/client", "internal/compare",
		"internal/rebuild",
		"internal/diagnosis", "internal/evidence", "internal/fault", "internal/hint", "internal/metrics", "internal/packets", "internal/pac",
		"internal/product", "internal/profile", "internal/redact", "internal/report", "internal/serve",
		"internal/route", "internal/sandbox", "internal/settings", "internal/strictyaml", "internal/ticket", "internal/userfile",
		"internal/transcript", "internal/vantage", "internal/watch", "internal/words", "mockproxy", "tlsinspect"},
	// Tests only.
	"internal/golden":             {},
	"internal/grid":               {},
	"internal/hostile":            {},
	"internal/cost":               {},
	"internal/capture/draw":       {"tlsinspect"},
	"internal/house":              {},
	"internal/testbed":            {},
	"internal/testbed/clients":    {},
	"internal/testbed/fleet":      {},
	"internal/testbed/pages":      {},
	"internal/testbed/wine":       {},
	"internal/testbed/ntlmhelper": {"internal/ntlm"},
}

// banned are imports that are wrong for a reason of their own.
var banned = []struct {
	packages []string // empty: all but the exceptions
	except   []string
	path     string
	why      string
}{
	{except: []string{"internal/metrics", "internal/serve"}, path: "github.com/prometheus/client_golang/prometheus",
		why: "one package knows the metrics, and one serves them"},
	{packages: []string{"internal/diagnosis", "internal/catalogue", "internal/report", "internal/ticket", "internal/route",
		"internal/evidence", "internal/product", "internal/rebuild"},
		path: "net/http", why: "what judges and renders has no wire"},
	{except: []string{"mockproxy"}, path: "github.com/elazarl/goproxy", why: "it embeds a CA with a public key; only the mock runs it"},
	{path: "golang.org/x/crypto/x509roots/fallback", why: "its init installs roots for the whole process and hides a machine without any"},
	{except: []string{"resolve", "mockproxy", "internal/testbed", "internal/capture/draw"}, path: "github.com/miekg/dns",
		why: "one resolver and one name server speak DNS; v2 must be able to replace it"},
	{except: []string{"internal/report"}, path: "github.com/olekukonko/tablewriter", why: "tables are the report's"},
	{except: []string{"internal/pac"}, path: "github.com/dop251/goja", why: "one package runs scripts of others, and bounds them"},
	{packages: []string{"internal/pac"}, path: "net/http", why: "what runs scripts of others has no wire"},
	{packages: []string{"internal/pac"}, path: "os", why: "what runs scripts of others has no files"},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	found := map[string][]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimPrefix(p.ImportPath, "pullpath/")] = p.Imports
	}
}

func TestImportsPointDown(t *testing.T) {
	found := packages(t)
	for name, imports := range found {
		may, known := allowed[name]
		if !known {
			t.Errorf("%s is not in the import table", name)
		}
		for _, path := range imports {
			if own, ok := strings.CutPrefix(path, "pullpath/"); ok && !slices.Contains(may, own) {
				t.Errorf("%s imports %s, which the table does not allow", name, own)
			}
		}
	}
	for name := range allowed {
		if _, ok := found[name]; !ok {
			t.Errorf("%s is in the import table and does not exist", name)
		}
	}
}

func TestBannedImports(t *testing.T) {
	for name, imports := range packages(t) {
		for _, b := range banned {
			concerned := (len(b.packages) == 0 || slices.Contains(b.packages, name)) && !slices.Contains(b.except, name)
			if concerned && slices.Contains(imports, b.path) {
				t.Errorf("%s imports %s: %s", name, b.path, b.why)
			}
		}
	}
}

// sources parses every Go file of the house that is no test.
func sources(t *testing.T, visit func(path string, file *ast.File, set *token.FileSet, text string)) {
	t.Helper()
	set := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "tools" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(set, path, data, parser.ParseComments)
		if err != nil {
			return err
		}
		visit(path, file, set, string(data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSourceKeepsTheHouseRules(t *testing.T) {
	forbidden := map[string]string{
		"FromEnvironment(": "net/http and x/net disagree on the case of variables; read them and pass them in",
		"func init(":       "no side effects at start",
		"time.Sleep(":      "no fixed sleeps",
	}
	sources(t, func(path string, file *ast.File, set *token.FileSet, text string) {
		for word, why := range forbidden {
			if strings.Contains(text, word) && !strings.Contains(path, "testbed") {
				t.Errorf("%s: %s: %s", path, word, why)
			}
		}
		for _, decl := range file.Decls {
			checkFunction(t, decl, set)
		}
	})
}

// A run is wired in one place: what a test walks is what a user walks.
func TestOnePlaceWiresARun(t *testing.T) {
	const place, literal = "internal/vantage", "flows.Config{"
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.Contains(data, []byte(literal)) && !strings.Contains(path, place) && !strings.HasSuffix(path, "house_test.go") {
			t.Errorf("%s makes a %s}; %s does that", path, literal, place)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// maxLines of a function's body; what is longer has two jobs.
const maxLines = 60

func checkFunction(t *testing.T, decl ast.Decl, set *token.FileSet) {
	f, ok := decl.(*ast.FuncDecl)
	if !ok {
		return
	}
	if lines := set.Position(f.End()).Line - set.Position(f.Pos()).Line; lines > maxLines {
		t.Errorf("%s: %s has %d lines", set.Position(f.Pos()), f.Name.Name, lines)
	}
	if f.Name.IsExported() && f.Doc == nil && !implements(f) {
		t.Errorf("%s: %s has no comment", set.Position(f.Pos()), f.Name.Name)
	}
}

// implements: methods of unexported types that fulfil an interface need no
// comment of their own.
func implements(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return false
	}
	recv := f.Recv.List[0].Type
	if star, ok := recv.(*ast.StarExpr); ok {
		recv = star.X
	}
	id, ok := recv.(*ast.Ident)
	return ok && !id.IsExported()
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	documented := map[string]bool{}
	sources(t, func(path string, file *ast.File, _ *token.FileSet, _ string) {
		dir := filepath.Dir(path)
		documented[dir] = documented[dir] || file.Doc != nil
	})
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment", dir)
		}
	}
}
