package settings

import (
	"bytes"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"pullpath/internal/route"
)

// Process is a running program, from below /proc (proc(5)).
type Process struct {
	PID     int
	Program string // base name of what it runs
	Path    string // what it runs; "" if the link cannot be read
	// Env is the environment with which it was started. It may have set variables
	// since: dockerd does so for "proxies" of daemon.json.
	Env        route.Environment
	EnvRead    bool             // the environment could be read; that of another user's process needs root
	Flags      []route.Variable // --http-proxy and its relatives among its arguments
	ConfigFile string           // the value of --config-file or --config, "" without
	Started    time.Time        // zero if not known
}

// ticks is how many clock ticks of /proc/<pid>/stat make a second: USER_HZ, which
// is 100 on every architecture of Linux that runs containers (time(7)).
const ticks = 100

// maxProcFile bounds what is read of a file in /proc, in bytes: the kernel holds
// arguments and environment of a process below 6 MiB (execve(2)).
const maxProcFile = 6 << 20

// Processes returns the running programs of these names, by process id. A
// process that ends meanwhile is left out.
func Processes(root *Root, names ...string) []Process {
	var found []Process
	boot := bootTime(root)
	for _, name := range root.ReadDir("/proc") {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		p := Process{PID: pid}
		arguments := procFields(root, p.file("cmdline"))
		p.identify(root, arguments)
		if !slices.Contains(names, p.Program) {
			continue
		}
		p.read(root, arguments, boot)
		found = append(found, p)
	}
	slices.SortFunc(found, func(a, b Process) int { return a.PID - b.PID })
	return found
}

// Outdated reports whether a file that decides about the service was changed
// after the process began, so that the process may run with older settings.
func (p Process) Outdated(s Service) bool {
	return !p.Started.IsZero() && s.Newest.After(p.Started)
}

func (p Process) file(name string) string { return path.Join("/proc", strconv.Itoa(p.PID), name) }

// identify finds what the process runs: the link to its program, or the first
// argument where the link may not be read.
func (p *Process) identify(root *Root, arguments []string) {
	// The kernel marks a program that was replaced while it runs.
	p.Path = strings.TrimSuffix(root.Readlink(p.file("exe")), " (deleted)")
	p.Program = path.Base(p.Path)
	if p.Path == "" && len(arguments) > 0 {
		p.Program = path.Base(arguments[0])
	}
}

// read fills in what concerns settings.
func (p *Process) read(root *Root, arguments []string, boot time.Time) {
	source := p.file("cmdline")
	var args []route.Variable
	for i, argument := range arguments {
		args = append(args, route.Variable{Value: argument, Source: source})
		name, value, written := strings.Cut(argument, "=")
		if name == "--config-file" || name == "--config" {
			if !written && i+1 < len(arguments) {
				value = arguments[i+1]
			}
			p.ConfigFile = value
		}
	}
	p.Flags = proxyFlags(args)
	p.Started = p.started(root, boot)
	data, err := root.readBytes(p.file("environ"), maxProcFile)
	p.EnvRead = err == nil
	p.Env = parseEnviron(p.file("environ"), data)
}

// parseEnviron splits an environment block. Of two entries of the same name the
// first counts, as for getenv(3) and for Go.
func parseEnviron(source string, data []byte) route.Environment {
	var env route.Environment
	seen := map[string]bool{}
	for entry := range bytes.SplitSeq(data, []byte{0}) {
		name, value, found := strings.Cut(string(entry), "=")
		if found && relevant(name) && !seen[name] {
			seen[name] = true
			env = append(env, route.Variable{Name: name, Value: value, Source: source})
		}
	}
	return env
}

// procFields returns the NUL-terminated words of a file in /proc.
func procFields(root *Root, name string) []string {
	data, err := root.readBytes(name, maxProcFile)
	if err != nil || len(data) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
}

// bootTime returns when the kernel began, the zero time if it is not known.
func bootTime(root *Root) time.Time {
	text, _ := root.text("/proc/stat")
	for line := range strings.SplitSeq(text, "\n") {
		if value, ok := strings.CutPrefix(line, "btime "); ok {
			if seconds, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64); err == nil {
				return time.Unix(seconds, 0).UTC()
			}
		}
	}
	return time.Time{}
}

// started returns when the process began: field 22 of its stat, counted behind
// the program's name, which may hold blanks and parentheses.
func (p *Process) started(root *Root, boot time.Time) time.Time {
	text, ok := root.text(p.file("stat"))
	_, after, found := cutLast(text, ")")
	fields := strings.Fields(after)
	const index = 22 - 3 // the first field behind the name is the third
	if !ok || !found || len(fields) <= index || boot.IsZero() {
		return time.Time{}
	}
	count, err := strconv.ParseInt(fields[index], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return boot.Add(time.Duration(count) * (time.Second / ticks))
}

// cutLast cuts s at the last separator.
func cutLast(s, separator string) (before, after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(separator):], true
}
