//go:build linux

package testbed

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pullpath/internal/evidence"
)

// farAway is the time that the registry takes to answer, as one behind a company's proxy
// does: long enough for what is done beside the walk.
const farAway = 200 * time.Millisecond

// BenchmarkProcess checks a registry on loopback from this machine, whose clients are
// surveyed meanwhile. path-ms is the walk, process-ms what the user waits, both at the least;
// the difference is what reading settings, judging and writing add.
func BenchmarkProcess(b *testing.B) {
	registry := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(farAway)
		w.WriteHeader(http.StatusOK)
	}))
	defer registry.Close()
	target := "localhost" + strings.TrimPrefix(registry.Listener.Addr().String(), "127.0.0.1")
	report := filepath.Join(b.TempDir(), "report.json")
	_, port, _ := net.SplitHostPort(target)
	check := []string{"check", target, "-o", "json=" + report, "--anonymous", "--no-probes", "--noproxy", "localhost",
		"--resolve", "localhost:" + port + ":127.0.0.1"}
	program := PullPath(b)
	var path, process []float64
	for b.Loop() {
		began := time.Now()
		_ = exec.Command(program, check...).Run() // the registry's CA is not known, so status 1
		process = append(process, float64(time.Since(began).Microseconds())/1000)
		path = append(path, walked(b, report))
	}
	b.ReportMetric(least(path), "path-ms")
	b.ReportMetric(least(process), "process-ms")
	b.ReportMetric(0, "ns/op")
}

// walked is how long the walk of a report took, in milliseconds.
func walked(b *testing.B, name string) float64 {
	b.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	var t evidence.Trace
	if err := json.Unmarshal(data, &t); err != nil {
		b.Fatal(err)
	}
	return t.DurationMS
}

func least(of []float64) float64 {
	out := of[0]
	for _, v := range of {
		out = min(out, v)
	}
	return out
}
