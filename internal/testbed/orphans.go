//go:build linux

package testbed

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
)

// sweep removes, once per process, the namespaces of test processes that were
// killed before they could clean up.
var sweep = sync.OnceValue(func() error {
	var failed []error
	for _, dir := range []string{namespaceDir, configDir} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			failed = append(failed, err)
		}
		for _, entry := range entries {
			if isOrphan(entry.Name()) {
				failed = append(failed, removeNamespace(entry.Name()))
			}
		}
	}
	return errors.Join(failed...)
})

// isOrphan says whether a namespace is ours by its name and its process is no
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

// birth is the start time of a process in clock ticks since boot: field 22 of
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
