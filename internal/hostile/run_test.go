//go:build linux

package hostile

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pullpath/internal/report"
	"pullpath/internal/testbed"
)

const (
	// defaultTimeout is the limit of a run: long enough for a check of three hosts on
	// a busy machine, short enough for hundreds of rows.
	defaultTimeout = 5 * time.Second
	// busy is the time that other tests on the same machine may add. A program that
	// hangs takes minutes.
	busy = 8 * time.Second
	// patience is when a run is killed.
	patience = 45 * time.Second
	// space is the address space in KiB that a run may have: what runs away ends there
	// and not at the machine's memory. Go's runtime reserves more than it uses.
	space = 6 << 20
)

func TestMain(m *testing.M) {
	status := m.Run()
	testbed.RemoveBinary()
	os.Exit(status)
}

// run makes one run of the program and waits for its end.
func run(t *testing.T, row attempt) result {
	t.Helper()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	place := strings.NewReplacer("{dir}", dir)
	for name, text := range row.files {
		write(t, filepath.Join(dir, name), place.Replace(text))
	}
	if row.prepare != nil {
		row.prepare(t, dir)
	}
	args, env := row.commandLine(dir), map[string]string{"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": dir,
		"LANG": "C.UTF-8", "TMPDIR": dir}
	r := result{dir: dir, out: map[string][]byte{}}
	if row.net != nil {
		r.net = row.net.start(t)
		r.net.letIn(t, row.machine, dir, &args, env)
	}
	for name, value := range row.env {
		env[name] = place.Replace(value)
	}
	for i := range args {
		args[i] = place.Replace(args[i])
	}
	r.execute(t, args, env, row.stdin)
	r.read(t, out)
	return r
}

// commandLine is that of the program: a check is asked for every form of output.
func (a attempt) commandLine(dir string) []string {
	args := slices.Clone(a.args)
	if a.plain || len(args) == 0 || args[0] != "check" {
		return args
	}
	for _, form := range report.Formats() {
		args = append(args, "-o", form.Name+"="+filepath.Join(dir, "out", form.Name))
	}
	args = append(args, "-o", "table", "--timeout", orDefault(a.timeout, defaultTimeout).String())
	if slices.Contains(args, "--anonymize") { // events are told before pseudonyms are known
		return args
	}
	return append(args, "--events", filepath.Join(dir, "out", "events"))
}

// execute runs the program under a limit of address space.
func (r *result) execute(t *testing.T, args []string, env map[string]string, stdin []byte) {
	t.Helper()
	binary := testbed.PullPath(t) // built before the clock of the first row runs
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	limited := append([]string{"-c", fmt.Sprintf(`ulimit -v %d; exec "$@"`, space), "sh", binary}, args...)
	cmd := exec.CommandContext(ctx, "sh", limited...)
	cmd.Dir = r.dir
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if stdin != nil {
		cmd.Stdin = bytes.NewReader(stdin)
	}
	stdout, stderr := create(t, filepath.Join(r.dir, "out", "stdout")), create(t, filepath.Join(r.dir, "out", "stderr"))
	defer func() { _, _ = stdout.Close(), stderr.Close() }()
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	measured := watchMemory(cmd.Process.Pid)
	err := cmd.Wait()
	r.took, r.memory, r.killed = time.Since(began), measured(), ctx.Err() != nil
	r.status = cmd.ProcessState.ExitCode()
	r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	_ = err // the status says it
}

// watchMemory follows the most that a process has held, in MiB: rusage counts what
// this process held when it forked.
func watchMemory(pid int) (stop func() int) {
	done, most := make(chan struct{}), make(chan int)
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		kib := 0
		for {
			kib = max(kib, highWater(pid))
			select {
			case <-done:
				most <- kib >> 10
				return
			case <-tick.C:
			}
		}
	}()
	return func() int { close(done); return <-most }
}

// highWater returns the most memory that the kernel counted for a process, in KiB; 0
// where it is gone.
func highWater(pid int) int {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if text, found := strings.CutPrefix(lines.Text(), "VmHWM:"); found {
			kib, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(text), " kB"))
			return kib
		}
	}
	return 0
}

func create(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// write makes a file and the folders above it. A script's first line makes it one that
// can be run.
func write(t *testing.T, path, text string) {
	t.Helper()
	mode := os.FileMode(0o644)
	if strings.HasPrefix(text, "#!") {
		mode = 0o755
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
