//go:build linux

package testbed

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// PullPath builds the program under test once per test process, as it is
// shipped (static, without cgo), and returns the path of the binary. It stays
// until RemoveBinary.
func PullPath(t testing.TB) string { return program(t, pullpathBinary) }

// PullPathKerberos is PullPath with the build tag kerberos.
func PullPathKerberos(t testing.TB) string { return program(t, kerberosBinary) }

func program(t testing.TB, built func() (string, error)) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// The programs, each made once.
var (
	pullpathBinary   = sync.OnceValues(func() (string, error) { return build("./cmd/pullpath") })
	kerberosBinary   = sync.OnceValues(func() (string, error) { return build("./cmd/pullpath", "kerberos") })
	ntlmHelperBinary = sync.OnceValues(func() (string, error) { return build("./internal/testbed/ntlmhelper") })
)

// binaryDir is made by the first of them.
var binaryDir = sync.OnceValues(func() (string, error) {
	born, err := birth(os.Getpid())
	if err != nil {
		return "", err
	}
	// Named like a bed's, so that a later process can sweep it.
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-%d-0-", namePrefix, os.Getpid(), born))
	if err != nil {
		return "", err
	}
	built.Store(&dir)
	return dir, os.Chmod(dir, 0o755)
})

// built is the directory of binaryDir once it is there.
var built atomic.Pointer[string]

// build makes a program of the main module, with build tags.
func build(pkg string, tags ...string) (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	dir, err := binaryDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, strings.Join(append([]string{filepath.Base(pkg)}, tags...), "-"))
	cmd := exec.Command("go", "build", "-tags", strings.Join(tags, ","), "-o", path, pkg)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w: %s", pkg, err, out)
	}
	return path, nil
}

// RemoveBinary removes the built binary; for TestMain, after the tests.
func RemoveBinary() {
	if dir := built.Load(); dir != nil {
		_ = os.RemoveAll(*dir)
	}
}

// moduleRoot returns the directory of the main module's go.mod.
func moduleRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}
