//go:build linux

package fleet

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"pullpath/internal/testbed"
)

// node_exporter, which is another user, serves what -o prometheus=FILE writes.
func TestNodeExporterServesTheFile(t *testing.T) {
	testbed.Require(t, "node-exporter")
	dir, at := openDir(t), port(t)
	tool(t, testbed.PullPath(t), "check", "--mock=proxy-connect-denied", "--report-only",
		"-o", "prometheus="+filepath.Join(dir, "pullpath.prom"))
	exporter := exec.Command("prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
		"--collector.textfile.directory="+dir, "--web.listen-address="+at)
	if os.Geteuid() == 0 {
		const nobody = 65534
		exporter.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	run(t, exporter)
	await(t, "the metrics of node_exporter", func() bool { _, err := get("http://" + at + "/metrics"); return err == nil })
	text, err := get("http://" + at + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"node_textfile_scrape_error 0\n", `pullpath_verdict{module="redhat",status="fail"} 1`,
		`code="proxy-connect-denied"`} {
		if !strings.Contains(text, want) {
			t.Errorf("node_exporter does not serve %s", want)
		}
	}
}

// openDir is a directory that another user may read.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pullpath-fleet-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// negate turns the states of a plugin about: it reads our exit status and our first word.
func TestNegate(t *testing.T) {
	testbed.Require(t, "negate")
	icinga, err := os.ReadFile(filepath.Join(deploy, "icinga", "pullpath.conf"))
	if err != nil {
		t.Fatal(err)
	}
	// The command that Icinga runs, with its flags.
	quoted := regexp.MustCompile(`"([^"]+)"`)
	line := regexp.MustCompile(`command = \[(.*)\]`).FindSubmatch(icinga)
	if line == nil {
		t.Fatal("no command in pullpath.conf")
	}
	var command []string
	for _, m := range quoted.FindAllStringSubmatch(string(line[1]), -1) {
		command = append(command, m[1])
	}
	command[0] = testbed.PullPath(t)
	const negate = "/usr/lib/nagios/plugins/negate"
	for _, row := range []struct {
		world  string
		flags  []string
		status int
		first  string
	}{
		{"healthy", nil, 2, "PULLPATH OK"},
		{"healthy", []string{"-s"}, 2, "PULLPATH CRITICAL"},
		{"proxy-connect-denied", nil, 0, "PULLPATH CRITICAL"},
		{"proxy-connect-denied", []string{"-c", "WARNING", "-s"}, 1, "PULLPATH WARNING"},
	} {
		args := append(append([]string{}, row.flags...), append(append([]string{}, command...), "--mock="+row.world)...)
		out, err := exec.Command(negate, args...).CombinedOutput()
		status := 0
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			status = exit.ExitCode()
		}
		if status != row.status || !strings.HasPrefix(string(out), row.first) {
			t.Errorf("negate %q: status %d, %.80s", row.flags, status, out)
		}
	}
}

// sosreport runs the plugin: the settings always, the check where it is asked for, and compare
// finds the report in the archive.
func TestSosreport(t *testing.T) {
	testbed.Require(t, "sosreport")
	dir := t.TempDir()
	tool(t, "cp", "-r", "/usr/lib/python3/dist-packages/sos", dir)
	tool(t, "cp", filepath.Join(deploy, "sos", "pullpath.py"), filepath.Join(dir, "sos", "report", "plugins"))
	tool(t, "ln", "-s", testbed.PullPath(t), filepath.Join(dir, "pullpath"))
	// Commands are looked for in the distribution's own directories alone.
	tool(t, "sed", "-i", `s#PATH = "#&`+dir+`:#`, filepath.Join(dir, "sos", "policies", "debian.py"))
	for name, row := range map[string]struct {
		flags []string
		check bool
	}{"asked": {[]string{"-k", "pullpath.check=on"}, true}, "unasked": {nil, false}} {
		t.Run(name, func(t *testing.T) {
			tmp := t.TempDir()
			sos := exec.Command(testbed.PullPath(t), append([]string{"mock", "--fault", "proxy-connect-denied", "--", "/usr/bin/python3",
				"/usr/bin/sos", "report", "--batch", "-o", "pullpath", "--tmp-dir", tmp, "-z", "gzip"}, row.flags...)...)
			sos.Env = append(os.Environ(), "PYTHONPATH="+dir, "PATH="+dir+":"+os.Getenv("PATH"))
			if out, err := sos.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			archives, err := filepath.Glob(filepath.Join(tmp, "*.tar.gz"))
			if err != nil || len(archives) != 1 {
				t.Fatalf("%q, %v", archives, err)
			}
			files := inArchive(t, archives[0])
			if _, ok := files["pullpath-settings.json"]; !ok {
				t.Errorf("no settings in the archive")
			}
			report, ok := files["pullpath-report.json"]
			if ok != row.check {
				t.Fatalf("a report: %v, want %v", ok, row.check)
			}
			if ok && !strings.Contains(report, "proxy-connect-denied") {
				t.Errorf("the report is of another network: %.300s", report)
			}
			if ok {
				out, _ := exec.Command(testbed.PullPath(t), "compare", archives[0], archives[0]).CombinedOutput()
				if !strings.Contains(string(out), "sso.redhat.com") {
					t.Errorf("compare finds no report in the archive: %s", out)
				}
			}
		})
	}
}

// inArchive returns what a compressed archive holds of pullpath, by the name of the file.
func inArchive(t *testing.T, name string) map[string]string {
	t.Helper()
	unpack := exec.Command("gzip", "-dc", name)
	plain, err := unpack.StdoutPipe()
	if err == nil {
		err = unpack.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	out, archive := map[string]string{}, tar.NewReader(plain)
	for {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if base := filepath.Base(head.Name); head.Typeflag == tar.TypeReg && strings.HasPrefix(base, "pullpath-") {
			text, err := io.ReadAll(archive)
			if err != nil || !json.Valid(text) {
				t.Errorf("%s is no JSON: %v: %.200s", head.Name, err, text)
			}
			out[base] = string(text)
		}
	}
	if err := unpack.Wait(); err != nil {
		t.Fatal(err)
	}
	return out
}
