//go:build linux

package fleet

import (
	"os"
	"testing"

	"pullpath/internal/testbed"
)

func TestMain(m *testing.M) {
	status := m.Run()
	testbed.RemoveBinary()
	os.Exit(status)
}
