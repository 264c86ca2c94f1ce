//go:build linux

package kubernetes

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that takes seconds; the machine may be busy.
const patience = 2 * time.Minute

// output runs a program that has to succeed, and returns what it prints.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	return succeed(t, exec.Command(name, args...))
}

// succeed is output for a command that is made ready.
func succeed(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var out, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errors
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(cmd.Args, " "), err, out.String(), errors.String())
	}
	return out.String()
}

// daemon runs a program until the test ends. What it prints goes into a file, whose end is shown
// where the test fails.
func daemon(t *testing.T, log, name string, args ...string) {
	t.Helper()
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = file, file
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		file.Close()
		if t.Failed() {
			t.Logf("%s: %s", filepath.Base(log), tail(log))
		}
	})
}

// tail is the end of a file.
func tail(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	const end = 3000
	return string(text[max(0, len(text)-end):])
}

// await asks until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	began := time.Now()
	for !holds() {
		if time.Since(began) > patience {
			t.Fatalf("after %s not yet: %s", patience, what)
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Logf("%s after %.1f s", what, time.Since(began).Seconds())
}

// write writes a file of the test.
func write(t *testing.T, name, format string, args ...any) string {
	t.Helper()
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, []byte(text), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}
