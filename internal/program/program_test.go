//go:build unix

package program

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// far is a wait that no test may reach.
const far = time.Minute

// A program and its children end with the context, and a child that keeps the outputs
// open is not waited for.
func TestRunEndsWithItsContext(t *testing.T) {
	for name, row := range map[string]struct {
		script string
		ends   bool // by its context
		out    string
	}{
		"answers":                      {`read -r q; echo "$q!"`, false, "asked!\n"},
		"sleeps":                       {`sleep 60`, true, ""},
		"its child sleeps":             {`sleep 60 & wait`, true, ""},
		"leaves a child with outputs":  {`echo said; sleep 60 & exit 0`, false, "said\n"},
		"leaves a child with stderr":   {`echo said; sleep 60 >/dev/null & exit 0`, false, "said\n"},
		"does not read":                {`exec <&-; echo said`, false, "said\n"},
		"ignores the end of its input": {`trap "" HUP TERM INT PIPE; while :; do sleep 60; done`, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			pids := filepath.Join(t.TempDir(), "pid")
			limit := far
			if row.ends {
				limit = 300 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			began := time.Now()
			out, err := Run(ctx, "/bin/sh", []string{"-c", "echo $$ >" + pids + "\n" + row.script}, "asked\n")
			if errors.Is(err, context.DeadlineExceeded) != row.ends || !row.ends && err != nil {
				t.Errorf("ended by its context: %v", err)
			}
			if out.Stdout != row.out {
				t.Errorf("said %q", out.Stdout)
			}
			if time.Since(began) > far/2 {
				t.Errorf("took %s", time.Since(began))
			}
			if row.ends || strings.Contains(row.script, "&") {
				noneLeft(t, pids)
			}
		})
	}
}

// noneLeft fails where the group that a program led has a member.
func noneLeft(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for range 100 { // what was killed is a zombie until its new parent looks
		if errors.Is(syscall.Kill(-pid, 0), syscall.ESRCH) || strings.Trim(groupStates(pid)+"-", "ZX") == "-" && groupStates(pid) != "" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("a child is left, in state %s", groupStates(pid))
}

// groupStates returns the states of a group's members (proc(5)), empty where the system
// does not show them.
func groupStates(group int) string {
	var out string
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) > 2 && fields[2] == strconv.Itoa(group) {
			out += fields[0]
		}
	}
	return out
}

// What a program says is kept up to the bound, however much it is.
func TestOutputIsBounded(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	out, err := Run(ctx, "/bin/sh", []string{"-c", "yes >&2 & yes"}, "")
	if err == nil || len(out.Stdout) > MaxOutput || len(out.Stderr) > MaxOutput {
		t.Errorf("%d and %d bytes, %v", len(out.Stdout), len(out.Stderr), err)
	}
}
