//go:build linux

package testbed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// sharedMemory is where Squid keeps files that outlive it when it is killed.
const sharedMemory = "/dev/shm"

// label returns a name for a thing of this process, so that another process can find
// out when nobody owns it any more.
func label(t testing.TB, bed int64) string {
	t.Helper()
	pid := os.Getpid()
	born, err := birth(pid)
	if err != nil {
		t.Fatalf("own start time: %v", err)
	}
	return fmt.Sprintf("%s%d-%d-%d", namePrefix, pid, born, bed)
}

// service returns a label as Squid takes it for the name of a service, and by that
// of its shared memory: letters and digits only.
func service(label string) string { return strings.ReplaceAll(label, "-", "x") }

// sweep removes, once per process, what is left of test processes that were
// killed before they could clean up.
var sweep = sync.OnceValue(func() error {
	return errors.Join(
		sweepDir(namespaceDir, isOrphan, removeNamespace),
		sweepDir(configDir, isOrphan, removeNamespace),
		sweepDir(os.TempDir(), isOrphan, func(name string) error { return os.RemoveAll(filepath.Join(os.TempDir(), name)) }),
		sweepDir(sharedMemory,
			func(name string) bool { return isOrphan(strings.ReplaceAll(name, "x", "-")) },
			func(name string) error { return os.Remove(filepath.Join(sharedMemory, name)) }),
	)
})

// sweepDir removes the entries of a directory that are orphans.
func sweepDir(dir string, orphan func(name string) bool, remove func(name string) error) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	failed := []error{err}
	for _, entry := range entries {
		if orphan(entry.Name()) {
			failed = append(failed, remove(entry.Name()))
		}
	}
	return errors.Join(failed...)
}

// isOrphan reports whether a thing is ours by its name (a label and more) and its process is no
// more. A process with the same number that started at another time is
// somebody else. What cannot be read is left alone.
func isOrphan(name string) bool {
	rest, ours := strings.CutPrefix(name, namePrefix)
	fields := strings.SplitN(rest, "-", 4)
	if !ours || len(fields) != 4 {
		return false
	}
	pid, err := strconv.Atoi(fields[0])
	if err != nil {
		return false
	}
	born, err := strconv.ParseUint(fields[1], 10, 64)
	if err != nil {
		return false
	}
	now, err := birth(pid)
	if errors.Is(err, os.ErrNotExist) {
		return true
	}
	return err == nil && now != born
}

// birth returns the start time of a process in clock ticks since boot: field 22 of
// proc_pid_stat(5). The second field is a name that may hold blanks and
// parentheses, so the count begins behind the last parenthesis.
func birth(pid int) (uint64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, ok := cutLast(string(stat), ")")
	fields := strings.Fields(rest)
	const startTime = 22 - 3 // the state, behind the name, is field 3
	if !ok || len(fields) <= startTime {
		return 0, fmt.Errorf("/proc/%d/stat: cannot read %q", pid, stat)
	}
	return strconv.ParseUint(fields[startTime], 10, 64)
}

// cutLast is strings.Cut at the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
