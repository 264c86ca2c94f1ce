package oracle

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/rebuild"
	"pullpath/mockproxy"
)

// In the network that is rebuilt from a report clients fail as in the one that was
// reported.
func TestClientsFailInTheRebuiltNetwork(t *testing.T) {
	tool := filepath.Join(t.TempDir(), "pullpath")
	build := exec.Command("go", "build", "-o", tool, "./cmd/pullpath")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for code, pattern := range map[string]string{
		"proxy-connect-denied":      `: Forbidden`,
		"proxy-auth-required":       `Proxy Authentication Required`,
		"proxy-closed":              `EOF`,
		"proxy-redirects":           `: (Found|See Other|Moved Temporarily|Temporary Redirect)`,
		"proxy-error":               `: Bad Gateway`,
		"tls-intercepted-untrusted": `x509: certificate signed by unknown authority`,
	} {
		world, _ := rebuild.World(reported(t, tool, code), time.Second)
		network, err := mockproxy.Start(world)
		if err != nil {
			t.Fatal(err)
		}
		bundle := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(bundle, network.ClientRoots(), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, c := range clients() {
			want := pattern
			if c.name == "curl" {
				want = `\((52|56|60)\)`
			}
			t.Run(code+"/"+c.name, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if got := c.pull(ctx, t, "http://"+network.ProxyAddress(), bundle); !regexp.MustCompile(want).MatchString(got) {
					t.Errorf("says %q, want %s", got, want)
				}
			})
		}
		network.Close()
	}
}

// reported returns the report of a check in the World of a code.
func reported(t *testing.T, tool, code string) *evidence.Trace {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.Command(tool, "check", "--mock="+code, "-o", "json="+path)
	if out, err := cmd.CombinedOutput(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("%s: %v: %s", code, err, out)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	trace, err := evidence.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return trace
}
