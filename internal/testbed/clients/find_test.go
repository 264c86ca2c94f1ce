//go:build linux

package clients

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"go/version"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"pullpath/internal/route"
)

// errAbsent is a client that this machine does not have.
var errAbsent = errors.New("not on this machine")

// installed is a client as it was found.
type installed struct {
	path    string
	version string
	said    string // all that it says about its version and its build
	dialect route.Dialect
}

// find locates the client's program and asks for its version.
func (c client) find() (installed, error) {
	path, err := c.program()
	if err != nil {
		return installed{}, err
	}
	found := installed{path: path}
	if c.asks == nil {
		return foundByBuild(found, c)
	}
	said, err := exec.Command(path, c.asks...).CombinedOutput()
	if err != nil {
		return installed{}, fmt.Errorf("%s %q: %w: %s", path, c.asks, err, said)
	}
	found.said = string(said)
	if found.version = dotted.FindString(found.said); found.version == "" {
		return installed{}, fmt.Errorf("%s %q names no version: %s", path, c.asks, said)
	}
	found.dialect, err = c.dialect(found)
	return found, err
}

// dotted is the first number with a dot in what a client says of its version.
var dotted = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)+`)

// foundByBuild takes the version of a Go program for that of the toolchain that
// built it: the proxy's rules are the standard library's.
func foundByBuild(found installed, c client) (installed, error) {
	info, err := buildinfo.ReadFile(found.path)
	if err != nil {
		return installed{}, err
	}
	found.version = strings.TrimPrefix(info.GoVersion, "go")
	found.said = info.String()
	found.dialect, err = c.dialect(found)
	return found, err
}

// older compares two versions of a client, number by number.
func older(a, b string) bool { return version.Compare("go"+a, "go"+b) < 0 }

// family takes the dialect of the installed version.
func family(name string) func(installed) (route.Dialect, error) {
	return func(found installed) (route.Dialect, error) { return route.At(name, found.version) }
}

// builtByGo returns the dialect of a Go program whose environment sets no GODEBUG:
// strict about colons where it was built for Go 1.26 or later and not told
// otherwise.
func builtByGo(found installed) (route.Dialect, error) {
	info, err := debug.ParseBuildInfo(found.said)
	if err != nil {
		return route.Dialect{}, err
	}
	lenient := slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool {
		return s.Key == "DefaultGODEBUG" && strings.Contains(s.Value, "urlstrictcolons=0")
	})
	if version.Compare(info.GoVersion, "go1.26") >= 0 && !lenient {
		return route.GoStrict(), nil
	}
	return route.At("go", found.version)
}

// inPath returns a program that the machine may have.
func inPath(name string) func() (string, error) {
	return func() (string, error) {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, errAbsent)
		}
		return filepath.Abs(path)
	}
}

// goPrograms builds the programs below testdata at first use.
func goPrograms(t *testing.T) func(name string) func() (string, error) {
	dir := t.TempDir()
	build := sync.OnceValue(func() error {
		out, err := exec.Command("go", "build", "-o", dir, "./testdata/nethttp", "./testdata/httpproxy").CombinedOutput()
		if err != nil {
			return fmt.Errorf("go build: %w: %s", err, out)
		}
		return nil
	})
	return func(name string) func() (string, error) {
		return func() (string, error) { return filepath.Join(dir, name), build() }
	}
}

// javaProgram compiles testdata/Get.java into dir and is the java that runs it.
func javaProgram(dir string) func() (string, error) {
	return func() (string, error) {
		compiler, err := inPath("javac")()
		if err != nil {
			return "", err
		}
		if out, err := exec.Command(compiler, "-nowarn", "-d", dir, "testdata/Get.java").CombinedOutput(); err != nil {
			return "", fmt.Errorf("javac: %w: %s", err, out)
		}
		return inPath("java")()
	}
}
