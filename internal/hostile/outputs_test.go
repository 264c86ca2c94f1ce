//go:build linux

package hostile

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pullpath/internal/testbed"
)

// inShell runs a line of the shell in a folder, in which "$P" is the program, and returns
// its status and what it wrote to standard error.
func inShell(t *testing.T, dir, line string) (status int, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir, cmd.Env = dir, []string{"P=" + testbed.PullPath(t), "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + dir, "TMPDIR=" + dir}
	var text bytes.Buffer
	cmd.Stderr = &text
	_ = cmd.Run() // the status says it
	if ctx.Err() != nil {
		t.Errorf("%s: it did not end", line)
	}
	return cmd.ProcessState.ExitCode(), text.String()
}

// TestResultsAreNotLost: a result that cannot be written is an error, in every command.
func TestResultsAreNotLost(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "etc"), 0o750); err != nil { // for settings --root
		t.Fatal(err)
	}
	if status, text := inShell(t, dir, `"$P" check --mock=dns-filtered -q -o json=r.json`); status != 1 {
		t.Fatalf("%d, %s", status, text)
	}
	for _, args := range []string{"check --mock", "check --mock -o json", "check --mock --events -", "diagnose r.json",
		"diagnose r.json -o html", "settings --root .", "settings --root . -o json",
		"profiles", "profiles show redhat", "profiles show redhat -o csv", "profiles show redhat -o json", "compare r.json r.json",
		"ticket r.json", "ticket r.json -o csv",
		"anonymize r.json", "explain", "explain dns-filtered", "explain --symptom EOF", "version", "completion bash", "--help", "mock --list",
		"mock --fault dns-filtered --print-scenario", "replay r.json --print-scenario", "mock"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			for name, to := range map[string]string{"closed": ">&-", "full": ">/dev/full"} {
				status, text := inShell(t, dir, `"$P" `+args+" "+to)
				if status != 2 || !strings.Contains(text, "error: ") {
					t.Errorf("%s: status %d, %q", name, status, text)
				}
			}
		})
	}
}

// TestThrownAwayIsNotLost: somebody who throws a result away, or has it in a file, gets
// no message that it is lost.
func TestThrownAwayIsNotLost(t *testing.T) {
	dir := t.TempDir()
	for _, line := range []string{`"$P" version >/dev/null`, `"$P" version >/dev/null 2>&1`, `"$P" version <>/dev/null >&0 2>&0`,
		`"$P" check --mock -o json=r.json >&-`, `"$P" mock -- true >&-`,
		`"$P" version | cat`, `"$P" version >/dev/stderr`} {
		if status, text := inShell(t, dir, line); status != 0 {
			t.Errorf("%s: status %d, %q", line, status, text)
		}
	}
}

// TestOutputsAreReplacedOrWritten: an existing output keeps its kind.
func TestOutputsAreReplacedOrWritten(t *testing.T) {
	for name, c := range map[string]struct {
		line   string
		status int
		// left are files and what each begins with; a link is written as "-> target".
		left map[string]string
	}{
		"a link": {`echo old >t; ln -s t l; "$P" check --mock -q -o json=l >/dev/null`, 0,
			map[string]string{"l": "-> t", "t": "{"}},
		"a link to nothing yet": {`ln -s t l; "$P" check --mock -q -o json=l >/dev/null`, 0, map[string]string{"l": "-> t", "t": "{"}},
		"a link, refused":       {`ln -s t l; "$P" check --mock -q -o json=l 'bad target'`, 2, map[string]string{"l": "-> t", "t": ""}},
		"links in a circle":     {`ln -s a b; ln -s b a; "$P" check --mock -q -o json=a`, 2, nil},
		"a chain behind a link": {`echo old >t; ln -s t l; "$P" check --mock -q --save-chain l >/dev/null`, 0,
			map[string]string{"l": "-> t", "t": "# "}},
		"an old report, refused":  {`echo old >t; "$P" check --mock -o json=t 'bad target'`, 2, map[string]string{"t": "old"}},
		"old events, refused":     {`echo old >t; "$P" check --mock --events t 'bad target'`, 2, map[string]string{"t": "old"}},
		"old events, other flags": {`echo old >t; "$P" check --mock --events t --cacert /none`, 2, map[string]string{"t": "old"}},
		"new events, refused":     {`"$P" check --mock --events t 'bad target'`, 2, map[string]string{"t": ""}},
		"old events":              {`echo old >t; "$P" check --mock -q --events t >/dev/null`, 0, map[string]string{"t": "{"}},
		"a pipe": {`mkfifo p; cat p >t & "$P" check --mock -q -o json=p >/dev/null; s=$?; wait; exit $s`, 0,
			map[string]string{"t": "{"}},
		"an open file":                   {`"$P" check --mock -q -o json=/dev/fd/3 3>t >/dev/null`, 0, map[string]string{"t": "{"}},
		"standard output by its name":    {`"$P" check --mock -q -o json=/dev/stdout >t`, 0, map[string]string{"t": "{"}},
		"a full device, and a file":      {`"$P" check --mock -q -o json=/dev/full -o json=t`, 2, map[string]string{"t": "{"}},
		"a full output, and a file":      {`"$P" check --mock -q -o table -o json=t >/dev/full`, 2, map[string]string{"t": "{"}},
		"a folder":                       {`mkdir t; "$P" check --mock -q -o json=t`, 2, nil},
		"a folder that is not there":     {`"$P" check --mock -q -o json=none/t`, 2, nil},
		"a log that is a full device":    {`"$P" mock --log /dev/full -- true`, 0, nil},
		"keys in a folder behind a link": {`mkdir t; ln -s t l; "$P" mock --ca-dir l -- true`, 0, map[string]string{"l": "-> t"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			status, text := inShell(t, dir, c.line)
			if status != c.status {
				t.Errorf("status %d, want %d: %s", status, c.status, text)
			}
			for file, want := range c.left {
				leftAs(t, filepath.Join(dir, file), want)
			}
			if rest, _ := filepath.Glob(filepath.Join(dir, ".pullpath-*")); len(rest) > 0 {
				t.Errorf("left: %v", rest)
			}
		})
	}
}

// leftAs compares the beginning of a file, or where a link leads; "" is no file.
func leftAs(t *testing.T, path, want string) {
	t.Helper()
	if target, link := strings.CutPrefix(want, "-> "); link {
		if got, err := os.Readlink(path); err != nil || got != target {
			t.Errorf("%s leads to %q, %v", path, got, err)
		}
		return
	}
	text, err := os.ReadFile(path)
	switch {
	case want == "" && !os.IsNotExist(err):
		t.Errorf("%s is there: %.60q, %v", path, text, err)
	case want != "" && !strings.HasPrefix(string(text), want):
		t.Errorf("%s holds %.60q, %v", path, text, err)
	}
}

// TestDevicesStay: as root, in a mount namespace with devices of its own, which a faulty
// program may break.
func TestDevicesStay(t *testing.T) {
	testbed.Require(t, "namespaces")
	const script = `set -e
mount --make-rprivate /
mount -t tmpfs none "$TMPDIR"
cd "$TMPDIR"
mknod -m 666 null c 1 3; mknod -m 666 full c 1 7; mknod -m 666 zero c 1 5
mknod -m 666 urandom c 1 9; mknod -m 666 random c 1 8; mkfifo -m 666 pipe
ln -s /proc/self/fd/1 stdout; ln -s /proc/self/fd fd; ln -s null link
cp "$P" p
mount --bind "$TMPDIR" /dev
cd /dev
before=$(ls -ln --time-style=+ null full zero pipe stdout fd link)
for f in null zero stdout link; do
	./p check --mock -q -o "html=/dev/$f" --save-chain "/dev/$f" --events "/dev/$f" >/dev/null || { echo "$f: $?" >&2; exit 9; }
done
./p check --mock -q -o html=/dev/full >/dev/null && { echo "full: no error" >&2; exit 9; }
cat pipe >/dev/null & ./p check --mock -q -o html=/dev/pipe >/dev/null
if command -v setpriv >/dev/null; then
	setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/ TMPDIR=/tmp ./p check --mock -q -o json=/dev/null >/dev/null
fi
after=$(ls -ln --time-style=+ null full zero pipe stdout fd link)
[ "$before" = "$after" ] || { printf '%s\n' "$before" "$after" >&2; exit 9; }
for f in .pullpath-*; do [ ! -e "$f" ] || { echo "left $f" >&2; exit 9; }; done
`
	dir := t.TempDir()
	path := filepath.Join(dir, "devices.sh")
	write(t, path, script)
	if status, text := inShell(t, dir, "unshare -m sh "+path); status != 0 {
		t.Errorf("status %d: %s", status, text)
	}
	var st syscall.Stat_t
	if err := syscall.Stat("/dev/null", &st); err != nil || st.Mode&syscall.S_IFMT != syscall.S_IFCHR {
		t.Errorf("/dev/null is no device any more: %v", err)
	}
}
