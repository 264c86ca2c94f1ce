//go:build linux

package hostile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// stranger reads a file of the corpus.
func stranger(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/strangers", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// untouched fails where a row's folder has a file that was not there before, or where a
// file has changed.
func untouched(t *testing.T, r result) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, "mine"))
	if err != nil || string(text) != "mine" {
		t.Errorf("the user's own file holds %.60q, %v", text, err)
	}
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains([]string{"mine", "out", "theirs.yaml"}, e.Name()) {
			t.Errorf("%s was made", e.Name())
		}
	}
}

// fate is what becomes of a stranger's file.
type fate struct {
	refused bool
	says    []string
	lacks   []string
}

// TestStrangersScenarios: a scenario is refused, or its actions stay within the made-up
// network.
func TestStrangersScenarios(t *testing.T) {
	elsewhere := fate{says: []string{"names no proxy of this network", "HTTPS_PROXY=http://127.0.0.1:1"},
		lacks: []string{"evil.example.net", "203.0.113.66", "file:///etc/passwd"}}
	below := fate{refused: true, says: []string{"below the host's root"}}
	flagged := fate{refused: true, says: []string{"is not taken from a file", "on the command line"}}
	fates := map[string]fate{
		"files-dots": below, "files-dots-behind": below, "files-relative": below, "files-twice": below, "files-root": below,
		"files-nul": {refused: true}, "files-escape": {refused: true, says: []string{"control characters"}},
		"files-below-a-file": {refused: true, says: []string{"which is a file"}},
		"files-long":         {refused: true}, "files-proc": {}, "files-honest": {},
		"log": flagged, "ca-dir": flagged, "listen": flagged, "listen-loopback": flagged, "admin": flagged,
		"layer-size": {refused: true, says: []string{"not a size up to"}}, "layer-bytes": {refused: true, says: []string{"can be made"}},
		"proxy-own": {says: []string{"HTTPS_PROXY=http://127.0.0.1:"}, lacks: []string{"127.0.0.1:1\n"}},
		"laughs":    {refused: true}, "alias-of-itself": {refused: true}, "stored": {},
		"flags":        {refused: true, says: []string{"is not a flag that a network may set"}},
		"escape-title": {}, "escape-host": {refused: true}, "escape-key": {refused: true}, "escape-faults": {refused: true},
	}
	for _, name := range []string{"ld-preload", "path", "bash-env", "ssl-cert-file", "pullpath-password", "git-ssh-command"} {
		fates["env-"+name] = fate{refused: true, says: []string{"only proxy variables are set"}, lacks: []string{"=/tmp/evil"}}
	}
	fates["proxy-elsewhere-5"] = fate{says: []string{"HTTPS_PROXY=http://127.0.0.1\n"}, lacks: []string{"evil.example.net"}}
	for i := range 12 {
		if i == 4 {
			continue // clients differ in what they make of it; they get the one reading that is on loopback
		}
		fates[fmt.Sprintf("proxy-elsewhere-%d", i+1)] = elsewhere
	}
	for _, name := range []string{"profile", "as", "shell", "proxy-login", "layer-size"} {
		fates["escape-"+name] = fate{refused: true}
	}
	var rows []attempt
	for name, f := range fates {
		row := attempt{name: name, args: []string{"mock", "--scenario", "{dir}/theirs.yaml", "--", "env"}, says: f.says,
			exit: []int{0}, then: untouched, files: map[string]string{"mine": "mine", "theirs.yaml": stranger(t, "scenario-"+name+".yaml")}}
		if f.refused {
			row.exit = []int{2}
		}
		for _, text := range f.lacks {
			row.then = both(row.then, func(t *testing.T, r result) {
				if strings.Contains(string(r.out["stdout"]), text) {
					t.Errorf("the command is told %q", text)
				}
			})
		}
		rows = append(rows, row)
	}
	corpus, err := filepath.Glob("testdata/strangers/scenario-*.yaml")
	if err != nil || len(corpus) != len(fates) {
		t.Errorf("%d scenarios and %d fates, %v", len(corpus), len(fates), err)
	}
	try(t, rows)
}

func both(a, b func(*testing.T, result)) func(*testing.T, result) {
	return func(t *testing.T, r result) { a(t, r); b(t, r) }
}

// TestStrangersOtherFiles: profiles and signatures from anybody.
func TestStrangersOtherFiles(t *testing.T) {
	row := func(name, file string, exit int, args ...string) attempt {
		return attempt{name: name, args: args, plain: true, exit: []int{exit}, then: untouched,
			files: map[string]string{"mine": "mine", "theirs.yaml": stranger(t, file)}}
	}
	formulas := row("formulas in cells", "profile-formulas.yaml", 0, "profiles", "show", "{dir}/theirs.yaml", "-o", "csv")
	formulas.then = both(untouched, func(t *testing.T, r result) {
		for cell := range strings.FieldsFuncSeq(string(r.out["stdout"]), func(c rune) bool { return c == ',' || c == '\n' }) {
			if cell = strings.TrimLeft(strings.Trim(cell, `"`), " "); cell != "" && strings.ContainsAny(cell[:1], "=+-@\t") {
				t.Errorf("a cell begins with %q", cell)
			}
		}
	})
	rows := []attempt{formulas,
		row("a CA file that never ends", "profile-ca-device.yaml", 2, "check", "--mock", "--profile", "{dir}/theirs.yaml"),
		row("a CA file that is none", "profile-ca-shadow.yaml", 2, "check", "--mock", "--profile", "{dir}/theirs.yaml"),
		row("tags of another language", "profile-tags.yaml", 2, "profiles", "show", "{dir}/theirs.yaml"),
		row("signatures with escapes", "signatures-escape.yaml", 2, "check", "--mock", "--signatures", "{dir}/theirs.yaml"),
		row("signatures that are slow", "signatures-slow.yaml", 0, "check", "--mock", "--signatures", "{dir}/theirs.yaml"),
		row("a profile as a scenario", "profile-formulas.yaml", 2, "mock", "--scenario", "{dir}/theirs.yaml", "--", "true"),
		row("a scenario as a profile", "scenario-files-honest.yaml", 2, "profiles", "show", "{dir}/theirs.yaml"),
		row("a scenario as a report", "scenario-files-honest.yaml", 2, "diagnose", "{dir}/theirs.yaml"),
	}
	for _, form := range []string{"table", "csv", "json"} {
		rows = append(rows, row("escapes, "+form, "profile-escapes.yaml", 0, "profiles", "show", "{dir}/theirs.yaml", "-o", form))
	}
	for i := range rows[1:] {
		if rows[i+1].exit[0] == 2 && strings.Contains(rows[i+1].name, "CA file that is none") {
			rows[i+1].lacks = []string{"root:"}
		}
	}
	try(t, rows)
}

// deep are texts that nest, or are large, in ways that YAML has.
func deep() map[string]string {
	return map[string]string{
		"lists": "hosts: " + strings.Repeat("[", 900_000), "mappings": "hosts: " + strings.Repeat("{a: ", 200_000),
		"dashes": strings.Repeat("- ", 400_000),
		"lines":  steps(1300), "keys": numbered("k%d: 1\n", 60_000), "documents": strings.Repeat("---\nname: x\n", 50_000),
		"anchors": "a: " + strings.Repeat("&a ", 300_000),
		"tags":    "a: " + strings.Repeat("!!a ", 200_000), "questions": strings.Repeat("? ", 400_000),
		"a long key": strings.Repeat("k", 900_000) + ": 1\n",
	}
}

func steps(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func numbered(form string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, form, i)
	}
	return b.String()
}

// TestYAMLIsBounded: wherever YAML is read, what nests without end costs little.
func TestYAMLIsBounded(t *testing.T) {
	var rows []attempt
	for name, text := range deep() {
		files := map[string]string{"x.yaml": text}
		for _, args := range [][]string{{"profiles", "show", "{dir}/x.yaml"}, {"mock", "--scenario", "{dir}/x.yaml", "--", "true"},
			{"check", "--mock", "--signatures", "{dir}/x.yaml"}} {
			rows = append(rows, attempt{name: args[0] + " " + name, args: args, plain: true, files: files, exit: []int{2}, memory: 400})
		}
		rows = append(rows, attempt{name: "kubeconfig " + name, args: []string{"settings", "--root", "{dir}/host", "registry.redhat.io"},
			files: map[string]string{"host/etc/hostname": "node7", "host/root/.kube/config": text}, exit: []int{0}, memory: 400})
	}
	try(t, rows)
}

// TestFilesAreBounded: no file that is named is read without an end.
func TestFilesAreBounded(t *testing.T) {
	var rows []attempt
	endless := "/dev/zero"
	for name, args := range map[string][]string{
		"cacert": {"check", "--mock", "--cacert", endless}, "public roots": {"check", "--mock", "--public-roots", endless},
		"logs":       {"check", "--mock", "--ct-logs", endless},
		"signatures": {"check", "--mock", "--signatures", endless}, "profile": {"check", "--mock", "--profile", endless},
		"a profile shown": {"profiles", "show", endless},
		"authfile":        {"check", "--authfile", endless}, "report": {"diagnose", endless}, "ticket": {"ticket", endless},
		"compare":   {"compare", endless, endless},
		"anonymize": {"anonymize", endless}, "replay": {"replay", endless, "--", "true"},
		"scenario":       {"mock", "--scenario", endless, "--", "true"},
		"mock's profile": {"mock", "--profile", endless, "--", "true"}, "environment": {"settings", "--env", endless},
		"environment of stdin": {"settings", "--env", "-"},
	} {
		row := attempt{name: name, args: args, plain: true, exit: []int{2}, memory: 400}
		if name == "authfile" { // one that cannot be read is a finding
			row.exit = []int{1}
		}
		if name == "environment of stdin" {
			row.stdin = []byte(strings.Repeat("A=b\n", 2<<20))
		}
		rows = append(rows, row)
		if !slices.Contains(args, endless) {
			continue
		}
		for place, path := range map[string]string{"a directory": "{dir}/out", "nothing": "{dir}/none",
			"a long name": "{dir}/" + strings.Repeat("x", 5000)} {
			other := slices.Clone(args)
			for i := range other {
				other[i] = strings.ReplaceAll(other[i], endless, path)
			}
			exit := []int{2}
			if name == "authfile" {
				exit = []int{1, 2}
			}
			rows = append(rows, attempt{name: name + ", " + place, args: other, plain: true, exit: exit})
		}
	}
	rows = append(rows,
		attempt{name: "a pass", args: []string{"check"}, plain: true, env: map[string]string{"PULLPATH_NETWORK": endless},
			exit: []int{2}, memory: 400},
		attempt{name: "the roots of the machine", args: []string{"check"}, plain: true,
			env: map[string]string{"SSL_CERT_FILE": endless}, exit: []int{2}},
		attempt{name: "the roots under mock", args: []string{"mock", "--", "true"},
			env: map[string]string{"SSL_CERT_FILE": endless}, exit: []int{0}},
		attempt{name: "a folder of roots", args: []string{"check"}, plain: true, env: map[string]string{"SSL_CERT_DIR": "{dir}/roots"},
			exit: []int{2}, prepare: func(t *testing.T, dir string) {
				write(t, filepath.Join(dir, "roots/a.pem"), "")
				if err := os.Symlink(endless, filepath.Join(dir, "roots/b.pem")); err != nil {
					t.Fatal(err)
				}
			}})
	try(t, rows)
}

// TestArgumentsMoveNoCursor: what is on the command line and in variables is repeated
// without what a terminal obeys.
func TestArgumentsMoveNoCursor(t *testing.T) {
	const obeyed = "x\x1b[31m\u202e\u009b2J"
	var rows []attempt
	for name, args := range map[string][]string{
		"a flag": {"check", "--" + obeyed}, "a command": {obeyed + "/"}, "a target": {"check", "--mock", obeyed},
		"a profile": {"profiles", "show", obeyed},
		"a code":    {"explain", obeyed}, "a layer": {"explain", "--layer", obeyed}, "a report": {"diagnose", obeyed},
		"reports": {"compare", obeyed, obeyed},
		"a fault": {"mock", "--fault", obeyed}, "a scenario": {"mock", "--scenario", obeyed}, "a shell": {"mock", "--shell", obeyed},
		"a format":            {"check", "--mock", "-o", obeyed},
		"a file of an output": {"check", "--mock", "-o", "json=/none/" + obeyed}, "a proxy": {"check", "--mock", "-x", "http://" + obeyed},
		"a name server": {"check", "--resolver", obeyed},
		"a control":     {"check", "--mock", "--control", obeyed}, "a service": {"mock", "--listen", obeyed},
		"a client": {"settings", "--clients", obeyed},
		"a root":   {"settings", "--root", obeyed}, "events": {"check", "--mock", "--events", "/none/" + obeyed},
		"a log": {"mock", "--log", "/none/" + obeyed, "--", "true"},
	} {
		rows = append(rows, attempt{name: name, args: args, plain: true, exit: []int{2}})
	}
	rows = append(rows, attempt{name: "a variable", args: []string{"check", "--mock"}, plain: true,
		env: map[string]string{"PULLPATH_TIMEOUT": obeyed}, exit: []int{2}})
	try(t, rows)
}

// tree returns a host with docker on it.
func tree(more map[string]string) map[string]string {
	files := map[string]string{"host/usr/lib/systemd/system/docker.service": "[Service]\nExecStart=/usr/bin/dockerd\n",
		"host/usr/bin/dockerd": "x", "host/etc/hostname": "a\n"}
	for name, text := range more {
		files["host/"+name] = text
	}
	return files
}

// TestTreesAreBounded: a folder from a stranger is read up to a bound, and where it is met
// that is said, nothing is called sound, and --strict fails.
func TestTreesAreBounded(t *testing.T) {
	const dropIn = "etc/systemd/system/docker.service.d/e.conf"
	linked := func(t *testing.T, dir string) {
		for i := range 10 {
			if err := os.Symlink("/", filepath.Join(dir, "host", fmt.Sprintf("l%d", i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	manyFiles := func(t *testing.T, dir string) {
		for i := range 5000 {
			write(t, filepath.Join(dir, "host/etc/profile.d", fmt.Sprintf("%d.sh", i)), "export A=1\n")
		}
	}
	big := strings.Repeat("A=b\n", 250<<10)
	unread := []string{"not all was read"}
	var rows []attempt
	for name, c := range map[string]struct {
		files   map[string]string
		prepare func(*testing.T, string)
		unread  bool
	}{
		"an honest host": {files: tree(nil)},
		"an environment file often": {tree(map[string]string{"big.env": big,
			dropIn: "[Service]\n" + strings.Repeat("EnvironmentFile=/big.env\n", 1000)}), nil, true},
		"patterns over links":          {tree(map[string]string{dropIn: "[Service]\nEnvironmentFile=-/*/*/*/*/*/*\n"}), linked, true},
		"a folder of 5,000 profiles":   {tree(nil), manyFiles, true},
		"a profile that sources often": {tree(map[string]string{"etc/profile": strings.Repeat(". /etc/x\n", 5000), "etc/x": big}), nil, true},
		"a list of a megabyte": {tree(map[string]string{"etc/environment": "HTTPS_PROXY=http://p.example:1\nNO_PROXY=" +
			numbered("10.0.%d.0/24,", 60_000)}), nil, true},
		"names by the thousand": {tree(map[string]string{"etc/environment": numbered("HTTPS_PROXY=http://p%d:1\n", 30_000)}), nil, true},
		"mirrors by the thousand": {tree(map[string]string{"etc/containers/registries.conf": "[[registry]]\n" +
			"location=\"registry.redhat.io\"\n" + numbered("[[registry.mirror]]\nlocation=\"m%d.example\"\n", 6000)}), nil, true},
		"a table of a name without end": {files: tree(map[string]string{"etc/containers/registries.conf": "[a" + strings.Repeat(".a",
			400_000) + "]\n"}), unread: true},
		"lists in TOML": {files: tree(map[string]string{"etc/containers/registries.conf": "a = " + strings.Repeat("[", 900_000)}),
			unread: true},
		"keys in TOML": {files: tree(map[string]string{"root/.config/containers/containers.conf": numbered("k%d=1\n", 90_000)}),
			unread: true},
		"sections in INI": {files: tree(map[string]string{"etc/dnf/dnf.conf": numbered("[s%d]\n", 90_000)}), unread: true},
		"keys in INI": {files: tree(map[string]string{"etc/dnf/dnf.conf": "[main]\n" + numbered("k%d=1\n", 90_000)}),
			unread: true},
		"lists in JSON": {files: tree(map[string]string{"etc/docker/daemon.json": strings.Repeat("[", 900_000)}), unread: true},
		"values in JSON": {files: tree(map[string]string{"etc/docker/daemon.json": strings.Repeat("[", 30) + strings.Repeat("1,",
			400_000)}), unread: true},
		"substitutions in a shell": {files: tree(map[string]string{"etc/profile": "a=" + strings.Repeat("$(", 500_000)}), unread: true},
		"brackets in a shell":      {files: tree(map[string]string{"etc/profile": strings.Repeat("(", 1_000_000)}), unread: true},
		"braces in a shell":        {files: tree(map[string]string{"etc/profile": strings.Repeat("{ ", 500_000)}), unread: true},
		"pipes in a shell":         {files: tree(map[string]string{"etc/profile": "a" + strings.Repeat("|a", 500_000)}), unread: true},
		"conditions in a shell":    {files: tree(map[string]string{"etc/profile": strings.Repeat("if ", 300_000)}), unread: true},
		"variables taken back": {files: tree(map[string]string{dropIn: "[Service]\n" + strings.Repeat("Environment=A=b\n",
			20_000) + numbered("UnsetEnvironment=A%d\n", 20_000)})},
	} {
		row := attempt{name: name, args: []string{"settings", "--root", "{dir}/host", "registry.redhat.io", "-o", "table", "-o",
			"json={dir}/out/json"},
			files: c.files, prepare: c.prepare, exit: []int{0}, cpu: 12 * time.Second, memory: 700, timeout: 20 * time.Second}
		if c.unread {
			row.says = unread
			row.then = saysIncomplete
			strict := row
			strict.name, strict.args, strict.exit = name+", strict", append(slices.Clone(row.args), "--strict"), []int{1}
			rows = append(rows, strict)
		}
		rows = append(rows, row)
	}
	try(t, rows)
}

// saysIncomplete: both forms say that something is missing, and nothing is called sound.
func saysIncomplete(t *testing.T, r result) {
	var doc struct{ Incomplete string }
	if err := json.Unmarshal(r.out["json"], &doc); err != nil || doc.Incomplete == "" {
		t.Errorf("the JSON does not say that it is incomplete: %v", err)
	}
	if table := string(r.out["stdout"]); strings.Contains(table, "no errors or warnings") || !strings.Contains(table, "not all was read") {
		t.Errorf("the table ends with %.300q", table[max(0, len(table)-300):])
	}
}
