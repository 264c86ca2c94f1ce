//go:build unix

package credentials

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scripts puts helpers into PATH.
func scripts(t *testing.T, bodies map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, body := range bodies {
		if err := os.WriteFile(filepath.Join(dir, helperPrefix+name), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
}

func TestProgramsAskAHelper(t *testing.T) {
	scripts(t, map[string]string{
		"good":    `read -r s; printf '{"Username":"u","Secret":"for-%s"}' "$s"`,
		"none":    `echo "credentials not found in native keychain"; exit 1`,
		"bad":     `echo "cannot open the keyring of token=` + canary + canary + ` at /run/user/1000" >&2; echo ` + canary + `; exit 1`,
		"short":   `printf '\033]0;x\007the password is hunter2, pin 123456\n' >&2; exit 1`,
		"env":     `printf '{"Username":"u","Secret":"%s"}' "$PULLPATH_PASSWORD$PULLPATH_USER$KEEP"`,
		"junk":    `echo ` + canary,
		"endless": `yes`,
		"chatty":  `yes ` + canary + ` >&2`,
	})
	t.Setenv("PULLPATH_PASSWORD", canary)
	t.Setenv("PULLPATH_USER", "joe:"+canary)
	t.Setenv("KEEP", "kept")
	for name, row := range map[string]struct {
		secret string
		found  bool
		err    string
	}{
		"good": {"for-quay.io", true, ""}, "none": {"", false, ""}, "bad": {"", false, "cannot open the keyring of REDACTED at REDACTED"},
		"short": {"", false, ": REDACTED password is REDACTED"}, "env": {"kept", true, ""}, "junk": {"", false, "not JSON"},
		"missing": {"", false, "docker-credential-missing is not in PATH"}, "../evil": {"", false, "is not the name of a helper"},
	} {
		_, secret, found, err := Programs{}.Get(context.Background(), name, "quay.io")
		if secret != row.secret || found != row.found || (err == nil) != (row.err == "") {
			t.Errorf("%s: %q %v %v", name, secret, found, err)
		}
		if err != nil && (!strings.Contains(err.Error(), row.err) || strings.Contains(err.Error(), canary)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"endless", "chatty"} { // what never ends is ended, and what it says is bounded
		_, _, found, err := Programs{Timeout: 200 * time.Millisecond}.Get(context.Background(), name, "quay.io")
		if found || err == nil || !strings.Contains(err.Error(), "no answer in time") {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, _, err := (Programs{}).Get(ctx, "endless", "quay.io"); err == nil {
		t.Error("an interrupted run waits for a helper")
	}
	if !(Programs{}).Installed(helperPrefix+"good") || (Programs{}).Installed(helperPrefix+"missing") {
		t.Error("what is installed is not seen")
	}
}
