//go:build linux

package wine

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pullpath/internal/fault"
	"pullpath/internal/testbed"
	"pullpath/mockproxy"
)

// patience is how long one start may take; the first makes Wine's own files, which takes ten seconds.
const patience = 2 * time.Minute

// windows is a home of Wine with programs in it.
type windows struct {
	dir string
	env []string
}

// install makes the home, and builds the program into it.
func install(t *testing.T) windows {
	t.Helper()
	testbed.Require(t, "wine")
	w := windows{dir: t.TempDir()}
	w.env = append(os.Environ(), "WINEPREFIX="+filepath.Join(w.dir, "prefix"), "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=")
	w.build(t, "build", "-o", filepath.Join(w.dir, "pullpath.exe"), "pullpath/cmd/pullpath")
	t.Cleanup(func() { _, _, _ = w.run(t, "wineserver", "-k") })
	if out, _, err := w.run(t, "wine", "wineboot", "-i"); err != nil {
		t.Fatalf("wineboot: %v %s", err, out)
	}
	dll := filepath.Join(w.dir, "prefix", "drive_c", "windows", "system32", "bcryptprimitives.dll")
	if _, err := os.Stat(dll); err == nil {
		return w // a newer Wine
	}
	if err := os.WriteFile(dll, forwarder("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036"), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

// build runs the go command for Windows.
func (w windows) build(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=windows", "GOARCH=amd64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// run starts a program with the home's environment and returns what it says and its exit status.
func (w windows) run(t *testing.T, name string, args ...string) (string, int, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = w.dir, w.env, time.Second
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return string(out), exit.ExitCode(), nil
	case errors.Is(err, exec.ErrWaitDelay): // the program has ended, and a service of Wine has its output
		err = nil
	}
	return string(out), 0, err
}

// pullpath runs the program.
func (w windows) pullpath(t *testing.T, args ...string) (string, int) {
	t.Helper()
	out, status, err := w.run(t, "wine", append([]string{filepath.Join(w.dir, "pullpath.exe")}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return out, status
}

// The program as it is built for Windows does there what it does here, as far as Wine goes: Wine 8 has no
// UDP that Go can use (WSAIoctl, SIO_UDP_NETRESET), so that name servers are asked over TCP, and mock,
// which serves UDP, is not run. Nor are a real console and a real resolver.
func TestUnderWine(t *testing.T) {
	w := install(t)
	t.Run("files and arguments", func(t *testing.T) { w.files(t) })
	t.Run("checks", func(t *testing.T) { w.checks(t) })
	t.Run("settings", func(t *testing.T) {
		out, status := w.pullpath(t, "settings", "quay.io")
		// Registry and certificate stores are read there, so that nothing is left to be named as unread.
		if status != 0 || strings.Contains(out, "panic") || strings.Contains(out, "not read") || !strings.Contains(out, "direct") {
			t.Errorf("%d %s", status, out)
		}
		inside := w
		inside.env = append(append([]string{}, w.env...), "https_proxy=http://p.corp.example:3128")
		out, status = inside.pullpath(t, "settings", "quay.io", "-o", "json")
		if status != 0 || !strings.Contains(out, `"http://p.corp.example:3128"`) {
			t.Errorf("a variable in lower case: %d %s", status, out)
		}
	})
	t.Run("certificate stores", func(t *testing.T) { w.stores(t) })
	t.Run("Ctrl-C", func(t *testing.T) { w.interrupted(t) })
	t.Run("tests of pure packages", func(t *testing.T) { w.tests(t) })
}

// files are read and written by paths of Windows.
func (w windows) files(t *testing.T) {
	script := "function FindProxyForURL(url, host) {\n  return 'PROXY p.corp.example:3128';\n}\n"
	if err := os.WriteFile(filepath.Join(w.dir, "proxy.pac"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	onZ := `Z:` + strings.ReplaceAll(w.dir, "/", `\`)
	for name, row := range map[string]struct {
		args   []string
		says   string
		status int
	}{
		"version":          {[]string{"version"}, "log list", 0},
		"a profile":        {[]string{"profiles", "show", "quay"}, "cdn01.quay.io", 0},
		"a cause":          {[]string{"explain", "proxy-is-pac-file"}, "PAC", 0},
		"a path":           {[]string{"settings", "--pac", onZ + `\proxy.pac`, "quay.io"}, "http://p.corp.example:3128", 0},
		"a path from here": {[]string{"settings", "--pac", `.\proxy.pac`, "quay.io"}, "http://p.corp.example:3128", 0},
		"a URL": {[]string{"settings", "--pac", "file:///" + strings.ReplaceAll(onZ, `\`, "/") + "/proxy.pac", "quay.io"},
			"p.corp.example", 0},
		"no such file":    {[]string{"settings", "--pac", `C:\nowhere.pac`, "quay.io"}, "error: --pac: open C:", 2},
		"a word too many": {[]string{"check", "--no-such-flag"}, "unknown flag", 2},
	} {
		if out, status := w.pullpath(t, row.args...); status != row.status || !strings.Contains(out, row.says) {
			t.Errorf("%s: status %d, want %d and %q: %s", name, status, row.status, row.says, out)
		}
	}
}

// checks are made in the made-up networks of this machine.
func (w windows) checks(t *testing.T) {
	for name, row := range map[string]struct {
		world  fault.World
		status int
		says   string
	}{
		"a healthy network": {fault.World{}, 0, "all 3 hosts pass"},
		"a proxy that denies": {fault.World{Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: 403}}}, 1,
			"proxy-connect-denied"},
		"TLS that is inspected": {fault.World{Faults: []fault.Fault{fault.Certificate{Host: fault.Everyone, Issuer: "interceptor"}}}, 1,
			"tls-intercepted-untrusted"},
	} {
		network, err := mockproxy.Start(row.world)
		if err != nil {
			t.Fatal(err)
		}
		pass, err := network.Pass().Save(w.dir)
		if err != nil {
			t.Fatal(err)
		}
		inside := w
		inside.env = append(append([]string{}, w.env...), mockproxy.PassVariable+"="+pass)
		report := filepath.Join(w.dir, "report.json")
		out, status := inside.pullpath(t, "check", "--resolver", "tcp://203.0.113.53", "registry.redhat.io/ubi9/ubi:latest", "-o", "table",
			"-o", `json=report.json`, "-o", `html=C:\report.html`)
		network.Close()
		if status != row.status || !strings.Contains(out, row.says) {
			t.Errorf("%s: status %d, want %d and %q: %s", name, status, row.status, row.says, out)
		}
		var saved struct {
			Vantage struct{ OS string }
		}
		text, err := os.ReadFile(report)
		if err == nil {
			err = json.Unmarshal(text, &saved)
		}
		if err != nil || saved.Vantage.OS != "linux" && saved.Vantage.OS != "windows" {
			t.Errorf("%s: the report: %v %q", name, err, saved.Vantage.OS)
		}
		again, status := w.pullpath(t, "diagnose", `report.json`)
		if status != row.status || !strings.Contains(again, row.says) {
			t.Errorf("%s, judged again: status %d, want %d and %q: %s", name, status, row.status, row.says, again)
		}
	}
}

// pure are packages without a wire, with the tests that are left out: what they decide must not differ by
// the system. Windows has one variable for HTTPS_PROXY and https_proxy, so that net/http cannot be asked
// about both there.
var pure = map[string]string{"pullpath/internal/redact": "", "pullpath/internal/route": "TestAgreesWithNetHTTP",
	"pullpath/internal/pac": "TestBounds", "pullpath/internal/hostproxy": "", "pullpath/internal/pacfile": "TestRead"}

// tests runs the tests of pure packages.
func (w windows) tests(t *testing.T) {
	for name, skipped := range pure {
		program := filepath.Join(w.dir, filepath.Base(name)+".test.exe")
		w.build(t, "test", "-c", "-o", program, name)
		here, err := filepath.Abs(filepath.Join("../../..", strings.TrimPrefix(name, "pullpath/")))
		if err != nil {
			t.Fatal(err)
		}
		there := w
		there.dir = here
		out, status, err := there.run(t, "wine", program, "-test.short", "-test.skip=^("+skipped+")$")
		if err != nil || status != 0 {
			t.Errorf("%s: status %d %v: %s", name, status, err, out[max(0, len(out)-3000):])
		}
	}
}
