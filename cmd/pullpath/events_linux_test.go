package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pullpath/internal/diagnosis"
)

// narrowPipe holds one page, less than the events of any run.
func narrowPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w = piped(t)
	raw, err := w.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) { _, err = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, os.Getpagesize()) }); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// checkedInto walks the healthy network with its events into a file, and gives the
// exit status, what was said, and the report.
func checkedInto(t *testing.T, events *os.File) (status int, said string, report string) {
	t.Helper()
	saved := filepath.Join(t.TempDir(), "report.json")
	stderr, err := os.Create(filepath.Join(t.TempDir(), "err"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stderr.Close() }()
	s := streams{in: os.Stdin, out: events, err: stderr}
	root := newRoot(s)
	root.SetArgs([]string{"check", "--mock", "--no-progress", "--events", "-", "-o", "json=" + saved})
	status = exitStatus(s, root.ExecuteContext(t.Context()), nil)
	text, _ := os.ReadFile(stderr.Name())
	data, err := os.ReadFile(saved)
	if err != nil {
		t.Error(err)
	}
	return status, string(text), string(data)
}

// A reader that reads nothing costs the run its events alone: it walks at its own
// speed, and the report is whole.
func TestAStalledReaderOfEventsHoldsUpNothing(t *testing.T) {
	r, w := narrowPipe(t)
	// Without an end the test would wait as long as the run: a reader that leaves is one.
	defer time.AfterFunc(time.Minute, func() { _ = r.Close() }).Stop()
	status, said, report := checkedInto(t, w)
	if status != exitUsage || !strings.Contains(said, errNotRead.Error()) {
		t.Errorf("status %d: %s", status, said)
	}
	var saved struct {
		Verdict diagnosis.Verdict `json:"verdict"`
	}
	if err := json.Unmarshal([]byte(report), &saved); err != nil || saved.Verdict.Status != diagnosis.StatusPass {
		t.Errorf("%v, verdict %+v", err, saved.Verdict)
	}
}

// A reader that is slow gets every event.
func TestASlowReaderOfEventsMissesNothing(t *testing.T) {
	r, w := narrowPipe(t)
	read := make(chan []byte)
	go func() {
		var all bytes.Buffer
		buf := make([]byte, 100)
		for {
			n, err := r.Read(buf)
			all.Write(buf[:n])
			if err != nil {
				read <- all.Bytes()
				return
			}
		}
	}()
	status, said, _ := checkedInto(t, w)
	_ = w.Close()
	if status != exitOK || said != "" {
		t.Errorf("status %d: %s", status, said)
	}
	var names []string
	serials := map[float64]string{}
	for line := range bytes.Lines(<-read) {
		var e map[string]any
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		name, _ := e["event"].(string)
		names = append(names, name)
		if serial, ok := e["serial"].(float64); ok {
			stage, _ := e["stage"].(string)
			serials[serial] = stage
		}
	}
	if len(names) == 0 || names[0] != "run" || names[len(names)-1] != "verdict" {
		t.Errorf("events %v", names)
	}
	for serial, last := range serials {
		if last != "numbered" {
			t.Errorf("the last of hop %v is %s", serial, last)
		}
	}
}

// A second signal ends a process that waits for the reader of its events.
func TestASecondSignalEndsTheProcess(t *testing.T) {
	r, w := narrowPipe(t)
	c := exec.Command("pullpath", "check", "--mock", "--no-progress", "--events", "-")
	c.Stdout = w
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	for one, lines := make([]byte, 1), 0; lines < 2; { // the walk has begun
		if _, err := r.Read(one); err != nil {
			t.Fatal(err)
		}
		if one[0] == '\n' {
			lines++
		}
	}
	ended := make(chan error)
	go func() { ended <- c.Wait() }()
	for {
		_ = c.Process.Signal(os.Interrupt)
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if status, ok := c.ProcessState.Sys().(syscall.WaitStatus); !errors.As(err, &exit) || !ok || !status.Signaled() ||
				status.Signal() != syscall.SIGINT {
				t.Errorf("it ended with %v", c.ProcessState)
			}
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}
