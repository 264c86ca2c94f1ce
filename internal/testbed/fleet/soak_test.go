//go:build linux

package fleet

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pullpath/internal/testbed"
)

// walksVariable names how many walks the server makes. Those of docs/fleet.md are 10000.
const walksVariable = "PULLPATH_SOAK_WALKS"

// fewWalks show what a walk leaves behind if it is more than some 100 KB.
const fewWalks = 200

// mostMemory is what a server may take, in KiB: half of the Pod's limit (deploy/kubernetes/base).
const mostMemory = 64 << 10

// Walk after walk through a network with a fault, the server stays small: it keeps the last one alone.
func TestServeStaysSmall(t *testing.T) {
	walks := fewWalks
	if text := os.Getenv(walksVariable); text != "" {
		many, err := strconv.Atoi(text)
		if err != nil || many < fewWalks {
			t.Fatalf("%s=%s", walksVariable, text)
		}
		walks = many
	}
	dir, at, pid := t.TempDir(), port(t), filepath.Join(t.TempDir(), "pid")
	config := file(t, dir, "serve.yaml", "modules: {redhat: {profile: redhat, timeout: 25s}}\nschedule: [{module: redhat, every: 5s}]\n")
	start(t, testbed.PullPath(t), "mock", "--fault", "proxy-connect-denied", "--", "sh", "-c",
		fmt.Sprintf("echo $$ >%s; exec %s serve --listen %s --config %s", pid, testbed.PullPath(t), at, config))
	await(t, "the server", func() bool { _, err := get("http://" + at + "/-/healthy"); return err == nil })
	const parts = 4
	var sizes []int
	for range parts {
		probe(t, at, walks/parts)
		sizes = append(sizes, resident(t, pid))
	}
	t.Logf("%d walks; KiB after each quarter: %v", walks, sizes)
	if sizes[parts-1] > mostMemory {
		t.Errorf("%d KiB after %d walks", sizes[parts-1], walks)
	}
	// Garbage is there for a while: a fifth more or less is no growth.
	if walks > 10*fewWalks && sizes[parts-1] > sizes[0]*6/5 {
		t.Errorf("it grows: %v", sizes)
	}
}

// probe has so many walks made, two at a time.
func probe(t *testing.T, at string, walks int) {
	t.Helper()
	var asking sync.WaitGroup
	for _, target := range []string{"registry.redhat.io", "sso.redhat.com"} {
		asking.Go(func() {
			for range walks / 2 {
				text, err := get("http://" + at + "/probe?module=redhat&target=" + target)
				if err != nil || !strings.Contains(text, "probe_success") {
					t.Errorf("%s: %v: %.200s", target, err, text)
					return
				}
			}
		})
	}
	asking.Wait()
}

// resident is the memory of the process whose number a file has, in KiB (proc_pid_status(5), VmRSS).
func resident(t *testing.T, pidFile string) int {
	t.Helper()
	pid, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(string(pid)), "status"))
	if err != nil {
		t.Fatal(err)
	}
	size := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	if size == nil {
		t.Fatalf("no VmRSS in %s", status)
	}
	n, err := strconv.Atoi(string(size[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
