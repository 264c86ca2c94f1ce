//go:build linux

package fleet

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pullpath/internal/testbed"
)

// What is written for node_exporter is what Prometheus takes.
func TestPromtoolTakesTheMetrics(t *testing.T) {
	testbed.Require(t, "prometheus")
	file := filepath.Join(t.TempDir(), "pullpath.prom")
	for _, world := range []string{"healthy", "proxy-connect-denied", "tls-intercepted-untrusted"} {
		check := exec.Command(testbed.PullPath(t), "check", "--mock="+world, "--report-only", "-o", "prometheus="+file)
		if out, err := check.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tool := exec.Command("promtool", "check", "metrics")
		tool.Stdin = bytes.NewReader(text)
		if out, err := tool.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "" {
			t.Errorf("%s: %v: %s", world, err, out)
		}
	}
}
