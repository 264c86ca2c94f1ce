//go:build linux

package fleet

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pullpath/internal/testbed"
)

// image makes the image as it is given out, of the program under test. The other platforms'
// binaries are there by name: only the image of this one is run.
func image(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "stage", "man"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pullpath.bash", "_pullpath", "pullpath.fish"} {
		file(t, filepath.Join(dir, "stage"), name, "")
	}
	for _, name := range []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64.exe", "windows_arm64.exe"} {
		if err := os.Symlink(testbed.PullPath(t), filepath.Join(dir, "pullpath_"+name)); err != nil {
			t.Fatal(err)
		}
	}
	pack := exec.Command("go", "run", "./internal/dist", dir, "test", "https://releases.invalid")
	pack.Dir, pack.Env = filepath.Join("..", "..", ".."), append(os.Environ(), "SOURCE_DATE_EPOCH=1700000000")
	if out, err := pack.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return filepath.Join(dir, "pullpath_image.oci.tar")
}

// podman runs it with a storage of the test's own. The old crun of Debian 12 refuses a machine that
// has both kinds of control groups: the second is taken off for this process alone.
func podman(t *testing.T, storage string, args ...string) (string, error) {
	t.Helper()
	own := []string{"-m", "sh", "-c", `umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"`, "sh", "podman",
		"--root", filepath.Join(storage, "root"), "--runroot", filepath.Join(storage, "run"), "--storage-driver", "vfs",
		"--cgroup-manager", "cgroupfs"}
	out, err := exec.Command("unshare", append(own, args...)...).CombinedOutput()
	return string(out), err
}

// The image in a container as the DaemonSet's Pod runs it (deploy/kubernetes/base): as nobody,
// without a right, read-only, the node's / at /host. The way is that of the node's containerd; and
// where its drop-in is closed to nobody, it is not known.
func TestPod(t *testing.T) {
	testbed.Require(t, "podman")
	storage, node := t.TempDir(), t.TempDir()
	if out, err := podman(t, storage, "load", "-i", image(t)); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const dropIn = "etc/systemd/system/containerd.service.d/http-proxy.conf"
	for name, text := range map[string]string{"etc/hostname": "node7\n", "etc/resolv.conf": "nameserver 127.0.0.1\n",
		"usr/lib/systemd/system/containerd.service": "[Service]\nExecStart=/usr/bin/containerd\n",
		dropIn: "[Service]\nEnvironment=HTTPS_PROXY=http://127.0.0.1:2\n"} {
		path := filepath.Join(node, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(node, 0o755); err != nil {
		t.Fatal(err)
	}
	check := func() string {
		out, _ := podman(t, storage, "run", "--rm", "--network=none", "--cgroups=disabled", "--ulimit=nofile=1024:1024",
			"--ulimit=nproc=1000:1000", "--user=65534:65534", "--read-only", "--cap-drop=all", "--volume="+node+":/host:ro",
			"localhost/pullpath:test",
			"check", "--root=/host", "--client=containerd", "--anonymous", "--report-only", "registry.redhat.io")
		return out
	}
	if out := check(); !strings.Contains(out, "node7") || !strings.Contains(out, "FAIL proxy-refused") ||
		!strings.Contains(out, "127.0.0.1:2") {
		t.Errorf("%s", out)
	}
	if err := os.Chmod(filepath.Join(node, filepath.FromSlash(dropIn)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := check(); !strings.Contains(out, "settings-source-unread") || strings.Contains(out, "FAIL proxy-refused") ||
		strings.Contains(out, "FAIL dns") {
		t.Errorf("%s", out)
	}
}
