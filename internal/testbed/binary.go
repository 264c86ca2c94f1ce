//go:build linux

package testbed

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// PullPath builds the program under test once per test process, as it is
// shipped (static, without cgo), and returns the path of the binary. It stays
// until RemoveBinary.
func PullPath(t testing.TB) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// binaryDir is made by the first PullPath.
var binaryDir string

// built makes the binary once.
var built = sync.OnceValues(func() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	born, err := birth(os.Getpid())
	if err != nil {
		return "", err
	}
	// Named like a bed's, so that a later process can sweep it.
	if binaryDir, err = os.MkdirTemp("", fmt.Sprintf("%s%d-%d-0-", namePrefix, os.Getpid(), born)); err != nil {
		return "", err
	}
	if err := os.Chmod(binaryDir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(binaryDir, "pullpath")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/pullpath")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/pullpath: %w: %s", err, out)
	}
	return path, nil
})

// RemoveBinary removes what PullPath built; for TestMain, after the tests.
func RemoveBinary() {
	if binaryDir != "" {
		_ = os.RemoveAll(binaryDir)
	}
}

// moduleRoot is the directory of the main module's go.mod.
func moduleRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}
