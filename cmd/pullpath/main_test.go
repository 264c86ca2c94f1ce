package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"pullpath": main})
}

func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts the program hundreds of times")
	}
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: func(e *testscript.Env) error {
		// Nothing of the developer's proxy or login may reach a script.
		e.Setenv("NO_COLOR", "1")
		e.Setenv("TMPDIR", e.WorkDir)
		return os.MkdirAll(e.WorkDir, 0o755)
	}})
}
