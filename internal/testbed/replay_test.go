//go:build linux

package testbed_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// comesBack is the law report -> network -> report for what was recorded against real
// daemons: replay rebuilds the network of a report, and a check in it finds the same
// causes at the same targets.
func comesBack(t *testing.T, program string, recorded []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	if err := os.WriteFile(path, recorded, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), walkTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "replay", path, "--", program, "check", "-o", "json")
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + t.TempDir(), "LANG=C"}
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	var status *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &status) || ctx.Err() != nil {
		t.Fatalf("replay: %v: %s", errors.Join(err, ctx.Err()), said.Bytes())
	}
	if want, got := causes(t, recorded), causes(t, out.Bytes()); !slices.Equal(got, want) {
		t.Errorf("rebuilt: %q, recorded: %q\n%s", got, want, said.Bytes())
	}
}

// causes are the verdict of a report and its unmasked codes with their targets.
func causes(t *testing.T, raw []byte) []string {
	t.Helper()
	var got report
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("no report: %v: %s", err, raw)
	}
	out := []string{got.Verdict.Status}
	for _, f := range got.Findings {
		if f.MaskedBy == "" {
			slices.Sort(f.Targets)
			out = append(out, fmt.Sprint(f.Code, " ", strings.Join(f.Targets, " ")))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
