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
	"regexp"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/testbed"
)

// comesBack checks the law report -> network -> report for what was recorded against
// real daemons: replay rebuilds the network of a report, and a check in it finds the
// same causes at the same targets.
func comesBack(t *testing.T, program string, recorded []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	if err := os.WriteFile(path, recorded, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), walkTimeout)
	defer cancel()
	cmd := testbed.Here(ctx, program, "replay", path, "--", program, "check", "-o", "json")
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

// causes returns the verdict of a report and its unmasked codes with their targets.
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

// TestReplayShowsClientsTheSame: curl says in the rebuilt network what it says in the
// one that was reported, of the host that is broken there.
func TestReplayShowsClientsTheSame(t *testing.T) {
	for _, w := range slices.Concat(walks, proxyWalks(), inspectWalks()) {
		if !slices.Contains(shownToCurl, w.name) {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			testbed.Require(t, append(w.parts, "nginx", "docker-registry", "curl")...)
			w.showCurl(t)
		})
	}
}

// shownToCurl are walks through a proxy that breaks something for every client.
var shownToCurl = []string{"squid allows", "squid denies the SSO", "squid wants a password", "squid intercepts, its root is unknown",
	"tinyproxy denies the SSO",
	"squid redirects to a portal", "squid resets what it denies", "squid offers NTLM and gets nothing", "HAProxy closes", "nginx is no proxy",
	"squid intercepts one host", "squid intercepts under an expired CA", "mitmproxy, its root is unknown", "Dante is spoken to in HTTP",
	"stunnel is spoken to in plain text"}

func (w walk) showCurl(t *testing.T) {
	b := testbed.New(t)
	origin := b.ServeOrigin(w.site)
	b.ServeNames(b.Corp, testbed.CorpAddr, testbed.CorpZone().With(testbed.PublicZone()))
	flags := w.network(t, b)
	program := testbed.PullPath(t)
	path := b.WriteFile("report.json", nil)
	ctx, cancel := context.WithTimeout(t.Context(), walkTimeout)
	defer cancel()
	args := append([]string{"check", "-o", "json=" + path, "--public-roots", b.Roots, "-u", origin.User + ":" + origin.Password}, flags...)
	var status *exec.ExitError
	if out, err := b.Command(ctx, b.Client, program, args...).CombinedOutput(); err != nil && !errors.As(err, &status) {
		t.Fatalf("check: %v: %s", err, out)
	}
	there := complaint(b.Command(ctx, b.Client, "curl", "-sS", "-o", "/dev/null", "-x", flags[1], "--cacert", b.Roots,
		"https://"+deniedHost+"/"))
	here := testbed.Here(ctx, program, "replay", path, "--", "curl", "-sS", "-o", "/dev/null", "https://"+deniedHost+"/")
	here.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + b.Dir, "LANG=C"}
	if got := complaint(here); got != there {
		t.Errorf("in the rebuilt network curl says %q, there %q", got, there)
	}
}

// sameToCurl: with a direct path it is the kernel that tells curl what is broken. In
// replay --transparent it is told the same.
func sameToCurl(t *testing.T, s *testbed.Street, recorded []byte, host, why string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "report.json")
	if err := os.WriteFile(path, recorded, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), walkTimeout)
	defer cancel()
	// The kernel looks for a neighbour for three seconds.
	curl := []string{"-sv", "-k", "-m", "5", "-o", "/dev/null", "https://" + host + "/"}
	there := connects(s.Command(ctx, s.Client, "curl", curl...))
	here := testbed.Here(ctx, testbed.PullPath(t), append([]string{"replay", "--transparent", path, "--", "curl"}, curl...)...)
	here.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + dir, "LANG=C"}
	if got := connects(here); (got != there) != (why != "") {
		t.Errorf("in the rebuilt network curl says %q, there %q; %s", got, there, why)
	}
}

// failedConnect is curl's line about a connection that was not made, at once or later.
var failedConnect = regexp.MustCompile(`(?m)^\* (?:connect to \S+ port \d+ failed|Immediate connect fail for \S+): (.*)$`)

// otherToCurl are the rows of [routed] that curl meets otherwise in a namespace, and why.
var otherToCurl = map[string]string{
	"refused by the host":      "the report is of another port",
	"a blackhole route":        "a prohibit route stands for whatever the host's own kernel refuses",
	"an own rule that rejects": "a prohibit route stands for whatever the host's own kernel refuses",
}

// connects runs curl -v and returns what it says of its connections, with its status.
func connects(cmd *exec.Cmd) string {
	var said bytes.Buffer
	cmd.Stderr = &said
	_ = cmd.Run() // the status tells
	out := fmt.Sprint("status ", cmd.ProcessState.ExitCode())
	for _, m := range failedConnect.FindAllStringSubmatch(said.String(), -1) {
		out += " " + m[1]
	}
	return out
}

// complaint runs curl and returns what it complains of, with its status.
func complaint(cmd *exec.Cmd) string {
	var said bytes.Buffer
	cmd.Stderr = &said
	err := cmd.Run()
	out := fmt.Sprint("status ", cmd.ProcessState.ExitCode())
	for line := range strings.Lines(said.String()) {
		if strings.HasPrefix(line, "curl: (") {
			out += " " + strings.TrimSpace(line)
		}
	}
	if cmd.ProcessState.ExitCode() < 0 {
		out += fmt.Sprint(" ", err)
	}
	return out
}
