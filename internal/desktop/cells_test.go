package desktop_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"pullpath/internal/client"
	"pullpath/internal/desktop"
	"pullpath/internal/golden"
	"pullpath/internal/settings"
)

// cell is one cell of the matrix: a folder that stands for a machine, and what is expected of one
// of its engines.
type cell struct {
	system, engine, source, host, told, way string
	archive                                 *txtar.Archive
}

func cells(t *testing.T) map[string]cell {
	t.Helper()
	names, err := filepath.Glob("testdata/cells/*.txtar")
	if err != nil || len(names) < 60 {
		t.Fatalf("%d cells: %v", len(names), err)
	}
	out := map[string]cell{}
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c := cell{archive: a}
		for line := range strings.Lines(string(a.Comment)) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			if into := map[string]*string{"system": &c.system, "engine": &c.engine, "source": &c.source, "host": &c.host, "told": &c.told,
				"way": &c.way}[key]; into != nil {
				*into = value
			}
		}
		out[strings.TrimSuffix(filepath.Base(name), ".txtar")] = c
	}
	return out
}

// read writes the cell's folder and reads its host.
func (c cell) read(t *testing.T) settings.Reading {
	t.Helper()
	dir := t.TempDir()
	for _, f := range c.archive.Files {
		full := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := settings.OpenTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	h := settings.Host{Root: root}
	h.Home, _ = settings.HomeOf(root)
	login := settings.LoginEnvironment(root, h.Home)
	if root.System() != settings.Linux {
		login = desktop.Login(root, h.Home)
	}
	h.Env, h.EnvRemarks, h.EnvUnread = login.Env, login.Remarks, login.Unread
	return client.Read(h)
}

// wayOf is what a client does, in one line.
func wayOf(c settings.Client, host string) string {
	d := c.Decide(&url.URL{Scheme: "https", Host: host})
	switch {
	case c.Unknown != "":
		return "unknown: " + c.Unknown
	case c.Lost != "":
		return "error: " + c.Lost
	case d.Outcome() == "unknown":
		return "unknown: " + d.Why
	case d.Outcome() == "proxy":
		return fmt.Sprintf("%s by %s (%s)", d.ProxyText, d.Variable, d.Source)
	case d.Token != "":
		return "direct by " + d.Token + " of " + d.NoProxyVariable
	case d.Implicit != "":
		return "direct: " + d.Implicit
	}
	return d.Outcome()
}

// Every cell of the matrix is what its folder gives, and a host that has one is never without a
// word on what was not read.
func TestCells(t *testing.T) {
	for name, c := range cells(t) {
		t.Run(name, func(t *testing.T) {
			reading := c.read(t)
			got, found := reading.Client(c.engine)
			if !found {
				t.Fatalf("there is no %s", c.engine)
			}
			told := ""
			if got.Machine != nil {
				told = got.Machine.Told
			}
			if golden.Updating() {
				c.write(t, name, told, wayOf(got, c.host))
				return
			}
			if way := wayOf(got, c.host); told != c.told || way != c.way {
				t.Errorf("told %q, way %q\nwant %q, %q", told, way, c.told, c.way)
			}
			if c.system != "Linux" && len(reading.UnreadPlaces()) == 0 {
				t.Error("nothing is said to be unread")
			}
		})
	}
}

func (c cell) write(t *testing.T, name, told, way string) {
	t.Helper()
	c.archive.Comment = fmt.Appendf(nil, "system: %s\nengine: %s\nsource: %s\nhost: %s\ntold: %s\nway: %s\n", c.system, c.engine,
		c.source, c.host, told, way)
	if err := os.WriteFile(filepath.Join("testdata/cells", name+".txtar"), txtar.Format(c.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestMatrixIsFresh holds the table of docs/desktop.md to the cells.
func TestMatrixIsFresh(t *testing.T) {
	const page, begin, end = "../../docs/desktop.md", "<!-- the matrix, from internal/desktop/testdata/cells -->\n",
		"<!-- end of the matrix -->\n"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no place for the matrix", page)
	}
	all := cells(t)
	rows := []string{"| system | engine | what decides | target | the engine is told | from there |", "|---|---|---|---|---|---|"}
	names := slices.Collect(maps.Keys(all))
	slices.SortFunc(names, func(a, b string) int {
		order := map[string]int{"Windows": 0, "macOS": 1, "Linux": 2}
		x, y := all[a], all[b]
		return cmp.Or(order[x.system]-order[y.system], cmp.Compare(x.engine, y.engine), cmp.Compare(x.source, y.source))
	})
	for _, name := range names {
		c := all[name]
		told := "nothing"
		if c.told != "" {
			told = "`" + c.told + "`"
		}
		way := strings.NewReplacer("<", "&lt;", "|", "\\|", "*", "\\*").Replace(c.way)
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s | %s |", c.system, c.engine, c.source, c.host, told, way))
	}
	golden.Check(t, page, before+begin+"\n"+strings.Join(rows, "\n")+"\n\n"+end+after)
}

// TestReportsAreListed holds the list of public reports in docs/desktop.md to the folders that rebuild
// them.
func TestReportsAreListed(t *testing.T) {
	const page, begin, end = "../../docs/desktop.md", "<!-- the reports, from internal/desktop/testdata/reports -->\n",
		"<!-- end of the reports -->\n"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), begin)
	_, after, ended := strings.Cut(rest, end)
	names, err := filepath.Glob("testdata/reports/*.txtar")
	if err != nil || !found || !ended {
		t.Fatalf("%s has no place for the reports: %v", page, err)
	}
	rows := []string{"| report | what the settings say of a folder with the same |", "|---|---|"}
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		address, says := "", []string{}
		for line := range strings.Lines(string(a.Comment)) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			switch key {
			case "report":
				address = value
			case "says":
				says = append(says, strings.NewReplacer("|", "\\|", "*", "\\*", "<", "&lt;").Replace(value))
			}
		}
		rows = append(rows, fmt.Sprintf("| [%s](%s) | %s |", strings.TrimSuffix(filepath.Base(name), ".txtar"), address,
			strings.Join(says, " … ")))
	}
	golden.Check(t, page, before+begin+"\n"+strings.Join(rows, "\n")+"\n\n"+end+after)
}

// Inside a distribution below WSL the variables are what counts, and two of their values mislead:
// the PAC file that nothing reads, and the loopback that is not that of Windows.
func TestInsideWSL(t *testing.T) {
	const version = "Linux version 6.6.87.2-microsoft-standard-WSL2\n"
	for name, row := range map[string]struct {
		environment, config string
		code                settings.Code
	}{
		"PAC alone":             {"WSL_PAC_URL=http://pac.corp.example/p.pac\n", "", settings.PACIgnored},
		"PAC and a proxy":       {"WSL_PAC_URL=http://pac.corp.example/p.pac\nHTTPS_PROXY=http://p:1\n", "", ""},
		"loopback":              {"HTTPS_PROXY=http://127.0.0.1:7890\n", "[wsl2]\nnetworkingMode=nat\n", settings.ProxyOnLoopback},
		"loopback, mirrored":    {"HTTPS_PROXY=http://127.0.0.1:7890\n", "[wsl2]\nnetworkingMode=mirrored\n", ""},
		"loopback, mode unread": {"HTTPS_PROXY=http://127.0.0.1:7890\n", "", settings.ProxyOnLoopback},
		"another machine":       {"HTTPS_PROXY=http://p:1\n", "", ""},
	} {
		files := []txtar.File{{Name: "proc/version", Data: []byte(version)}, {Name: "etc/environment", Data: []byte(row.environment)}}
		if row.config != "" {
			files = append(files, txtar.File{Name: "mnt/c/Users/ana/.wslconfig", Data: []byte(row.config)})
		}
		reading := cell{archive: &txtar.Archive{Files: files}}.read(t)
		found := map[settings.Code]bool{}
		for _, m := range reading.Remarks {
			found[m.Code] = true
		}
		for _, c := range reading.Clients {
			for _, m := range c.Remarks {
				found[m.Code] = true
			}
		}
		for _, code := range []settings.Code{settings.PACIgnored, settings.ProxyOnLoopback} {
			if found[code] != (code == row.code) {
				t.Errorf("%s: %s is there: %v", name, code, found[code])
			}
		}
		if !found[settings.SourceUnread] {
			t.Errorf("%s: the settings of Windows are not said to be unread", name)
		}
	}
}

// Python takes the system's proxies where no variable names one; other programs of a shell do not.
func TestPythonTakesTheSystems(t *testing.T) {
	const scutil = "<dictionary> {\n  HTTPSEnable : 1\n  HTTPSPort : 8080\n  HTTPSProxy : scutil.corp.example\n}\n"
	for name, row := range map[string]struct{ zshrc, want string }{
		"the system's": {"", "http://scutil.corp.example:8080 by HTTPSProxy (/scutil.txt)"},
		"a variable":   {"export HTTPS_PROXY=http://shell.corp.example:1\n", "http://shell.corp.example:1 by HTTPS_PROXY (/Users/ana/.zshrc:1)"},
	} {
		reading := cell{archive: &txtar.Archive{Files: []txtar.File{{Name: "scutil.txt", Data: []byte(scutil)},
			{Name: "usr/bin/python3", Data: []byte("x")},
			{Name: "Users/ana/.zshrc", Data: []byte(row.zshrc)}, {Name: "launchctl.txt", Data: []byte("PATH=\"/bin\"; export PATH;\n")}}}}.read(t)
		python, found := reading.Client("python urllib")
		if got := wayOf(python, "quay.io"); !found || got != row.want {
			t.Errorf("%s: %v %s, want %s", name, found, got, row.want)
		}
	}
}
